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
    leak_flag,
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
STACK_HEIGHT = 80
MAX_COLUMNS = 12
# Pixels: a column holds a range, a line holds rate and range, a row holds name, bar and figures.
MIN_COLUMN, ONE_LINE, MIN_ROW = 84, 128, 720
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
    lies = len(report.steps) > MAX_COLUMNS or column < MIN_COLUMN
    draw = _columns if not lies else _rows if width >= MIN_ROW else _stacked
    body, bottom = draw(report, width, top)
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
    """Return title, facts and biggest loss, and the height at which they end."""
    room = width - 2 * MARGIN
    last = last_step(report.steps)
    facts = f"{window_words(report.definition)} · {entered_words(report)}"
    if last.conversion_rate is not None:
        span = words.rate_range(last.lower, last.upper)
        facts = f"{words.rate(last.conversion_rate)} ({span}) · {facts}"
    parts = [_text(MARGIN, 40, _fit(_ends(report), room, 20, True), 20, INK, True)]
    lines = _wrap(facts, room, 13, 9)
    parts += [_text(MARGIN, 62 + 18 * i, line, 13, INK_3) for i, line in enumerate(lines)]
    bottom = 62 + 18 * (len(lines) - 1)
    leak = find_leak(report)
    if leak is None:
        return "".join(parts), bottom + 22
    note, height = _leak_note(leak, room, bottom + 16)
    return "".join(parts) + note, bottom + 16 + height + 22


def _leak_note(leak: Leak, room: float, top: float) -> tuple[str, float]:
    """Return the amber note with the biggest loss, and its height: one line where it fits."""
    x, inner = MARGIN + 12, room - 24
    title, sentence = leak_title(leak, 40) + ".", leak_sentence(leak)
    if _width(title, 13, True) + _width(sentence, 13) + 6 <= inner:
        flow = _span(title, INK, True) + _span(" " + sentence, INK)
        lines = [_flow(x, top + 22, 13, flow)]
    else:
        texts = [(line, True) for line in _wrap(title, inner, 13, 3)]
        texts += [(line, False) for line in _wrap(sentence, inner, 13, 3)]
        lines = [_text(x, top + 22 + 18 * i, text, 13, INK, bold)
                 for i, (text, bold) in enumerate(texts)]  # fmt: skip
    height = 34 + 18 * (len(lines) - 1)
    box = _rect(Box(MARGIN, top, room, height), WARN_2, 8, f'stroke="{WARN}"')
    return box + "".join(lines), height


def _columns(report: FunnelReport, width: int, top: float) -> tuple[str, float]:
    places = max(3, len(report.steps))
    column = (width - 2 * MARGIN + GAP) / places - GAP
    lines = [_wrap(_name(step), column, 13, 2, True) for step in report.steps]
    bar_top = top + 18 * max(map(len, lines)) + 4
    parts = []
    for index, names in enumerate(lines):
        box = Box(MARGIN + index * (column + GAP), bar_top, column, BAR_HEIGHT)
        for place, line in enumerate(reversed(names)):
            parts.append(_text(box.x, bar_top - 10 - 17 * place, line, 13, INK, True))
        parts.append(_bar(report, index, box, upright=True))
        parts.append(_figures_below(report, index, box))
    return "".join(parts), bar_top + BAR_HEIGHT + (62 if column >= ONE_LINE else 79)


def _name(step: StepResult) -> str:
    name = words.clean(step.name)
    return _("{name} (optional)").format(name=name) if step.optional else name


def _figures_below(report: FunnelReport, index: int, box: Box) -> str:
    step, below = report.steps[index], box.y + box.height
    share, span = _shares(report, index)
    lines = [share + span] if box.width >= ONE_LINE else [share, span]
    lines.append(_span(_time_and_open(step, index), INK_3))
    texts = [_flow(box.x, below + 42 + 17 * i, 12, line) for i, line in enumerate(lines) if line]
    return _text(box.x, below + 24, words.number(step.count), 17, INK, True) + "".join(texts)


def _shares(report: FunnelReport, index: int) -> tuple[str, str]:
    """Return the share of the step before and its range, ready for a line of text."""
    step = report.steps[index]
    if not index:
        return _span(_("entered"), INK_3), ""
    if step.step_conversion_rate is None:
        return "", ""
    color = BAD if _leaks(report, index) else INK_2
    span = words.rate_range(step.step_lower, step.step_upper)
    return _span(words.rate(step.step_conversion_rate) + " ", color, True), _span(span, INK_3)


def _time_and_open(step: StepResult, index: int) -> str:
    parts = (
        [words.duration(step.median_seconds)] if index and step.median_seconds is not None else []
    )
    if step.open:
        parts.append(_("{n} open").format(n=words.number(step.open)))
    return " · ".join(parts)


def _rows(report: FunnelReport, width: int, top: float) -> tuple[str, float]:
    room = width - 2 * MARGIN
    name_width = room * 0.24
    text_width = 310.0
    parts = []
    for index, step in enumerate(report.steps):
        y = top + index * ROW_HEIGHT
        box = Box(MARGIN + name_width, y, room - name_width - text_width - GAP, 20)
        name = _fit(_name(step), name_width - GAP, 13, True)
        parts.append(_text(MARGIN, y + 15, name, 13, INK, True))
        parts.append(_bar(report, index, box, upright=False))
        parts.append(_figures_beside(report, index, box.x + box.width + GAP, y + 15))
    return "".join(parts), top + len(report.steps) * ROW_HEIGHT - ROW_HEIGHT + 20


def _stacked(report: FunnelReport, width: int, top: float) -> tuple[str, float]:
    """Return rows for a narrow picture: name, bar and figures beneath each other."""
    room = width - 2 * MARGIN
    parts = []
    for index, step in enumerate(report.steps):
        y = top + index * STACK_HEIGHT
        name = _fit(_name(step), room, 13, True)
        parts.append(_text(MARGIN, y + 12, name, 13, INK, True))
        parts.append(_bar(report, index, Box(MARGIN, y + 22, room, 18), upright=False))
        parts.append(_figures_beside(report, index, MARGIN, y + 60, aligned=False))
    return "".join(parts), top + len(report.steps) * STACK_HEIGHT - 14


def _figures_beside(
    report: FunnelReport, index: int, x: float, y: float, aligned: bool = True
) -> str:
    step = report.steps[index]
    count = words.number(step.count)
    rest = "".join(_shares(report, index))
    if facts := _time_and_open(step, index):
        rest += _span("  " + facts, INK_3)
    if not aligned:
        return _flow(x, y, 12, _span(count + "  ", INK, True) + rest)
    widest = max(_width(words.number(s.count), 14, True) for s in report.steps)
    return _text(x + widest, y, count, 14, INK, True, 'text-anchor="end"') + _flow(
        x + widest + 10, y, 12, rest
    )


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
    leak = find_leak(report)
    if leak is not None and leak.before == index:
        around = Box(box.x - 4, box.y - 4, box.width + 8, box.height + 8)
        parts.append(
            _rect(around, "none", 9, f'stroke="{BAD}" stroke-opacity=".5" stroke-width="2"')
        )
        parts.append(_flag(leak, box))
    return "".join(parts)


def _filled(report: FunnelReport, count: int, box: Box, upright: bool) -> Box:
    share = share_of_first(report.steps, count)
    if upright:
        height = max(2.0, share * box.height)
        return Box(box.x, box.y + box.height - height, box.width, height)
    return Box(box.x, box.y, max(2.0, share * box.width), box.height)


def _flag(leak: Leak, box: Box) -> str:
    text = leak_flag(leak)
    width = min(box.width, _width(text, 11, True) + 8)
    place = Box(box.x + box.width - width - 2, box.y + 2, width, min(16, box.height - 4))
    middle = place.x + place.width / 2
    return _rect(place, BAD_2, 5) + _text(
        middle, place.y + 12, text, 11, BAD, True, 'text-anchor="middle"'
    )


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


def _flow(x: float, y: float, size: int, spans: str) -> str:
    """Return spans in one line, each after the one before, however wide the reader's font is."""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" xml:space="preserve">{spans}</text>'


def _span(text: str, color: str, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<tspan fill="{color}"{weight}>{escape(text)}</tspan>' if text else ""


def _width(text: str, size: int, bold: bool = False) -> float:
    """Return about how wide a text is: a picture has no way to measure its reader's font."""
    return sum(_advance(character) for character in text) * size * (1.08 if bold else 1.0)


def _advance(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.05
    if character in "MW@%mw—→":
        return 0.9
    return 0.34 if character in " .,:;|!'iljtfI()[]" else 0.6


def _fit(text: str, room: float, size: int, bold: bool = False) -> str:
    """Return text cut, with an ellipsis, to the pixels there are."""
    if _width(text, size, bold) <= room:
        return text
    while text and _width(text + "…", size, bold) > room:
        text = text[:-1]
    return text.rstrip() + "…" if text else ""


def _wrap(text: str, room: float, size: int, most: int, bold: bool = False) -> list[str]:
    """Return text on at most so many lines, broken between words; the last one may be cut."""
    lines: list[str] = []
    rest = text.split()
    while rest and len(lines) < most - 1:
        take = len(rest)
        while take > 1 and _width(" ".join(rest[:take]), size, bold) > room:
            take -= 1
        lines.append(_fit(" ".join(rest[:take]), room, size, bold))
        rest = rest[take:]
    return [*lines, _fit(" ".join(rest), room, size, bold)] if rest else lines
