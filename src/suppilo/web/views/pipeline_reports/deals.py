"""The deals behind a figure: a list by pages, and the whole of it as a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.analytics.events import Int64
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.selectors import visible_deals
from suppilo.apps.people.values import as_datetime
from suppilo.apps.pipeline_reports.ask import Cell, PipelineAnswer, ask_pipeline, deals_behind
from suppilo.apps.pipeline_reports.entries import deals_entering
from suppilo.apps.pipeline_reports.full_funnel import paid_deals
from suppilo.apps.pipeline_reports.given import find_lowered
from suppilo.apps.pipeline_reports.passages import read_passages
from suppilo.apps.pipelines.models import Pipeline, Stage
from suppilo.charts.sheets import FILE_TYPES, make_file
from suppilo.web.access import UserRequest, page
from suppilo.web.figure_lists import FigureList, list_deals
from suppilo.web.paging import PAGE_SIZE, Page, clamp
from suppilo.web.reporting import Period, read_moment
from suppilo.web.views.pipeline_reports.asked import Asked, read_asked
from suppilo.web.views.pipeline_reports.links import Links

LAST_PAGE = 10_000
LONGEST_WITHIN = 90
_AT_ONCE = 2_000


@page(Permission.SEE_DEALS, methods=("GET",))
def report_deals(request: UserRequest) -> HttpResponse:
    """List the deals behind a figure."""
    asked, answer, cell, ids = _find(request)
    number = clamp(request.GET.get("page"), 1, LAST_PAGE, 1)
    start = (number - 1) * PAGE_SIZE
    some = ids[start : start + PAGE_SIZE]
    text = f"{start + 1:n}–{start + len(some):n}" if len(some) else ""
    listed = Page(
        list(_deals(request, some)),
        str(number - 1) if number > 1 else "",
        str(number + 1) if start + PAGE_SIZE < len(ids) else "",
        text,
    )
    context: dict[str, Any] = {
        "page": listed,
        "total": len(ids),
        "title": _title(request, asked, answer, cell),
        "period": asked.period.words(),
        "asked": asked,
        "back": Links(asked).report(),
        "query": request.GET.urlencode(),
        "may_export": allows(request.user, Permission.EXPORT_DEALS),
    }
    return render(request, "pipeline_reports/deals.html", context)


@page(Permission.EXPORT_DEALS, methods=("GET",))
def export_report_deals(request: UserRequest, kind: str) -> HttpResponse:
    """Return the deals behind a figure as a file."""
    if kind not in FILE_TYPES:
        raise Http404
    asked, answer, cell, ids = _find(request)
    title = _title(request, asked, answer, cell)
    record_audit(request.user, "export_deals", kind=kind, chosen=len(ids), figure=title)
    headings = ["deal", "name", "company", "owner", "stage", "state", "amount", "currency",
                "channel", "opened_at", "closed_at"]  # fmt: skip
    rows = [headings, *(_row(deal) for deal in _deals(request, ids))]
    response = HttpResponse(make_file(kind, [("Deals", rows)]), content_type=FILE_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="deals.{kind}"'
    return response


def deals_of_report(request: UserRequest) -> FigureList:
    """Return the deals behind a figure."""
    asked, answer, cell, ids = _find(request)
    return FigureList(
        _title(request, asked, answer, cell), len(ids),
        lambda start, end: list_deals(_deals(request, ids[start:end])),
    )  # fmt: skip


def _find(request: UserRequest) -> tuple[Asked, PipelineAnswer, Cell, Int64]:
    asked = read_asked(request.GET, request.user)
    if asked.question is None:
        raise Http404
    answer, cell = ask_pipeline(request.user, asked.question), _read_cell(request)
    try:
        ids = deals_behind(answer, cell)
    except KeyError as error:
        raise Http404 from error
    if "paid" in request.GET:
        paid = paid_deals(answer)
        ids = ids[np.isin(ids, answer.world.ids[paid])] if paid is not None else ids[:0]
    if currency := request.GET.get("lowered", "")[:3]:
        ids = find_lowered(ids, currency)
    entries = _read_entries(request, asked)
    if entries is not None:
        ids = ids[np.isin(ids, _entering(answer.question.pipeline, entries))]
    return asked, answer, cell, ids


@dataclass(frozen=True, slots=True)
class _Entries:
    """Entries of a stage in ``[start_us, end_us)``; with ``within_days`` those that went on."""

    key: str
    start_us: int
    end_us: int
    within_days: int


def _entering(pipeline: Pipeline, entries: _Entries) -> Int64:
    """Return the ids of the deals that entered, or entered and went on in time."""
    if not entries.within_days:
        return deals_entering(pipeline, entries.key, entries.start_us, entries.end_us)
    passages = read_passages(pipeline, entries.key, since=as_datetime(entries.start_us))
    return passages.between(entries.start_us, entries.end_us).deals_on(entries.within_days)


def _read_entries(request: UserRequest, asked: Asked) -> _Entries | None:
    """Return the entries of a stage that an address asks for; None where it asks for none."""
    key = request.GET.get("entered", "")
    if not key:
        return None
    errors: dict[str, str] = {}
    texts = [request.GET.get(f"entered_{side}", "")[:100] for side in ("from", "until")]
    start, end = (read_moment(text, "entered", errors) for text in texts)
    known = Stage.objects.filter(version__pipeline=asked.pipeline, key=key).exists()
    if start is None or end is None or not known:
        raise Http404
    within = clamp(request.GET.get("advanced_within"), 0, LONGEST_WITHIN, 0)
    return _Entries(key, start, end, within)


def _title(request: UserRequest, asked: Asked, answer: PipelineAnswer, cell: Cell) -> str:
    entries = _read_entries(request, asked)
    if entries is None:
        said = describe_cell(answer, cell)
        return _("%s, with a discount") % said if request.GET.get("lowered") else said
    stages = Stage.objects.filter(version__pipeline=asked.pipeline, key=entries.key)
    name = stages.order_by("-version").values_list("name", flat=True).first()
    dates = Period("between", entries.start_us, entries.end_us).words()
    if not entries.within_days:
        return _("entered %(stage)s in this time: %(dates)s") % {"stage": name, "dates": dates}
    return ngettext(
        "entered %(stage)s in this time and went on within %(n)d day: %(dates)s",
        "entered %(stage)s in this time and went on within %(n)d days: %(dates)s",
        entries.within_days,
    ) % {"stage": name, "dates": dates, "n": entries.within_days}  # fmt: skip


def _read_cell(request: UserRequest) -> Cell:
    reason = request.GET.get("reason", "")
    return Cell(
        request.GET.get("stage", ""),
        request.GET.get("fate", ""),
        request.GET.get("outcome", ""),
        clamp(reason, -1, 10_000, -1) if reason else None,
        request.GET.get("currency", ""),
    )


def _deals(request: UserRequest, ids: Int64) -> Iterator[Deal]:
    """Yield deals in the order of the ids; what the reader doesn't see is not there."""
    for part in np.split(ids, range(_AT_ONCE, len(ids), _AT_ONCE)):
        rows = visible_deals(request.user).filter(pk__in=part.tolist())
        yield from rows.select_related("stage", "owner", "company").order_by("-pk")


def _row(deal: Deal) -> list[Any]:
    return [
        deal.number, deal.name, deal.company.name if deal.company else "",
        str(deal.owner or ""), deal.stage.name, deal.state, deal.amount, deal.currency,
        deal.channel, deal.opened_at.isoformat(),
        deal.closed_at.isoformat() if deal.closed_at else "",
    ]  # fmt: skip


def describe_cell(answer: PipelineAnswer, cell: Cell) -> str:
    """Return in words which deals a figure counts."""
    parts = []
    if cell.stage:
        names = {place.key: place.name for place in answer.world.stages.places}
        parts.append(_stage_words(cell.fate) % {"stage": names[cell.stage]})
    if cell.outcome:
        parts.append(_outcome_words(cell.outcome))
    if cell.reason is not None:
        known = 0 <= cell.reason < len(answer.world.reasons)
        name = answer.world.reasons[cell.reason] if known else _("(not said)")
        parts.append(_("lost: %(reason)s") % {"reason": name})
    if cell.currency:
        parts.append(_("in %(currency)s") % {"currency": cell.currency})
    return ", ".join(parts) or _("all deals")


def _stage_words(fate: str) -> str:
    return {
        "visited": _("were at %(stage)s themselves"),
        "left": _("left %(stage)s"),
        "not_advanced": _("did not go on from %(stage)s"),
        "advanced": _("went on from %(stage)s"),
        "lost": _("lost at %(stage)s"),
        "disqualified": _("disqualified at %(stage)s"),
        "moved_back": _("moved back from %(stage)s"),
        "handed_over": _("handed over from %(stage)s"),
        "still_there": _("still at %(stage)s"),
    }.get(fate, _("entered %(stage)s"))


def _outcome_words(outcome: str) -> str:
    return {
        "decided": _("won or lost"),
        "ended": _("ended"),
        "won": _("won"),
        "lost": _("lost"),
        "open": _("open"),
        "disqualified": _("disqualified"),
        "handed_over": _("handed over"),
    }.get(outcome, outcome)
