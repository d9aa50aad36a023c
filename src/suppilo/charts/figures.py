"""What every picture of a funnel needs from its report: the end, the losses, the shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from suppilo.analytics.funnel.report import Correlation, FunnelReport, StepResult
from suppilo.analytics.intervals import wilson_interval
from suppilo.charts.i18n import _, ngettext
from suppilo.charts.words import clean, name_of, number, rate, shorten


@dataclass(frozen=True, slots=True)
class Leak:
    """The step that most paths did not get past, and the required step they did not reach.

    ``after`` and ``before`` are indexes from 0. Of ``count`` paths ``lost`` went no further and
    can't any more, ``open`` more still can. ``rate`` is ``lost / count`` with its Wilson
    interval; where nothing is lost for good (``lost`` is 0) it is ``open / count``.
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
    """Return the biggest loss, the earliest of equal ones.

    Where no path is lost for good, the place where most are still open; None where every path
    went all the way.
    """
    required = required_indexes(report.steps)
    steps = [report.steps[index] for index in required]
    if len(steps) < 2:
        return None
    place = max(range(len(steps) - 1), key=lambda i: (steps[i].drop_off, steps[i].open))
    here, there = steps[place], steps[place + 1]
    stuck = here.drop_off or here.open
    interval = wilson_interval(min(stuck, here.count), here.count)
    if not stuck or interval is None:
        return None
    return Leak(
        required[place], required[place + 1], here.name, there.name, here.drop_off, here.open,
        here.count, stuck / here.count, interval.lower, interval.upper,
    )  # fmt: skip


def leak_title(leak: Leak, name_width: int = 80) -> str:
    """Return where the biggest loss is, in words, with each name cut at ``name_width``."""
    text = (
        _("Biggest loss: {after} → {before}") if leak.lost else _("Most open: {after} → {before}")
    )
    names = (shorten(clean(name), name_width) for name in (leak.after_name, leak.before_name))
    return text.format(**dict(zip(("after", "before"), names, strict=True)))


def leak_sentence(leak: Leak) -> str:
    """Return how many are lost there, and apart from them how many are still open."""
    text = _("{lost} of {count} ({rate}) went no further.")
    if leak.lost and leak.open:
        text = _("{lost} of {count} ({rate}) went no further; {open} more still may.")
    elif not leak.lost:
        text = _("{open} of {count} ({rate}) have not gone on yet, and still may.")
    return text.format(
        lost=number(leak.lost), count=number(leak.count), rate=rate(leak.rate),
        open=number(leak.open),
    )  # fmt: skip


def leak_flag(leak: Leak) -> str:
    """Return the few words that mark the place of the biggest loss in a picture."""
    return _("biggest loss") if leak.lost else _("most open")


def share_of_first(steps: Sequence[StepResult], count: int) -> float:
    """Return a count as a share of step 1, 0..1, for drawing; 0 where nobody entered."""
    return min(1.0, count / steps[0].count) if steps[0].count else 0.0


def span_scale(ends: Sequence[StepResult]) -> float:
    """Return the right end of an axis of rates: twice the best one; wider ranges are cut there."""
    best = max((end.conversion_rate or 0 for end in ends), default=0)
    widest = max((end.upper or 0 for end in ends), default=0)
    return min(widest, 2 * best) or 1.0


def reconcile(report: FunnelReport) -> str:
    """Return how the values of a breakdown add up to the whole, in figures."""
    split = report.breakdown
    if split is None:
        return ""
    values = sum(value.steps[0].count for value in split.values)
    text = _("Entered: {total} = {values} under the values").format(
        total=number(report.steps[0].count), values=number(values)
    )
    text += _(" − {twice} counted twice").format(twice=number(split.twice))
    text += _(" + {none} without a value").format(none=number(split.none))
    if split.beyond:
        text += _(" − {beyond} that an exclusion took from the whole only").format(
            beyond=number(split.beyond)
        )
    return text


def correlation_name(found: Correlation) -> str:
    """Return what a correlation is about: an event's name, or a property with its value."""
    if found.value is None:
        return clean(found.name)
    return f"{clean(found.name)} = {name_of(found.value)}"


def entered_words(report: FunnelReport) -> str:
    """Return how many paths converted, entered, were looked at, excluded and are still open."""
    if not report.steps[0].count:
        text = _("None of {paths} paths did the first step.")
        return text.format(paths=number(report.paths))
    pieces = [
        _("{converted} of {entered} that entered").format(
            converted=number(last_step(report.steps).count), entered=number(report.steps[0].count)
        ),
        _("{paths} looked at").format(paths=number(report.paths)),
    ]
    if report.excluded:
        pieces.append(_("{n} left by an exclusion").format(n=number(report.excluded)))
    if still_open(report.steps):
        pieces.append(_("{n} still open").format(n=number(still_open(report.steps))))
    return ", ".join(pieces)


def rejected_words(rows: int) -> str:
    """Return how many rows could not be used."""
    text = ngettext("{n} row could not be used", "{n} rows could not be used", rows)
    return text.format(n=number(rows))
