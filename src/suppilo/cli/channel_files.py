"""Reading what channels cost and brought from CSV: added up exactly, by Arrow where it can."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any

import click

from suppilo.cli.deal_files import choose_columns
from suppilo.io.days import TwoReadingsError, find_day_order, read_day

_LIKELY: dict[str, tuple[str, ...]] = {
    "by": ("channel", "campaign", "campaign_name", "source", "platform"),
    "impressions": ("impressions", "impr", "views"),
    "clicks": ("clicks", "link_clicks"),
    "cost": ("cost", "spend", "spent", "amount_spent"),
    "touches": ("touches", "first_touches", "visitors"),
    "leads": ("leads", "total_conversion", "conversions"),
    "customers": ("customers", "won", "approved_conversion", "purchases"),
    "revenue": ("revenue", "value", "sales"),
    "margin": ("margin", "profit"),
    "currency": ("currency", "currency_code"),
    "date": ("date", "day"),
}
_COUNTS = ("impressions", "clicks", "touches", "leads", "customers")
_AMOUNTS = ("cost", "revenue", "margin")
_COUNT, _AMOUNT = r"^\+?[0-9]{1,12}(\.0{0,18})?$", r"^[+-]?[0-9]{1,12}(\.[0-9]{0,18})?$"
"""How figures are written as a rule: what is not is looked at by itself."""
_PLACES = 18
Key = tuple[str, str]
Figures = dict[str, int | Decimal]
ReadDay = Callable[[str], date | None]


def read_figures(
    file: Path, columns: Mapping[str, str | None], dayfirst: bool | None = None
) -> Iterator[tuple[Key, date | None, Figures]]:
    """Yield figures with their channel and currency, and day; those of one key are to be added up.

    Where the file has neither cost nor margin nobody asks for the day: it is None, as it is where
    a guessed column of dates has none that can be read.

    Parameters
    ----------
    columns
        Which column is which; what is None is guessed from the columns' names.
    dayfirst
        Whether ``03/04/2026`` is 3 April; None: as the file's other dates say.

    Raises
    ------
    ClickException
        If a column is missing, a figure is no number, or a date is none in a column that was
        named; the message names file and line.
    """
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.DictReader(text)
        there = rows.fieldnames or ()
        chosen = _choose(file, there, columns)
        if not {"cost", "margin"} & chosen.keys():
            chosen.pop("date", None)
        if dayfirst is None and "date" in chosen:
            dayfirst = _find_order(file, chosen["date"])
        read = partial(_read_day, is_named=columns.get("date") is not None, dayfirst=dayfirst)
        sums = _add_up(file, chosen, read) if len(set(there)) == len(there) else None
        yield from _read_rows(file, rows, chosen, read) if sums is None else sums


def _find_order(file: Path, column: str) -> bool | None:
    """Return whether days come first in a file's dates; it reads no further than it has to."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        return find_day_order(row.get(column) or "" for row in csv.DictReader(text))


def _add_up(
    file: Path, chosen: Mapping[str, str], read_day_of: ReadDay
) -> list[tuple[Key, date | None, Figures]] | None:
    """Return the exact sums of each key and day; None where rows have to be looked at singly."""
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    names = [name for name in (*_COUNTS, *_AMOUNTS) if name in chosen]
    keys = [name for name in ("by", "currency", "date") if name in chosen]
    asked = list(dict.fromkeys(chosen.values()))
    converting = arrow_csv.ConvertOptions(
        include_columns=asked, column_types=dict.fromkeys(asked, pa.string())
    )
    parsing = arrow_csv.ParseOptions(newlines_in_values=True)
    try:
        read = arrow_csv.read_csv(file, parse_options=parsing, convert_options=converting)
    except (pa.ArrowInvalid, KeyError):
        return None
    figures = [_to_decimals(read[chosen[name]], is_count=name in _COUNTS) for name in names]
    if any(one is None for one in figures):
        return None
    columns = {f"key {key}": read[chosen[key]] for key in keys} | dict(
        zip(names, figures, strict=True)
    )
    grouped = pa.table(columns).group_by([f"key {key}" for key in keys], use_threads=False)
    rows = grouped.aggregate([(name, "sum") for name in names]).to_pylist()
    texts = {row.get("key date", "") for row in rows}
    try:
        days = {text: read_day_of(text) for text in texts}
    except ValueError:
        return None
    return [
        (
            (row["key by"], row.get("key currency", "")),
            days[row.get("key date", "")],
            {name: _exact(row[f"{name}_sum"], name) for name in names},
        )
        for row in rows
    ]


def _to_decimals(column: Any, *, is_count: bool) -> Any:
    """Return a column's figures, exact; None where some are no plain numbers."""
    import pyarrow as pa
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(column)
    given = pc.if_else(pc.equal(trimmed, ""), "0", trimmed)
    if not pc.all(pc.match_substring_regex(given, _COUNT if is_count else _AMOUNT)).as_py():
        return None
    return pc.cast(given, pa.decimal128(38, _PLACES))


def _exact(total: Decimal, name: str) -> int | Decimal:
    return int(total) if name in _COUNTS else total


def _read_day(text: str, *, is_named: bool, dayfirst: bool | None) -> date | None:
    """Return a cell's day; None where there is none, or none that a guess could read.

    Raises
    ------
    ValueError
        If a cell of a named column holds something else.
    """
    try:
        return read_day(text, dayfirst)
    except ValueError:
        if is_named and text.strip():
            raise
        return None


def _read_rows(
    file: Path, rows: Iterable[Mapping[str, str]], chosen: Mapping[str, str], read_day_of: ReadDay
) -> Iterator[tuple[Key, date | None, Figures]]:
    """Yield each row's channel and currency, its day, and its figures."""
    for number, row in enumerate(rows, 2):
        key = (row[chosen["by"]] or "", row.get(chosen.get("currency", "")) or "")
        text = row.get(chosen.get("date", "")) or ""
        try:
            day = read_day_of(text)
        except TwoReadingsError as error:
            raise click.ClickException(
                f"{file}, line {number}: the date {text!r} may be read in two ways; "
                "say --dayfirst or --monthfirst"
            ) from error
        except ValueError as error:
            raise click.ClickException(
                f"{file}, line {number}: the date is {text!r}; write it like 2026-01-31"
            ) from error
        yield (
            key,
            day,
            {
                name: _figure(file, number, name, row[chosen[name]])
                for name in (*_COUNTS, *_AMOUNTS)
                if name in chosen
            },
        )


def _choose(file: Path, there: Sequence[str], columns: Mapping[str, str | None]) -> dict[str, str]:
    chosen = choose_columns(file, columns, _LIKELY, there)
    if "by" not in chosen:
        raise click.ClickException(f"{file}: name the column of channels with --by")
    return chosen


def _figure(file: Path, number: int, name: str, text: str | None) -> int | Decimal:
    try:
        figure = Decimal((text or "0").strip() or "0")
        if figure.is_finite() and (name in _AMOUNTS or figure == int(figure) >= 0):
            return figure if name in _AMOUNTS else int(figure)
    except InvalidOperation:
        pass
    raise click.ClickException(f"{file}, line {number}: {name} is {text!r}, which is no number")
