"""Files of deals: a row for each deal with its dates, or a row for each move."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from suppilo.analytics.forecast import DealBook

_LIKELY: dict[str, tuple[str, ...]] = {
    "deal": ("deal", "deal_id", "opportunity_id", "opportunity", "id", "path"),
    "opened": ("opened", "opened_at", "engage_date", "created", "created_at", "open_date"),
    "closed": ("closed", "closed_at", "close_date", "closed_date"),
    "outcome": ("outcome", "state", "status", "deal_stage", "stage"),
    "stage": ("stage", "to_stage", "deal_stage"),
    "at": ("at", "entered_at", "timestamp", "time", "date"),
    "amount": ("amount", "value", "close_value", "deal_value"),
    "currency": ("currency", "currency_code"),
    "expected": ("expected_close", "expected_close_date", "expected"),
}
_LONG = ("deal", "stage", "at")
_WIDE = ("deal", "opened", "closed", "outcome")


@dataclass(frozen=True, slots=True)
class DealFile:
    """How a file says what became of deals.

    Attributes
    ----------
    columns
        The columns' names by what they say; those not named are guessed.
    stages
        A file of moves: the stages in order, the last one won; another name is a loss. Empty: a
        row for each deal.
    won
        A file of deals: what the outcome of a won deal is called.
    """

    file: Path
    columns: dict[str, str | None]
    stages: tuple[str, ...]
    won: str
    timezone: str


@dataclass(slots=True)
class _Deal:
    moves: list[tuple[int, int]] = field(default_factory=list)
    amount: Decimal | None = None
    currency: str = ""
    expected_us: int | None = None


def read_book(asked: DealFile, known_from_us: int | None) -> DealBook:
    """Return the deals of a file.

    An open deal without an amount is worth what won deals of its currency were on average.

    Raises
    ------
    click.ClickException
        If a column is missing or a cell can't be read; it names file, line and column.
    """
    deals: dict[str, _Deal] = {}
    with asked.file.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.DictReader(text)
        cells = _Cells(asked, rows.fieldnames or ())
        for number, row in enumerate(rows, 2):
            cells.take(deals, number, row)
    if not deals:
        raise click.ClickException(f"{asked.file} has no deals that were opened")
    return _columns([*deals.values()], asked, known_from_us)


class _Cells:
    """Reads rows: which columns are meant, and what their cells say."""

    def __init__(self, asked: DealFile, there: Sequence[str]) -> None:
        self.asked = asked
        plain = {name.strip().lower().replace(" ", "_"): name for name in reversed(there)}
        self.chosen: dict[str, str] = {}
        for role, likely in _LIKELY.items():
            given = asked.columns.get(role)
            if given is not None and given not in there:
                raise click.ClickException(
                    f"{asked.file} has no column {given!r}; it has {', '.join(there)}"
                )
            guess = next((plain[name] for name in likely if name in plain), None)
            if (column := given or guess) is not None:
                self.chosen[role] = column
        for role in _LONG if asked.stages else _WIDE:
            if role not in self.chosen:
                raise click.ClickException(f"{asked.file}: name the column with --{role}")

    def take(self, deals: dict[str, _Deal], number: int, row: dict[str, str]) -> None:
        """Add what a row says."""
        moves = [*self._moves(number, row)]
        if not moves:
            return
        deal = deals.setdefault(self._cell(row, "deal"), _Deal())
        deal.moves += moves
        amount = self._amount(number, row)
        deal.amount = deal.amount if amount is None else amount
        deal.currency = self._cell(row, "currency") or deal.currency
        deal.expected_us = self._moment(number, row, "expected") or deal.expected_us

    def _moves(self, number: int, row: dict[str, str]) -> Iterator[tuple[int, int]]:
        """Yield when a deal came to which stage; -1 is lost."""
        if self.asked.stages:
            at = self._moment(number, row, "at")
            if at is not None:
                name = self._cell(row, "stage")
                stages = self.asked.stages
                yield at, stages.index(name) if name in stages else -1
            return
        opened = self._moment(number, row, "opened")
        if opened is not None:
            yield opened, 0
            closed = self._moment(number, row, "closed")
            if closed is not None:
                is_won = self._cell(row, "outcome").lower() == self.asked.won.lower()
                yield max(opened, closed), 1 if is_won else -1

    def _cell(self, row: dict[str, str], role: str) -> str:
        return (row.get(self.chosen.get(role, "")) or "").strip()

    def _moment(self, number: int, row: dict[str, str], role: str) -> int | None:
        from suppilo.analytics.periods import parse_moment

        text = self._cell(row, role)
        try:
            return parse_moment(text, self.asked.timezone) if text else None
        except ValueError as error:
            raise click.ClickException(f"{self.asked.file}, line {number}: {error}") from error

    def _amount(self, number: int, row: dict[str, str]) -> Decimal | None:
        text = self._cell(row, "amount")
        try:
            amount = Decimal(text) if text else None
            if amount is None or amount.is_finite():
                return amount
        except InvalidOperation:
            pass
        raise click.ClickException(
            f"{self.asked.file}, line {number}: the amount is {text!r}, which is no number"
        )


def _columns(deals: list[_Deal], asked: DealFile, known_from_us: int | None) -> DealBook:
    import numpy as np

    from suppilo.analytics.forecast import DealBook
    from suppilo.analytics.stages import NEVER, StageLedger

    stages = len(asked.stages) or 2
    moves = [
        (number, stage, at)
        for number, deal in enumerate(deals)
        for at, stage in sorted(deal.moves, key=lambda move: move[0])
    ]
    number, stage, at = (np.array(column, np.int64) for column in zip(*moves, strict=True))
    currencies = tuple(sorted({deal.currency for deal in deals}))
    won = [max(deal.moves)[1] == stages - 1 for deal in deals]
    units = np.array(_amounts(deals, won), np.int64)
    return DealBook(
        ledger=StageLedger(
            len(deals), np.arange(stages) == stages - 1, number, stage, at,
            np.zeros(len(at), np.bool_),
        ),
        amount=units, won_amount=units,
        currency=np.array([currencies.index(deal.currency) for deal in deals], np.int64),
        currencies=currencies,
        expected_us=np.array(
            [NEVER if deal.expected_us is None else deal.expected_us for deal in deals], np.int64
        ),
        odds=np.full(len(deals), np.nan), probability=np.full(stages, np.nan),
        known_from_us=known_from_us,
    )  # fmt: skip


def _amounts(deals: Sequence[_Deal], won: Sequence[bool]) -> list[int]:
    """Return the amounts in ten-thousandths, those that are missing filled in."""
    from suppilo.analytics.stages import VALUE_UNITS

    known: dict[str, list[Decimal]] = {}
    for deal, is_won in zip(deals, won, strict=True):
        if is_won and deal.amount:
            known.setdefault(deal.currency, []).append(deal.amount)
    usual = {key: sum(some) / len(some) for key, some in known.items()}
    return [
        int((deal.amount or (Decimal(0) if is_won else usual.get(deal.currency, Decimal(0))))
            * VALUE_UNITS)
        for deal, is_won in zip(deals, won, strict=True)
    ]  # fmt: skip
