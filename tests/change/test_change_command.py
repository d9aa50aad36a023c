"""``suppilo change``: what it prints, and how it refuses."""

import json

import pytest

from cli.cli_calls import call, refusal

STEPS = ("--step", "view", "--step", "pay", "--window", "7d", "--by", "device")


@pytest.fixture
def shop(tmp_path):
    """Phones convert better in February and desktops too; the whole worse, as more are phones."""
    rows = ["user_id,event,timestamp,device,channel"]
    sides = {"01": {"phone": (2, 20), "desktop": (40, 80)},
             "02": {"phone": (12, 80), "desktop": (12, 20)}}  # fmt: skip
    for month, devices in sides.items():
        for device, (paid, viewed) in devices.items():
            channel = "email" if month == "01" else "ads"
            for number in range(viewed):
                user = f"{month}{device}{number}"
                rows.append(f"{user},view,2026-{month}-10T10:00:00Z,{device},{channel}")
                if number < paid:
                    rows.append(f"{user},pay,2026-{month}-11T10:00:00Z,{device},{channel}")
    rows.append("last,end,2026-03-20T10:00:00Z,,")
    file = tmp_path / "shop.csv"
    file.write_text("\n".join(rows) + "\n")
    return file


PERIODS = ("--from", "2026-02-01", "--to", "2026-03-01")
SIDES = ("--a", "channel = 'email'", "--b", "channel = 'ads'")


@pytest.mark.parametrize("compared", [PERIODS, SIDES])
def test_it_says_why_and_names_simpsons_paradox(capsys, shop, compared):
    answer = call(capsys, "change", shop, *STEPS, *compared)
    assert "The conversion is 24.0 % against 42.0 %, worse: −18.0 points" in answer.out
    assert "Simpson's paradox: no device converts worse than before" in answer.out
    assert "desktop" in answer.out


def test_json_adds_up(capsys, shop):
    found = json.loads(call(capsys, "change", shop, *STEPS, *PERIODS, "--json").out)
    assert found["paradox"] == "simpson"
    assert found["mix"]["value"] + found["rate"]["value"] == pytest.approx(-0.18)
    parts = [one[kind]["value"] for one in found["segments"] for kind in ("mix", "rate")]
    assert sum(parts) == pytest.approx(-0.18)


def test_without_two_sides_it_says_what_to_give(capsys, shop):
    assert "give --from and --to, or --a and --b" in refusal(capsys, "change", shop, *STEPS)


def test_an_empty_side_is_said(capsys, shop):
    dates = ("--from", "2027-02-01", "--to", "2027-03-01")
    assert "nobody entered" in call(capsys, "change", shop, *STEPS, *dates).err


def test_a_property_that_is_none_is_refused_with_what_there_is(capsys, shop):
    steps = (*STEPS[:-1], "devise")
    assert "did you mean 'device'?" in refusal(capsys, "change", shop, *steps, *PERIODS)
