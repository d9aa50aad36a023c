"""What people say of deals and months, and forecasts that they keep."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import partial

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.deals.models import Deal
from suppilo.apps.forecasts.ask import start_forecast
from suppilo.apps.forecasts.services import call_deal, call_figure, keep_forecast
from suppilo.web.access import UserRequest, page, safe_next
from suppilo.web.views.insights.forecast.asked import read_asked, read_month
from suppilo.web.views.insights.waiting import WAITS_S, find_answer


@page(Permission.EDIT_DEALS, methods=("POST",))
def call_one(request: UserRequest, deal_id: int) -> HttpResponse:
    """Put a deal into a category, or take that back."""
    try:
        call = call_deal(
            request.user, deal_id, request.POST.get("category", ""),
            note=request.POST.get("note", ""),
        )  # fmt: skip
    except Deal.DoesNotExist as error:
        raise Http404 from error
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        label = call.get_category_display() if call.category else _("by its chance")
        messages.success(
            request, _("“%(name)s”: %(category)s.") % {"name": call.deal.name, "category": label}
        )
    return redirect(safe_next(request.POST.get("next", ""), "forecast"))


@page(Permission.EDIT_DEALS, methods=("POST",))
def call_month(request: UserRequest) -> HttpResponse:
    """Say what somebody will win in the month at hand; nothing takes it back."""
    asked = read_asked(request.POST, request.user)
    if asked.question is None:
        raise Http404
    text = request.POST.get("user", "")
    user = get_object_or_404(User, pk=int(text) if text.isdecimal() and len(text) < 18 else 0)
    try:
        pipeline = asked.question.pipeline
        call_figure(
            request.user, user, pipeline, read_month(asked.question, "").start,
            asked.currency or pipeline.currency, _read_amount(request.POST.get("amount", "")),
            note=request.POST.get("note", ""),
        )  # fmt: skip
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The figure of %(name)s is kept.") % {"name": user})
    return redirect(asked.url("forecast") + "#calls")


def _read_amount(text: str) -> Decimal | None:
    cleaned = text.strip().replace(" ", "").replace(" ", "").replace(",", ".")
    try:
        return Decimal(cleaned) if cleaned else None
    except InvalidOperation as error:
        raise ValidationError(
            _("“%(text)s” is no amount; write 12500 or 12500.50.") % {"text": text[:40]}
        ) from error


@page(Permission.SAVE_REPORTS, methods=("POST",))
def keep(request: UserRequest) -> HttpResponse:
    """Keep the forecast of the whole pipeline, or of a segment, as it is now."""
    asked = read_asked({**request.POST.dict(), "owner": "", "team": ""}, request.user)
    if asked.question is None:
        raise Http404
    answer, state = find_answer(partial(start_forecast, request.user, asked.question), WAITS_S[-1])
    if answer is None:
        messages.error(request, state.get("failure", _("It is not reckoned yet. Try again.")))
    else:
        keep_forecast(request.user, answer)
        messages.success(request, _("The forecast is kept. It is scored when its time is up."))
    return redirect(asked.url("forecast"))
