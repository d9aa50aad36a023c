"""How every verb takes the quote that it changes."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.quotes.models import Quote
from suppilo.apps.quotes.selectors import visible_quotes


def take_quote(actor: User, quote_id: int) -> Quote:
    """Return a quote that nobody else changes until the transaction ends.

    Raises
    ------
    PermissionDenied
        If the role may not change deals.
    Quote.DoesNotExist
        If there is none, or its deal is not the actor's to see.
    """
    require(actor, Permission.EDIT_DEALS)
    rows = visible_quotes(actor).select_related("deal").select_for_update(of=("self",))
    return rows.get(pk=quote_id)


def take_draft(actor: User, quote_id: int) -> Quote:
    """Return a draft that nobody else changes until the transaction ends.

    Raises
    ------
    ValidationError
        If it was sent: then it never changes any more.
    PermissionDenied, Quote.DoesNotExist
        As :func:`take_quote`.
    """
    quote = take_quote(actor, quote_id)
    if not quote.is_draft:
        raise ValidationError(_("It was sent and never changes; make the next version of it."))
    return quote
