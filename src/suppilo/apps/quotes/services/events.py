"""Telling what happened to a quote."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from suppilo.apps.deals.services.writing import tell
from suppilo.apps.quotes.models import Quote


def tell_quote(quote: Quote, name: str, at: datetime, **more: Any) -> None:
    """Record what happened to a quote as an event of its deal."""
    tell(
        quote.deal, name, at, quote=quote.number, quote_version=quote.version,
        quote_total=quote.total, quote_currency=quote.currency, **more,
    )  # fmt: skip
