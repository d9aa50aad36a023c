"""The sales book by stage, one entry with all it ever said, and materials."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.pipelines.models import Pipeline
from suppilo.apps.salesbook.rates import NEVER_USED, read_baseline, read_uses
from suppilo.apps.salesbook.selectors import list_entries, list_pipelines, read_book
from suppilo.apps.salesbook.services import open_file
from suppilo.apps.salesbook.starters import STARTERS
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import clamp

_LARGEST_VERSION = 1_000_000


@page(Permission.SEE_DEALS, methods=("GET",))
def sales_book(request: UserRequest) -> HttpResponse:
    """Show a pipeline's sales book, stage by stage."""
    pipelines = list(list_pipelines(request.user))
    chosen = _chosen(pipelines, request.GET.get("p", ""))
    with_archived = "archived" in request.GET
    chapters = read_book(request.user, chosen, with_archived=with_archived) if chosen else []
    context = {
        "pipelines": pipelines,
        "pipeline": chosen,
        "chapters": chapters,
        "is_empty": not any(chapter.lines for chapter in chapters),
        "has_starters": chosen is not None and chosen.template in STARTERS,
        "baseline": read_baseline(chosen.pk) if chosen else None,
        "with_archived": with_archived,
        "may_manage": allows(request.user, Permission.MANAGE_SALES_BOOK),
    }
    return render(request, "salesbook/book.html", context)


def _chosen(pipelines: list[Pipeline], text: str) -> Pipeline | None:
    first = pipelines[0] if pipelines else None
    return next((one for one in pipelines if str(one.pk) == text), first)


@page(Permission.SEE_DEALS, methods=("GET",))
def entry(request: UserRequest, entry_id: int) -> HttpResponse:
    """Show an entry as it is now, or an older version of it."""
    found = get_object_or_404(list_entries(request.user), pk=entry_id)
    versions = list(found.versions.select_related("created_by"))
    newest = versions[0].number
    number = clamp(request.GET.get("v"), 1, _LARGEST_VERSION, newest)
    shown = next((one for one in versions if one.number == number), None)
    if shown is None:
        raise Http404
    context = {
        "entry": found,
        "shown": shown,
        "versions": versions,
        "is_old": number != newest,
        "use": read_uses([found]).get(found.pk, NEVER_USED),
        "baseline": read_baseline(found.pipeline_id),
        "may_manage": allows(request.user, Permission.MANAGE_SALES_BOOK),
    }
    return render(request, "salesbook/entry.html", context)


@page(Permission.SEE_DEALS, methods=("GET",))
def material(request: UserRequest, entry_id: int, number: int) -> HttpResponseBase:
    """Give a version's file out, as an attachment of no particular kind."""
    found = get_object_or_404(list_entries(request.user), pk=entry_id)
    version = get_object_or_404(found.versions.all(), number=number)
    path = open_file(version)
    if path is None:
        raise Http404
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=version.file_name,
        content_type="application/octet-stream",
    )
