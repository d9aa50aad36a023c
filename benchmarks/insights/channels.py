"""What channels cost and bring, out of a file of many rows."""

from __future__ import annotations

from pathlib import Path

from benchmarks.insights.asking import Ask, Comparison, Sizes

CHANNELS = 40
COLUMNS = ("impressions", "clicks", "cost", "leads", "customers", "revenue")


def make_file(sizes: Sizes) -> Path:
    """Write the rows, unless they are there."""
    import duckdb

    file = sizes.folder / f"spend-{sizes.customers}.csv"
    if not file.is_file():
        connection = duckdb.connect()
        connection.execute(
            f"COPY (SELECT 'channel ' || (i * 7919) % {CHANNELS} AS channel, "
            "1000 + (i * 31) % 5000 AS impressions, 10 + (i * 17) % 90 AS clicks, "
            "round(5 + (i * 13) % 4000 / 100, 2) AS cost, 1 + (i * 3) % 9 AS leads, "
            "(i * 5) % 2 AS customers, round((i * 11) % 30000 / 100, 2) AS revenue "
            f"FROM range({sizes.customers}) AS made(i)) TO '{file}' (HEADER)"
        )
    return file


def by_suppilo(sizes: Sizes) -> Ask:
    """Return how the command reads a file, adds up exactly, and draws rates to what is usual."""
    from suppilo.cli.channels import _report

    file = make_file(sizes)

    def ask() -> dict[str, float]:
        return {
            f"{one.name}, {name}": float(getattr(one.figures, name))
            for one in _report([str(file)], dict.fromkeys(COLUMNS))[0] for name in COLUMNS
        }  # fmt: skip

    return ask


def by_duckdb(sizes: Sizes) -> Ask:
    """Return the sums of DuckDB's own reader."""
    import duckdb
    from benchmarks.engines import THREADS

    connection = duckdb.connect(config={"threads": THREADS})
    sums = ", ".join(f"sum({name}::DECIMAL(18, 4))" for name in COLUMNS)
    query = f"SELECT channel, {sums} FROM read_csv('{make_file(sizes)}') GROUP BY channel"

    def ask() -> dict[str, float]:
        return {
            f"{channel}, {name}": float(total)
            for channel, *totals in connection.execute(query).fetchall()
            for name, total in zip(COLUMNS, totals, strict=True)
        }

    return ask


COMPARISONS = (
    Comparison("channels", "a file of a row for each customer", "DuckDB",
               by_suppilo, by_duckdb, 5.0),
)  # fmt: skip
