"""A funnel report as one self-contained HTML page: no script, nothing fetched."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suppilo.analytics.funnel.report import BreakdownValue, FunnelReport, StepResult
from suppilo.charts import bottlenecks, figures, words
from suppilo.charts.explain import explain_report, explain_steps, window_words
from suppilo.charts.i18n import _, language
from suppilo.charts.vega import PAGE, Spec, TimeToConvert, time_to_convert_spec, to_svg, trend_spec

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
MAX_ROWS = 200
MAX_CURVE_ROWS = 24

CurvePoint = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Card:
    """One key figure with what stands under it."""

    title: str
    figure: str
    unit: str
    note: str


@dataclass(frozen=True, slots=True)
class StepBar:
    """A step's bar: per cent of the height for settled paths and for all that reached it."""

    step: StepResult
    settled: str
    reached: str
    least: str
    shade: str
    leaks: bool
    flag: str


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One value of a breakdown; ``span`` is its lower end, rate and upper end in per cent."""

    value: Any
    steps: Sequence[StepResult]
    end: StepResult
    span: tuple[str, str, str] | None


@dataclass(frozen=True, slots=True)
class Pictures:
    """One chart at two widths; the page shows the one that fits."""

    wide: str
    narrow: str


def render_html(
    report: FunnelReport, title: str | None = None, times: TimeToConvert | None = None
) -> str:
    """Return a whole page that opens anywhere, offline and without scripts.

    Parameters
    ----------
    report
        The answer to show.
    title
        The page's heading; "Funnel" if left out.
    times
        The time to convert between two of its steps, drawn where given.
    """
    return _render("page.html", report, title, times)


def render_fragment(
    report: FunnelReport, title: str | None = None, times: TimeToConvert | None = None
) -> str:
    """Return the same as a part of another page, such as a notebook's, with its own style."""
    return _render("fragment.html", report, title, times)


def _render(
    template: str, report: FunnelReport, title: str | None, times: TimeToConvert | None
) -> str:
    return _environment().get_template(template).render(_context(report, title, times))


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {
        "clean": words.clean, "number": words.number, "rate": words.rate, "value": words.name_of,
        "duration": words.duration, "shorten": words.shorten,
    }  # fmt: skip
    environment.globals |= {
        "_": _, "number": words.number, "rate_range": words.rate_range, "odds": words.odds,
        "odds_range": words.odds_range, "p_value": words.p_value, "last_step": figures.last_step,
        "duration_range": words.duration_range, "correlation_name": figures.correlation_name,
        "percent": lambda p: f"{words.number(p)} %",
    }  # fmt: skip
    return environment


@cache
def _css() -> Any:
    from markupsafe import Markup

    parts = (TEMPLATES / name for name in ("tokens.css", "report.css"))
    return Markup("".join(part.read_text("utf-8") for part in parts))  # noqa: S704 our own files


def _context(
    report: FunnelReport, title: str | None, times: TimeToConvert | None
) -> dict[str, Any]:
    definition, steps = report.definition, report.steps
    zone, every = definition.timezone, definition.every
    return {
        "report": report, "title": title or _("Funnel"), "language": language(), "css": _css(),
        "first": steps[0], "last": figures.last_step(steps), "window": window_words(definition),
        "as_of": None if report.as_of_us is None else words.moment(report.as_of_us, zone),
        "cards": _cards(report, times), "bars": _bars(report), "open": figures.still_open(steps),
        "trend": _trend(report, alone=times is None), "times": times,
        "times_chart": _times_chart(times, alone=not report.buckets),
        "curve_rows": _thin(times.curve) if times else (),
        "bucket_heading": words.bucket_heading(every),
        "bucket_name": lambda start: words.bucket_name(start, every),
        "rejected_title": figures.rejected_words(report.rejected.rows),
        "sentences": explain_report(report), "step_lines": explain_steps(definition),
        "definition_json": _json(definition.to_dict()),
        "entered": figures.entered_words(report),
        "reconciliation": figures.reconcile(report), **_leak(report), **_values(report),
        **_bottlenecks(report),
    }  # fmt: skip


def _leak(report: FunnelReport) -> dict[str, Any]:
    leak = figures.find_leak(report)
    if leak is None:
        return {"leak": None}
    return {
        "leak": leak,
        "leak_title": figures.leak_title(leak),
        "leak_sentence": figures.leak_sentence(leak),
        "leak_range": words.rate_range(leak.lower, leak.upper),
        "level": words.number(round(100 * report.steps[0].level, 4)),
    }


def _bottlenecks(report: FunnelReport) -> dict[str, Any]:
    found = report.bottlenecks
    if found is None:
        return {}
    return {
        "found": found,
        "bottleneck_sentence": bottlenecks.bottleneck_sentence(found),
        "saving": _("Saving {share}").format(share=bottlenecks.percent(found.saved)),
        "loss_words": bottlenecks.loss_words,
        "gain_words": bottlenecks.gain_words,
        "extra_words": bottlenecks.extra_words,
        "method": list(bottlenecks.method_words(found)),
    }


def _cards(report: FunnelReport, times: TimeToConvert | None) -> Iterator[Card]:
    first, last = report.steps[0], figures.last_step(report.steps)
    note = _("{converted} of {entered}").format(
        converted=words.number(last.count), entered=words.number(first.count)
    )
    if last.lower is not None:
        note += _(" · range {span}").format(span=words.rate_range(last.lower, last.upper))
    share = words.rate(last.conversion_rate)
    if last.conversion_rate:
        yield Card(_("Overall conversion"), words.one_in(last.conversion_rate), share, note)
    else:
        yield Card(_("Overall conversion"), share, "", note)
    yield _time_card(report, times)
    note = _("of {paths} looked at").format(paths=words.number(report.paths))
    if report.excluded:
        note += _("; {n} left by an exclusion").format(n=words.number(report.excluded))
    yield Card(_("Entered"), words.number(first.count), "", note)
    yield Card(
        _("Still open"), words.number(figures.still_open(report.steps)), "",
        _("have time left to go on, and are not lost"),
    )  # fmt: skip


def _time_card(report: FunnelReport, times: TimeToConvert | None) -> Card:
    """Return the median time over the whole way where it is known, else of the slowest step."""
    if times is not None:
        names = (times.from_step, times.to_step)
        return Card(_("Time to convert, median"), words.duration(times.median_seconds), "",
                    " → ".join(words.shorten(words.clean(name), 40) for name in names))  # fmt: skip
    required = [report.steps[i] for i in figures.required_indexes(report.steps)]
    known = [pair for pair in pairwise(required) if pair[1].median_seconds is not None]
    if not known:
        return Card(_("Time to convert, median"), words.MISSING, "", _("no times to show"))
    before, after = max(known, key=lambda pair: pair[1].median_seconds or 0)
    title = _("Time to convert, median") if len(required) == 2 else _("Slowest step, median")
    names = (before.name, after.name)
    return Card(title, words.duration(after.median_seconds), "",
                " → ".join(words.shorten(words.clean(name), 40) for name in names))  # fmt: skip


def _bars(report: FunnelReport) -> list[StepBar]:
    leak = figures.find_leak(report)
    shades = ("top", "middle", "bottom")
    bars = []
    for index, step in enumerate(report.steps):
        leaks = leak is not None and leak.before == index
        bars.append(
            StepBar(
                step=step,
                settled=_percent(figures.share_of_first(report.steps, step.count - step.open)),
                reached=_percent(figures.share_of_first(report.steps, step.count)),
                least="2px" if step.count > step.open else "0",
                shade=shades[3 * index // len(report.steps)],
                leaks=leaks,
                flag=figures.leak_flag(leak) if leak else "",
            )
        )
    return bars


def _percent(share: float) -> str:
    return f"{100 * share:.2f}"


def _values(report: FunnelReport) -> dict[str, Any]:
    if report.breakdown is None:
        return {}
    values = report.breakdown.values
    whole = BreakdownValue(None, report.steps)
    scale = figures.span_scale([figures.last_step(v.steps) for v in (*values[:MAX_ROWS], whole)])
    return {
        "rows": [_value_row(value, scale) for value in values[:MAX_ROWS]],
        "hidden_rows": max(0, len(values) - MAX_ROWS),
        "total_span": _value_row(whole, scale).span,
        "scale": scale,
    }


def _value_row(value: BreakdownValue, scale: float) -> ValueRow:
    end = figures.last_step(value.steps)
    span = None
    if end.conversion_rate is not None and end.lower is not None and end.upper is not None:
        lower, middle, upper = (
            _percent(min(1.0, part / scale)) for part in (end.lower, end.conversion_rate, end.upper)
        )
        span = (lower, middle, upper)
    return ValueRow(value.value, value.steps, end, span)


def _trend(report: FunnelReport, alone: bool) -> Pictures | None:
    if not report.buckets:
        return None
    wide, narrow = (trend_spec(report, width, PAGE) for width in (1180 if alone else 690, 250))
    return _pictures(wide, narrow, "trend")


def _times_chart(times: TimeToConvert | None, alone: bool) -> Pictures | None:
    if times is None:
        return None
    sizes = (1180 if alone else 400, 250)
    wide, narrow = (time_to_convert_spec(times, width, PAGE) for width in sizes)
    return _pictures(wide, narrow, "times")


def _pictures(wide: Spec, narrow: Spec, name: str) -> Pictures:
    from markupsafe import Markup

    return Pictures(
        Markup(to_svg(wide, f"{name}-wide")),  # noqa: S704 drawn from numbers, text escaped by Vega
        Markup(to_svg(narrow, f"{name}-narrow")),  # noqa: S704 likewise
    )


def _thin(curve: Sequence[CurvePoint]) -> Sequence[CurvePoint]:
    """Return at most so many points of a curve as a table can bear, its last among them."""
    every = -(-len(curve) // MAX_CURVE_ROWS) or 1
    return list(reversed(list(reversed(curve))[::every]))


def _json(value: Any) -> str:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    # Characters that can't be seen or turn the text around are written as JSON escapes.
    return re.sub(r"[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\u061c\ud800-\udfff]",
                  lambda found: f"\\u{ord(found[0]):04x}", text)  # fmt: skip
