"""What a score sheet would say of everybody, before it is saved."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from suppilo.analytics.scores import RuleScores, ScoreRules, score_by_rules
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.events.selectors import take_snapshot
from suppilo.apps.funnels.ask import RUNNING, WatchedSource
from suppilo.apps.kept import Kept
from suppilo.apps.people.values import as_us
from suppilo.apps.scores.people import asked_properties, read_known_people, read_properties

if TYPE_CHECKING:
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


def start_preview(user: User, rules: ScoreRules, now: datetime) -> Calculation:
    """Start to count a sheet; the same one within a minute is counted once.

    Raises
    ------
    PermissionDenied
        If the role may not manage leads.
    TooManyCalculationsError
        If too many wait already.
    """
    require(user, Permission.MANAGE_LEADS)
    snapshot = take_snapshot()
    as_of_us = as_us(now) // MINUTE_US * MINUTE_US
    # The database is read here: calculations run in threads without one.
    people = read_known_people()
    properties = read_properties(people, asked_properties(rules))
    key = ("scores", snapshot.version, json.dumps(rules.to_dict(), sort_keys=True), as_of_us)

    def count(source: WatchedSource) -> Preview:
        return _sum_up(score_by_rules(source, properties, rules, as_of_us, people.keys))

    return RUNNING.start(
        key,
        lambda watch: _previews.get(key, lambda: count(WatchedSource(snapshot.source, watch))),
    )


def _sum_up(scores: RuleScores) -> Preview:
    counts = {str(temperature): number for temperature, number in scores.counts().items()}
    reach = tuple(
        RuleReach(rule.name, rule.kind, rule.points, len(given.place))
        for rule, given in zip(scores.rules.rules, scores.given, strict=True)
    )
    return Preview(counts["hot"], counts["warm"], counts["cold"], reach)
