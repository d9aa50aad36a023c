"""What the address of a what-if asks: of pages and of the API alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from suppilo.analytics.periods import to_local
from suppilo.analytics.whatif import WhatIfError
from suppilo.apps.insights.what_if import WhatIfQuestion, read_question
from suppilo.apps.insights.what_if.question import MAX_LEVELS
from suppilo.web.reporting import Period, here, now_us, read_period

USUAL_DATES = "90d"
_LISTS = {"level": "name", "count": "count", "cost": "unit_cost", "times": "times",
          "elasticity": "elasticity", "rate": "rate"}  # fmt: skip
_PER_CENT = frozenset({"rate", "margin", "saved"})


@dataclass(frozen=True, slots=True)
class AskedWhatIf:
    """A what-if as its address writes it.

    ``question`` is None where a field can't be read: ``errors`` says which. ``is_blank``: the
    address asks for nothing yet.
    """

    period: Period
    question: WhatIfQuestion | None
    live_us: int
    is_blank: bool
    errors: dict[str, str] = field(default_factory=dict)

    def query(self, question: WhatIfQuestion | None = None) -> str:
        """Return the query of this question, or of another of the same dates."""
        asked = question or self.question or WhatIfQuestion()
        return urlencode([*_dates(self.period), *write_pairs(asked)])


def read_asked(query: QueryDict) -> AskedWhatIf:
    """Return what an address asks; what can't be read is noted as an error.

    ``level``, ``count``, ``cost``, ``times``, ``elasticity`` and ``rate`` come once for each level,
    in order, and may be empty; rates, ``margin`` and ``saved`` are per cent.
    """
    errors: dict[str, str] = {}
    live = now_us()
    texts = {name: query.get(name, "")[:40].strip() for name in ("dates", "from", "to")}
    period = read_period(texts, USUAL_DATES, live, errors)
    spec = {
        "of": query.get("of", "") or "own",
        "levels": _read_levels(query, errors),
        "currency": query.get("currency", ""),
        "segment": _read_segment(query.get("segment", "").strip()),
        **{name: _read_number(query.get(name, ""), name, errors)
           for name in ("value", "margin", "saved")},
    }  # fmt: skip
    question, is_blank = None, "of" not in query and "level" not in query
    try:
        question = _in_dates(read_question(spec), period)
    except WhatIfError as error:
        errors.setdefault("of", str(error))
    return AskedWhatIf(period, None if errors else question, live, is_blank, errors)


def _read_segment(text: str) -> int | str:
    """Return the number of a segment; a text that is none stays, to be refused."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else text


def _in_dates(question: WhatIfQuestion, period: Period) -> WhatIfQuestion:
    if not question.source.is_counted:
        return question
    return replace(question, start_us=period.start_us, end_us=period.end_us)


def _read_levels(query: QueryDict, errors: dict[str, str]) -> list[dict[str, Any]]:
    columns = {name: query.getlist(name)[: MAX_LEVELS + 1] for name in _LISTS}
    number = max(map(len, columns.values()))
    levels = []
    for place in range(number):
        texts = {name: column[place].strip() for name, column in columns.items()
                 if place < len(column)}  # fmt: skip
        level = {
            _LISTS[name]: text if name == "level" else _read_number(text, name, errors)
            for name, text in texts.items()
        }
        # Of own figures the last row is there to be filled in; others are met by their place.
        if query.get("of", "own") not in ("", "own") or texts.get("level") or texts.get("count"):
            levels.append({key: given for key, given in level.items() if given is not None})
    return levels


def _read_number(text: str, name: str, errors: dict[str, str]) -> float | None:
    text = text.strip()
    if not text:
        return None
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        errors[name] = _("“%(text)s” is no number.") % {"text": text[:40]}
        return None
    if name in ("margin", "saved") and not 0 <= found <= 100:
        errors[name] = _("A share lies between 0 and 100 %.")
    return found / 100 if name in _PER_CENT else found


def _dates(period: Period) -> Iterator[tuple[str, str]]:
    if period.choice == "between":
        yield "dates", "between"
        yield "from", period.start_text or _day(period.start_us)
        yield "to", period.end_text or _day(None if period.end_us is None else period.end_us - 1)
    elif period.choice != USUAL_DATES:
        yield "dates", period.choice


def _day(at_us: int | None) -> str:
    return "" if at_us is None else to_local(at_us, here()).date().isoformat()


def write_pairs(question: WhatIfQuestion) -> Iterator[tuple[str, str]]:
    """Yield a question's keys and values, without its dates; what is usual is left out."""
    yield "of", str(question.source)
    is_own = not question.source.is_counted
    for one in question.levels:
        if is_own:
            yield "level", one.name
            yield "count", plain(one.count)
        yield "cost", plain(one.unit_cost)
        yield "times", "" if one.times == 1 else plain(one.times)
        yield "elasticity", "" if one.elasticity == 1 else plain(one.elasticity)
        yield "rate", "" if one.rate is None else plain(100 * one.rate)
    usual = WhatIfQuestion()
    if question.value is not None:
        yield "value", plain(question.value)
    for name in ("margin", "saved"):
        if (share := getattr(question, name)) != getattr(usual, name):
            yield name, plain(100 * share)
    if question.currency:
        yield "currency", question.currency
    if question.segment is not None:
        yield "segment", str(question.segment)


def plain(number: float | None) -> str:
    """Return a number for a field, with a point; empty for none.

    Examples
    --------
    >>> plain(200.0), plain(66.6666666666), plain(None)
    ('200', '66.66666667', '')
    """
    return "" if number is None else f"{number:.10g}" if abs(number) < 1e10 else f"{number:.0f}"
