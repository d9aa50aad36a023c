"""What the page shows of a report: cards, the balance of each stage, velocity, lost reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from suppilo.analytics.durations import Quantile
from suppilo.analytics.intervals import Interval
from suppilo.analytics.stages import SHARES, StageBalance, StageTime, Velocity
from suppilo.apps.pipeline_reports.ask import PipelineAnswer
from suppilo.apps.pipeline_reports.stages import StagePlace
from suppilo.web.reporting import amount_of, sample_words
from suppilo.web.templatetags.funnel_words import count, duration, rate, span
from suppilo.web.templatetags.money import money, money_short
from suppilo.web.views.funnels.parts.steps import KeyFigure
from suppilo.web.views.pipeline_reports.links import Links

FATES = {
    "advanced": gettext_lazy("Advanced"),
    "still_there": gettext_lazy("Still there"),
    "moved_back": gettext_lazy("Moved back"),
    "handed_over": gettext_lazy("Handed over"),
    "lost": gettext_lazy("Lost"),
}
"""The five ways, in the order in which a stage's bar shows them."""

_DAYS_A_MONTH = Decimal("30.44")


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount in a currency."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Part:
    """One of the five ways at a stage: where its piece of the bar begins, and how long it is."""

    fate: str
    label: str
    count: int
    start: str
    width: str
    url: str


@dataclass(frozen=True, slots=True)
class StageRow:
    """A stage: its balance, the bar of it, and how long deals stay.

    ``eighty`` is when four in five had left.
    """

    place: StagePlace
    balance: StageBalance
    parts: tuple[Part, ...]
    entered_url: str
    disqualified_url: str
    visited_url: str
    left_url: str
    rate: Interval | None
    time: StageTime
    median: Quantile
    eighty: Quantile
    note: str


@dataclass(frozen=True, slots=True)
class VelocityRow:
    """The velocity of a currency: money a day, and a month of 30.44 days."""

    currency: str
    velocity: Velocity
    average: Decimal | None
    per_day: Decimal | None
    per_month: Decimal | None
    open_url: str = ""
    decided_url: str = ""
    won_url: str = ""


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """A reason for which deals were lost; ``share`` is of all that were."""

    name: str
    deals: int
    disqualified: int
    share: float
    sums: tuple[Sum, ...]
    url: str


def key_figures(answer: PipelineAnswer, links: Links) -> Iterator[KeyFigure]:
    """Yield the figures that stand above the report."""
    report, wins = answer.report, answer.report.win_rate
    note = _("%(won)s of %(all)s decided") % {"won": count(wins.won), "all": count(wins.decided)}
    yield KeyFigure(
        _("Win rate"), rate(wins.of_decided), _range(wins.of_decided_interval),
        sample_words(wins.decided) or note, links.deals(outcome="decided"),
    )  # fmt: skip
    note = _("%(won)s of %(all)s") % {"won": count(wins.won), "all": count(wins.created)}
    yield KeyFigure(
        _("Won of all created"), rate(wins.of_created), _range(wins.of_created_interval), note,
        links.deals(outcome="won"),
    )  # fmt: skip
    median = report.ending.median
    note = _("open deals counted") if median.time is not None else _("half have not ended yet")
    yield KeyFigure(
        _("Sales cycle, median"), duration(median.time), _times(median), note, links.deals()
    )
    best = max(velocity_rows(answer, links), key=lambda row: row.per_day or 0, default=None)
    if best is not None and best.per_month is not None:
        yield KeyFigure(
            _("Velocity"), money_short(best.per_month, best.currency), _("a month"),
            _("%(money)s a day") % {"money": money(round(best.per_day or 0), best.currency)},
            best.open_url,
        )  # fmt: skip
    yield _value_card(_("Won"), answer, report.won_value, links.deals(outcome="won"))
    yield _value_card(_("Open"), answer, report.open_value, links.deals(outcome="open"))


def _value_card(label: str, answer: PipelineAnswer, values: tuple[int, ...], url: str) -> KeyFigure:
    """Return a card of what deals are worth: the largest sum first, the other currencies beside."""
    wins = answer.report.win_rate
    n = wins.won if values is answer.report.won_value else wins.open
    totals = [money_short(one.amount, one.currency) for one in sums(answer, values)]
    note = ngettext("%(n)s deal", "%(n)s deals", n) % {"n": count(n)}
    more = "".join(f"+ {total} " for total in totals[1:])
    return KeyFigure(label, totals[0] if totals else count(0), more.strip(), note, url)


def _range(interval: Interval | None) -> str:
    return span(interval.lower, interval.upper) if interval is not None else ""


def _times(found: Quantile) -> str:
    if found.lower is None:
        return ""
    return f"{duration(found.lower)} – {duration(found.upper) if found.upper is not None else '…'}"


def stage_rows(answer: PipelineAnswer, links: Links) -> list[StageRow]:
    """Return each stage's row."""
    report = answer.report
    most = max((stage.entered for stage in report.stages), default=0) or 1
    found = zip(answer.world.stages.places, report.stages, report.times, strict=True)
    return [_row(place, balance, time, most, links) for place, balance, time in found]


def _row(
    place: StagePlace, balance: StageBalance, time: StageTime, most: int, links: Links
) -> StageRow:
    from suppilo.analytics.intervals import wilson_interval

    eighty = time.quantiles[SHARES.index(0.8)]
    return StageRow(
        place,
        balance,
        tuple(_parts(place, balance, most, links)),
        links.deals(stage=place.key, fate="entered"),
        links.deals(stage=place.key, fate="disqualified"),
        links.deals(stage=place.key, fate="visited"),
        links.deals(stage=place.key, fate="left"),
        wilson_interval(balance.advanced, balance.entered),
        time,
        time.median,
        eighty,
        sample_words(balance.entered),
    )


def _parts(place: StagePlace, balance: StageBalance, most: int, links: Links) -> Iterator[Part]:
    start = 0.0
    for fate in FATES:
        n = getattr(balance, fate)
        width = 100 * n / most
        url = links.deals(stage=place.key, fate=fate)
        yield Part(fate, str(FATES[fate]), n, f"{start:.2f}%", f"{width:.2f}%", url)
        start += width


def velocity_rows(answer: PipelineAnswer, links: Links | None = None) -> list[VelocityRow]:
    """Return the velocity of each currency that the deals have, with links where they are given."""
    rows = []
    for one in answer.report.velocity:
        average = None if one.average_value is None else amount_of(one.average_value)
        per_day = None if one.per_day is None else amount_of(one.per_day)
        month = None if per_day is None else per_day * _DAYS_A_MONTH
        currency = answer.world.deals.currencies[one.currency]
        urls = () if links is None else (
            links.deals(outcome=outcome, currency=currency)
            for outcome in ("open", "decided", "won")
        )  # fmt: skip
        rows.append(VelocityRow(currency, one, average, per_day, month, *urls))
    return rows


def reason_rows(answer: PipelineAnswer, links: Links) -> list[ReasonRow]:
    """Return why deals were lost, the commonest reason first."""
    reasons = answer.report.lost_reasons
    total = sum(one.deals for one in reasons) or 1
    return [
        ReasonRow(
            answer.world.reasons[one.reason] if one.reason >= 0 else _("(not said)"),
            one.deals,
            one.disqualified,
            one.deals / total,
            sums(answer, one.value),
            links.deals(reason=one.reason),
        )
        for one in reasons
    ]


def sums(answer: PipelineAnswer, values: tuple[int, ...]) -> tuple[Sum, ...]:
    """Return values by currency as amounts, the largest figure first, zeros left out."""
    pairs = zip(values, answer.world.deals.currencies, strict=True)
    found = sorted((pair for pair in pairs if pair[0]), reverse=True)
    return tuple(Sum(amount_of(value), currency) for value, currency in found)
