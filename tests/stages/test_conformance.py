"""Whether deals followed their pipeline, against a program that walks one deal after the other."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from suppilo.analytics.stages import (
    DISQUALIFIED,
    ELSEWHERE,
    LOST,
    START,
    Departure,
    StageLedger,
    check_conformance,
    trace_deals,
)

ENDS = (LOST, DISQUALIFIED, ELSEWHERE)


@st.composite
def worlds(draw):
    """Draw a pipeline of up to five stages, its deals' ways, and which stages may be skipped."""
    stages = draw(st.integers(1, 5))
    ways = draw(st.lists(st.lists(st.integers(ELSEWHERE, stages - 1), max_size=6), max_size=8))
    required = draw(st.lists(st.booleans(), min_size=stages, max_size=stages))
    among = draw(st.lists(st.booleans(), min_size=len(ways), max_size=len(ways)))
    return stages, ways, required, among


def trace(stages, ways):
    rows = [(deal, stage, at) for deal, way in enumerate(ways) for at, stage in enumerate(way)]
    deal, stage, at = (np.array([row[n] for row in rows], np.int64) for n in range(3))
    won = np.array([place == stages - 1 for place in range(stages)])
    ledger = StageLedger(len(ways), won, deal, stage, at, np.zeros(len(rows), bool))
    return trace_deals(ledger, 100)


def stays(way):
    """Return the places of a deal one after the other; what it did elsewhere before is not ours."""
    found = []
    for place in way:
        if (found or place != ELSEWHERE) and (not found or found[-1] != place):
            found.append(place)
    return found


def departures(way, required):
    """Return each move of a deal that is not the pipeline's way, in time."""
    found, before = [], START
    for place in stays(way):
        left_out = [s for s in range(max(place, 0)) if required[s] and s > before]
        if before == START:
            if place < 0 or left_out:
                found.append((START, place, Departure.BEGAN_LATE))
        elif place >= 0 and before < 0:
            found.append((before, place, Departure.REOPENED))
        elif 0 <= place < before:
            found.append((before, place, Departure.WENT_BACK))
        elif place >= 0 and left_out:
            found.append((before, place, Departure.SKIPPED))
        before = place
    return found


@given(world=worlds())
@settings(max_examples=200, deadline=None)
def test_deals_leave_the_way_where_walking_them_says(world):
    stages, ways, required, among = world
    traces = trace(stages, ways)
    found = check_conformance(traces, np.array(among, bool), np.array(required, bool))
    off = [
        departures(way, required) if chosen else [] for way, chosen in zip(ways, among, strict=True)
    ]
    chosen = [deal for deal, one in enumerate(among) if one]
    assert found.deals == len(chosen)
    good = [deal for deal in chosen if not off[deal]]
    assert found.followed.deals == len(good)
    assert np.flatnonzero(found.left_at == -1).tolist() == good
    assert found.left.deals == sum(move.first for move in found.moves)
    first = Counter(moves[0] for moves in off if moves)
    ever = Counter(move for moves in off for move in set(moves))
    told = {(move.source, move.target, move.how): move for move in found.moves}
    assert {key: move.first for key, move in told.items() if move.first} == first
    assert {key: move.deals for key, move in told.items()} == ever
    for number, move in enumerate(found.moves):
        key = move.source, move.target, move.how
        left = [deal for deal, moves in enumerate(off) if moves and moves[0] == key]
        made = [deal for deal, moves in enumerate(off) if key in moves]
        assert np.flatnonzero(found.find_deals(number)).tolist() == left
        assert np.flatnonzero(found.find_deals(number, ever=True)).tolist() == made
    assert [move.first for move in found.moves] == sorted(
        (move.first for move in found.moves), reverse=True
    )


def test_win_rates_of_those_who_followed_and_those_who_did_not():
    ways = [[0, 1, 2]] * 6 + [[0, 1, LOST]] * 4 + [[0, 2]] * 2 + [[0, 1, 0, LOST]] * 3 + [[0, 1]]
    traces = trace(3, ways)
    found = check_conformance(traces, np.ones(len(ways), bool))
    assert (found.deals, found.followed.deals, found.left.deals) == (16, 11, 5)
    assert (found.followed.win_rate, found.left.win_rate) == (0.6, 0.4)
    assert [(m.source, m.target, m.how.name, m.first) for m in found.moves] == [
        (1, 0, "WENT_BACK", 3), (0, 2, "SKIPPED", 2),
    ]  # fmt: skip
    assert found.interval.lower < found.share < found.interval.upper
    assert found.to_dict()["moves"][0]["how"] == "went_back"


def test_nobody_followed_where_there_is_nobody():
    found = check_conformance(trace(2, []), np.zeros(0, bool))
    assert (found.deals, found.share, found.interval, list(found.moves)) == (0, None, None, [])
