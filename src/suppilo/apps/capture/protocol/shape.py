"""Whether an event's JSON is of a size and shape that can be kept, and making it so."""

from __future__ import annotations

from typing import Any

from suppilo.apps.capture.protocol.errors import EventRefusedError
from suppilo.apps.capture.protocol.limits import MAX_DEPTH, MAX_KEY, MAX_KEYS, MAX_STRING
from suppilo.apps.capture.protocol.parse import NOT_FINITE, BigNumber

_MODEST = 8_192
_STRIDE = MAX_KEY // 2
_FEW = 60
"""So many keys and values with short texts are less than ``LARGE_EVENT``, and less deep than any
limit: each level has one of them."""
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def is_modest(data: bytes) -> bool:
    """Return whether no event of a JSON text can be too deep or wide, or hold a long key or text.

    It looks at the text only, which is quicker than to walk through its values.
    """
    return (
        len(data) <= _MODEST
        and data.count(b"{") + data.count(b"[") <= MAX_DEPTH
        and data.count(b":") <= MAX_KEYS
        and has_short_texts(data)
    )


def has_short_texts(data: bytes) -> bool:
    """Return whether no key and no text in a JSON text can be too long.

    One of ``MAX_KEY`` characters without a quote in it would cover a whole stride without one.
    """
    if b'\\"' in data:
        return False
    size, find = len(data), data.find
    for start in range(0, size - _STRIDE, _STRIDE):
        if find(b'"', start, start + _STRIDE) < 0:
            return False
    return True


def is_small(event: dict[str, Any]) -> bool:
    """Return whether an event with short texts only is surely not deep, wide or large."""
    waiting: list[Any] = [event]
    width = 0
    for node in waiting:  # which grows by what is found inside
        width += len(node)
        if width > _FEW:
            return False
        for value in node.values() if type(node) is dict else node:
            kind = type(value)
            if kind is dict or kind is list:
                waiting.append(value)
    return True


def measure(event: dict[str, Any]) -> bool:
    """Return whether a key or a text of the event is too long as it is.

    Raises
    ------
    EventRefusedError
        ``too_deep`` or ``too_many_keys``.
    """
    keys, is_long = _measure_dict(event, 1)
    if keys > MAX_KEYS:
        raise EventRefusedError("too_many_keys", f"{keys} keys; at most {MAX_KEYS} are kept")
    return is_long


def _measure_dict(node: dict[str, Any], depth: int) -> tuple[int, bool]:
    keys, is_long = len(node), False
    for key, value in node.items():
        if len(key) > MAX_KEY:
            is_long = True
        kind = type(value)
        if kind is str:
            if len(value) > MAX_STRING:
                is_long = True
        elif kind is dict or kind is list:
            more, longer = _measure_inner(value, depth + 1)
            keys += more
            is_long |= longer
    return keys, is_long


def _measure_inner(node: Any, depth: int) -> tuple[int, bool]:
    if depth > MAX_DEPTH:
        raise EventRefusedError("too_deep", f"more than {MAX_DEPTH} levels inside one another")
    if type(node) is dict:
        return _measure_dict(node, depth)
    keys, is_long = 0, False
    for value in node:
        kind = type(value)
        if kind is str:
            if len(value) > MAX_STRING:
                is_long = True
        elif kind is dict or kind is list:
            more, longer = _measure_inner(value, depth + 1)
            keys += more
            is_long |= longer
    return keys, is_long


def clean(node: Any, warnings: set[str]) -> Any:
    """Return an event's JSON as it can be kept, and add to ``warnings`` what was changed.

    NaN and infinities become null, numbers beyond 64 bits their digits; NUL and half surrogate
    pairs are replaced, keys and texts that are too long are cut.
    """
    kind = type(node)
    if kind is str:
        return clean_text(node, warnings)
    if kind is dict:
        return {_clean_key(key, warnings): clean(value, warnings) for key, value in node.items()}
    if kind is list:
        return [clean(value, warnings) for value in node]
    if node is NOT_FINITE:
        warnings.add("not_finite")
        return None
    if kind is BigNumber:
        warnings.add("big_number")
        return clean_text(str(node), warnings)
    return node


def _clean_key(key: str, warnings: set[str]) -> str:
    if len(key) > MAX_KEY:
        warnings.add("key_cut")
        key = key[:MAX_KEY]
    return clean_text(key, warnings)


def clean_text(text: str, warnings: set[str]) -> str:
    """Return a text without NUL and half surrogate pairs, and no longer than is kept."""
    if len(text) > MAX_STRING:
        warnings.add("text_cut")
        text = text[:MAX_STRING]
    try:
        text.encode()
    except UnicodeEncodeError:
        warnings.add("text_replaced")
        text = _join_surrogates(text)
    if "\0" in text:
        warnings.add("text_replaced")
        text = text.replace("\0", REPLACEMENT)
    return text


def _join_surrogates(text: str) -> str:
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.encode("utf-8", "replace").decode()


def prune(node: Any, depth: int = MAX_DEPTH) -> Any:
    """Return JSON without what lies deeper than ``depth`` levels, for keeping what was refused."""
    if type(node) is dict:
        return {key: prune(value, depth - 1) for key, value in node.items()} if depth else "…"
    if type(node) is list:
        return [prune(value, depth - 1) for value in node] if depth else "…"
    return node
