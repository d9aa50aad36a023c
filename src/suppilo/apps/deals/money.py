"""What a deal's lines come to, for pages and services."""

from __future__ import annotations

from decimal import Decimal

from suppilo.apps.catalogue.sums import PricedLine, Totals, line_total, sum_lines

__all__ = ["Totals", "add_up", "line_amount"]

add_up = sum_lines


def line_amount(line: PricedLine, currency: str) -> Decimal:
    """Return what a line comes to: quantity × price × (1 - discount), rounded."""
    return line_total(line.quantity, line.unit_price, line.discount, currency)
