"""The sheet that the data suggests: for who looks at it, and to begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import get_language, override

from suppilo.analytics.scores import score_by_rules
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.events.selectors import take_snapshot
from suppilo.apps.funnels.ask import RUNNING, WatchedSource
from suppilo.apps.kept import Kept
from suppilo.apps.people.models import TraitValue
from suppilo.apps.people.values import as_us
from suppilo.apps.scores.guessing import fill_engagement, find_job, guess_goal, guess_rules
from suppilo.apps.scores.models import ScoreSheet
from suppilo.apps.scores.people import KnownPeople, property_names, read_known_people
from suppilo.apps.scores.services import NewSheet

if TYPE_CHECKING:
    from suppilo.analytics.events import EventSource
    from suppilo.apps.accounts.models import User
    from suppilo.apps.funnels.running import Calculation

HOUR_US = 3_600_000_000
_MOST_VALUES = 200

_sheets: Kept[NewSheet | None] = Kept(4)


@dataclass(frozen=True, eq=False)
class Known:
    """What the database has for a guess: calculations run in threads without one."""

    people: KnownPeople
    properties: Mapping[str, Sequence[Any]]


def start_guess(user: User, now: datetime) -> Calculation:
    """Start to guess a sheet; of the same events it is guessed once within an hour.

    Raises
    ------
    PermissionDenied
        If the role may not manage leads.
    TooManyCalculationsError
        If too many wait already.
    """
    require(user, Permission.MANAGE_LEADS)
    snapshot, known, language = take_snapshot(), _read_known(), get_language() or "en"
    as_of_us = as_us(now)
    # Who asks again while it is guessed waits for that, though events have come meanwhile.
    question = ("score guess", str(settings.SUPPILO.lake), language, as_of_us // HOUR_US)
    key = (snapshot.version, str(known.properties), question)

    def guess(source: WatchedSource) -> NewSheet | None:
        with override(language):
            return _guess(source, known, as_of_us)

    return RUNNING.start(
        question,
        lambda watch: _sheets.get(key, lambda: guess(WatchedSource(snapshot.source, watch))),
    )


def guess_sheet(source: EventSource, now: datetime) -> NewSheet | None:
    """Return a sheet that makes sense of the data; None where nothing is worth points yet."""
    return _guess(source, _read_known(), as_us(now))


def renew_guess(sheet: ScoreSheet | None, source: EventSource, now: datetime) -> ScoreSheet | None:
    """Begin to score by a guessed sheet, or by another one where the data suggests other rules.

    Nothing changes once somebody has saved a sheet. None where there is nothing to score by yet.
    """
    if sheet is not None and not sheet.is_guess:
        return sheet
    new = guess_sheet(source, now)
    if new is None or (sheet is not None and new.rules["rules"] == sheet.rules["rules"]):
        return sheet
    made = ScoreSheet.objects.create(
        rules=dict(new.rules), goal=new.goal, horizon_days=new.horizon_days, again=new.again,
        is_guess=True, made_at=now,
    )  # fmt: skip
    record_audit(None, "save_score_sheet", made, guessed=True, goal=made.goal)
    return made


def _read_known() -> Known:
    properties: dict[str, Sequence[Any]] = dict.fromkeys(property_names(), ())
    if job := find_job(properties):
        found = TraitValue.objects.filter(is_current=True, name=job)
        properties[job] = list(found.values_list("value", flat=True).distinct()[:_MOST_VALUES])
    return Known(read_known_people(), properties)


def _guess(source: EventSource, known: Known, as_of_us: int) -> NewSheet | None:
    rules = guess_rules(source, known.properties)
    if rules is None:
        return None
    # How engaged people are is asked, not who they are.
    asked = replace(rules, rules=tuple(one for one in rules.rules if one.kind == "engagement"))
    counted = score_by_rules(source, None, asked, as_of_us, known.people.keys)
    rules = replace(rules, full_engagement=fill_engagement(counted))
    goal, again = guess_goal(source)
    return NewSheet(rules.to_dict(), goal, again=again)
