"""``suppilo score``: what it prints, writes and refuses."""

import csv
import json

import numpy as np
import pytest

from cli.cli_calls import call, refusal

SHEET = {
    "hot": 60,
    "warm": 20,
    "rules": [
        {"name": "Asked for a price", "event": "price", "points": 80},
        {"name": "Looked", "event": "visit", "points": 10, "repeat": "each", "cap": 30},
        {"name": "Large", "property": "size", "value": "large", "points": 10},
    ],
}


@pytest.fixture(scope="module")
def leads(tmp_path_factory):
    """Seven months: two of three who looked at prices win in the month after, else one of fifty."""
    random = np.random.default_rng(4)
    rows = ["user_id,event,timestamp,size"]

    def record(who, event, day):
        size = "large" if who % 2 else "small"
        moment = np.datetime64("2026-01-01") + np.timedelta64(int(day * 86_400), "s")
        rows.append(f"p{who},{event},{moment}Z,{size}")

    chance = dict.fromkeys(range(500), 0.0)
    for month in range(7):
        for who in [who for who, odds in chance.items() if random.random() < odds]:
            record(who, "won", month * 30 + random.uniform(1, 29))
            del chance[who]
        for who in chance:
            record(who, "visit", month * 30 + random.uniform(1, 29))
            looked = random.random() < 0.15
            chance[who] = 0.66 if looked else 0.02
            if looked:
                record(who, "price", month * 30 + random.uniform(1, 29))
    rows.append("=end,visit,2026-07-30T00:00:00Z,small")
    file = tmp_path_factory.mktemp("leads") / "leads.csv"
    file.write_text("\n".join(rows) + "\n")
    return file


@pytest.fixture
def sheet(tmp_path):
    file = tmp_path / "sheet.json"
    file.write_text(json.dumps(SHEET))
    return file


def test_a_goal_is_learned_and_said_in_words(capsys, leads):
    answer = call(capsys, "score", leads, "--goal", "won", "--top", 3)
    assert answer.code == 0
    assert "likeliest to do won within 30 days" in answer.out
    assert "times as many" in answer.out
    assert "Taken: logistic regression" in answer.out
    matters = next(line for line in answer.out.splitlines() if line.startswith("What matters"))
    assert "price" in matters
    assert "The first 3 of 501 paths" in answer.out
    *_, last = answer.out.splitlines()
    assert "+ price 1× in 30 days (usually 0×)" in last


def test_rules_and_a_goal_stand_beside_each_other(capsys, leads, sheet, tmp_path):
    file = tmp_path / "scores.csv"
    answer = call(
        capsys, "score", leads, "--goal", "won", "--rules", sheet, "--json", "--csv", file
    )
    said = json.loads(answer.out)
    assert said["paths"] == sum(said["temperatures"].values()) == 501
    assert said["card"]["is_useful"]
    first = said["scores"][0]
    assert first["probability"] > 0.4
    assert any("+80 Asked for a price" in reason for reason in first["reasons"])
    with file.open(newline="", encoding="utf-8") as given:
        rows = list(csv.DictReader(given))
    assert len(rows) == 501
    assert "'=end" in {row["path"] for row in rows}
    chances = [float(row["probability"]) for row in rows if row["probability"]]
    assert chances == sorted(chances, reverse=True)
    hot = {row["path"] for row in rows if row["temperature"] == "hot"}
    assert len(hot) == said["temperatures"]["hot"]


def test_properties_of_rules_are_those_that_events_said_last(capsys, leads, sheet):
    said = json.loads(call(capsys, "score", leads, "--rules", sheet, "--json").out)
    assert "card" not in said
    assert {row["fit"] for row in said["scores"]} == {10}
    assert all(int(row["path"][1:]) % 2 for row in said["scores"])


def test_too_few_outcomes_are_said_with_advice(capsys, leads, tmp_path):
    file = tmp_path / "scores.csv"
    answer = call(capsys, "score", leads, "--goal", "won", "--horizon", 90, "--csv", file)
    assert answer.out.startswith("The history has 208 days; to learn what comes within 90 days")
    assert "it takes 315" in answer.out
    assert not file.exists()
    said = json.loads(call(capsys, "score", leads, "--goal", "won", "--horizon", 90, "--json").out)
    assert said["too_few"]["lack"] == "moments"
    assert said["scores"] == []


def test_what_can_not_be_asked_is_refused_in_a_line(capsys, leads, sheet, tmp_path):
    assert "give --goal EVENT, or --rules FILE.json" in refusal(capsys, "score", leads)
    assert "no event 'buy'; there are price, visit, won" in refusal(
        capsys, "score", leads, "--goal", "buy"
    )
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps({"rules": [{"property": "colour", "value": "red", "points": 1}]}))
    assert "no event has a property 'colour'" in refusal(capsys, "score", leads, "--rules", broken)
    broken.write_text("{")
    assert "broken.json: Expecting" in refusal(capsys, "score", leads, "--rules", broken)
    wrong = refusal(capsys, "score", leads, "--goal", "won", "--where", "colour = 'red'")
    assert "colour" in wrong
