"""``suppilo budget``: what it prints, what it reads, and how it refuses."""

import csv
import json
from datetime import timedelta

import pytest

from budget_support.spend_world import START, make_world
from cli.cli_calls import call


@pytest.fixture
def weeks(tmp_path):
    """A row for each week: date, three channels, revenue."""
    world = make_world(1, weeks=80)
    file = tmp_path / "weeks.csv"
    with file.open("w", newline="") as text:
        rows = csv.writer(text)
        rows.writerow(["week", "never", "search", "social", "radio", "price", "revenue"])
        for number, (spend, outcome) in enumerate(
            zip(world.history.spend, world.history.outcome, strict=True)
        ):
            day = START + timedelta(days=7 * number)
            rows.writerow([day, 0, *spend, 10 + number % 3, outcome])
    return file


@pytest.fixture
def ads(tmp_path):
    """A row for each day and channel, and another file with the outcome of each day."""
    world = make_world(2, weeks=100, channels=2)
    spend, leads = tmp_path / "ads.csv", tmp_path / "leads.csv"
    lines, came = ["date,channel,campaign,impressions,clicks,cost,currency"], ["day,leads"]
    for day in range(100):
        at = START + timedelta(days=day)
        for name, cost in zip(("google", "meta"), world.history.spend[day], strict=True):
            lines.append(f"{at},{name},brand,10,1,{cost:.2f},EUR")
        came.append(f"{at},{world.history.outcome[day]:.0f}")
    spend.write_text("\n".join(lines))
    leads.write_text("\n".join(came))
    return spend, leads


def test_the_plan_says_what_to_do_and_what_each_channel_brings(capsys, weeks):
    answer = call(capsys, "budget", weeks, "--control", "price")
    assert answer.code == 0, answer.err
    lines = answer.out.splitlines()
    assert lines[0].endswith(".")
    assert [line.split()[0] for line in lines[-7:-4]] == ["search", "social", "radio"]
    assert "Figures are those of a week. 80 weeks from 2023-01-02 on" in answer.out


def test_json_has_the_budget_bounds_and_ranges(capsys, weeks):
    answer = call(
        capsys, "budget", weeks, "--control", "price", "--outcome", "revenue", "--json",
        "--budget", "9000", "--bounds", "radio=100..200", "--step", "50",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    found = json.loads(answer.out)
    assert sum(one["best"] for one in found["channels"]) + found["unspent"] == pytest.approx(9000)
    radio = found["channels"][2]
    assert (radio["name"], radio["lower"], radio["upper"]) == ("radio", 100, 200)
    assert 100 - 1e-6 <= radio["best"] <= 200 + 1e-6
    assert radio["next_step"]["lower"] <= radio["next_step"]["median"]
    assert found["step"] == 50
    assert found["history"]["period_days"] == 7


def test_spend_as_platforms_write_it_is_joined_with_the_outcome(capsys, ads):
    answer = call(capsys, "budget", ads[0], "--outcomes", ads[1], "--json")
    assert answer.code == 0, answer.err
    found = json.loads(answer.out)
    assert [one["name"] for one in found["channels"]] == ["google", "meta"]
    assert (found["history"]["periods"], found["history"]["period_days"]) == (100, 1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--outcome", "sales"), "no column 'sales'"), (("--bounds", "radio"), "write NAME=LOW"),
        (("--bounds", "tv=1..2"), "no channel 'tv'"), (("--budget", "-1"), "above 0"),
        (("--elasticity", "2"), "between 0.1 and 0.9"), (("--channel", "tv"), "no column 'tv'"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line(capsys, weeks, options, said):
    answer = call(capsys, "budget", weeks, *options)
    assert answer.code == 2
    assert said in answer.err
    assert answer.err.count("\n") == 1


def test_files_that_lack_something_say_what(capsys, tmp_path, ads):
    assert "--outcomes" in call(capsys, "budget", ads[0]).err
    broken = tmp_path / "broken.csv"
    broken.write_text("date,search,revenue\n2026-01-05,x,1\n")
    assert "no number" in call(capsys, "budget", broken, "--channel", "search").err
    broken.write_text("date,search,revenue\n5 May,1,1\n")
    assert "line 2: '5 May' is no date" in call(capsys, "budget", broken).err
    mixed = tmp_path / "mixed.csv"
    mixed.write_text("date,channel,cost,currency\n2026-01-01,a,1,EUR\n2026-01-01,a,1,USD\n")
    assert "--currency" in call(capsys, "budget", mixed, "--outcomes", ads[1]).err
