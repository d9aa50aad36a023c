"""All segments with how large they are and how that changed."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F, OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.segments.models import SegmentUnit, Size
from suppilo.apps.segments.selectors import list_segments
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import Page, number_page
from suppilo.web.segment_choice import seen_list_url
from suppilo.web.segment_words import read_names, rule_lines

BACK = timedelta(days=30)


@page(Permission.SEE_REPORTS, methods=("GET",))
def segments(request: UserRequest) -> HttpResponse:
    """List the segments that the user may see, by name."""
    search, unit = request.GET.get("q", "")[:200], request.GET.get("unit", "")
    unit = unit if unit in SegmentUnit.values else ""
    day = timezone.localdate() - BACK
    before = Size.objects.filter(segment=OuterRef("pk"), day__lte=day).order_by("-day")
    found = list_segments(request.user, unit or None, search).annotate(
        before=Subquery(before.values("size")[:1])
    )
    shown = number_page(found.annotate(change=F("size") - F("before")), request.GET.get("page"))
    rules = [one.read_rules() for one in shown.items]
    names = read_names(rules)
    lines = [rule_lines(one, names) for one in rules]
    urls = [seen_list_url(request.user, one) for one in shown.items]
    rows = list(zip(shown.items, lines, urls, strict=True))
    context = {
        "page": Page(rows, shown.previous, shown.next, shown.text),
        "search": search,
        "unit": unit,
        "units": SegmentUnit.choices,
        "may_save": allows(request.user, Permission.SAVE_REPORTS),
    }
    return render(request, "segments/list.html", context)
