"""``suppilo watch``: what it says of a file of events."""

import json
from datetime import date, timedelta

import numpy as np
import pytest

from cli.cli_calls import call, refusal

READ = ("--path", "who", "--event", "what", "--at", "when", "--timezone", "UTC")
FIRST = date(2026, 1, 5)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Twelve weeks: 30 visits a day by search, 20 by ads; ads stop after the tenth week."""
    rng, rows = np.random.default_rng(5), ["who,what,when,channel"]
    number = 0
    for day in range(84):
        at = (FIRST + timedelta(days=day)).isoformat()
        for channel, mean in (("search", 30), ("ads", 20 if day < 70 else 0)):
            for _ in range(rng.poisson(mean)):
                number += 1
                rows.append(f"p{number},visit,{at} 10:00,{channel}")
                if rng.random() < 0.3:
                    rows.append(f"p{number},pay,{at} 11:00,{channel}")
    rows.append(f"z,visit,{(FIRST + timedelta(days=84)).isoformat()} 10:00,search")
    file = tmp_path_factory.mktemp("watch") / "shop.csv"
    file.write_text("\n".join(rows) + "\n")
    return file


def test_a_channel_that_stops_is_told_with_its_day(capsys, shop):
    answer = call(capsys, "watch", shop, *READ, "--only", "visit", "--by", "channel")
    assert answer.code == 0, answer.err
    assert "visit fell by" in answer.out
    assert "visit · ads fell by 100 % on 2026-03-16: 0 a day" in answer.out
    assert "visit · search fell" not in answer.out
    assert "fewer than one alert a year" in answer.out


def test_a_conversion_that_stays_is_said_to_stay(capsys, shop):
    answer = call(
        capsys, "watch", shop, *READ, "--step", "visit", "--step", "pay", "--window", "1d",
        "--by", "channel", "--json",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    found = {one["name"]: one for one in json.loads(answer.out)}
    assert set(found) == {"visit → pay", "visit → pay · search", "visit → pay · ads"}
    assert found["visit → pay"]["kind"] == "rate"
    assert found["visit → pay"]["known_days"] == 83
    assert not found["visit → pay"]["findings"]


def test_too_little_history_is_said(capsys, shop):
    answer = call(capsys, "watch", shop, *READ, "--only", "visit", "--as-of", "2026-01-20")
    assert "visit: Too little history: 15 of 28 days." in answer.out


def test_an_event_or_day_that_is_none_is_refused(capsys, shop):
    assert "there is no event 'vist'" in refusal(capsys, "watch", shop, *READ, "--only", "vist")
    assert "--skip" in refusal(capsys, "watch", shop, *READ, "--skip", "christmas")
