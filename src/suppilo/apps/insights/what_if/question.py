"""A what-if question: which levels, what each lever is set to, what things are worth."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from suppilo.analytics.periods import format_moment, parse_moment
from suppilo.analytics.whatif import Expand, Lever, Stretch, WhatIfError

MAX_LEVELS = 20
LONGEST_NAME = 120
LARGEST = 1e15
"""Counts, costs and factors beyond it are mistakes of the hand."""
_KINDS = ("own", "levels", "funnel", "full")


@dataclass(frozen=True, slots=True)
class LevelSource:
    """Where levels come from: ``own``, the eight ``levels``, a ``funnel``, the ``full`` one.

    ``number`` is a saved funnel's id, or for the full funnel a pipeline's (0: the first).
    """

    kind: str = "own"
    number: int = 0

    def __str__(self) -> str:
        return f"{self.kind}-{self.number}" if self.number else self.kind

    @property
    def is_counted(self) -> bool:
        """Whether the levels are counted from what is recorded."""
        return self.kind != "own"

    @classmethod
    def parse(cls, text: str) -> LevelSource:
        """Read ``own``, ``levels``, ``full``, ``full-3`` or ``funnel-12``.

        Raises
        ------
        WhatIfError
            If it is none of them.
        """
        kind, _, number = text.partition("-")
        fits = not number or (number.isascii() and number.isdecimal() and len(number) < 18)
        if kind not in _KINDS or not fits or (kind == "funnel") > bool(number):
            raise WhatIfError(f"{text[:40]!r} has no levels; write own, levels, full or funnel-12")
        return cls(kind, int(number or 0))


@dataclass(frozen=True, slots=True)
class LevelAsked:
    """A level as asked: its figures where they are one's own, and its levers.

    Attributes
    ----------
    name, count
        Only of own figures; counted levels bring theirs.
    unit_cost
        What one more costs; None: as counted, or not known.
    times, elasticity
        So many times as many come in; those after grow by ``times ** elasticity``.
    rate
        The share that goes on to the next level, 0..1; None: as it is.
    """

    name: str = ""
    count: float | None = None
    unit_cost: float | None = None
    times: float = 1.0
    elasticity: float = 1.0
    rate: float | None = None

    @property
    def is_pulled(self) -> bool:
        """Whether a lever of this level is moved."""
        return self.times != 1 or self.rate is not None


@dataclass(frozen=True, slots=True)
class WhatIfQuestion:
    """What is asked; levels are in order, and those of a counted source are met by their place.

    Attributes
    ----------
    start_us, end_us
        Who entered then is counted: ``[start, end)``, microseconds since 1970 UTC.
    value, currency
        Money per unit of the last level; None: as counted, or not known.
    margin
        Share of it that is left when what was sold is paid for.
    saved
        Share of each level's losses that is saved where the levels are ranked.
    segment
        Only who is in it now is counted; None: everybody. Figures of one's own have none.
    """

    source: LevelSource = LevelSource()
    levels: tuple[LevelAsked, ...] = ()
    start_us: int | None = None
    end_us: int | None = None
    value: float | None = None
    margin: float = 1.0
    saved: float = 0.1
    currency: str = ""
    segment: int | None = None

    def at(self, place: int) -> LevelAsked:
        """Return what is asked of a level by its place, from 0."""
        return self.levels[place] if place < len(self.levels) else LevelAsked()

    def levers(self, names: tuple[str, ...]) -> Iterator[Lever]:
        """Yield the levers for levels of these names.

        Rates are set first: an elasticity below 1 then lowers what was set, too.
        """
        last = len(names) - 1
        for place, name in enumerate(names[:last]):
            if (rate := self.at(place).rate) is not None:
                yield Stretch(name, to=rate)
        for place, name in enumerate(names):
            if (asked := self.at(place)).times != 1:
                yield Expand(name, asked.times, asked.elasticity)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, which :func:`read_question` reads."""
        return {
            "of": str(self.source),
            "from": None if self.start_us is None else format_moment(self.start_us),
            "to": None if self.end_us is None else format_moment(self.end_us),
            "levels": [asdict(one) for one in self.levels],
            "value": self.value,
            "margin": self.margin,
            "saved": self.saved,
            "currency": self.currency,
            "segment": self.segment,
        }


def read_question(spec: Mapping[str, Any], timezone: str = "UTC") -> WhatIfQuestion:
    """Read the JSON form.

    Raises
    ------
    WhatIfError
        If a field is not known, or says nothing sensible; the message names it.
    """
    known = ("of", "from", "to", "levels", "value", "margin", "saved", "currency", "segment")
    if unknown := [str(name) for name in spec if name not in known]:
        raise WhatIfError(f"{unknown[0][:40]!r} is no field; there are {', '.join(known)}")
    start_us, end_us = (_read_moment(spec.get(name), name, timezone) for name in ("from", "to"))
    if start_us is not None and end_us is not None and start_us >= end_us:
        raise WhatIfError("'to' must be later than 'from'")
    levels = spec.get("levels", [])
    if not isinstance(levels, list) or len(levels) > MAX_LEVELS:
        raise WhatIfError(f"'levels' must be a list of at most {MAX_LEVELS} levels")
    source = LevelSource.parse(_text(spec, "of", "own"))
    return WhatIfQuestion(
        source,
        tuple(_read_level(level) for level in levels),
        start_us,
        end_us,
        _number(spec, "value"),
        _number(spec, "margin", 1.0, most=1.0),
        _number(spec, "saved", 0.1, most=1.0),
        _currency(spec),
        _segment(spec) if source.is_counted else None,
    )


def _read_level(level: Any) -> LevelAsked:
    known = ("name", "count", "unit_cost", "times", "elasticity", "rate")
    if not isinstance(level, dict) or not set(level) <= set(known):
        raise WhatIfError(f"a level is an object with {', '.join(known)}")
    return LevelAsked(
        _text(level, "name"),
        _number(level, "count"),
        _number(level, "unit_cost"),
        _number(level, "times", 1.0),
        _number(level, "elasticity", 1.0),
        _number(level, "rate"),
    )


def _read_moment(given: Any, name: str, timezone: str) -> int | None:
    if given is None or given == "":
        return None
    try:
        return parse_moment(str(given), timezone)
    except (ValueError, OverflowError) as error:
        raise WhatIfError(f"{name!r} is no date; write 2026-01-31") from error


def _text(spec: Mapping[str, Any], name: str, default: str = "") -> str:
    given = spec.get(name, default)
    if not isinstance(given, str) or len(given) > LONGEST_NAME or "\0" in given:
        raise WhatIfError(f"{name!r} must be a text of at most {LONGEST_NAME} characters")
    return " ".join(given.split())


def _currency(spec: Mapping[str, Any]) -> str:
    given = _text(spec, "currency").upper()
    if given and not re.fullmatch("[A-Z]{3}", given):
        raise WhatIfError("'currency' must be three letters, such as EUR")
    return given


def _segment(spec: Mapping[str, Any]) -> int | None:
    given = spec.get("segment")
    if given is None or given == "":
        return None
    if isinstance(given, bool) or not isinstance(given, int) or not 0 < given < 2**63:
        raise WhatIfError("'segment' must be the number of a segment")
    return given


def _number(spec: Mapping[str, Any], name: str, default: Any = None, most: float = LARGEST) -> Any:
    given = spec.get(name, default)
    if given is None:
        return default
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if not is_number or not 0 <= given <= most:
        raise WhatIfError(f"{name!r} must be a number from 0 to {most:g}")
    return float(given)
