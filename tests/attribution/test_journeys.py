"""Journeys are cut out of events as a plain program would cut them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.cli_calls import call, refusal
from suppilo.analytics.attribution import GoalRules, TouchRules, read_journeys
from suppilo.analytics.rounding import round_to_sum
from suppilo.sources import open_sources

HOUR_US = 3_600_000_000
START_US = 1_767_225_600_000_000


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Open rows of (path, event, hour, channel, value) as a source of events."""
    from suppilo.io.mapping import Mapping

    held = []

    def open_rows(rows):
        file = tmp_path_factory.mktemp("events") / "events.csv"
        lines = ["who,what,when,channel,worth"]
        for path, event, hour, channel, worth in rows:
            moment = np.datetime64(START_US + hour * HOUR_US, "us")
            lines.append(f"{path},{event},{moment}Z,{channel},{worth}")
        file.write_text("\n".join(lines) + "\n")
        mapping = Mapping(path="who", event="what", at="when")
        held.append(open_sources([str(file)], mapping))
        return held[-1].events

    yield open_rows
    for one in held:
        one.__exit__(None, None, None)


def by_hand(rows, look_back_h=None, pause_h=None, once=False):
    """Return journeys as lists of (channels, worth or None), and conversions without a touch."""
    found, bare = [], 0
    for path in sorted({row[0] for row in rows}):
        mine = sorted((r for r in rows if r[0] == path), key=lambda r: (r[2], r[1] == "buy"))
        touches, last, done = [], None, False
        for _, event, hour, channel, worth in mine:
            if event == "buy" and not done:
                kept = [c for c, at in touches if look_back_h is None or at >= hour - look_back_h]
                if kept:
                    found.append((kept, worth))
                else:
                    bare += 1
                touches, done = [], once
            elif event != "buy" and channel and not done:
                goes_on = pause_h is not None and last is not None
                if not (goes_on and last[0] == channel and hour - last[1] <= pause_h):
                    touches.append((channel, hour))
                last = channel, hour
        if touches:
            found.append(([channel for channel, _ in touches], None))
    return sorted(found, key=repr), bare


rows = st.lists(
    st.tuples(
        st.sampled_from(["p", "q", "r"]),
        st.sampled_from(["view", "click", "buy"]),
        st.integers(0, 60),
        st.sampled_from(["ad", "mail", ""]),
        st.integers(1, 50),
    ),
    min_size=1,
    max_size=30,
    unique_by=lambda row: (row[0], row[2], row[1] == "buy"),
).filter(lambda made: {"view", "click", "buy"} <= {row[1] for row in made}
         and any(row[3] for row in made if row[1] != "buy"))  # fmt: skip


def plainly(made):
    """Return journeys as :func:`by_hand` does."""
    found = []
    for i in range(len(made)):
        channels = made.channel[made.first[i] : made.first[i + 1]]
        worth = int(made.value[i]) if made.converted[i] else None
        found.append(([made.names[code] for code in channels], worth))
    return sorted(found, key=repr), made.without_touch


@settings(deadline=None, max_examples=40)
@given(
    given_rows=rows, look_back_h=st.sampled_from([None, 5, 24]),
    pause_h=st.sampled_from([None, 0, 6]), once=st.booleans(),
)  # fmt: skip
def test_journeys_are_those_of_a_plain_program(opened, given_rows, look_back_h, pause_h, once):
    made = read_journeys(
        opened(given_rows), ["view", "click"], ["buy"], value="worth",
        look_back_us=None if look_back_h is None else look_back_h * HOUR_US,
        touch_rules=TouchRules(visit_us=None if pause_h is None else pause_h * HOUR_US),
        goal_rules=GoalRules(once=once),
    )  # fmt: skip
    assert plainly(made) == by_hand(given_rows, look_back_h, pause_h, once)


SHOP = [
    ("a", "view", 0, "ad", 1), ("a", "view", 2, "own", 1), ("a", "click", 3, "mail", 1),
    ("a", "buy", 4, "", 20), ("b", "view", 1, "ad", 1), ("c", "buy", 5, "", 10),
    ("d", "view", 6, "ad", 1), ("d", "buy", 7, "", 5),
]  # fmt: skip


def test_what_is_no_channel_is_no_touch(opened):
    made = read_journeys(opened(SHOP), ["view", "click"], ["buy"], value="worth",
                         touch_rules=TouchRules(skip=("own",)))  # fmt: skip
    assert plainly(made) == ([(["ad", "mail"], 20), (["ad"], 5), (["ad"], None)], 1)


def test_journeys_of_a_period_are_those_that_ended_in_it(opened):
    made = read_journeys(opened(SHOP), ["view", "click"], ["buy"], value="worth")
    early = made.ended_within(None, START_US + 5 * HOUR_US)
    late = made.ended_within(START_US + 5 * HOUR_US, None)
    assert plainly(early) == ([(["ad", "own", "mail"], 20), (["ad"], None)], 0)
    assert plainly(late) == ([(["ad"], 5)], 1)
    assert late.bare.value.tolist() == [10]


def test_worth_in_another_currency_is_none(tmp_path):
    from suppilo.io.mapping import Mapping

    file = tmp_path / "events.csv"
    file.write_text(
        "who,what,when,channel,campaign,worth,currency\n"
        "a,view,2026-01-01T10:00:00Z,ad,spring,,\n"
        "a,buy,2026-01-02T10:00:00Z,,,20,EUR\n"
        "a,view,2026-01-03T10:00:00Z,mail,,,\n"
        "a,buy,2026-01-04T10:00:00Z,,,7,USD\n"
    )
    mapping = Mapping(path="who", event="what", at="when")
    with open_sources([str(file)], mapping) as found:
        made = read_journeys(
            found.events, ["view"], ["buy"], "campaign", "worth",
            touch_rules=TouchRules(otherwise="channel"),
            goal_rules=GoalRules(only=("currency", "EUR")),
        )  # fmt: skip
    # A touch without a campaign goes by its channel, in brackets.
    assert plainly(made) == ([(["(mail)"], 0), (["spring"], 20)], 0)


def test_small_channels_are_joined(opened):
    made = read_journeys(opened(SHOP), ["view", "click"], ["buy"], value="worth")
    joined = made.join_small(2, "other")
    assert joined.names == ("ad", "other")
    assert plainly(joined)[0][0] == (["ad", "other", "other"], 20)
    assert set(made.join_small(3, "other").names) == {"ad", "own", "mail"}


@given(st.lists(st.floats(-1e6, 1e6), max_size=12), st.integers(0, 2))
def test_rounded_figures_add_up_to_the_rounded_sum(values, digits):
    found = round_to_sum(values, digits)
    unit = 10.0**-digits
    assert abs(sum(found) - sum(values)) <= 0.51 * unit
    assert all(abs(one - other) <= 1.01 * unit for one, other in zip(found, values, strict=True))


FILE = """\
who,what,when,channel,worth
a,view,2026-01-01T10:00:00Z,ad,
a,view,2026-01-02T10:00:00Z,mail,
a,buy,2026-01-03T10:00:00Z,,20
b,view,2026-01-01T10:00:00Z,ad,
c,buy,2026-01-01T10:00:00Z,,10
"""
READ = ("--path", "who", "--event", "what", "--at", "when")


@pytest.fixture
def file(tmp_path):
    made = tmp_path / "visits.csv"
    made.write_text(FILE)
    return made


def test_command_prints_models_beside_each_other(capsys, file):
    answer = call(capsys, "attribution", file, *READ, "--goal", "buy", "--value", "worth")
    assert answer.code == 0, answer.err
    assert "1 conversions in 2 journeys" in answer.out
    assert "1 conversions had no touch" in answer.out
    assert "last non direct" in answer.out
    assert "shapley: exact" in answer.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--goal", "sale"), "no event 'sale'; there are"),
        (("--goal", "buy", "--channel", "medium"), "no touch has a property 'medium'"),
        (("--goal", "buy", "--model", "best"), "no model 'best'"),
        (("--goal", "buy", "--look-back", "soon"), "soon"),
    ],
)
def test_command_refuses_what_has_no_answer(capsys, file, arguments, said):
    assert said in refusal(capsys, "attribution", file, *READ, *arguments)
