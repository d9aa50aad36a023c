"""Reading what lz-string's ``compressToBase64`` wrote (PostHog's oldest web clients do).

The format is LZ78 with a code width that grows: codes 0 and 1 introduce a new character of 8 or
16 bits, 2 ends the text, every other names an entry of the dictionary built so far. Bits come
lowest first within a code, and highest first within each base64 character's six.
"""

from __future__ import annotations

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BITS = {ord(character): format(value, "06b") for value, character in enumerate(_ALPHABET)}
_END = 2
_UNIT_BITS = (8, 16)


class LzError(ValueError):
    """The text is no lz-string, is cut off, or is too long unpacked."""


def decompress_lz64(data: bytes, limit: int) -> str:
    """Return the text that ``data`` (base64 of lz-string) holds.

    Raises
    ------
    LzError
        If it can't be read, or has more than ``limit`` UTF-16 units.
    """
    try:
        bits = "".join([_BITS[character] for character in data.rstrip(b"=")])
    except KeyError as error:
        raise LzError("a character is not base64") from error
    units = _Unpacker(bits, limit).unpack()
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class _Unpacker:
    def __init__(self, bits: str, limit: int) -> None:
        self._bits = bits
        self._limit = limit
        self._at = 0
        self._entries = ["", "", ""]  # The codes 0, 1 and 2 name no entry.
        self._width = 3
        self._room = 4  # Entries that may still come before codes need one bit more.

    def unpack(self) -> str:
        code = self._read(2)
        if code == _END:
            return ""
        last = chr(self._read(_UNIT_BITS[code & 1]))
        self._entries.append(last)
        out, length = [last], 1
        while (code := self._read(self._width)) != _END:
            piece = self._piece(code, last)
            length += len(piece)
            if length > self._limit:
                raise LzError("the text is too long")
            out.append(piece)
            self._add(last + piece[0])
            last = piece
        return "".join(out)

    def _read(self, width: int) -> int:
        piece = self._bits[self._at : self._at + width]
        if len(piece) < width:
            raise LzError("the text is cut off")
        self._at += width
        return int(piece[::-1], 2)

    def _piece(self, code: int, last: str) -> str:
        if code < _END:
            unit = chr(self._read(_UNIT_BITS[code]))
            self._add(unit)
            return unit
        if code < len(self._entries):
            return self._entries[code]
        if code == len(self._entries):
            return last + last[0]
        raise LzError("an entry is named before it is made")

    def _add(self, entry: str) -> None:
        self._entries.append(entry)
        self._room -= 1
        if self._room == 0:
            self._room = 1 << self._width
            self._width += 1
