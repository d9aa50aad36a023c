"""The public links of quotes: made of a name and its signature."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core import signing
from django.urls import reverse

from suppilo.apps.quotes.models import Quote

_SALT = "suppilo.quote-link"
_LONGEST = 200
_NO_LINK = "-"


def new_link_id() -> str:
    """Return a name for a link that nobody can guess (144 bits)."""
    return secrets.token_urlsafe(18)


def link_token(quote: Quote) -> str:
    """Return what stands in the address of a quote's public page."""
    return _signer().sign(quote.link_id)


def link_url(quote: Quote) -> str:
    """Return the whole address of a quote's public page; empty where there is none."""
    if not quote.link_id:
        return ""
    return f"{settings.BASE_URL}{reverse('public_quote', args=[link_token(quote)])}"


def find_quote_id(token: str) -> int | None:
    """Return the quote that a link's token opens; None for a wrong, revoked or made-up one.

    The same is done for every token (a look into the table, a signature), so that how long the
    answer takes tells nothing.
    """
    text = token[:_LONGEST]
    link_id = text.rpartition(".")[0] or _NO_LINK
    found = Quote.objects.filter(link_id=link_id).exclude(link_id="").values_list("pk").first()
    try:
        _signer().unsign(text)
    except signing.BadSignature:
        return None
    return found[0] if found else None


def _signer() -> signing.Signer:
    return signing.Signer(salt=_SALT, sep=".")
