"""Steps: the bars, the key figures above them, and the biggest loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from suppilo.analytics.funnel import FunnelReport, StepResult
from suppilo.analytics.funnel.times import TimeToConvert
from suppilo.apps.funnels.ask import Answer
from suppilo.charts import figures
from suppilo.charts.bottlenecks import weight_sentence
from suppilo.web.templatetags.funnel_words import count, duration, one_in, rate, span, unit_count
from suppilo.web.views.funnels.links import Links
from suppilo.web.views.funnels.parts.breakdown import breakdown_rows

TOP_VALUES = 6


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A card: a figure with its unit, and what stands beneath."""

    label: str
    figure: str
    unit: str
    note: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class StepColumn:
    """A step's bar; heights and places are per cent of the bar's ground.

    ``urls`` lead to the people: who reached it, who dropped there, who is still open.
    """

    number: int
    result: StepResult
    shade: str
    is_leak: bool
    leak_words: str
    reached: str
    settled: str
    open_top: str
    settled_top: str
    reached_url: str
    dropped_url: str
    open_url: str


def show_steps(answer: Answer, links: Links) -> dict[str, Any]:
    """Return what the view of steps shows."""
    leak = figures.find_leak(answer.report)
    context: dict[str, Any] = {
        "cards": list(key_figures(answer.report, answer.times, links)),
        "columns": list(step_columns(answer.report, links)),
        "has_open": figures.still_open(answer.report.steps) > 0,
        "breakdown_rows": breakdown_rows(answer.report, links)[:TOP_VALUES],
    }
    found = answer.report.bottlenecks
    if found is not None and found.losses:
        unit = answer.report.definition.unit
        context |= {
            "weight_sentence": weight_sentence(found, leak, lambda n: unit_count(n, unit)),
            "bottlenecks_url": links.bottlenecks(),
            "worth": found.worth,
        }
    if leak is not None:
        outcome = "dropped" if leak.lost else "open"
        context |= {
            "leak": leak,
            "leak_title": figures.leak_title(leak, 60),
            "leak_sentence": figures.leak_sentence(leak),
            "leak_url": links.people(leak.after + 1, outcome),
            "leak_count": leak.lost or leak.open,
        }
    return context


def step_columns(report: FunnelReport, links: Links) -> Iterator[StepColumn]:
    """Yield each step's bar."""
    leak = figures.find_leak(report)
    shades = ("top", "middle", "bottom")
    for index, step in enumerate(report.steps):
        number = index + 1
        reached = 100 * figures.share_of_first(report.steps, step.count)
        settled = 100 * figures.share_of_first(report.steps, step.count - step.open)
        # What is there at all shows as a line, however few they are.
        reached, settled = (max(part, 0.8) if n else 0.0 for part, n in
                            ((reached, step.count), (settled, step.count - step.open)))  # fmt: skip
        leaks = leak is not None and leak.before == index
        yield StepColumn(
            number, step, shades[3 * index // len(report.steps)], leaks,
            figures.leak_flag(leak) if leak is not None and leaks else "",
            f"{reached:.2f}%", f"{settled:.2f}%", f"{100 - reached:.2f}%", f"{100 - settled:.2f}%",
            links.people(number), links.people(number, "dropped"), links.people(number, "open"),
        )  # fmt: skip


def key_figures(
    report: FunnelReport, times: TimeToConvert | None, links: Links
) -> Iterator[KeyFigure]:
    """Yield the figures that stand above every report."""
    first, last = report.steps[0], figures.last_step(report.steps)
    note = _("of {paths} people looked at").format(paths=count(report.paths))
    if report.excluded:
        note += " · " + _("{n} left by an exclusion").format(n=count(report.excluded))
    yield KeyFigure(_("Entered"), count(first.count), "", note, links.people(1))
    yield _conversion(first, last, links, report)
    if times is not None:
        ends = _("{n} that converted").format(n=count(times.converted))
        quartiles = dict(times.percentiles)
        if 25 in quartiles and times.converted > 1:
            ends = _("half of them within {low} – {high}").format(
                low=duration(quartiles[25]), high=duration(quartiles[75])
            )
        yield KeyFigure(_("Time to convert, median"), duration(times.median_seconds), "", ends)
    yield KeyFigure(
        _("Still open"), count(figures.still_open(report.steps)), "",
        _("have time left to go on, and are not lost"), links.people(0, "open"),
    )  # fmt: skip


def _conversion(
    first: StepResult, last: StepResult, links: Links, report: FunnelReport
) -> KeyFigure:
    note = _("{converted} of {entered}").format(
        converted=count(last.count), entered=count(first.count)
    )
    if last.lower is not None:
        level = f"{100 * last.level:g} %"
        note += f" · {level}: {span(last.lower, last.upper)}"
    url = links.people(report.steps.index(last) + 1)
    if last.conversion_rate:
        return KeyFigure(
            _("Overall conversion"), one_in(last.conversion_rate), rate(last.conversion_rate), note,
            url,
        )  # fmt: skip
    return KeyFigure(_("Overall conversion"), rate(last.conversion_rate), "", note)
