"""Ask who comes back, of one snapshot of the events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from suppilo.analytics import currencies
from suppilo.apps.accounts.permissions import Permission, allows, require
from suppilo.apps.events.selectors import take_snapshot
from suppilo.apps.funnels.ask import RUNNING, WatchedSource
from suppilo.apps.insights.attribution.ask import is_deal_event
from suppilo.apps.insights.guess import AMOUNTS, PURCHASES, guess_name
from suppilo.apps.kept import Kept
from suppilo.apps.segments.narrow import Narrowing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suppilo.analytics.cohorts import CohortQuestion, CohortResult
    from suppilo.apps.accounts.models import User
    from suppilo.apps.funnels.running import Calculation, Watch
    from suppilo.apps.segments.models import Segment
    from suppilo.sources.joined import JoinedSource
    from suppilo.sources.parts import PartSource

    Events = PartSource | JoinedSource

MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True)
class CohortAnswer:
    """A report with its members, and the snapshot of events that it was made of."""

    source: Events
    result: CohortResult


@dataclass(frozen=True, slots=True)
class Guess:
    """The event that is likely a purchase, and the property with its amount; empty: none is."""

    purchase: str = ""
    amount: str = ""


_answers: Kept[CohortAnswer] = Kept(8)


def guess_purchase(user: User, source: Events) -> Guess:
    """Return what purchases likely are, among what the user may ask about."""
    names = [name for name in source.event_names() if may_ask(user, [name])]
    purchase = guess_name(names, PURCHASES)
    return Guess(purchase, guess_amount(source, purchase))


def guess_amount(source: Events, event: str) -> str:
    """Return the property of an event that likely is an amount of money; empty where none is."""
    if not event:
        return ""
    tables = [source.read(event, paths) for paths in source.path_ranges()]
    return guess_name({name for table in tables for name in table.own_types}, AMOUNTS)


def list_currencies(source: Events, event: str, amount: str) -> list[str]:
    """Return the currencies of an event's amounts, or of all events', the most frequent first."""
    names = [event] if event else source.event_names()
    tables = (source.read(name, paths) for name in names for paths in source.path_ranges())
    return currencies.list_currencies(table for table in tables if table.values(amount) is not None)


def may_ask(user: User, events: Sequence[str]) -> bool:
    """Return whether a user may see the money of these events: that of deals takes all deals."""
    return allows(user, Permission.SEE_ALL_DEALS) or not any(map(is_deal_event, events))


def start_cohorts(
    user: User, question: CohortQuestion, now_us: int, segment: Segment | None = None
) -> Calculation:
    """Start to answer a question; the same one asked within a minute is answered once.

    Parameters
    ----------
    now_us
        The end of the observation, where the question has none.
    segment
        Whose events alone count, one that the user may see; None for everybody's.

    Raises
    ------
    PermissionDenied
        If the role sees no reports, or not all deals and money of theirs is asked for.
    TooManyCalculationsError
        If too many wait already.
    """
    require(user, Permission.SEE_REPORTS)
    snapshot = take_snapshot()
    if question.amount is not None:
        counted = question.back or snapshot.source.event_names()
        if any(map(is_deal_event, counted)):
            require(user, Permission.SEE_ALL_DEALS)
    if question.as_of_us is None:
        # Nothing happens after now; up to the minute's end the question stays the same.
        question = replace(question, as_of_us=-(-now_us // MINUTE_US) * MINUTE_US)
    narrowing = Narrowing(segment)
    source = narrowing.apply(snapshot.source, "person")
    asked = ("cohorts", narrowing.state("person"), question)
    key = (snapshot.version, asked)
    return RUNNING.start(
        asked,
        lambda watch: _answers.get(key, lambda: _answer(source, question, watch)),
        snapshot.version,
    )


def _answer(source: Events, question: CohortQuestion, watch: Watch) -> CohortAnswer:
    from suppilo.analytics.cohorts import run_cohorts

    return CohortAnswer(source, run_cohorts(WatchedSource(source, watch), question))
