"""``suppilo import``, ``events``, ``paths`` and ``compact``: a lake from files, and back."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time

import pytest

from cli.cli_calls import COMMAND, SHOP, STEPS, call, refusal, run, write_shop
from suppilo.lake import Lake


@pytest.fixture
def shop(tmp_path):
    return write_shop(tmp_path)


@pytest.fixture
def lake(capsys, tmp_path, shop):
    """A lake with the shop's events."""
    folder = tmp_path / "lake"
    answer = call(capsys, "import", shop, "--lake", folder, "--rejects", tmp_path / "r.csv")
    assert answer.code == 0, answer.err
    return folder


def as_json(capsys, *arguments):
    answer = call(capsys, *arguments, "--json")
    assert answer.code == 0, answer.err
    return json.loads(answer.out)


def test_an_import_says_what_it_did_and_how_it_read_the_columns(capsys, tmp_path, shop):
    answer = call(
        capsys, "import", shop, "--lake", tmp_path / "lake", "--rejects", tmp_path / "r.csv"
    )
    assert answer.out.splitlines() == [
        f"11 events recorded in {tmp_path / 'lake'}",
        f"1 row rejected, with their reasons in {tmp_path / 'r.csv'}",
    ]
    assert "at = timestamp (name, and its values are times)" in answer.err


def test_rejected_rows_have_their_place_and_reason(lake, tmp_path):
    assert (tmp_path / "r.csv").read_text().splitlines() == [
        "file,row,column,reason,value",
        f"{tmp_path / 'shop.csv'},13,timestamp,not a time,soon",
    ]


def test_no_file_of_rejected_rows_where_none_was_rejected(capsys, tmp_path):
    (tmp_path / "shop.csv").write_text(SHOP.replace("u7,view,soon,,ad,hat\n", ""))
    call(
        capsys, "import", tmp_path / "shop.csv", "--lake", tmp_path / "lake", "--rejects",
        tmp_path / "r.csv",
    )  # fmt: skip
    assert not (tmp_path / "r.csv").exists()


def test_the_events_of_a_lake_are_listed(capsys, lake):
    answer = call(capsys, "events", "--lake", lake)
    assert answer.out.splitlines()[0].split() == ["Event", "Count", "First", "Last", "Properties"]
    assert "price (float), product (text), source (text)" in answer.out
    listed = {event["name"]: event for event in as_json(capsys, "events", "--lake", lake)}
    assert {name: event["count"] for name, event in listed.items()} == {
        "view": 6, "cart": 4, "pay": 1,
    }  # fmt: skip
    assert listed["view"]["first_at"] == "2026-01-01T10:00:00+00:00"
    assert listed["view"]["last_at"] == "2026-01-18T10:00:00+00:00"
    assert listed["cart"]["properties"] == {"price": "float", "product": "text", "source": "text"}
    assert listed["cart"]["set_aside"] == 0


def test_one_path_is_shown_in_the_order_of_time(capsys, lake):
    answer = call(capsys, "paths", "--lake", lake, "--path", "=1+1")
    assert [line.split()[1] for line in answer.out.splitlines()[1:]] == ["view", "cart", "pay"]
    shown = as_json(capsys, "paths", "--lake", lake, "--path", "u2", "--timezone", "Europe/Riga")
    assert [(row["at"], row["event"]) for row in shown] == [
        ("2026-01-01T14:00:00+02:00", "view"), ("2026-01-03T12:00:00+02:00", "cart"),
    ]  # fmt: skip
    assert shown[1]["properties"] == {"price": 5.0, "source": "mail", "product": "shoe"}


def test_a_long_path_is_shown_page_by_page(capsys, lake):
    first = call(capsys, "paths", "--lake", lake, "--path", "=1+1", "--limit", 2)
    assert first.out.splitlines()[-1] == "more: --offset 2"
    rest = as_json(capsys, "paths", "--lake", lake, "--path", "=1+1", "--offset", 2)
    assert [row["event"] for row in rest] == ["pay"]


def test_a_lake_gives_the_same_report_as_the_file(capsys, tmp_path, shop, lake):
    options = (*STEPS, "--window", "7d", "--by", "source", "--every", "week", "--timezone",
               "Europe/Riga", "--correlate")  # fmt: skip
    from_file = as_json(
        capsys, "funnel", shop, *options, "--paths", tmp_path / "a.csv", "--exclude", "pay:1:2"
    )
    assert call(capsys, "compact", "--lake", lake).out == "nothing to merge\n"
    from_lake = as_json(
        capsys, "funnel", lake, *options, "--paths", tmp_path / "b.csv", "--exclude", "pay:1:2"
    )
    # What was rejected is known of the file alone.
    assert from_file.pop("rejected")["rows"] == 1
    assert from_lake.pop("rejected")["rows"] == 0
    assert from_lake == from_file
    ours, theirs = (
        sorted((tmp_path / name).read_text().splitlines()) for name in ("a.csv", "b.csv")
    )
    assert ours == theirs


def test_files_imported_one_by_one_are_merged(capsys, tmp_path, shop):
    header, *rows = SHOP.splitlines(keepends=True)
    folder = tmp_path / "lake"
    for number in range(3):
        part = tmp_path / f"part-{number}.csv"
        part.write_text(header + "".join(rows[number:-1:3]))
        call(capsys, "import", part, "--lake", folder)
    assert sum(e["count"] for e in as_json(capsys, "events", "--lake", folder)) == 11
    whole = as_json(capsys, "funnel", shop, *STEPS)
    assert as_json(capsys, "funnel", folder, *STEPS)["steps"] == whole["steps"]
    assert call(capsys, "compact", "--lake", folder).code == 0
    assert as_json(capsys, "funnel", folder, *STEPS)["steps"] == whole["steps"]


def test_the_same_files_imported_twice_change_nothing(capsys, lake, shop, tmp_path):
    before = as_json(capsys, "events", "--lake", lake)
    # A copy under another name is the same file.
    copy = tmp_path / "copy.csv"
    copy.write_bytes(shop.read_bytes())
    for again in (shop, copy):
        answer = call(capsys, "import", again, "--lake", lake, "--rejects", tmp_path / "r.csv")
        assert answer.out.splitlines()[:2] == [
            f"0 events recorded in {lake}",
            "already there, as these files were imported before: 11 events",
        ]
    assert as_json(capsys, "events", "--lake", lake) == before


def test_a_value_of_another_type_is_kept_aside_and_said(capsys, lake, tmp_path):
    more = tmp_path / "more.csv"
    more.write_text("user_id,event,timestamp,price\nu9,cart,2026-02-01T10:00:00Z,free\n")
    answer = call(capsys, "import", more, "--lake", lake)
    assert "kept in _rest, as not of their property's type: 1 value" in answer.out
    assert "cart: 1 value of another type" in call(capsys, "events", "--lake", lake).out
    (shown,) = as_json(capsys, "paths", "--lake", lake, "--path", "u9")
    assert shown["properties"]["price"] == "free"


def test_files_with_other_columns_join_the_lake(capsys, lake, tmp_path):
    more = tmp_path / "more.csv"
    more.write_text("user_id,event,timestamp,city\nu9,cart,2026-02-01T10:00:00Z,Rīga\n")
    assert call(capsys, "import", more, "--lake", lake).code == 0
    listed = {event["name"]: event for event in as_json(capsys, "events", "--lake", lake)}
    assert listed["cart"]["count"] == 5
    assert set(listed["cart"]["properties"]) == {"price", "source", "product", "city"}
    report = as_json(capsys, "funnel", lake, "--step", "cart where city = 'Rīga'")
    assert report["steps"][0]["count"] == 1


# --- mistakes


def test_a_lake_is_asked_alone_and_without_options_for_files(capsys, lake, shop):
    text = refusal(capsys, "funnel", lake, shop, *STEPS)
    assert text == f"{lake} is a lake: ask it alone, or import the other files into it"
    text = refusal(capsys, "funnel", lake, "--at", "timestamp", *STEPS)
    assert "is a lake, whose columns have their roles; leave out --path" in text


def test_a_folder_that_is_no_lake_is_refused(capsys, tmp_path, shop):
    for command in (["events"], ["compact"], ["paths", "--path", "u1"], ["import", shop]):
        text = refusal(capsys, *command, "--lake", tmp_path)
        assert f"{tmp_path} holds other files and is not a lake" in text
    for command in (["events"], ["compact"], ["paths", "--path", "u1"]):
        assert "does not exist" in refusal(capsys, *command, "--lake", tmp_path / "none")
    assert "is a file; a lake is a folder" in refusal(capsys, "import", shop, "--lake", shop)
    (tmp_path / "empty").mkdir()
    text = refusal(capsys, "events", "--lake", tmp_path / "empty")
    assert f"there is no lake in {tmp_path / 'empty'}" in text


def test_an_import_that_fails_leaves_no_lake(capsys, tmp_path):
    text = refusal(capsys, "import", tmp_path / "none.csv", "--lake", tmp_path / "lake")
    assert "there is no such file" in text
    assert not (tmp_path / "lake").exists()


def test_an_unknown_path_or_zone_is_said(capsys, lake):
    text = refusal(capsys, "paths", "--lake", lake, "--path", "nobody")
    assert text == f"no event of path 'nobody' in {lake}; paths are exact text"
    text = refusal(capsys, "paths", "--lake", lake, "--path", "u2", "--timezone", "Mars")
    assert "'Mars' is not a time zone" in text


def test_unknown_names_in_a_lake_name_the_nearest(capsys, lake):
    assert "did you mean 'view'?" in refusal(capsys, "funnel", lake, "--step", "veiw")
    text = refusal(capsys, "funnel", lake, "--step", "cart where prise > 1")
    assert 'did you mean "price"? (at character 1' in text


def test_an_output_without_unicode_still_lists_events(tmp_path):
    (tmp_path / "shop.csv").write_text(SHOP.replace("view", "skatījums 🛒"))
    run(["import", "shop.csv", "--lake", "lake"], cwd=tmp_path)
    for arguments in (["events"], ["paths", "--path", "u2"]):
        for encoding in ("ascii", "latin-1"):
            done = run([*arguments, "--lake", "lake"], cwd=tmp_path, PYTHONIOENCODING=encoding)
            assert done.returncode == 0, done.stderr
            assert b"skat" in done.stdout


# --- kill -9


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Six files of 4,000 events, each with an id of its own."""
    folder = tmp_path_factory.mktemp("parts")
    header = "user_id,event,timestamp,event_id,price\n"
    for part in range(6):
        rows = (
            f"u{i % 997},event {i % 7},2026-01-{1 + i % 28:02}T10:00:00Z,{part}-{i},{i / 4}\n"
            for i in range(4_000)
        )
        (folder / f"part-{part}.csv").write_text(header + "".join(rows))
    return folder / "part-*.csv"


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.1, 0.2, 0.35])
def test_an_import_killed_and_run_again_has_every_row_once(capsys, tmp_path, parts, seconds):
    arguments = ["import", str(parts), "--lake", str(tmp_path / "lake")]
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    # From the first write on, the rest of an import takes about half a second.
    while process.poll() is None and not (tmp_path / "lake").is_dir():
        time.sleep(0.002)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    before = count_rows(tmp_path)
    answer = call(capsys, *arguments)
    assert answer.code == 0, answer.err
    assert answer.out.startswith(f"{24_000 - before:,} event")
    assert count_rows(tmp_path) == 24_000
    counts = {e["count"] for e in as_json(capsys, "events", "--lake", tmp_path / "lake")}
    assert counts == {6 * 571, 6 * 572}
    timeline = Lake.open(tmp_path / "lake").timeline("u3", limit=1_000)
    assert sorted(event.event_id for event in timeline) == sorted(
        f"{part}-{i}" for part in range(6) for i in range(3, 4_000, 997)
    )


def test_an_import_that_is_interrupted_says_so_and_can_be_run_again(capsys, tmp_path, parts):
    arguments = ["import", str(parts), "--lake", str(tmp_path / "lake")]
    for _ in range(20):  # an import may end before the signal comes
        process = subprocess.Popen(
            [*COMMAND, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        while process.poll() is None and not (tmp_path / "lake").is_dir():
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
        if process.returncode:
            break
        shutil.rmtree(tmp_path / "lake")
    assert process.returncode == 130
    assert said.decode().splitlines()[-1] == "suppilo: stopped"
    assert call(capsys, *arguments).code == 0
    assert count_rows(tmp_path) == 24_000


def count_rows(folder):
    """Return how many events are in the lake, with no id there twice."""
    from lake.lake_world import read_ids

    if not (folder / "lake" / "suppilo-lake.json").exists():
        return 0
    ids = read_ids(Lake.open(folder / "lake"))
    assert len(ids) == len(set(ids))
    return len(ids)
