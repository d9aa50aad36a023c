"""The engine's answer and the oracle's, in one shape that can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from statistics import fmean, median
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from oracle.bruteforce import (
    Answer,
    Event,
    StepCount,
    Unit,
    count_steps,
    run_bruteforce,
    split_units,
)
from oracle.memory import MemorySource
from suppilo.analytics.events import ALL_PATHS, PathRange
from suppilo.analytics.funnel.definition import FunnelDefinition
from suppilo.analytics.funnel.report import FunnelReport, StepResult
from suppilo.analytics.periods import bucket_start


def run_engine(
    events: Sequence[Event],
    funnel: FunnelDefinition,
    threads: int = 1,
    ranges: Sequence[PathRange] = (ALL_PATHS,),
) -> tuple[Answer, FunnelReport]:
    """Return the engine's units in the oracle's words, and its report."""
    from suppilo.analytics.funnel import run_funnel

    source = MemorySource(events, ranges, properties=("p", "q"))
    result = run_funnel(source, funnel, threads=threads)
    hits: list[dict[int, Event]] = [{} for _ in result.units.path]
    for step, hit in enumerate(result.units.hits):
        for unit, row, at in zip(hit.unit, hit.row, hit.at, strict=True):
            event = source.rows[int(row)]
            assert event.at == at, "a hit's time is its row's"
            assert event.path == result.units.path[unit], "a hit is of its unit's path"
            hits[int(unit)][step] = event
    columns = zip(result.units.path, result.units.level, result.units.open, hits, strict=True)
    units = tuple(Unit(int(path), int(level), hit, bool(o)) for path, level, o, hit in columns)
    return Answer(units, result.excluded), result.report()


def outline(answer: Answer, rows: bool = False) -> dict[str, Any]:
    """Return an answer's levels, times and, where ``rows``, the very events of each chain."""
    return {
        "units": [
            {
                "path": unit.path,
                "level": unit.level,
                "open": unit.open,
                "at": {step: event.at for step, event in sorted(unit.hits.items())},
                "row": {s: e.row for s, e in sorted(unit.hits.items())} if rows else None,
            }
            for unit in answer.units
        ],
        "excluded": answer.excluded,
    }


def check_report(events: Sequence[Event], funnel: FunnelDefinition, report: FunnelReport) -> None:
    """Assert that the report's figures are those of the oracle."""
    answer = run_bruteforce(events, funnel)
    assert report.paths == len({event.path for event in events})
    assert report.excluded == answer.excluded
    check_steps(report.steps, count_steps(answer.units, funnel), funnel)
    check_buckets(funnel, report, answer.units)


def check_steps(
    found: Sequence[StepResult], expected: Sequence[StepCount], funnel: FunnelDefinition
) -> None:
    figures = [(step.count, step.drop_off, step.open) for step in found]
    assert figures == [(step.count, step.drop_off, step.open) for step in expected]
    for number, (step, wanted) in enumerate(zip(found, expected, strict=True)):
        before = max((s for s in funnel.required if s < number), default=None)
        check_rate(step.conversion_rate, step.count, found[0].count)
        if before is None:
            assert step.step_conversion_rate is None
        else:
            check_rate(step.step_conversion_rate, step.count, found[before].count)
        seconds = wanted.seconds
        assert step.mean_seconds == (pytest.approx(fmean(seconds)) if seconds else None)
        assert step.median_seconds == (pytest.approx(median(seconds)) if seconds else None)


def check_rate(rate: float | None, count: int, of: int) -> None:
    assert rate == (pytest.approx(count / of) if of else None)


def check_buckets(funnel: FunnelDefinition, report: FunnelReport, units: Sequence[Unit]) -> None:
    """Assert that units stand in the bucket of their local day of entry."""
    if funnel.every is None:
        assert report.buckets is None
        return
    by_start: dict[str, list[Unit]] = {}
    for unit in units:
        start = bucket_start(local_date(unit.entry.at, funnel.timezone), funnel.every)
        by_start.setdefault(start.isoformat(), []).append(unit)
    assert report.buckets is not None
    starts = [bucket.start for bucket in report.buckets]
    assert starts == sorted(set(starts)), "buckets follow each other"
    assert set(by_start) <= set(starts)
    for bucket in report.buckets:
        own = by_start.get(bucket.start, [])
        converted = sum(unit.level == len(funnel.required) for unit in own)
        waiting = sum(unit.open for unit in own)
        figures = (bucket.converted, bucket.dropped, bucket.open)
        assert figures == (converted, len(own) - converted - waiting, waiting)
        check_steps(bucket.steps, count_steps(own, funnel), funnel)


def local_date(at_us: int, timezone: str) -> date:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)
    return moment.astimezone(ZoneInfo(timezone)).date()


def check_breakdown(
    events: Sequence[Event], funnel: FunnelDefinition, report: FunnelReport
) -> None:
    """Assert that each value's steps and the reconciling figures are those of the oracle."""
    split, found = split_units(events, funnel), report.breakdown
    assert found is not None
    assert found.by == funnel.by
    unbroken = replace(funnel, by=None, by_value="first")
    values = {item.value: item.steps for item in found.values}
    assert len(values) == len(found.values), "each value stands once"
    assert values.keys() >= split.values.keys(), "no value is left out"
    for value in values.keys() | split.values.keys():
        nobody = count_steps((), unbroken)
        check_steps(values[value], split.values.get(value, nobody), unbroken)
    if funnel.by_value != "all" or funnel.count == "paths":
        figures = (found.twice, found.none, found.beyond)
        assert figures == (split.twice, split.none, split.beyond)
