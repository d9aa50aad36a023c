"""The benchmark compares engines on one question: that it is one question is tested here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def dataset(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks import dataset

    return dataset


def columns(events) -> list[np.ndarray]:
    return [events.user, events.at_us, events.event, events.channel, events.price]


def test_the_same_seed_makes_the_same_events(dataset):
    one, other = (dataset.generate(dataset.Size(20_000, 1_000, seed=5)) for _ in range(2))
    for mine, yours in zip(columns(one), columns(other), strict=True):
        np.testing.assert_array_equal(mine, yours)


def test_another_seed_makes_other_events(dataset):
    one, other = (dataset.generate(dataset.Size(20_000, 1_000, seed=seed)) for seed in (5, 6))
    assert not np.array_equal(one.at_us, other.at_us)


def test_no_two_events_of_a_path_have_the_same_time(dataset):
    events = dataset.generate(dataset.Size(50_000, 500))
    assert len({*zip(events.user.tolist(), events.at_us.tolist(), strict=True)}) == 50_000


def test_four_steps_are_a_third_of_all_events(dataset):
    events = dataset.generate(dataset.Size(200_000, 10_000))
    steps = [dataset.BY_SHARE.index(name) for name in dataset.STEPS[:4]]
    assert np.isin(events.event, steps).mean() == pytest.approx(1 / 3, abs=0.02)


def test_suppilo_and_duckdb_count_the_same(tmp_path):
    measured = tmp_path / "measured.json"
    command = [sys.executable, "-m", "benchmarks.funnel", "--folder", str(tmp_path / "data")]
    command += ["--events", "200000", "--paths", "10000", "--csv-rows", "50000", "--runs", "1"]
    command += ["--engines", "suppilo", "duckdb", "--json", str(measured)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(measured.read_text())
    assert found["differences"] == []
    for question, timed in found["engines"]["duckdb"]["warm"].items():
        counts = timed["answers"][0]["all"]
        assert counts == sorted(counts, reverse=True), question
        assert counts[1] > 100, question
        assert found["engines"]["suppilo"]["warm"][question]["answers"] == timed["answers"]
