"""Where goals stand: weeks counted and reckoned out of events."""

from __future__ import annotations

from benchmarks.dataset import DAY_US, DAYS, START_US
from benchmarks.engines import THREADS
from benchmarks.insights.asking import Ask, Comparison, Sizes, open_duckdb, open_lake
from benchmarks.names import BY_SHARE
from benchmarks.questions import BASE

WEEKS = 8
EVENTS = BY_SHARE[:10]
NOW_US = START_US + DAYS * DAY_US - DAY_US
SQL = f"""
SELECT event::VARCHAR, strftime(date_trunc('week', make_timestamp(at_us)), '%Y-%m-%d') AS week,
  count(*), sum(price)
FROM events WHERE event IN ({", ".join(f"'{name}'" for name in EVENTS)}) AND at_us <= {NOW_US}
GROUP BY ALL
"""


def by_suppilo(sizes: Sizes) -> Ask:
    """Return how ten events, a sum and a funnel's step stand, with what is due and foreseen."""
    from suppilo.analytics.goals.plan import GoalPlan
    from suppilo.analytics.goals.planned import PlanReader, plan_days

    source = open_lake(sizes)
    plan = GoalPlan.from_dict({"goals": [
        *({"event": name, "target": 1, "cadence": "week"} for name in EVENTS),
        {"name": "price", "event": EVENTS[0], "sum": "price", "target": 1, "cadence": "week"},
        {"name": "step", "funnel": BASE.to_spec(), "target": 1, "cadence": "week"},
    ]})  # fmt: skip

    def ask() -> dict[str, float]:
        reader = PlanReader(source, plan_days(plan, NOW_US, "UTC", WEEKS), WEEKS, THREADS)
        found = [reader.read(goal) for goal in plan.goals]
        return {
            f"{one.goal.name}, {standing.period.starts_on}": float(standing.fact or 0)
            for one in found if one.goal.name != "step" for standing in one.standings
        }  # fmt: skip

    return ask


def by_duckdb(sizes: Sizes) -> Ask:
    """Return the counts of the same weeks by a grouping: no step, nothing due or foreseen."""
    connection = open_duckdb(sizes)

    def ask() -> dict[str, float]:
        rows = connection.execute(SQL).fetchall()
        weeks = sorted({week for _event, week, *_ in rows})[-WEEKS - 1 :]
        found = {f"{event}, {week}": n for event, week, n, _sum in rows if week in weeks}
        return found | {
            f"price, {week}": total for event, week, _n, total in rows
            if event == EVENTS[0] and week in weeks
        }  # fmt: skip

    return ask


COMPARISONS = (
    Comparison("goals", "twelve goals over nine weeks; DuckDB counts eleven", "DuckDB",
               by_suppilo, by_duckdb, 3.0, reads_events=True),
)  # fmt: skip
