"""The report as a file: CSV or a workbook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from suppilo.analytics.stages import SHARES
from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.pipeline_reports.ask import PipelineAnswer, ask_pipeline
from suppilo.apps.pipeline_reports.given import report_given
from suppilo.apps.pipeline_reports.groups import set_side_by_side
from suppilo.charts.sheets import FILE_TYPES, make_file
from suppilo.web.access import UserRequest, page
from suppilo.web.reporting import here, moment_text
from suppilo.web.views.pipeline_reports.asked import describe_question, read_asked
from suppilo.web.views.pipeline_reports.beside import group_rows
from suppilo.web.views.pipeline_reports.figures import Sum, reason_rows, stage_rows, velocity_rows
from suppilo.web.views.pipeline_reports.links import Links

_DAY_S = 86_400


@page(Permission.EXPORT_DEALS, methods=("GET",))
def export_report(request: UserRequest, kind: str) -> HttpResponse:
    """Return the figures of a question as a file; rates are 0..1, times in days.

    Money is a number, with its currency in the column beside it.
    """
    if kind not in FILE_TYPES:
        raise Http404
    asked = read_asked(request.GET, request.user)
    if asked.question is None or asked.pipeline is None:
        return redirect("pipeline_report")
    answer, links = ask_pipeline(request.user, asked.question), Links(asked)
    record_audit(request.user, "export_pipeline_report", asked.pipeline, kind=kind)
    beside = set_side_by_side(answer, asked.by, here(), asked.segments.listed)
    sheets = [
        ("Stages", [_STAGE_COLUMNS, *_stage_cells(answer, links)]),
        ("Outcomes", list(_outcome_cells(answer))),
        ("Velocity", list(_velocity_cells(answer))),
        ("Lost reasons", list(_reason_cells(answer, links))),
        ("Discounts", list(_discount_cells(answer))),
        (
            "Side by side",
            [_GROUP_COLUMNS, *(cells for row in group_rows(answer, beside, links)
                               for cells in _group_cells(row))],
        ),
        ("Definition", [["definition"], *([text] for text in describe_question(asked)),
                        ["as of " + moment_text(answer.report.as_of_us)]]),
    ]  # fmt: skip
    response = HttpResponse(make_file(kind, sheets), content_type=FILE_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="pipeline.{kind}"'
    return response


_STAGE_COLUMNS = [
    "stage", "group", "entered", "advanced", "lost", "of them disqualified", "moved back",
    "handed over", "still there", "advance rate", "lower", "upper", "left", "median days",
    "median lower", "median upper", *(f"{share:.0%} within days" for share in SHARES),
]  # fmt: skip
_GROUP_COLUMNS = [
    "group", "created", "won", "lost", "disqualified", "open", "handed over", "win rate", "lower",
    "upper", "won of created", "median cycle days", "cycle lower", "cycle upper", "won value",
    "currency",
]  # fmt: skip


def _days(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds / _DAY_S, 3)


def _stage_cells(answer: PipelineAnswer, links: Links) -> Iterator[list[Any]]:
    for row in stage_rows(answer, links):
        one, median = row.balance, row.median
        bounds = (row.rate.lower, row.rate.upper) if row.rate else (None, None)
        yield [
            row.place.name, row.place.group, one.entered, one.advanced, one.lost,
            one.disqualified, one.moved_back, one.handed_over, one.still_there,
            one.advance_rate, *bounds, row.time.left, _days(median.time), _days(median.lower),
            _days(median.upper), *(_days(quantile.time) for quantile in row.time.quantiles),
        ]  # fmt: skip


def _outcome_cells(answer: PipelineAnswer) -> Iterator[list[Any]]:
    rate = answer.report.win_rate
    yield ["figure", "value", "lower", "upper"]
    for name in ("created", "won", "lost", "disqualified", "open", "handed_over"):
        yield [name.replace("_", " "), getattr(rate, name)]
    for name, value, found in (
        ("won / (won + lost)", rate.of_decided, rate.of_decided_interval),
        ("won / created", rate.of_created, rate.of_created_interval),
    ):
        yield [name, value, found and found.lower, found and found.upper]


def _velocity_cells(answer: PipelineAnswer) -> Iterator[list[Any]]:
    yield ["currency", "open", "win rate", "average value", "mean days to win", "a day", "a month"]
    for row in velocity_rows(answer):
        one = row.velocity
        yield [row.currency, one.open, one.win_rate, row.average, _days(one.cycle_s), row.per_day,
               row.per_month]  # fmt: skip


def _reason_cells(answer: PipelineAnswer, links: Links) -> Iterator[list[Any]]:
    yield ["reason", "deals", "of them disqualified", "share", "value", "currency"]
    for row in reason_rows(answer, links):
        yield from _with_sums([row.name, row.deals, row.disqualified, row.share], row.sums)


def _discount_cells(answer: PipelineAnswer) -> Iterator[list[Any]]:
    sides = ("won", "open")
    figures = ("deals", "at list price", "given off", "highest")
    yield ["owner", "currency", *(f"{side} {name}" for side in sides for name in figures)]
    for row in report_given(answer):
        cells = [[one.deals, one.listed, one.given, one.highest] if one else [None] * 4
                 for one in (row.won, row.open)]  # fmt: skip
        yield [row.name, row.currency, *cells[0], *cells[1]]


def _group_cells(row: Any) -> Iterator[list[Any]]:
    rate, cycle = row.figures.win_rate, row.figures.cycle
    found = rate.of_decided_interval
    figures = [
        row.name, rate.created, rate.won, rate.lost, rate.disqualified, rate.open,
        rate.handed_over, rate.of_decided, found and found.lower, found and found.upper,
        rate.of_created, _days(cycle.time), _days(cycle.lower), _days(cycle.upper),
    ]  # fmt: skip
    yield from _with_sums(figures, row.sums)


def _with_sums(figures: list[Any], sums: Sequence[Sum]) -> Iterator[list[Any]]:
    """Yield figures with their first amount and its currency, then each other amount by name.

    A row of a second currency repeats the name alone, so that every column can be added up.
    """
    first, *others = sums or (None,)
    yield [*figures, *_money_cells(first)]
    for one in others:
        yield [figures[0], *[None] * (len(figures) - 1), *_money_cells(one)]


def _money_cells(one: Sum | None) -> list[Any]:
    return [None, ""] if one is None else [one.amount, one.currency]
