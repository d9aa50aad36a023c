"""What every picture of a funnel needs from its report: the end, the losses, the shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from suppilo.analytics.funnel.report import FunnelReport, StepResult
from suppilo.analytics.intervals import wilson_interval
from suppilo.charts.i18n import _
from suppilo.charts.words import clean, number, rate


@dataclass(frozen=True, slots=True)
class Leak:
    """The step with the most paths lost, and the required step they did not reach.

    ``after`` and ``before`` are indexes from 0; ``lost`` of ``count`` went no further, and
    ``open`` more still can. ``rate`` is ``lost / count`` with its Wilson interval.
    """

    after: int
    before: int
    after_name: str
    before_name: str
    lost: int
    open: int
    count: int
    rate: float
    lower: float
    upper: float


def required_indexes(steps: Sequence[StepResult]) -> list[int]:
    """Return the indexes (from 0) of the steps that can't be left out."""
    return [index for index, step in enumerate(steps) if not step.optional]


def last_step(steps: Sequence[StepResult]) -> StepResult:
    """Return the step at which a path has converted: the last required one."""
    return steps[required_indexes(steps)[-1]]


def still_open(steps: Sequence[StepResult]) -> int:
    """Return how many paths can still get further: the open ones of all required steps."""
    return sum(steps[index].open for index in required_indexes(steps))


def find_leak(report: FunnelReport) -> Leak | None:
    """Return the biggest loss, the earliest of equal ones; None where nothing is lost."""
    steps = report.steps
    required = required_indexes(steps)
    pairs = list(zip(required, required[1:], strict=False))
    after, before = max(pairs, key=lambda pair: steps[pair[0]].drop_off, default=(0, 0))
    lost, count = steps[after].drop_off, steps[after].count
    interval = wilson_interval(min(lost, count), count)
    if after == before or not lost or interval is None:
        return None
    return Leak(
        after, before, steps[after].name, steps[before].name, lost, steps[after].open, count,
        lost / count, interval.lower, interval.upper,
    )  # fmt: skip


def leak_title(leak: Leak) -> str:
    """Return where the biggest loss is, in words."""
    names = {"after": clean(leak.after_name), "before": clean(leak.before_name)}
    return _("Biggest loss: {after} → {before}").format(**names)


def leak_sentence(leak: Leak) -> str:
    """Return how much is lost there, with what is still open apart."""
    sentence = _("{lost} of {count} ({rate}) went no further").format(
        lost=number(leak.lost), count=number(leak.count), rate=rate(leak.rate)
    )
    if leak.open:
        sentence += _("; {open} more still may").format(open=number(leak.open))
    return sentence + "."


def share_of_first(steps: Sequence[StepResult], count: int) -> float:
    """Return a count as a share of step 1, 0..1, for drawing; 0 where nobody entered."""
    return min(1.0, count / steps[0].count) if steps[0].count else 0.0
