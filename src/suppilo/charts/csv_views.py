"""What single views of a funnel show as CSV: a comparison, times, correlations."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction
from io import StringIO
from typing import Any

from suppilo.analytics.funnel.compare import GroupEffect, RateDifference, StepComparison
from suppilo.analytics.funnel.report import Correlation
from suppilo.analytics.funnel.times import TimeToConvert
from suppilo.analytics.funnel.times_by import TimesByValue
from suppilo.charts.csv_out import csv_cell
from suppilo.charts.xlsx_compared import ComparedFunnels

_RATES = ("count", "conversion_rate", "step_conversion_rate")
_APART = ("difference", "lower", "upper")
COMPARED = (
    "part", "key", "side_a", "side_b",
    *(f"{side}_{rate}" for side in "ab" for rate in _RATES),
    *(f"{what}_{name}" for what in ("overall", "step") for name in _APART),
    "entered_a", "entered_b", "share_a", "share_b", "rate_a", "rate_b", "by_mix", "by_rate",
)  # fmt: skip
TIMES = ("part", "key", "seconds", "to_seconds", "count", "share", "lower", "upper")
CORRELATIONS = tuple(Correlation.__dataclass_fields__)

Row = Mapping[str, Any]


def comparison_csv(found: ComparedFunnels) -> str:
    """Return a comparison as one table: a ``step`` in each row, then the groups of the ``mix``.

    ``a`` is the side to compare with. Rates and shares are 0..1.
    """
    sides = dict(zip(("side_a", "side_b"), found.names, strict=True))
    rows = [_compared(step) | sides for step in found.steps]
    if found.mix is not None:
        rows += [_group(group) | sides for group in found.mix.values]
        whole = {"by_mix": float(found.mix.mix), "by_rate": float(found.mix.rate)}
        rows.append({"part": "mix, all", **sides, **whole})
    return _table(COMPARED, rows)


def _compared(step: StepComparison) -> dict[str, Any]:
    row = {"part": "step", "key": step.name}
    for side, result in (("a", step.a), ("b", step.b)):
        row |= {f"{side}_{rate}": getattr(result, rate) for rate in _RATES}
    return row | _apart("overall", step.overall) | _apart("step", step.step)


def _apart(what: str, found: RateDifference | None) -> dict[str, Any]:
    return {f"{what}_{name}": getattr(found, name) for name in _APART} if found else {}


def _group(group: GroupEffect) -> dict[str, Any]:
    names = {"value": "key", "mix": "by_mix", "rate": "by_rate"}
    row = {names.get(name, name): value for name, value in asdict(group).items()}
    return {"part": "mix"} | {
        name: float(value) if isinstance(value, Fraction) else value for name, value in row.items()
    }


def times_csv(times: TimeToConvert, by: TimesByValue | None = None) -> str:
    """Return times as one table; ``part`` says what a row is, times are seconds.

    ``converted`` and ``waiting`` are counts, ``percentile`` and ``mean`` times of who converted,
    ``histogram`` how many took from ``seconds`` to ``to_seconds``, ``curve`` the share converted
    by then. ``value`` rows say of each value (``key``) by when a share of all have, with the
    interval of that time, and how many did or wait.
    """
    return _table(TIMES, [*_times(times), *(_values(by) if by else ())])


def _times(times: TimeToConvert) -> Iterator[Row]:
    key = f"{times.from_step} → {times.to_step}"
    yield {"part": "converted", "key": key, "count": times.converted}
    yield {"part": "waiting", "key": key, "count": times.censored}
    for percent, seconds in times.percentiles:
        yield {"part": "percentile", "key": percent, "seconds": seconds}
    yield {"part": "mean", "seconds": times.mean_seconds}
    for start, end, count in times.histogram:
        yield {"part": "histogram", "seconds": start, "to_seconds": end, "count": count}
    for at, share, lower, upper in times.curve:
        yield {"part": "curve", "seconds": at, "share": share, "lower": lower, "upper": upper}


def _values(by: TimesByValue) -> Iterator[Row]:
    for value in by.values:
        yield {"part": "value, converted", "key": value.value, "count": value.converted}
        yield {"part": "value, waiting", "key": value.value, "count": value.censored}
        for one in value.quantiles:
            yield {"part": "value", "key": value.value, "share": one.share, "seconds": one.time,
                   "lower": one.lower, "upper": one.upper}  # fmt: skip


def correlations_csv(found: Iterable[Correlation]) -> str:
    """Return what goes with conversion, the strongest first, a row for each."""
    return _table(CORRELATIONS, map(asdict, found))


def _table(columns: Sequence[str], rows: Iterable[Row]) -> str:
    buffer = StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([csv_cell(row.get(name)) for name in columns])
    return buffer.getvalue()
