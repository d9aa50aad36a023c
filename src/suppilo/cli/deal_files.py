"""Files of deals: a row for each deal with its dates, or a row for each move."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from suppilo.analytics.forecast import DealBook
    from suppilo.analytics.stages import StageLedger

LIKELY: dict[str, tuple[str, ...]] = {
    "deal": ("deal", "deal_id", "opportunity_id", "opportunity", "id", "path"),
    "opened": ("opened", "opened_at", "engage_date", "created", "created_at", "open_date"),
    "closed": ("closed", "closed_at", "close_date", "closed_date"),
    "outcome": ("outcome", "state", "status", "deal_stage", "stage"),
    "stage": ("stage", "to_stage", "deal_stage"),
    "at": ("at", "entered_at", "timestamp", "time", "date"),
    "amount": ("amount", "value", "close_value", "deal_value"),
    "currency": ("currency", "currency_code"),
    "expected": ("expected_close", "expected_close_date", "expected"),
    "reason": ("lost_reason", "loss_reason", "reason_lost", "reason"),
    "by": (),
}
_LONG = ("deal", "stage", "at")
_WIDE = ("deal", "opened", "closed", "outcome")
_DATED = ("deal",)
_MOST_AMOUNT = 10**14


@dataclass(frozen=True, slots=True)
class DealFile:
    """How a file says what became of deals.

    Attributes
    ----------
    columns
        The columns' names by what they say; those not named are guessed.
    stages
        A file of moves: the stages in order, the last one won; another name is a loss. Where each
        of them is a column, that holds the day on which the deal came there. Empty: a row for
        each deal, with no stage but the one before it is closed.
    won
        A file of deals: what the outcome of a won deal is called.
    disqualified, elsewhere
        What is no loss: names of deals that were none, and of those handed over; lower case.
    """

    file: Path
    columns: dict[str, str | None]
    stages: tuple[str, ...]
    won: str
    timezone: str
    disqualified: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        """What the stages are called."""
        return self.stages or ("Open", self.won)


@dataclass(slots=True)
class Deal:
    """What a file says of a deal; ``moves`` are moments with the stage that it came to then."""

    moves: list[tuple[int, int]] = field(default_factory=list)
    amount: Decimal | None = None
    currency: str = ""
    expected_us: int | None = None
    reason: str = ""
    group: str = ""


@dataclass(slots=True)
class FiledDeals:
    """The deals of files by their names.

    ``undated`` are rows left out since they do not say when the deal came anywhere; ``early`` are
    deals closed before they were opened, which are taken as closed at once; ``lost`` says which
    names were taken as losses, and in how many rows.
    """

    deals: dict[str, Deal] = field(default_factory=dict)
    undated: int = 0
    early: int = 0
    lost: Counter[str] = field(default_factory=Counter)

    def ledger(self, stages: int) -> StageLedger:
        """Return the moves as columns, deal by deal in time; the last stage is won."""
        import numpy as np

        from suppilo.analytics.stages import StageLedger

        moves = [
            (number, stage, at)
            for number, deal in enumerate(self.deals.values())
            for at, stage in sorted(deal.moves, key=lambda move: move[0])
        ]
        number, stage, at = (np.array(column, np.int64) for column in zip(*moves, strict=True))
        return StageLedger(
            len(self.deals), np.arange(stages) == stages - 1, number, stage, at,
            np.zeros(len(at), np.bool_),
        )  # fmt: skip


def read_deals(files: Sequence[DealFile]) -> FiledDeals:
    """Return the deals of files; the moves of one deal may stand in several.

    Raises
    ------
    click.ClickException
        If a column is missing or a cell can't be read; it names file, line and column.
    """
    found = FiledDeals()
    for asked in files:
        with csv_rows(asked.file) as rows:
            cells = _Cells(asked, rows.fieldnames or ())
            for row in rows:
                cells.take(found, rows.line_num, row)
    if not found.deals:
        names = ", ".join(str(asked.file) for asked in files)
        raise click.ClickException(f"{names} has no deals that were opened")
    return found


@contextmanager
def csv_rows(file: Path) -> Iterator[csv.DictReader[str]]:
    """Open a CSV file whose first row names the columns.

    Raises
    ------
    click.ClickException
        If it is no CSV in UTF-8; it names file and line.
    """
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.DictReader(text)
        try:
            yield rows
        except UnicodeDecodeError as error:
            raise click.ClickException(
                f"{file}: after line {rows.reader.line_num} comes a byte that is not UTF-8; save "
                "it as CSV in UTF-8"
            ) from error
        except csv.Error as error:
            raise click.ClickException(
                f"{file}, line {rows.reader.line_num}: {error}; save it as CSV"
            ) from error


def choose_columns(
    file: Path,
    named: Mapping[str, str | None],
    likely: Mapping[str, Sequence[str]],
    there: Sequence[str],
) -> dict[str, str]:
    """Return the columns that are meant, by what they say: those named, else the likeliest there.

    Raises
    ------
    click.ClickException
        If one that is named is not there.
    """
    plain = {name.strip().lower().replace(" ", "_"): name for name in reversed(there)}
    chosen: dict[str, str] = {}
    for role, names in likely.items():
        given = named.get(role)
        if given is not None and given not in there:
            raise click.ClickException(f"{file} has no column {given!r}; it has {', '.join(there)}")
        guess = next((plain[name] for name in names if name in plain), None)
        if (column := given or guess) is not None:
            chosen[role] = column
    return chosen


def read_book(asked: DealFile, known_from_us: int | None) -> DealBook:
    """Return the deals of a file.

    An open deal without an amount is worth what won deals of its currency were on average.

    Raises
    ------
    click.ClickException
        If a column is missing or a cell can't be read; it names file, line and column.
    """
    return _columns(read_deals([asked]), asked, known_from_us)


class _Cells:
    """Reads rows: which columns are meant, and what their cells say."""

    def __init__(self, asked: DealFile, there: Sequence[str]) -> None:
        self.asked = asked
        self.chosen = choose_columns(asked.file, asked.columns, LIKELY, there)
        named = asked.columns.get("stage") or asked.columns.get("at")
        self.is_dated = bool(asked.stages) and not named and set(asked.stages) <= set(there)
        for role in _DATED if self.is_dated else _LONG if asked.stages else _WIDE:
            if role not in self.chosen:
                raise click.ClickException(f"{asked.file}: name the column with --{role}")

    def take(self, found: FiledDeals, number: int, row: dict[str, str]) -> None:
        """Add what a row says."""
        moves = [*self._moves(found, number, row)]
        if not moves:
            found.undated += 1
            return
        name = self._cell(row, "deal")
        self._check(found, number, name)
        deal = found.deals.setdefault(name, Deal())
        deal.moves += moves
        deal.reason = self._cell(row, "reason") or deal.reason
        deal.group = self._cell(row, "by") or deal.group
        amount = self._amount(number, row)
        deal.amount = deal.amount if amount is None else amount
        deal.currency = self._cell(row, "currency") or deal.currency
        deal.expected_us = self._moment(number, row, "expected") or deal.expected_us

    def _check(self, found: FiledDeals, number: int, name: str) -> None:
        place = f"{self.asked.file}, line {number}"
        if not name:
            raise click.ClickException(
                f"{place}: the column {self.chosen['deal']!r} names no deal; fill it in"
            )
        if name in found.deals and (self.is_dated or not self.asked.stages):
            raise click.ClickException(
                f"{place}: the deal {name!r} is there twice; leave one row of it, or name the "
                "stages of a file of moves with --stages"
            )

    def _moves(
        self, found: FiledDeals, number: int, row: dict[str, str]
    ) -> Iterator[tuple[int, int]]:
        """Yield when a deal came to which stage, or left them."""
        if self.is_dated:
            yield from self._dated_moves(found, number, row)
            return
        if self.asked.stages:
            at = self._moment(number, row, "at")
            if at is not None:
                name = self._cell(row, "stage")
                stages = self.asked.stages
                yield at, stages.index(name) if name in stages else self._leave(found, name)
            return
        opened = self._moment(number, row, "opened")
        if opened is not None:
            yield opened, 0
            closed = self._moment(number, row, "closed")
            if closed is not None:
                found.early += closed < opened
                yield max(opened, closed), self._close(found, row)

    def _dated_moves(
        self, found: FiledDeals, number: int, row: dict[str, str]
    ) -> Iterator[tuple[int, int]]:
        is_won = False
        for place, name in enumerate(self.asked.stages):
            if text := (row.get(name) or "").strip():
                yield self._read_moment(number, text), place
                is_won = place == len(self.asked.stages) - 1
        closed = self._moment(number, row, "closed")
        if closed is not None and not is_won:
            yield closed, self._close(found, row)

    def _close(self, found: FiledDeals, row: dict[str, str]) -> int:
        """Return where a deal went that is closed."""
        outcome = self._cell(row, "outcome")
        if outcome.lower() == self.asked.won.lower():
            return len(self.asked.names) - 1
        return self._leave(found, outcome)

    def _leave(self, found: FiledDeals, name: str) -> int:
        """Return the place that is no stage of the pipeline; what is not known is a loss."""
        from suppilo.analytics.stages import DISQUALIFIED, ELSEWHERE, LOST

        if name.lower() in self.asked.disqualified:
            return DISQUALIFIED
        if name.lower() in self.asked.elsewhere:
            return ELSEWHERE
        found.lost[name] += 1
        return LOST

    def _cell(self, row: dict[str, str], role: str) -> str:
        return (row.get(self.chosen.get(role, "")) or "").strip()

    def _moment(self, number: int, row: dict[str, str], role: str) -> int | None:
        text = self._cell(row, role)
        return self._read_moment(number, text) if text else None

    def _read_moment(self, number: int, text: str) -> int:
        from suppilo.analytics.periods import parse_moment

        try:
            return parse_moment(text, self.asked.timezone)
        except ValueError as error:
            raise click.ClickException(f"{self.asked.file}, line {number}: {error}") from error

    def _amount(self, number: int, row: dict[str, str]) -> Decimal | None:
        text = self._cell(row, "amount")
        try:
            amount = Decimal(text) if text else None
            if amount is None or (amount.is_finite() and abs(amount) < _MOST_AMOUNT):
                return amount
        except InvalidOperation:
            pass
        raise click.ClickException(
            f"{self.asked.file}, line {number}: the amount is {text!r}, which is no number "
            "of at most 14 digits; write it like 1234.50"
        )


def _columns(found: FiledDeals, asked: DealFile, known_from_us: int | None) -> DealBook:
    import numpy as np

    from suppilo.analytics.forecast import DealBook
    from suppilo.analytics.stages import NEVER

    deals, stages = [*found.deals.values()], len(asked.names)
    currencies = tuple(sorted({deal.currency for deal in deals}))
    won = [max(deal.moves)[1] == stages - 1 for deal in deals]
    units = np.array(_amounts(deals, won), np.int64)
    return DealBook(
        ledger=found.ledger(stages),
        amount=units, won_amount=units,
        currency=np.array([currencies.index(deal.currency) for deal in deals], np.int64),
        currencies=currencies,
        expected_us=np.array(
            [NEVER if deal.expected_us is None else deal.expected_us for deal in deals], np.int64
        ),
        odds=np.full(len(deals), np.nan), probability=np.full(stages, np.nan),
        known_from_us=known_from_us,
    )  # fmt: skip


def _amounts(deals: Sequence[Deal], won: Sequence[bool]) -> list[int]:
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
