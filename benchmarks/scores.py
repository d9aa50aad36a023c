"""Scores at size, each beside a plain peer in the same run: points by rules, and learned chances.

A score sheet over 10 million events of a million people beside DuckDB's SQL; learning who of
80,000 people reaches a goal (as many rows as it ever learns from), with features, tests,
calibration and reasons, beside scikit-learn alone on the same matrix, which is made before the
clock starts. Each runs in a process of its own. Exit code 1 where figures differ.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from benchmarks.dataset import DAY_US, DAYS, START_US, Size, prepare_files
from benchmarks.engines import THREADS, DuckDB, Suppilo
from benchmarks.funnel import answer_of, load_engine, say
from benchmarks.names import FIRST_STEPS
from benchmarks.timing import agrees, print_table, time_runs

if TYPE_CHECKING:
    from suppilo.analytics.events import EventSource
    from suppilo.analytics.scores import LearnedScore, ScoreQuestion
    from suppilo.analytics.scores.fitting import Sample

EVENTS, PATHS, LEARNERS = 10_000_000, 1_000_000, 80_000
AS_OF_US = START_US + DAYS * DAY_US
EACH, WHERE, ONCE = FIRST_STEPS[0], FIRST_STEPS[1], FIRST_STEPS[-1]
HORIZON_DAYS = 14
SHEET = {
    "rules": [
        {"name": "each", "event": EACH, "points": 4, "half_life_days": 14, "repeat": "each",
         "cap": 30},
        {"name": "once", "event": ONCE, "points": 40, "half_life_days": 30},
        {"name": "where", "event": WHERE, "where": "channel = 'email'", "points": 10},
    ],
    "full_engagement": 50,
}  # fmt: skip
POINTS = f"""
WITH given AS (
  SELECT user_id, least(30, sum(4 * pow(2, (at_us - {AS_OF_US}) / (14.0 * {DAY_US})))) AS points
  FROM events WHERE event = '{EACH}' GROUP BY user_id
  UNION ALL
  SELECT user_id, 40 * pow(2, (max(at_us) - {AS_OF_US}) / (30.0 * {DAY_US}))
  FROM events WHERE event = '{ONCE}' GROUP BY user_id
  UNION ALL
  SELECT DISTINCT user_id, 10 FROM events WHERE event = '{WHERE}' AND channel = 'email'
), totals AS (
  SELECT people.user_id, 100 * least(1, coalesce(sum(points), 0) / 50) AS total
  FROM (SELECT DISTINCT user_id FROM events) AS people LEFT JOIN given USING (user_id) GROUP BY 1
)
SELECT count(*), sum(total), count(*) FILTER (total >= 50), count(*) FILTER (total >= 20)
FROM totals
"""


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--paths", type=int, default=PATHS, help="people, scored by rules")
    parser.add_argument("--learners", type=int, default=LEARNERS, help="people, learned from")
    parser.add_argument("--folder", type=Path, default=Path(__file__).with_name("data") / "scores")
    parser.add_argument("--runs", type=int, default=3, help="medians are over this many")
    parser.add_argument("--reuse", action="store_true", help="keep what was loaded before")
    parser.add_argument("--worker", choices=tuple(WORKERS), help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Measure all, print the tables, and say by the exit code whether all figures agree."""
    chosen = parse_arguments(arguments)
    chosen.folder = chosen.folder.resolve()
    if chosen.worker:
        print(json.dumps(WORKERS[chosen.worker](chosen)))
        return 0
    learners = min(chosen.learners, chosen.paths)
    load(chosen.folder, Size(chosen.events, chosen.paths), ("suppilo", "duckdb"), chosen)
    share = chosen.events * learners // chosen.paths
    load(chosen.folder / "learned", Size(share, learners), ("suppilo",), chosen)
    agree = [compare(title, ours, peer, chosen) for title, ours, peer in QUESTIONS]
    return 0 if all(agree) else 1


def load(folder: Path, size: Size, engines: Sequence[str], chosen: argparse.Namespace) -> None:
    """Make the events of a size, and load them."""
    files = prepare_files(folder, size, 1)
    for name in engines:
        say(f"{name}: loading {size.events:,} events")
        load_engine(name, files, reuse=chosen.reuse)


def compare(title: str, ours: str, peer: str, chosen: argparse.Namespace) -> bool:
    """Measure a question both ways, print its table, and return whether the figures agree."""
    found = {name: measure(name, chosen) for name in (ours, peer)}
    print_table(title, found)
    return agrees(found[ours]["figures"], found[peer]["figures"])


def measure(name: str, chosen: argparse.Namespace) -> dict[str, Any]:
    """Time one side in a process of its own."""
    say(f"{name}: asking")
    command = [sys.executable, "-m", "benchmarks.scores", "--worker", name]
    command += ["--folder", str(chosen.folder), "--runs", str(chosen.runs)]
    return answer_of(command, chosen.folder)


def open_events(folder: Path) -> EventSource:
    """Return the events that were loaded into a folder."""
    engine = Suppilo(folder)
    engine.open()
    return engine._source


def points_by_suppilo(chosen: argparse.Namespace) -> dict[str, Any]:
    """Time counting the sheet for everybody."""
    from suppilo.analytics.scores import ScoreRules, score_by_rules

    source, rules = open_events(chosen.folder), ScoreRules.from_dict(SHEET)

    def ask() -> dict[str, float]:
        total = score_by_rules(source, None, rules, AS_OF_US).total
        return _sum_up(len(total), float(total.sum()), (total >= 50).sum(), (total >= 20).sum())

    return time_runs(ask, chosen.runs)


def points_by_duckdb(chosen: argparse.Namespace) -> dict[str, Any]:
    """Time the same by groupings and a join."""
    engine = DuckDB(chosen.folder)
    engine.open()

    def ask() -> dict[str, float]:
        row = engine._connection.execute(POINTS).fetchone()
        assert row is not None  # sums always have a row
        return _sum_up(*row)

    return time_runs(ask, chosen.runs)


def _sum_up(people: int, total: float, hot: int, warm: int) -> dict[str, float]:
    return {"people": int(people), "total": float(total), "hot": int(hot), "warm": int(warm)}


def make_question() -> ScoreQuestion:
    """Return the question: whom the last step of the funnel comes within two weeks."""
    from suppilo.analytics.scores import EventCondition, ScoreQuestion

    return ScoreQuestion(EventCondition(ONCE), HORIZON_DAYS, active_days=60)


def learn_all(source: EventSource) -> LearnedScore:
    """Learn the score as the server does."""
    from suppilo.analytics.scores import LearnedScore, learn

    found = learn(source, make_question(), AS_OF_US, np.random.default_rng(0))
    if not isinstance(found, LearnedScore):
        raise SystemExit(f"there is too little to learn from; take more events: {found}")
    return found


def chances_by_suppilo(chosen: argparse.Namespace) -> dict[str, Any]:
    """Time learning: moments, features, three models, calibration, and the card."""
    source = open_events(chosen.folder / "learned")

    def ask() -> dict[str, float]:
        card = learn_all(source).card
        return {"rows": card.learned.rows + card.held.rows, "outcomes": card.held.outcomes}

    return time_runs(ask, chosen.runs)


def chances_by_sklearn(chosen: argparse.Namespace) -> dict[str, Any]:
    """Time scikit-learn with its own search and calibration on the same matrix, made before."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    from suppilo.analytics.scores.fitting import MOST_TREES, PENALTIES

    learned, held = make_matrix(open_events(chosen.folder / "learned"))

    def ask() -> dict[str, float]:
        line = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000, tol=1e-3))
        searched = GridSearchCV(
            line, {"logisticregression__C": PENALTIES}, scoring="neg_log_loss", cv=3
        )
        trees = HistGradientBoostingClassifier(
            learning_rate=0.08, max_iter=MOST_TREES, max_leaf_nodes=8, min_samples_leaf=20
        )
        # As on our side: threads that wait for each other take longer, and by no fixed time.
        with threadpool_limits(1):
            for model in (searched, trees):
                found = CalibratedClassifierCV(model, method="sigmoid", cv=3)
                found.fit(learned.rows, learned.outcome).predict_proba(held.rows)
        return {"rows": len(learned) + len(held), "outcomes": int(held.outcome.sum())}

    return time_runs(ask, 0)  # once: it takes long


def make_matrix(source: EventSource) -> tuple[Sample, Sample]:
    """Return the rows that are learned from, and those held out, as Suppilo has them."""
    from suppilo.analytics.scores.points import seen_keys
    from suppilo.analytics.scores.predict import everybody, read_moments

    score = learn_all(source)
    card = score.card
    moments_us = (*card.learned.moments_us, *card.held.moments_us)
    units = everybody(seen_keys(source, moments_us[-1]))
    moments = read_moments(source, score.question, score.plan, units, moments_us)
    first = len(card.learned.moments_us)
    return moments.part(0, first)[0], moments.part(first, len(moments_us))[0]


WORKERS: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "points-suppilo": points_by_suppilo,
    "points-duckdb": points_by_duckdb,
    "chances-suppilo": chances_by_suppilo,
    "chances-sklearn": chances_by_sklearn,
}
QUESTIONS = (
    (f"Points by three rules, {THREADS} threads at most", "points-suppilo", "points-duckdb"),
    ("Learning a chance", "chances-suppilo", "chances-sklearn"),
)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
