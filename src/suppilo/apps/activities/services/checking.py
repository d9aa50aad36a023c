"""What every verb on activities makes sure of first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows, require
from suppilo.apps.activities.models import Activity, ActivityKind, Outcome
from suppilo.apps.activities.selectors import visible_activities
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.selectors import visible_deals

LONGEST_SUBJECT = 300
LONGEST_NOTE = 10_000
LONGEST_TAG = 40
MOST_TAGS = 10
LONGEST_MIN = 24 * 60
EARLIEST_YEAR, LATEST_YEAR = 1970, 2999


def take_activity(actor: User | None, activity_id: int) -> Activity:
    """Return an activity, locked, that the actor may change.

    Raises
    ------
    PermissionDenied
        If the actor's role may not edit deals.
    Activity.DoesNotExist
        If it is not there, or not the actor's to see.
    """
    found = Activity.objects.all()
    if actor is not None:
        require(actor, Permission.EDIT_DEALS)
        found = visible_activities(actor)
    return found.select_for_update(of=("self",)).get(pk=activity_id)


def check_deal(actor: User | None, deal_id: int | None, owner: User) -> None:
    """Make sure that the actor, and the one who is to do it, see the deal.

    Raises
    ------
    Deal.DoesNotExist
        If the actor doesn't see it.
    ValidationError
        If the owner doesn't.
    """
    if deal_id is None:
        return
    if actor is None:
        Deal.objects.only("pk").get(pk=deal_id)
        return
    visible_deals(actor).only("pk").get(pk=deal_id)
    if owner.pk != actor.pk and not _sees(owner, deal_id):
        text = _("%(name)s doesn't see this deal, so it can't be theirs.")
        raise ValidationError({"owner": text % {"name": owner}})


def _sees(user: User, deal_id: int) -> bool:
    return allows(user, Permission.SEE_DEALS) and visible_deals(user).filter(pk=deal_id).exists()


def check_owner(owner_id: int) -> User:
    """Return who is to do something: somebody active who may edit deals.

    Raises
    ------
    ValidationError
        If that is nobody.
    """
    owner = User.objects.filter(pk=owner_id).first()
    if owner is None or not allows(owner, Permission.EDIT_DEALS):
        raise ValidationError({"owner": _("Choose somebody who works on deals.")})
    return owner


def clean_subject(text: str) -> str:
    """Return a subject without space around it.

    Raises
    ------
    ValidationError
        If nothing is left, or it is too long.
    """
    subject = " ".join(text.split())
    if not subject:
        raise ValidationError({"subject": _("Say what is to be done.")})
    if len(subject) > LONGEST_SUBJECT:
        raise ValidationError({"subject": _("Say it in 300 characters; the rest is a note.")})
    return subject


def clean_note(text: str) -> str:
    """Return a note without space around it; too long a one is refused."""
    note = text.strip()
    if len(note) > LONGEST_NOTE:
        raise ValidationError({"note": _("A note has 10,000 characters at most.")})
    return note


def clean_tags(tags: Iterable[str]) -> list[str]:
    """Return tags without ``#``, each once."""
    bare = (tag.strip().lstrip("#").strip()[:LONGEST_TAG] for tag in tags)
    return list(dict.fromkeys(filter(None, bare)))[:MOST_TAGS]


def check_kind(kind: str) -> str:
    """Return a kind of activity, or raise a ValidationError."""
    if kind not in ActivityKind.values:
        raise ValidationError({"kind": _("Choose what it is: a call, a meeting …")})
    return kind


def check_outcome(outcome: str) -> str:
    """Return an outcome, or none, or raise a ValidationError."""
    if outcome and outcome not in Outcome.values:
        raise ValidationError({"outcome": _("Choose how it went.")})
    return outcome


def check_duration(minutes: int | None) -> int | None:
    """Return a duration in minutes, or raise a ValidationError."""
    if minutes is not None and not 0 < minutes <= LONGEST_MIN:
        raise ValidationError({"duration_min": _("A duration is 1 to 1440 minutes.")})
    return minutes


def check_moment(at: datetime | None, field: str = "due_at") -> datetime | None:
    """Return a moment that calendars know, or raise a ValidationError."""
    if at is not None and not EARLIEST_YEAR <= at.year <= LATEST_YEAR:
        raise ValidationError({field: _("Choose a day between 1970 and 2999.")})
    return at
