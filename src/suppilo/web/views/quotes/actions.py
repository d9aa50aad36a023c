"""What can be done with a quote."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.deals.models import Deal
from suppilo.apps.quotes import services
from suppilo.apps.quotes.models import Quote
from suppilo.web.access import UserRequest, page
from suppilo.web.views.quotes.one import find_quote

T = TypeVar("T")


@page(Permission.EDIT_DEALS, methods=("POST",))
def make(request: UserRequest, deal_id: int) -> HttpResponse:
    """Make a quote of a deal's line items."""
    quote = _try(request, lambda: services.make_quote(request.user, deal_id))
    return redirect("quote", quote.pk) if quote else redirect("deal_quotes", deal_id)


@page(Permission.EDIT_DEALS, methods=("POST",))
def renew_lines(request: UserRequest, quote_id: int) -> HttpResponse:
    """Give a draft the deal's line items as they are now."""
    find_quote(request, quote_id)
    _try(request, lambda: services.renew_lines(request.user, quote_id))
    return redirect("quote", quote_id)


@page(Permission.EDIT_DEALS, methods=("POST",))
def send(request: UserRequest, quote_id: int) -> HttpResponse:
    """Send a draft; mail its link where an address is given."""
    find_quote(request, quote_id)
    to, message = request.POST.get("to", "").strip(), request.POST.get("message", "")
    sent = _try(request, lambda: _send(request, quote_id, to))
    if sent and to:
        _mail(request, quote_id, to, message)
    elif sent:
        messages.success(request, _("%s can be looked at by its link now.") % sent.title)
    return redirect("quote", quote_id)


def _send(request: UserRequest, quote_id: int, to: str) -> Quote:
    if to:
        validate_email(to)
    return services.send_quote(request.user, quote_id, to=to)


@page(Permission.EDIT_DEALS, methods=("POST",))
def mail(request: UserRequest, quote_id: int) -> HttpResponse:
    """Mail a sent quote's link."""
    find_quote(request, quote_id)
    _mail(request, quote_id, request.POST.get("to", "").strip(), request.POST.get("message", ""))
    return redirect("quote", quote_id)


def _mail(request: UserRequest, quote_id: int, to: str, message: str) -> None:
    def checked() -> bool:
        validate_email(to)
        return services.mail_quote(request.user, quote_id, to, message)

    is_taken = _try(request, checked)
    if is_taken:
        messages.success(request, _("The link was mailed to %s.") % to)
    elif is_taken is False:
        messages.error(request, _("The mail server did not take the mail; copy the link instead."))


@page(Permission.EDIT_DEALS, methods=("POST",))
def revise(request: UserRequest, quote_id: int) -> HttpResponse:
    """Make the next version."""
    find_quote(request, quote_id)
    made = _try(request, lambda: services.revise_quote(request.user, quote_id))
    return redirect("quote", made.pk if made else quote_id)


@page(Permission.EDIT_DEALS, methods=("POST",))
def withdraw(request: UserRequest, quote_id: int) -> HttpResponse:
    """Take a quote back."""
    find_quote(request, quote_id)
    reason = request.POST.get("reason", "")
    _try(request, lambda: services.withdraw_quote(request.user, quote_id, reason))
    return redirect("quote", quote_id)


@page(Permission.EDIT_DEALS, methods=("POST",))
def delete(request: UserRequest, quote_id: int) -> HttpResponse:
    """Throw a draft away."""
    find_quote(request, quote_id)
    deal_id = _try(request, lambda: services.delete_draft(request.user, quote_id))
    return redirect("deal_quotes", deal_id) if deal_id else redirect("quote", quote_id)


@page(Permission.EDIT_DEALS, methods=("POST",))
def renew_link(request: UserRequest, quote_id: int) -> HttpResponse:
    """Give a quote another link."""
    find_quote(request, quote_id)
    if _try(request, lambda: services.renew_link(request.user, quote_id)):
        messages.success(request, _("There is a new link; the one before opens nothing any more."))
    return redirect("quote", quote_id)


@page(Permission.EDIT_DEALS, methods=("POST",))
def revoke_link(request: UserRequest, quote_id: int) -> HttpResponse:
    """Let a quote's link open nothing any more."""
    find_quote(request, quote_id)
    if _try(request, lambda: services.revoke_link(request.user, quote_id)):
        messages.success(request, _("The link opens nothing any more."))
    return redirect("quote", quote_id)


def _try(request: UserRequest, verb: Callable[[], T]) -> T | None:
    """Do something; say what was wrong and return None if it is refused."""
    try:
        return verb()
    except (Deal.DoesNotExist, Quote.DoesNotExist) as error:
        raise Http404 from error
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return None
