"""Why a conversion changed, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from suppilo.analytics.change import Change, Paradox, Segment
from suppilo.charts.i18n import _
from suppilo.charts.words import clean, name_of, points, rate, shorten

NameOf = Callable[[Segment], str]


def segment_name(segment: Segment) -> str:
    """Return what to call a segment: its value."""
    return shorten(name_of(segment.group.value), 60)


def change_sentence(found: Change) -> str:
    """Return by how much the conversion differs, and how much of it is mix and rate."""
    if not found.overall.is_clear:
        text = _("The conversion is {b} against {a}: {d} points, no more than chance would explain "
                 "({lower} to {upper}).")  # fmt: skip
    elif found.overall.difference > 0:
        text = _("The conversion is {b} against {a}, better: {d} points ({lower} to {upper}).")
    else:
        text = _("The conversion is {b} against {a}, worse: {d} points ({lower} to {upper}).")
    said = text.format(
        a=rate(found.overall.rate_a), b=rate(found.overall.rate_b),
        d=points(float(found.difference)), lower=points(found.overall.lower),
        upper=points(found.overall.upper),
    )  # fmt: skip
    parts = _(" Of that, {mix} are owed to another mix of {by}, and {rate} to the rates within.")
    mix, rates = shown_parts(found)
    return said + parts.format(mix=points(mix), rate=points(rates), by=clean(found.by))


def shown_parts(found: Change) -> tuple[float, float]:
    """Return what mix and rates did, rounded so that what is shown adds up too."""
    digits = 4 if abs(found.difference) < 0.0995 else 3
    mix = round(found.mix.value, digits)
    return float(mix), float(round(found.difference, digits) - mix)


def paradox_sentence(found: Change) -> str:
    """Return what contradicts the whole, where something does."""
    if found.paradox is Paradox.NONE:
        return ""
    fell = found.difference < 0
    if found.paradox is Paradox.SIMPSON:
        text = _("Simpson's paradox: no {by} converts worse than before, and yet the whole does: "
                 "more came where conversion is low.")  # fmt: skip
        if not fell:
            text = _("Simpson's paradox: no {by} converts better than before, and yet the whole "
                     "does: more came where conversion is high.")  # fmt: skip
    else:
        text = _("The whole fell although the rates within rose together: more came where "
                 "conversion is low.")  # fmt: skip
        if not fell:
            text = _("The whole rose although the rates within fell together: more came where "
                     "conversion is high.")  # fmt: skip
    return text.format(by=clean(found.by))


def main_parts(found: Change, name: NameOf = segment_name, most: int = 3) -> Iterator[str]:
    """Yield the segments that matter most, each with what it adds and by what."""
    for segment in found.segments[:most]:
        if not segment.whole:
            continue
        text = _("{name}: {whole} points ({mix} by its share, {rate} by its rate)")
        yield text.format(
            name=name(segment), whole=points(float(segment.whole)),
            mix=points(float(segment.mix.value)), rate=points(float(segment.rate.value)),
        )  # fmt: skip


def method_sentences(found: Change) -> tuple[str, ...]:
    """Return how the split is made, and what its ranges are."""
    return (
        _("The parts add up to the difference exactly: a share's change counts at the mean of both "
          "rates, a rate's change at the mean of both shares (Kitagawa)."),
        _("Ranges are those of {n} draws from what the counts leave open, at {level} %.").format(
            n="4,000", level=f"{100 * found.level:g}"
        ),
        _("Simpson's paradox is named where the rate of every segment that is on both sides moved "
          "one way, or not at all, and the whole the other way."),
    )  # fmt: skip
