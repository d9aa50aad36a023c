"""A difference of conversions, split: exactly, with ranges that hold, and paradoxes named."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.strategies import fixed_profile
from suppilo.analytics.change import Paradox, explain_change


def explain(a, b, seed=0):
    return explain_change(a, b, "channel", np.random.default_rng(seed))


def sides():
    trials = st.integers(0, 300)
    counts = trials.flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
    return st.dictionaries(st.sampled_from("abcdef"), counts, max_size=6)


@fixed_profile(100)
@given(sides(), sides())
def test_the_parts_add_up_to_the_difference_exactly(a, b):
    found = explain(a, b)
    entered = [sum(n for _, n in side.values()) for side in (a, b)]
    if not all(entered):
        assert found is None
        return
    rates = [Fraction(sum(k for k, _ in side.values()), n)
             for side, n in zip((a, b), entered, strict=True)]  # fmt: skip
    assert found.difference == rates[1] - rates[0]
    assert found.mix.value == sum(segment.mix.value for segment in found.segments)
    assert found.rate.value == sum(segment.rate.value for segment in found.segments)
    for segment in found.segments:
        key = segment.group.value
        assert (segment.converted_a, segment.group.entered_a) == a.get(key, (0, 0))
        assert (segment.converted_b, segment.group.entered_b) == b.get(key, (0, 0))
        for part in (segment.mix, segment.rate):
            assert part.lower <= float(part.value) <= part.upper


@fixed_profile(100)
@given(sides(), sides())
def test_a_paradox_is_named_exactly_when_the_segments_contradict_the_whole(a, b):
    found = explain(a, b)
    if found is None:
        return
    whole = found.difference
    both = [key for key in a if a[key][1] and b.get(key, (0, 0))[1]]
    moves = [Fraction(*b[key]) - Fraction(*a[key]) for key in both]
    against = [move for move in moves if move * whole < 0]
    along = [move for move in moves if move * whole > 0]
    assert (found.paradox is Paradox.SIMPSON) == bool(whole and against and not along)
    if found.paradox is Paradox.REVERSAL:
        assert found.rate.value * whole < 0


def test_kidney_stones_are_simpsons_paradox():
    # Charig et al. (1986), BMJ 292, 879-882: open surgery does better on small stones and on large
    # ones, and worse in all, because it was given the large ones.
    surgery = {"small": (81, 87), "large": (192, 263)}
    puncture = {"small": (234, 270), "large": (55, 80)}
    found = explain(surgery, puncture)
    assert found.paradox is Paradox.SIMPSON
    assert float(found.difference) == pytest.approx(289 / 350 - 273 / 350)
    assert found.rate.value < 0 < found.mix.value
    assert found.mix.is_clear


def test_rates_that_moved_alone_are_no_paradox():
    found = explain({"x": (10, 100), "y": (20, 100)}, {"x": (20, 100), "y": (40, 100)})
    assert (found.paradox, found.mix.value) == (Paradox.NONE, 0)


def test_a_reversal_that_not_all_segments_share_is_told_from_simpsons():
    found = explain({"x": (10, 100), "y": (90, 100)}, {"x": (40, 300), "y": (88, 100)})
    assert found.paradox is Paradox.REVERSAL


def test_the_ranges_hold_the_truth_as_often_as_they_say():
    random, rounds = np.random.default_rng(3), 300
    shares = np.array([[0.5, 0.3, 0.2], [0.3, 0.4, 0.3]])
    rates = np.array([[0.1, 0.3, 0.6], [0.15, 0.3, 0.5]])
    mix = ((shares[1] - shares[0]) * rates.mean(axis=0)).sum()
    rate = ((rates[1] - rates[0]) * shares.mean(axis=0))[0]
    held = np.zeros(2)
    for number in range(rounds):
        entered = [random.multinomial(800, side) for side in shares]
        sides = [
            {
                key: (int(random.binomial(n, p)), int(n))
                for key, n, p in zip("xyz", ns, ps, strict=True)
            }
            for ns, ps in zip(entered, rates, strict=True)
        ]
        found = explain(*sides, seed=number)
        one = next(segment for segment in found.segments if segment.group.value == "x")
        held += [
            found.mix.lower <= mix <= found.mix.upper,
            one.rate.lower <= rate <= one.rate.upper,
        ]
    assert (held / rounds >= 0.91).all()
    assert (held / rounds <= 0.985).all()


def test_the_json_form_is_plain():
    found = explain({"x": (1, 2)}, {"y": (1, 4)}).to_dict()
    assert found["paradox"] is None
    assert {one["value"] for one in found["segments"]} == {"x", "y"}
    assert all(isinstance(one["mix"]["value"], float) for one in found["segments"])
