"""The full funnel week by week: who came in in each of the last weeks, and how far they got.

As everywhere on its page dates are those of entry: a deal, or a person, belongs to the week in
which it came in, at every step that it got to. So the weeks add up to the page's own counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from suppilo.analytics.events import Int64
from suppilo.analytics.periods import bucket_start, day_edges, find_timezone, to_local, to_midnight
from suppilo.analytics.stages import Fate, count_fates, select_deals
from suppilo.apps.accounts.models import User
from suppilo.apps.pipeline_reports.ask import (
    PipelineAnswer,
    ReportQuestion,
    ask_pipeline,
    select_among,
)
from suppilo.apps.pipeline_reports.full_funnel import Unit, paid_deals
from suppilo.apps.pipeline_reports.journeys import (
    Journey,
    JourneyQuestion,
    ask_arrivals,
    ask_orders,
)
from suppilo.apps.pipelines.models import StageGroup
from suppilo.apps.spend.selectors import SpendFilter, sum_spend

WEEKS = 13
_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Weeks:
    """Weeks from Monday on, in a time zone.

    Attributes
    ----------
    starts
        Their first days.
    edges_us
        When each begins, microseconds since 1970 UTC.
    end_us
        When the last one ends, or is cut off.
    last_day
        The last day that is counted, whole or in part.
    is_running
        Whether the last one is not over by then.
    """

    starts: tuple[date, ...]
    edges_us: tuple[int, ...]
    end_us: int
    last_day: date
    is_running: bool

    def days_of(self, number: int) -> tuple[date, date]:
        """Return the first and the last day of a week that are counted."""
        return self.starts[number], min(self.starts[number] + _WEEK - _DAY, self.last_day)

    def numbers(self, at_us: Int64) -> Int64:
        """Return in which week moments lie, from 0; those after the end are in the last."""
        found: Int64 = np.searchsorted(np.array(self.edges_us), at_us, "right") - 1
        return found


@dataclass(frozen=True, slots=True)
class WeekStep:
    """A step of the full funnel: how many of those who came in in each week got to it.

    ``is_entry``: coming in is what it counts; of later steps the last weeks may still grow.
    """

    key: str
    name: str
    group: str
    unit: Unit
    counts: tuple[int, ...]
    is_entry: bool

    @property
    def total(self) -> int:
        """How many in all the weeks."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class WeeklyFunnel:
    """The answer; ``people`` are the journeys behind the steps that count people."""

    weeks: Weeks
    steps: tuple[WeekStep, ...]
    people: dict[str, Journey]

    @property
    def is_waiting(self) -> bool:
        """Whether a part is still being counted."""
        return any(journey.is_waiting for journey in self.people.values())


def weeks_until(end_us: int, timezone: str, weeks: int = WEEKS) -> Weeks:
    """Return the last weeks before a moment, the one that it lies in among them."""
    last = to_local(end_us - 1, timezone).date()
    first = bucket_start(last, "week") - (weeks - 1) * _WEEK
    starts, edges_us = day_edges(first, last, "week", timezone)
    over_us = to_midnight(starts[-1] + _WEEK, find_timezone(timezone))
    return Weeks(tuple(starts), tuple(edges_us), end_us, last, over_us > end_us)


def ask_weeks(user: User, question: ReportQuestion, timezone: str, wait_s: float) -> WeeklyFunnel:
    """Count the last weeks of a question's period at every step: each part in one pass.

    Raises
    ------
    PermissionDenied
        If the role sees no deals.
    """
    bounds = (question.stages.end_us, question.as_of_us + 1)
    weeks = weeks_until(min(at for at in bounds if at is not None), timezone)
    answer = ask_pipeline(user, question)
    segment = None if question.segment is None else question.segment.pk
    asked = JourneyQuestion(
        weeks.edges_us[0], weeks.end_us, question.as_of_us, question.channel or "", timezone,
        segment, every="week",
    )  # fmt: skip
    arrivals, orders = ask_arrivals(asked, wait_s), ask_orders(asked, wait_s)
    steps = (
        *(_spend_steps(question, weeks) if segment is None else ()),
        *_people_steps(arrivals, weeks, StageGroup.TOP),
        *_deal_steps(user, answer, weeks),
        *_people_steps(orders, weeks, StageGroup.AFTER),
    )
    return WeeklyFunnel(weeks, steps, {"visitors": arrivals, "customers": orders})


def _spend_steps(question: ReportQuestion, weeks: Weeks) -> Iterator[WeekStep]:
    asked = SpendFilter(weeks.edges_us[0], weeks.end_us, question.channel or "")
    currency = question.pipeline.currency
    rows = [row for row in sum_spend(asked, by="day") if row["currency"] == currency]
    if not rows:
        return
    for unit in (Unit.IMPRESSIONS, Unit.CLICKS):
        counts = [0] * len(weeks.starts)
        for row in rows:
            counts[(row["day"] - weeks.starts[0]).days // 7] += row[f"all_{unit}"] or 0
        yield WeekStep(unit, "", StageGroup.TOP, unit, tuple(counts), is_entry=True)


def _people_steps(journey: Journey, weeks: Weeks, group: str) -> Iterator[WeekStep]:
    report = journey.report
    if report is None:
        return
    places = {start.isoformat(): number for number, start in enumerate(weeks.starts)}
    for number, step in enumerate(report.steps):
        counts = [0] * len(weeks.starts)
        for bucket in report.buckets or ():
            counts[places[bucket.start]] = bucket.steps[number].count
        yield WeekStep(step.name, "", group, Unit.PEOPLE, tuple(counts), is_entry=number == 0)


def _deal_steps(user: User, answer: PipelineAnswer, weeks: Weeks) -> Iterator[WeekStep]:
    """Yield each stage: of the deals that came in in each week, those that entered it."""
    question, traces, count = answer.question, answer.traces, len(weeks.starts)
    period = replace(
        question.stages, start_us=weeks.edges_us[0], end_us=weeks.end_us, select="created"
    )
    chosen = select_deals(traces, period) & select_among(user, answer.world, question)
    numbers = weeks.numbers(traces.began)
    fates = count_fates(answer.report.fates, chosen, numbers, count)
    entered = fates.sum(axis=2) - fates[:, :, Fate.NOT_ENTERED]
    for place, stage in enumerate(answer.world.stages.places):
        counts = tuple(entered[:, place].tolist())
        yield WeekStep(
            stage.key, stage.name, stage.group, Unit.DEALS, counts, is_entry=place == 0
        )  # fmt: skip
    paid = paid_deals(answer, chosen)
    if paid is not None:
        counts = tuple(np.bincount(numbers[paid], minlength=count).tolist())
        yield WeekStep("paid", "", StageGroup.AFTER, Unit.DEALS, counts, is_entry=False)
