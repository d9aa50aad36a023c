"""Two funnels beside each other: published numbers, and laws that hold for any counts."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.bruteforce import make_stream
from oracle.memory import MemorySource
from oracle.strategies import fixed_profile
from suppilo.analytics.funnel import DefinitionError, FunnelDefinition, run_funnel
from suppilo.analytics.funnel.compare import (
    compare_reports,
    decompose,
    decompose_counts,
    newcombe_interval,
)

# Newcombe (1998), table II, method 10: the interval of p1 - p2.
PUBLISHED = [
    ((56, 70), (48, 80), 0.0524, 0.3339),
    ((9, 10), (3, 10), 0.1705, 0.8090),
    ((6, 7), (2, 7), 0.0582, 0.8062),
    ((5, 56), (0, 29), -0.0381, 0.1926),
    ((0, 10), (0, 20), -0.1611, 0.2775),
    ((0, 10), (0, 10), -0.2775, 0.2775),
    ((10, 10), (0, 20), 0.6791, 1.0000),
    ((10, 10), (0, 10), 0.6075, 1.0000),
]


@pytest.mark.parametrize(("one", "two", "lower", "upper"), PUBLISHED)
def test_interval_is_the_published_one(one, two, lower, upper):
    found = newcombe_interval(two, one)
    assert found.lower == pytest.approx(lower, abs=5e-5)
    assert found.upper == pytest.approx(upper, abs=5e-5)


def test_rate_without_trials_has_no_difference():
    assert newcombe_interval((0, 0), (1, 2)) is None


def parts():
    trials = st.integers(0, 500)
    counts = trials.flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
    return st.dictionaries(st.sampled_from("abcdef"), counts, max_size=6)


@fixed_profile(300)
@given(parts(), parts())
def test_mix_and_rate_add_up_to_the_difference_exactly(a, b):
    found = decompose_counts(a, b)
    entered_a, entered_b = (sum(n for _, n in part.values()) for part in (a, b))
    if not entered_a or not entered_b:
        assert found is None
        return
    whole = Fraction(sum(k for k, _ in b.values()), entered_b) - Fraction(
        sum(k for k, _ in a.values()), entered_a
    )
    assert found.difference == whole
    assert found.mix + found.rate == whole
    assert sum(group.mix for group in found.values) == found.mix
    assert sum(group.rate for group in found.values) == found.rate


@fixed_profile(100)
@given(parts(), parts())
def test_turning_the_comparison_round_turns_each_sign(a, b):
    there, back = decompose_counts(a, b), decompose_counts(b, a)
    if there is not None:
        assert (there.mix, there.rate) == (-back.mix, -back.rate)


@fixed_profile(100)
@given(st.tuples(st.integers(0, 50), st.integers(0, 50)).filter(lambda p: sum(p)), st.data())
def test_interval_holds_its_difference_and_turns_round(pair, data):
    a = (pair[0], sum(pair))
    n = data.draw(st.integers(1, 80))
    b = (data.draw(st.integers(0, n)), n)
    there, back = newcombe_interval(a, b), newcombe_interval(b, a)
    assert there.lower <= there.difference <= there.upper
    assert there.lower == pytest.approx(-back.upper)


def test_same_rates_in_each_group_are_all_mix():
    found = decompose_counts({"x": (10, 100), "y": (90, 100)}, {"x": (5, 50), "y": (135, 150)})
    assert found.rate == 0
    assert found.mix == Fraction(1, 5)


def test_same_shares_are_all_rate():
    found = decompose_counts({"x": (10, 100), "y": (50, 100)}, {"x": (40, 200), "y": (80, 200)})
    assert found.mix == 0


def test_group_that_is_new_is_all_mix():
    found = decompose_counts({"x": (10, 100)}, {"x": (10, 100), "y": (50, 100)})
    assert found.rate == 0
    assert found.difference == Fraction(1, 5)


def shop_report(paths, by="c", by_value="first"):
    rows = [
        (path, at, name, {} if value is None else {"c": value}) for path, at, name, value in paths
    ]
    definition = FunnelDefinition.from_dict(
        {"steps": ["a", "b"], "by": by, "by_value": by_value, "timezone": "UTC"}
    )
    source = MemorySource(make_stream(*rows), properties=["c"])
    return run_funnel(source, definition).report()


A = [(1, 1, "a", "ad"), (1, 2, "b", "ad"), (2, 1, "a", "ad"), (3, 1, "a", None)]
B = [(1, 1, "a", "ad"), (1, 2, "b", "ad"), (3, 1, "a", None), (3, 2, "b", None), (4, 1, "a", None)]


def test_reports_are_decomposed_with_who_has_no_value():
    found = decompose(shop_report(A), shop_report(B))
    assert {group.value for group in found.values} == {"ad", None}
    assert found.difference == Fraction(2, 3) - Fraction(1, 3)
    assert found.mix + found.rate == found.difference
    assert found.to_dict()["difference"] == pytest.approx(1 / 3)


def test_reports_are_compared_step_by_step():
    first, second = compare_reports(shop_report(A), shop_report(B))
    assert first.overall is None
    assert (second.a.count, second.b.count) == (1, 2)
    assert second.step.difference == pytest.approx(1 / 3)
    assert not second.step.is_clear
    assert second.step.to_dict()["method"] == "newcombe"


def test_values_that_may_count_twice_are_not_decomposed():
    with pytest.raises(DefinitionError, match="one value"):
        decompose(shop_report(A, by_value="all"), shop_report(B, by_value="all"))


def test_reports_without_the_same_split_are_not_decomposed():
    with pytest.raises(DefinitionError, match="same property"):
        decompose(shop_report(A, by=None), shop_report(B))


def test_funnels_with_other_steps_are_not_compared():
    longer = run_funnel(
        MemorySource([], properties=["c"]), FunnelDefinition.from_dict({"steps": ["a", "b", "c"]})
    ).report()
    with pytest.raises(DefinitionError, match="same steps"):
        compare_reports(shop_report(A), longer)
