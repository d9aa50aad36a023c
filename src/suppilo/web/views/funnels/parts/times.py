"""Time to convert: between any two steps, how long it took and how many have by then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from suppilo.analytics.funnel.times import TimeToConvert
from suppilo.analytics.funnel.times_by import ValueTimes
from suppilo.apps.funnels.ask import Answer
from suppilo.charts.page import times_picture
from suppilo.web.views.funnels.links import Links
from suppilo.web.views.funnels.parts.trend import SIZES, drawn

CURVE_ROWS = 20


@dataclass(frozen=True, slots=True)
class ValueTimesRow:
    """How long one value of the breakdown takes, and who did it."""

    times: ValueTimes
    url: str
    waiting_url: str


def _value_rows(answer: Answer, links: Links, chosen: tuple[int, int]) -> Iterator[ValueTimesRow]:
    since, step = chosen
    for value in answer.times_by.values if answer.times_by else ():
        yield ValueTimesRow(
            value,
            links.people(step, value=value.value),
            links.people(step, "waiting", value=value.value, more={"since": str(since)}),
        )


def _bars(
    times: TimeToConvert, links: Links, chosen: tuple[int, int]
) -> Iterator[tuple[float, float, int, str]]:
    """Yield from when to when how many took, and who they are; empty bars are left out."""
    for place, (start, end, count) in enumerate(times.histogram, 1):
        # The last bar has its own end in it.
        until = repr(end) if place < len(times.histogram) else ""
        if count:
            more = {"since": str(chosen[0]), "took": f"{start!r}~{until}"}
            yield start, end, count, links.people(chosen[1], more=more)


def show_times(answer: Answer, links: Links) -> dict[str, Any]:
    """Return what the view of times shows."""
    definition, times = answer.result.definition, answer.times
    numbers = [place + 1 for place in definition.required]
    choices = [(number, definition.steps[number - 1].name) for number in numbers]
    chosen = since, step = links.asked.look.times or (numbers[0], numbers[-1])
    if times is None:
        return {"times": None}
    every = -(-len(times.curve) // CURVE_ROWS) or 1
    return {
        "times": times,
        "from_choices": choices[:-1],
        "to_choices": choices[1:],
        "chosen": chosen,
        "pictures": [
            (size, drawn(times_picture(times, width))) for size, width in SIZES if times.converted
        ],
        "curve_rows": times.curve[every - 1 :: every],
        "converted_url": links.people(step),
        "waiting_url": links.people(step, "waiting", more={"since": str(since)}),
        "times_by": answer.times_by,
        "value_rows": list(_value_rows(answer, links, chosen)),
        "histogram": list(_bars(times, links, chosen)),
    }
