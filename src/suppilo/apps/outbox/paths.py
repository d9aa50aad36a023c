"""What the events of deals, quotes and invoices are grouped by in the event tables."""

from __future__ import annotations

RESERVED = "suppilo:"
"""No client's identifier begins so."""
_LENGTH = len(RESERVED)
_DEAL = f"{RESERVED}deal:"


def is_reserved(identifier: str) -> bool:
    """Return whether an identifier is one that only the server itself gives.

    Examples
    --------
    >>> is_reserved("suppilo:deal:7"), is_reserved("Suppilo:x"), is_reserved("anna@suppilo.example")
    (True, True, False)
    """
    # Hardly any identifier has its colon there, and each event asks twice.
    return identifier[_LENGTH - 1 : _LENGTH] == ":" and identifier[:_LENGTH].lower() == RESERVED


def deal_path(deal_id: int) -> str:
    """Return the path of a deal's events: the deal itself, whoever its people are.

    In funnels by person they count for its main participant, in funnels by company for its
    company; both are looked up when a report is made, so a change of either moves all history.
    """
    return f"{_DEAL}{deal_id}"


def read_deal_path(path: str) -> int | None:
    """Return the deal whose path this is, or None.

    Examples
    --------
    >>> read_deal_path(deal_path(7)), read_deal_path("anna@example.com")
    (7, None)
    """
    number = path.removeprefix(_DEAL)
    return int(number) if number != path and number.isdecimal() and len(number) < 19 else None
