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
from suppilo.apps.scores.services import NewSheet, check_rules, guess_sheet, save_sheet
from suppilo.web.access import UserRequest, page
from suppilo.web.views.insights.scores.drafting import Draft, read_draft, write_draft
from suppilo.web.views.insights.waiting import WAITS_S, find_answer

_MOST_LISTED, _MOST_VERSIONS = 300, 20
_EMPTY = NewSheet({"rules": [], "hot": 50, "warm": 20, "full_engagement": 100})


@page(Permission.MANAGE_LEADS)
def score_rules(request: UserRequest) -> HttpResponse:
    """Show the rules and what they come to; save others, or look what they would come to."""
    if request.method != "POST":
        draft = write_draft(_shown(request))
        return _render(request, draft, _preview(request, _shown(request)))
    draft = read_draft(request.POST)
    if not draft.is_valid():
        return _render(request, draft, _refused(_("Some fields can't be read; they are marked.")))
    new = draft.to_sheet()
    if request.POST.get("do") != "save":
        return _render(request, draft, _preview(request, new))
    try:
        save_sheet(request.user, new)
    except ValidationError as error:
        return _render(request, draft, _refused(" ".join(error.messages)))
    messages.success(request, _("Saved. Everybody is being scored anew; reload in a moment."))
    return redirect("scores")


@page(Permission.MANAGE_LEADS, methods=("GET",))
def guess_again(request: UserRequest) -> HttpResponse:
    """Show the rules that the data suggests; nothing is saved."""
    guessed = guess_sheet(open_source(), timezone.now())
    if guessed is None:
        messages.info(request, _("No event is there yet whose worth could be guessed."))
        return redirect("score_rules")
    draft = write_draft(guessed)
    return _render(request, draft, _preview(request, guessed))


def _shown(request: UserRequest) -> NewSheet:
    """Return the sheet that an address names: an earlier one, or that of now."""
    version = request.GET.get("version", "")
    known = version.isascii() and version.isdecimal() and len(version) < 19
    sheet = ScoreSheet.objects.filter(pk=version).first() if known else None
    sheet = sheet or current_sheet()
    if sheet is None:
        return _EMPTY
    return NewSheet(sheet.rules, sheet.goal, sheet.horizon_days, sheet.again)


def _preview(request: UserRequest, new: NewSheet) -> dict[str, Any]:
    """Return what a sheet would come to, or what is wrong with it."""
    if not new.rules["rules"]:
        return {"state": "empty"}
    try:
        rules = check_rules(new.rules)
    except ValidationError as error:
        return _refused(" ".join(error.messages))
    found, state = find_answer(
        partial(start_preview, request.user, rules, timezone.now()), WAITS_S[1]
    )
    return {"preview": found, **state}


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
