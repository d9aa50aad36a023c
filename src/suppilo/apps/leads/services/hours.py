"""Working hours, days off and absences: set by who manages leads; one's own absences by oneself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.accounts.permissions import Permission, allows, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.leads.calendars import holiday_countries, read_week
from suppilo.apps.leads.models import Absence, DayOff, OnOverdue, WorkingHours
from suppilo.apps.leads.services.rules import check_answer

Week = Mapping[str, Sequence[Sequence[str]]]
LONGEST_ABSENCE = timedelta(days=2 * 366)


@dataclass(frozen=True, slots=True)
class HoursDraft:
    """A team's hours as somebody wants them; :class:`WorkingHours` says what each part means."""

    time_zone: str
    week: Week
    country: str = ""
    subdivision: str = ""
    answer_min: int = 60
    on_overdue: str = OnOverdue.NOTHING


@transaction.atomic
def save_hours(actor: User, team_id: int | None, draft: HoursDraft) -> WorkingHours:
    """Set the hours of a team, or (without one) of everybody else.

    Raises
    ------
    PermissionDenied
        If the role may not manage leads.
    Team.DoesNotExist
        If there is no such team.
    ValidationError
        If something can't be used.
    """
    require(actor, Permission.MANAGE_LEADS)
    _check(draft)
    team = None if team_id is None else Team.objects.get(pk=team_id)
    hours = WorkingHours.objects.filter(team=team).first() or WorkingHours(team=team)
    hours.time_zone, hours.country = draft.time_zone, draft.country
    hours.subdivision, hours.answer_min = draft.subdivision, draft.answer_min
    hours.on_overdue = draft.on_overdue
    hours.week = {day: [list(span) for span in spans] for day, spans in draft.week.items()}
    hours.save()
    record_audit(actor, "save_working_hours", hours)
    return hours


@transaction.atomic
def remove_hours(actor: User, hours_id: int) -> None:
    """Remove hours: the team has those of everybody else then."""
    require(actor, Permission.MANAGE_LEADS)
    hours = WorkingHours.objects.get(pk=hours_id)
    record_audit(actor, "remove_working_hours", hours)
    hours.delete()


@transaction.atomic
def add_day_off(actor: User, hours_id: int, day: date, name: str = "") -> DayOff:
    """Add a day on which nobody works; one that is there gets the name."""
    require(actor, Permission.MANAGE_LEADS)
    hours = WorkingHours.objects.get(pk=hours_id)
    off, _made = DayOff.objects.update_or_create(
        hours=hours, day=day, defaults={"name": name.strip()[:100]}
    )
    record_audit(actor, "add_day_off", hours, day=day.isoformat())
    return off


@transaction.atomic
def remove_day_off(actor: User, day_off_id: int) -> None:
    """Make a day one of work again."""
    require(actor, Permission.MANAGE_LEADS)
    off = DayOff.objects.select_related("hours").get(pk=day_off_id)
    record_audit(actor, "remove_day_off", off.hours, day=off.day.isoformat())
    off.delete()


@transaction.atomic
def add_absence(
    actor: User, user_id: int, first_day: date, last_day: date, note: str = ""
) -> Absence:
    """Write down that somebody is away, both days included.

    Raises
    ------
    PermissionDenied, User.DoesNotExist
        If the role may not manage leads (of oneself: work on them), or there is nobody of this id.
    ValidationError
        If the last day comes before the first, or two years after it.
    """
    require(actor, Permission.WORK_LEADS if user_id == actor.pk else Permission.MANAGE_LEADS)
    user = User.objects.get(pk=user_id)
    if not timedelta() <= last_day - first_day <= LONGEST_ABSENCE:
        raise ValidationError(_("The last day comes after the first, within two years."))
    absence = Absence.objects.create(
        user=user, first_day=first_day, last_day=last_day, note=note.strip()[:100]
    )
    record_audit(actor, "add_absence", absence)
    return absence


@transaction.atomic
def remove_absence(actor: User, absence_id: int) -> None:
    """Take back that somebody is away.

    Raises
    ------
    PermissionDenied, Absence.DoesNotExist
        If the role may not work on leads; if there is none, or it is another's and the role may not
        manage leads.
    """
    require(actor, Permission.WORK_LEADS)
    absences = Absence.objects.all()
    if not allows(actor, Permission.MANAGE_LEADS):
        absences = absences.filter(user=actor)
    absence = absences.get(pk=absence_id)
    record_audit(actor, "remove_absence", absence)
    absence.delete()


def _check(draft: HoursDraft) -> None:
    check_answer(draft.answer_min)
    try:
        ZoneInfo(draft.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValidationError(_("“%s” is no time zone.") % draft.time_zone) from None
    try:
        read_week({day: [list(span) for span in spans] for day, spans in draft.week.items()})
    except ValueError:
        text = _("Write hours as 09:00-12:30, 13:00-17:30; spans of a day don't overlap.")
        raise ValidationError(text) from None
    if draft.on_overdue not in OnOverdue.values:
        raise ValidationError(_("Choose one of the ways that are offered."))
    _check_country(draft.country, draft.subdivision)


def _check_country(country: str, subdivision: str) -> None:
    if not country and not subdivision:
        return
    known = holiday_countries()
    if country not in known:
        raise ValidationError(_("The public holidays of “%s” are not known.") % country)
    if subdivision and subdivision not in known[country]:
        text = _("%(country)s has no region “%(region)s”. It has: %(known)s")
        said = {"country": country, "region": subdivision, "known": ", ".join(known[country])}
        raise ValidationError(text % said)
