"""Reading a price list: each row of a CSV file or a workbook, or what is wrong with it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from suppilo.apps.catalogue.services.clean import clean_name, clean_price
from suppilo.apps.catalogue.services.numbers import read_number
from suppilo.io.errors import InputError
from suppilo.io.excel import read_sheet

MOST_ROWS = 20_000
MOST_BYTES = 5 << 20
_ZIP = b"PK\x03\x04"
"""What a workbook begins with."""
_SHOWN_PROBLEMS = 50
_REQUIRED = ("number", "price")
_LONGEST_NUMBER = 60
_TEXTS = {"name": 200, "category": 100, "unit": 20}
_OTHER_NAMES = {
    "sku": "number", "product number": "number", "product": "name", "unit price": "price",
    "unit cost": "cost",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One row: a product's number, its price, and what else the file says of it."""

    line: int
    sku: str
    price: Decimal
    cost: Decimal | None
    texts: Mapping[str, str]


@dataclass(slots=True)
class PriceFile:
    """The rows of a file by product number, and what is wrong with the others."""

    rows: dict[str, PriceRow] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read_price_file(content: bytes) -> PriceFile:
    """Return the rows of a CSV file, or of a workbook's first sheet, with number and price.

    Raises
    ------
    ValidationError
        If the file is too large, damaged, no UTF-8 text, or lacks a column.
    """
    if len(content) > MOST_BYTES:
        raise ValidationError(_("The file is larger than 5 MB; split it."))
    table = _read_workbook(content) if content.startswith(_ZIP) else _read_csv(content)
    first = next(table, None)
    if first is None:
        raise ValidationError(_("The file holds no table."))
    header = _read_header(first[1])
    found = PriceFile()
    try:
        for line, cells in islice(table, MOST_ROWS + 1):
            if any(cell.strip() for cell in cells):
                _read_row(found, line, dict(zip(header, cells, strict=False)))
            if len(found.problems) >= _SHOWN_PROBLEMS:
                break
    except csv.Error as error:
        found.problems.append(_("The table can't be read: %s.") % error)
    if len(found.rows) > MOST_ROWS:
        found.problems.append(_("A price list has at most %d rows; split it.") % MOST_ROWS)
    return found


def _read_csv(content: bytes) -> Iterator[tuple[int, list[str]]]:
    lines = _decode(content).splitlines()
    delimiter = max(";,\t", key=lines[0].count)
    return enumerate(csv.reader(lines, delimiter=delimiter), 1)


def _read_workbook(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Return a sheet's rows as texts, as a CSV file has them."""
    with NamedTemporaryFile(suffix=".xlsx") as file:
        file.write(content)
        file.flush()
        try:
            rows = list(read_sheet(Path(file.name)))
        except InputError as error:
            message = _("The workbook can't be read; save it anew, or as “CSV UTF-8”.")
            raise ValidationError(message) from error
    return ((line, [_as_text(cell) for cell in cells]) for line, cells in rows)


def _as_text(cell: object) -> str:
    # Excel keeps every number as a float: 12.5 and 1201.0, the product number 1201.
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _decode(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValidationError(_("The file is no UTF-8 text; save it as “CSV UTF-8”.")) from error
    if not text.strip() or "\0" in text:
        raise ValidationError(_("The file holds no table."))
    return text.lstrip("\r\n")


def _read_header(cells: list[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    names = [_OTHER_NAMES.get(name, name) for name in names]
    missing = [name for name in _REQUIRED if name not in names]
    if missing:
        said = _("The file lacks the column %s. It needs number and price; it may have name, "
                 "category, unit and cost.")  # fmt: skip
        raise ValidationError(said % ", ".join(missing))
    return names


def _read_row(found: PriceFile, line: int, cells: Mapping[str, str]) -> None:
    try:
        row = _make_row(line, cells)
    except ValidationError as error:
        values = {"row": line, "what": " ".join(error.messages)}
        found.problems.append(_("Row %(row)d: %(what)s") % values)
        return
    earlier = found.rows.setdefault(row.sku, row)
    if earlier is not row:
        values = {"row": line, "sku": row.sku, "other": earlier.line}
        found.problems.append(
            _("Row %(row)d: the number “%(sku)s” stands in row %(other)d too.") % values
        )


def _make_row(line: int, cells: Mapping[str, str]) -> PriceRow:
    texts = {name: (cells.get(name) or "").strip() for name in _TEXTS}
    cost = (cells.get("cost") or "").strip()
    return PriceRow(
        line=line,
        sku=clean_name(cells.get("number") or "", _LONGEST_NUMBER),
        price=clean_price(read_number(cells.get("price") or "")),
        cost=clean_price(read_number(cost)) if cost else None,
        texts={name: clean_name(text, _TEXTS[name]) for name, text in texts.items() if text},
    )
