"""Customers with a contract as the page shows them: churn, renewals, and who is behind both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from suppilo.analytics.intervals import Interval
from suppilo.analytics.value.lives import RenewalReport, RenewalStep
from suppilo.apps.insights.value import ValueQuestion
from suppilo.charts.page import Course, retention_picture
from suppilo.web.templatetags.funnel_words import count, rate, span
from suppilo.web.views.funnels.parts.steps import KeyFigure
from suppilo.web.views.funnels.parts.trend import drawn
from suppilo.web.views.insights.cohorts.shown import worth_words
from suppilo.web.views.insights.value.asked import Asked
from suppilo.web.views.insights.value.shown import (
    SIZES,
    customers_url,
    range_words,
    with_range,
)


def renewal_cards(
    report: RenewalReport, asked: Asked, question: ValueQuestion, *, sees_people: bool
) -> Iterator[KeyFigure]:
    """Yield the figures above the report of customers with a contract."""
    interval = report.churn_interval
    note = _("of all who ever paid: %(n)s") % {"n": count(report.customers)}
    there, left = (
        customers_url(asked, now=now) if sees_people else "" for now in ("there", "left")
    )
    yield KeyFigure(_("Customers there"), count(report.active), "", note, there)
    due = _("%(left)s of %(due)s renewals did not come") % {
        "left": count(report.left), "due": count(report.due)
    }  # fmt: skip
    yield KeyFigure(
        _("Churn a month"), rate(report.churn), span(interval.lower, interval.upper), due, left
    )
    yield KeyFigure(
        _("Payments ahead"), count(round(report.periods_ahead, 1)), _("each"),
        with_range(_("on average, discounted"), _tenths_range(report.ahead_interval)), there,
    )  # fmt: skip
    if question.amount:
        worth = worth_words(report.worth, question.currency)
        each = {"amount": worth_words(report.mean_payment, question.currency)}
        lies = range_words(report.worth_interval, question.currency)
        note = with_range(_("%(amount)s a month each") % each, lies)
        yield KeyFigure(_("Worth today"), worth, "", note, there)


def _tenths_range(interval: Interval | None) -> str:
    if interval is None:
        return ""
    low, high = (count(round(end, 1)) for end in (interval.lower, interval.upper))
    return _("%(low)s to %(high)s") % {"low": low, "high": high}


@dataclass(frozen=True, slots=True)
class RenewalRow:
    """A renewal, and whom it was due for and who made it."""

    step: RenewalStep
    due_url: str
    renewed_url: str


def renewal_rows(report: RenewalReport, asked: Asked, *, sees_people: bool) -> list[RenewalRow]:
    """Return the renewals with those behind their figures."""
    return [
        RenewalRow(
            one,
            customers_url(asked, due=str(one.number)) if sees_people else "",
            customers_url(asked, renewed=str(one.number)) if sees_people else "",
        )
        for one in report.steps
    ]


def renewal_sentence(report: RenewalReport) -> str:
    """Return in words who is there, how many leave, and what is to come."""
    told = {
        "there": count(report.active), "all": count(report.customers),
        "churn": rate(report.churn), "ahead": count(round(report.periods_ahead, 1)),
    }  # fmt: skip
    return _(
        "%(there)s of %(all)s customers are there; %(churn)s of renewals do not come, and each of "
        "those who are there is expected to pay %(ahead)s times more, discounted."
    ) % told  # fmt: skip


def renewal_pictures(report: RenewalReport) -> list[tuple[str, SafeString]]:
    """Draw the share still there after each renewal, as seen and as the model has it."""
    courses = [
        Course("is-average", [1.0, *(step.expected for step in report.steps)]),
        Course("is-made", [1.0, *(step.there for step in report.steps)]),
    ]
    labels = [str(number) for number in range(len(report.steps) + 1)]
    return [(size, drawn(retention_picture(courses, labels, rate, width))) for size, width in SIZES]
