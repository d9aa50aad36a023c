"""``suppilo channels`` on files: published sums, and what is refused."""

import json
from pathlib import Path

import pytest

from cli.cli_calls import call, refusal

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
