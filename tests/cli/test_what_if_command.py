"""``suppilo what-if``: the worked examples at the command line, and how it refuses."""

import json

import pytest

from cli.cli_calls import STEPS, call, refusal, write_shop

SHOP = ("--stage", "visits=200", "--stage", "calls=4", "--stage", "sales=1")


def test_expansion_is_printed_with_its_assumption_and_the_key_level(capsys):
    answer = call(capsys, "what-if", *SHOP, "--value", 1000, "--expand", "visits:x10")
    assert answer.code == 0, answer.err
    assert "2,000" in answer.out
    assert "1 : 200 now, 1 : 200 then" in answer.out
    assert "elasticity 1" in answer.out
    assert "Key level: visits" in answer.out


def test_json_has_the_stages_after_and_the_ranking(capsys):
    answer = call(capsys, "what-if", *SHOP, "--stretch", "calls:50%", "--json")
    found = json.loads(answer.out)
    assert [round(one["after"], 6) for one in found["levels"]] == [200, 4, 2]
    assert [one["stage"] for one in found["key_levels"]] == ["visits", "calls"]


def test_stages_are_taken_from_a_counted_funnel(capsys, tmp_path):
    counted = call(capsys, "funnel", write_shop(tmp_path), *STEPS, "--json")
    file = tmp_path / "funnel.json"
    file.write_text(counted.out)
    answer = call(capsys, "what-if", "--funnel", file, "--json")
    names = [step["name"] for step in json.loads(counted.out)["steps"]]
    assert [one["name"] for one in json.loads(answer.out)["levels"]] == names


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "two stages at least"),
        (("--stage", "visits"), "NAME=NUMBER"),
        ((*SHOP, "--expand", "visits"), "NAME:x1.6"),
        ((*SHOP, "--stretch", "calls:x20%"), "NAME:60%"),
        ((*SHOP, "--stretch", "calls:1.2.3%"), "not a number"),
        ((*SHOP, "--cost", "clicks=1"), "no stage 'clicks'"),
    ],
)
def test_question_that_can_not_be_read_is_refused(capsys, arguments, said):
    assert said in refusal(capsys, "what-if", *arguments)


def test_file_that_is_no_funnel_is_refused(capsys, tmp_path):
    file = tmp_path / "funnel.json"
    file.write_text("[1]")
    assert "suppilo funnel --json" in refusal(capsys, "what-if", "--funnel", file)
