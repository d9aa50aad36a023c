"""What the page shows of customers' value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.analytics.events import Int64
from suppilo.analytics.intervals import Interval
from suppilo.analytics.value.report import ValueReport
from suppilo.apps.insights.value import ValueQuestion
from suppilo.charts.page import bars_picture
from suppilo.web.templatetags.funnel_words import count, rate
from suppilo.web.views.funnels.parts.steps import KeyFigure
from suppilo.web.views.funnels.parts.trend import drawn
from suppilo.web.views.insights.cohorts.shown import worth_words
from suppilo.web.views.insights.value.asked import Asked
from suppilo.web.views.insights.value.units import span_ahead

SIZES = (("middle", 620), ("narrow", 330))
_TENTHS = 10
SEGMENTS = {
    "champions": (gettext_lazy("Champions"), gettext_lazy("recent, frequent and generous")),
    "loyal": (gettext_lazy("Loyal"), gettext_lazy("come often and came lately")),
    "new": (gettext_lazy("New"), gettext_lazy("came lately for the first time or so")),
    "promising": (gettext_lazy("Promising"), gettext_lazy("came lately, not often yet")),
    "at_risk": (gettext_lazy("At risk"), gettext_lazy("came often, not lately")),
    "cannot_lose": (
        gettext_lazy("Can't lose"),
        gettext_lazy("were among the best, and are silent"),
    ),
    "asleep": (gettext_lazy("Asleep"), gettext_lazy("came seldom and not lately")),
    "lost": (gettext_lazy("Lost"), gettext_lazy("came seldom, long ago")),
}
"""What a segment is called, and who is in it."""


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A segment of customers, and what is expected of it, with its ranges in words."""

    name: str
    meaning: str
    customers: int
    alive: float
    purchases: float
    worth: str
    share: float | None
    url: str
    alive_range: str
    purchases_range: str
    worth_range: str


def customers_url(asked: Asked, segment: str = "", **more: str) -> str:
    """Return the address of customers."""
    return f"{reverse('value_customers')}?{asked.query(segment=segment, **more)}"


def range_words(interval: Interval | None, currency: str | None = None) -> str:
    """Return the ends of a range of numbers, or of money where a currency is given."""
    if interval is None:
        return ""
    ends = (interval.lower, interval.upper)
    low, high = (
        count(round(end)) if currency is None else worth_words(end, currency) for end in ends
    )
    return _("%(low)s to %(high)s") % {"low": low, "high": high}


def with_range(note: str, words: str) -> str:
    """Return a note after a range in words, if there is one."""
    return _("%(range)s; %(note)s") % {"range": words, "note": note} if words else note


def cards(
    report: ValueReport, asked: Asked, question: ValueQuestion, all_url: str
) -> Iterator[KeyFigure]:
    """Yield the figures above the report."""
    ahead = _("in %(span)s") % {"span": span_ahead(report)}
    again, ranges = rate(report.repeaters / report.customers), report.ranges
    likeliest = customers_url(asked, by="alive") if all_url else ""
    yield KeyFigure(
        _("Customers"), count(report.customers), "", _("%(share)s came again") % {"share": again},
        all_url,
    )  # fmt: skip
    yield KeyFigure(
        _("Still buy"), count(round(report.alive)), _("about"),
        with_range(
            _("%(share)s of all") % {"share": rate(report.alive / report.customers)},
            range_words(ranges.alive),
        ), likeliest,
    )  # fmt: skip
    yield KeyFigure(
        _("Purchases expected"), count(round(report.expected)), "",
        with_range(ahead, range_words(ranges.expected)), all_url,
    )  # fmt: skip
    if report.spending is None:
        return
    named = {"rate": rate(report.discount)}
    yield KeyFigure(
        _("Worth today"), worth_words(report.worth, question.currency), "",
        with_range(
            _("discounted at %(rate)s a year") % named,
            range_words(ranges.worth, question.currency),
        ), all_url,
    )  # fmt: skip
    yield KeyFigure(
        _("By plain averages"), worth_words(report.simple_worth, question.currency), "",
        _("if everybody stayed"), all_url,
    )  # fmt: skip


def sentence(report: ValueReport, question: ValueQuestion) -> str:
    """Return in words what customers are worth."""
    named = {
        "alive": count(round(report.alive)), "all": count(report.customers),
        "bought": count(round(report.expected)), "span": span_ahead(report),
        "worth": worth_words(report.worth, question.currency),
    }  # fmt: skip
    if report.spending is None:
        return _(
            "About %(alive)s of %(all)s customers still buy; in the next %(span)s they are "
            "expected to buy %(bought)s times."
        ) % named  # fmt: skip
    return _(
        "About %(alive)s of %(all)s customers still buy; in the next %(span)s they are "
        "expected to buy %(bought)s times, which is worth %(worth)s today."
    ) % named  # fmt: skip


def segment_rows(
    report: ValueReport, asked: Asked, question: ValueQuestion, *, sees_people: bool
) -> list[SegmentRow]:
    """Return the RFM segments, the best first."""
    return [
        SegmentRow(
            str(SEGMENTS[one.segment][0]), str(SEGMENTS[one.segment][1]), one.customers, one.alive,
            one.purchases, worth_words(one.worth, question.currency),
            one.worth / report.worth if report.worth else None,
            customers_url(asked, one.segment) if sees_people else "",
            range_words(one.ranges.alive), range_words(one.ranges.expected),
            range_words(one.ranges.worth, question.currency),
        )
        for one in report.segments
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChanceRow:
    """How many customers are still there with a chance of one tenth, and who they are."""

    name: str
    customers: int
    url: str


def chance_tenths(report: ValueReport) -> Int64:
    """Return in which tenth, from 0, each customer's chance to be still there lies.

    It is -1 for who is not told of: where customers buy at any time, the model has all who came
    once there.
    """
    each = report.each
    tenths = np.minimum((each.alive * _TENTHS).astype(np.int64), _TENTHS - 1)
    is_told = each.summary.frequency > 0 if report.occasions is None else True
    return np.where(is_told, tenths, -1)


def tenth_words(tenth: int) -> str:
    """Return what a tenth of the chances is called."""
    return f"{10 * tenth}–{10 * tenth + 10} %"


def alive_counts(report: ValueReport, asked: Asked, *, sees_people: bool) -> list[ChanceRow]:
    """Return how many customers are still there with a chance of each tenth."""
    found = np.bincount(chance_tenths(report) + 1, minlength=_TENTHS + 1)[1:].tolist()
    return [
        ChanceRow(
            tenth_words(tenth), number,
            customers_url(asked, chance=str(tenth)) if sees_people else "",
        )
        for tenth, number in enumerate(found)
    ]  # fmt: skip


def alive_pictures(counts: list[ChanceRow]) -> list[tuple[str, SafeString]]:
    """Draw the distribution of the chance to be still there."""
    labels, values = [row.name for row in counts], [row.customers for row in counts]
    return [(size, drawn(bars_picture(values, labels, width))) for size, width in SIZES]
