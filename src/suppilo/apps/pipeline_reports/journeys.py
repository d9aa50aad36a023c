"""The parts of the full funnel that count people: who came, who became a lead, who bought again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from suppilo.analytics.funnel import DefinitionError, FunnelDefinition, FunnelReport, Step
from suppilo.analytics.periods import Every
from suppilo.apps.funnels.ask import Answer, Question, start_question
from suppilo.apps.funnels.events import open_source
from suppilo.apps.funnels.running import CalculationEndedError, TooManyCalculationsError
from suppilo.lake import LakeError, WhereError

LEAD_EVENTS = ("lead_created", "lead_qualified", "deal_created")
ORDER_EVENTS = ("order_completed",)


@dataclass(frozen=True, slots=True)
class JourneyQuestion:
    """Dates of entry ``[start, end)``, the moment of observation, a channel or all, a segment.

    Times are microseconds since 1970 UTC; of the segment it is the id, None for everybody.
    ``every``: counted by the day, week or month of entry beside.
    """

    start_us: int | None
    end_us: int | None
    as_of_us: int
    channel: str = ""
    timezone: str = "UTC"
    segment: int | None = None
    every: Every | None = None


@dataclass(frozen=True, slots=True)
class Journey:
    """A funnel of people, its answer and report if there is one, and why there is none.

    ``is_waiting``: it is still being counted.
    """

    definition: FunnelDefinition | None
    report: FunnelReport | None = None
    is_waiting: bool = False
    failure: str = ""
    answer: Answer | None = None


def ask_arrivals(asked: JourneyQuestion, wait_s: float) -> Journey:
    """Ask how many people did anything, and how many of them became a lead or have a deal."""
    return _ask(asked, [("visitors", None), ("leads", LEAD_EVENTS)], wait_s)


def ask_orders(asked: JourneyQuestion, wait_s: float) -> Journey:
    """Ask how many people bought, bought again, and bought at least three times."""
    steps = [(name, ORDER_EVENTS) for name in ("customers", "repeat", "regular")]
    return _ask(asked, steps, wait_s)


def _ask(
    asked: JourneyQuestion, steps: Sequence[tuple[str, tuple[str, ...] | None]], wait_s: float
) -> Journey:
    try:
        source = open_source()
        known = set(source.event_names())
        # A step whose events have never happened has nobody, and neither have those after it.
        found = [
            (name, None if events is None else tuple(one for one in events if one in known))
            for name, events in steps
        ]
        reached = [one for place, one in enumerate(found)
                   if all(events != () for _name, events in found[: place + 1])]  # fmt: skip
        if not known or not reached:
            return Journey(None)
        definition = _define(asked, reached, "channel" in source.property_names())
        started = start_question(source, Question(definition, "table"))
        if not started.wait(wait_s):
            return Journey(definition, is_waiting=True)
        answer: Answer = started.answer()
        return Journey(definition, answer.report, answer=answer)
    except (
        DefinitionError, WhereError, LakeError, CalculationEndedError, TooManyCalculationsError,
    ) as error:  # fmt: skip
        return Journey(None, failure=str(error) or type(error).__name__)


def _define(
    asked: JourneyQuestion,
    steps: Sequence[tuple[str, tuple[str, ...] | None]],
    has_channels: bool,
) -> FunnelDefinition:
    channel = asked.channel.replace("'", "''")
    where = f"channel = '{channel}'" if asked.channel and has_channels else None
    made = (
        Step(name, events, where=None if place else where)
        for place, (name, events) in enumerate(steps)
    )
    return FunnelDefinition(
        tuple(made),
        from_us=asked.start_us,
        to_us=asked.end_us,
        as_of_us=asked.as_of_us,
        timezone=asked.timezone,
        segment=asked.segment,
        every=asked.every,
    )
