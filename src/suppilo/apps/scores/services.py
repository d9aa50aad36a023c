"""Change what people are scored by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.analytics.scores import EventCondition, Rule, ScoreRules
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.events.selectors import open_events
from suppilo.apps.jobs.services import start_job
from suppilo.apps.scores.models import ScoreSheet
from suppilo.apps.scores.selectors import current_model, current_sheet

if TYPE_CHECKING:
    from suppilo.analytics.events import EventSource

LONGEST_HORIZON = 365


@dataclass(frozen=True, slots=True)
class NewSheet:
    """What people are to be scored by.

    Attributes
    ----------
    rules
        In the form of :meth:`ScoreRules.to_dict`.
    goal, horizon_days
        The event whose chance is learnt, and within how many days it is to happen.
    again
        Whether those are asked about too who have reached it before.
    """

    rules: Mapping[str, Any]
    goal: str = ""
    horizon_days: int = 30
    again: bool = False


def check_rules(rules: Mapping[str, Any], source: EventSource | None = None) -> ScoreRules:
    """Return a score sheet out of its JSON form, all of whose conditions can be read.

    Raises
    ------
    ValidationError
        If it can't be counted; the message names the rule.
    """
    found = read_rules(rules)
    check_conditions(found, source or open_events())
    return found


def read_rules(rules: Mapping[str, Any]) -> ScoreRules:
    """Return the score sheet out of its JSON form; its conditions are not looked at.

    Raises
    ------
    ValidationError
        If it is no sheet; the message names the rule.
    """
    try:
        return ScoreRules.from_dict(rules)
    except ValueError as error:
        raise ValidationError(_capital(str(error))) from error


def check_conditions(rules: ScoreRules, source: EventSource) -> None:
    """Refuse a sheet one of whose conditions can't be read of these events.

    Raises
    ------
    ValidationError
        If there is one; the message names the rule.
    """
    for rule in rules.rules:
        _check_condition(rule, source)


def _check_condition(rule: Rule, source: EventSource) -> None:
    """Refuse a condition that can't be read; an event may well come later than its rule."""
    asked, ranges = rule.condition, source.path_ranges()
    if not isinstance(asked, EventCondition) or asked.where is None or not ranges:
        return
    try:
        source.read(asked.event, ranges[0]).matches(asked.where)
    except ValueError as error:
        text = _('The rule "%(name)s": %(error)s') % {"name": rule.name, "error": error}
        raise ValidationError(text) from error


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@transaction.atomic
def save_sheet(actor: User, new: NewSheet) -> ScoreSheet:
    """Score people by other rules from now on; the rules before are kept.

    Raises
    ------
    PermissionDenied
        If the role may not manage leads.
    ValidationError
        If the sheet can't be counted, or the horizon is none.
    """
    require(actor, Permission.MANAGE_LEADS)
    rules = check_rules(new.rules)
    if not 1 <= new.horizon_days <= LONGEST_HORIZON:
        text = _("Write a horizon of 1 to %(most)s days.") % {"most": LONGEST_HORIZON}
        raise ValidationError(text)
    sheet = ScoreSheet.objects.create(
        rules=rules.to_dict(), goal=new.goal.strip(), horizon_days=new.horizon_days,
        again=new.again, made_by=actor,
    )  # fmt: skip
    record_audit(actor, "save_score_sheet", sheet, rules=len(rules.rules), goal=sheet.goal,
                 hot=rules.hot, warm=rules.warm)  # fmt: skip
    start_job(None, "score_people", {})
    if has_come(sheet.goal) and current_model(sheet) is None:
        # Learning takes longer: the points need not wait for it.
        ScoreSheet.objects.filter(pk=sheet.pk).update(lesson_at=sheet.made_at)
        start_job(None, "learn_score", {})
    return sheet


def has_come(goal: str) -> bool:
    """Return whether a goal has ever happened; of another one nothing can be learnt."""
    return bool(goal) and goal in open_events().event_names()


def learn_now(actor: User) -> None:
    """Have the chances learnt anew from history.

    Raises
    ------
    PermissionDenied
        If the role may not manage leads.
    ValidationError
        If there is no goal, or it has never come.
    """
    require(actor, Permission.MANAGE_LEADS)
    sheet = current_sheet()
    if sheet is None or not sheet.goal:
        raise ValidationError(_("Choose a goal among the rules first."))
    if not has_come(sheet.goal):
        text = _("%(goal)s has never come: there is nothing to learn from. Is it written right?")
        raise ValidationError(text % {"goal": sheet.goal})
    start_job(actor, "learn_score", {"is_forced": True})
