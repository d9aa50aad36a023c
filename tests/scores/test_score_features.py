"""Features as of a moment: nothing from later, and what a plain program counts."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scores_support.histories import at_day, key_of, source_of
from suppilo.analytics.events import ALL_PATHS
from suppilo.analytics.scores import EventCondition, ScoreQuestion
from suppilo.analytics.scores.features import FeaturePlan, History, read_features
from suppilo.analytics.scores.plan import choose_features
from suppilo.analytics.scores.predict import everybody, read_moments

PEOPLE = ("ann", "bob", "cid")
KEYS = np.array(sorted(map(key_of, PEOPLE)), np.int64)
PROPERTIES = ("channel", "plan", "size")
MOMENT = 20
PLAN = FeaturePlan(
    ("view", "price"), "channel", ("ads", "mail"), (("plan", ("large", "small")),), ("size",)
)
NAMES = [feature.name for feature in PLAN.features()]

events = st.tuples(
    st.sampled_from(PEOPLE), st.integers(0, 160).map(lambda number: number / 4),
    st.sampled_from(["view", "price", "won"]),
    st.fixed_dictionaries({}, optional={
        "channel": st.sampled_from(["ads", "mail", "fair"]),
        "plan": st.sampled_from(["small", "large", "huge"]),
        "size": st.integers(-3, 50),
    }),
)  # fmt: skip
SEED = [("ann", 1, "view", {"channel": "ads", "plan": "small", "size": 1}), ("ann", 1, "won", {}),
        ("ann", 1, "price", {})]  # fmt: skip
histories = st.lists(events, max_size=25).map(lambda rows: SEED + rows)


def look(rows, day=MOMENT):
    history = History(source_of(rows, PROPERTIES), ALL_PATHS, KEYS)
    (table,) = read_features(history, PLAN, (at_day(day),))
    return table


def by_hand(rows, person):
    """Return the features of a person by looking; rows of one moment stand as given."""
    order = sorted(range(len(rows)), key=lambda row: (rows[row][1], row))
    mine = [rows[row] for row in order if rows[row][0] == person and rows[row][1] <= MOMENT]
    days = [day for _, day, _, _ in mine]

    def number(wanted, length=1e9):
        return math.log1p(sum(day > MOMENT - length for day in wanted))

    found = []
    for event in PLAN.events:
        of_event = [day for _, day, name, _ in mine if name == event]
        found += [number(of_event, length) for length in (7, 30, 90, 1e9)]
    found += [math.log1p(MOMENT - days[end]) if days else 0 for end in (-1, 0)]
    starts = [day for place, day in enumerate(days) if not place or day - days[place - 1] > 1 / 48]
    found += [number(starts, 30), number(starts)]
    channels = [extra["channel"] for *_, extra in mine if "channel" in extra]
    found += [math.log1p(len(set(channels)))]
    found += [float(channels[:1] == [name]) for name in PLAN.first_channels]
    plans = [extra["plan"] for *_, extra in mine if "plan" in extra]
    found += [float(plans[-1:] == [name]) for name in ("large", "small")]
    sizes = [extra["size"] for *_, extra in mine if "size" in extra]
    size = math.copysign(math.log1p(abs(sizes[-1])), sizes[-1]) if sizes else 0
    return [*found, size, float(bool(sizes))]


@settings(max_examples=30, deadline=None)
@given(histories)
def test_features_are_those_of_a_plain_program(rows):
    table = look(rows)
    for person in PEOPLE:
        row = table[np.searchsorted(KEYS, key_of(person))]
        told = dict(zip(NAMES, row.tolist(), strict=True))
        assert told == pytest.approx(dict(zip(NAMES, by_hand(rows, person), strict=True)), abs=1e-5)


later = events.map(lambda row: (row[0], MOMENT + 0.01 + row[1], row[2], row[3]))


@settings(max_examples=30, deadline=None)
@given(histories, st.lists(later, max_size=10))
def test_nothing_from_after_the_moment_changes_a_feature(rows, added):
    before = [row for row in rows if row[1] <= MOMENT]
    one = look(before)
    assert one.tolist() == look(rows).tolist()
    assert one.tolist() == look([*added, *before]).tolist()
    question = ScoreQuestion(EventCondition("won"))
    plans = [choose_features(source_of(history, PROPERTIES), question, KEYS, at_day(MOMENT))
             for history in (before, rows, [*added, *before])]  # fmt: skip
    assert plans[0] == plans[1] == plans[2]


def test_who_is_asked_about_and_what_comes_of_it():
    rows = [
        ("ann", 0, "view", {}), ("ann", 25, "won", {}),
        ("bob", 10, "view", {}), ("bob", 30, "won", {}), ("bob", 31, "won", {}),
        ("cid", 20, "view", {}),
    ]  # fmt: skip
    plan = FeaturePlan(("view",))
    keys = {key_of(person): person for person in PEOPLE}

    def asked(**options):
        question = ScoreQuestion(EventCondition("won"), horizon_days=10, active_days=15, **options)
        found = read_moments(
            source_of(rows), question, plan, everybody(KEYS), (at_day(20), at_day(30))
        )
        return {
            (keys[int(KEYS[unit])], moment): bool(came)
            for unit, moment, came in zip(
                found.sample.unit, found.moment.tolist(), found.sample.outcome, strict=True)
        }  # fmt: skip

    # Ann was silent for 20 days on day 20. Bob's goal on day 30 is within ten days of day 20.
    assert asked() == {("bob", 0): True, ("cid", 0): False, ("cid", 1): False}
    assert asked(again=True) == {
        ("bob", 0): True, ("cid", 0): False,
        ("ann", 1): False, ("bob", 1): True, ("cid", 1): False,
    }  # fmt: skip


def test_moments_are_a_horizon_apart_and_have_history_before_them():
    question = ScoreQuestion(EventCondition("won"), horizon_days=10)
    found = question.moments(at_day(0), at_day(34))
    assert found == (at_day(14), at_day(24))
    assert question.moments(at_day(0), at_day(35)) == (at_day(5), at_day(15), at_day(25))
    assert len(question.moments(at_day(0), at_day(3_000))) == 12
