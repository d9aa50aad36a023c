"""What is said of a budget's plan, and how a curve is drawn."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from suppilo.analytics.budget import BudgetPlan, ChannelPlan, Doubt, DoubtKind, Spread, Verdict
from suppilo.charts.budget import doubts_of, plan_sentence, verdict_word, warnings_of
from suppilo.charts.page import ResponseMark, response_picture

SOME = Spread(10.0, 5.0, 20.0)


def channel(name, now, best, verdict=Verdict.KEEP, **fields) -> ChannelPlan:
    given = {
        "lower": 0.0, "upper": 900.0, "lowest": 0.0, "highest": 900.0, "brings": SOME,
        "next_step": SOME, "next_at_best": SOME, "average": 0.1, "elasticity": SOME,
        "half_life_days": SOME, "is_beyond": False, "doubts": (),
    }  # fmt: skip
    return ChannelPlan(name=name, now=now, best=best, verdict=verdict, **(given | fields))


def plan_of(*channels, budget=1_000.0, gains=0.95, gain=SOME, unspent=0.0) -> BudgetPlan:
    return BudgetPlan(budget, 1_000.0, unspent, 100.0, gain, gains, channels)


UNKNOWN = channel("radio", 300.0, 300.0, Verdict.CANT_TELL, doubts=(Doubt(DoubtKind.CONSTANT),))
UP = channel("search", 300.0, 500.0, Verdict.MORE)
DOWN = channel("social", 400.0, 200.0, Verdict.LESS)


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (plan_of(UNKNOWN), "can't tell what any channel brings"),
        (plan_of(UNKNOWN, UP), "The data tell of search alone"),
        (plan_of(replace(UP, best=301.0), replace(DOWN, best=399.0)), "about the best"),
        (plan_of(UP, DOWN, gains=0.6), "gains at all in 60 % of what is likely: keep the split"),
        (plan_of(UP, DOWN), "more on search (300 → 500 a week) and less on social (400 → 200)"),
        (plan_of(UP, DOWN, budget=1_500.0), "With 1,500 a week in place of 1,000"),
    ],
)  # fmt: skip
def test_the_sentence_says_what_to_do_now(plan, said):
    assert said in plan_sentence(plan)


def test_what_the_outcome_is_counted_in_is_said():
    assert "gains 10 leads a week (5 to 20)" in plan_sentence(plan_of(UP, DOWN), unit="leads")
    less = plan_of(UP, DOWN, budget=500.0, gain=Spread(-250.4, -300.0, -200.0))
    assert "changes by −250 leads a week (−300 to −200)" in plan_sentence(less, unit="leads")


def test_what_lies_beyond_and_what_stays_is_said():
    said = list(warnings_of(plan_of(replace(UP, is_beyond=True), DOWN, unspent=120.0)))
    assert said[0].startswith("Beyond what was ever spent in a week: search.")
    assert said[1] == "120 a week stay unspent: the upper bounds are reached."
    assert not list(warnings_of(plan_of(UP, DOWN)))


def test_each_doubt_says_what_would_tell():
    for kind in DoubtKind:
        plan = plan_of(replace(UNKNOWN, doubts=(Doubt(kind, "tv"),)))
        (said,) = doubts_of(plan)
        assert said.startswith("radio: ")
        assert ("tv" in said) == (kind is DoubtKind.TOGETHER)
    assert {verdict_word(one) for one in Verdict} >= {"can't tell", "spend more"}


def test_a_curve_is_dashed_beyond_what_was_seen_and_has_its_points():
    spend = [0.0, 50.0, 100.0, 150.0]
    mark = ResponseMark(
        spend, [0, 1, 2, 3], [0, 2, 3, 4], [0, 4, 6, 8], 100.0, (50.0, Spread(2, 1, 4)), (100.0, 3)
    )
    picture = ElementTree.fromstring(response_picture(mark, 330))
    kinds = [part.get("class") for part in picture.iter()]
    assert kinds.count("c-dashed is-curve") == kinds.count("c-curve") == 1
    assert {"c-point", "c-point is-open", "c-band"} <= set(kinds)
    still = ElementTree.fromstring(response_picture(replace(mark, best=None, seen=150.0), 330))
    kinds = [part.get("class") for part in still.iter()]
    assert "c-point" not in kinds
    assert "c-dashed is-curve" not in kinds
