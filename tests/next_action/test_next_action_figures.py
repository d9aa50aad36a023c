"""Next best action: against an oracle in plain Python, and in worlds whose truth is known."""

from collections import defaultdict
from dataclasses import replace
from statistics import pvariance

import numpy as np
import pytest

from next_action_support.plain import interval_of, lift_of, matched, moments_of, shrink
from next_action_support.seeded import CALL, DAY, DEMO, EMAIL, Truth, World, draw_world
from suppilo.analytics.next_action import Deeds, find_compared, find_phase, learn_actions
from suppilo.analytics.next_action.moments import find_stays, search_pairs
from suppilo.analytics.stages import ELSEWHERE, LOST, StageLedger, trace_deals

UNEQUAL = Truth(effect={DEMO: 3.0}, doing={DEMO: (0.02, 0.05, 0.1), EMAIL: (0.06, 0.04, 0.02)})


def learn(world, as_of=None):
    return learn_actions(world.traces(as_of), world.kinds(as_of), world.deeds)


def by_hand(rows_of_deals, deeds, as_of_day, kinds=None):
    """Return a world of deals: for each its (stage, day) entries; deeds: (deal, action, day)."""
    rows = [(d, s, t) for d, entries in enumerate(rows_of_deals) for s, t in entries]
    deal, stage, at = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    done = np.array(deeds, np.float64).reshape(-1, 3)
    ledger = StageLedger(
        len(rows_of_deals), np.array([False, False, True]), deal, stage, at * DAY,
        np.zeros(len(deal), np.bool_),
    )  # fmt: skip
    things = Deeds(*done[:, :2].astype(np.int64).T, (done[:, 2] * DAY).astype(np.int64))
    kind = np.zeros(len(rows_of_deals), np.int64) if kinds is None else kinds
    return World(ledger, things, kind, as_of_day * DAY)


@pytest.mark.parametrize("as_of", [None, 90 * DAY])
def test_every_count_of_deals_is_that_of_the_deals_behind_it(as_of):
    world = draw_world(UNEQUAL, 260, 5)
    asked = (world.traces(as_of), world.kinds(as_of), world.deeds)
    counts = 0
    for lesson in learn(world, as_of):
        for one in lesson.actions:
            found = find_compared(*asked, lesson, one.action)
            assert (len(found.doing), len(found.others)) == (one.deals, one.others)
            for part in one.groups:
                mine = find_compared(*asked, lesson, one.action, (part.kind, part.phase))
                assert (len(mine.doing), len(mine.others)) == (part.deals, part.others)
                assert set(mine.doing) <= set(found.doing)
                assert set(world.kind[mine.doing]) | set(world.kind[mine.others]) == {part.kind}
                counts += 1
        assert len(find_compared(*asked, lesson, 99).doing) == 0
    assert counts > 5


@pytest.mark.parametrize("as_of", [None, 90 * DAY])
def test_figures_are_those_that_plain_counting_gives(as_of):
    world = draw_world(UNEQUAL, 260, 5)
    for lesson in learn(world, as_of):
        for action in lesson.actions:
            _check_action(world, lesson, action, as_of or world.as_of)


def _check_action(world, lesson, action, as_of):
    asked = (lesson.stage, action.action, lesson.horizon_days, as_of)
    strata = matched(moments_of(world, *asked))
    rows = [row for found in strata.values() for row in found]
    assert action.deals == len({row[1] for row in rows if row[2]})
    assert action.others == len({row[1] for row in rows if not row[2]})
    for lift, column in ((action.moved, 3), (action.days, 4)):
        spread = pvariance([float(row[column]) for row in rows])
        without, difference, variance, _ = lift_of(
            strata, lambda row, at=column: float(row[at]), spread
        )
        _is_lift(lift, without, difference, interval_of(difference, variance, lesson.level))
    _check_groups(strata, rows, lesson, action)


def _is_lift(lift, without, difference, bounds):
    assert (lift.without, lift.difference) == pytest.approx((without, difference))
    assert (lift.interval.lower, lift.interval.upper) == pytest.approx(bounds)


def _check_groups(strata, rows, lesson, action):
    parts = defaultdict(dict)
    for (kind, band, lately), found in strata.items():
        phase = 0 if band < 4 else 1 if band < 6 else 2
        parts[kind, phase][kind, band, lately] = found
    spread = pvariance([float(row[3]) for row in rows])
    _, difference, variance, _ = lift_of(strata, lambda row: float(row[3]), spread)
    groups = sorted(parts)
    alone = [lift_of(parts[one], lambda row: float(row[3]), spread) for one in groups]
    assert [(one.kind, one.phase) for one in action.groups] == groups
    for group, (drawn, wide) in zip(
        action.groups, shrink(alone, difference, variance), strict=True
    ):
        bounds = interval_of(drawn, wide, lesson.level)
        assert group.moved.difference == pytest.approx(drawn)
        assert (group.moved.interval.lower, group.moved.interval.upper) == pytest.approx(bounds)
        assert 0 <= group.moved.without <= 1
        assert 0 <= group.moved.with_it <= 1
        mine = [row for found in parts[group.kind, group.phase].values() for row in found]
        assert group.deals == len({row[1] for row in mine if row[2]})


def test_what_works_is_found_and_what_does_nothing_is_not():
    for seed in range(2):
        lesson = learn(draw_world(UNEQUAL, 800, seed))[0]
        found = {one.action: one for one in lesson.actions}
        demo, email = found[DEMO], found[EMAIL]
        assert demo.is_worth(0, 0)
        assert demo.days.interval.upper < 0  # Sooner, too.
        assert not email.is_worth(0, 0)


def test_what_does_nothing_is_recommended_no_more_often_than_by_chance():
    """Deals that go well get more e-mails, and deals that stay get more of everything."""
    truth = Truth(
        doing={DEMO: (0.02, 0.05, 0.1), EMAIL: (0.02, 0.05, 0.1), CALL: (0.1, 0.05, 0.02)},
        growing=0.2,
    )
    stages = false = naive = 0
    for seed in range(12):
        world = draw_world(truth, 300, 1000 + seed)
        for lesson in learn(world):
            stages += 1
            actions = lesson.actions
            false += any(one.moved.interval.lower > 0 for one in actions)
            false += any(one.is_worth(kind, 1) for one in actions for kind in range(3))
        naive += _naive_difference(world) > 0.1
    # One stage in 40 may be wrong by chance, on each of two counts; of 36, 7 are beyond 0.3 %.
    assert stages == 36
    assert false < 7
    # Who merely looks where e-mails were written is taken in by how well those deals go anyhow.
    assert naive > 8


def _naive_difference(world):
    traces = world.traces()
    reached = traces.visited[:, 1]
    mailed = np.isin(np.arange(len(reached)), world.deeds.deal[world.deeds.action == EMAIL])
    return reached[mailed].mean() - reached[~mailed].mean()


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    """The truth is what very many deals say."""
    truth = (
        learn(draw_world(Truth(effect={DEMO: 3.0}), 8_000, 77, 120))[0].actions[0].moved.difference
    )
    held = 0
    for seed in range(20):
        moved = (
            learn(draw_world(Truth(effect={DEMO: 3.0}), 300, 500 + seed, 120))[0].actions[0].moved
        )
        held += moved.interval.lower <= truth <= moved.interval.upper
    assert held >= 17  # 97.5 % of 20 are 19.5; fewer than 17 come once in 600.


def test_deals_that_have_not_had_the_time_count_on_neither_side():
    world = draw_world(UNEQUAL, 400, 3)
    horizon = learn(world)[0].horizon_days * DAY
    late = world.deeds.at > world.as_of - horizon
    fewer = Deeds(*(getattr(world.deeds, name)[~late] for name in ("deal", "action", "at")))
    changed = replace(world, deeds=fewer)
    assert late.any()
    for one, other in zip(learn(world), learn(changed), strict=True):
        if one.horizon_days * DAY == horizon:
            assert [a.moved for a in one.actions] == [a.moved for a in other.actions]


def test_the_future_is_not_known():
    world = draw_world(UNEQUAL, 400, 3)
    as_of = 120 * DAY
    cut = world.ledger.at <= as_of
    past = StageLedger(
        world.ledger.deals, world.ledger.won, world.ledger.deal[cut], world.ledger.stage[cut],
        world.ledger.at[cut], world.ledger.is_void[cut],
    )  # fmt: skip
    traces = trace_deals(past, as_of)
    known = world.deeds.at <= as_of
    deeds = Deeds(*(getattr(world.deeds, name)[known] for name in ("deal", "action", "at")))
    assert learn_actions(traces, world.kind[traces.deal], deeds) == learn(world, as_of)


def test_too_few_deals_are_said_not_reckoned():
    entries = [[(0, 0), (1, 5)]] * 40 + [[(0, 0)]] * 40
    deeds = [(d, DEMO, 3) for d in range(10)] + [(40 + d, DEMO, 3) for d in range(9)]
    lesson = learn(by_hand(entries, deeds, 100))[0]
    assert lesson.actions == ()
    assert [(one.action, one.deals) for one in lesson.too_few] == [(DEMO, 19)]
    more = [*deeds, (60, DEMO, 3)]
    assert [one.action for one in learn(by_hand(entries, more, 100))[0].actions] == [DEMO]


def test_stage_that_nobody_left_teaches_nothing():
    assert learn(by_hand([[(0, 0), (LOST, 3)]] * 50, [(1, DEMO, 1)], 100)) == ()


def test_pipeline_without_deals_teaches_nothing():
    none = np.zeros(0, np.int64)
    ledger = StageLedger(0, np.array([False, True]), none, none, none, none.astype(np.bool_))
    assert learn_actions(trace_deals(ledger, DAY), none, Deeds(none, none, none)) == ()


def test_action_at_the_moment_of_a_move_belongs_before_it():
    world = by_hand([[(0, 0), (1, 5)], [(0, 2)]], [], 9)
    asked = [(0, 5), (0, 6), (0, 0), (1, 1), (1, 2)]
    deeds = Deeds(*(np.array(column, np.int64) for column in ([d for d, _ in asked], [0] * 5)),
                  np.array([t * DAY for _, t in asked], np.int64))  # fmt: skip
    stays = world.traces()
    found = find_stays(_described(stays), deeds)
    assert found.tolist() == [0, 1, 0, -1, 2]


def _described(traces):
    from suppilo.analytics.next_action.moments import describe_stays

    return describe_stays(traces, np.zeros(len(traces.deal), np.int64))


def test_deal_handed_over_counts_as_far_as_it_was_seen():
    traces = by_hand([[(0, 0), (ELSEWHERE, 5)], [(0, 0)]], [], 9).traces()
    stays = _described(traces)
    inside = stays.stage == 0
    assert (stays.known_until[inside] // DAY).tolist() == [5, 9]
    assert not stays.is_onward.any()


def test_pairs_are_found_as_bisect_finds_them():
    random = np.random.default_rng(4)
    known = sorted(zip(random.integers(4, size=40).tolist(), random.integers(9, size=40).tolist(),
                       strict=True))  # fmt: skip
    wanted = [(d, t) for d in range(-1, 5) for t in range(10)]
    arrays = [np.array(column, np.int64) for column in (*zip(*known, strict=True),
                                                        *zip(*wanted, strict=True))]  # fmt: skip
    left = search_pairs(*arrays, is_right=False).tolist()
    right = search_pairs(*arrays, is_right=True).tolist()
    assert left == [sum(one < pair for one in known) for pair in wanted]
    assert right == [sum(one <= pair for one in known) for pair in wanted]


def test_phases_are_the_first_week_four_weeks_and_later():
    assert [find_phase(days) for days in (0, 6.9, 7, 27, 28, 400)] == [0, 0, 1, 1, 2, 2]
