"""Curves of a report: who is still in each stage, and how deals ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from suppilo.analytics.durations import SurvivalCurve, curve_quantile
from suppilo.analytics.stages import Ending, StageTime
from suppilo.apps.pipeline_reports.ask import PipelineAnswer
from suppilo.apps.pipelines.models import StageKind
from suppilo.charts.page import Curve, curves_picture
from suppilo.web.views.funnels.parts.trend import drawn

SIZES = (("middle", 620), ("narrow", 330))
MOST_CURVES = 6
_ENDS = ("is-won", "is-lost", "is-out", "is-over")


@dataclass(frozen=True, slots=True)
class Key:
    """What a line's look stands for."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """A picture at each width, and what its lines are."""

    drawn: tuple[tuple[str, SafeString], ...]
    keys: tuple[Key, ...]


def stage_pictures(answer: PipelineAnswer) -> Pictures | None:
    """Draw the share still in each stage over time; None where nobody has left any."""
    found = [
        (place.name, time)
        for place, time in zip(answer.world.stages.places, answer.report.times, strict=True)
        if place.kind == StageKind.OPEN and len(time.curve.time)
    ][:MOST_CURVES]
    if not found:
        return None
    longest = max(_usual_end(time) for _name, time in found)
    curves = [
        Curve(f"line-{number}", 1.0, time.curve.time, time.curve.share)
        for number, (_name, time) in enumerate(found, 1)
    ]
    keys = (Key(f"line-{number}", name) for number, (name, _time) in enumerate(found, 1))
    return _draw(curves, longest, tuple(keys))


def _usual_end(time: StageTime) -> float:
    """Return when nine in ten had left; the last who left, where it is not known."""
    ninety = time.quantiles[-1].time
    last = float(time.curve.time[-1])
    return last if ninety is None else min(last, 2 * ninety) or last


def ending_pictures(ending: Ending) -> Pictures | None:
    """Draw the share that had ended in each way over time; None where none has."""
    names = (_("won"), _("lost"), _("disqualified"), _("handed over"))
    found = [
        (kind, name, curve)
        for kind, name, curve in zip(_ENDS, names, ending.curves, strict=True)
        if curve is not None
    ]
    if not found:
        return None
    ninety, last = ending.quantiles[-1].time, float(found[0][2].time[-1])
    longest = last if ninety is None else min(last, 2 * ninety) or last
    curves = [
        Curve(kind, 0.0, one.time, one.share, *_band(one.lower, one.upper, one.share))
        for kind, _name, one in found
    ]
    return _draw(curves, longest, tuple(Key(kind, name) for kind, name, _one in found))


def cycle_pictures(names: Sequence[str], curves: Sequence[SurvivalCurve]) -> Pictures | None:
    """Draw the share of each group's deals that had ended over time; None where none has."""
    found = [pair for pair in zip(names, curves, strict=False) if len(pair[1].time)]
    if not found:
        return None
    longest = max(_nearly_all(curve) for _name, curve in found)
    drawn_ones = [
        Curve(f"line-{number}", 0.0, one.time, 1 - one.share)
        for number, (_name, one) in enumerate(found, 1)
    ]
    keys = (Key(f"line-{number}", name) for number, (name, _one) in enumerate(found, 1))
    return _draw(drawn_ones, longest, tuple(keys))


def _nearly_all(curve: SurvivalCurve) -> float:
    """Return twice the time by which nine in ten had ended, or when the last one did."""
    ninety, last = curve_quantile(curve, 0.9).time, float(curve.time[-1])
    return last if ninety is None else min(last, 2 * ninety) or last


def _band(lower: np.ndarray, upper: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return a band without gaps: where the interval is not known it has no width."""
    return np.where(np.isnan(lower), share, lower), np.where(np.isnan(upper), share, upper)


def _draw(curves: list[Curve], longest_s: float, keys: tuple[Key, ...]) -> Pictures:
    pictures = tuple(
        (size, drawn(curves_picture(curves, longest_s, width))) for size, width in SIZES
    )
    return Pictures(pictures, keys)
