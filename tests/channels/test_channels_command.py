"""``suppilo channels`` on files: published sums, and what is refused."""

import csv
import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.cli_calls import call, refusal
from suppilo.cli.channel_files import read_figures

KAG = Path("/work/shared/data/kag_fb_ads/KAG_conversion_data.csv")
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
    for key, figures in rows:
        for name, figure in figures.items():
            found[key][name] += figure
    return {key: dict(figures) for key, figures in found.items()}


def one_by_one(path) -> dict:
    """Return the sums as plainly as can be."""
    with path.open(encoding="utf-8-sig", newline="") as text:
        return add_up(
            ((row["channel"], row["currency"]),
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
