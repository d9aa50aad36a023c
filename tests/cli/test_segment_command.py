"""``suppilo segment`` on a file: who is in it, over time, and what is refused."""

import json

import pytest

from cli.cli_calls import call

FILE = """\
user_id,event,timestamp,plan,seats
ann,login,2026-01-01T10:00:00Z,trial,3
ann,login,2026-01-05T10:00:00Z,pro,12
ann,pay,2026-01-06T10:00:00Z,pro,12
bob,login,2026-01-02T10:00:00Z,trial,5
bob,login,2026-01-12T10:00:00Z,trial,5
bob,login,2026-01-13T10:00:00Z,trial,5
=cid,3x login,2026-01-14T10:00:00Z,,
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "logins.csv"
    path.write_text(FILE, encoding="utf-8")
    return path


def members(capsys, file, *options):
    answer = call(capsys, "segment", file, "--timezone", "UTC", "--json", *options)
    assert answer.code == 0, answer.err
    return sorted(json.loads(answer.out)["first"])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--did", "login"], ["ann", "bob"]),
        (["--did", "3x login"], ["=cid"]),  # an event is called so
        (["--did", "3 x login"], ["bob"]),
        (["--did", "2x login within 5d"], ["bob"]),
        (["--did", "login where plan = 'pro'"], ["ann"]),
        (["--did", "login", "--did-not", "pay"], ["bob"]),
        (["--did-not", "login within 3d"], ["=cid", "ann"]),
        (["--did", "pay", "--did", "3x login", "--any"], ["=cid", "ann"]),
        (["--property", "plan=PRO"], ["ann"]),
        (["--property", "seats >= 5"], ["ann", "bob"]),
        (["--property", "plan~ria"], ["bob"]),
        (["--property", "seats"], ["ann", "bob"]),
        (["--did", "login", "--as-of", "2026-01-01"], []),
    ],
)
def test_who_is_in_it(capsys, file, options, expected):
    assert members(capsys, file, *options) == expected


def test_how_many_there_were_at_the_end_of_each_week(capsys, file):
    answer = call(capsys, "segment", file, "--timezone", "UTC", "--did", "login within 7d",
                  "--every", "week", "--json")  # fmt: skip
    # Sundays; the week that is not over has no figure but that of now.
    assert json.loads(answer.out) == {
        "members": 1, "paths": 3, "first": ["bob"],
        "sizes": [{"day": "2026-01-04", "members": 2}, {"day": "2026-01-11", "members": 1}],
    }  # fmt: skip


def test_the_text_says_how_many_and_names_the_first(capsys, file):
    answer = call(capsys, "segment", file, "--timezone", "UTC", "--did", "login", "--top", 1)
    lines = answer.out.splitlines()
    assert lines[0] == "2 of 3 paths (66.7 %)"
    assert lines[-1] == "and 1 more; --csv FILE writes them all"


def test_the_file_names_all_without_formulas(capsys, file, tmp_path):
    out = tmp_path / "out.csv"
    call(capsys, "segment", file, "--timezone", "UTC", "--did-not", "login", "--csv", out)
    assert out.read_text(encoding="utf-8").splitlines() == ["path", "'=cid"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "say who: --did EVENT"),
        (["--did", "logim"], "did you mean 'login'?"),
        (["--did-not", "0x pay"], "say at least 1"),
        (["--did", "login where plan ="], "plan ="),
        (["--property", "plam=pro"], "no event has a property 'plam'"),
        (["--property", "=pro"], "write NAME=VALUE"),
        (["--property", "plan="], "compare with what?"),
        (["--property", "seats>=many"], "'many' is no number"),
        (["--did", "login", "--as-of", "yesterday-ish"], "--as-of"),
    ],
)
def test_what_has_no_answer_is_refused(capsys, file, options, said):
    answer = call(capsys, "segment", file, "--timezone", "UTC", *options)
    assert answer.code == 2
    assert said in answer.err


def test_too_many_times_to_look_are_refused(capsys, tmp_path):
    path = tmp_path / "long.csv"
    path.write_text(
        "user_id,event,timestamp\na,pay,2020-01-01T00:00:00Z\na,pay,2026-01-01T00:00:00Z\n"
    )
    said = call(capsys, "segment", path, "--timezone", "UTC", "--did", "pay", "--every", "day").err
    assert "take a longer one" in said
