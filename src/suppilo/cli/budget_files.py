"""Reading what was spent and what came of it from CSV."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from suppilo.analytics.budget import SpendHistory
    from suppilo.analytics.budget.history import Every

_DATES = ("date", "day", "week", "reporting_starts")
_OUTCOMES = (
    "outcome", "revenue", "sales", "leads", "conversions", "orders", "won", "customers", "sign_ups",
)  # fmt: skip
_CHANNELS = ("channel", "source", "platform", "network")
_COSTS = ("cost", "spend", "spent", "amount_spent")
_CURRENCIES = ("currency", "currency_code")


@dataclass(frozen=True, slots=True)
class _Table:
    """A file's rows, and its columns by their plain names."""

    file: Path
    rows: Sequence[Mapping[str, str]]
    columns: Mapping[str, str]

    def find(self, likely: Sequence[str], asked: str | None = None) -> str | None:
        """Return a column that is asked for, or the likeliest; None where there is none."""
        if asked is not None and asked not in self.columns.values():
            there = ", ".join(self.columns.values())
            raise click.ClickException(f"{self.file} has no column {asked!r}; it has {there}")
        found = (self.columns[name] for name in likely if name in self.columns)
        return asked or next(found, None)

    def need(self, likely: Sequence[str], what: str, asked: str | None = None) -> str:
        """Return a column as :meth:`find`; without one the command ends."""
        found = self.find(likely, asked)
        if found is None:
            raise click.ClickException(f"{self.file}: no column tells the {what}")
        return found

    def days(self) -> list[date]:
        """Return each row's day."""
        column = self.need(_DATES, "date")
        return [self._day(row[column], number) for number, row in enumerate(self.rows, 2)]

    def _day(self, text: str, number: int) -> date:
        try:
            return datetime.fromisoformat(text.strip()).date()
        except ValueError as error:
            raise click.ClickException(
                f"{self.file}, line {number}: {text!r} is no date; write 2026-01-31"
            ) from error

    def figures(self, column: str) -> list[float]:
        """Return a column's figures; an empty cell is 0."""
        return [
            self._figure(row[column], column, number) for number, row in enumerate(self.rows, 2)
        ]

    def _figure(self, text: str | None, column: str, number: int) -> float:
        try:
            return float((text or "").strip() or 0)
        except ValueError as error:
            raise click.ClickException(
                f"{self.file}, line {number}: {column} is {text!r}, which is no number"
            ) from error

    def is_figures(self, column: str) -> bool:
        """Return whether a column has figures, and nothing else."""
        try:
            return bool([float(row[column]) for row in self.rows if (row[column] or "").strip()])
        except ValueError:
            return False


def read_history(
    file: Path,
    outcome: str | None,
    outcomes: Path | None,
    channels: Sequence[str],
    controls: Sequence[str],
    currency: str | None,
    every: Every,
) -> SpendHistory:
    """Return the history that a file tells, or two: spend by channel and day, and the outcome.

    Raises
    ------
    BudgetError
        If the figures can't be what they are said to be.
    click.ClickException
        If a column is missing, or a cell can't be read.
    """
    table = _read(file)
    channel = table.find(_CHANNELS)
    if channel is not None and table.find(_COSTS) is not None and not channels:
        if outcomes is None:
            raise click.ClickException(
                f"{file} has a row for each channel; name the file of the outcome with --outcomes"
            )
        return _join(table, channel, _read(outcomes), outcome, currency, every)
    return _read_wide(table, outcome, channels, controls, every)


def _read(file: Path) -> _Table:
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.DictReader(text)
        names = [name for name in rows.fieldnames or () if name]
        found = list(rows)
    if not found:
        raise click.ClickException(f"{file} has no rows")
    plain = {name.strip().lower().replace(" ", "_"): name for name in reversed(names)}
    return _Table(file, found, plain)


def _read_wide(
    table: _Table, outcome: str | None, channels: Sequence[str], controls: Sequence[str],
    every: Every,
) -> SpendHistory:  # fmt: skip
    """Return the history of a file with a column for each channel."""
    import numpy as np

    from suppilo.analytics.budget import SpendHistory, build_history, find_period

    came = table.need(_OUTCOMES, "outcome; name it with --outcome", outcome)
    days = table.days()
    named = {came, table.find(_DATES), *controls}
    chosen = list(channels) or [
        column for column in dict.fromkeys(table.columns.values())
        if column not in named and table.is_figures(column)
    ][::-1]  # fmt: skip
    for name in (*chosen, *controls):
        table.find((), name)
    order = sorted(range(len(days)), key=days.__getitem__)
    period = find_period([days[place] for place in order])
    spend = {name: table.figures(name) for name in chosen}
    chosen = [name for name in chosen if any(spend[name])]
    values = table.figures(came)
    if period == 1 and not controls:
        return build_history(
            {(day, name): cost for name, costs in spend.items()
             for day, cost in zip(days, costs, strict=True)},
            dict(zip(days, values, strict=True)), min(days), max(days) + timedelta(days=1), every,
        )  # fmt: skip
    columns = [np.array(spend[name])[order] for name in chosen]
    return SpendHistory(
        days[order[0]], period, tuple(chosen), np.column_stack(columns), np.array(values)[order],
        tuple(controls),
        np.array([table.figures(name) for name in controls]).T[order] if controls
        else np.zeros((len(days), 0)),
    )  # fmt: skip


def _join(
    table: _Table, channel: str, other: _Table, outcome: str | None, currency: str | None,
    every: Every,
) -> SpendHistory:  # fmt: skip
    """Return the history of a file with a row for each channel and day, and one of the outcome."""
    from suppilo.analytics.budget import build_history

    came = other.need(_OUTCOMES, "outcome; name it with --outcome", outcome)
    cost = table.figures(table.need(_COSTS, "cost"))
    said = _check_currency(table, currency)
    spend: defaultdict[tuple[date, str], float] = defaultdict(float)
    for row, day, one in zip(table.rows, table.days(), cost, strict=True):
        if not said or row[said] == currency or currency is None:
            spend[day, row[channel] or ""] += one
    brought: defaultdict[date, float] = defaultdict(float)
    for day, figure in zip(other.days(), other.figures(came), strict=True):
        brought[day] += figure
    start, end = min(day for day, _ in spend), max(day for day, _ in spend)
    # Before the first outcome and after the last nothing was counted: that is not none.
    start, end = max(start, min(brought)), min(end, max(brought))
    return build_history(spend, brought, start, end + timedelta(days=1), every)


def _check_currency(table: _Table, currency: str | None) -> str | None:
    """Return the column of currencies; without one asked for, there may be but one."""
    column = table.find(_CURRENCIES)
    found = sorted({row[column] or "" for row in table.rows}) if column else []
    if currency is None and len(found) > 1:
        raise click.ClickException(
            f"{table.file} has amounts in {', '.join(found)}; choose one with --currency"
        )
    if currency is not None and currency not in found:
        raise click.ClickException(f"{table.file} has no amounts in {currency}")
    return column
