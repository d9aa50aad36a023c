"""Bottlenecks against a plain count over the same paths, and what their figures promise."""

from dataclasses import replace
from math import ceil, prod, sqrt
from math import log as ln

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.bruteforce import find_as_of, make_stream, run_bruteforce
from oracle.memory import MemorySource
from oracle.strategies import definitions, fixed_profile, streams
from suppilo.analytics.bottlenecks import (
    Estimate,
    Worth,
    find_bottlenecks,
    find_extra_steps,
    find_late,
    guess_worth,
    read_worth,
)
from suppilo.analytics.bottlenecks.extra import loosen
from suppilo.analytics.bottlenecks.losses import units_over
from suppilo.analytics.bottlenecks.report import multiply
from suppilo.analytics.funnel import DefinitionError, FunnelDefinition, run_funnel
from suppilo.analytics.intervals import wilson_interval

DAY = 86_400_000_000
FUNNEL = FunnelDefinition.from_dict({"steps": ["view", "cart", "pay"], "window": "7d"})

ANY_DEFINITION = st.sampled_from(["sequential", "strict", "any"]).flatmap(definitions)


def tell(*stories, end=100):
    """Return the source of paths told as ``"view@0 cart@1 pay@2=30"``: event, day, value."""
    events = [(number, *_event(word)) for number, story in enumerate(stories)
              for word in story.split()]  # fmt: skip
    return MemorySource(make_stream(*events, (len(stories), end * DAY, "end", {})))


def _event(word):
    name, _, rest = word.partition("@")
    day, _, value = rest.partition("=")
    props = {"total": float(value), "currency": "EUR"} if value else {}
    return int(float(day) * DAY), name, props


def shop(end=100):
    """60 view; 40 fill a cart; 10 of these pay 30."""
    paid = ["view@0 cart@1 pay@2=30"] * 10
    return tell(*paid, *["view@0 cart@1"] * 30, *["view@0"] * 20, end=end)


def ask(source, definition=FUNNEL, **options):
    result = run_funnel(source, definition)
    return result, find_bottlenecks(result, **options)


@fixed_profile(150)
@given(streams(), ANY_DEFINITION)
def test_losses_are_those_of_a_plain_count(events, definition):
    result = run_funnel(MemorySource(events), definition)
    found = find_bottlenecks(result)
    units, last = run_bruteforce(events, definition).units, len(definition.required)
    assert len(found.losses) == last - 1
    for place, loss in enumerate(found.losses):
        here = [unit for unit in units if unit.level == place + 1]
        lost = [unit for unit in here if not (loss.is_final and unit.open)]
        assert loss.lost == len(lost)
        assert loss.open == sum(unit.open for unit in here)
        assert loss.reached == sum(unit.level > place for unit in units)
    assert set(np.flatnonzero(units_over(result)).tolist()) <= set(range(len(units)))


@fixed_profile(150)
@given(streams(), ANY_DEFINITION)
def test_late_are_those_open_for_longer_than_most_that_went_on(events, definition):
    result = run_funnel(MemorySource(events), definition)
    units, as_of = run_bruteforce(events, definition).units, find_as_of(events, definition)
    for place, loss in enumerate(find_bottlenecks(result).losses):
        took = sorted(unit.hits[loss.before].at - unit.hits[loss.after].at
                      for unit in units if loss.before in unit.hits)  # fmt: skip
        usual = took[ceil(0.8 * len(took)) - 1] if took else None
        late = [number for number, unit in enumerate(units)
                if usual is not None and unit.open and unit.level == place + 1
                and as_of - unit.hits[loss.after].at > usual]  # fmt: skip
        assert find_late(result, loss.after).tolist() == late
        assert loss.late == len(late)
        assert loss.usual_seconds == (None if usual is None else usual / 1e6)


def test_the_lost_are_worth_what_those_brought_who_got_one_step_further():
    _, found = ask(shop(), worth=Worth(Estimate(30, 30, 30)))
    view, cart = found.losses
    assert (view.lost, view.reached, view.onward.value) == (20, 60, 0.25)
    assert (view.conversions, view.money) == (5, 150)
    assert (cart.lost, cart.conversions, cart.money) == (30, 30, 900)
    assert found.worst is cart
    assert (cart.gain.value, cart.gain_money.value) == (3, 90)


def test_the_range_of_a_gain_joins_those_of_the_loss_and_of_the_way_on():
    _, found = ask(shop(), worth=Worth(Estimate(30, 30, 30)))
    gain = found.losses[0].gain_money
    share, onward = wilson_interval(20, 60), wilson_interval(10, 40)
    below = sqrt(ln(20 / 60 / share.lower) ** 2 + ln(0.25 / onward.lower) ** 2)
    above = sqrt(ln(share.upper / (20 / 60)) ** 2 + ln(onward.upper / 0.25) ** 2)
    assert gain.value == pytest.approx(15)
    assert gain.lower == pytest.approx(15 * np.exp(-below))
    assert gain.upper == pytest.approx(15 * np.exp(above))


def test_the_range_of_a_gain_covers_what_the_next_as_many_bring():
    # The truth is known: half are lost at the view, 30 % of those with a cart pay.
    random, hits, rounds = np.random.default_rng(5), 0, 400
    for _ in range(rounds):
        carts = int(random.binomial(200, 0.5))
        paid = int(random.binomial(carts, 0.3))
        share, onward = wilson_interval(200 - carts, 200), wilson_interval(paid, carts)
        lost = Estimate(20 - carts / 10, 20 * share.lower, 20 * share.upper)
        found = multiply(lost, Estimate(paid / carts, onward.lower, onward.upper))
        hits += found.lower <= 20 * 0.5 * 0.3 <= found.upper
    assert 0.92 <= hits / rounds <= 0.98


def test_who_entered_lately_does_not_change_the_way_on():
    fresh = ["view@98 cart@98.5"] * 50
    old = ["view@0 cart@1 pay@2"] * 5 + ["view@0 cart@1"] * 5 + ["view@0"] * 10
    _, found = ask(tell(*old, *fresh))
    assert found.losses[0].onward.value == 0.5
    assert (found.losses[1].lost, found.losses[1].open) == (5, 50)


def test_without_a_time_limit_the_lost_are_those_who_have_not_gone_on_so_far():
    _, found = ask(shop(), replace(FUNNEL, window_us=None))
    assert [(loss.lost, loss.open, loss.is_final) for loss in found.losses] == [
        (20, 20, False), (30, 30, False),
    ]  # fmt: skip


def test_it_is_too_early_for_money_while_nobody_s_time_is_over():
    _, found = ask(shop(end=2), worth=Worth(Estimate(30, 30, 30)))
    assert (found.losses[0].onward, found.losses[0].money) == (None, None)
    assert found.worst is None


def test_a_funnel_that_nobody_entered_or_of_one_step_has_no_worst():
    assert ask(tell("cart@1"))[1].worst is None
    assert ask(shop(), FunnelDefinition.from_dict({"steps": ["view"]}))[1].losses == ()


def test_worth_is_the_mean_of_a_property_of_the_last_step_with_its_range():
    source = tell("view@0 cart@1 pay@2=10", "view@0 cart@1 pay@2=30", "view@0 cart@1 pay@2")
    result = run_funnel(source, FUNNEL)
    found = guess_worth(result, source)
    half = 1.959964 * np.std([10, 30], ddof=1) / sqrt(2)
    assert (found.name, found.currency, found.each.value) == ("total", "EUR", 20)
    assert (found.measured, found.unmeasured, found.foreign) == (2, 1, 0)
    assert found.each.upper == pytest.approx(20 + half)
    assert found.each.lower == pytest.approx(20 - half, abs=1e-5)
    assert read_worth("total", result, source) == found


def test_worth_of_several_currencies_is_that_of_the_one_most_have():
    events = [
        (path, at * DAY, name, {"total": total, "currency": money} if name == "pay" else {})
        for path, (total, money) in enumerate([(10.0, "EUR"), (20.0, "EUR"), (900.0, "JPY")])
        for at, name in enumerate(["view", "cart", "pay"])
    ]
    source = MemorySource(make_stream(*events))
    found = guess_worth(run_funnel(source, FUNNEL), source)
    assert (found.each.value, found.currency, found.foreign) == (15, "EUR", 1)


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [("49.90", 49.9, ""), (" 49.90 eur ", 49.9, "EUR"), ("0", 0, ""), ("100CHF", 100, "CHF")],
)
def test_worth_is_read_as_written(text, value, currency):
    found = read_worth(text, run_funnel(shop(), FUNNEL), shop())
    assert (found.each.value, found.each.lower, found.currency) == (value, value, currency)


@pytest.mark.parametrize(
    ("text", "said"),
    [("price", "neither an amount"), ("-4", "neither an amount"), ("currency", "no numbers")],
)
def test_worth_that_makes_no_sense_is_refused(text, said):
    with pytest.raises(DefinitionError, match=said):
        read_worth(text, run_funnel(shop(), FUNNEL), shop())


def quick_and_slow(without_converting):
    """100 fill in a form on the way and take 3 days; 100 skip it and take one."""
    slow = ["view@0 form@2 cart@3 pay@4"] * 60 + ["view@0 form@2"] * 40
    quick = without_converting
    return tell(*slow, *["view@0 cart@1 pay@2"] * quick, *["view@0"] * (100 - quick))


FORM = FunnelDefinition.from_dict(
    {"steps": ["view", {"event": "form", "optional": True}, "cart", "pay"], "window": "7d"}
)


@pytest.mark.parametrize(("quick", "is_extra"), [(75, True), (60, False), (20, False)])
def test_a_step_is_extra_if_it_delays_and_those_without_it_convert_as_well(quick, is_extra):
    source = quick_and_slow(quick)
    found = find_extra_steps(run_funnel(source, FORM), lambda asked: run_funnel(source, asked))
    form = found[0]
    assert (form.name, form.did, form.did_not) == ("form", (60, 100), (quick, 100))
    assert (form.with_seconds, form.without_seconds) == (3 * 86400, 86400)
    assert form.difference.value == pytest.approx(0.6 - quick / 100)
    assert form.is_extra is is_extra


def test_a_required_step_is_compared_by_leaving_it_out():
    source = quick_and_slow(75)
    required = loosen(FORM, 1)
    asked = replace(required, steps=tuple(replace(s, optional=False) for s in required.steps))
    found = find_extra_steps(run_funnel(source, asked), lambda made: run_funnel(source, made))
    assert found[0].did_not == (75, 100)
    assert found[0].is_extra
    assert [step.name for step in found] == ["form", "cart"]


def test_a_step_that_only_few_did_is_not_called_extra():
    source = tell(*["view@0 form@2 cart@3 pay@4"] * 20, *["view@0 cart@1 pay@2"] * 500)
    found = find_extra_steps(run_funnel(source, FORM), lambda made: run_funnel(source, made))
    assert not found[0].is_extra


def test_a_product_s_range_holds_each_factor_s():
    found = multiply(Estimate(2, 1, 3), Estimate(5, 4, 8))
    assert found.value == prod([2, 5])
    assert found.lower < 2 * 4 < 10 < 2 * 8 < found.upper
    assert multiply(Estimate(0, 0, 2), Estimate(5, 4, 8)) == Estimate(0, 0, 16)
    assert multiply(Estimate(2, 0, 3), Estimate(5, 5, 5)).lower == 0
