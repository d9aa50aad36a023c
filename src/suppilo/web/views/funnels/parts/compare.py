"""Compare: two periods or segments, how far apart they are, and what is mix and what is rate."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from suppilo.analytics.funnel import FunnelDefinition
from suppilo.analytics.funnel.compare import Decomposition, RateDifference, StepComparison
from suppilo.apps.funnels.ask import Answer, CompareChoice, Comparison
from suppilo.charts import figures, words
from suppilo.charts.page import differences_picture
from suppilo.web.templatetags.funnel_words import points
from suppilo.web.views.funnels.links import Links
from suppilo.web.views.funnels.parts.trend import drawn

MOST_VALUES = 50


@dataclass(frozen=True, slots=True)
class CompareRow:
    """A step of both funnels beside each other."""

    number: int
    step: StepComparison
    picture: str
    a_url: str
    b_url: str


def show_comparison(answer: Answer, links: Links) -> dict[str, Any]:
    """Return what the comparison shows."""
    found = answer.comparison
    context: dict[str, Any] = {"properties": list(answer.source.property_names())}
    if found is None:
        return context
    end = found.a.definition.required[-1]
    names = side_names(found, answer.question.compare)
    context |= {
        "found": found,
        "names": names,
        "overall": found.steps[end].overall,
        "side_ends": [side.report.steps[end] for side in (found.a, found.b)],
        "firsts": [side.report.steps[0] for side in (found.a, found.b)],
        "compare_rows": list(_rows(found, links)),
        "sentence": _sentence(found.steps[end].overall, names),
        "open_counts": [figures.still_open(side.report.steps) for side in (found.a, found.b)],
    }
    if found.mix is not None:
        context |= {"mix": found.mix, "mix_values": found.mix.values[:MOST_VALUES],
                    "mix_shown": _adding_up(found.mix)}  # fmt: skip
    return context


def _rows(found: Comparison, links: Links) -> list[CompareRow]:
    clear = [step.step for step in found.steps if step.step is not None]
    scale = max([0.01, *(max(abs(d.lower), abs(d.upper)) for d in clear)])
    return [
        CompareRow(
            number,
            step,
            "" if step.step is None else drawn(_difference(step.step, scale)),
            links.people_of(found.a.definition, number),
            links.people_of(found.b.definition, number),
        )
        for number, step in enumerate(found.steps, 1)
    ]


def _difference(found: RateDifference, scale: float) -> str:
    return differences_picture(found.lower, found.difference, found.upper, scale)


def side_names(found: Comparison, choice: CompareChoice) -> tuple[str, str]:
    """Return what to call the two sides."""
    if choice.kind == "segments":
        return choice.a or _("everyone"), choice.b or _("everyone")
    return _period(found.a.definition), _period(found.b.definition)


def _period(definition: FunnelDefinition) -> str:
    zone = definition.timezone
    start, end = (0 if at is None else at for at in (definition.from_us, definition.to_us))
    # The day that the period ends before is not part of it.
    return f"{words.day(start, zone)} – {words.day(end - 1, zone).split(' ')[0]}"


def _sentence(overall: RateDifference | None, names: tuple[str, str]) -> str:
    if overall is None:
        return _("One of the two has nobody who entered, so there is nothing to compare.")
    if not overall.is_clear:
        text = _("Between “{a}” and “{b}” the conversion differs by {points} points, no more than "
                 "chance would explain.")  # fmt: skip
    elif overall.difference > 0:
        text = _("“{b}” converts better than “{a}”: {points} points, more than chance explains.")
    else:
        text = _("“{b}” converts worse than “{a}”: {points} points, more than chance explains.")
    a, b = (words.shorten(words.clean(name), 60) for name in names)
    return text.format(a=a, b=b, points=points(overall.difference))


def _adding_up(mix: Decomposition) -> tuple[Fraction, Fraction, Fraction]:
    """Return difference, mix and rate, rounded so that what is shown adds up too."""
    whole, part = (round(share, 4) for share in (mix.difference, mix.mix))
    return whole, part, whole - part
