"""A funnel as one SVG picture, for mail, documents and PNG: the page's look, nothing fetched."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from html import escape

from suppilo.analytics.funnel.report import FunnelReport, StepResult
from suppilo.charts import words
from suppilo.charts.explain import window_words
from suppilo.charts.figures import (
    Leak,
    entered_words,
    find_leak,
    last_step,
    leak_sentence,
    leak_title,
    share_of_first,
    still_open,
)
from suppilo.charts.i18n import _

INK, INK_2, INK_3 = "#14181f", "#4a5365", "#626b7d"
PAPER, HATCH, BAD, BAD_2, OPEN = "#ffffff", "#eceef2", "#b3261e", "#fcebea", "#a9bffa"
WARN, WARN_2 = "#e3cf9f", "#fdf3dc"
SHADES = ("#5b8def", "#2f5bea", "#1c3fb8")

MARGIN, GAP = 24, 14
BAR_HEIGHT, ROW_HEIGHT = 190, 34
MAX_COLUMNS = 12
MIN_WIDTH = 320


@dataclass(frozen=True, slots=True)
class Box:
    """A place in the picture, in pixels from its upper left corner."""

    x: float
    y: float
    width: float
    height: float


def funnel_svg(report: FunnelReport, width: int = 960) -> str:
    """Return the funnel as a standalone SVG document, ``width`` pixels (320 at least) wide.

    Few steps stand as columns; more than twelve, or too many for the width, lie as rows.
    """
    width = max(MIN_WIDTH, width)
    head, top = _head(report, width)
    column = (width - 2 * MARGIN + GAP) / len(report.steps) - GAP
    lies = len(report.steps) > MAX_COLUMNS or column < 84
    body, bottom = _rows(report, width, top) if lies else _columns(report, width, top)
    label = f"{_ends(report)}. {entered_words(report)}"
    height = round(bottom + MARGIN)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}" '
        "font-family=\"system-ui, -apple-system, 'Segoe UI', sans-serif\">"
        f"<title>{escape(label)}</title>{_HATCHING}"
        f'<rect width="{width}" height="{height}" fill="{PAPER}"/>{head}{body}</svg>\n'
    )


_HATCHING = (
    '<defs><pattern id="suppilo-hatch" width="10" height="10" patternUnits="userSpaceOnUse" '
    f'patternTransform="rotate(45)"><rect width="5" height="10" fill="{HATCH}"/></pattern></defs>'
)


def _ends(report: FunnelReport) -> str:
    ends = (report.steps[0].name, last_step(report.steps).name)
    return " → ".join(words.shorten(words.clean(name), 60) for name in ends)


def _head(report: FunnelReport, width: int) -> tuple[str, float]:
    """Return title, window and biggest loss, and the height at which they end."""
    room = width - 2 * MARGIN
    last = last_step(report.steps)
    figures = words.rate(last.conversion_rate)
    if last.conversion_rate is not None:
        figures += f" ({words.rate_range(last.lower, last.upper)})"
    facts = f"{window_words(report.definition)} · {entered_words(report)}"
    parts = [
        _text(MARGIN, 40, _fit(f"{_ends(report)}: {figures}", room, 20, True), 20, INK, True),
        _text(MARGIN, 62, _fit(facts, room, 13), 13, INK_3),
    ]
    leak = find_leak(report)
    if leak is None:
        return "".join(parts), 84
    return "".join(parts) + _leak_note(leak, room), 134


def _leak_note(leak: Leak, room: float) -> str:
    title = _fit(leak_title(leak, 30) + ".", room - 24, 13, True)
    after = MARGIN + 12 + _width(title, 13, True) + 8
    sentence = _fit(leak_sentence(leak), room + MARGIN - after - 12, 13)
    return (
        _rect(Box(MARGIN, 78, room, 34), WARN_2, 8, f'stroke="{WARN}"')
        + _text(MARGIN + 12, 100, title, 13, INK, True)
        + _text(after, 100, sentence, 13, INK)
    )


def _columns(report: FunnelReport, width: int, top: float) -> tuple[str, float]:
    places = max(3, len(report.steps))
    column = (width - 2 * MARGIN + GAP) / places - GAP
    lines = [_wrap(_name(step), column, 13) for step in report.steps]
    bar_top = top + 18 * max(map(len, lines)) + 4
    parts = []
    for index, names in enumerate(lines):
        box = Box(MARGIN + index * (column + GAP), bar_top, column, BAR_HEIGHT)
        for place, line in enumerate(reversed(names)):
            parts.append(_text(box.x, bar_top - 10 - 17 * place, line, 13, INK, True))
        parts.append(_bar(report, index, box, upright=True))
        parts.append(_figures_below(report, index, box))
    return "".join(parts), bar_top + BAR_HEIGHT + 62


def _name(step: StepResult) -> str:
    name = words.clean(step.name)
    return _("{name} (optional)").format(name=name) if step.optional else name


def _figures_below(report: FunnelReport, index: int, box: Box) -> str:
    step, below = report.steps[index], box.y + box.height
    lines = [_text(box.x, below + 24, words.number(step.count), 17, INK, True)]
    if index and step.step_conversion_rate is not None:
        share = words.rate(step.step_conversion_rate)
        color = BAD if _leaks(report, index) else INK_2
        lines.append(_text(box.x, below + 42, share, 12, color, True))
        span = _fit(words.rate_range(step.step_lower, step.step_upper),
                    box.width - _width(share, 12, True) - 5, 12)  # fmt: skip
        lines.append(_text(box.x + _width(share, 12, True) + 5, below + 42, span, 12, INK_3))
    elif not index:
        lines.append(_text(box.x, below + 42, _("entered"), 12, INK_3))
    rest = _fit(_time_and_open(step, index), box.width, 12)
    lines.append(_text(box.x, below + 59, rest, 12, INK_3))
    return "".join(lines)


def _time_and_open(step: StepResult, index: int) -> str:
    parts = (
        [words.duration(step.median_seconds)] if index and step.median_seconds is not None else []
    )
    if step.open:
        parts.append(_("{n} open").format(n=words.number(step.open)))
    return " · ".join(parts)


def _rows(report: FunnelReport, width: int, top: float) -> tuple[str, float]:
    room = width - 2 * MARGIN
    name_width, text_width = room * 0.24, min(300.0, room * 0.42)
    parts = []
    for index, step in enumerate(report.steps):
        y = top + index * ROW_HEIGHT
        box = Box(MARGIN + name_width, y, room - name_width - text_width - GAP, 20)
        parts.append(_text(MARGIN, y + 15, _fit(_name(step), name_width - GAP, 13, True), 13, INK,
                           True))  # fmt: skip
        parts.append(_bar(report, index, box, upright=False))
        parts.append(_figures_beside(report, index, box.x + box.width + GAP, y + 15, text_width))
    return "".join(parts), top + len(report.steps) * ROW_HEIGHT - ROW_HEIGHT + 20


def _figures_beside(report: FunnelReport, index: int, x: float, y: float, room: float) -> str:
    step = report.steps[index]
    count_width = max(_width(words.number(s.count), 14, True) for s in report.steps)
    count = _text(x + count_width, y, words.number(step.count), 14, INK, True, 'text-anchor="end"')
    if not index or step.step_conversion_rate is None:
        return count
    span = words.rate_range(step.step_lower, step.step_upper)
    facts = [words.rate(step.step_conversion_rate), span, _time_and_open(step, index)]
    color = BAD if _leaks(report, index) else INK_3
    rest = _fit("  ".join(filter(None, facts)), room - count_width - 10, 12)
    return count + _text(x + count_width + 10, y, rest, 12, color)


def _leaks(report: FunnelReport, index: int) -> bool:
    leak = find_leak(report)
    return leak is not None and leak.before == index


def _bar(report: FunnelReport, index: int, box: Box, upright: bool) -> str:
    """Return a step's bar over its hatched ground; the open part lighter, the leak outlined."""
    step = report.steps[index]
    shade = SHADES[3 * index // len(report.steps)]
    parts = [_rect(box, "url(#suppilo-hatch)", 6)]
    if step.open and still_open(report.steps):
        parts.append(_rect(_filled(report, step.count, box, upright), OPEN, 6))
    if step.count > step.open:
        parts.append(_rect(_filled(report, step.count - step.open, box, upright), shade, 6))
    if _leaks(report, index):
        around = Box(box.x - 4, box.y - 4, box.width + 8, box.height + 8)
        parts.append(
            _rect(around, "none", 9, f'stroke="{BAD}" stroke-opacity=".5" stroke-width="2"')
        )
        parts.append(_flag(report, box))
    return "".join(parts)


def _filled(report: FunnelReport, count: int, box: Box, upright: bool) -> Box:
    share = share_of_first(report.steps, count)
    if upright:
        height = max(2.0, share * box.height)
        return Box(box.x, box.y + box.height - height, box.width, height)
    return Box(box.x, box.y, max(2.0, share * box.width), box.height)


def _flag(report: FunnelReport, box: Box) -> str:
    leak = find_leak(report)
    text = _fit(
        _("biggest loss") if leak and leak.lost else _("most open"), box.width - 20, 11, True
    )
    width = _width(text, 11, True) + 14
    place = Box(box.x + box.width - width - 4, box.y + 2, width, 16)
    return _rect(place, BAD_2, 5) + _text(place.x + 7, place.y + 12, text, 11, BAD, True)


def _rect(box: Box, fill: str, radius: float, more: str = "") -> str:
    radius = min(radius, box.width / 2, box.height / 2)
    return (
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" '
        f'rx="{radius:.1f}" fill="{fill}" {more}/>'
    )


def _text(
    x: float, y: float, text: str, size: int, color: str, bold: bool = False, more: str = ""
) -> str:
    weight = 'font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{color}" {weight} {more}>'
        f"{escape(text)}</text>"
    )


def _width(text: str, size: int, bold: bool = False) -> float:
    """Return about how wide a text is: a picture has no way to measure its reader's font."""
    return sum(_advance(character) for character in text) * size * (1.1 if bold else 1.0)


def _advance(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.05
    if character in "MW@%mw—→":
        return 0.9
    return 0.36 if character in " .,:;|!'iljtfI()[]" else 0.64


def _fit(text: str, room: float, size: int, bold: bool = False) -> str:
    """Return text cut, with an ellipsis, to the pixels there are."""
    if _width(text, size, bold) <= room:
        return text
    while text and _width(text + "…", size, bold) > room:
        text = text[:-1]
    return text.rstrip() + "…" if text else ""


def _wrap(text: str, room: float, size: int) -> list[str]:
    """Return text on two lines at most, broken between words where that is possible."""
    if _width(text, size, True) <= room:
        return [text]
    line = ""
    for word in text.split():
        if _width(f"{line} {word}".strip(), size, True) > room:
            break
        line = f"{line} {word}".strip()
    rest = text[len(line) :].strip()
    return [line, _fit(rest, room, size, True)] if line else [_fit(text, room, size, True)]
