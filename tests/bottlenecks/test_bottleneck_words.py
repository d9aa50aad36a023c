"""Bottlenecks as the command prints, draws and exports them."""

import json
from pathlib import Path

import pytest

from cli.cli_calls import call, refusal
from suppilo.analytics.bottlenecks import Bottlenecks, Estimate, Worth
from suppilo.analytics.bottlenecks.report import Loss
from suppilo.charts.bottlenecks import (
    bottleneck_sentence,
    method_words,
    range_words,
    weight_sentence,
)
from suppilo.charts.figures import Leak

STEPS = ("--step", "view", "--step", "cart", "--step", "pay", "--window", "7d")


@pytest.fixture
def shop(tmp_path) -> Path:
    rows = ["user_id,event,timestamp,total,currency"]
    for number in range(60):
        rows.append(f"u{number},view,2026-01-01T10:00:00Z,,")
        if number < 40:
            rows.append(f"u{number},cart,2026-01-02T10:00:00Z,,")
        if number < 10:
            rows.append(f"u{number},pay,2026-01-03T10:00:00Z,{20 + number},EUR")
    rows.append("last,end,2026-02-01T10:00:00Z,,")
    file = tmp_path / "shop.csv"
    file.write_text("\n".join(rows) + "\n")
    return file


def loss(**changed):
    values = {
        "after": 1, "before": 2, "after_name": "Cart", "before_name": "Pay", "reached": 3000,
        "lost": 1204, "open": 0, "is_final": True, "onward": Estimate(0.8, 0.75, 0.85),
        "conversions": 963.2, "money": 48211.0, "gain": Estimate(96, 78.2, 113),
        "gain_money": Estimate(4821, 3912, 5633), "usual_seconds": None, "late": 0,
    }  # fmt: skip
    return Loss(**values | changed)


EUROS = Worth(Estimate(50, 45, 55), "EUR", "total", 900)


def test_the_sentence_says_where_how_many_how_much_and_what_a_tenth_would_bring():
    assert bottleneck_sentence(Bottlenecks((loss(),), EUROS)) == (
        "Most money is lost between “Cart” and “Pay”: 1,204 paths, about €48,000; saving a "
        "tenth of them would bring €3,900–€5,600."
    )


def test_without_a_value_the_sentence_counts_conversions():
    found = Bottlenecks((loss(money=None, gain_money=None),))
    assert bottleneck_sentence(found) == (
        "Most is lost between “Cart” and “Pay”: 1,204 paths, about 960 conversions; saving a tenth "
        "of them would bring 80–110 more conversions."
    )


def biggest(after, before):
    return Leak(after, before, "View", "Cart", 2000, 0, 5000, 0.4, 0.39, 0.41)


def test_the_biggest_loss_is_weighed_where_it_costs_most_as_well():
    found = Bottlenecks((loss(),), EUROS)
    assert weight_sentence(found, biggest(1, 2)) == (
        "That is about €48,000; saving a tenth of them would bring €3,900–€5,600."
    )
    early = Bottlenecks((loss(conversions=None, gain=None),))
    assert weight_sentence(early, biggest(1, 2)) == ""


def test_beside_the_biggest_loss_another_is_named_that_costs_more():
    plain = Bottlenecks((loss(money=None, gain_money=None),))
    said = weight_sentence(plain, biggest(0, 1))
    assert said.startswith("Most conversions are lost between “Cart” and “Pay”: 1,204 paths")
    said = weight_sentence(Bottlenecks((loss(),), EUROS), biggest(0, 1))
    assert said.startswith("Most money is lost between “Cart” and “Pay”: 1,204 paths")
    assert weight_sentence(Bottlenecks((loss(lost=0),)), biggest(0, 1)) == ""


def test_the_sentence_says_so_where_it_is_too_early_or_nobody_is_lost_for_good():
    nothing = {"onward": None, "conversions": None, "money": None, "gain": None, "gain_money": None}
    early = bottleneck_sentence(Bottlenecks((loss(**nothing),)))
    assert early == "Most is lost between “Cart” and “Pay”: 1,204 paths."
    waiting = bottleneck_sentence(Bottlenecks((loss(is_final=False),), EUROS))
    assert waiting.startswith("Most have not gone on so far from “Cart” to “Pay”: 1,204 paths")
    assert bottleneck_sentence(Bottlenecks((loss(lost=0),))) == ""


def test_ranges_have_two_digits_and_become_one_figure_where_they_agree():
    assert range_words(Estimate(0.5, 0.311, 0.722)) == "0.31–0.72"
    assert range_words(Estimate(90, 90, 90)) == "90"
    assert range_words(Estimate(0, 0, 0)) == "0"


def test_what_was_left_out_of_the_mean_is_said():
    worth = Worth(Estimate(50, 45, 55), "EUR", "total", 900, 3, 17)
    said = " ".join(method_words(Bottlenecks((loss(),), worth)))
    assert "A conversion brings €50: the mean of “total” over 900 conversions." in said
    assert "3 without it" in said
    assert "17 in other currencies" in said


def test_the_command_prints_bottlenecks_when_asked(capsys, shop):
    said = call(capsys, "funnel", shop, *STEPS, "--bottlenecks").out
    assert "Most money is lost between “cart” and “pay”: 30 paths, about €740" in said
    assert "one too many" not in said
    assert "Bottlenecks" not in call(capsys, "funnel", shop, *STEPS).out


def test_a_worth_by_hand_goes_before_the_one_in_the_events(capsys, shop):
    answer = call(capsys, "funnel", shop, *STEPS, "--worth", "100 CHF", "--json")
    found = json.loads(answer.out)["bottlenecks"]
    assert found["worth"]["currency"] == "CHF"
    assert [one["money"] for one in found["losses"]] == [500, 3000]
    assert found["losses"][found["worst"]]["after_name"] == "cart"
    assert [one["name"] for one in found["extra"]] == ["cart"]


def test_a_worth_that_is_no_number_and_no_property_is_refused(capsys, shop):
    said = refusal(capsys, "funnel", shop, *STEPS, "--worth", "much")
    assert "'much' is neither an amount such as 49.90 EUR nor a property" in said


def test_the_page_written_by_the_command_has_the_bottlenecks(capsys, shop, tmp_path):
    page = tmp_path / "page.html"
    call(capsys, "funnel", shop, *STEPS, "--bottlenecks", "--html", page)
    written = page.read_text()
    assert "Most money is lost between" in written
    assert "With and without each step" in written
