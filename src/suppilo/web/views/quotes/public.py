"""A quote as its customer sees it: by its link, without a log-in and without cookies."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from suppilo.apps.accounts.models import User
from suppilo.apps.letterhead.words import words_in
from suppilo.apps.quotes.drawing import print_quote, quote_logo
from suppilo.apps.quotes.links import find_quote_id
from suppilo.apps.quotes.models import WAITING, Quote, QuoteState
from suppilo.apps.quotes.selectors import get_quote
from suppilo.apps.quotes.services import (
    AnswerRefusedError,
    Visitor,
    accept_quote,
    note_visit,
    refuse_quote,
)
from suppilo.web.access import PageRequest, public_page
from suppilo.web.views.quotes.one import answer_pdf

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


@public_page(methods=("GET",))
def show_quote(request: PageRequest, token: str) -> HttpResponse:
    """Show a quote to who has its link, and note that a person looked at it."""
    quote = _find(token)
    if request.method == "GET" and note_visit(quote.pk, _visitor(request)):
        quote = _find(token)
    return _show(request, token, quote)


@public_page(methods=("GET",))
def show_pdf(request: PageRequest, token: str) -> HttpResponse:
    """Give a quote as PDF to who has its link."""
    del request
    return _guard(answer_pdf(_find(token)))


# Nothing here rests on a cookie, so there is nothing that another site's form could ride on: who
# sends the link's token knows it.
@csrf_exempt
@public_page(methods=("POST",))
def accept(request: PageRequest, token: str) -> HttpResponse:
    """Take the customer's yes: a name and a tick."""
    quote = _find(token)
    name = request.POST.get("name", "") if "agreed" in request.POST else ""
    try:
        accept_quote(quote.pk, name, request.client_address)
    except AnswerRefusedError as error:
        return _show(request, token, _find(token), str(error))
    return _guard(redirect("public_quote", token))


@csrf_exempt
@public_page(methods=("POST",))
def refuse(request: PageRequest, token: str) -> HttpResponse:
    """Take the customer's no, and why."""
    quote = _find(token)
    try:
        refuse_quote(quote.pk, request.POST.get("reason", ""), request.client_address)
    except AnswerRefusedError as error:
        return _show(request, token, _find(token), str(error))
    return _guard(redirect("public_quote", token))


def _find(token: str) -> Quote:
    quote_id = find_quote_id(token)
    if quote_id is None:
        raise Http404
    return get_quote(None, quote_id)


def _visitor(request: PageRequest) -> Visitor:
    ahead = any(request.headers.get(name) for name in _AHEAD)
    elsewhere = request.headers.get("Sec-Fetch-Dest", "document") != "document"
    return Visitor(
        address=request.client_address,
        user_agent=request.headers.get("User-Agent", ""),
        is_prefetch=ahead or elsewhere,
        is_staff=isinstance(request.user, User),
    )


def _show(request: PageRequest, token: str, quote: Quote, problem: str = "") -> HttpResponse:
    state = quote.state_on(timezone.localdate())
    logo = quote_logo(quote)
    words = words_in(quote.language)
    context: dict[str, Any] = {
        "quote": quote,
        "token": token,
        "paper": print_quote(quote),
        "logo": b64encode(logo).decode() if logo else "",
        "words": words,
        "is_waiting": state in WAITING,
        "is_accepted": state == QuoteState.ACCEPTED,
        "outcome": "" if state in WAITING else words[state],
        "problem": problem,
    }
    status = 422 if problem else 200
    return _guard(render(request, "quotes/public.html", context, status=status))


def _guard(response: HttpResponse) -> HttpResponse:
    """Keep an answer out of caches, search engines, and other pages' frames."""
    response["Content-Security-Policy"] = _POLICY
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Cache-Control"] = "no-store"
    return response
