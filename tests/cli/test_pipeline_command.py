"""``suppilo pipeline`` over files of deals and of moves."""

import csv
import json
import re
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest

from cli.cli_calls import call, refusal

PAGE = (Path(__file__).parents[2] / "docs/explanation/algorithms/stages.md").read_text("utf-8")
MAVEN = Path("/work/shared/data/maven_crm/sales_pipeline.csv")
STAGES = ("--stages", "New,Quote,Contract,Won")
DAY_S = 86_400
FATES = ("entered", "advanced", "lost", "moved_back", "handed_over", "still_there")


def write(file, header, rows):
    with file.open("w", newline="", encoding="utf-8") as text:
        csv.writer(text).writerows([header, *rows])
    return file


def day(number):
    return date(2026, 1, 1) + timedelta(days=int(number))


def read_deals():
    """Yield the page's eight deals: name, entries and worth."""
    found = re.findall(r"^\| ([A-H]) \| `([^`]+)` \| (\d+) \|$", PAGE, re.MULTILINE)
    assert len(found) == 8
    for name, history, worth in found:
        yield name, re.findall(r"(\w+)@(\d+)", history), worth


def read_tables():
    """Return the page's four tables of fates, in their order."""
    pattern = r"^\| (?:New|Quote|Contract|Won)((?: \| \d+){6}) \|$"
    rows = [list(map(int, re.findall(r"\d+", row))) for row in re.findall(pattern, PAGE, re.M)]
    return [rows[start : start + 4] for start in range(0, 16, 4)]


@pytest.fixture
def moves(tmp_path):
    rows = [
        (name, place, day(at), worth, "EUR", "Price" if place == "Lost" and name == "C" else "",
         "North" if name in "ABCD" else "South")
        for name, entries, worth in read_deals()
        for place, at in entries
    ]  # fmt: skip
    header = ("deal", "stage", "at", "amount", "currency", "lost_reason", "owner")
    return write(tmp_path / "moves.csv", header, rows)


def ask(capsys, *arguments):
    answer = call(capsys, "pipeline", *arguments, "--json")
    assert answer.code == 0, answer.err
    return json.loads(answer.out)


def fates(found):
    return [[stage[fate] for fate in FATES] for stage in found["stages"]]


@pytest.mark.parametrize(
    ("table", "options"),
    [
        (0, ()),
        (1, ("--backward", "withdraw")),
        (2, ("--skipped", "own_only")),
        (3, ("--skipped", "breaks")),
    ],
)
def test_the_eight_deals_of_the_page_come_out_as_it_says(capsys, moves, table, options):
    found = ask(capsys, moves, *STAGES, "--as-of", day(30), *options)
    assert fates(found) == read_tables()[table]


def test_rates_and_times_of_the_eight_deals_are_those_of_the_page(capsys, moves):
    found = ask(
        capsys, moves, *STAGES, "--as-of", day(30), "--within", 12, "--within", 29, "--within", 30
    )
    assert found["win_rate"]["of_decided"] == 0.5
    assert found["win_rate"]["of_created"] == 0.25
    assert found["win_rate"]["disqualified"] == 1
    assert "Half have left after 10 days" in PAGE
    quote = {one["share"]: one["seconds"] for one in found["stages"][1]["stay"]}
    assert quote[0.5] == 10 * DAY_S
    # B, the first to be won, leaves 5/8 × 1/4 after 12 days; D has been watched for 29 days.
    assert "5/8 × 1/4 + 5/16 × 1/2 = 0.3125" in PAGE
    shares = [(one["days"], one["won"]) for one in found["within"]]
    assert shares == [(12, pytest.approx(5 / 32)), (29, pytest.approx(0.3125)), (30, None)]
    assert found["won_value"] == [{"amount": "1500", "currency": "EUR"}]
    assert found["lost_reasons"][0]["deals"] == 2
    assert {one["name"]: one["deals"] for one in found["lost_reasons"]} == {"": 2, "Price": 1}


def test_who_left_the_order_of_the_stages_is_said_with_the_place(capsys, moves):
    found = ask(capsys, moves, *STAGES, "--as-of", day(30))["conformance"]
    assert (found["followed"]["deals"], found["deals"], found["share"]) == (6, 8, 0.75)
    ways = {(one["source"], one["target"], one["how"]): one["first"] for one in found["moves"]}
    assert ways == {("Quote", "Won", "skipped"): 1, ("Contract", "Quote", "went_back"): 1}


def test_a_column_of_dates_for_each_stage_says_the_same_as_moves(capsys, tmp_path, moves):
    names = ("New", "Quote", "Contract", "Won")
    rows = []
    for name, entries, worth in read_deals():
        if name == "D":
            continue  # it went back: one date for each stage cannot say that
        at = {place: day(number) for place, number in entries}
        end = next((place for place in at if place not in names), "")
        rows.append((name, *(at.get(place, "") for place in names), at.get(end, ""), end, worth))
    header = ("deal", *names, "closed", "outcome", "amount")
    file = write(tmp_path / "dated.csv", header, rows)
    kept = [row for row in moves.read_text().splitlines() if not row.startswith("D,")]
    (tmp_path / "kept.csv").write_text("\n".join(kept))
    one, other = (
        ask(capsys, path, *STAGES, "--as-of", day(30)) for path in (file, tmp_path / "kept.csv")
    )
    for key in ("stages", "win_rate", "cycle", "within", "conformance"):
        assert one[key] == other[key], key


def test_groups_stand_side_by_side_with_a_test_between_them(capsys, tmp_path):
    rows = [
        (f"{owner}{number}", day(number), day(number + days + number % 3),
         "Won" if number % 4 else "Lost", owner)
        for owner, days in (("slow", 40), ("fast", 5), ("=2+2", 5))
        for number in range(40 if owner != "=2+2" else 20)
    ]  # fmt: skip
    file = write(tmp_path / "deals.csv", ("deal", "opened", "closed", "outcome", "owner"), rows)
    output = tmp_path / "figures.csv"
    found = ask(capsys, file, "--by", "owner", "--csv", output)["beside"]
    assert [one["name"] for one in found["groups"]] == ["fast", "slow", "=2+2"]
    assert {one["of_decided"] for one in found["groups"]} == {0.75}
    medians = [one["cycle"]["seconds"] / DAY_S for one in found["groups"]]
    assert medians == [6, 41, 6]
    assert found["test"]["degrees"] == 2
    assert found["test"]["p_value"] < 1e-6
    cells = [row[0] for row in csv.reader(StringIO(output.read_text("utf-8-sig"))) if row]
    assert "'=2+2" in cells
    assert "=2+2" not in cells
    said = call(capsys, "pipeline", file, "--by", "owner").out
    assert "more than chance would explain (log-rank: χ²" in said


def test_deals_of_equal_length_are_told_apart_by_chance_alone(capsys, tmp_path):
    rows = [
        (number, day(number), day(number + 5 + number // 2 % 7), "Won", "ab"[number % 2])
        for number in range(84)
    ]
    file = write(tmp_path / "deals.csv", ("deal", "opened", "closed", "outcome", "owner"), rows)
    found = ask(capsys, file, "--by", "owner")["beside"]["test"]
    assert (found["degrees"], found["p_value"]) == (1, pytest.approx(1))


def test_only_deals_of_the_dates_are_looked_at_and_later_moves_are_unknown(capsys, moves):
    found = ask(capsys, moves, *STAGES, "--from", day(2), "--to", day(4), "--as-of", day(7))
    # E, F and G came in then; G is in New still on day 7.
    assert found["win_rate"]["created"] == 3
    assert fates(found)[0] == [3, 0, 2, 0, 0, 1]
    assert "no deal is in these dates" in refusal(
        capsys, "pipeline", moves, *STAGES, "--to", day(0)
    )


def test_names_that_are_no_stage_and_rows_without_a_date_are_told(capsys, tmp_path):
    rows = [(1, "New", day(0)), (1, "Qoute", day(2)), (2, "New", ""), (2, "Won", day(3))]
    file = write(tmp_path / "moves.csv", ("deal", "stage", "at"), rows)
    answer = call(capsys, "pipeline", file, *STAGES)
    assert "1 row left out: no date says when it began" in answer.err
    assert "taken as lost: Qoute (1 row)" in answer.err
    assert "Followed the stages in order: 1 of 2" in answer.out


def test_a_deal_closed_before_it_was_opened_is_told_and_closed_at_once(capsys, tmp_path):
    rows = [(1, day(5), day(3), "Won"), (2, day(1), day(4), "Lost"), (3, day(1), "", "Open")]
    file = write(tmp_path / "deals.csv", ("deal", "opened", "closed", "outcome"), rows)
    answer = call(capsys, "pipeline", file, "--json")
    assert "1 deal closed before being opened: taken as closed at once" in answer.err
    found = json.loads(answer.out)
    assert found["closed_before_opened"] == 1
    assert fates(found) == [[3, 1, 1, 0, 0, 1], [1, 0, 0, 0, 0, 1]]


def test_moves_of_a_deal_may_stand_in_several_files(capsys, tmp_path, moves):
    head, *rows = moves.read_text().splitlines()
    (tmp_path / "early.csv").write_text("\n".join([head, *rows[::2]]))
    (tmp_path / "late.csv").write_text("\n".join([head, *rows[1::2]]))
    whole = ask(capsys, moves, *STAGES)
    parts = ask(capsys, tmp_path / "late.csv", tmp_path / "early.csv", *STAGES)
    assert whole["stages"] == parts["stages"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "name the column with --deal"),
        (b"deal,opened\n1,2026-01-01\n", "name the column with --closed"),
        (b"deal,opened,closed,outcome\n", "has no deals"),
        (b"deal,opened,closed,outcome\n1,2026-01-01,,\n2,soon,,\n", "bad.csv, line 3: 'soon'"),
        (b"deal,opened,closed,outcome\n,2026-01-01,,\n", "line 2: the column 'deal' names no deal"),
        (
            b"deal,opened,closed,outcome\n1,2026-01-01,,\n1,2026-01-02,,\n",
            "line 3: the deal '1' is there twice; leave one row of it",
        ),
        (
            b"deal,opened,closed,outcome,amount\n1,2026-01-01,,,1e30\n",
            "line 2: the amount is '1e30', which is no number of at most 14 digits",
        ),
        (b"deal,opened,closed,outcome\n1,2026-01-01,,caf\xe9\n", "not UTF-8; save it"),
        (b"deal,opened,closed,outcome\n1,2026-01-01,," + b"x" * 200_000, "bad.csv, line 2: field"),
    ],
)  # fmt: skip
def test_rubbish_is_refused_with_file_line_and_remedy(capsys, tmp_path, content, words):
    file = tmp_path / "bad.csv"
    file.write_bytes(content)
    said = refusal(capsys, "pipeline", file)
    assert words in said
    assert "bad.csv" in said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--stages", "Won"), "two stages or more"),
        (("--stages", "New,New,Won"), "'New' is there twice"),
        ((*STAGES, "--by", "nobody"), "has no column 'nobody'; it has deal, stage"),
        ((*STAGES, "--as-of", "soon"), "'soon' is not a date"),
        ((*STAGES, "--timezone", "Mars"), "Mars"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(capsys, moves, options, words):
    assert words in refusal(capsys, "pipeline", moves, *options)


@pytest.mark.skipif(not MAVEN.exists(), reason="the data set may not be copied; it is not here")
def test_published_figures_of_a_real_pipeline_are_met(capsys):
    answer = call(capsys, "pipeline", MAVEN, "--by", "sales_agent", "--json")
    found = json.loads(answer.out)
    rate = found["win_rate"]
    assert (rate["won"], rate["lost"], rate["open"]) == (4_238, 2_473, 1_589)
    assert rate["of_decided"] == pytest.approx(0.6315, abs=5e-5)
    assert found["won_value"] == [{"amount": "10005534", "currency": ""}]
    # Deals that are only prospects have no date of engagement.
    assert found["left_out_rows"] == 500
    assert len(found["beside"]["groups"]) + found["beside"]["left_out"] == 30
