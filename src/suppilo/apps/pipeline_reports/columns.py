"""The ledger and the deals as columns, kept in memory as long as the database says the same."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from dataclasses import dataclass, fields
from functools import reduce

import numpy as np

from suppilo.analytics.events import Int64
from suppilo.apps.pipeline_reports.reading import (
    codes,
    integers,
    moments,
    read_ranges,
    read_texts,
    read_version,
    texts,
)

NO_COST = -9223372036854775807
"""Stands in :attr:`DealRows.cost` where a deal's cost is not known."""


@dataclass(frozen=True, slots=True)
class LedgerRows:
    """Every entry of the ledger, by id.

    ``corrects`` is 0 where it corrects none, and negative where it says that the deal never moved.
    """

    id: Int64
    deal: Int64
    number: Int64
    stage: Int64
    corrects: Int64
    at: Int64


@dataclass(frozen=True, slots=True)
class DealRows:
    """Every deal, by id; money in ten-thousandths, 0 for no owner, team or reason.

    ``currency`` and ``channel`` are numbers of ``currencies`` and ``channels``.
    """

    id: Int64
    owner: Int64
    team: Int64
    reason: Int64
    amount: Int64
    cost: Int64
    currency: Int64
    currencies: list[str]
    channel: Int64
    channels: list[str]


@dataclass(frozen=True, slots=True)
class Columns:
    """Both, with what names their contents."""

    version: Hashable
    ledger: LedgerRows
    deals: DealRows


_lock = threading.Lock()
_kept: Columns | None = None


def read_columns() -> Columns:
    """Return the ledger and the deals as they are now.

    The process keeps the last ones: of the ledger only new entries are read, of the deals all of
    them after a change of any.
    """
    global _kept
    with _lock:
        version = (read_version("ledger"), read_version("deals"))
        kept = _kept
        if kept is None or kept.version != version:
            kept = _kept = _read(version, kept)
    return kept


def _read(version: tuple[Hashable, ...], kept: Columns | None) -> Columns:
    before = kept.version if kept is not None else (None, None)
    assert isinstance(before, tuple)
    same = [one == other for one, other in zip(version, before, strict=True)]
    ledger = kept.ledger if kept is not None and same[0] else _read_ledger(version[0], kept)
    deals = kept.deals if kept is not None and same[1] else _read_deals()
    return Columns(version, ledger, deals)


def _read_ledger(version: Hashable, kept: Columns | None) -> LedgerRows:
    """Return the ledger; only what is new is read where nothing else has changed."""
    assert isinstance(version, tuple)
    count, last, _recorded_at = version
    if kept is not None and len(kept.ledger.id):
        grown = _join(kept.ledger, _entries(int(kept.ledger.id[-1]), last))
        if len(grown.id) == count and _is_same_end(kept):
            return grown
    return _entries(0, last)


def _is_same_end(kept: Columns) -> bool:
    """Return whether the last entry that is known is still there as it was."""
    last = int(kept.ledger.id[-1])
    found = _entries(last - 1, last)
    return len(found.id) == 1 and found.at[0] == kept.ledger.at[-1]


def _entries(after: int, last: int) -> LedgerRows:
    parts = [_ledger_part(columns) for columns in read_ranges("ledger", after, last)]
    return reduce(_join, parts, LedgerRows(*(np.zeros(0, np.int64),) * 6))


def _ledger_part(columns: tuple[str, ...]) -> LedgerRows:
    *numbers, at = columns
    found = [*map(integers, numbers), moments(at)]
    order = np.argsort(found[0], kind="stable")
    return LedgerRows(*(column[order] for column in found))


def _join(one: LedgerRows, other: LedgerRows) -> LedgerRows:
    names = [field.name for field in fields(LedgerRows)]
    return LedgerRows(*(np.concatenate((getattr(one, n), getattr(other, n))) for n in names))


def _read_deals() -> DealRows:
    found = read_texts("deals")
    if found is None:
        nothing = np.zeros(0, np.int64)
        return DealRows(*(nothing,) * 7, [], nothing, [])
    *numbers, currency, channel = found
    columns = list(map(integers, numbers))
    currency_code, currencies = codes(currency.split(","))
    channel_code, channels = codes(texts(channel))
    order = np.argsort(columns[0], kind="stable")
    id_, owner, team, reason, amount, cost = (column[order] for column in columns)
    return DealRows(
        id_, owner, team, reason, amount, cost,
        currency_code[order], currencies, channel_code[order], channels,
    )  # fmt: skip
