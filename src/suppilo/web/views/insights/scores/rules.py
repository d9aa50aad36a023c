"""The score sheet: its rules, what they would say of everybody, and the versions before."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.funnels.events import open_source
from suppilo.apps.scores.models import ScoreSheet
from suppilo.apps.scores.people import property_names
from suppilo.apps.scores.preview import start_preview
from suppilo.apps.scores.selectors import current_sheet, last_round
from suppilo.apps.scores.services import NewSheet, read_rules, save_sheet
from suppilo.apps.scores.suggesting import start_guess
from suppilo.web.access import UserRequest, page
from suppilo.web.views.insights.scores.drafting import Draft, read_draft, write_draft
from suppilo.web.views.insights.waiting import WAITS_S, asked_wait, find_answer

_MOST_LISTED, _MOST_VERSIONS = 300, 20
_EMPTY = NewSheet({"rules": [], "hot": 50, "warm": 20, "full_engagement": 100})


@page(Permission.MANAGE_LEADS)
def score_rules(request: UserRequest) -> HttpResponse:
    """Show the rules and what they come to; save others, or look what they would come to."""
    if request.method != "POST":
        sheet = _shown(request)
        return _render(request, write_draft(sheet), _preview(request, sheet, WAITS_S[0]))
    draft = read_draft(request.POST)
    if not draft.is_valid():
        return _render(request, draft, _refused(_("Some fields can't be read; they are marked.")))
    new = draft.to_sheet()
    if request.POST.get("do") != "save":
        return _render(request, draft, _preview(request, new, asked_wait(request.POST)))
    try:
        save_sheet(request.user, new)
    except ValidationError as error:
        return _render(request, draft, _refused(" ".join(error.messages)))
    messages.success(request, _("Saved. Everybody is being scored anew; reload in a moment."))
    return redirect("scores")


@page(Permission.MANAGE_LEADS, methods=("GET",))
def guess_again(request: UserRequest) -> HttpResponse:
    """Show the rules that the data suggests, once they are found; nothing is saved."""
    start = partial(start_guess, request.user, timezone.now())
    guessed, state = find_answer(start, asked_wait(request.GET))
    if guessed is None:
        return render(request, "insights/scores/guessing.html", state)
    return _render(request, write_draft(guessed), _preview(request, guessed, WAITS_S[0]))


def _shown(request: UserRequest) -> NewSheet:
    """Return the sheet that an address names: an earlier one, or that of now."""
    version = request.GET.get("version", "")
    known = version.isascii() and version.isdecimal() and len(version) < 19
    sheet = ScoreSheet.objects.filter(pk=version).first() if known else None
    sheet = sheet or current_sheet()
    if sheet is None:
        return _EMPTY
    return NewSheet(sheet.rules, sheet.goal, sheet.horizon_days, sheet.again)


def _preview(request: UserRequest, new: NewSheet, wait_s: float) -> dict[str, Any]:
    """Return what a sheet would come to, or what is wrong with it."""
    if not new.rules["rules"]:
        return {"state": "empty"}
    try:
        rules = read_rules(new.rules)
    except ValidationError as error:
        return _refused(" ".join(error.messages))
    start = partial(start_preview, request.user, rules, timezone.now())
    found, state = find_answer(start, wait_s)
    return {"preview": found, **state, "is_refused": state.get("fault") == "question"}


def _refused(failure: str) -> dict[str, Any]:
    return {"state": "failed", "failure": failure, "is_refused": True}


def _render(request: UserRequest, draft: Draft, shown: dict[str, Any]) -> HttpResponse:
    source: Any = open_source()
    versions = ScoreSheet.objects.select_related("made_by")[:_MOST_VERSIONS]
    context = {
        "draft": draft, "now": last_round(), "versions": versions,
        "event_names": list(source.event_names())[:_MOST_LISTED],
        "property_names": property_names()[:_MOST_LISTED], **shown,
    }  # fmt: skip
    is_refused = shown.get("is_refused") and request.POST.get("do") == "save"
    template = "insights/scores/rules.html"
    return render(request, template, context, status=422 if is_refused else 200)
