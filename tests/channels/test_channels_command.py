"""``suppilo channels`` on files: published sums, and what is refused."""

import csv
import json
import re
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.cli_calls import call, refusal
from suppilo.cli.channel_files import read_figures

KAG = Path("/work/shared/data/kag_fb_ads/KAG_conversion_data.csv")
PAGE = Path(__file__).parents[2] / "docs/explanation/algorithms/channels.md"
FILE = """\
campaign,currency,impressions,clicks,spend,leads,won,revenue,margin
Spring,EUR,1000,20,10.10,4,1,30,20
Spring,EUR,1000,20,0.20,2,1,30,20
Spring,USD,500,10,7,1,0,0,0
Autumn,EUR,2000,10,20.6,10,1,30,5
Winter,EUR,2000,10,1,50,10,300,90
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "ads.csv"
    path.write_text(FILE)
    return str(path)


def test_columns_are_guessed_and_currencies_stand_apart(capsys, file):
    answer = call(capsys, "channels", file, "--json")
    assert answer.code == 0
    found = {(one["name"], one["currency"]): one for one in json.loads(answer.out)["channels"]}
    spring = found["Spring", "EUR"]
    assert (spring["cost"], spring["clicks"], spring["cac"]) == ("10.3000", 40, "5.1500")
    assert spring["romi"] == pytest.approx((40 - 10.3) / 10.3)
    assert found["Spring", "USD"]["cost"] == "7.0000"
    assert 0.2 < found["Winter", "EUR"]["shrunk_quality"] + 0.02 < 0.3


def test_table_is_for_people(capsys, file):
    answer = call(capsys, "channels", file)
    assert answer.code == 0
    assert "Spring" in answer.out
    assert "fewer than 30 leads: a rough figure" in answer.out


@pytest.mark.skipif(not KAG.exists(), reason="the data set may not be copied; it is not here")
def test_published_sums_of_a_real_account_are_met(capsys):
    # 1,143 advertisements: spend and approved conversions of each campaign, as published.
    answer = call(capsys, "channels", str(KAG), "--by", "xyz_campaign_id", "--json")
    assert answer.code == 0
    found = {one["name"]: one for one in json.loads(answer.out)["channels"]}
    costs = {name: round(float(one["cost"]), 2) for name, one in found.items()}
    assert costs == {"916": 149.71, "936": 2893.37, "1178": 55662.15}
    won = {name: one["customers"] for name, one in found.items()}
    assert won == {"916": 24, "936": 183, "1178": 872}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--by", "nothing"), "has no column 'nothing'"),
        (("--cost", "campaign"), "line 2: cost is 'Spring', which is no number"),
    ],
)
def test_what_has_no_answer_is_refused(capsys, file, arguments, said):
    assert said in refusal(capsys, "channels", file, *arguments)


def add_up(rows) -> dict:
    found: dict = defaultdict(lambda: defaultdict(Decimal))
    for key, _day, figures in rows:
        for name, figure in figures.items():
            found[key][name] += figure
    return {key: dict(figures) for key, figures in found.items()}


def one_by_one(path) -> dict:
    """Return the sums as plainly as can be."""
    with path.open(encoding="utf-8-sig", newline="") as text:
        return add_up(
            ((row["channel"], row["currency"]), None,
             {name: Decimal(row[name].strip() or "0") for name in ("clicks", "cost")})
            for row in csv.DictReader(text)
        )  # fmt: skip


def write(path, rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(["channel", "currency", "clicks", "cost"])
        writer.writerows(rows)


CLICKS = st.sampled_from(["0", "7", " 12 ", "+3", "4.0", "", "1e2", "900000000000000"])
COSTS = st.one_of(
    st.decimals(-(10**9), 10**9, places=6, allow_nan=False).map("{:f}".format),
    st.sampled_from(["", " 1.5", ".5", "5.", "1e3", "-0.000001", "1_000", "123456789012345.25"]),
)
NAMES = st.sampled_from(["search", "a, b", 'say "so"', "two\nlines", "", " spaced ", "ä"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(rows=st.lists(st.tuples(NAMES, st.sampled_from(["EUR", "USD", ""]), CLICKS, COSTS)))
def test_sums_are_those_of_rows_added_up_one_by_one(tmp_path, rows):
    path = tmp_path / "any.csv"
    write(path, rows)
    assert add_up(read_figures(path, {})) == one_by_one(path)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("b,EUR,1.5,2", "line 4: clicks is '1.5', which is no number"),
        ("b,EUR,-1,2", "line 4: clicks is '-1', which is no number"),
        ("b,EUR,1,much", "line 4: cost is 'much', which is no number"),
        ("b,EUR,1,NaN", "line 4: cost is 'NaN', which is no number"),
    ],
)
def test_a_figure_that_is_none_is_named_with_its_line(tmp_path, row, said):
    path = tmp_path / "wrong.csv"
    path.write_text(f"channel,currency,clicks,cost\na,EUR,1,2\na,EUR,1,2\n{row}\n")
    with pytest.raises(click.ClickException, match=said):
        list(read_figures(path, {}))


def test_rows_with_too_few_or_too_many_cells_count_with_what_they_have(tmp_path):
    path = tmp_path / "ragged.csv"
    path.write_bytes(b"\xef\xbb\xbfchannel,clicks,cost\r\na,1\r\na,2,3,4\r\n\r\nb,1,1\r\n")
    found = add_up(read_figures(path, {}))
    assert found == {("a", ""): {"clicks": 3, "cost": 3}, ("b", ""): {"clicks": 1, "cost": 1}}


def ask(capsys, *arguments):
    answer = call(capsys, "channels", *arguments, "--json")
    assert answer.code == 0, answer.err
    return {one["name"]: one for one in json.loads(answer.out)["channels"]}


def test_the_worked_example_of_the_page_comes_out_as_it_says(capsys, tmp_path):
    page = PAGE.read_text("utf-8")
    rows = re.findall(r"^\| (2026-\S+) \| (.+) \|$", page, re.MULTILINE)
    assert len(rows) == 4
    path = tmp_path / "spring.csv"
    header = "date,impressions,clicks,touches,cost,leads,won,revenue,margin,channel\n"
    lines = [f"{day},{figures.replace(' | ', ',')},Spring\n" for day, figures in rows]
    path.write_text(header + "".join(lines))
    found = ask(capsys, path)["Spring"]
    said = dict(re.findall(r"^\| ([^|]+) \| [^|]+ = ([\d.]+)(?: %| days)? \|$", page, re.MULTILINE))
    amounts = {name: Decimal(found[name.lower()]) for name in ("CPM", "RPM", "CPC", "CPL", "CAC")}
    rates = {
        name: Decimal(str(100 * found[key]))
        for name, key in (("CTR", "ctr"), ("touch → lead", "touch_rate"),
                          ("lead → won", "quality"), ("ROMI", "romi"))
    }  # fmt: skip
    counted = amounts | rates | {"payback": Decimal(found["payback_days"])}
    assert {name: Decimal(figure) for name, figure in said.items()} == counted
    printed = call(capsys, "channels", path).out
    for heading in ("Impressions", "Touches", "Touch → lead", "RPM", "Revenue", "Margin"):
        assert heading in printed
    assert printed.splitlines()[-2].endswith(f"{said['payback']} d")


DAYS = st.integers(0, 20).map(lambda number: date(2026, 3, 1) + timedelta(days=number))
CENTS = st.integers(-3_000, 9_000).map(lambda cents: Decimal(cents) / 100)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    rows=st.lists(st.tuples(st.sampled_from("ab"), DAYS, CENTS.map(abs), CENTS), min_size=1),
    is_plain=st.booleans(),
)
def test_payback_is_the_first_day_by_which_all_cost_was_back(capsys, tmp_path, rows, is_plain):
    path = tmp_path / "days.csv"
    tail = "" if is_plain else "c,2026-03-01,1e2,0\n"  # which is read row by row
    lines = [f"{name},{day},{cost},{margin}\n" for name, day, cost, margin in rows]
    path.write_text("channel,date,cost,margin\n" + "".join(lines) + tail)
    for name, one in ask(capsys, path).items():
        mine = [row[1:] for row in rows if row[0] == name]
        cost, spent = sum(row[1] for row in mine), [row[0] for row in mine if row[1]]
        days = [
            (day - min(spent)).days
            for day in sorted({row[0] for row in mine})
            if cost and sum(row[2] for row in mine if row[0] <= day) >= cost
        ]
        assert one["payback_days"] == (max(0, days[0]) if days else None), name


def test_cost_and_margin_may_stand_in_two_files(capsys, tmp_path):
    (tmp_path / "spend.csv").write_text("channel,date,cost\na,2026-03-02,50\na,2026-03-04,50\n")
    (tmp_path / "sold.csv").write_text(
        "channel,date,margin\na,2026-03-09T17:30:00+01:00,60\na,2026-03-12,40\n"
    )
    found = ask(capsys, tmp_path / "spend.csv", tmp_path / "sold.csv")["a"]
    assert found["payback_days"] == 10


@pytest.mark.parametrize("day", ["", "31 March", "03/04/2026"])
def test_without_the_day_of_all_cost_and_margin_there_is_no_payback(capsys, tmp_path, day):
    path = tmp_path / "ads.csv"
    path.write_text(f"channel,date,cost,margin\na,2026-03-01,5,9\nb,2026-03-01,5,9\nb,{day},1,0\n")
    answer = call(capsys, "channels", path, "--json")
    assert "no payback of 1 channel: rows of cost or margin have no date" in answer.err
    paybacks = [one["payback_days"] for one in json.loads(answer.out)["channels"]]
    assert paybacks == [None, 0]


def test_a_date_that_is_none_in_a_named_column_is_refused_with_its_line(capsys, tmp_path):
    path = tmp_path / "ads.csv"
    path.write_text("channel,at,cost,margin\na,2026-03-01,5,9\na,soon,5,9\n")
    said = refusal(capsys, "channels", path, "--date", "at")
    assert "ads.csv, line 3: the date is 'soon'; write it like 2026-01-31" in said


def test_sums_of_a_day_are_those_of_its_rows_on_both_roads(tmp_path):
    lines = [
        f"{name},2026-03-0{day},{cost},1\n"
        for name in "ab" for day in range(1, 6) for cost in ("0.000001", "999999999999.25", "-3")
    ]  # fmt: skip
    found = []
    for number, tail in enumerate(("", "z,2026-03-01,1e0,1\n")):
        path = tmp_path / f"{number}.csv"
        path.write_text("channel,date,cost,margin\n" + "".join(lines) + tail)
        sums: dict = defaultdict(Decimal)
        for key, day, figures in read_figures(path, {}):
            sums[key, day] += figures["cost"]
        found.append({key: total for key, total in sums.items() if key[0][0] != "z"})
    assert found[0] == found[1]
    assert len(found[0]) == 10
    assert set(found[0].values()) == {Decimal("999999999996.250001")}


def payback(capsys, tmp_path, first, second, *options):
    path = tmp_path / "days.csv"
    path.write_text(f"channel,date,cost,margin\na,{first},50,0\na,{second},0,60\n")
    return ask(capsys, path, *options)["a"]["payback_days"]


def test_days_are_read_as_platforms_write_them(capsys, tmp_path):
    assert payback(capsys, tmp_path, "28.02.2026", "03.03.2026") == 3
    assert payback(capsys, tmp_path, "2/28/2026", "3/3/2026") == 3
    assert payback(capsys, tmp_path, "01/03/2026", "02/03/2026", "--dayfirst") == 1
    assert payback(capsys, tmp_path, "01/03/2026", "02/03/2026", "--monthfirst") == 31
    assert payback(capsys, tmp_path, "2026-02-28", "2026-03-03T10:00") == 3


def test_a_day_of_two_readings_is_not_guessed(capsys, tmp_path):
    path = tmp_path / "days.csv"
    path.write_text("channel,date,cost,margin\na,01/03/2026,50,0\na,02/03/2026,0,60\n")
    answer = call(capsys, "channels", str(path), "--json")
    assert json.loads(answer.out)["channels"][0]["payback_days"] is None
    assert "say --dayfirst or --monthfirst" in answer.err
    said = refusal(capsys, "channels", str(path), "--date", "date")
    assert "line 2: the date '01/03/2026' may be read in two ways" in said
