"""What was measured, as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from benchmarks.questions import BASE, QUESTIONS

TARGETS = (
    ("warm, 4 steps: times as fast as chdb", ">=", 10),
    ("warm, 4 steps: times as fast as DuckDB", ">=", 30),
    ("warm, 4 steps with a condition: times as fast as chdb", ">=", 5),
    ("warm, 30 steps: times as long as 4", "<=", 3),
    ("cold, 4 steps: times as fast as chdb", ">=", 2),
    ("import from Arrow, rows/s", ">=", 500_000),
    ("import from CSV, rows/s", ">=", 500_000),
    ("peak memory, 4 steps, GB", "<=", 1.5),
)


def render(found: dict[str, Any]) -> str:
    """Return all tables of a measurement."""
    parts = [_head(found), _speeds(found), _costs(found)]
    if set(found["engines"]) >= {"suppilo", "chdb", "duckdb"}:
        parts.append(_targets(found))
    parts.append("\n".join(found["differences"]) or "All counts agree.")
    return "\n\n".join(parts)


def _head(found: dict[str, Any]) -> str:
    machine = found["machine"]
    versions = ", ".join(f"{name} {e['version']}" for name, e in found["engines"].items())
    loads = " and ".join(f"{found[key][0]:.1f}" for key in ("load_before", "load_after"))
    return "\n".join(
        (
            found["command"],
            f"{found['events']:,} events, {found['paths']:,} paths, medians of {found['runs']}",
            f"{machine['processor']}, {machine['cores']} cores, "
            f"{machine['memory_bytes'] / 2**30:.0f} GiB; {machine['system']}; "
            f"Python {machine['python']}",
            f"{versions}; load of the machine before and after: {loads}",
        )
    )


def _speeds(found: dict[str, Any]) -> str:
    engines = found["engines"]
    ways = [
        *((name, None) for name in engines),
        *((n, v) for n, e in engines.items() for v in e["warm"][BASE.name]["variants"]),
    ]
    titles = ["milliseconds", *(" ".join(filter(None, way)) for way in ways)]
    first, *rivals = engines
    titles += [f"{name} / {first}" for name in rivals]
    rows = []
    for question in QUESTIONS:
        times = [_seconds(_timed(engines[name], question.name, variant)) for name, variant in ways]
        rows.append([question.name, *map(_milliseconds, times)])
        rows[-1] += [_ratio(times[0], times[place]) for place in range(1, len(rivals) + 1)]
    cold = [_seconds(engines[name]["cold"]) for name in engines]
    rows.append([f"{BASE.name}, cold", *map(_milliseconds, cold), *[""] * (len(ways) - len(cold))])
    rows[-1] += [_ratio(cold[0], other) for other in cold[1:]]
    if "command_line" in engines.get("suppilo", {}):
        line = _seconds(engines["suppilo"]["command_line"])
        gaps = [""] * (len(ways) - 1)
        ratios = [_ratio(line, other) for other in cold[1:]]
        rows.append([f"{BASE.name}, cold, command", _milliseconds(line), *gaps, *ratios])
    return _table(titles, rows)


def _timed(engine: dict[str, Any], question: str, variant: str | None) -> dict[str, Any]:
    timed = engine["warm"][question]
    found: dict[str, Any] = timed if variant is None else timed["variants"][variant]
    return found


def _seconds(timed: dict[str, Any]) -> float | None:
    return median(timed["seconds"]) if "seconds" in timed else None


def _milliseconds(seconds: float | None) -> str:
    return "gave up" if seconds is None else f"{seconds * 1000:,.1f}"


def _ratio(one: float | None, other: float | None) -> str:
    return "-" if one is None or other is None else f"{other / one:.1f}"


def _costs(found: dict[str, Any]) -> str:
    engines = found["engines"]
    rows = [
        ["rows/s, written", *(_rate(found["events"], e, "write") for e in engines.values())],
        ["rows/s, and compacted",
         *(_rate(found["events"], e, "write", "compact") for e in engines.values())],
        ["bytes on disk", *(f"{e['load']['bytes']:,}" for e in engines.values())],
        ["peak memory, 4 steps, MB",
         *(f"{e['cold']['peak_bytes'] / 1e6:,.0f}" for e in engines.values())],
    ]  # fmt: skip
    if "csv" in engines.get("suppilo", {}):
        csv = engines["suppilo"]["csv"]
        gaps = [""] * (len(engines) - 1)
        for title, stages in (("written", ("write",)), ("and compacted", ("write", "compact"))):
            rate = csv["rows"] / sum(csv["seconds"][stage] for stage in stages)
            rows.append([f"rows/s from CSV, {title}", f"{rate:,.0f}", *gaps])
    return _table(["", *engines], rows)


def _rate(rows: int, engine: dict[str, Any], *stages: str) -> str:
    return f"{rows / sum(engine['load']['seconds'][stage] for stage in stages):,.0f}"


def _targets(found: dict[str, Any]) -> str:
    suppilo, chdb, duckdb = (found["engines"][name] for name in ("suppilo", "chdb", "duckdb"))

    def warm(engine: dict[str, Any], question: str) -> float:
        return median(engine["warm"][question]["seconds"])

    base, priced = BASE.name, "4 steps, price > 50"
    seconds, csv = suppilo["load"]["seconds"], suppilo["csv"]
    reached = (
        warm(chdb, base) / warm(suppilo, base),
        warm(duckdb, base) / warm(suppilo, base),
        warm(chdb, priced) / warm(suppilo, priced),
        warm(suppilo, "30 steps") / warm(suppilo, base),
        median(chdb["cold"]["seconds"]) / median(suppilo["cold"]["seconds"]),
        found["events"] / (seconds["write"] + seconds["compact"]),
        csv["rows"] / (csv["seconds"]["write"] + csv["seconds"]["compact"]),
        suppilo["cold"]["peak_bytes"] / 1e9,
    )
    rows = [
        [name, f"{sign} {goal:,}", f"{value:,.0f}" if value > 1000 else f"{value:.1f}",
         "yes" if (value >= goal if sign == ">=" else value <= goal) else "NO"]
        for (name, sign, goal), value in zip(TARGETS, reached, strict=True)
    ]  # fmt: skip
    return _table(["target", "wanted", "measured", "reached"], rows)


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [list(titles), *(list(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            text.ljust(width) if place == 0 else text.rjust(width)
            for place, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
