"""Whether 03/04/2025 is 3 April or March 4: found from the whole column, or asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from suppilo.io.errors import InputError
from suppilo.io.formats import SourceFile
from suppilo.io.mapping import GuessedMapping, Mapping
from suppilo.io.readers import SAMPLE_BYTES, read_blocks
from suppilo.io.rejects import RejectLog
from suppilo.io.roles import find_place, values_at

_SLASHED = r"^\s*(?P<a>\d{1,2})[/-](?P<b>\d{1,2})[/-]\d{4}(?:\D|$)"


@dataclass(slots=True)
class _Evidence:
    """Examples of dates that show the day first, the month first, or neither."""

    column: str
    day_first: str | None = None
    month_first: str | None = None
    unclear: str | None = None

    @property
    def is_settled(self) -> bool:
        return self.day_first is not None or self.month_first is not None


def settle_dayfirst(files: Sequence[SourceFile], guessed: GuessedMapping) -> GuessedMapping:
    """Find from the values which part of a date with slashes or dashes is the day.

    The first megabyte of each file is looked at; the whole files only where that leaves it open.

    Raises
    ------
    InputError
        If the values leave it open too, or contradict each other.
    """
    mapping = guessed.mapping
    if mapping.dayfirst is not None:
        return guessed
    evidence = _collect(files, mapping, whole=False)
    if evidence is not None and not evidence.is_settled:
        evidence = _collect(files, mapping, whole=True)
    if evidence is None:
        return guessed
    day_first = _decide(evidence, files[0].name)
    example = evidence.day_first if day_first else evidence.month_first
    part = "day" if day_first else "month"
    sentence = f"dates in {evidence.column} have the {part} first (such as {example})"
    return GuessedMapping(replace(mapping, dayfirst=day_first), (*guessed.sentences, sentence))


def _decide(evidence: _Evidence, file: str) -> bool:
    column = evidence.column
    if evidence.day_first and evidence.month_first:
        raise InputError(
            f"{file}: column {column} has dates with the day first ({evidence.day_first}) and "
            f"with the month first ({evidence.month_first}); add --dayfirst or --monthfirst, and "
            "the others are left out"
        )
    if not evidence.is_settled:
        raise InputError(
            f"{file}: column {column} has dates such as {evidence.unclear} that can be read with "
            "the day or the month first, and no value shows which; add --dayfirst or --monthfirst"
        )
    return evidence.day_first is not None


def _collect(files: Sequence[SourceFile], mapping: Mapping, *, whole: bool) -> _Evidence | None:
    evidence: _Evidence | None = None
    for column, values in _time_texts(files, mapping, whole=whole):
        if (evidence := _look(column, values, evidence)) and evidence.is_settled and whole:
            break
    return evidence


def _time_texts(
    files: Sequence[SourceFile], mapping: Mapping, *, whole: bool
) -> Iterator[tuple[str, pa.Array]]:
    wanted = [mapping.at, *(column for column, _ in mapping.stages)]
    for source in files:
        for block in read_blocks(source, mapping, RejectLog(), SAMPLE_BYTES):
            for reference in filter(None, wanted):
                values = _column(block.table, reference, source.name)
                if values is not None and pa.types.is_string(values.type):
                    yield reference, values
            if not whole:
                break


def _column(table: pa.Table, reference: str, file: str) -> pa.Array | None:
    try:
        return values_at(table, find_place(reference, table.column_names, "--at", file))
    except InputError:
        return None  # Another file has it, or the reading will say that none does.


def _look(column: str, values: pa.Array, evidence: _Evidence | None) -> _Evidence | None:
    parts = pc.extract_regex(values, _SLASHED)
    found = pc.is_valid(parts)
    if not pc.any(found).as_py():
        return evidence
    evidence = evidence or _Evidence(column)
    texts, parts = values.filter(found), parts.filter(found)
    a, b = (parts.field(name).cast(pa.int64()) for name in ("a", "b"))
    big_a, big_b = pc.greater(a, 12), pc.greater(b, 12)
    unclear = pc.and_(pc.invert(pc.or_(big_a, big_b)), pc.not_equal(a, b))
    evidence.day_first = evidence.day_first or _first(texts, pc.and_not(big_a, big_b))
    evidence.month_first = evidence.month_first or _first(texts, pc.and_not(big_b, big_a))
    evidence.unclear = evidence.unclear or _first(texts, unclear)
    return evidence if evidence.unclear or evidence.is_settled else None


def _first(texts: pa.Array, mask: pa.Array) -> str | None:
    chosen = texts.filter(mask)
    return str(chosen[0].as_py()) if len(chosen) else None
