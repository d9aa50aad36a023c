"""``suppilo process-map``: what it prints, and how it refuses."""

import json
from xml.etree import ElementTree

import pytest

from cli.cli_calls import call, refusal

VISITS = """\
who,what,when
ann,visit,2026-03-02 10:00
ann,cart,2026-03-02 10:05
ann,pay,2026-03-02 10:20
bob,visit,2026-03-02 11:00
bob,visit,2026-03-03 11:00
bob,cart,2026-03-03 11:01
cid,visit,2026-03-04 09:00
cid,cart,2026-03-04 09:10
cid,visit,2026-03-04 09:12
cid,pay,2026-03-04 09:30
"""
READ = ("--path", "who", "--event", "what", "--at", "when", "--timezone", "UTC")


@pytest.fixture
def visits(tmp_path):
    file = tmp_path / "visits.csv"
    file.write_text(VISITS)
    return file


def test_map_is_the_worked_example_of_the_documentation(capsys, visits):
    answer = call(capsys, "process-map", visits, *READ, "--detail", 1)
    assert answer.code == 0, answer.err
    assert answer.out.splitlines() == [
        "3 paths, 10 events",
        "",
        "Event     Paths    Events     Begin       End     Again",
        "cart          3         3         0         1         0",
        "visit         3         5         3         0         2",
        "pay           2         2         0         2         0",
        "",
        "Directly after     Times     Paths          Median            90 %",
        "visit → cart          3         3           5 min          10 min",
        "cart → pay            1         1          15 min          15 min",
        "cart → visit          1         1           2 min           2 min",
        "visit → pay           1         1          18 min          18 min",
        "visit → visit         1         1             1 d             1 d",
        "",
        "3 different sequences; the most frequent:",
        "        1   33.3%  visit → cart → pay",
        "        1   33.3%  visit ×2 → cart",
        "        1   33.3%  visit → cart → visit → pay",
    ]


def test_rarer_ways_are_left_out_and_counted(capsys, visits):
    answer = call(capsys, "process-map", visits, *READ, "--detail", 0, "--variants", 0)
    assert "visit → visit" not in answer.out
    assert "rarer ways are not shown; --detail 1 shows all" in answer.out
    assert "sequence" not in answer.out


def test_paths_with_and_without_an_event_have_maps_of_their_own(capsys, visits):
    paid = call(
        capsys, "process-map", visits, *READ, "--having", "pay", "--only", "visit", "--json"
    )
    found = json.loads(paid.out)
    assert (found["paths"], found["events"]) == (2, 3)
    lost = json.loads(call(capsys, "process-map", visits, *READ, "--lacking", "pay", "--json").out)
    assert [variant["events"] for variant in lost["variants"]] == [["visit", "visit", "cart"]]


def test_dates_are_those_of_the_first_event(capsys, visits):
    answer = call(
        capsys, "process-map", visits, *READ, "--from", "2026-03-03", "--to", "2026-03-05", "--json"
    )
    assert json.loads(answer.out)["paths"] == 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--only", "never"), "there is no event 'never'; there are cart, pay, visit"),
        (("--only", "pay", "--only", "pay"), "stands twice"),
        (("--from", "soon"), "soon"),
    ],
)
def test_what_can_t_be_asked_is_refused_in_one_line(capsys, visits, more, said):
    assert said in refusal(capsys, "process-map", visits, *READ, *more)


def test_map_is_drawn_with_its_loops_ends_and_figures(capsys, visits, tmp_path):
    file = tmp_path / "map.svg"
    answer = call(capsys, "process-map", visits, *READ, "--detail", 1, "--svg", file)
    assert answer.code == 0, answer.err
    texts = [one.text for one in ElementTree.parse(file).iter() if one.text]
    for shown in ("visit", "cart", "pay", "Start", "End", "3 · 5 min", "1 · 1 d"):
        assert shown in texts
    assert any(text.startswith("visit → cart: 3 times") and "10 min" in text for text in texts)


def test_picture_that_can_t_be_written_is_refused_in_one_line(capsys, visits, tmp_path):
    assert "could not write" in refusal(
        capsys, "process-map", visits, *READ, "--svg", tmp_path / "no" / "map.svg"
    )


@pytest.fixture
def deals(tmp_path):
    """A hundred deals that are won and a hundred that are not.

    Of the won ones 60 go directly from demo to offer, after an hour; of the others 10, after a
    day. The rest of both is called in between.
    """
    lines = ["who,what,when"]
    for number in range(200):
        is_won = number < 100
        is_direct = number % 100 < (60 if is_won else 10)
        lines.append(f"{number},demo,2026-03-01 10:00:{number % 60:02}")
        if not is_direct:
            lines.append(f"{number},call,2026-03-01 10:30")
        lines.append(f"{number},offer,2026-03-0{1 if is_won else 2} 11:{number % 60:02}")
        if is_won:
            lines.append(f"{number},won,2026-03-05 12:00")
    file = tmp_path / "deals.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


def test_ways_of_won_deals_are_set_beside_those_of_the_others(capsys, deals):
    asked = ("process-map", deals, *READ, "--compare", "won")
    found = json.loads(call(capsys, *asked, "--json").out)
    assert (found["compare"], found["a"]["paths"], found["b"]["paths"]) == ("won", 100, 100)
    ways = {(edge["source"], edge["target"]): edge for edge in found["edges"]}
    direct = ways["demo", "offer"]
    assert (direct["a"]["paths"], direct["b"]["paths"], direct["slower"]) == (60, 10, "b")
    assert direct["walked"]["difference"] == pytest.approx(-0.5)
    said = call(capsys, *asked, "--only", "demo", "--only", "call", "--only", "offer").out
    assert said.startswith("100 paths with won, 100 without\n")
    assert "Paths without wait longer on" in said
    (row,) = [line for line in said.splitlines() if line.startswith("demo → offer")]
    assert row.split("  ")[0] == "demo → offer"
    assert "60.0 %" in row
    assert "10.0 %" in row
    assert row.endswith("without")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--compare", "visit"), "every path did 'visit': there is nothing to compare"),
        (("--compare", "never"), "'never'"),
        (("--compare", "pay", "--having", "cart"), "does not go with --having"),
        (("--compare", "pay", "--svg", "map.svg"), "does not go with --svg"),
    ],
)
def test_comparison_that_can_t_be_made_is_refused_in_one_line(capsys, visits, more, said):
    assert said in refusal(capsys, "process-map", visits, *READ, *more)
