"""From the first impression to the regular customer: one row of steps, of several units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from itertools import zip_longest

import numpy as np

from suppilo.analytics.events import Bool
from suppilo.analytics.intervals import Interval, wilson_interval
from suppilo.analytics.stages import Fate, Outcome, sum_values
from suppilo.apps.accounts.models import User
from suppilo.apps.invoices.models import Invoice
from suppilo.apps.people.values import as_datetime
from suppilo.apps.pipeline_reports.ask import PipelineAnswer, ReportQuestion, ask_pipeline
from suppilo.apps.pipeline_reports.journeys import (
    Journey,
    JourneyQuestion,
    ask_arrivals,
    ask_orders,
)
from suppilo.apps.pipeline_reports.order_money import OrderMoney, add_orders, sum_orders
from suppilo.apps.pipelines.models import StageGroup, StageKind
from suppilo.apps.spend.selectors import SpendFilter, sum_spend

_UNITS = Decimal(10_000)


class Unit(StrEnum):
    """What a step counts."""

    IMPRESSIONS = "impressions"
    CLICKS = "clicks"
    PEOPLE = "people"
    DEALS = "deals"


@dataclass(frozen=True, slots=True)
class FullStep:
    """A step of the full funnel.

    Attributes
    ----------
    key
        A stage's key, or ``impressions``, ``clicks``, ``visitors``, ``leads``, ``paid``,
        ``customers``, ``repeat``, ``regular``.
    name
        A stage's name; empty for the others, which pages name.
    step_rate, first_rate
        The count by that of the step before, and of the first; None where that is 0. Where the
        unit changes a ratio, not a share: it may be above 1.
    interval
        Of ``step_rate`` where it is a share of the same unit.
    median_s
        Median time since the step before, seconds, where it is known.
    money
        What the deals that got there are worth; of who bought, the orders that took them there:
        the first, the second, the third. In the pipeline's currency.
    cost_each
        What the advertising cost, by this step's count.
    before
        The count of the period before; None where there is none to compare with.
    """

    key: str
    name: str
    group: str
    unit: Unit
    count: int
    step_rate: float | None = None
    first_rate: float | None = None
    interval: Interval | None = None
    median_s: float | None = None
    money: Decimal | None = None
    cost_each: Decimal | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class DealLeak:
    """The stage at which most is lost, and what winning back one in ten would be worth.

    ``gain`` is in the pipeline's currency: a tenth of the deals lost there, as likely to be won
    as those that went on, each worth an average won deal. None where nothing was won yet.
    """

    stage: str
    next_name: str
    name: str
    lost: int
    entered: int
    share: float
    gain: Decimal | None


@dataclass(frozen=True, slots=True)
class OtherSpend:
    """What was spent in a currency that is not the pipeline's, and what it showed and brought."""

    currency: str
    cost: Decimal
    impressions: int
    clicks: int


@dataclass(frozen=True, slots=True)
class FullFunnel:
    """The answer: steps in order, the biggest leak, what was spent.

    ``people`` are the journeys behind the steps that count people, by their first step's key.
    ``other_spend`` is in no step, nor in the cost; ``other_orders`` are the orders in no step's
    money: those in other currencies, and those that say no amount or currency.
    """

    steps: tuple[FullStep, ...]
    leak: DealLeak | None
    cost: Decimal | None
    won_value: Decimal
    other_currencies: tuple[str, ...]
    answer: PipelineAnswer
    people: dict[str, Journey]
    other_spend: tuple[OtherSpend, ...]
    other_orders: OrderMoney

    @property
    def is_waiting(self) -> bool:
        """Whether a part is still being counted."""
        return any(journey.is_waiting for journey in self.people.values())


def ask_full_funnel(
    user: User, question: ReportQuestion, timezone: str, wait_s: float
) -> FullFunnel:
    """Count every step, as far as it can be counted within ``wait_s`` seconds for each part.

    The owner narrows deals only: what is spent, and people, have none. What was spent on a
    segment is not known, and is left out.
    """
    answer = ask_pipeline(user, question)
    stages, channel = question.stages, question.channel or ""
    segment = None if question.segment is None else question.segment.pk
    asked = JourneyQuestion(
        stages.start_us, stages.end_us, question.as_of_us, channel, timezone, segment
    )
    arrivals, orders = ask_arrivals(asked, wait_s), ask_orders(asked, wait_s)
    currency = question.pipeline.currency
    spent: tuple[int, int, Decimal] | None = None
    others: tuple[OtherSpend, ...] = ()
    if segment is None:
        spent, others = _spent(SpendFilter(stages.start_us, stages.end_us, channel), currency)
    bought = _orders_of(orders)
    steps = [
        *_spend_steps(spent),
        *_people_steps(arrivals, StageGroup.TOP),
        *_deal_steps(answer),
        *_people_steps(orders, StageGroup.AFTER, [one.by_currency.get(currency) for one in bought]),
    ]
    left_out = add_orders(bought)
    cost = spent[2] if spent is not None else None
    value = dict(zip(answer.world.deals.currencies, answer.report.won_value, strict=True))
    return FullFunnel(
        tuple(_with_rates(steps, cost)),
        find_deal_leak(answer),
        cost,
        Decimal(value.get(currency, 0)) / _UNITS,
        tuple(name for name, amount in value.items() if amount and name != currency),
        answer,
        {"visitors": arrivals, "customers": orders},
        others,
        replace(left_out, by_currency=_without(left_out.by_currency, currency)),
    )


def _orders_of(orders: Journey) -> tuple[OrderMoney, ...]:
    if orders.answer is None:
        return ()
    return sum_orders(orders.answer.source, orders.answer.result) or ()


def _without(amounts: Mapping[str, Decimal], currency: str) -> dict[str, Decimal]:
    return {name: amount for name, amount in amounts.items() if name != currency}


def compare_with(now: FullFunnel, before: FullFunnel) -> FullFunnel:
    """Return a funnel whose steps know their counts in the period before."""
    counts = {step.key: step.count for step in before.steps}
    steps = (replace(step, before=counts.get(step.key)) for step in now.steps)
    return replace(now, steps=tuple(steps))


def _spent(
    asked: SpendFilter, currency: str
) -> tuple[tuple[int, int, Decimal] | None, tuple[OtherSpend, ...]]:
    """Return impressions, clicks and cost in a currency, and what was spent in the others."""
    sums: dict[str, OtherSpend] = {}
    for row in sum_spend(asked):
        name = row["currency"]
        so_far = sums.get(name, OtherSpend(name, Decimal(0), 0, 0))
        cost = Decimal(row["all_cost"]).quantize(Decimal("0.0001"))
        sums[name] = OtherSpend(
            name, so_far.cost + cost, so_far.impressions + row["all_impressions"],
            so_far.clicks + row["all_clicks"],
        )  # fmt: skip
    own = sums.pop(currency, None)
    others = tuple(sums[name] for name in sorted(sums))
    return (None if own is None else (own.impressions, own.clicks, own.cost)), others


def _spend_steps(spent: tuple[int, int, Decimal] | None) -> Iterator[FullStep]:
    if spent is None:
        return
    top = StageGroup.TOP
    yield FullStep("impressions", "", top, Unit.IMPRESSIONS, spent[0])
    yield FullStep("clicks", "", top, Unit.CLICKS, spent[1])


def _people_steps(
    journey: Journey, group: str, money: Sequence[Decimal | None] = ()
) -> Iterator[FullStep]:
    if journey.report is None:
        return
    for step, worth in zip_longest(journey.report.steps, money):
        yield FullStep(
            step.name, "", group, Unit.PEOPLE, step.count, median_s=step.median_seconds,
            money=worth,
        )  # fmt: skip


def _deal_steps(answer: PipelineAnswer) -> Iterator[FullStep]:
    """Yield a step for each stage: deals that entered it, and how long the one before took."""
    report, before = answer.report, None
    found = zip(answer.world.stages.places, report.stages, report.times, strict=True)
    for number, (place, balance, time) in enumerate(found):
        entered = report.chosen & (report.fates[:, number] != Fate.NOT_ENTERED)
        yield FullStep(
            place.key, place.name, place.group, Unit.DEALS, balance.entered,
            median_s=before, money=_worth(answer, entered),
        )  # fmt: skip
        before = time.median.time
    paid = paid_deals(answer)
    if paid is not None:
        yield FullStep(
            "paid", "", StageGroup.AFTER, Unit.DEALS, int(paid.sum()), money=_worth(answer, paid)
        )


def paid_deals(answer: PipelineAnswer, chosen: Bool | None = None) -> Bool | None:
    """Return which won deals have a paid invoice and none that is open; None without invoices.

    Parameters
    ----------
    chosen
        The deals to look at; those of the report where it is left out.
    """
    sent = Invoice.objects.exclude(sent_at=None).filter(cancelled_on=None)
    if not sent.exists():
        return None
    at = as_datetime(answer.question.as_of_us)
    paid = sent.filter(paid_at__lte=at).values_list("deal_id", flat=True)
    owing = set(sent.exclude(paid_at__lte=at).values_list("deal_id", flat=True))
    ids = np.array([deal for deal in set(paid) if deal not in owing], np.int64)
    among = answer.report.chosen if chosen is None else chosen
    won: Bool = among & (answer.traces.outcome == Outcome.WON)
    return won & answer.world.numbers_of(ids)


def _worth(answer: PipelineAnswer, these: Bool) -> Decimal:
    """Return what deals are worth, as far as they are in the pipeline's currency."""
    world = answer.world
    totals = sum_values(world.worth.value[these], world.worth.currency[these],
                        world.worth.currencies)  # fmt: skip
    by_currency = dict(zip(world.deals.currencies, totals, strict=True))
    return Decimal(by_currency.get(world.pipeline.currency, 0)) / _UNITS


def _with_rates(steps: Sequence[FullStep], cost: Decimal | None) -> Iterator[FullStep]:
    first, before = (steps[0] if steps else None), None
    for step in steps:
        step_rate = interval = None
        if before is not None and before.count:
            step_rate = step.count / before.count
            if before.unit == step.unit and step.count <= before.count:
                interval = wilson_interval(step.count, before.count)
        yield replace(
            step,
            step_rate=step_rate,
            interval=interval,
            first_rate=step.count / first.count if first and first.count else None,
            cost_each=cost / step.count if cost is not None and step.count else None,
        )
        before = step


def find_deal_leak(answer: PipelineAnswer) -> DealLeak | None:
    """Return the open stage at which most money is lost; None where no deal is lost."""
    report, places = answer.report, answer.world.stages.places
    won = report.chosen & (answer.traces.outcome == Outcome.WON)
    average = _worth(answer, won) / int(won.sum()) if won.any() else None
    found = [
        _leak(answer, number, average)
        for number, place in enumerate(places)
        if place.kind == StageKind.OPEN and report.stages[number].lost
    ]
    return max(found, key=lambda leak: (leak.gain or 0, leak.lost), default=None)


def _leak(answer: PipelineAnswer, number: int, average: Decimal | None) -> DealLeak:
    report, places = answer.report, answer.world.stages.places
    here, later = report.stages[number], places[number + 1 :]
    went_on = report.fates[:, number] == Fate.ADVANCED
    outcomes = answer.traces.outcome[report.chosen & went_on]
    decided = int(np.isin(outcomes, (Outcome.WON, Outcome.LOST)).sum())
    gain = None
    if average is not None and decided:
        chance = Decimal(int((outcomes == Outcome.WON).sum())) / decided
        gain = Decimal(here.lost) / 10 * chance * average
    return DealLeak(
        places[number].key,
        later[0].name if later else "",
        places[number].name,
        here.lost,
        here.entered,
        here.lost / here.entered,
        gain,
    )
