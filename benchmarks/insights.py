"""Cohorts, attribution and customer value at size, each beside a peer in the same run.

Cohorts of 10 million events by week beside DuckDB's SQL; a Markov chain of order 1 over 10 million
touches beside a plain program; a BG/NBD fit of a million customers beside the same likelihood
added up customer by customer. Each runs in a process of its own. Exit code 1 where figures differ.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from benchmarks.dataset import Size, prepare_files
from benchmarks.engines import THREADS, DuckDB, Suppilo
from benchmarks.funnel import answer_of, load_engine, say
from benchmarks.timing import row_of, time_runs

if TYPE_CHECKING:
    from suppilo.analytics.attribution import Journeys
    from suppilo.analytics.value import CustomerSummary

EVENTS, PATHS, CUSTOMERS = 10_000_000, 500_000, 1_000_000
WEEKS = 12
CHANNELS = 12
TRUTH = (0.8, 10.0, 1.2, 3.0)
"""Of the simulated customers: r, alpha (in weeks), a, b."""
DAY_US = 86_400_000_000

COHORTS = """
WITH firsts AS (
  SELECT user_id, date_trunc('week', make_timestamp(min(at_us))) AS cohort
  FROM events GROUP BY user_id
), seen AS (
  SELECT DISTINCT user_id, date_trunc('week', make_timestamp(at_us)) AS week FROM events
)
SELECT strftime(cohort, '%Y-%m-%d'), date_diff('week', cohort, week) AS period, count(*)
FROM seen JOIN firsts USING (user_id) WHERE period BETWEEN 1 AND 12 GROUP BY 1, 2
"""


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS, help="events, and touches")
    parser.add_argument("--paths", type=int, default=PATHS)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--folder", type=Path, default=Path(__file__).with_name("data") / "map")
    parser.add_argument("--runs", type=int, default=3, help="medians are over this many")
    parser.add_argument("--reuse", action="store_true", help="keep what was loaded before")
    parser.add_argument("--worker", choices=tuple(WORKERS), help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Measure all, print the tables, and say by the exit code whether all figures agree."""
    chosen = parse_arguments(arguments)
    if chosen.worker:
        print(json.dumps(WORKERS[chosen.worker](chosen)))
        return 0
    files = prepare_files(chosen.folder.resolve(), Size(chosen.events, chosen.paths), 1)
    for name in ("suppilo", "duckdb"):
        say(f"{name}: loading")
        load_engine(name, files, reuse=chosen.reuse)
    agree = [compare(title, ours, peer, target, chosen) for title, ours, peer, target in QUESTIONS]
    return 0 if all(agree) else 1


def compare(title: str, ours: str, peer: str, target_s: float, chosen: argparse.Namespace) -> bool:
    """Measure a question both ways, print its table, and return whether the figures agree."""
    found = {name: measure(name, chosen) for name in (ours, peer)}
    middle = {name: statistics.median(one["seconds"]) for name, one in found.items()}
    print(f"{title}; median (range) of warm runs\n")
    print("| | seconds | of all processors | memory at most |\n|---|---|---|---|")
    print("\n".join(row_of(name, one) for name, one in found.items()))
    met = "met" if middle[ours] <= target_s else "missed"
    print(f"\nThe peer takes {middle[peer] / middle[ours]:.1f} times as long; "
          f"target {target_s:g} s: {met}.\n")  # fmt: skip
    return agrees(found[ours]["figures"], found[peer]["figures"])


def agrees(ours: dict[str, float], theirs: dict[str, float]) -> bool:
    """Return whether both found the same, to one in a thousand; say what differs."""
    wrong = [
        name
        for name in ours.keys() | theirs.keys()
        if not np.isclose(ours.get(name, np.nan), theirs.get(name, np.nan), rtol=1e-3, atol=1e-9)
    ]
    if wrong:
        say(f"the figures differ: {', '.join(sorted(wrong)[:5])}")
    return not wrong


def measure(name: str, chosen: argparse.Namespace) -> dict[str, Any]:
    """Time one side in a process of its own."""
    say(f"{name}: asking")
    command = [sys.executable, "-m", "benchmarks.insights", "--worker", name]
    command += ["--folder", str(chosen.folder.resolve()), "--runs", str(chosen.runs)]
    command += ["--events", str(chosen.events), "--customers", str(chosen.customers)]
    return answer_of(command, chosen.folder.resolve())


def cohorts_by_suppilo(chosen: argparse.Namespace) -> dict[str, Any]:
    """Time classic cohorts of all events by week."""
    from suppilo.analytics.cohorts import CohortQuestion, run_cohorts

    engine = Suppilo(chosen.folder)
    engine.open()
    question = CohortQuestion(every="week", periods=WEEKS)

    def ask() -> dict[str, float]:
        report = run_cohorts(engine._source, question).report
        return {
            f"{cohort.start} +{period}": cell.returned
            for cohort in report.cohorts
            for period, cell in enumerate(cohort.cells)
            if period and cell is not None and cell.returned
        }

    return time_runs(ask, chosen.runs)


def cohorts_by_duckdb(chosen: argparse.Namespace) -> dict[str, Any]:
    """Time the same by two groupings and a join."""
    engine = DuckDB(chosen.folder)
    engine.open()

    def ask() -> dict[str, float]:
        rows = engine._connection.execute(COHORTS).fetchall()
        return {f"{cohort} +{period}": count for cohort, period, count in rows}

    return time_runs(ask, chosen.runs)


def make_journeys(touches: int) -> Journeys:
    """Draw journeys of three touches on average; some channels convert better than others."""
    from suppilo.analytics.attribution import Ends, Journeys

    random = np.random.default_rng(1)
    lengths = random.geometric(1 / 3, touches // 3)
    first = np.concatenate([[0], np.cumsum(lengths)])
    shares = 1 / np.arange(1, CHANNELS + 1)
    channel = random.choice(CHANNELS, int(first[-1]), p=shares / shares.sum())
    chance = np.linspace(0.02, 0.2, CHANNELS)[channel[first[1:] - 1]]
    converted = random.random(len(lengths)) < chance
    nothing = np.zeros(len(lengths), np.int64)
    ends = Ends(np.arange(len(lengths)), nothing, nothing, converted.astype(np.float64))
    names = tuple(f"channel {number}" for number in range(CHANNELS))
    return Journeys(first, channel, np.zeros(len(channel), np.int64), converted, ends, nothing,
                    names)  # fmt: skip


def markov_by_suppilo(chosen: argparse.Namespace) -> dict[str, Any]:
    """Time the removal effects of a chain of order 1."""
    from suppilo.analytics.attribution import credit_markov

    journeys = make_journeys(chosen.events)

    def ask() -> dict[str, float]:
        removal = credit_markov(journeys, 1).removal
        return dict(zip(journeys.names, removal.tolist(), strict=True))

    return time_runs(ask, chosen.runs)


def markov_plainly(chosen: argparse.Namespace) -> dict[str, Any]:
    """Time a program that walks each journey and solves for each channel."""
    journeys = make_journeys(chosen.events)
    channel, first = journeys.channel.tolist(), journeys.first.tolist()
    converted = journeys.converted.tolist()

    def ask() -> dict[str, float]:
        counts = np.zeros((CHANNELS + 1, CHANNELS + 2))  # from the start last; to: left, won
        rows = counts.tolist()
        for number, won in enumerate(converted):
            before = CHANNELS
            for now in channel[first[number] : first[number + 1]]:
                rows[before][now] += 1
                before = now
            rows[before][CHANNELS + won] += 1
        counts = np.array(rows)
        rates = counts / counts.sum(axis=1, keepdims=True)
        whole = _reach(rates, None)
        return {
            name: 1 - _reach(rates, number) / whole for number, name in enumerate(journeys.names)
        }

    return time_runs(ask, 1)


def _reach(rates: Any, without: int | None) -> float:
    """Return the probability to be won from the start; who goes to ``without`` leaves."""
    steps = np.zeros((CHANNELS + 1, CHANNELS + 1))
    steps[:, :CHANNELS] = rates[:, :CHANNELS]
    if without is not None:
        steps[:, without] = 0
    solved = np.linalg.solve(np.eye(CHANNELS + 1) - steps, rates[:, CHANNELS + 1])
    return float(solved[CHANNELS])


def make_customers(count: int) -> CustomerSummary:
    """Draw customers of a year as BG/NBD has them, with purchases by week."""
    from suppilo.analytics.value import summarise_purchases

    random = np.random.default_rng(2)
    r, alpha, a, b = TRUTH
    rate, leave = random.gamma(r, 1 / alpha, count), random.beta(a, b, count)
    who, at = np.arange(count), random.random(count) * 40
    customers, times = [who], [at]
    while len(who):
        at = at + random.exponential(1 / rate[who])
        there = at < 52
        who, at = who[there], at[there]
        customers.append(who)
        times.append(at)
        stays = random.random(len(who)) >= leave[who]
        who, at = who[stays], at[stays]
    customer, week = np.concatenate(customers), np.concatenate(times)
    at_us = (week * 7 * DAY_US).astype(np.int64)
    return summarise_purchases(customer, at_us, np.ones(len(at_us)), 52 * 7 * DAY_US, 7 * DAY_US)


def value_by_suppilo(chosen: argparse.Namespace) -> dict[str, Any]:
    """Time the fit over different customers, each with how many are alike."""
    from suppilo.analytics.value import fit_bgnbd

    summary = make_customers(chosen.customers)

    def ask() -> dict[str, float]:
        return {"log-likelihood": fit_bgnbd(summary).log_likelihood}

    return time_runs(ask, chosen.runs)


def value_plainly(chosen: argparse.Namespace) -> dict[str, Any]:
    """Time the fit that adds the likelihood up over all customers, with SciPy's own slopes."""
    from scipy.optimize import minimize
    from scipy.special import gammaln

    summary = make_customers(chosen.customers)
    x, recency, age = summary.frequency, summary.recency, summary.age

    def lost(logs: Any) -> float:
        r, alpha, a, b = np.exp(logs)
        start = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        start += gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        stayed = -(r + x) * np.log(alpha + age)
        left = np.where(x > 0, np.log(a) - np.log(b + np.maximum(x, 1) - 1)
                        - (r + x) * np.log(alpha + recency), -np.inf)  # fmt: skip
        return -float(np.sum(start + np.logaddexp(stayed, left)))

    def ask() -> dict[str, float]:
        found = minimize(lost, np.log([0.5, 5.0, 0.8, 2.0]), method="L-BFGS-B")
        return {"log-likelihood": -float(found.fun)}

    return time_runs(ask, 1)


WORKERS: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "cohorts-suppilo": cohorts_by_suppilo,
    "cohorts-duckdb": cohorts_by_duckdb,
    "markov-suppilo": markov_by_suppilo,
    "markov-plain": markov_plainly,
    "bgnbd-suppilo": value_by_suppilo,
    "bgnbd-plain": value_plainly,
}
QUESTIONS = (
    (f"Cohorts by week, {THREADS} threads at most", "cohorts-suppilo", "cohorts-duckdb", 2.0),
    ("Markov chain of order 1", "markov-suppilo", "markov-plain", 2.0),
    ("BG/NBD fit", "bgnbd-suppilo", "bgnbd-plain", 5.0),
)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
