"""The oracle itself, on examples worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from oracle.bruteforce import Unit, count_steps, make_stream, run_bruteforce, split_units
from suppilo.analytics.funnel.definition import Exclusion, FunnelDefinition, Step


def ask(letters: str, **options: Any) -> FunnelDefinition:
    """A funnel of one-letter steps; ``?`` after a letter makes it optional."""
    marks = letters.split()
    return FunnelDefinition(
        tuple(Step(m, None if m[0] == "*" else (m[0],), optional="?" in m) for m in marks),
        **options,
    )


def run_one(story: str, funnel: FunnelDefinition) -> tuple[Unit, ...]:
    """Events as ``a0 b3``: the letter, its time; one path."""
    events = make_stream(*[(1, int(word[1:]), word[0]) for word in story.split()])
    return run_bruteforce(events, funnel).units


def times(unit: Unit) -> list[int]:
    return [event.at for _, event in sorted(unit.hits.items())]


@pytest.mark.parametrize(
    ("story", "level"), [("abbc", 3), ("abac", 2), ("axbc", 1), ("acabc", 3), ("bc", 0)]
)
def test_strict_examples_of_the_semantics(story, level):
    words = " ".join(f"{letter}{at}" for at, letter in enumerate(story))
    units = run_one(words, ask("a b c", order="strict"))
    assert sum(unit.level for unit in units) == level


def test_window_includes_its_last_moment():
    assert run_one("a0 b7", ask("a b", window_us=7))[0].level == 2
    assert run_one("a0 b8", ask("a b", window_us=7))[0].level == 1


def test_tie_stands_in_either_order_unless_given_order_counts():
    assert run_one("b0 a0", ask("a b"))[0].level == 2
    assert run_one("b0 a0", ask("a b", ties="given"))[0].level == 1


def test_event_never_serves_two_steps():
    assert run_one("a0", ask("a a"))[0].level == 1
    assert run_one("a0 a0", ask("a a"))[0].level == 2


def test_counted_chain_ends_earliest_then_begins_latest_then_stands_latest():
    (unit,) = run_one("a0 a1 b2 b3 c4 c5", ask("a b c"))
    assert times(unit) == [1, 3, 4]


def test_reentry_lengthens_and_never_shortens():
    assert times(run_one("a0 b1 a5 b6 c7", ask("a b c", window_us=3))[0]) == [5, 6, 7]
    assert times(run_one("a0 b1 a5", ask("a b c", window_us=3))[0]) == [0, 1]


def test_entry_first_binds_to_the_first_step_one_event():
    assert run_one("a0 a5 b6", ask("a b", window_us=3, entry="first"))[0].level == 1


def test_any_counts_steps_in_any_order():
    (unit,) = run_one("c0 a2 b9", ask("a b c", order="any", window_us=5))
    assert (unit.level, times(unit)) == (2, [0, 2])


def test_optional_step_counts_inside_the_counted_chain():
    figures = count_steps(run_one("a0 b1 c2", ask("a b? c")), ask("a b? c"))
    assert [figure.count for figure in figures] == [1, 1, 1]
    figures = count_steps(run_one("a0 c2 b3", ask("a b? c")), ask("a b? c"))
    assert [figure.count for figure in figures] == [1, 0, 1]


def test_strict_chain_goes_over_an_optional_step():
    assert set(run_one("a0 b1 b2 c3", ask("a b? c", order="strict"))[0].hits) == {0, 1, 2}
    assert set(run_one("a0 b1 b2", ask("a b? c", order="strict"))[0].hits) == {0, 1}
    assert set(run_one("a0 b1 x2 c3", ask("a b? c", order="strict"))[0].hits) == {0, 1}


def test_within_counts_from_the_required_step_before():
    funnel = FunnelDefinition((Step("a", ("a",)), Step("b", ("b",), within_us=2)))
    assert run_one("a0 b2", funnel)[0].level == 2
    assert run_one("a0 b3", funnel)[0].level == 1


def test_exclusion_removes_stops_or_is_rescued():
    remove = ask("a b c", exclude=(Exclusion(("x",), 2, 3),))
    stop = ask("a b c", exclude=(Exclusion(("x",), 2, 3),), on_exclusion="stop")
    assert run_one("a0 b1 x2 c3", remove) == ()
    assert times(run_one("a0 b1 x2 c3", stop)[0]) == [0]  # a b is dirty too: x comes after b
    assert run_one("a0 b1 x2 a3 b4 c5", remove)[0].level == 3
    assert run_one("a0 b1 c2 x2", remove)[0].level == 3
    assert run_one("a0 b1 x2 b3", stop)[0].level == 2


def test_hold_takes_the_best_value():
    events = make_stream(
        (1, 0, "a", {"p": 1}), (1, 1, "b", {"p": 2}), (1, 2, "a", {"p": 2}), (1, 3, "b", {"p": 2})
    )
    (unit,) = run_bruteforce(events, ask("a b", hold=("p",))).units
    assert times(unit) == [2, 3]


def test_first_ever_looks_at_the_first_event_whatever_its_properties():
    funnel = FunnelDefinition((Step("a", ("a",), where="p = 1", first_ever=True),))
    assert run_bruteforce(make_stream((1, 0, "a"), (1, 1, "a", {"p": 1})), funnel).units == ()
    assert run_bruteforce(make_stream((1, 0, "a", {"p": 1}), (1, 1, "a")), funnel).units


def test_attempts_follow_each_other():
    units = run_one("a0 a1 b2 a3 a9 b10", ask("a b", window_us=4, count="attempts"))
    assert [times(unit) for unit in units] == [[0, 2], [3], [9, 10]]


def test_open_looks_at_what_the_next_step_still_allows():
    assert run_one("a0 x5", ask("a b", window_us=6))[0].open
    assert not run_one("a0 x6", ask("a b", window_us=6))[0].open
    assert run_one("a0 x6", ask("a b"))[0].open


def test_breakdown_all_counts_some_twice_and_reconciles():
    events = make_stream((1, 0, "a", {"p": 1}), (1, 1, "a", {"p": 2}), (2, 0, "a"))
    split = split_units(events, ask("a b", by="p", by_value="all"))
    assert {value: steps[0].count for value, steps in split.values.items()} == {1: 1, 2: 1}
    assert (split.twice, split.none, split.beyond) == (1, 1, 0)
