"""What the page shows of cohorts: the heat map, the curve and a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from suppilo.analytics.cohorts import Cohort, CohortCell, CohortReport
from suppilo.charts import words
from suppilo.charts.page import Course, retention_picture
from suppilo.web.reporting import show_day
from suppilo.web.templatetags.funnel_words import count, localise, rate, span
from suppilo.web.templatetags.money import money
from suppilo.web.views.funnels.parts.trend import drawn
from suppilo.web.views.insights.cohorts.asked import MONEY, Asked

LEVELS = 7
MOST_DRAWN = 6
"""Single cohorts in the picture, the newest ones."""
SIZES = (("wide", 1040), ("middle", 620), ("narrow", 330))


@dataclass(frozen=True, slots=True)
class HeatCell:
    """A cell of the map: its figure, how strong its colour is (0..7), and where it leads."""

    text: str
    note: str
    level: int
    is_complete: bool
    url: str


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A cohort: its name, how many it has, and a cell a column; None where there is none yet."""

    name: str
    members: int
    url: str
    is_whole: bool
    cells: tuple[HeatCell | None, ...]


@dataclass(frozen=True, slots=True)
class CohortLinks:
    """The addresses of the people behind figures; none for who may not see them."""

    asked: Asked
    sees_people: bool

    def people(self, start: date | None = None, column: int | None = None) -> str:
        """Return the address of a cohort's people, or of those who came back in a column."""
        if not self.sees_people:
            return ""
        changes = {
            "cohort": "" if start is None else start.isoformat(),
            "column": "" if column is None else column,
        }
        return f"{reverse('cohort_people')}?{self.asked.query(**changes)}"


def amount(value: float) -> str:
    """Return money without its currency: whole from a hundred on."""
    return localise(f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}")


def worth_words(value: float, currency: str) -> str:
    """Return money, in its currency where that is known."""
    if len(currency) != 3 or not currency.isalpha():
        return amount(value)
    return money(round(value) if abs(value) >= 100 else round(value, 2), currency.upper())


def figure_of(cell: CohortCell, show: str) -> float | None:
    """Return a cell's figure."""
    if show == "share":
        return cell.share
    if show == "people":
        return float(cell.returned)
    if cell.money is None:
        return None
    names = {"cumulative": "cumulative_per_member"}
    value: float = getattr(cell.money, names.get(show, show))
    return value


def words_of(show: str) -> Callable[[float], str]:
    """Return what writes a figure out."""
    if show in MONEY:
        return amount
    return rate if show == "share" else count


def without_empty_columns(report: CohortReport) -> CohortReport:
    """Return a report up to the last column whose time has begun for somebody."""
    begun = [
        column + 1
        for one in report.cohorts
        for column, cell in enumerate(one.cells)
        if cell is not None
    ]
    last = max(begun, default=0)
    cohorts = tuple(replace(one, cells=one.cells[:last]) for one in report.cohorts)
    return replace(
        report, columns=report.columns[:last], cohorts=cohorts, average=report.average[:last]
    )


def heat_rows(report: CohortReport, show: str, links: CohortLinks) -> list[HeatRow]:
    """Return the map's rows, the newest cohort last; empty cohorts are left out."""
    most = max(
        (figure_of(cell, show) or 0 for one in report.cohorts for cell in one.cells if cell),
        default=0,
    )
    return [
        _row(report, one, show, most, links) for one in report.cohorts if one.members
    ]  # fmt: skip


def _row(report: CohortReport, one: Cohort, show: str, most: float, links: CohortLinks) -> HeatRow:
    cells = (
        None if cell is None else _cell(cell, show, most, links.people(one.start, column))
        for column, cell in enumerate(one.cells)
    )
    name = show_day(one.start, report.question.every)
    return HeatRow(name, one.members, links.people(one.start), one.is_whole, tuple(cells))


def _cell(cell: CohortCell, show: str, most: float, url: str) -> HeatCell:
    value = figure_of(cell, show)
    level = 0
    if value and most > 0:
        level = max(1, min(LEVELS, 1 + int(LEVELS * value / most)))
    note = _("%(back)s of %(all)s, %(range)s") % {
        "back": count(cell.returned),
        "all": count(cell.members),
        "range": span(cell.lower, cell.upper),
    }
    text = words.MISSING if value is None else words_of(show)(value)
    return HeatCell(text, note, level, cell.is_complete, url)


def average_row(report: CohortReport, show: str, links: CohortLinks) -> list[HeatCell | None]:
    """Return the cells of the average."""
    return [
        None if cell is None else _cell(cell, show, 0, links.people(column=column))
        for column, cell in enumerate(report.average)
    ]


def column_names(report: CohortReport) -> list[str]:
    """Return what columns are called."""
    return [f"{a}" if a == b else f"{a}–{b}" for a, b in report.columns]


def column_heading(report: CohortReport) -> str:
    """Return what the columns count."""
    if report.question.kind == "bracket":
        return _("Days after they joined")
    return {
        "day": _("Days after they joined"),
        "week": _("Weeks after they joined"),
        "month": _("Months after they joined"),
    }[report.question.every]


def pictures(report: CohortReport, show: str) -> list[tuple[str, SafeString]]:
    """Draw the newest cohorts, as far as they are complete, and the average with its range."""
    ready = [one for one in report.cohorts if any(cell and cell.is_complete for cell in one.cells)]
    courses = [
        Course("is-one", [_complete(cell, show) for cell in one.cells])
        for one in ready[-MOST_DRAWN:]
    ]
    bounds = [
        None if cell is None or cell.lower is None or cell.upper is None
        else (cell.lower, cell.upper)
        for cell in report.average
    ]  # fmt: skip
    average = [_complete(cell, show) for cell in report.average]
    courses.append(Course("is-average", average, bounds if show == "share" else ()))
    if not any(value is not None for value in average):
        return []
    labels = column_names(report)
    return [
        (size, drawn(retention_picture(courses, labels, words_of(show), width)))
        for size, width in SIZES
    ]


def _complete(cell: CohortCell | None, show: str) -> float | None:
    return figure_of(cell, show) if cell is not None and cell.is_complete else None


def sentence(report: CohortReport, asked: Asked) -> str:
    """Return in words how many came back."""
    known = [column for column, cell in enumerate(report.average) if cell is not None]
    later = [column for column in known if report.columns[column][0] > 0] or known
    if not later:
        return _("No period is over yet for a whole cohort: there is no average to tell.")
    first, last = report.average[later[0]], report.average[later[-1]]
    assert first is not None
    assert last is not None
    named = {
        "first": rate(first.share), "range": span(first.lower, first.upper),
        "when": _when(report, later[0]), "last": rate(last.share), "then": _when(report, later[-1]),
    }  # fmt: skip
    text = _("%(first)s (%(range)s) of those who joined came back %(when)s")
    if first is not last:
        text = _("%(first)s (%(range)s) of those who joined came back %(when)s, %(last)s %(then)s")
    said = text % named + "."
    if asked.show in MONEY and last.money is not None:
        paid = {"amount": worth_words(last.money.cumulative_per_member, asked.currency)}
        said += " " + _("By then each has paid %(amount)s on average.") % paid
    return said


def _when(report: CohortReport, column: int) -> str:
    first, last = report.columns[column]
    if report.question.kind == "bracket":
        text = _("on day %(n)s") if first == last else _("on days %(n)s")
        return text % {"n": column_names(report)[column]}
    exact = {"day": _("on day %(n)s"), "week": _("in week %(n)s"), "month": _("in month %(n)s")}
    later = {
        "day": _("on day %(n)s or later"),
        "week": _("in week %(n)s or later"),
        "month": _("in month %(n)s or later"),
    }
    texts = later if report.question.kind == "rolling" else exact
    return texts[report.question.every] % {"n": first}
