"""The pipeline report against a slow one in plain Python that follows the definitions word by word.

The definitions are those of docs/explanation/algorithms/stages.md.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suppilo.analytics.stages import (
    DISQUALIFIED,
    ELSEWHERE,
    LOST,
    Outcome,
    StageLedger,
    StageQuestion,
    balance_stages,
    find_fates,
    select_deals,
    time_in_stages,
    trace_deals,
    win_rate,
)

SECOND = 1_000_000
NAMES = {LOST: "lost", DISQUALIFIED: "disqualified", ELSEWHERE: "elsewhere"}


@st.composite
def ledgers(draw):
    """Draw a pipeline of up to five stages, the last ones won, and any history at all."""
    stages = draw(st.integers(1, 5))
    first_won = draw(st.integers(0, stages))
    histories = draw(
        st.lists(
            st.lists(
                st.tuples(st.integers(ELSEWHERE, stages - 1), st.integers(0, 20), st.booleans()),
                max_size=8,
            ),
            max_size=8,
        )
    )
    return [place >= first_won for place in range(stages)], histories


def to_columns(won, histories):
    rows = [(deal, *row) for deal, history in enumerate(histories) for row in history]
    deal, stage, at, void = (
        (np.array(column) for column in zip(*rows, strict=True))
        if rows
        else (np.zeros(0, np.int64),) * 4
    )
    return StageLedger(
        len(histories), np.array(won, bool), deal, stage, at * SECOND, void.astype(bool)
    )


def follow(history, as_of):
    """Return the stays ``(place, since, until)`` of one deal."""
    entries = sorted(
        ((at, place) for place, at, void in history if not void and at <= as_of),
        key=lambda entry: entry[0],
    )
    while entries and entries[0][1] == ELSEWHERE:
        entries.pop(0)
    stays = []
    for at, place in entries:
        if not stays or stays[-1][0] != place:
            stays.append((place, at))
    ends = [since for _place, since in stays[1:]] + [as_of] * bool(stays)
    return [(place, since, until) for (place, since), until in zip(stays, ends, strict=True)]


def outcome_of(stays, won):
    if not stays:
        return Outcome.ABSENT
    last = stays[-1][0]
    if last >= 0:
        return Outcome.WON if won[last] else Outcome.OPEN
    return {
        LOST: Outcome.LOST, DISQUALIFIED: Outcome.DISQUALIFIED, ELSEWHERE: Outcome.HANDED_OVER,
    }[last]  # fmt: skip


def is_chosen(stays, won, question):
    if not stays:
        return False
    began = stays[0][1] * SECOND
    if question.end_us is not None and began >= question.end_us:
        return False
    if question.start_us is None:
        return True
    if question.select == "created":
        return began >= question.start_us
    is_over = outcome_of(stays, won) != Outcome.OPEN
    return not is_over or stays[-1][1] * SECOND >= question.start_us


def fate_of(stays, won, stage, question):
    """Return what became of a deal at a stage, in a word; None where it did not enter it."""
    inside = [place for place, _since, _until in stays if place >= 0]
    if not stays:
        return None
    furthest, last = max(inside, default=-1), inside[-1] if inside else -1
    if question.skipped == "implied":
        furthest, last = max(furthest, 0), max(last, 0)
        entered = stage <= furthest
    elif question.skipped == "own_only":
        entered = stage in inside
    else:
        entered = all(earlier in inside for earlier in range(stage + 1))
    if not entered:
        return None
    told_at = furthest if question.backward == "furthest" else last
    if stage < told_at:
        return "advanced"
    if stage > told_at:
        return "moved_back"
    outcome = outcome_of(stays, won)
    if outcome in (Outcome.LOST, Outcome.DISQUALIFIED):
        return "lost"
    if outcome == Outcome.HANDED_OVER:
        return "handed_over"
    return "moved_back" if last < told_at else "still_there"


questions = st.builds(
    StageQuestion,
    start_us=st.none() | st.integers(0, 20).map(lambda at: at * SECOND),
    end_us=st.none() | st.integers(0, 22).map(lambda at: at * SECOND),
    select=st.sampled_from(["created", "active"]),
    skipped=st.sampled_from(["implied", "own_only", "breaks"]),
    backward=st.sampled_from(["furthest", "withdraw"]),
)


@settings(max_examples=600, deadline=None)
@given(ledgers(), questions, st.integers(0, 22))
def test_every_deal_meets_the_fate_that_the_definition_gives_it(world, question, as_of):
    won, histories = world
    traces = trace_deals(to_columns(won, histories), as_of * SECOND)
    found = balance_stages(find_fates(traces, question), select_deals(traces, question))
    followed = [follow(history, as_of) for history in histories]
    chosen = [stays for stays in followed if is_chosen(stays, won, question)]
    for stage, balance in enumerate(found):
        fates = [fate_of(stays, won, stage, question) for stays in chosen]
        assert balance.entered == sum(fate is not None for fate in fates)
        for name in ("advanced", "lost", "moved_back", "handed_over", "still_there"):
            assert getattr(balance, name) == fates.count(name), name


@settings(max_examples=300, deadline=None)
@given(ledgers(), questions, st.integers(0, 22))
def test_the_five_always_add_up(world, question, as_of):
    traces = trace_deals(to_columns(*world), as_of * SECOND)
    for one in balance_stages(find_fates(traces, question), select_deals(traces, question)):
        assert one.entered == (
            one.advanced + one.lost + one.moved_back + one.handed_over + one.still_there
        )
        assert one.disqualified <= one.lost


@settings(max_examples=300, deadline=None)
@given(ledgers(), questions, st.integers(0, 22))
def test_where_skipped_stages_are_implied_every_deal_ends_at_one_stage(world, question, as_of):
    question = replace(question, skipped="implied", backward="furthest")
    traces = trace_deals(to_columns(*world), as_of * SECOND)
    chosen = select_deals(traces, question)
    found = balance_stages(find_fates(traces, question), chosen)
    ends = sum(one.entered - one.advanced for one in found)
    assert ends == chosen.sum()
    rate = win_rate(traces.outcome[chosen])
    assert sum(one.lost for one in found) == rate.lost + rate.disqualified
    assert [one.entered for one in found] == sorted((one.entered for one in found), reverse=True)


@settings(max_examples=300, deadline=None)
@given(ledgers(), st.integers(0, 22))
def test_outcomes_and_times_are_those_of_the_stays(world, as_of):
    won, histories = world
    traces = trace_deals(to_columns(won, histories), as_of * SECOND)
    seconds, to_end = traces.seconds_in_stages(), traces.seconds_to_end()
    for deal, history in enumerate(histories):
        stays = follow(history, as_of)
        assert traces.outcome[deal] == outcome_of(stays, won)
        for stage in range(len(won)):
            spent = sum(until - since for place, since, until in stays if place == stage)
            assert seconds[deal, stage] == spent
        if stays:
            is_over = outcome_of(stays, won) != Outcome.OPEN
            assert to_end[deal] == (stays[-1][1] if is_over else as_of) - stays[0][1]


@settings(max_examples=200, deadline=None)
@given(ledgers(), st.integers(0, 22))
def test_who_is_in_a_stage_now_is_censored_there(world, as_of):
    won, histories = world
    traces = trace_deals(to_columns(won, histories), as_of * SECOND)
    everyone = traces.outcome != Outcome.ABSENT
    followed = [follow(history, as_of) for history in histories]
    for stage, time in enumerate(time_in_stages(traces, everyone)):
        there = [stays for stays in followed if stage in [place for place, *_rest in stays]]
        assert time.entered == len(there)
        assert time.left == sum(stays[-1][0] != stage for stays in there)
        assert len(time.curve.time) <= time.left


@given(ledgers(), st.integers(0, 22))
def test_an_earlier_moment_does_not_know_what_comes(world, as_of):
    won, histories = world
    known = [[row for row in history if row[1] <= as_of] for history in histories]
    now, then = (trace_deals(to_columns(won, some), as_of * SECOND) for some in (histories, known))
    assert np.array_equal(now.outcome, then.outcome)
    assert np.array_equal(now.furthest, then.furthest)


def test_entries_out_of_order_by_deal_are_refused():
    ledger = StageLedger(
        2, np.array([False]), np.array([1, 0]), np.array([0, 0]), np.array([1, 2]),
        np.zeros(2, bool),
    )  # fmt: skip
    with pytest.raises(ValueError, match="sort the ledger"):
        trace_deals(ledger, 5)
    with pytest.raises(ValueError, match="numbered from 0 to 0"):
        trace_deals(replace(ledger, deal=np.array([0, 1]), deals=1), 5)
    with pytest.raises(ValueError, match="stages are numbered"):
        trace_deals(replace(ledger, deal=np.array([0, 1]), stage=np.array([0, 1])), 5)
