"""A funnel as text in a form and in a URL: it survives the way there and back."""

from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.strategies import Dice, fixed_profile, read_definition
from suppilo.analytics.funnel import Exclusion, FunnelDefinition, Step
from suppilo.analytics.periods import parse_moment
from suppilo.apps.funnels.draft import check_draft, draft_of, edit_draft, read_draft, write_draft
from suppilo.apps.funnels.draft.conditions import (
    OPERATORS,
    ConditionRow,
    read_rows,
    write_condition,
)
from suppilo.apps.funnels.draft.dates import period_before, preset_bounds
from suppilo.apps.funnels.draft.model import Draft, DraftStep
from suppilo.apps.funnels.draft.names import read_names, write_names

NOW_US = parse_moment("2026-03-15T12:00", "UTC")


def through_url(draft, types=None):
    return read_draft(parse_qs(urlencode(write_draft(draft)), keep_blank_values=True), types)


def texts(least=1):
    return st.text(st.characters(codec="utf-8"), min_size=least, max_size=12)


def written():
    return texts().filter(str.strip)


@st.composite
def worded_definitions(draw):
    """Any words for names, conditions and properties."""
    names = st.lists(texts(0), min_size=1, max_size=3, unique=True).map(tuple)
    steps = [
        Step(draw(written()), draw(st.none() | names), draw(st.none() | written()))
        for _ in range(draw(st.integers(2, 4)))
    ]
    hold = draw(st.lists(texts(0), max_size=2, unique=True).map(tuple))
    exclusion = Exclusion(draw(names), 1, 2, draw(st.none() | written()))
    return FunnelDefinition(tuple(steps), exclude=(exclusion,), hold=hold, by=draw(written()))


@fixed_profile(400)
@given(
    st.binary(min_size=60, max_size=60), st.sampled_from(["sequential", "strict", "any"]),
    st.booleans(), st.booleans(),
)  # fmt: skip
def test_every_option_survives_the_url(data, order, attempts, by):
    count = "attempts" if attempts and order != "any" else "paths"
    asked = read_definition(Dice(data), order, count, by)
    found = check_draft(through_url(draft_of(asked, "Europe/Riga")), NOW_US, "Europe/Riga")
    assert not found.errors
    assert found.definition == asked


@fixed_profile(300)
@given(worded_definitions())
def test_any_words_survive_the_url(asked):
    found = check_draft(through_url(draft_of(asked)), NOW_US)
    assert not found.errors
    assert found.definition == asked


@fixed_profile(300)
@given(st.none() | st.lists(texts(0), max_size=5, unique=True).map(tuple))
def test_names_survive_their_line(names):
    assert read_names(write_names(names)) == names


@fixed_profile(300)
@given(texts(), st.sampled_from(OPERATORS), written(), st.sampled_from(["text", "int", "bool"]))
def test_condition_rows_survive_as_text(name, operator, value, kind):
    value = "" if operator in ("is_set", "is_not_set") else value
    if operator == "one_of":
        value = write_names([value])
    (row,) = read_rows(write_condition(ConditionRow(name, operator, value), kind))
    assert write_condition(row, kind) == write_condition(ConditionRow(name, operator, value), kind)


@fixed_profile(200)
@given(
    st.lists(st.tuples(written(), st.sampled_from(OPERATORS), written()), min_size=1, max_size=3)
)
def test_condition_rows_are_conditions_that_the_lake_takes(rows):
    from suppilo.lake import compile_where

    where = " and ".join(write_condition(ConditionRow(*row)) for row in rows)
    assert compile_where(where, {name: "text" for name, _, _ in rows})


@pytest.mark.parametrize(
    ("row", "kind", "text"),
    [
        (ConditionRow("price", "more", "10"), "float", "price > 10"),
        (ConditionRow("price", "more", "10"), "text", "price > '10'"),
        (ConditionRow("is_new", "is", "True"), "bool", "is_new = true"),
        (ConditionRow("at", "is", "x"), "text", "\"at\" = 'x'"),
        (ConditionRow("attach", "is", "x"), "text", "attach = 'x'"),
        (ConditionRow("In", "is", "x"), "text", "\"In\" = 'x'"),
        (ConditionRow("a b", "is_not", "o'x"), "text", "\"a b\" <> 'o''x'"),
        (ConditionRow("c", "one_of", "a | b"), "text", "c in ('a', 'b')"),
        (ConditionRow("c", "one_of", "1 | 2"), "int", "c in (1, 2)"),
        (ConditionRow("c", "is_set", ""), "text", "c is not null"),
        (ConditionRow("c", "starts_with", "a"), "text", "starts_with(c, 'a')"),
    ],
)
def test_condition_row_is_written_as(row, kind, text):
    assert write_condition(row, kind) == text


def test_rows_of_the_form_become_the_condition():
    form = {"s1": ["a"], "s1.p1": ["price"], "s1.o1": ["more"], "s1.v1": ["10"], "s1.p2": [""]}
    assert read_draft(form, {"price": "int"}).steps[0].where == "price > 10"


def test_rows_stand_beside_a_free_condition():
    form = {"s1": ["a"], "s1.where": ["x = 1 or y = 2"], "s1.p1": ["c"], "s1.v1": ["ad"]}
    assert read_draft(form).steps[0].where == "(x = 1 or y = 2) and c = 'ad'"


def test_url_of_a_plain_funnel_is_short():
    draft = Draft((DraftStep("home"), DraftStep("purchase | pay", where="price > 10")), window="7d")
    url = urlencode(write_draft(draft), safe="|> ")
    assert url == "s1=home&s2=purchase | pay&s2.where=price > 10&window=7d".replace(" ", "+")


@pytest.mark.parametrize(
    ("form", "field", "said"),
    [
        ({}, "s1", "begins the funnel"),
        ({"s1": "a", "s2": "", "s3": "b"}, "s2", "choose an event"),
        ({"s1": "a", "s2": "b", "s2.within": "soon"}, "s2.within", "not a duration"),
        ({"s1": "a", "s1.within": "1d"}, "s1.within", "no step before"),
        ({"s1": "a", "s1.optional": "1"}, "s1.optional", "entry"),
        ({"s1": "a", "window": "1 month"}, "window", "not a duration"),
        ({"s1": "a", "from": "yesterday"}, "from", "not a date"),
        ({"s1": "a", "from": "2026-02-01", "to": "2026-01-01"}, "from", "before"),
        ({"s1": "a", "tz": "Mars/Base"}, "tz", "not a time zone"),
        ({"s1": "a", "dates": "always"}, "dates", "no dates"),
        ({"s1": "a", "order": "random"}, "order", "sequential"),
        ({"s1": "a", "s2": "b", "x1": "c", "x1.after": "two"}, "x1.after", "number"),
        ({"s1": "a", "s2": "b", "x1": "c", "x1.before": "7"}, "x1.before", "steps are 1 to 2"),
        ({"s1": "a", "by": "c", "by_value": "step:9"}, "by_value", "step:1"),
    ],
)
def test_mistake_is_said_at_its_field(form, field, said):
    found = check_draft(read_draft({key: [value] for key, value in form.items()}), NOW_US)
    assert found.definition is None
    assert said in found.errors[field]


def test_blank_steps_at_the_end_are_not_there_yet():
    found = check_draft(read_draft({"s1": ["a"], "s2": ["b"], "s3": [""]}), NOW_US)
    assert [step.name for step in found.definition.steps] == ["a", "b"]


def test_defaults_are_left_out_of_the_url():
    definition = FunnelDefinition.from_dict({"steps": ["a", "b"]})
    assert write_draft(draft_of(definition)) == [("s1", "a"), ("s2", "b")]


ABC = Draft((DraftStep("a"), DraftStep("b", optional=True, within="1d"), DraftStep("c")))


@pytest.mark.parametrize(
    ("command", "order"),
    [
        ("add", ["a", "b", "c", ""]), ("remove:2", ["a", "c"]), ("up:3", ["a", "c", "b"]),
        ("down:1", ["b", "a", "c"]), ("move:3:1", ["c", "a", "b"]), ("up:1", ["a", "b", "c"]),
        ("down:3", ["a", "b", "c"]), ("remove:9", ["a", "b", "c"]), ("move:1:9", ["a", "b", "c"]),
        ("drop table", ["a", "b", "c"]), ("up", ["a", "b", "c"]), ("up:x", ["a", "b", "c"]),
    ],
)  # fmt: skip
def test_button_changes_the_steps(command, order):
    assert [step.events for step in edit_draft(ABC, command).steps] == order


def test_step_that_becomes_the_entry_is_required():
    first = edit_draft(ABC, "up:2").steps[0]
    assert (first.events, first.optional, first.within) == ("b", False, "")


def test_exclusions_are_added_and_removed():
    added = edit_draft(ABC, "exclude")
    assert (added.exclude[0].after, added.exclude[0].before) == ("1", "3")
    assert edit_draft(added, "include:1").exclude == ()


@pytest.mark.parametrize(
    ("preset", "start", "end"),
    [
        ("7d", "2026-03-09", "2026-03-16"), ("30d", "2026-02-14", "2026-03-16"),
        ("this_month", "2026-03-01", "2026-03-16"), ("last_month", "2026-02-01", "2026-03-01"),
        ("this_year", "2026-01-01", "2026-03-16"), ("12m", "2025-04-01", "2026-03-16"),
    ],
)  # fmt: skip
def test_named_dates_are(preset, start, end):
    zone = "Europe/Riga"
    expected = tuple(parse_moment(day, zone) for day in (start, end))
    assert preset_bounds(preset, NOW_US, zone) == expected


@pytest.mark.parametrize(
    ("start", "end", "before"),
    [
        ("2026-03-01", "2026-04-01", "2026-02-01"), ("2026-01-01", "2026-03-01", "2025-11-01"),
        ("2026-03-20", "2026-03-31", "2026-03-09"),
        ("2026-03-20T12:00", "2026-03-20T18:00", "2026-03-20T06:00"),
    ],
)  # fmt: skip
def test_period_before_is_as_long_on_the_calendar(start, end, before):
    zone = "Europe/Riga"
    found = period_before(parse_moment(start, zone), parse_moment(end, zone), zone)
    assert found == (parse_moment(before, zone), parse_moment(start, zone))
