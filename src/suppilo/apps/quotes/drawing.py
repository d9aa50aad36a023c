"""Quotes as PDF."""

from __future__ import annotations

from django.utils import timezone

from suppilo.apps.letterhead.drawing import PrintedPaper, draw_paper, keep_drawing
from suppilo.apps.letterhead.printing import Writer, print_paper
from suppilo.apps.letterhead.services import get_letterhead
from suppilo.apps.quotes.models import Quote


def quote_pdf(quote: Quote) -> bytes:
    """Return a quote as PDF; of one that was sent always the same bytes.

    Raises
    ------
    DrawingError
        If it can't be drawn.
    """
    if quote.is_draft:
        return _draw(quote)
    return keep_drawing(f"quote:{quote.pk}", lambda: _draw(quote))


def print_quote(quote: Quote) -> PrintedPaper:
    """Return what stands on a quote, as texts in its language."""
    writer = Writer(quote.language, quote.currency)
    words = writer.words
    version = f"({words['version']} {quote.version})" if quote.version > 1 else ""
    return print_paper(
        quote,
        list(quote.lines.all()),
        get_letterhead(),
        kind="quote",
        number=f"{quote.number} {version}".strip(),
        mark="draft" if quote.is_draft else "",
        facts=[
            (words["date"], writer.day(timezone.localdate(quote.sent_at))),
            (words["valid_until"], writer.day(quote.valid_until)),
        ],
    )


def quote_logo(quote: Quote) -> bytes | None:
    """Return the picture on a quote: the one it was sent with, on a draft the present one."""
    logo = get_letterhead().logo if quote.is_draft else quote.logo
    return bytes(logo.picture) if logo else None


def _draw(quote: Quote) -> bytes:
    return draw_paper(print_quote(quote), quote_logo(quote), quote.sent_at or timezone.now())
