"""What is asked for: discounts beyond a limit, leave to enter a stage."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.deals.models import Approval
from suppilo.apps.deals.services import answer_approval
from suppilo.apps.discounts.approvals import describe_approvals, list_approvals
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import number_page


@page(Permission.SEE_DEALS, methods=("GET",))
def show_approvals(request: UserRequest) -> HttpResponse:
    """List what is asked for, or what was answered."""
    is_open = request.GET.get("view") != "answered"
    found = number_page(list_approvals(request.user, is_open=is_open), request.GET.get("page"))
    context = {
        "is_open": is_open,
        "page": found,
        "rows": describe_approvals(request.user, found.items),
    }
    return render(request, "approvals/list.html", context)


@page(Permission.SEE_DEALS, methods=("POST",))
def answer(request: UserRequest, approval_id: int) -> HttpResponse:
    """Approve or refuse, with a reason."""
    is_approved = request.POST.get("answer") == "approve"
    reason = request.POST.get("reason", "")
    try:
        answered = answer_approval(request.user, approval_id, is_approved, reason)
    except Approval.DoesNotExist as error:
        raise Http404 from error
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        said = _("Approved: %s.") if is_approved else _("Refused: %s.")
        messages.success(request, said % answered.deal.name)
    return redirect("approvals")
