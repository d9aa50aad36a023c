"""Values out of a specification: what is missing or of the wrong kind is said with its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from suppilo.analytics.periods import parse_duration, parse_moment


class DefinitionError(ValueError):
    """A funnel that can't be asked; the message says which part and what to write instead."""


def check_keys(spec: Mapping[str, Any], known: Sequence[str], place: str) -> None:
    """Refuse a key that is not known, with the nearest one that is."""
    for key in spec:
        if key not in known:
            near = get_close_matches(str(key), known, 1, 0.5)
            hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(known)}"
            raise DefinitionError(f'{place} has an unknown key "{key}"; {hint}')


def read_text(spec: Mapping[str, Any], key: str, default: Any, place: str) -> Any:
    """Return a text, or ``default`` where there is none."""
    value = spec.get(key)
    if value is None:
        return default
    if not isinstance(value, str) or not value.strip():
        raise DefinitionError(f'{place}: "{key}" must be text')
    return value


def read_flag(spec: Mapping[str, Any], key: str, place: str) -> bool:
    """Return true or false; false where there is none."""
    value = spec.get(key, False)
    if not isinstance(value, bool):
        raise DefinitionError(f'{place}: "{key}" must be true or false')
    return value


def read_list(spec: Mapping[str, Any], key: str) -> Sequence[Any]:
    """Return a list; an empty one where there is none."""
    value = spec.get(key)
    if value is None:
        return ()
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise DefinitionError(f'"{key}" must be a list')
    return value


def read_choice(spec: Mapping[str, Any], key: str, allowed: Sequence[str], default: Any) -> Any:
    """Return one of the words allowed, or ``default`` where there is none."""
    value = spec.get(key)
    if value is None:
        return default
    if value not in allowed:
        raise DefinitionError(f'"{key}" is {value!r}; it can be {", ".join(allowed)}')
    return value


def read_duration(spec: Mapping[str, Any], key: str, place: str) -> int | None:
    """Return a length of time in microseconds; None where there is none."""
    value = spec.get(key)
    if value is None:
        return None
    try:
        return parse_duration(value if isinstance(value, str) else repr(value))
    except ValueError as error:
        raise DefinitionError(f'{place}: "{key}": {error}') from error


def read_moment(spec: Mapping[str, Any], key: str, timezone: str) -> int | None:
    """Return a date or time in microseconds since 1970 UTC; None where there is none."""
    value = spec.get(key)
    if value is None:
        return None
    try:
        # YAML reads an unquoted 2026-01-01 as a date: its text is the ISO form.
        return parse_moment(str(value), timezone)
    except (ValueError, OverflowError) as error:
        raise DefinitionError(f'"{key}": {error}') from error
