"""Ask which channels a goal is owed to, of one snapshot of the events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, get_args

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.events.selectors import take_snapshot
from suppilo.apps.events.units import read_unit_map, regroup
from suppilo.apps.funnels.ask import RUNNING, WatchedSource
from suppilo.apps.kept import Kept
from suppilo.apps.outbox.names import DEAL, DOMAIN_EVENTS
from suppilo.apps.segments.narrow import Narrowing

if TYPE_CHECKING:
    from collections.abc import Hashable

    from suppilo.analytics.attribution import AttributionReport, Journeys, RuleOptions
    from suppilo.analytics.events import EventSource
    from suppilo.apps.accounts.models import User
    from suppilo.apps.funnels.running import Calculation, Watch
    from suppilo.apps.segments.models import Segment

Unit = Literal["person", "company"]
Dimension = Literal["channel", "campaign", "source"]
UNITS: tuple[str, ...] = get_args(Unit)
DIMENSIONS: tuple[str, ...] = get_args(Dimension)

MOST_CHANNELS = 14
"""So many campaigns or sources stand by themselves, and so many have exact Shapley values."""
REST = "…"
"""Stands for the smaller ones together."""
DAY_US = timedelta(days=1) // timedelta(microseconds=1)
VISIT_US = DAY_US // 48

_PROPERTIES = {"channel": "channel", "campaign": "utm_campaign", "source": "utm_source"}
_OWN_PAGES = ("internal",)
_DIRECT = ("direct", "(direct)")
_SEED = 0


@dataclass(frozen=True, slots=True)
class JourneyQuestion:
    """What is a goal, and what a touch.

    Attributes
    ----------
    goals
        The events that are conversions; ``once``: only the first of each path.
    value, currency
        The property with a conversion's worth, and the currency of which it is taken (as the
        property ``currency`` says; empty: of those without one). None for either: not asked for.
    look_back_us
        How long a touch counts; None: for ever.
    start_us, end_us
        When journeys ended, ``[start, end)``.
    lead
        What makes a lead, for the W-shaped rule.
    """

    goals: tuple[str, ...]
    once: bool = False
    value: str | None = None
    currency: str | None = None
    dimension: Dimension = "channel"
    unit: Unit = "person"
    look_back_us: int | None = 90 * DAY_US
    start_us: int | None = None
    end_us: int | None = None
    lead: str | None = None


@dataclass(frozen=True, slots=True)
class AttributionQuestion:
    """Journeys, and the models that credit channels for them."""

    journeys: JourneyQuestion
    models: tuple[str, ...]
    half_life_us: int = 7 * DAY_US
    order: int | None = None

    @property
    def options(self) -> RuleOptions:
        """What rules ask for."""
        from suppilo.analytics.attribution import RuleOptions

        return RuleOptions(direct=_DIRECT, half_life_us=self.half_life_us)


@dataclass(frozen=True, slots=True)
class ReadJourneys:
    """Journeys with the snapshot of events that they were read from."""

    source: EventSource
    journeys: Journeys


@dataclass(frozen=True, slots=True)
class AttributionAnswer:
    """A report with what it was made of."""

    question: AttributionQuestion
    read: ReadJourneys
    report: AttributionReport


_journeys: Kept[ReadJourneys] = Kept(4)
_reports: Kept[AttributionReport] = Kept(16)


def list_touches(names: Sequence[str]) -> list[str]:
    """Return the events that are touches where they have a channel: all but the server's own."""
    own = {event.name for event in DOMAIN_EVENTS}
    return [name for name in names if name not in own]


def is_deal_event(name: str) -> bool:
    """Return whether an event tells what deals are worth: it takes all deals to be seen."""
    return name in _DEAL_EVENTS


# Orders are the shop's as well.
_DEAL_EVENTS = frozenset(
    event.name for event in DOMAIN_EVENTS if set(DEAL) <= set(event.properties)
) - {"order_completed"}


def start_attribution(
    user: User, question: AttributionQuestion, segment: Segment | None = None
) -> Calculation:
    """Start to answer a question; the same one asked at the same time is answered once.

    Parameters
    ----------
    segment
        Whose events alone count, one that the user may see; None for everybody's.

    Raises
    ------
    PermissionDenied
        If the role sees no reports, or not all deals and the goal is one of theirs.
    TooManyCalculationsError
        If too many wait already.
    """
    require(user, Permission.SEE_REPORTS)
    if any(map(is_deal_event, question.journeys.goals)):
        require(user, Permission.SEE_ALL_DEALS)
    # Who belongs to whom is read here: calculations run in threads without a database.
    snapshot, unit = take_snapshot(), question.journeys.unit
    narrowing = Narrowing(segment)
    source = narrowing.apply(regroup(snapshot.source, unit), unit)
    people = (_state_of(unit), narrowing.state(unit))
    version = (snapshot.version, *people)
    return RUNNING.start(
        (people, question),
        lambda watch: _answer(source, version, question, watch),
        snapshot.version,
    )


def _state_of(unit: Unit) -> str:
    return "" if unit == "person" else read_unit_map(unit).overrides.digest


def _answer(
    source: EventSource, version: Hashable, question: AttributionQuestion, watch: Watch
) -> AttributionAnswer:
    key = (version, question.journeys)
    read = _journeys.get(key, lambda: _read(source, question.journeys, watch))
    report = _reports.get((version, question), lambda: _report(read.journeys, question))
    return AttributionAnswer(question, read, report)


def _read(source: EventSource, asked: JourneyQuestion, watch: Watch) -> ReadJourneys:
    from suppilo.analytics.attribution import GoalRules, TouchRules, read_journeys

    only = None if asked.currency is None else ("currency", asked.currency)
    journeys = read_journeys(
        WatchedSource(source, watch),
        list_touches(source.event_names()),
        asked.goals,
        _PROPERTIES[asked.dimension],
        asked.value,
        asked.look_back_us,
        asked.lead,
        TouchRules(
            otherwise=None if asked.dimension == "channel" else "channel",
            skip=_OWN_PAGES,
            visit_us=VISIT_US,
        ),
        GoalRules(asked.once, only),
    )
    found = journeys.ended_within(asked.start_us, asked.end_us)
    return ReadJourneys(source, found.join_small(MOST_CHANNELS, REST))


def _report(journeys: Journeys, question: AttributionQuestion) -> AttributionReport:
    import numpy as np

    from suppilo.analytics.attribution import report_attribution

    return report_attribution(
        journeys,
        question.models,
        random=np.random.default_rng(_SEED),
        order=question.order,
        options=question.options,
    )
