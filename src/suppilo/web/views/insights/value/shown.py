"""What the page shows of customers' value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.analytics.value.lives import RenewalReport
from suppilo.analytics.value.report import ValueReport
from suppilo.apps.insights.value import ValueQuestion
from suppilo.charts.page import Course, bars_picture, retention_picture
from suppilo.web.templatetags.funnel_words import count, rate, span
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
    """A segment of customers, and what is expected of it."""

    name: str
    meaning: str
    customers: int
    alive: float
    purchases: float
    worth: str
    share: float | None
    url: str


def customers_url(asked: Asked, segment: str = "", **more: str) -> str:
    """Return the address of customers."""
    return f"{reverse('value_customers')}?{asked.query(segment=segment, **more)}"


def cards(report: ValueReport, question: ValueQuestion, all_url: str) -> Iterator[KeyFigure]:
    """Yield the figures above the report."""
    ahead = _("in %(span)s") % {"span": span_ahead(report)}
    again = rate(report.repeaters / report.customers)
    yield KeyFigure(
        _("Customers"), count(report.customers), "", _("%(share)s came again") % {"share": again},
        all_url,
    )  # fmt: skip
    yield KeyFigure(
        _("Still buy"), count(round(report.alive)), _("about"),
        _("%(share)s of all") % {"share": rate(report.alive / report.customers)},
    )  # fmt: skip
    yield KeyFigure(_("Purchases expected"), count(round(report.expected)), "", ahead)
    if report.spending is None:
        return
    named = {"rate": rate(report.discount)}
    yield KeyFigure(
        _("Worth today"), worth_words(report.worth, question.currency), "",
        _("discounted at %(rate)s a year") % named,
    )  # fmt: skip
    yield KeyFigure(
        _("By plain averages"), worth_words(report.simple_worth, question.currency), "",
        _("if everybody stayed"),
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
        )
        for one in report.segments
    ]  # fmt: skip


def alive_counts(report: ValueReport) -> list[tuple[str, int]]:
    """Return how many customers are still there with a chance of each tenth.

    Of those who buy at any time, only who came again: the model has the others all there.
    """
    told = report.each.alive
    if report.occasions is None:
        told = told[report.each.summary.frequency > 0]
    found, _edges = np.histogram(told, _TENTHS, (0.0, 1.0))
    names = [f"{10 * tenth}–{10 * tenth + 10} %" for tenth in range(_TENTHS)]
    return list(zip(names, found.tolist(), strict=True))


def alive_pictures(counts: list[tuple[str, int]]) -> list[tuple[str, SafeString]]:
    """Draw the distribution of the chance to be still there."""
    labels, values = [name for name, _count in counts], [number for _name, number in counts]
    return [(size, drawn(bars_picture(values, labels, width))) for size, width in SIZES]


def renewal_cards(report: RenewalReport, question: ValueQuestion) -> Iterator[KeyFigure]:
    """Yield the figures above the report of customers with a contract."""
    interval = report.churn_interval
    note = _("of all who ever paid: %(n)s") % {"n": count(report.customers)}
    yield KeyFigure(_("Customers there"), count(report.active), "", note)
    due = _("%(left)s of %(due)s renewals did not come") % {
        "left": count(report.left), "due": count(report.due)
    }  # fmt: skip
    yield KeyFigure(
        _("Churn a month"), rate(report.churn), span(interval.lower, interval.upper), due
    )
    ahead = count(round(report.periods_ahead, 1))
    yield KeyFigure(_("Payments ahead"), ahead, _("each"), _("on average, discounted"))
    if question.amount:
        worth = worth_words(report.worth, question.currency)
        each = {"amount": worth_words(report.mean_payment, question.currency)}
        yield KeyFigure(_("Worth today"), worth, "", _("%(amount)s a month each") % each)


def renewal_pictures(report: RenewalReport) -> list[tuple[str, SafeString]]:
    """Draw the share still there after each renewal, as seen and as the model has it."""
    courses = [
        Course("is-average", [1.0, *(step.expected for step in report.steps)]),
        Course("is-made", [1.0, *(step.there for step in report.steps)]),
    ]
    labels = [str(number) for number in range(len(report.steps) + 1)]
    return [(size, drawn(retention_picture(courses, labels, rate, width))) for size, width in SIZES]
