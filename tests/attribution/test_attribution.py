"""Attribution: by hand, against plain programs, and on worlds whose truth is known."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suppilo.analytics.attribution import (
    RULES,
    AttributionError,
    Ends,
    Journeys,
    choose_order,
    credit_markov,
    credit_rule,
    credit_shapley,
    report_attribution,
)
from suppilo.analytics.attribution.journeys import NO_MOMENT
from suppilo.analytics.attribution.rules import DAY_US, RuleOptions

NAMES = ("ad", "mail", "search", "direct")
unhurried = settings(deadline=None, max_examples=60)


def journeys(*given, names=NAMES):
    """Make journeys of ``(channels, worth or None, lead's place)``, a day between touches."""
    channel, at, converted, value, end, lead = [], [], [], [], [], []
    for channels, worth, *rest in given:
        days = np.arange(len(channels)) * DAY_US
        channel += [names.index(name) for name in channels]
        at += days.tolist()
        converted.append(worth is not None)
        value.append(worth or 0.0)
        end.append(days[-1] + DAY_US if worth is not None else days[-1])
        lead.append(rest[0] * DAY_US if rest and rest[0] is not None else NO_MOMENT)
    lengths = [len(channels) for channels, *_ in given]
    return Journeys(
        np.cumsum([0, *lengths]), np.array(channel, np.int64), np.array(at, np.int64),
        np.array(converted, np.bool_),
        Ends(np.arange(len(given)), np.arange(len(given)), np.array(end, np.int64),
             np.array(value, np.float64)),
        np.array(lead, np.int64), names,
    )  # fmt: skip


JOURNEY = journeys((["ad", "mail", "search", "direct"], 100.0, 1))


@pytest.mark.parametrize(
    ("rule", "shares"),
    [
        ("first", [1, 0, 0, 0]),
        ("last", [0, 0, 0, 1]),
        ("last_non_direct", [0, 0, 1, 0]),
        ("linear", [0.25] * 4),
        ("position", [0.4, 0.1, 0.1, 0.4]),
        ("w_shaped", [0.3, 0.3, 0.1, 0.3]),
        ("time_decay", [2 / 30, 4 / 30, 8 / 30, 16 / 30]),
    ],
)
def test_rule_shares_a_conversion_as_it_says(rule, shares):
    conversions, value = credit_rule(JOURNEY, rule, RuleOptions(half_life_us=DAY_US))
    assert conversions == pytest.approx(shares)
    assert value == pytest.approx([100 * share for share in shares])


def test_two_touches_halve_a_conversion_by_position():
    conversions, _ = credit_rule(journeys((["ad", "mail"], 1.0)), "position")
    assert conversions == pytest.approx([0.5, 0.5, 0, 0])


def test_journey_of_direct_touches_only_is_credited_to_direct():
    conversions, _ = credit_rule(journeys((["direct", "direct"], 1.0)), "last_non_direct")
    assert conversions.tolist() == [0, 0, 0, 1]


def test_lead_and_last_touch_in_one_share_sixty_of_a_hundred():
    conversions, _ = credit_rule(journeys((["ad", "mail", "search"], 1.0, 2)), "w_shaped")
    assert conversions == pytest.approx([0.3, 0.1, 0.6, 0])


drawn = st.lists(
    st.tuples(
        st.lists(st.sampled_from(NAMES), min_size=1, max_size=6),
        st.one_of(st.none(), st.floats(0, 1000)),
        st.one_of(st.none(), st.integers(0, 5)),
    ),
    min_size=1,
    max_size=25,
)


@unhurried
@given(drawn, st.sampled_from(sorted(RULES)))
def test_rules_share_out_everything_and_nothing_else(given, rule):
    made = journeys(*given)
    conversions, value = credit_rule(made, rule)
    assert conversions.sum() == pytest.approx(made.converted.sum())
    assert value.sum() == pytest.approx(made.value[made.converted].sum())
    assert (conversions >= 0).all()
    seen = {name for channels, worth, _ in given if worth is not None for name in channels}
    for name, credit in zip(NAMES, conversions, strict=True):
        assert name in seen or credit == 0


def walk_through(given, order, without=None):
    """Return the probability to convert by repeated steps over a table of lists: no matrices."""
    after, out = {}, {}
    for channels, worth, _ in given:
        state = ()
        for name in [*channels, "won" if worth is not None else "left"]:
            after.setdefault(state, []).append(name)
            out[state] = out.get(state, 0) + 1
            state = (*state, name)[-order:]
    now, won = {(): 1.0}, 0.0
    for _ in range(3000):
        later = {}
        for state, share in now.items():
            for name in after[state]:
                part = share / out[state]
                if name == "won":
                    won += part
                elif name not in ("left", without):
                    following = (*state, name)[-order:]
                    later[following] = later.get(following, 0) + part
        now = {state: share for state, share in later.items() if share > 1e-14}
        if not now:
            break
    return won


@settings(deadline=None, max_examples=40)
@given(drawn, st.integers(1, 4))
def test_removal_effect_is_that_of_walking_the_chain(given, order):
    made = journeys(*given)
    found = credit_markov(made, order)
    everything = walk_through(given, order)
    for name, effect in zip(NAMES, found.removal, strict=True):
        left = walk_through(given, order, name)
        expected = 1 - left / everything if everything else 0
        assert effect == pytest.approx(expected, abs=1e-6)
    if everything and found.removal.sum() > 1e-9:
        assert found.conversions.sum() == pytest.approx(made.converted.sum())
        assert found.value.sum() == pytest.approx(made.value[made.converted].sum())


def test_removal_effects_of_a_chain_worked_out_on_paper():
    # ad > search > won, ad > left, search > won: 2 of 3 convert. Without search none does;
    # without ad only the third journey: 1 / 3 of 2 / 3.
    made = journeys((["ad", "search"], 1.0), (["ad"], None), (["search"], 1.0))
    found = credit_markov(made, 1)
    assert found.removal == pytest.approx([0.5, 0, 1, 0])
    assert found.conversions == pytest.approx([2 / 3, 0, 4 / 3, 0])


def by_orders(given, names):
    """Return Shapley values by their definition: what each adds, over all orders of joining."""

    def worth(members):
        inside = [w for channels, w, *_ in given if set(channels) <= members]
        return sum(w is not None for w in inside) / len(inside) if inside else 0

    credit, orders = dict.fromkeys(names, 0.0), list(permutations(names))
    for order in orders:
        for place, name in enumerate(order):
            added = worth(set(order[: place + 1])) - worth(set(order[:place]))
            credit[name] += added / len(orders)
    return [credit[name] * len(given) for name in names]


@settings(deadline=None, max_examples=40)
@given(drawn)
def test_shapley_values_are_those_of_all_orders(given):
    made = journeys(*given)
    conversions, value, exact = credit_shapley(made, np.random.default_rng(1))
    assert exact
    assert conversions == pytest.approx(by_orders(given, NAMES), abs=1e-9)
    assert conversions.sum() == pytest.approx(made.converted.sum())
    assert value.sum() == pytest.approx(made.value[made.converted].sum())


def random_journeys(random, names, count, rate):
    """Draw journeys; each channel converts at a rate of its own, whoever came before."""
    given = []
    for _ in range(count):
        channels, worth = [], None
        for _ in range(random.integers(1, 5)):
            channels.append(names[random.integers(len(names))])
            if random.random() < rate[channels[-1]]:
                worth = 1.0
                break
        given.append((channels, worth))
    return given


def test_sampled_shapley_values_come_near_the_exact_ones():
    random = np.random.default_rng(4)
    names = tuple(f"c{i}" for i in range(16))
    rate = {name: 0.02 + 0.02 * i for i, name in enumerate(names)}
    given = random_journeys(random, names, 4000, rate)
    many = journeys(*given, names=names)
    sampled, _, exact = credit_shapley(many, random)
    assert not exact
    assert sampled.sum() == pytest.approx(many.converted.sum())
    again, _, _ = credit_shapley(many, np.random.default_rng(5))
    assert np.corrcoef(sampled, again)[0, 1] > 0.95
    assert sampled[12:].mean() > 2 * sampled[:4].mean()


def test_order_is_that_of_the_world_that_journeys_come_from():
    random = np.random.default_rng(6)
    first = []
    for _ in range(1500):
        count = random.geometric(0.4)
        channels = [NAMES[i] for i in random.integers(0, 3, count)]
        first.append((channels, 1.0 if random.random() < 0.3 else None))
    assert choose_order(journeys(*first))[0] == 1
    second = []
    for _ in range(1500):
        # From the third touch on each is the last but one again: it takes two to know it.
        one, two = random.permutation(3)[:2]
        channels = [NAMES[(one, two)[i % 2]] for i in range(random.geometric(0.2))]
        second.append((channels, 1.0 if random.random() < 0.3 else None))
    assert choose_order(journeys(*second))[0] == 2


def test_markov_credits_follow_what_channels_do_in_a_known_world():
    random = np.random.default_rng(7)
    rate = {"ad": 0.02, "mail": 0.1, "search": 0.3, "direct": 0.02}
    made = journeys(*random_journeys(random, NAMES, 8000, rate))
    found = credit_markov(made, 1).conversions
    assert found[2] > found[1] > max(found[0], found[3])


def test_report_has_every_model_add_up():
    random = np.random.default_rng(8)
    rate = dict.fromkeys(NAMES, 0.2)
    made = journeys(*random_journeys(random, NAMES, 400, rate))
    report = report_attribution(made, random=random)
    assert report.journeys == 400
    for model in report.models:
        assert sum(model.conversions) == pytest.approx(report.conversions)
        assert sum(model.value) == pytest.approx(report.value)
    assert sum(report.touches) == len(made.channel)


def test_questions_without_an_answer_are_refused():
    random = np.random.default_rng(9)
    with pytest.raises(AttributionError, match="nothing to share out"):
        report_attribution(journeys((["ad"], None)), random=random)
    with pytest.raises(AttributionError, match="no model 'best'"):
        report_attribution(JOURNEY, ["best"], random=random)
    with pytest.raises(AttributionError, match="1 to 4"):
        report_attribution(JOURNEY, ["markov"], random=random, order=5)
