"""Make a segment, change it, remove it, bring it up to date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.funnels.models import Visibility
from suppilo.apps.funnels.services import require_change
from suppilo.apps.funnels.services.sharing import clean_name, require_sight, set_sharing
from suppilo.apps.segments.checks import check_rules, lock_segments, require_unused, spread_needs
from suppilo.apps.segments.finding import find_members
from suppilo.apps.segments.models import Segment, SegmentUnit
from suppilo.apps.segments.refreshing import refresh_segment, write_members
from suppilo.apps.segments.rules import RuleError, Rules

if TYPE_CHECKING:
    from suppilo.analytics.events import Int64

_LONGEST_DESCRIPTION = 1000


@dataclass(frozen=True, slots=True)
class SegmentDraft:
    """A segment as somebody wants it."""

    name: str
    rules: Rules
    description: str = ""
    visibility: str = Visibility.PRIVATE
    team: Team | None = None


def save_segment(actor: User, unit: str, draft: SegmentDraft) -> Segment:
    """Make a segment, and ask at once who is in it.

    Raises
    ------
    PermissionDenied
        If the role may not save reports, or sees too few deals for what it asks of them.
    ValidationError
        If the name, sharing or rules can't be used (of rules the place is told), or the event
        tables can't be read.
    """
    require(actor, Permission.SAVE_REPORTS)
    if unit not in SegmentUnit.values:
        raise ValidationError(_("A segment is of people, companies or deals."))
    segment = Segment(owner=actor, unit=unit)
    found = _set_draft(actor, segment, draft)
    with transaction.atomic():
        _settle_rules(actor, segment, draft.rules)
        segment.save()
        record_audit(actor, "save_segment", segment, unit=unit, rules=segment.rules)
    write_members(segment, found, timezone.now())
    segment.refresh_from_db()
    return segment


def change_segment(actor: User, segment: Segment, draft: SegmentDraft) -> Segment:
    """Change a segment, and ask at once who is in it by its new rules; its unit stays.

    Raises
    ------
    PermissionDenied
        If it is not the actor's to change.
    ValidationError
        As :func:`save_segment` does.
    """
    require_change(actor, segment)
    before = segment.rules
    found = _set_draft(actor, segment, draft)
    if segment.rules != before:
        segment.revision += 1
        segment.settled_at = None
    fields = ["name", "description", "rules", "needs_deals", "visibility", "team", "updated_at",
              "revision", "settled_at"]  # fmt: skip
    with transaction.atomic():
        _settle_rules(actor, segment, draft.rules)
        segment.save(update_fields=fields)
        spread_needs(segment)
        record_audit(actor, "change_segment", segment, before=before, rules=segment.rules)
    write_members(segment, found, timezone.now())
    segment.refresh_from_db()
    return segment


@transaction.atomic
def delete_segment(actor: User, segment: Segment) -> None:
    """Remove a segment.

    Raises
    ------
    PermissionDenied
        If it is not the actor's to change.
    ValidationError
        If something else asks for it.
    """
    require_change(actor, segment)
    lock_segments()
    require_unused(segment)
    record_audit(actor, "delete_segment", segment, rules=segment.rules)
    try:
        segment.delete()
    except ProtectedError as error:
        names = ", ".join(sorted({f"“{one}”" for one in error.protected_objects}))
        words = _("It is used by %(names)s. Change these first.")
        raise ValidationError(words % {"names": names}) from error


def refresh_now(actor: User, segment: Segment) -> Segment:
    """Bring a segment that somebody sees up to date at once.

    Raises
    ------
    PermissionDenied
        If it is not shared with them.
    """
    require_sight(actor, segment)
    return refresh_segment(segment, timezone.now())


def count_members(actor: User, unit: str, rules: Rules, segment_id: int | None = None) -> int:
    """Return how many would be in a segment by these rules, without keeping anything.

    Raises
    ------
    PermissionDenied, ValidationError
        As :func:`save_segment` does.
    """
    require(actor, Permission.SAVE_REPORTS)
    return len(_find(actor, unit, rules, segment_id)[0])


def _set_draft(actor: User, segment: Segment, draft: SegmentDraft) -> Int64:
    """Set what a draft says, without saving it, and return who is in it."""
    if len(draft.description) > _LONGEST_DESCRIPTION:
        raise ValidationError(_("Write a description of at most 1,000 characters."))
    segment.name, segment.description = clean_name(draft.name), draft.description.strip()
    set_sharing(actor, segment, draft.visibility, draft.team)
    found, segment.needs_deals = _find(actor, segment.unit, draft.rules, segment.pk)
    segment.rules = draft.rules.to_dict()
    return found


def _find(actor: User, unit: str, rules: Rules, segment_id: int | None) -> tuple[Int64, bool]:
    """Return who meets rules, and whether these, or the unit, tell of deals."""
    from suppilo.lake import LakeError

    needs_deals = _check(actor, unit, rules, segment_id)
    try:
        return find_members(rules, unit, timezone.now()), needs_deals
    except (RuleError, LakeError) as error:
        raise ValidationError(str(error)) from error


def _settle_rules(actor: User, segment: Segment, rules: Rules) -> None:
    """Check rules once more as they are written: others may have changed what they ask for."""
    if rules.segments():
        lock_segments()
        segment.needs_deals = _check(actor, segment.unit, rules, segment.pk)


def _check(actor: User, unit: str, rules: Rules, segment_id: int | None) -> bool:
    """Return whether rules, or the unit, tell of deals, if they can be used."""
    try:
        needs_deals = check_rules(actor, rules, segment_id) or unit == SegmentUnit.DEAL
    except RuleError as error:
        raise ValidationError(str(error)) from error
    if needs_deals:
        require(actor, Permission.SEE_ALL_DEALS)
    return needs_deals
