"""The JSON form of a funnel: what it takes, gives back, and refuses."""

from __future__ import annotations

import json

import pytest

from suppilo.analytics.funnel.definition import FunnelDefinition, parse_step
from suppilo.analytics.funnel.spec import DefinitionError

TWO = [{"event": "view"}, {"event": "buy"}]
THREE = [*TWO, {"event": "pay"}]

FULL = {
    "steps": [
        {
            "name": "Cart",
            "event": "add_to_cart",
            "where": "price > 10",
            "optional": False,
            "within": None,
            "first_ever": True,
        },
        {
            "name": "Seen",
            "event": None,
            "where": None,
            "optional": True,
            "within": "1d",
            "first_ever": False,
        },
        {
            "name": "purchase or pay",
            "event": ["purchase", "pay"],
            "where": None,
            "optional": False,
            "within": "36h",
            "first_ever": False,
        },
    ],
    "order": "strict",
    "window": "14d",
    "ties": "given",
    "entry": "longest",
    "count": "attempts",
    "exclude": [{"event": "refund", "where": "amount > 5", "after": 1, "before": 3}],
    "on_exclusion": "stop",
    "hold": ["product_id", "shop"],
    "by": "utm_source",
    "by_value": "step:3",
    "from": "2026-01-01T00:00:00+02:00",
    "to": "2026-02-01T00:00:00+02:00",
    "as_of": "2026-07-01T12:30:00+03:00",
    "every": "week",
    "timezone": "Europe/Riga",
    "unit": "company",
}


def read(**spec):
    return FunnelDefinition.from_dict({"steps": TWO} | spec)


def refusal(**spec):
    with pytest.raises(DefinitionError) as caught:
        read(**spec)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_every_option_comes_back_as_it_was_given():
    assert FunnelDefinition.from_dict(FULL).to_dict() == FULL
    assert json.loads(json.dumps(FULL)) == FULL


def test_defaults_are_written_out_and_read_back():
    written = read().to_dict()
    assert set(written) == set(FULL)
    assert written["steps"][0] == {
        "name": "view", "event": "view", "where": None, "optional": False, "within": None,
        "first_ever": False,
    }  # fmt: skip
    assert FunnelDefinition.from_dict(written) == read()
    assert {key: written[key] for key in ("order", "ties", "entry", "count", "by_value")} == {
        "order": "sequential", "ties": "any", "entry": "longest", "count": "paths",
        "by_value": "first",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("order", ["sequential", "strict", "any"]),
        ("ties", ["any", "given"]),
        ("entry", ["longest", "first"]),
        ("count", ["paths", "attempts"]),
        ("on_exclusion", ["remove", "stop"]),
        ("every", ["day", "week", "month", None]),
        ("by_value", ["first", "last", "all", "step:1", "step:2"]),
        ("window", ["30s", "15m", "8h", "7d", None]),
        ("hold", [[], ["a"], ["a", "b"]]),
    ],
)
def test_each_value_of_an_option_comes_back(key, values):
    for value in values:
        funnel = read(**{key: value})
        assert funnel.to_dict()[key] == value
        assert FunnelDefinition.from_dict(funnel.to_dict()) == funnel


def test_dates_are_read_in_the_funnels_time_zone():
    funnel = read(**{"from": "2026-03-29", "to": "2026-03-30", "timezone": "Europe/Riga"})
    assert funnel.to_us - funnel.from_us == 23 * 3_600_000_000
    assert funnel.to_dict()["from"] == "2026-03-29T00:00:00+02:00"


def test_a_name_given_twice_is_one():
    assert read(steps=[{"event": ["a", "b", "a"]}]).steps[0].events == ("a", "b")


def test_a_step_as_text_is_read_as_on_the_command_line():
    (step,) = read(steps=["Paid = buy | pay where price > 3"]).steps
    assert (step.name, step.events, step.where) == ("Paid", ("buy", "pay"), "price > 3")


def test_sixty_four_steps_are_taken_and_one_more_is_not():
    assert len(read(steps=["a"] * 64).steps) == 64
    assert refusal(steps=["a"] * 65) == "a funnel has 1 to 64 steps, not 65"


# --- mistakes


def test_an_unknown_key_names_the_nearest_known_one():
    assert refusal(windw="7d") == 'the funnel has an unknown key "windw"; did you mean "window"?'
    assert 'did you mean "timezone"?' in refusal(time_zone="UTC")
    assert refusal(steps=[{"event": "a", "optinal": True}]) == (
        'step 1 has an unknown key "optinal"; did you mean "optional"?'
    )
    text = refusal(exclude=[{"event": "a", "aftr": 1, "before": 2}])
    assert text == 'exclusion 1 has an unknown key "aftr"; did you mean "after"?'


def test_a_key_that_is_like_no_other_lists_the_known_ones():
    text = refusal(zzz=1)
    assert 'unknown key "zzz"; known are steps, order, window, ties, entry' in text


def test_a_funnel_that_is_no_object_is_refused():
    for spec in ([], "view", None, 3):
        with pytest.raises(DefinitionError, match="a funnel is an object"):
            FunnelDefinition.from_dict(spec)


def test_steps_must_be_a_list_of_at_least_one():
    for steps in ([], "view", None, {"event": "a"}, 3):
        assert refusal(steps=steps) == '"steps" must be a list of at least one step'


def test_a_step_must_be_an_object_with_an_event():
    assert 'step 2 must be an object such as {"event": "purchase"}' in refusal(steps=["a", 3])
    assert 'step 1 has no "event"; write its name' in refusal(steps=[{"name": "a"}])
    for event in ([], 3, ["a", 3], {}, True):
        text = refusal(steps=[{"event": event}])
        assert text == 'step 1: "event" must be a name, a list of names, or null'


def test_values_of_the_wrong_kind_are_refused():
    assert refusal(steps=[{"event": "a", "optional": "yes"}]) == (
        'step 1: "optional" must be true or false'
    )
    assert refusal(steps=[{"event": "a", "where": 3}]) == 'step 1: "where" must be text'
    assert refusal(steps=[{"event": "a", "name": " "}]) == 'step 1: "name" must be text'
    assert refusal(by=3) == 'the funnel: "by" must be text'
    assert refusal(hold="product_id") == '"hold" must be a list'
    assert refusal(exclude={"event": "a"}) == '"exclude" must be a list'


@pytest.mark.parametrize("key", ["order", "ties", "entry", "count", "on_exclusion", "every"])
def test_a_choice_lists_what_it_can_be(key):
    assert refusal(**{key: "sometimes"}).startswith(f"\"{key}\" is 'sometimes'; it can be ")


def test_a_bad_duration_says_where_and_what_is_right():
    assert refusal(window="7 days").startswith("the funnel: \"window\": '7 days' is not a duration")
    assert refusal(window=7).startswith("the funnel: \"window\": '7' is not a duration; write 30s")
    text = refusal(steps=["a", {"event": "b", "within": "soon"}])
    assert text.startswith("step 2: \"within\": 'soon' is not a duration")


def test_a_bad_date_or_zone_says_which():
    assert refusal(**{"from": "yesterday"}).startswith("\"from\": 'yesterday' is not a date")
    assert refusal(as_of="0000-01-01").startswith("\"as_of\": '0000-01-01' is not a date")
    text = refusal(**{"from": "0001-01-01", "timezone": "Europe/Riga"})
    assert "outside the years 1 to 9999" in text
    assert refusal(timezone="Riga").startswith("timezone: 'Riga' is not a time zone")


def test_from_must_be_before_to():
    dates = {"from": "2026-02-01", "to": "2026-02-01"}
    assert refusal(**dates) == '"from" must be before "to"; "to" itself is not included'


def test_the_first_step_is_the_entry():
    assert refusal(steps=[{"event": "a", "optional": True}, "b"]) == (
        "step 1 can't be optional: it is the entry"
    )
    assert refusal(steps=[{"event": "a", "within": "1d"}, "b"]) == (
        'step 1 can\'t have "within": there is no step before it'
    )


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"after": 0, "before": 2}, '"after" is 0, but the steps are 1 to 3'),
        ({"after": 1, "before": 4}, '"before" is 4, but the steps are 1 to 3'),
        ({"after": 2, "before": 2}, '"after" (2) must be smaller than "before" (2)'),
        ({"after": 3, "before": 1}, '"after" (3) must be smaller than "before" (1)'),
        ({"after": 1}, '"before" must be the number of a step'),
        ({"before": 2}, '"after" must be the number of a step'),
        ({"after": "1", "before": 2}, '"after" must be the number of a step'),
        ({"after": True, "before": 2}, '"after" must be the number of a step'),
    ],
)
def test_an_exclusion_lies_between_two_steps(bounds, message):
    text = refusal(steps=THREE, exclude=[{"event": "x", **bounds}])
    assert text == f"exclusion 1: {message}"


def test_an_exclusion_is_bound_by_required_steps():
    steps = ["a", {"event": "b", "optional": True}, "c"]
    text = refusal(steps=steps, exclude=[{"event": "x", "after": 1, "before": 2}])
    assert '"before" is step 2, which is optional; name the required steps around it' in text


def test_an_exclusion_must_be_an_object_with_an_event():
    assert 'exclusion 1 must be an object with "event"' in refusal(exclude=["refund"])
    assert 'exclusion 1 has no "event"' in refusal(exclude=[{"after": 1, "before": 2}])


def test_a_breakdown_takes_its_value_from_a_step_that_is_there():
    for value in ("step:0", "step:3", "step:", "step:x", "median", "step"):
        assert refusal(by="a", by_value=value) == (
            f'"by_value" is {value!r}; it can be first, last, all, or step:1 to step:2'
        )


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        ({"steps": ["a", {"event": "b", "optional": True}]}, "optional steps"),
        ({"steps": ["a", {"event": "b", "within": "1d"}]}, '"within"'),
        ({"exclude": [{"event": "x", "after": 1, "before": 2}]}, '"exclude"'),
        ({"entry": "first"}, '"entry": "first"'),
        ({"count": "attempts"}, '"count": "attempts"'),
    ],
)
def test_any_order_has_no_options_that_need_an_order(spec, named):
    text = refusal(order="any", **spec)
    assert f"so {named} means nothing there; leave it out, or use" in text


def test_the_first_entry_and_all_attempts_exclude_each_other():
    assert "leave one of them out" in refusal(entry="first", count="attempts")


# --- steps on the command line


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("view", {"event": "view"}),
        ("  view  ", {"event": "view"}),
        ("Product viewed", {"event": "Product viewed"}),
        ("*", {"event": None}),
        ("Anything = *", {"name": "Anything", "event": None}),
        ('"*"', {"event": "*"}),
        ("a | b|c", {"event": ["a", "b", "c"]}),
        ('"add | remove"', {"event": "add | remove"}),
        ('"a | b" | c', {"event": ["a | b", "c"]}),
        ('"price = 3"', {"event": "price = 3"}),
        ('"click where shown"', {"event": "click where shown"}),
        ('"click where shown" where x > 1', {"event": "click where shown", "where": "x > 1"}),
        ("Cart = add", {"name": "Cart", "event": "add"}),
        ('"a = b" = c', {"name": "a = b", "event": "c"}),
        ("buy where price > 10", {"event": "buy", "where": "price > 10"}),
        ("buy WHERE price > 10", {"event": "buy", "where": "price > 10"}),
        ("buy where name = 'a | b'", {"event": "buy", "where": "name = 'a | b'"}),
        ('buy where "utm source" = 1', {"event": "buy", "where": '"utm source" = 1'}),
        ("P = buy | pay where a = 1", {"name": "P", "event": ["buy", "pay"], "where": "a = 1"}),
        ("whereabouts", {"event": "whereabouts"}),
    ],
)
def test_steps_are_read_from_text(text, step):
    assert parse_step(text) == step


@pytest.mark.parametrize("text", ["", "  ", "|", "Name =", '""'])
def test_a_step_without_an_event_is_refused(text):
    with pytest.raises(DefinitionError, match=r"names no event; write e\.g\. purchase where"):
        parse_step(text)
