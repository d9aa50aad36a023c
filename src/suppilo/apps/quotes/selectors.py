"""Reading quotes: those of the deals that somebody may see."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils import timezone

from suppilo.apps.accounts.models import User
from suppilo.apps.deals.selectors import visible_deals
from suppilo.apps.quotes.models import WAITING, Quote, QuoteState


def visible_quotes(user: User | None) -> QuerySet[Quote]:
    """Return the quotes of the deals that a user may see; None: of all, for the server itself.

    Raises
    ------
    PermissionDenied
        If the role may not see deals.
    """
    return Quote.objects.filter(deal__in=visible_deals(user).order_by().values("pk"))


def list_quotes(user: User, state: str = "", search: str = "") -> QuerySet[Quote]:
    """Return quotes, the newest first; of a state, or whose number, deal or customer has a text."""
    found = visible_quotes(user).select_related("deal", "created_by")
    if state:
        found = found.filter(_in_state(state))
    if search:
        found = found.filter(
            Q(number__icontains=search)
            | Q(customer_name__icontains=search)
            | Q(deal__name__icontains=search)
        )
    return found.order_by("-id")


def _in_state(state: str) -> Q:
    today = timezone.localdate()
    if state == QuoteState.EXPIRED:
        return Q(state__in=WAITING, valid_until__lt=today)
    if state in WAITING:
        return Q(state=state, valid_until__gte=today)
    return Q(state=state)


def quotes_of(user: User, deal_id: int) -> QuerySet[Quote]:
    """Return a deal's quotes, the newest first."""
    return visible_quotes(user).filter(deal_id=deal_id).order_by("-id")


def get_quote(user: User | None, quote_id: int) -> Quote:
    """Return a quote with its deal.

    Raises
    ------
    PermissionDenied
        If the role may not see deals.
    Quote.DoesNotExist
        If there is none of this id, or its deal is not the user's to see.
    """
    related = ("deal__company", "deal__owner", "deal__pipeline", "deal__stage", "logo", "replaces")
    return visible_quotes(user).select_related(*related).get(pk=quote_id)
