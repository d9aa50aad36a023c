"""Score sheets, against a plain program that looks at one person after the other."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scores_support.histories import at_day, key_of, properties_of, source_of
from suppilo.analytics.funnel.spec import DefinitionError
from suppilo.analytics.scores import (
    Comparison,
    EventCondition,
    PropertyCondition,
    Rule,
    ScoreRules,
    Temperature,
    score_by_rules,
)

PEOPLE = ("ann", "bob", "cid", "dot")
AS_OF = 20

histories = st.lists(
    st.tuples(
        st.sampled_from(PEOPLE), st.integers(0, 60).map(lambda number: number / 2),
        st.sampled_from(["view", "price", "unsubscribe"]),
        st.fixed_dictionaries({"plan": st.sampled_from(["small", "large", None])}),
    ),
    min_size=1, max_size=30,
)  # fmt: skip
known = st.dictionaries(
    st.sampled_from(PEOPLE),
    st.fixed_dictionaries(
        {}, optional={"country": st.sampled_from(["LV", "lt", "EE"]), "size": st.integers(0, 99)}
    ),
)
points = st.sampled_from([-30.0, -5.0, 10.0, 25.0])
event_rules = st.builds(
    Rule,
    name=st.just("x"),
    condition=st.builds(
        EventCondition, st.sampled_from(["view", "price", "unsubscribe", "never"]),
        st.sampled_from([None, "plan = 'large'"]),
    ),
    points=points, half_life_days=st.sampled_from([None, 3.0, 30.0]),
    repeat=st.sampled_from(["once", "each"]), cap=st.sampled_from([None, 20.0]),
    kind=st.sampled_from(["fit", "engagement"]),
)  # fmt: skip
property_rules = st.builds(
    Rule,
    name=st.just("x"),
    condition=st.sampled_from([
        PropertyCondition("country", Comparison.IS, "LT"),
        PropertyCondition("country", Comparison.IS_NOT, "lv"),
        PropertyCondition("country", Comparison.ONE_OF, ("ee", "lv")),
        PropertyCondition("country", Comparison.MISSING),
        PropertyCondition("size", Comparison.AT_LEAST, 50),
        PropertyCondition("size", Comparison.KNOWN),
        PropertyCondition("hobby", Comparison.IS, "chess"),
    ]),
    points=points, kind=st.sampled_from(["fit", "engagement"]),
)  # fmt: skip
sheets = st.lists(event_rules | property_rules, min_size=1, max_size=5).map(
    lambda rules: ScoreRules(
        tuple(replace(rule, name=str(number)) for number, rule in enumerate(rules))
    )
)


def holds_by_hand(asked, value):
    if value is None:
        return asked.test == "missing"
    text = str(value).lower()
    return {
        "is": lambda: text == str(asked.value).lower(),
        "is_not": lambda: text != str(asked.value).lower(),
        "one_of": lambda: text in asked.value,
        "at_least": lambda: value >= asked.value,
        "known": lambda: True,
        "missing": lambda: False,
    }[asked.test]()


def points_by_hand(rule, person, rows, people):
    asked = rule.condition
    if isinstance(asked, PropertyCondition):
        met = holds_by_hand(asked, people.get(person, {}).get(asked.name))
        return rule.points if met else 0
    days = [
        day for who, day, name, extra in rows
        if who == person and name == asked.event and day <= AS_OF
        and (asked.where is None or extra["plan"] == "large")
    ]  # fmt: skip
    if rule.repeat == "once":
        days = [max(days)] if days else []
    half = rule.half_life_days
    whole = sum(rule.points * (0.5 ** ((AS_OF - day) / half) if half else 1) for day in days)
    return whole if rule.cap is None else max(-rule.cap, min(rule.cap, whole))


def total_by_hand(sheet, by_kind):
    total = 100
    for kind in ("fit", "engagement"):
        gains = [rule.points if rule.cap is None else min(rule.points, rule.cap)
                 for rule in sheet.rules if rule.kind == kind and rule.points > 0]  # fmt: skip
        full = sum(gains) if kind == "fit" and gains else 100
        share = by_kind[kind] / full + (0 if gains else 1)
        total *= max(0, min(1, share))
    return total


@settings(max_examples=40, deadline=None)
@given(histories, known, sheets)
def test_scores_are_those_of_a_plain_program(rows, people, sheet):
    source = source_of(rows, ["plan"])
    if all(extra["plan"] is None for *_, extra in rows):
        rows = [*rows, ("zoe", 99, "view", {"plan": "small"})]
        source = source_of(rows, ["plan"])
    found = score_by_rules(source, properties_of(people), sheet, at_day(AS_OF))
    seen = {who for who, day, *_ in rows if day <= AS_OF} | set(people)
    assert found.keys.tolist() == sorted(map(key_of, seen))
    for person in seen:
        place = found.keys.tolist().index(key_of(person))
        by_rule = [points_by_hand(rule, person, rows, people) for rule in sheet.rules]
        by_kind = {
            kind: sum(gave for rule, gave in zip(sheet.rules, by_rule, strict=True)
                      if rule.kind == kind)
            for kind in ("fit", "engagement")
        }  # fmt: skip
        assert found.fit[place] == pytest.approx(by_kind["fit"])
        assert found.engagement[place] == pytest.approx(by_kind["engagement"])
        assert found.total[place] == pytest.approx(total_by_hand(sheet, by_kind))
        reasons = {reason.rule.name: reason.points for reason in found.reasons(key_of(person))}
        assert reasons == pytest.approx(
            {str(number): gave for number, gave in enumerate(by_rule) if gave}
        )


SHEET = ScoreRules((
    Rule("Asked for a price", EventCondition("price"), 40, 10, repeat="each", cap=60),
    Rule("Looked", EventCondition("view"), 10),
    Rule("In Latvia", PropertyCondition("country", value="LV"), 30, kind="fit"),
    Rule("Large", PropertyCondition("size", Comparison.AT_LEAST, 50), 30, kind="fit"),
))  # fmt: skip


def test_fit_and_engagement_are_multiplied_and_say_who_is_hot():
    rows = [("ann", 0, "price", {}), ("ann", 10, "price", {}), ("ann", 10, "view", {}),
            ("bob", 10, "price", {}), ("cid", 10, "view", {})]  # fmt: skip
    people = properties_of({
        "ann": {"country": "LV", "size": 80}, "bob": {"country": "LV", "size": 3},
        "cid": {"country": "LV"},
    })  # fmt: skip
    found = score_by_rules(source_of(rows), people, SHEET, at_day(10))
    scores = {
        person: (found.total[place], found.temperature_of(place))
        for person in ("ann", "bob", "cid")
        for place in [found.keys.tolist().index(key_of(person))]
    }
    # 40 + 20 points for prices and 10 for the look; she fits wholly, the others by half.
    assert scores == {
        "ann": (pytest.approx(70), Temperature.HOT),
        "bob": (pytest.approx(20), Temperature.WARM),
        "cid": (pytest.approx(5), Temperature.COLD),
    }
    assert found.counts() == {"cold": 1, "warm": 1, "hot": 1}
    first = found.reasons(key_of("ann"))[0]
    assert (first.rule.name, first.points, first.count, first.last_us) == (
        "Asked for a price", pytest.approx(60), 2, at_day(10))  # fmt: skip


def test_what_happens_after_the_moment_counts_for_nothing():
    before = [("ann", 1, "price", {})]
    after = [*before, ("ann", 11, "price", {}), ("new", 12, "price", {})]
    one, other = (score_by_rules(source_of(rows), None, SHEET, at_day(10))
                  for rows in (before, after))  # fmt: skip
    assert one.keys.tolist() == other.keys.tolist()
    assert one.total.tolist() == other.total.tolist()


def test_only_who_is_asked_about_is_scored():
    rows = [("ann", 1, "price", {}), ("bob", 1, "price", {})]
    keys = np.array(sorted([key_of("bob"), key_of("nobody")]), np.int64)
    found = score_by_rules(source_of(rows), None, SHEET, at_day(1), keys)
    assert found.keys.tolist() == keys.tolist()
    assert found.reasons(key_of("nobody")) == ()
    assert found.reasons(key_of("ann")) == ()
    assert len(found.reasons(key_of("bob"))) == 1


def test_a_fault_takes_off_where_no_rule_gives():
    sheet = ScoreRules((
        Rule("Looked", EventCondition("view"), 80),
        Rule("Competitor", PropertyCondition("kind", value="competitor"), -75, kind="fit"),
    ))  # fmt: skip
    people = properties_of({"ann": {"kind": "competitor"}, "bob": {"kind": "shop"}})
    rows = [("ann", 1, "view", {}), ("bob", 1, "view", {})]
    found = score_by_rules(source_of(rows), people, sheet, at_day(2))
    assert sorted(found.total.tolist()) == pytest.approx([20, 80])


def test_a_sheet_survives_json():
    said = json.loads(json.dumps(SHEET.to_dict()))
    assert ScoreRules.from_dict(said) == SHEET


GOOD = {"name": "Looked", "event": "view", "points": 5}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"rules": []}, "1 to 200 rules"),
        ({"rules": [GOOD, GOOD]}, 'two rules are called "Looked"'),
        ({"rules": [GOOD], "hot": 10, "warm": 20}, '"warm" must be more than 0, and less'),
        ({"rules": [GOOD], "full_fit": 0}, '"full_engagement" and "full_fit"'),
        ({"rules": [{**GOOD, "point": 5}]}, 'did you mean "points"'),
        ({"rules": [{**GOOD, "property": "country"}]}, 'either "event" or "property"'),
        ({"rules": [{**GOOD, "points": "many"}]}, '"points" must be a number'),
        ({"rules": [{**GOOD, "points": 0}]}, "a number that is not 0"),
        ({"rules": [{**GOOD, "half_life_days": -1}]}, "must be more than 0"),
        ({"rules": [{**GOOD, "repeat": "twice"}]}, "it can be once, each"),
        ({"rules": [{"property": "country", "points": 5}]}, '"value" is missing'),
        ({"rules": [{"property": "size", "test": "at_least", "value": "big", "points": 5}]},
         "must be a number, not 'big'"),
        ({"rules": [{"property": "size", "value": 5, "points": 5, "half_life_days": 3}]},
         "a property has no moment"),
        ({"rules": ["view"]}, "rule 1 must be an object"),
        ([], "an object with"),
    ],
)  # fmt: skip
def test_a_sheet_that_makes_no_sense_is_refused_with_its_place(spec, said):
    with pytest.raises(DefinitionError, match=said.replace("(", r"\(")):
        ScoreRules.from_dict(spec)
