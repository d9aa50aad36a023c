"""Reading a file of daily figures: which column is what, each row, and what is wrong with it."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from suppilo.apps.catalogue.services.numbers import read_number
from suppilo.apps.spend.channels import CHANNELS, find_spend_channel
from suppilo.apps.spend.dates import read_day
from suppilo.io.days import find_day_order

MOST_BYTES = 10 << 20
MOST_ROWS = 200_000
SHOWN_PROBLEMS = 50
ROLES = ("day", "channel", "campaign", "impressions", "clicks", "cost", "currency")
"""What a column can be; day, impressions, clicks and cost are needed."""

_NEEDED = ("day", "impressions", "clicks", "cost")
_NAMES = {
    "day": ("date", "day", "reporting starts", "datum"),
    "channel": ("channel", "source", "platform", "network", "publisher platform"),
    "campaign": ("campaign", "campaign name", "xyz campaign id", "campaign id"),
    "impressions": ("impressions", "impr", "views"),
    "clicks": ("clicks", "link clicks", "clicks all"),
    "cost": ("cost", "spend", "spent", "amount spent", "amount", "costs"),
    "currency": ("currency", "currency code"),
}
_WORDS = re.compile(r"[^0-9a-z]+")
_CODE = re.compile(r"[A-Za-z]{3}")
_COST_PLACES = Decimal("0.0001")
_LARGEST = 10**15

Key = tuple[date, str, str, str]
"""Day, channel, campaign, currency."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a campaign showed and cost in a day; rows of the same key are added up."""

    impressions: int
    clicks: int
    cost: Decimal

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.impressions + other.impressions, self.clicks + other.clicks, self.cost + other.cost
        )

    def rounded(self) -> Figures:
        """Return them as they are kept: the cost to a hundredth of a cent."""
        return Figures(self.impressions, self.clicks, self.cost.quantize(_COST_PLACES))


@dataclass(slots=True)
class SpendTable:
    """A file as it was read.

    Attributes
    ----------
    columns
        Its headings; ``roles`` says which column is what.
    figures
        By key, all rows of it added up.
    rows
        How many rows could be used; ``wrong`` how many could not, the first of which are told in
        ``problems``.
    """

    columns: Sequence[str] = ()
    roles: dict[str, str] = field(default_factory=dict)
    figures: dict[Key, Figures] = field(default_factory=dict)
    rows: int = 0
    wrong: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def may_come_in(self) -> bool:
        """Whether there is something in it, and nothing wrong."""
        return bool(self.figures) and not self.problems

    @property
    def sums(self) -> dict[str, Figures]:
        """The whole file's figures, by currency."""
        found: dict[str, Figures] = {}
        for (_day, _channel, _campaign, currency), figures in self.figures.items():
            before = found.get(currency)
            found[currency] = figures if before is None else before + figures
        return found


def decode(content: bytes) -> str:
    """Return a file's text.

    Raises
    ------
    ValidationError
        If it is too large, no UTF-8 text, or empty.
    """
    if len(content) > MOST_BYTES:
        raise ValidationError(_("The file is larger than 10 MB; split it."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValidationError(_("The file is no UTF-8 text; save it as “CSV UTF-8”.")) from error
    if not text.strip() or "\0" in text:
        raise ValidationError(_("The file holds no table."))
    return text.lstrip("\r\n")


def read_spend(text: str, options: Mapping[str, str]) -> SpendTable:
    """Return a file as it reads with these options.

    Parameters
    ----------
    options
        A column for a role, where it can't be told by its name; ``all_channel``,
        ``all_campaign`` and ``all_currency`` for files without such a column; ``other_channel``
        for channels that aren't known; ``dayfirst``: ``yes`` or ``no``.
    """
    lines = text.splitlines()
    delimiter = max(";,\t", key=lines[0].count)
    records = csv.reader(lines, delimiter=delimiter)
    try:
        columns = [cell.strip() for cell in next(records)]
        table = SpendTable(columns, _find_roles(columns, options))
        _check_roles(table, options)
        if not table.problems:
            cells = [dict(zip(columns, row, strict=False)) | {"": str(line)}
                     for line, row in enumerate(records, 2) if any(row)]  # fmt: skip
            _RowReader(table, options, cells).read()
    except csv.Error as error:
        return SpendTable(problems=[_("The table can't be read: %s.") % error])
    return table


def _find_roles(columns: Sequence[str], options: Mapping[str, str]) -> dict[str, str]:
    by_name = {" ".join(_WORDS.split(column.lower())).strip(): column for column in columns}
    found = {
        role: next((by_name[name] for name in names if name in by_name), "")
        for role, names in _NAMES.items()
    }
    chosen = {role: options[role] for role in ROLES if options.get(role) in columns}
    return {role: column for role, column in (found | chosen).items() if column}


def _check_roles(table: SpendTable, options: Mapping[str, str]) -> None:
    missing = [role for role in _NEEDED if role not in table.roles]
    if missing:
        table.problems.append(_("Say below which columns these are: %s.") % ", ".join(missing))
    if "channel" not in table.roles and options.get("all_channel") not in CHANNELS:
        table.problems.append(_("No column tells the channel: choose one for all rows below."))
    if "currency" not in table.roles and not _CODE.fullmatch(options.get("all_currency", "")):
        table.problems.append(
            _("No column tells the currency: write one for all rows below, such as EUR.")
        )


class _RowReader:
    """Reads the rows of a file into its table."""

    def __init__(
        self, table: SpendTable, options: Mapping[str, str], cells: Sequence[Mapping[str, str]]
    ) -> None:
        self._table, self._options, self._cells = table, options, cells
        said = {"yes": True, "no": False}.get(options.get("dayfirst", ""))
        days = (row.get(table.roles["day"]) or "" for row in cells)
        self._dayfirst = find_day_order(days) if said is None else said

    def read(self) -> None:
        """Add up all rows; note what is wrong."""
        table = self._table
        if len(self._cells) > MOST_ROWS:
            table.problems.append(_("A file has at most %d rows; split it.") % MOST_ROWS)
            return
        for row in self._cells:
            try:
                key, figures = self._key(row), self._figures(row)
            except ValidationError as error:
                self._complain(row[""], " ".join(error.messages))
                continue
            table.rows += 1
            before = table.figures.get(key)
            table.figures[key] = figures if before is None else before + figures
        table.figures = {key: one.rounded() for key, one in table.figures.items()}

    def _complain(self, line: str, what: str) -> None:
        self._table.wrong += 1
        if self._table.wrong <= SHOWN_PROBLEMS:
            values = {"row": line, "what": what}
            self._table.problems.append(_("Row %(row)s: %(what)s") % values)

    def _cell(self, row: Mapping[str, str], role: str) -> str:
        column = self._table.roles.get(role)
        return (row.get(column) or "").strip() if column else ""

    def _key(self, row: Mapping[str, str]) -> Key:
        campaign = self._cell(row, "campaign") or self._options.get("all_campaign", "")
        currency = self._cell(row, "currency") or self._options.get("all_currency", "")
        if not _CODE.fullmatch(currency):
            raise ValidationError(_("“%s” is no currency; write EUR.") % currency[:20])
        return (
            read_day(self._cell(row, "day"), self._dayfirst),
            self._channel(self._cell(row, "channel")),
            campaign.strip()[:200],
            currency.upper(),
        )

    def _channel(self, text: str) -> str:
        found = find_spend_channel(text) if text else self._options.get("all_channel")
        found = found or self._options.get("other_channel")
        if found not in CHANNELS:
            said = _("“%s” is no channel that we know; say below what others count as.")
            raise ValidationError(said % text[:40])
        return found

    def _figures(self, row: Mapping[str, str]) -> Figures:
        return Figures(
            self._count(row, "impressions"), self._count(row, "clicks"), self._number(row, "cost")
        )

    def _count(self, row: Mapping[str, str], role: str) -> int:
        number = self._number(row, role)
        if number != int(number):
            raise ValidationError(_("“%s” is no whole number.") % self._cell(row, role)[:40])
        return int(number)

    def _number(self, row: Mapping[str, str], role: str) -> Decimal:
        number = read_number(self._cell(row, role) or "0")
        if not 0 <= number < _LARGEST:
            raise ValidationError(
                _("“%(value)s” can't be a number of %(role)s.")
                % {"value": self._cell(row, role)[:40], "role": role}
            )
        return number
