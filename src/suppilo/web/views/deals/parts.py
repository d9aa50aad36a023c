"""What belongs to a deal: its people, checklist, documents and approvals, changed from its page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.deals import services
from suppilo.apps.deals.errors import DealError
from suppilo.apps.deals.models import MoveSource
from suppilo.apps.deals.services import NewParticipant
from suppilo.web.access import UserRequest, page
from suppilo.web.views.deals.finding import find_deal
from suppilo.web.views.deals.moving import answer_board, is_from_board

PAGE = MoveSource.PAGE


@page(Permission.EDIT_DEALS, methods=("POST",))
def add_participant(request: UserRequest, deal_id: int) -> HttpResponse:
    """Add somebody to a deal."""
    given = request.POST
    new = NewParticipant(
        identifier=given.get("identifier", ""),
        name=given.get("name", ""),
        role=given.get("role", "contact"),
    )
    return _do(
        request, deal_id, "participants",
        lambda: services.add_participant(request.user, deal_id, new, source=PAGE),
    )  # fmt: skip


@page(Permission.EDIT_DEALS, methods=("POST",))
def change_participant(request: UserRequest, deal_id: int, participant_id: int) -> HttpResponse:
    """Change what somebody is in a deal, or take them out of it."""
    given = request.POST
    if "remove" in given:
        return _do(
            request, deal_id, "participants",
            lambda: services.remove_participant(
                request.user, deal_id, participant_id, source=PAGE
            ),
        )  # fmt: skip
    influence = given.get("influence", "")
    return _do(
        request, deal_id, "participants",
        lambda: services.change_participant(
            request.user, deal_id, participant_id, source=PAGE, role=given.get("role"),
            influence=int(influence) if influence in "012345" and influence else None,
            is_main=True if "is_main" in given else None,
        ),
    )  # fmt: skip


@page(Permission.EDIT_DEALS, methods=("POST",))
def tick(request: UserRequest, deal_id: int, stage_key: str, key: str) -> HttpResponse:
    """Tick something on a deal's checklist, or take the tick away."""
    is_ticked = request.POST.get("is_ticked") == "1"
    return _do(
        request, deal_id, "checklist",
        lambda: services.tick(
            request.user, deal_id, stage_key, key, is_ticked, source=PAGE
        ),
    )  # fmt: skip


@page(Permission.EDIT_DEALS, methods=("POST",))
def add_document(request: UserRequest, deal_id: int) -> HttpResponse:
    """Attach a file or a link to a deal."""
    given, file = request.POST, request.FILES.get("file")
    name = given.get("name", "") or (file.name if file is not None else given.get("url", ""))
    return _do(
        request, deal_id, "documents",
        lambda: services.add_document(
            request.user, deal_id, given.get("kind", ""), name or "",
            file=None if file is None else file.file, url=given.get("url", ""), source=PAGE,
        ),
    )  # fmt: skip


@page(Permission.EDIT_DEALS, methods=("POST",))
def remove_document(request: UserRequest, deal_id: int, document_id: int) -> HttpResponse:
    """Take a document away."""
    return _do(
        request, deal_id, "documents",
        lambda: services.remove_document(request.user, document_id, source=PAGE),
    )  # fmt: skip


@page(Permission.SEE_DEALS, methods=("GET",))
def show_document(request: UserRequest, deal_id: int, document_id: int) -> HttpResponseBase:
    """Return a deal's file, to be kept and never shown in this server's name."""
    find_deal(request.user, deal_id)
    try:
        found = services.open_document(request.user, document_id)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    if found.path is None or not found.path.is_file():
        raise Http404
    return FileResponse(
        found.path.open("rb"), as_attachment=True, filename=found.document.name,
        content_type="application/octet-stream",
    )  # fmt: skip


@page(Permission.EDIT_DEALS, methods=("POST",))
def dismiss_suggestion(request: UserRequest, deal_id: int) -> HttpResponse:
    """Set a suggested move aside; on its card, or beside the board, which is shown anew."""
    given = request.POST
    if is_from_board(request):
        return _dismiss_on_board(request, deal_id)
    answer = _do(
        request, deal_id, "gates",
        lambda: services.dismiss_suggestion(
            request.user, deal_id, given.get("stage", ""), source=PAGE,
            reason=given.get("reason", ""),
        ),
    )  # fmt: skip
    return HttpResponseClientRefresh() if request.htmx else answer


def _dismiss_on_board(request: UserRequest, deal_id: int) -> HttpResponse:
    deal = find_deal(request.user, deal_id)
    try:
        services.dismiss_suggestion(
            request.user, deal_id, request.POST.get("stage", ""), source=PAGE
        )
    except DealError as error:
        return answer_board(request, deal, {"alert": error.message})
    return answer_board(request, deal, {"said": _("The suggestion is set aside.")})


@page(Permission.EDIT_DEALS, methods=("POST",))
def ask_approval(request: UserRequest, deal_id: int) -> HttpResponse:
    """Ask for leave: to give a discount, or to enter a stage."""
    given = request.POST
    return _do(
        request, deal_id, "approvals",
        lambda: services.ask_approval(
            request.user, deal_id, given.get("kind", ""), given.get("key", ""),
            reason=given.get("reason", ""),
        ),
    )  # fmt: skip


@page(Permission.SEE_DEALS, methods=("POST",))
def answer_approval(request: UserRequest, deal_id: int, approval_id: int) -> HttpResponse:
    """Approve what was asked for, or refuse it."""
    given = request.POST
    find_deal(request.user, deal_id)
    return _do(
        request, deal_id, "approvals",
        lambda: services.answer_approval(
            request.user, approval_id, is_approved=given.get("answer") == "approve",
            reason=given.get("reason", ""),
        ),
    )  # fmt: skip


def _do(request: UserRequest, deal_id: int, anchor: str, deed: Callable[[], Any]) -> HttpResponse:
    """Do something to a deal, and go back to its page, where it is said why if it was refused."""
    deal = find_deal(request.user, deal_id)
    try:
        deed()
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except DealError as error:
        messages.error(request, error.message)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    return redirect(f"{deal.get_absolute_url()}#{anchor}")
