"""``suppilo next-action`` over a file of moves and one of what was done."""

import csv
import json
from datetime import UTC, datetime

import pytest

from cli.cli_calls import call, refusal
from next_action_support.seeded import DEMO, EMAIL, Truth, draw_world
from suppilo.analytics.next_action import find_phase, learn_actions
from suppilo.analytics.stages import LOST

DAY_US = 86_400_000_000
STAGES = ("New", "Talks", "Offer", "Won")
ACTIONS = {DEMO: "demo", EMAIL: "e-mail"}
AS_OF = "1970-07-20"
"""The world's last day, its 200th."""


def moment(at_us):
    return datetime.fromtimestamp(at_us / 1e6, UTC).isoformat(timespec="microseconds")


def write(file, header, rows):
    with file.open("w", newline="", encoding="utf-8") as text:
        csv.writer(text).writerows([header, *rows])
    return file


@pytest.fixture(scope="module")
def world():
    return draw_world(Truth(effect={DEMO: 3.0}), 400, 7)


@pytest.fixture(scope="module")
def files(world, tmp_path_factory):
    folder, ledger, deeds = tmp_path_factory.mktemp("files"), world.ledger, world.deeds
    moves = [
        (f"D{deal}", "Lost" if stage == LOST else STAGES[stage], moment(at), world.kind[deal])
        for deal, stage, at in zip(ledger.deal, ledger.stage, ledger.at, strict=True)
    ]
    done = [
        (f"D{deal}", ACTIONS[int(action)], moment(at))
        for deal, action, at in zip(deeds.deal, deeds.action, deeds.at, strict=True)
    ]
    return (
        write(folder / "moves.csv", ("deal", "stage", "at", "channel"), moves),
        write(folder / "done.csv", ("deal", "kind", "done_at"), done),
    )


def arguments(files, *more):
    moves, done = files
    return ("next-action", moves, "--stages", ",".join(STAGES), "--done", done, "--by", "channel",
            "--as-of", AS_OF, *more)  # fmt: skip


@pytest.fixture
def told(files, capsys):
    answer = call(capsys, *arguments(files, "--json"))
    assert (answer.code, answer.err) == (0, "")
    return json.loads(answer.out)


def test_figures_are_those_of_the_world_that_the_files_were_written_from(world, told):
    lessons = learn_actions(world.traces(), world.kinds(), world.deeds)
    assert [stage["name"] for stage in told["stages"]] == [STAGES[one.stage] for one in lessons]
    for stage, lesson in zip(told["stages"], lessons, strict=True):
        found = {one["name"]: one for one in stage["actions"]}
        assert len(found) == len(lesson.actions)
        for one in lesson.actions:
            said = found[ACTIONS[one.action]]
            assert (said["deals"], said["others"]) == (one.deals, one.others)
            assert said["moved"]["difference"] == pytest.approx(one.moved.difference)
            assert len(said["groups"]) == len(one.groups)
    demo = [one for stage in told["stages"] for one in stage["actions"] if one["name"] == "demo"]
    assert max(one["moved"]["lower"] for one in demo) > 0


def test_each_open_deal_hears_what_deals_like_it_moved_on_after_and_has_not_seen(world, told):
    entries, done = {}, {}
    for deal, stage, at in zip(*map(list, _columns(world.ledger)), strict=True):
        if at <= world.as_of:
            entries[deal] = (int(stage), int(at))
    for deal, action, at in zip(*map(list, _columns(world.deeds)), strict=True):
        if deal in entries and entries[deal][1] <= at <= world.as_of:
            done.setdefault(deal, set()).add(ACTIONS[int(action)])
    is_open = {deal: one for deal, one in entries.items() if 0 <= one[0] < len(STAGES) - 1}
    said = {int(one["deal"][1:]): one for one in told["open"]}
    assert said.keys() == is_open.keys()
    stages = {stage["name"]: stage for stage in told["stages"]}
    advised = 0
    for deal, (stage, at) in is_open.items():
        like = (str(world.kind[deal]), find_phase((world.as_of - at) / DAY_US))
        worth = {
            one["name"]
            for one in stages.get(STAGES[stage], {"actions": []})["actions"]
            for group in one["groups"]
            if (group["by"], group["phase"]) == like and group["moved"]["lower"] > 0
            and not (one["won"] and one["won"]["upper"] < 0)
        }  # fmt: skip
        heard = {one["name"] for one in said[deal]["do_next"]}
        assert said[deal]["stage"] == STAGES[stage]
        assert not heard & done.get(deal, set())
        assert worth - done.get(deal, set()) <= heard
        advised += bool(heard)
    assert advised > 5


def _columns(rows):
    what = rows.stage if hasattr(rows, "stage") else rows.action
    return rows.deal, what, rows.at


def test_text_has_a_table_for_each_stage_and_what_to_do_next(files, capsys):
    answer = call(capsys, *arguments(files))
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert lines[0].startswith("400 deals as of ")
    assert any(line.startswith("New: went on within ") for line in lines)
    assert any(line.split()[:2] == ["Done", "Deals"] for line in lines)
    assert any("Do next" in line for line in lines)
    assert "not what brought it about" in answer.out


def test_rows_that_say_no_time_or_no_known_deal_are_told_of(files, tmp_path, capsys):
    moves, _done = files
    done = write(
        tmp_path / "done.csv", ("deal", "kind", "done_at"),
        [("D1", "demo", ""), ("Nobody", "demo", AS_OF), ("D2", "", AS_OF)],
    )  # fmt: skip
    answer = call(capsys, *arguments((moves, done)))
    assert answer.code == 0
    assert "1 row left out: nothing says when it was done" in answer.err
    assert "1 row left out, of deals that are in no file: Nobody" in answer.err


def test_a_file_of_what_was_done_that_can_not_be_read_is_refused(files, tmp_path, capsys):
    moves, _done = files
    bad = write(tmp_path / "bad.csv", ("deal", "kind", "done_at"), [("D1", "demo", "soon")])
    assert "bad.csv, line 2: " in refusal(capsys, *arguments((moves, bad)))
    other = write(tmp_path / "other.csv", ("deal", "who"), [("D1", "Ann")])
    assert "name the column with --action" in refusal(capsys, *arguments((moves, other)))
    named = refusal(capsys, *arguments((moves, other), "--action", "what"))
    assert "has no column 'what'; it has deal, who" in named
