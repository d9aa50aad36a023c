"""The builder: a funnel is written and seen at once, on one page whose address says it all."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from suppilo.analytics.events import EventSource
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.funnels.ask import Answer
from suppilo.apps.funnels.draft import edit_draft, write_draft
from suppilo.apps.funnels.events import open_source, property_types
from suppilo.apps.funnels.models import ReportView, SavedFunnel
from suppilo.apps.funnels.selectors import list_dashboards, list_funnels, may_change
from suppilo.apps.funnels.templates import TEMPLATES, fill_template, find_template
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import clamp
from suppilo.web.segment_choice import SegmentChoice, choose_segment, list_marks
from suppilo.web.views.funnels.asked import (
    Asked,
    check_asked,
    encode,
    read_asked,
    saved_draft,
)
from suppilo.web.views.funnels.form import BETWEEN, error_fields, make_form
from suppilo.web.views.funnels.links import Links
from suppilo.web.views.funnels.report import (
    LONG_WAIT_S,
    WAIT_S,
    WITHOUT_SCRIPT_S,
    find_answer,
    report_context,
)

_ROW_FIELD = re.compile(r"[sx]\d+\.[pov]\d+|t[12]")
_MOST_LISTED = 300
EXPORTS = ("csv", "xlsx", "png", "svg", "json")


def now_us() -> int:
    """Return the clock."""
    return time.time_ns() // 1000


@page(Permission.SEE_REPORTS, methods=("GET",))
def new_funnel(request: UserRequest) -> HttpResponse:
    """Build a funnel; ``?template=shop`` begins with a template's steps."""
    source = open_source()
    template = find_template(request.GET.get("template", ""))
    if template is not None:
        draft = fill_template(template, source.event_names())
        return redirect(f"{request.path}?{encode(write_draft(draft))}")
    return _Builder(request, source, None).answer()


@page(Permission.SEE_REPORTS, methods=("GET",))
def funnel(request: UserRequest, pk: int) -> HttpResponse:
    """Show a saved funnel, or what its reader is trying with it."""
    saved = get_object_or_404(list_funnels(request.user), pk=pk)
    return _Builder(request, open_source(), saved).answer()


@dataclass(frozen=True)
class _Builder:
    """One request for the builder."""

    request: UserRequest
    source: EventSource
    saved: SavedFunnel | None

    def answer(self) -> HttpResponse:
        """Return the page, or the parts of it that change."""
        if not self.source.event_names():
            return render(self.request, "funnels/no_events.html", {"saved": self.saved})
        asked, command = self._read()
        plain = not self.request.htmx or self.request.htmx.history_restore_request
        acts = "do" in self.request.GET
        if plain and (acts or any(map(_ROW_FIELD.fullmatch, self.request.GET))):
            return redirect(self._address(asked))
        wait = clamp(self.request.GET.get("wait"), 0, 2, 0)
        asked, found, state = self._find(asked, (WAIT_S, LONG_WAIT_S, WITHOUT_SCRIPT_S)[wait])
        links = Links(asked, self.request.path, allows(self.request.user, Permission.SEE_PEOPLE))
        context = {**self._context(asked, command, links), **state,
                   **report_context(found, links)}  # fmt: skip
        if plain:
            return render(self.request, "funnels/page.html", context)
        return self._part(context, asked, command)

    def _find(self, asked: Asked, wait_s: float) -> tuple[Asked, Answer | None, dict[str, Any]]:
        try:
            return find_answer(self.request.user, self.source, asked, wait_s)
        except Http404:
            if self.saved is None or "segment" in self.request.GET:
                raise
        # Who may change the funnel chooses another segment here.
        text = _("This funnel counts a segment that is not there any more, or not shared with you.")
        wrong = replace(asked.checked, errors={"segment": text})
        return replace(asked, checked=wrong), None, {"state": "errors"}

    def _part(self, context: dict[str, Any], asked: Asked, command: str) -> HttpResponse:
        template = "funnels/whole.html" if command else "funnels/changed.html"
        response = render(self.request, template, context)
        if command:
            response["HX-Retarget"], response["HX-Reswap"] = "#funnel", "outerHTML"
        if "wait" not in self.request.GET:
            response["HX-Push-Url"] = self._address(asked)
        response["Vary"] = "HX-Request"
        return response

    def _read(self) -> tuple[Asked, str]:
        types, command = property_types(self.source), self.request.GET.get("do", "")
        asked = read_asked(self.request.GET, types, now_us(), self.saved)
        if not command and self._changes_dates(asked):
            command = BETWEEN if self.request.GET.get("dates") == BETWEEN else "dates"
        if command:
            asked = check_asked(edit_draft(asked.draft, command), asked.look, now_us())
        return asked, command

    def _changes_dates(self, asked: Asked) -> bool:
        """Return whether the fields for dates have to appear or go."""
        if self.request.GET.get("dates") == BETWEEN:
            written = asked.draft.start or asked.draft.end
            return "from" not in self.request.GET and not written
        return (
            bool(self.request.htmx) and "dates" in self.request.GET and "from" in self.request.GET
        )

    def _segments(self, asked: Asked) -> SegmentChoice:
        chosen = "" if "segment" in asked.checked.errors else asked.draft.segment
        return choose_segment(self.request.user, chosen)

    def _address(self, asked: Asked) -> str:
        """Return the address that says what is asked, as short as it can be."""
        pairs = asked.pairs()
        if self.saved is not None and asked.draft == saved_draft(self.saved):
            pairs = asked.look.pairs()
        query = encode(pairs)
        return f"{self.request.path}?{query}" if query else self.request.path

    def _context(self, asked: Asked, command: str, links: Links) -> dict[str, Any]:
        form, user = make_form(asked, command), self.request.user
        saved, errors = self.saved, dict(asked.checked.errors)
        if asked.draft.is_blank:
            # Who has written nothing yet has made no mistake.
            errors.pop("s1", None)
        changed = saved is None or asked.draft != saved_draft(saved)
        return {
            "saved": saved,
            "asked": asked,
            "form": form,
            "errors": errors,
            "error_fields": error_fields(form),
            "event_names": self.source.event_names()[:_MOST_LISTED],
            "property_names": [*self.source.property_names()[:_MOST_LISTED], *list_marks(user)],
            "segments": self._segments(asked),
            "builder_open": bool(command or errors or saved is None or "edit" in self.request.GET),
            "tabs": [(view, label, links.view(view)) for view, label in ReportView.choices],
            "look": asked.look,
            "query": asked.query(),
            "pairs": asked.pairs(),
            "address": self._address(asked),
            "exports": [(kind, links.export(kind)) for kind in EXPORTS],
            "templates": TEMPLATES,
            "is_changed": changed,
            "may_save": allows(user, Permission.SAVE_REPORTS),
            "may_change": saved is not None and may_change(user, saved),
            "dashboards": _own_dashboards(self.request) if saved is not None else [],
            "path": self.request.path,
            "links": links,
            "breakdown_url": links.view("breakdown"),
        }


def _own_dashboards(request: UserRequest) -> list[Any]:
    if not allows(request.user, Permission.SAVE_REPORTS):
        return []
    return [
        board for board in list_dashboards(request.user)[:50] if may_change(request.user, board)
    ]
