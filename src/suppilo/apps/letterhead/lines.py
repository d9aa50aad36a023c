"""Lines of papers: made, rounded and added up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from suppilo.apps.catalogue.models import Product
from suppilo.apps.catalogue.sums import add_amounts, line_total
from suppilo.apps.letterhead.models import Paper, PaperLine

_ZERO, _ONE = Decimal(0), Decimal(1)
MOST_LINES = 500
L = TypeVar("L", bound=PaperLine)


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line to be; ``discount`` and ``tax_rate`` are 0..1.

    ``list_price`` is the price book's, where the line is a product's; no paper prints it.
    """

    description: str
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal = _ZERO
    tax_rate: Decimal = _ZERO
    unit: str = ""
    product: Product | None = None
    list_price: Decimal | None = None


def build_lines(
    row_type: type[L], lines: Iterable[NewLine], currency: str, **owner: Any
) -> list[L]:
    """Return the rows of lines in their order, with what each comes to."""
    return [
        _build(row_type, line, position, currency, owner)
        for position, line in enumerate(lines, 1)
    ]  # fmt: skip


def _build(
    row_type: type[L], line: NewLine, position: int, currency: str, owner: dict[str, Any]
) -> L:
    net = line_total(line.quantity, line.unit_price, line.discount, currency)
    # The tax of a line: what is left when all but its share is given off.
    tax = line_total(_ONE, net, _ONE - line.tax_rate, currency)
    return row_type(
        **owner, position=position, product=line.product, description=line.description,
        unit=line.unit, quantity=line.quantity, unit_price=line.unit_price,
        discount=line.discount, tax_rate=line.tax_rate, net=net, tax=tax,
    )  # fmt: skip


def set_sums(paper: Paper, lines: Sequence[PaperLine]) -> None:
    """Give a paper the sums of its lines: the figures printed add up to those beneath."""
    listed = [line_total(line.quantity, line.unit_price, _ZERO, paper.currency) for line in lines]
    paper.list_net = add_amounts(listed)
    paper.net = add_amounts(line.net for line in lines)
    paper.tax = add_amounts(line.tax for line in lines)
    paper.total = add_amounts((paper.net, paper.tax))


def copy_line(line: PaperLine) -> NewLine:
    """Return a line as it is on a paper, to be put on another."""
    return NewLine(line.description, line.quantity, line.unit_price, line.discount,
                   line.tax_rate, line.unit, line.product)  # fmt: skip
