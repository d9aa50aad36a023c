from decimal import Decimal
from random import Random

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from suppilo.apps.catalogue.sums import (
    Line,
    add_amounts,
    check_currency,
    currency_digits,
    line_total,
    margin_rate,
    round_money,
    sum_lines,
)

CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD", "HUF", "CLF"])
RATES = st.decimals(0, 1, places=4)
LINES = st.builds(
    Line,
    quantity=st.decimals("0.001", 5000, places=3),
    unit_price=st.decimals(0, 100_000, places=4),
    discount=RATES,
    unit_cost=st.none() | st.decimals(0, 100_000, places=4),
)


def test_a_line_is_quantity_times_price_less_the_discount():
    assert line_total(Decimal(3), Decimal("9.99"), Decimal("0.1"), "EUR") == Decimal("26.97")


def test_half_a_cent_is_rounded_away_from_zero():
    assert round_money(Decimal("0.005"), "EUR") == Decimal("0.01")
    assert round_money(Decimal("-0.005"), "EUR") == Decimal("-0.01")


@pytest.mark.parametrize(
    ("currency", "digits"), [("EUR", 2), ("HUF", 2), ("RSD", 2), ("JPY", 0), ("KWD", 3)]
)
def test_each_currency_has_its_own_digits(currency, digits):
    assert currency_digits(currency) == digits


def test_the_totals_of_two_lines_by_hand():
    lines = [
        Line(Decimal(10), Decimal(100), Decimal("0.2"), Decimal(50)),
        Line(Decimal(1), Decimal(1000), Decimal(0), Decimal(900)),
    ]
    totals = sum_lines(lines, "EUR")
    assert (totals.list_amount, totals.amount, totals.cost) == (2000, 1800, 1400)
    assert (totals.discount_amount, totals.discount) == (200, Decimal("0.1"))
    assert (totals.margin, totals.margin_rate) == (400, Decimal("0.2222"))


def test_a_cost_that_is_not_known_of_each_line_is_not_known():
    lines = [Line(Decimal(1), Decimal(10), unit_cost=Decimal(5)), Line(Decimal(1), Decimal(10))]
    totals = sum_lines(lines, "EUR")
    assert totals.cost is None
    assert totals.margin is None
    assert totals.margin_rate is None


def test_nothing_comes_to_nothing():
    totals = sum_lines([], "EUR")
    assert (totals.list_amount, totals.amount, totals.cost, totals.discount) == (0, 0, None, 0)
    assert margin_rate(Decimal(0), Decimal(1)) is None


def test_a_free_line_keeps_the_discount_that_was_given():
    assert sum_lines([Line(Decimal(1), Decimal(0), Decimal("0.5"))], "EUR").discount == Decimal(
        "0.5"
    )


def test_an_amount_that_no_column_holds_is_refused():
    with pytest.raises(ValidationError, match="too large"):
        line_total(Decimal(10**9), Decimal(10**7), Decimal(0), "EUR")
    with pytest.raises(ValidationError, match="too large"):
        round_money(Decimal("NaN"), "EUR")
    with pytest.raises(ValidationError, match="too large"):
        add_amounts([Decimal(10**15 - 1), Decimal(1)])


def test_currencies_are_known_by_their_code_in_either_case():
    assert check_currency(" eur ") == "EUR"
    with pytest.raises(ValidationError, match="no currency"):
        check_currency("EURO")


@given(st.lists(LINES, max_size=8), CURRENCIES)
def test_the_printed_lines_add_up_to_the_total(lines, currency):
    totals = sum_lines(lines, currency)
    printed = [line_total(x.quantity, x.unit_price, x.discount, currency) for x in lines]
    assert totals.amount == sum(printed, Decimal(0))
    assert totals.amount == round_money(totals.amount, currency)
    assert 0 <= totals.amount <= totals.list_amount
    assert totals.amount + totals.discount_amount == totals.list_amount


@given(st.lists(LINES, max_size=8), CURRENCIES, st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(lines, currency, random: Random):
    shuffled = list(lines)
    random.shuffle(shuffled)
    assert sum_lines(shuffled, currency) == sum_lines(lines, currency)


@given(st.lists(LINES, max_size=8), CURRENCIES, RATES)
def test_lines_within_a_limit_are_within_it_together(lines, currency, limit):
    kept = [line for line in lines if line.discount <= limit]
    assert sum_lines(kept, currency).discount <= limit


@given(LINES, CURRENCIES)
def test_a_larger_discount_never_costs_more(line, currency):
    full = line_total(line.quantity, line.unit_price, Decimal(0), currency)
    less = line_total(line.quantity, line.unit_price, line.discount, currency)
    assert less <= full
    assert line_total(line.quantity, line.unit_price, Decimal(1), currency) == 0
