"""Cells as a file writes them, to values: amounts of any locale, rates, yes or no."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

Cell = str | int | float | bool | datetime | None

_SPACES = re.compile(r"[\s\u00a0\u202f\u2009'’]")
_UNIT = re.compile(r"^[^\d(.,+-]+|[^\d).,]+$")
_GROUPED = {
    ".": re.compile(r"^\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d*)?$"),
    ",": re.compile(r"^\d{1,3}(?:\.\d{2,3})*\.\d{3}(?:,\d*)?$"),
}
_PLAIN = {".": re.compile(r"^(?:\d+\.?\d*|\.\d+)$"), ",": re.compile(r"^(?:\d+,?\d*|,\d+)$")}
_EMPTY = frozenset({"", "null", "\\n", "none", "n/a", "nan", "-", "–", "(no value)"})
_YES = frozenset(
    {"yes", "true", "1", "y", "done", "completed", "complete", "x", "high", "ja", "oui", "sí"}
)
_LARGEST = Decimal(10) ** 15
_TEN_THOUSANDTH = Decimal("0.0001")


class UnreadableError(ValueError):
    """A cell is not what its column was said to be."""


class OutOfBoundsError(UnreadableError):
    """A cell is a number, and not between 0 and 100 %."""


def is_empty(cell: Cell) -> bool:
    """Return whether a cell says nothing: blank, or a word for it such as NULL."""
    return cell is None or (isinstance(cell, str) and cell.strip().lower() in _EMPTY)


def read_number(cell: Cell, decimal: str) -> Decimal:
    """Return a number or an amount of money, whatever signs stand around it.

    Parameters
    ----------
    decimal
        The decimal sign of the file's texts, ``.`` or ``,``.

    Raises
    ------
    UnreadableError
        If it is none.

    Examples
    --------
    >>> read_number("€ 1.234,56", ","), read_number("(1,200.50) USD", ".")
    (Decimal('1234.56'), Decimal('-1200.50'))
    """
    if isinstance(cell, bool) or cell is None or isinstance(cell, datetime):
        raise UnreadableError(cell)
    if not isinstance(cell, str):
        return _checked(Decimal(str(cell)))
    text = _bare(cell)
    is_negative = text.startswith(("-", "−")) or (text.startswith("(") and text.endswith(")"))
    digits = text.strip("()+-−")
    if not (_PLAIN[decimal].match(digits) or _GROUPED[decimal].match(digits)):
        raise UnreadableError(cell)
    other = "," if decimal == "." else "."
    number = _checked(Decimal(digits.replace(other, "").replace(",", ".")))
    return -number if is_negative else number


def read_share(cell: Cell, *, is_percent: bool) -> Decimal:
    """Return a share as 0..1, to four places; point and comma are both decimal signs in it.

    Parameters
    ----------
    is_percent
        Whether 40 is 40 %, where no sign behind the number says so.

    Raises
    ------
    UnreadableError
        If it is no number.
    OutOfBoundsError
        If it is less than nothing, or more than all.

    Examples
    --------
    >>> read_share("33,3 %", is_percent=False), read_share(40.0, is_percent=True)
    (Decimal('0.3330'), Decimal('0.4000'))
    """
    number, is_signed = _share_parts(cell)
    share = number / 100 if is_signed or is_percent else number
    if not 0 <= share <= 1:
        raise OutOfBoundsError(cell)
    return share.quantize(_TEN_THOUSANDTH)


def says_percent(cells: Iterable[Cell]) -> bool:
    """Return whether one of the cells is more than 1 without a sign: 40 then is 40 %."""
    for cell in cells:
        if is_empty(cell):
            continue
        try:
            number, is_signed = _share_parts(cell)
        except UnreadableError:
            continue
        if not is_signed and number > 1:
            return True
    return False


def _share_parts(cell: Cell) -> tuple[Decimal, bool]:
    """Return the number of a cell, and whether a sign of percent stands behind it."""
    if isinstance(cell, str):
        bare = _SPACES.sub("", cell)
        is_signed = bare.endswith("%")
        return read_number(bare.removesuffix("%").replace(",", "."), "."), is_signed
    return read_number(cell, "."), False


def _bare(text: str) -> str:
    """Return a text without spaces, and without the currency before or after the number."""
    bare = _SPACES.sub("", text)
    sign = "-" if bare.startswith(("-", "−")) else ""
    return sign + _UNIT.sub("", bare.lstrip("-−"))


def _checked(number: Decimal) -> Decimal:
    if not number.is_finite() or abs(number) >= _LARGEST:
        raise UnreadableError(number)
    return number


def read_yes(cell: Cell) -> bool:
    """Return whether a cell says yes, done or important."""
    return cell is True or str(cell).strip().lower() in _YES


def read_list(cell: Cell) -> list[str]:
    """Return the parts of a cell that holds several, between semicolons or commas."""
    text = str(cell)
    parts = re.split(r"\s*;\s*" if ";" in text else r"\s*,\s*", text.strip())
    return list(dict.fromkeys(part for part in parts if part))


def find_decimal(cells: Iterable[Cell]) -> str | None:
    """Return the decimal sign of a column of amounts; None where no cell shows it.

    A sign with exactly three digits behind it groups thousands: amounts of money have no
    thousandths. So ``1.234`` speaks for the comma.
    """
    votes = {".": 0, ",": 0}
    for cell in cells:
        if isinstance(cell, str) and (sign := _decimal_of(_bare(cell).strip("()+-−"))):
            votes[sign] += 1
    if votes["."] == votes[","]:
        return None
    return max(votes, key=lambda sign: votes[sign])


def _decimal_of(digits: str) -> str | None:
    signs = [letter for letter in digits if letter in ".,"]
    if not signs:
        return None
    last = signs[-1]
    other = "," if last == "." else "."
    if len(set(signs)) == 2:
        return last if signs.count(last) == 1 else None
    behind = len(digits) - digits.rfind(last) - 1
    groups = len(signs) > 1 or (behind == 3 and not digits.startswith("0"))
    return other if groups else last


def as_text(cell: Cell) -> str:
    """Return a cell as the text that people see in it."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat()
    return "" if cell is None else str(cell).strip()


def plain_value(value: Any) -> Any:
    """Return a value as JSON has it: a number as a text without a power of ten or needless zeros.

    Examples
    --------
    >>> plain_value(Decimal("50.00")), plain_value(Decimal("1.50")), plain_value("50")
    ('50', '1.5', '50')
    """
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if hasattr(value, "isoformat") else value


def to_decimal(text: object) -> Decimal | None:
    """Return a text of :func:`plain_value` as a number again; None where it is none."""
    try:
        return Decimal(str(text))
    except InvalidOperation:
        return None
