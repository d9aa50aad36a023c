"""What a score sheet would say of everybody, before it is saved."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, override

from suppilo.analytics.funnel import DefinitionError
from suppilo.analytics.scores import RuleScores, ScoreRules, score_by_rules
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.events.selectors import take_snapshot
from suppilo.apps.funnels.ask import RUNNING, WatchedSource
from suppilo.apps.kept import Kept
from suppilo.apps.people.values import as_us
from suppilo.apps.scores.people import (
    KnownPeople,
    asked_properties,
    read_known_people,
    read_properties,
)
from suppilo.apps.scores.services import check_conditions

if TYPE_CHECKING:
    from suppilo.analytics.events import EventSource
    from suppilo.analytics.scores import UnitProperties
    from suppilo.apps.accounts.models import User
    from suppilo.apps.funnels.running import Calculation

MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True)
class RuleReach:
    """How many people a rule gives points, or takes some off."""

    name: str
    kind: str
    points: float
    people: int


@dataclass(frozen=True, slots=True)
class Preview:
    """How many would be hot, warm and cold, and whom each rule reaches."""

    hot: int
    warm: int
    cold: int
    reach: tuple[RuleReach, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        rules = [{"name": one.name, "kind": one.kind, "points": one.points, "people": one.people}
                 for one in self.reach]  # fmt: skip
        return {"hot": self.hot, "warm": self.warm, "cold": self.cold, "rules": rules}


_previews: Kept[Preview] = Kept(32)
_known: Kept[tuple[KnownPeople, UnitProperties]] = Kept(4)


def start_preview(user: User, rules: ScoreRules, now: datetime) -> Calculation:
    """Start to count a sheet; the same one within a minute is counted once.

    A condition that can't be read is told as a ``DefinitionError`` of the calculation.

    Raises
    ------
    PermissionDenied
        If the role may not manage leads.
    TooManyCalculationsError
        If too many wait already.
    """
    require(user, Permission.MANAGE_LEADS)
    snapshot, language = take_snapshot(), get_language() or "en"
    as_of_us = as_us(now) // MINUTE_US * MINUTE_US
    asked = json.dumps(rules.to_dict(), sort_keys=True)
    # Who asks again while it is counted waits for that, though events have come meanwhile.
    question = ("scores", str(settings.SUPPILO.lake), asked, language, as_of_us)
    key = (snapshot.version, question)
    # The database is read here: calculations run in threads without one.
    people, properties = _known.get(key, lambda: _read_known(rules))

    def count(source: WatchedSource) -> Preview:
        with override(language):
            _check(rules, source)
        return _sum_up(score_by_rules(source, properties, rules, as_of_us, people.keys))

    return RUNNING.start(
        question,
        lambda watch: _previews.get(key, lambda: count(WatchedSource(snapshot.source, watch))),
    )


def _read_known(rules: ScoreRules) -> tuple[KnownPeople, UnitProperties]:
    people = read_known_people()
    return people, read_properties(people, asked_properties(rules))


def _check(rules: ScoreRules, source: EventSource) -> None:
    try:
        check_conditions(rules, source)
    except ValidationError as error:
        raise DefinitionError(" ".join(error.messages)) from error


def _sum_up(scores: RuleScores) -> Preview:
    counts = {str(temperature): number for temperature, number in scores.counts().items()}
    reach = tuple(
        RuleReach(rule.name, rule.kind, rule.points, len(given.place))
        for rule, given in zip(scores.rules.rules, scores.given, strict=True)
    )
    return Preview(counts["hot"], counts["warm"], counts["cold"], reach)
