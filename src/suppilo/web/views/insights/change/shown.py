"""A change as the page shows it: rows, links, the picture, and what to call things."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from suppilo.analytics.change import Change, Effect, Segment
from suppilo.analytics.funnel import FunnelDefinition
from suppilo.analytics.periods import to_local
from suppilo.apps.funnels.ask import Answer
from suppilo.apps.insights.change import DealChange, DealSide
from suppilo.charts.change import (
    change_sentence,
    main_parts,
    method_sentences,
    paradox_sentence,
    shown_parts,
)
from suppilo.charts.page import ChangeBar, changes_picture
from suppilo.charts.words import points
from suppilo.web.channels import CHANNELS
from suppilo.web.reporting import here
from suppilo.web.templatetags.funnel_words import value_name
from suppilo.web.views.deals.asking import list_sellers
from suppilo.web.views.funnels.asked import definition_query
from suppilo.web.views.funnels.parts.trend import SIZES, drawn
from suppilo.web.views.insights.change.asked import Asked

MOST_ROWS = 100
MOST_BARS = 12

Links = tuple[str, str]
"""Where the converted of a side lead, and all of it."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One segment: its name, its figures, and who is behind them on either side."""

    segment: Segment
    name: str
    a: Links
    b: Links

    @property
    def lost_a(self) -> int:
        """How many of side A did not convert."""
        return self.segment.group.entered_a - self.segment.converted_a

    @property
    def lost_b(self) -> int:
        """How many of side B did not convert."""
        return self.segment.group.entered_b - self.segment.converted_b


def show_change(found: Change, rows: list[ChangeRow]) -> dict[str, Any]:
    """Return what the page's figures need."""
    names = {id(row.segment): row.name for row in rows}
    return {
        "found": found,
        "rows": rows[:MOST_ROWS],
        "hidden_rows": max(0, len(rows) - MOST_ROWS),
        "parts": shown_parts(found),
        "sentence": change_sentence(found),
        "paradox": paradox_sentence(found),
        "main_parts": list(main_parts(found, lambda segment: names[id(segment)])),
        "method": method_sentences(found),
        "pictures": [(size, drawn(_picture(rows[:MOST_BARS], width))) for size, width in SIZES],
    }


def _picture(rows: list[ChangeRow], width: int) -> str:
    return changes_picture([_bar(row) for row in rows], width)


def _bar(row: ChangeRow) -> ChangeBar:
    whole = points(float(row.segment.whole))
    mix, rate = row.segment.mix, row.segment.rate
    return ChangeBar(row.name, _span(mix), _span(rate), f"{row.name}: {whole}", row.b[1])


def _span(effect: Effect) -> tuple[float, float, float]:
    return effect.lower, float(effect.value), effect.upper


def deal_rows(answer: DealChange, asked: Asked) -> list[ChangeRow]:
    """Return the segments of a change of the win rate, leading to lists of deals."""
    sides = asked.deal_sides()
    sellers = {str(seller.pk) for seller in list_sellers()}
    rows = []
    for segment in answer.change.segments if answer.change else ():
        value = segment.group.value
        keys = [_deal_keys(side, asked.by, value) for side in sides]
        if asked.segments.text:
            keys = [one | {"segment": asked.segments.text} for one in keys]
        links = [_deal_links(one) if _can_list(one, sellers) else ("", "") for one in keys]
        name = answer.names.get(value) if value else None
        shown = value_name(name, "channel" if asked.by == "channel" else "")
        rows.append(ChangeRow(segment, shown, links[0], links[1]))
    return rows


def deal_sides_links(asked: Asked) -> tuple[Links, Links]:
    """Return where the deals won and lost of either side are listed."""
    sellers = {str(seller.pk) for seller in list_sellers()}
    a, b = (_side_keys(side) for side in asked.deal_sides())
    if asked.segments.text:
        a, b = (one | {"segment": asked.segments.text} for one in (a, b))
    a_links, b_links = (_deal_links(one) if _can_list(one, sellers) else ("", "") for one in (a, b))
    return a_links, b_links


def _deal_keys(side: DealSide, by: str, value: Hashable) -> dict[str, str]:
    """Return the list's filters that show a segment of a side."""
    return {_key(by): str(value or ("none" if by == "owner" else "")), **_side_keys(side)}


def _side_keys(side: DealSide) -> dict[str, str]:
    """Return the list's filters that show a side."""
    keys = {}
    if side.field:
        keys[_key(side.field)] = side.value
    if side.start_us is not None:
        keys["opened_from"] = _day(side.start_us)
    if side.end_us is not None:
        keys["opened_to"] = _day(side.end_us - 1)
    return keys


def _can_list(keys: Mapping[str, str], sellers: Collection[str]) -> bool:
    """Return whether the list of deals knows these filters: it leaves out those it doesn't."""
    if keys.get("owner", "none") not in {"none", *sellers}:
        return False
    return all(keys.values()) and keys.get("channel", "direct") in CHANNELS


def _deal_links(keys: Mapping[str, str]) -> Links:
    """Return where the won and the lost are listed."""
    won, lost = (urlencode({**keys, "state": state}) for state in ("won", "lost"))
    return f"{reverse('deals')}?{won}", f"{reverse('deals')}?{lost}"


def _key(name: str) -> str:
    return "p" if name == "pipeline" else name


def _day(at_us: int) -> str:
    return to_local(at_us, here()).date().isoformat()


def funnel_rows(answer: Answer, found: Change, sees_people: bool) -> list[ChangeRow]:
    """Return the segments of a change of a funnel's conversion, leading to its people."""
    comparison = answer.comparison
    assert comparison is not None  # a change was found
    end = comparison.a.definition.required[-1] + 1
    definitions = (comparison.a.definition, comparison.b.definition) if sees_people else ()
    rows = []
    for segment in found.segments:
        value = segment.group.value
        cell = {"none": "1"} if value is None else {"value": str(value)}
        links = [_people_links(definition, end, cell) for definition in definitions]
        a, b = links or (("", ""), ("", ""))
        rows.append(ChangeRow(segment, value_name(value, found.by), a, b))
    return rows


def funnel_sides_links(answer: Answer, sees_people: bool) -> tuple[Links, Links]:
    """Return where the converted of either side and all of it lead."""
    comparison = answer.comparison
    if comparison is None or not sees_people:
        return ("", ""), ("", "")
    end = comparison.a.definition.required[-1] + 1
    a, b = (
        _people_links(replace(side.definition, by=None, by_value="first"), end, {})
        for side in (comparison.a, comparison.b)
    )
    return a, b


def still_open_links(answer: Answer, sees_people: bool) -> tuple[str, str]:
    """Return where those of either side lead who still have time to convert."""
    comparison = answer.comparison
    if comparison is None or not sees_people:
        return "", ""
    a, b = (
        replace(side.definition, by=None, by_value="first", every=None)
        for side in (comparison.a, comparison.b)
    )
    address = reverse("funnel_people")
    of_a, of_b = (definition_query(one, step="0", outcome="open") for one in (a, b))
    return f"{address}?{of_a}", f"{address}?{of_b}"


def _people_links(definition: FunnelDefinition, end: int, cell: Mapping[str, str]) -> Links:
    asked = replace(definition, every=None)
    address = reverse("funnel_people")
    done = definition_query(asked, step=str(end), **cell)
    entered = definition_query(asked, step="1", **cell)
    return f"{address}?{done}", f"{address}?{entered}"


def table_rows(rows: list[ChangeRow]) -> Iterator[list[str]]:
    """Yield the table's rows for a file, figures exact."""
    for row in rows:
        group = row.segment.group
        effects = (row.segment.mix, row.segment.rate)
        yield [
            row.name, str(group.entered_a), str(row.segment.converted_a), str(group.entered_b),
            str(row.segment.converted_b),
            *(str(end) for one in effects for end in (float(one.value), one.lower, one.upper)),
        ]  # fmt: skip


TABLE_HEADER = (
    "segment", "entered_a", "converted_a", "entered_b", "converted_b", "mix", "mix_lower",
    "mix_upper", "rate", "rate_lower", "rate_upper",
)  # fmt: skip
