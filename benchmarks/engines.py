"""Each engine with what a user who knows it would give it, on two threads.

The engines' packages are imported inside: only one of them may be in a process (chdb brings its
own LLVM along), and a cold start must not pay for the others.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from benchmarks.questions import WINDOW_US, Answer, Question

THREADS = 2
CHDB_MEMORY_BYTES = 8_000_000_000
"""With ``strict_once`` and many steps ClickHouse takes all the memory of a machine otherwise."""


class GaveUpError(Exception):
    """The engine can't answer this question within the memory that it was given."""


class Engine(Protocol):
    """An engine over one folder of its own."""

    def load(self, parquet: Path) -> dict[str, float]:
        """Load the events; return seconds by stage."""

    def open(self) -> None:
        """Get ready to answer."""

    def ask(self, question: Question) -> Answer:
        """Answer a question."""

    def variants(self) -> dict[str, Callable[[Question], Answer | None]]:
        """Return other ways worth a time of their own; None where they stop before an answer."""


def levels_to_counts(levels: dict[int, int], steps: int) -> list[int]:
    """Return how many reached each step, from how many got to which step and no further."""
    return [sum(n for level, n in levels.items() if level >= s) for s in range(1, steps + 1)]


def rows_to_answer(rows: list[tuple[str, int, int]], steps: int) -> Answer:
    """Make an answer of (value, level, paths) rows; the value ``all`` is added up."""
    by_value: dict[str, dict[int, int]] = {}
    for value, level, paths in rows:
        for key in {value, "all"}:
            levels = by_value.setdefault(key, {})
            levels[int(level)] = levels.get(int(level), 0) + int(paths)
    answer = {value: levels_to_counts(levels, steps) for value, levels in by_value.items()}
    # A value that nobody entered with is no row of a breakdown.
    return {value: counts for value, counts in answer.items() if value == "all" or counts[0]}


class Suppilo:
    """Suppilo's lake, through the library."""

    package = "suppilo"

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "lake"

    def load(self, parquet: Path) -> dict[str, float]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        from suppilo.lake import Lake

        lake = Lake.create(self.folder)
        writing = 0.0
        for number, batch in enumerate(pq.ParquetFile(parquet).iter_batches(1_000_000)):
            table = pa.Table.from_batches([batch])
            core = table.select(["user_id", "timestamp", "event"])
            core = core.rename_columns(["path", "at", "event"])
            core = core.set_column(0, "path", core.column("path").cast(pa.string()))
            begun = time.perf_counter()
            lake.write(core, "bench", table.select(["channel", "price"]), sequence=number)
            writing += time.perf_counter() - begun
        begun = time.perf_counter()
        lake.compact()
        return {"write": writing, "compact": time.perf_counter() - begun}

    def load_csv(self, csv: Path) -> dict[str, float]:
        """Import a CSV file as ``suppilo import`` does."""
        from suppilo.io.read import guess_mapping
        from suppilo.lake import Lake
        from suppilo.sources import record_files

        lake = Lake.create(self.folder.with_name("lake-from-csv"))
        begun = time.perf_counter()
        record_files([csv], guess_mapping([csv]).mapping, lake)
        written = time.perf_counter()
        lake.compact()
        return {"write": written - begun, "compact": time.perf_counter() - written}

    def open(self) -> None:
        from suppilo.lake import Lake, LakeSource

        self._source = LakeSource(Lake.open(self.folder))

    def ask(self, question: Question) -> Answer:
        report = self._run(question).report()
        answer = {"all": [step.count for step in report.steps]}
        if report.breakdown is not None:
            for row in report.breakdown.values:
                answer[str(row.value)] = [step.count for step in row.steps]
        return answer

    def variants(self) -> dict[str, Callable[[Question], Answer | None]]:
        def walk(question: Question) -> None:
            self._run(question)

        return {"run_funnel": walk}

    def _run(self, question: Question) -> Any:
        from suppilo.analytics.funnel.definition import FunnelDefinition
        from suppilo.analytics.funnel.run import run_funnel

        definition = FunnelDefinition.from_dict(question.to_spec())
        return run_funnel(self._source, definition, threads=THREADS)


class Chdb:
    """ClickHouse in the process, a MergeTree ordered by path and time, and ``windowFunnel``.

    Times are UInt64 microseconds: ``windowFunnel`` takes no DateTime64.
    """

    package = "chdb"

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "chdb"

    def open(self) -> None:
        from chdb import session

        self._session = session.Session(str(self.folder))

    def load(self, parquet: Path) -> dict[str, float]:
        self.open()
        begun = time.perf_counter()
        self._session.query("CREATE DATABASE bench")
        self._session.query(
            "CREATE TABLE bench.events (user UInt64, time UInt64, event LowCardinality(String), "
            "channel LowCardinality(String), price Float64) "
            "ENGINE = MergeTree ORDER BY (user, time)"
        )
        self._session.query(
            "INSERT INTO bench.events SELECT user_id, toUnixTimestamp64Micro(timestamp), event, "
            f"channel, ifNull(price, 0) FROM file('{parquet}', Parquet) "
            f"SETTINGS max_insert_threads = {THREADS}, max_threads = {THREADS}"
        )
        written = time.perf_counter()
        self._session.query("OPTIMIZE TABLE bench.events FINAL")
        return {"write": written - begun, "compact": time.perf_counter() - written}

    def ask(self, question: Question) -> Answer:
        return self._ask(question, "'strict_once'")

    def variants(self) -> dict[str, Callable[[Question], Answer | None]]:
        # Without the mode an event may serve several steps, but no two of these steps share one.
        return {"no mode": lambda question: self._ask(question, "")}

    def _ask(self, question: Question, mode: str) -> Answer:
        try:
            text = str(self._session.query(self.sql(question, mode), "TSV"))
        except RuntimeError as error:
            if "MEMORY_LIMIT_EXCEEDED" not in str(error):
                raise
            raise GaveUpError(f"more than {CHDB_MEMORY_BYTES / 1e9:g} GB of memory") from error
        rows = [line.split("\t") for line in text.splitlines()]
        return rows_to_answer([(v, int(level), int(n)) for v, level, n in rows], question.steps)

    def sql(self, question: Question, mode: str) -> str:
        """Return the question in ClickHouse's SQL."""
        tests = [f"event = '{name}'" for name in question.events]
        if question.price_above is not None:
            tests[0] += f" AND price > {question.price_above}"
        names = ", ".join(f"'{name}'" for name in question.events)
        value, where = "'all'", f"WHERE event IN ({names})"
        if question.by_channel:
            value, where = "argMin(channel, time)", ""
        return (
            f"SELECT value, level, count() FROM (SELECT {value} AS value, "
            f"windowFunnel({', '.join([str(WINDOW_US), *mode.split()])})"
            f"(time, {', '.join(tests)}) AS level "
            f"FROM bench.events {where} GROUP BY user) GROUP BY value, level "
            f"SETTINGS max_threads = {THREADS}, max_memory_usage = {CHDB_MEMORY_BYTES}"
        )


class DuckDB:
    """DuckDB's own file, the table in path and time order, and plain SQL.

    Each step's events are joined with the newest chain before them (``ASOF``). Window
    functions nested step by step take three times as long, semi-joins before gain nothing.
    """

    package = "duckdb"

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "duckdb"

    def open(self) -> None:
        import duckdb

        self.folder.mkdir(parents=True, exist_ok=True)
        settings = {"threads": THREADS, "preserve_insertion_order": True}
        self._connection = duckdb.connect(str(self.folder / "events.duckdb"), config=settings)

    def load(self, parquet: Path) -> dict[str, float]:
        self.open()
        begun = time.perf_counter()
        source = f"read_parquet('{parquet}')"
        for name in ("event", "channel"):
            self._connection.execute(
                f"CREATE TYPE {name}_name AS ENUM (SELECT DISTINCT {name} FROM {source} ORDER BY 1)"
            )
        self._connection.execute(
            "CREATE TABLE events AS SELECT user_id::UBIGINT AS user_id, "
            "epoch_us(timestamp) AS at_us, event::event_name AS event, "
            f"channel::channel_name AS channel, price FROM {source} ORDER BY user_id, at_us"
        )
        self._connection.execute("CHECKPOINT")
        self._connection.close()
        return {"write": time.perf_counter() - begun, "compact": 0.0}

    def ask(self, question: Question) -> Answer:
        rows = self._connection.execute(self.sql(question)).fetchall()
        return rows_to_answer(rows, question.steps)

    def variants(self) -> dict[str, Callable[[Question], Answer | None]]:
        return {}

    def sql(self, question: Question) -> str:
        """Return the question in DuckDB's SQL."""
        steps = range(2, question.steps + 1)
        chains = [self._enter(question), *(self._follow(question, step) for step in steps)]
        reached = " UNION ALL ".join(
            f"SELECT user_id, {step} AS step FROM chain_{step}"
            for step in range(1, question.steps + 1)
        )
        chains.append(
            f"levels AS (SELECT user_id, max(step) AS level FROM ({reached}) GROUP BY user_id)"
        )
        if not question.by_channel:
            end = "SELECT 'all', level, count(*) FROM levels GROUP BY level"
        else:
            chains.append(
                "touch AS (SELECT user_id, arg_min(channel, at_us) AS channel FROM events "
                "GROUP BY user_id)"
            )
            end = (
                "SELECT channel::VARCHAR, level, count(*) FROM levels JOIN touch USING (user_id) "
                "GROUP BY channel, level"
            )
        return f"WITH {', '.join(chains)} {end}"

    def _enter(self, question: Question) -> str:
        where = f"event = '{question.events[0]}'"
        if question.price_above is not None:
            where += f" AND price > {question.price_above}"
        return f"chain_1 AS (SELECT user_id, at_us, at_us AS entry_us FROM events WHERE {where})"

    def _follow(self, question: Question, step: int) -> str:
        # The newest chain also began last: if it is too old for the window, so are all others.
        return (
            f"chain_{step} AS (SELECT e.user_id, e.at_us, c.entry_us FROM events e "
            f"ASOF JOIN chain_{step - 1} c ON e.user_id = c.user_id AND e.at_us >= c.at_us "
            f"WHERE e.event = '{question.events[step - 1]}' "
            f"AND e.at_us - c.entry_us <= {WINDOW_US})"
        )


ENGINES: dict[str, type[Any]] = {"suppilo": Suppilo, "chdb": Chdb, "duckdb": DuckDB}


def folder_bytes(folder: Path) -> int:
    """Return how much is in a folder and all below it."""
    return sum(
        (Path(place) / name).stat().st_size
        for place, _, names in os.walk(folder)
        for name in names
        if not (Path(place) / name).is_symlink()
    )
