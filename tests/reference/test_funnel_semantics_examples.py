"""The worked examples of the funnel's definition: what each word of it means for the engine.

The numbers are worked out by hand from ``docs/explanation/algorithms/funnel.md``. Events are
written ``a0 b3``: the name (one letter) and the time in seconds, in the order given.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from oracle.bruteforce import Answer, Event, make_stream
from oracle.compare import run_engine
from suppilo.analytics.funnel.definition import Exclusion, FunnelDefinition, Step
from suppilo.analytics.funnel.report import FunnelReport
from suppilo.analytics.periods import parse_moment

SECOND_US = 1_000_000


def ask(letters: str, **options: Any) -> FunnelDefinition:
    """A funnel of one-letter steps: ``b?`` is optional, ``*`` is any event."""
    marks = letters.split()
    steps = tuple(Step(m, None if m[0] == "*" else (m[0],), optional="?" in m) for m in marks)
    window_s = options.pop("window_s", None)
    return FunnelDefinition(
        steps, window_us=None if window_s is None else window_s * SECOND_US, **options
    )


def tell(story: str, path: int = 1, **props: Any) -> list[Event]:
    words = story.split()
    return make_stream(*[(path, int(w[1:]) * SECOND_US, w[0], props) for w in words])


def times(answer: Answer) -> list[list[int]]:
    """The counted chains, as the seconds of their events."""
    return [
        [event.at // SECOND_US for _, event in sorted(unit.hits.items())] for unit in answer.units
    ]


def chains(story: str, funnel: FunnelDefinition) -> list[list[int]]:
    return times(run_engine(tell(story), funnel)[0])


def level(story: str, funnel: FunnelDefinition) -> int:
    return sum(unit.level for unit in run_engine(tell(story), funnel)[0].units)


def report(story: str, funnel: FunnelDefinition) -> FunnelReport:
    return run_engine(tell(story), funnel)[1]


def counts(story: str, funnel: FunnelDefinition) -> list[int]:
    return [step.count for step in report(story, funnel).steps]


# --- chains


def test_event_after_the_window_does_not_count():
    week = ask("a b", window_s=7)
    assert level("a0 b7", week) == 2
    assert level("a0 b8", week) == 1


def test_window_of_zero_takes_events_of_the_same_moment():
    assert level("a3 b3", ask("a b", window_s=0)) == 2
    assert level("a3 b4", ask("a b", window_s=0)) == 1


def test_window_spans_from_the_first_event_to_the_last():
    assert level("a0 b4 c8", ask("a b c", window_s=7)) == 2


def test_tied_events_stand_in_either_order():
    assert level("c0 b0 a0", ask("a b c")) == 3


def test_tied_events_stand_as_given_where_asked():
    given = ask("a b", ties="given")
    assert level("b0 a0", given) == 1
    assert level("a0 b0", given) == 2


def test_one_event_never_serves_two_steps():
    assert level("a0", ask("a a")) == 1
    assert level("a0 a0", ask("a a")) == 2
    assert level("a0 a1 a2", ask("a * a")) == 3
    assert level("a0 a1", ask("a * a")) == 2


def test_step_may_name_several_events_or_any():
    steps = (Step("a", ("a",)), Step("b or c", ("b", "c")), Step("any", None))
    assert level("a0 c1 x2", FunnelDefinition(steps)) == 3


def test_path_without_the_first_step_is_not_in_the_funnel():
    assert chains("b0 c1", ask("a b c")) == []


def test_longest_chain_counts_and_reentry_can_lengthen_it():
    assert chains("a0 b1 a5 b6 c7", ask("a b c", window_s=3)) == [[5, 6, 7]]


def test_reentry_never_shortens():
    assert chains("a0 b1 a5", ask("a b c", window_s=3)) == [[0, 1]]


def test_counted_chain_ends_earliest_begins_latest_and_stands_latest_between():
    assert chains("a0 a1 b2 b3 c4 c5", ask("a b c")) == [[1, 3, 4]]
    assert chains("a0 b1 c2 a3 b4 c5", ask("a b c")) == [[0, 1, 2]]


def test_entry_first_begins_at_the_very_first_step_one_event():
    first = ask("a b", window_s=3, entry="first")
    assert chains("a0 a5 b6", first) == [[0]]
    assert chains("a0 a5 b6", replace(first, entry="longest")) == [[5, 6]]
    assert chains("a0 a5 b6", replace(first, from_us=4 * SECOND_US)) == []


# --- strict


@pytest.mark.parametrize(
    ("story", "reached"), [("abbc", 3), ("abac", 2), ("axbc", 1), ("acabc", 3)]
)
def test_strict_allows_only_repeats_between(story, reached):
    words = " ".join(f"{letter}{at}" for at, letter in enumerate(story))
    assert level(words, ask("a b c", order="strict")) == reached


def test_strict_settles_ties_by_row_order():
    assert level("a0 b0 x0", ask("a b", order="strict")) == 2
    assert level("a0 x0 b0", ask("a b", order="strict")) == 1


def test_strict_goes_over_an_optional_step():
    assert counts("a0 b1 b2 c3", ask("a b? c", order="strict")) == [1, 1, 1]
    assert counts("a0 c1", ask("a b? c", order="strict")) == [1, 0, 1]
    assert counts("a0 b1 x2 c3", ask("a b? c", order="strict")) == [1, 1, 0]


# --- any


def test_any_counts_the_steps_done_within_one_window():
    assert chains("c0 b3 a9 b11", ask("a b c", order="any", window_s=5)) == [[0, 3]]
    assert level("c0 b3 a5", ask("a b c", order="any", window_s=5)) == 3


def test_any_needs_a_different_event_for_each_step():
    assert level("a0", ask("a *", order="any")) == 1
    assert level("a0 x0", ask("a *", order="any")) == 2


# --- options


def test_optional_step_may_lift_no_one_and_stop_no_one():
    funnel = ask("a b? c")
    assert counts("a0 b1 c2", funnel) == [1, 1, 1]
    assert counts("a0 c2", funnel) == [1, 0, 1]
    assert counts("a0 c2 b3", funnel) == [1, 0, 1]
    assert counts("a0 b1", funnel) == [1, 1, 0]


def test_within_is_the_time_since_the_required_step_before():
    last = Step("c", ("c",), within_us=2 * SECOND_US)
    funnel = FunnelDefinition((Step("a", ("a",)), Step("b", ("b",), optional=True), last))
    assert level("a0 b1 c2", funnel) == 2
    assert level("a0 b1 c3", funnel) == 1


def exclude(letters: str, effect: str, window_s: int | None = None) -> FunnelDefinition:
    between = (Exclusion(("x",), 2, 3),)
    return ask(letters, exclude=between, on_exclusion=effect, window_s=window_s)


def test_exclusion_removes_the_path_from_step_one_on():
    answer, figures = run_engine(tell("a0 b1 x2 c3"), exclude("a b c", "remove"))
    assert answer.units == ()
    assert figures.excluded == 1
    assert [step.count for step in figures.steps] == [0, 0, 0]


def test_exclusion_looks_strictly_between_in_time():
    assert level("a0 b1 x1 c2 x2", exclude("a b c", "remove")) == 3


def test_exclusion_after_an_unfinished_step_looks_to_the_end_of_the_window():
    assert level("a0 b1 x5", exclude("a b c", "stop", window_s=5)) == 1
    assert level("a0 b1 x6", exclude("a b c", "stop", window_s=5)) == 2


def test_clean_attempt_that_gets_as_far_rescues():
    assert chains("a0 b1 x2 c3 a4 b5 c6", exclude("a b c", "remove")) == [[4, 5, 6]]


def test_stop_counts_up_to_the_longest_clean_chain():
    answer, figures = run_engine(tell("a0 b1 x2 c3"), exclude("a b c", "stop"))
    assert [unit.level for unit in answer.units] == [1]
    assert figures.excluded == 0


def test_hold_takes_the_best_value():
    events = make_stream(
        (1, 0, "a", {"product": 1}),
        (1, 1, "a", {"product": 2}),
        (1, 2, "b", {"product": 2}),
        (1, 3, "c", {"product": 1}),
        (1, 4, "c", {}),
    )
    answer, _ = run_engine(events, ask("a b c", hold=("product",)))
    assert [[event.row for event in unit.hits.values()] for unit in answer.units] == [[1, 2]]


def test_attempts_follow_each_other_and_do_not_overlap():
    funnel = ask("a b", window_s=4, count="attempts")
    assert chains("a0 a1 b2 a3 a9 b10", funnel) == [[0, 2], [3], [9, 10]]


def test_first_ever_is_the_first_of_all_history():
    step = Step("first a", ("a",), first_ever=True)
    assert level("a0 a5", FunnelDefinition((step,), from_us=3 * SECOND_US)) == 0
    assert level("a4 a5", FunnelDefinition((step,), from_us=3 * SECOND_US)) == 1


# --- figures


def test_unfinished_window_is_open_and_never_a_drop_off():
    funnel = ask("a b", window_s=5, as_of_us=4 * SECOND_US)
    first = report("a0", funnel).steps[0]
    assert (first.open, first.drop_off) == (1, 0)
    first = report("a0", replace(funnel, as_of_us=5 * SECOND_US)).steps[0]
    assert (first.open, first.drop_off) == (0, 1)


def test_events_after_the_moment_of_observation_do_not_exist():
    assert level("a0 b5", ask("a b", as_of_us=4 * SECOND_US)) == 1


def test_entry_dates_bound_the_entry_and_not_the_conversion():
    funnel = ask("a b", from_us=2 * SECOND_US, to_us=5 * SECOND_US)
    assert chains("a2 b9", funnel) == [[2, 9]]
    assert chains("a5 b9", funnel) == []
    assert chains("a1 b9", funnel) == []


def test_times_are_since_the_required_step_before():
    steps = report("a0 b1 c5", ask("a b? c")).steps
    assert [step.median_seconds for step in steps] == [None, 1.0, 5.0]


def test_rates_have_wilson_intervals():
    events = [
        Event(n, n, at * SECOND_US, name)
        for n in range(10)
        for at, name in ([(0, "a"), (1, "b")] if n < 3 else [(0, "a")])
    ]
    events = [replace(event, row=row) for row, event in enumerate(events)]
    _, figures = run_engine(events, ask("a b"))
    last = figures.steps[1]
    assert (last.count, last.conversion_rate) == (3, 0.3)
    # 3 of 10: Wilson (1927) 0.1078 to 0.6032, as in Newcombe (1998).
    assert (last.lower, last.upper) == (
        pytest.approx(0.1078, abs=1e-4),
        pytest.approx(0.6032, abs=1e-4),
    )


def test_breakdown_by_all_values_says_who_was_counted_twice_and_who_has_none():
    events = make_stream(
        (1, 0, "a", {"site": 1}), (1, 1, "a", {"site": 2}), (2, 0, "a"), (3, 0, "a", {"site": 1})
    )
    _, figures = run_engine(events, ask("a b", by="site", by_value="all"))
    split = figures.breakdown
    assert {value.value: value.steps[0].count for value in split.values} == {1: 2, 2: 1}
    assert (split.twice, split.none, split.beyond) == (1, 1, 0)
    assert figures.steps[0].count == 3


def test_breakdown_by_touch_takes_the_value_of_the_first_or_the_last_event():
    events = make_stream(
        (1, 0, "x", {"site": 1}),
        (1, 1, "a", {"site": 2}),
        (1, 2, "b", {"site": 3}),
        (1, 3, "x", {"site": 4}),
    )
    seen = {}
    for touch in ("first", "last", "step:1", "step:2"):
        _, figures = run_engine(events, ask("a b", by="site", by_value=touch))
        seen[touch] = [value.value for value in figures.breakdown.values if value.steps[0].count]
    assert seen == {"first": [1], "last": [3], "step:1": [2], "step:2": [3]}


def test_bucket_is_the_local_day_of_entry():
    evening = parse_moment("2026-03-28T22:30:00+00:00", "UTC")
    events = [Event(0, 1, evening, "a")]
    for zone, day in (("Europe/Riga", "2026-03-29"), ("UTC", "2026-03-28")):
        _, figures = run_engine(events, ask("a b", every="day", timezone=zone))
        assert [bucket.start for bucket in figures.buckets] == [day]
        assert [bucket.open for bucket in figures.buckets] == [1]
