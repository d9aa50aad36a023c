"""Numbers of papers: one after the other within a year, without gaps."""

from __future__ import annotations

from datetime import date

from suppilo.apps.letterhead.models import NumberRange, PaperKind

_PREFIX = {PaperKind.QUOTE: "Q", PaperKind.INVOICE: "INV"}


def take_number(kind: PaperKind, day: date) -> str:
    """Return the next number of a kind of paper: ``INV-2026-0001``.

    Call it in the transaction that gives a paper its number: what comes to nothing gives the
    number back, and whoever asks at the same time waits for it.
    """
    NumberRange.objects.get_or_create(kind=kind, year=day.year)
    found = NumberRange.objects.select_for_update().get(kind=kind, year=day.year)
    found.last += 1
    found.save(update_fields=["last"])
    return f"{_PREFIX[kind]}-{day.year}-{found.last:04d}"
