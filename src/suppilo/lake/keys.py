"""The key of a path: the first 8 bytes of the MD5 of its UTF-8 text, as a signed integer.

Any engine can compute it (DuckDB, Spark and PostgreSQL all have ``md5``), it spreads paths evenly
over ``int64``, and it never changes. MD5 serves as a mixing function here, not as a safeguard.

The digests of a whole batch are computed side by side, 16,384 texts at a time (RFC 1321, one
block): three times as fast as one call for each text, and other threads run meanwhile.
"""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from math import sin

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from suppilo.analytics.events import Int64

UInt32 = NDArray[np.uint32]

_AT_ONCE = 16_384
_ONE_BLOCK = 55
"""The longest text, in bytes, that fits one MD5 block with its padding and length."""

_CONSTANTS = [np.uint32(int(abs(sin(i + 1)) * 2**32)) for i in range(64)]
_SHIFTS = [s for turns in ((7, 12, 17, 22), (5, 9, 14, 20), (4, 11, 16, 23), (6, 10, 15, 21))
           for s in turns * 4]  # fmt: skip
_WORDS = [(i, (5 * i + 1) % 16, (3 * i + 5) % 16, 7 * i % 16)[i // 16] for i in range(64)]
_KEEP = np.tri(_ONE_BLOCK + 1, _ONE_BLOCK, -1, dtype=np.uint8)
"""Row ``n`` has ``n`` ones, then zeros."""
_START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)


def path_key(path: str) -> int:
    """Return the key of one path.

    Examples
    --------
    >>> path_key("u1")
    -1984032596069630074
    """
    digest = hashlib.md5(path.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def path_keys(paths: pa.StringArray) -> Int64:
    """Return the key of each path; ``paths`` has no nulls."""
    count = len(paths)
    _, offset_buffer, text_buffer = paths.buffers()
    keys = np.empty(count, np.int64)
    if not count:
        return keys
    offsets = np.frombuffer(offset_buffer, np.int32)[paths.offset : paths.offset + count + 1]
    text = np.frombuffer(text_buffer, np.uint8) if text_buffer else np.empty(0, np.uint8)
    # A window may begin at the very end of the text, so room for one more is added.
    padded = np.concatenate([text, np.zeros(_ONE_BLOCK + 1, np.uint8)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, _ONE_BLOCK)

    def hash_from(first: int) -> None:
        part = offsets[first : first + _AT_ONCE + 1]
        short = np.minimum(np.diff(part), _ONE_BLOCK)
        keys[first : first + len(short)] = _hash_blocks(windows[part[:-1]], short)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(hash_from, range(0, count, _AT_ONCE)))
    for row in np.flatnonzero(np.diff(offsets) > _ONE_BLOCK):
        keys[row] = path_key(paths[int(row)].as_py())
    return keys


def _hash_blocks(texts: NDArray[np.uint8], lengths: NDArray[np.int32]) -> Int64:
    """Return the keys of texts given as rows of bytes, of which the first ``lengths`` count."""
    block = np.zeros((len(texts), 64), np.uint8)
    width = int(lengths.max())
    np.multiply(texts[:, :width], _KEEP[lengths, :width], out=block[:, :width])
    block[np.arange(len(texts)), lengths] = 0x80
    words = block.view("<u4")
    words[:, 14] = lengths.astype(np.uint32) * 8
    first, second = _digest(np.ascontiguousarray(words.T))
    # The digest is the words' bytes, little end first; the key reads those bytes big end first.
    digest = np.stack([first, second], axis=1).astype("<u4")
    return digest.view(">i8").reshape(len(texts)).astype(np.int64)


def _digest(words: UInt32) -> tuple[UInt32, UInt32]:
    """Return the first two words of the digests of blocks given as 16 rows of words."""
    a, b, c, d = (np.full(words.shape[1], value, np.uint32) for value in _START)
    mixed, carry = np.empty_like(a), np.empty_like(a)
    for turn in range(64):
        _mix(turn // 16, b, c, d, mixed)
        mixed += a
        mixed += _CONSTANTS[turn]
        mixed += words[_WORDS[turn]]
        np.left_shift(mixed, np.uint32(_SHIFTS[turn]), out=carry)
        mixed >>= np.uint32(32 - _SHIFTS[turn])
        mixed |= carry
        mixed += b
        a, b, c, d, mixed = d, mixed, b, c, a
    return a + np.uint32(_START[0]), b + np.uint32(_START[1])


def _mix(kind: int, b: UInt32, c: UInt32, d: UInt32, out: UInt32) -> None:
    """Compute the round's function F, G, H or I of RFC 1321 into ``out``."""
    if kind == 0:
        np.bitwise_xor(c, d, out=out)
        out &= b
        out ^= d
    elif kind == 1:
        np.bitwise_xor(b, c, out=out)
        out &= d
        out ^= c
    elif kind == 2:
        np.bitwise_xor(b, c, out=out)
        out ^= d
    else:
        np.bitwise_not(d, out=out)
        out |= b
        out ^= c
