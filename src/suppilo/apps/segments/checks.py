"""What of a segment's rules can only be checked beside what there is: names, other segments."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.segments.models import Segment
from suppilo.apps.segments.rules import Condition, RuleError, Rules
from suppilo.apps.segments.selectors import list_segments
from suppilo.apps.segments.there import missing_name


def check_rules(actor: User, rules: Rules, segment_id: int | None = None) -> bool:
    """Make sure that everything that rules name is there, and return whether they tell of deals.

    Parameters
    ----------
    segment_id
        Whose rules they are going to be; None of a new one.

    Raises
    ------
    RuleError
        If a stage, a field or a segment is not there, or two segments would ask each other.
    """
    known = {one.pk: one for one in list_segments(actor)} if rules.segments() else {}
    for place, condition in rules.each():
        reason = _missing(condition, known)
        if reason:
            raise RuleError(reason, place)
    if segment_id is not None and segment_id in _reached(rules.segments()):
        raise RuleError(_("A segment can't be asked for itself, nor by way of another."))
    return rules.tell_of_deals() or any(known[one].needs_deals for one in rules.segments())


def lock_segments() -> None:
    """Let nobody else change what segments ask until the transaction ends.

    All are locked in one order, so two who do it wait rather than block each other; on SQLite a
    transaction that writes is alone anyway.
    """
    if connection.features.has_select_for_update:
        list(Segment.objects.select_for_update().order_by("pk").values_list("pk"))


def _missing(condition: Condition, known: dict[int, Segment]) -> str:
    """Return what a condition names that is not there, in words; empty where all is."""
    if condition.kind == "segment" and int(condition.value) not in known:
        return _("There is no such segment, or it is not yours to see.")
    return missing_name(condition)


def _reached(numbers: Iterable[int]) -> set[int]:
    """Return the segments that these ask, they themselves with them."""
    rules = dict(Segment.objects.values_list("pk", "rules"))
    found: set[int] = set()
    waiting = list(numbers)
    while waiting:
        number = waiting.pop()
        if number in found or number not in rules:
            continue
        found.add(number)
        waiting += Rules.from_dict(rules[number]).segments()
    return found


def segments_asking(segment: Segment) -> list[Segment]:
    """Return the other segments whose rules name this one."""
    return [
        one for one in Segment.objects.exclude(pk=segment.pk)
        if segment.pk in one.read_rules().segments()
    ]  # fmt: skip


def spread_needs(segment: Segment) -> None:
    """Keep the segments that ask one of deals from those who don't see all deals."""
    waiting = [segment] if segment.needs_deals else []
    while waiting:
        asking = [one for one in segments_asking(waiting.pop()) if not one.needs_deals]
        Segment.objects.filter(pk__in=[one.pk for one in asking]).update(needs_deals=True)
        waiting += asking


def require_unused(segment: Segment) -> None:
    """Make sure that no other segment's rules name this one.

    Raises
    ------
    ValidationError
        If one does.
    """
    asking = segments_asking(segment)
    if asking:
        names = ", ".join(f"“{one.name}”" for one in asking)
        words = _("It is a condition of %(names)s. Change these first.")
        raise ValidationError(words % {"names": names})
