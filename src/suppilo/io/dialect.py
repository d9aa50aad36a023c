"""How a text table is written: encoding, delimiter, header. Found from its first bytes."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from suppilo.io.errors import InputError, place
from suppilo.io.formats import SourceFile, read_chunks
from suppilo.io.mapping import Mapping

_HEAD_BYTES = 1 << 20
_DELIMITERS = ",;\t|"
_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b\0")) + b"\x7f"
_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file's bytes become rows. ``old_mac`` files end their lines with a lone CR."""

    delimiter: str
    encoding: str
    names: tuple[str, ...]
    has_header: bool
    whitespace: bool = False
    old_mac: bool = False

    def header_end(self, chunk: bytes) -> int:
        """Return where the rows begin in the first chunk of the file."""
        end = 0
        while end < len(chunk):
            end = (chunk.find(b"\n", end) + 1) or len(chunk)
            if chunk[:end].strip() and chunk.count(b'"', 0, end) % 2 == 0:
                break
        return end


def find_dialect(source: SourceFile, mapping: Mapping) -> Dialect:
    """Return how a text table is written.

    Raises
    ------
    InputError
        If it is no text, not in the encoding said or supposed, or its header names a column
        twice.
    """
    head = next(read_chunks(source, _HEAD_BYTES), b"")
    encoding = _find_encoding(source, mapping, head)
    text = _decode_head(source, mapping, head, encoding)
    if not text.strip():
        raise InputError(f"{source.path} is empty; it needs a header and rows")
    old_mac = "\r" in text and "\n" not in text
    lines = [line for line in re.split(r"\r\n|\n|\r", text) if line.strip()]
    delimiter = _find_delimiter(mapping, lines)
    whitespace = delimiter == "whitespace"
    if whitespace:
        delimiter, lines = "\t", ["\t".join(lines[0].split())]
    names = mapping.columns or _header(source, lines, delimiter)
    return Dialect(delimiter, encoding, names, mapping.columns is None, whitespace, old_mac)


def utf8_chunks(source: SourceFile, dialect: Dialect, size: int) -> Iterator[bytes]:
    """Yield a file's bytes as UTF-8, without a byte order mark, lines ending with LF or CRLF."""
    chunks = read_chunks(source, size)
    if dialect.encoding != "utf-8":
        chunks = _transcode(source, chunks, dialect.encoding)
    for number, chunk in enumerate(chunks):
        if number == 0:
            chunk = chunk.removeprefix(codecs.BOM_UTF8)
        yield chunk.replace(b"\r", b"\n") if dialect.old_mac else chunk


def _transcode(source: SourceFile, chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
    try:
        for chunk in chunks:
            # What is no text in the encoding stays no text in UTF-8, and its row is rejected.
            yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
        yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
    except UnicodeError as error:
        raise InputError(f"{source.path} is not {encoding} text: {error.reason}"
                         if isinstance(error, UnicodeDecodeError) else
                         f"{source.path} is not {encoding} text") from error  # fmt: skip


def _find_encoding(source: SourceFile, mapping: Mapping, head: bytes) -> str:
    for mark, encoding in _BOMS.items():
        if head.startswith(mark):
            return encoding
    if mapping.encoding is not None:
        try:
            return codecs.lookup(mapping.encoding).name
        except LookupError:
            raise InputError(
                f"{mapping.encoding!r} is no known encoding; write e.g. utf-8, latin-1 or cp1257"
            ) from None
    _refuse_binary(source, head[:65536])
    return "utf-8"


def _refuse_binary(source: SourceFile, head: bytes) -> None:
    for zeros, encoding in ((head[1::2], "utf-16-le"), (head[0::2], "utf-16-be")):
        if zeros.count(0) > 0.4 * len(zeros) and head.count(0) < 0.6 * len(head):
            raise InputError(
                f"{source.path} looks like UTF-16 text without a mark; add --encoding {encoding}"
            )
    odd = len(head) - len(head.translate(None, _CONTROLS + b"\0"))
    if odd > 0.02 * len(head) + 2:
        raise InputError(
            f"{source.path} is binary, not a table; Suppilo reads CSV, TSV, Parquet, Excel "
            "(.xlsx), JSON lines and XES"
        )


def _decode_head(source: SourceFile, mapping: Mapping, head: bytes, encoding: str) -> str:
    try:
        text = codecs.getincrementaldecoder(encoding)("strict").decode(head)
    except UnicodeDecodeError as error:
        if mapping.encoding is None:
            _refuse_encoding(source, mapping, head, error)
        text = head.decode(encoding, "replace")
    return text.removeprefix("\ufeff")


def _refuse_encoding(
    source: SourceFile, mapping: Mapping, head: bytes, error: UnicodeDecodeError
) -> None:
    before = head[: error.start].decode("latin-1").split("\n")
    lines = head.decode("latin-1").split("\n")
    delimiter = _find_delimiter(mapping, lines)
    header, cells = lines[0].split(delimiter), before[-1].split(delimiter)
    column = header[len(cells) - 1].strip().strip('"') if len(cells) <= len(header) else None
    raise InputError(
        f"{place(source.path, len(before), column)}: byte 0x{head[error.start]:02x} is not UTF-8; "
        "if the file is in another encoding, name it, e.g. --encoding latin-1 or cp1252; "
        "--encoding utf-8 leaves such rows out"
    )


def _find_delimiter(mapping: Mapping, lines: list[str]) -> str:
    if mapping.delimiter is not None:
        given = _NAMES.get(mapping.delimiter.lower(), mapping.delimiter)
        if given in {" ", "whitespace"}:
            return "whitespace"
        if len(given) != 1:
            raise InputError(f"the delimiter {given!r} must be one character, tab or whitespace")
        return given
    counts = Counter(re.sub(r'"[^"]*"', "", lines[0]))
    if not any(counts[sign] for sign in _DELIMITERS) and len(lines[0].split()) > 2:
        return "whitespace"
    return max(_DELIMITERS, key=lambda sign: counts[sign])


def _header(source: SourceFile, lines: list[str], delimiter: str) -> tuple[str, ...]:
    cells = next(csv.reader(iter(line + "\n" for line in lines), delimiter=delimiter))
    names = [cell.strip() or f"column {number}" for number, cell in enumerate(cells, 1)]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputError(
            f"{place(source.path, 1)}: the header names {', '.join(twice[:5])} more than once; "
            "rename the columns"
        )
    return tuple(names)
