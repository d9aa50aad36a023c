"""How well the model foretold the second half of the time, and what to use where it did not."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from suppilo.analytics.value.report import HoldOut, ValueReport
from suppilo.charts.page import Course, retention_picture
from suppilo.web.templatetags.funnel_words import count, rate
from suppilo.web.views.funnels.parts.trend import drawn
from suppilo.web.views.insights.value.asked import Asked
from suppilo.web.views.insights.value.shown import SIZES, customers_url

_TOO_FEW = 0.7
_OTHER_UNIT = {"day": "week", "week": "month", "month": "week", "year": "month"}


def check_names(held: HoldOut) -> list[str]:
    """Return what the groups of a hold-out check are called."""
    groups = [str(group) for group, _n, _expected, _made in held.by_frequency]
    return [*groups[:-1], f"{groups[-1]}+"]


@dataclass(frozen=True, slots=True)
class CheckRow:
    """Customers who had come again as often, what was expected of each, and who they are."""

    name: str
    customers: int
    expected: float
    made: float
    url: str


def check_rows(held: HoldOut, asked: Asked, *, sees_people: bool) -> list[CheckRow]:
    """Return the groups with their figures."""
    return [
        CheckRow(
            name, customers, expected, made,
            customers_url(asked, again=str(group)) if sees_people else "",
        )
        for name, (group, customers, expected, made) in zip(
            check_names(held), held.by_frequency, strict=True
        )
    ]  # fmt: skip


def check_pictures(held: HoldOut) -> list[tuple[str, SafeString]]:
    """Draw what was expected of the second half of the time beside what was made."""
    courses = [
        Course("is-made", [made for _g, _n, _expected, made in held.by_frequency]),
        Course("is-average", [expected for _g, _n, expected, _made in held.by_frequency]),
    ]
    return [
        (size, drawn(retention_picture(courses, check_names(held), count, width)))
        for size, width in SIZES
    ]


def check_sentence(held: HoldOut) -> str:
    """Return in words how far off the model would have been, and what that means."""
    said = _off_words(held)
    if held.is_far_off:
        said += " " + _("That is far off: don't rely on sums, only on who stands before whom.")
    return said


def _off_words(held: HoldOut) -> str:
    off = held.off
    if off is None:
        return _("Nothing was bought in the second half of the time.")
    named = {
        "expected": count(round(held.expected)), "made": count(round(held.made)),
        "off": rate(abs(off)),
    }  # fmt: skip
    text = _(
        "Fitted to the first half of the time, the model expects %(expected)s purchases of the "
        "second; %(made)s were made: %(off)s too few expected."
    )
    if off >= 0:
        text = _(
            "Fitted to the first half of the time, the model expects %(expected)s purchases of the "
            "second; %(made)s were made: %(off)s too many expected."
        )
    return str(text % named)


def warning(report: ValueReport) -> str:
    """Return why the sums are not to be relied on, and what to use; empty where they are."""
    held = report.hold_out
    if held is None or not held.is_far_off:
        return ""
    return " ".join([_("Don't rely on these sums."), _off_words(held), _reason(report, held)])


def _reason(report: ValueReport, held: HoldOut) -> str:
    _group, _customers, expected, made = held.by_frequency[0]
    if report.occasions is None and made < _TOO_FEW * expected:
        return _(
            "This model has nobody leave before a second purchase, and here many did. The model "
            "of regular occasions lets them; or go by what earlier customers brought:"
        )
    return _("Customers don't buy as this model has it. See whether another one comes closer:")


def instead(report: ValueReport, asked: Asked) -> list[tuple[str, str]]:
    """Return what to use where the model is far off: names and addresses."""
    names = {"week": _("occasions each week"), "month": _("occasions each month")}
    every = ("week", "month") if report.occasions is None else (_OTHER_UNIT[report.occasions],)
    models = [(names[unit], f"?{asked.query(model=unit)}") for unit in every]
    fields, money = asked.fields, "cumulative" if asked.fields["amount"] else "share"
    cohorts = {"start": fields["purchase"], "back": fields["purchase"],
               "amount": fields["amount"], "show": money}  # fmt: skip
    return [*models, (_("cohorts of customers"), f"{reverse('cohorts')}?{urlencode(cohorts)}")]
