"""Cohorts by week of all events."""

from __future__ import annotations

from benchmarks.insights.asking import Ask, Comparison, Sizes, open_duckdb, open_lake

WEEKS = 12
SQL = """
WITH firsts AS (
  SELECT user_id, date_trunc('week', make_timestamp(min(at_us))) AS cohort
  FROM events GROUP BY user_id
), seen AS (
  SELECT DISTINCT user_id, date_trunc('week', make_timestamp(at_us)) AS week FROM events
)
SELECT strftime(cohort, '%Y-%m-%d'), date_diff('week', cohort, week) AS period, count(*)
FROM seen JOIN firsts USING (user_id) WHERE period BETWEEN 1 AND 12 GROUP BY 1, 2
"""


def by_suppilo(sizes: Sizes) -> Ask:
    """Return how classic cohorts of all events are asked for."""
    from suppilo.analytics.cohorts import CohortQuestion, run_cohorts

    source, question = open_lake(sizes), CohortQuestion(every="week", periods=WEEKS)

    def ask() -> dict[str, float]:
        report = run_cohorts(source, question).report
        return {
            f"{cohort.start} +{period}": cell.returned
            for cohort in report.cohorts
            for period, cell in enumerate(cohort.cells)
            if period and cell is not None and cell.returned
        }

    return ask


def by_duckdb(sizes: Sizes) -> Ask:
    """Return the same by two groupings and a join."""
    connection = open_duckdb(sizes)

    def ask() -> dict[str, float]:
        rows = connection.execute(SQL).fetchall()
        return {f"{cohort} +{period}": count for cohort, period, count in rows}

    return ask


COMPARISONS = (
    Comparison("cohorts", "by week, of all events", "DuckDB", by_suppilo, by_duckdb, 2.0,
               reads_events=True),
)  # fmt: skip
