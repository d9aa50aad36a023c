"""``suppilo goals``: figures by hand, a real file, a lake, and plans that can't be read."""

import csv
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.cli_calls import call, refusal, write_shop

ECOM = Path(__file__).parents[2] / "examples/shop/ecom.csv.gz"
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
WEEK = (4, 4, 2, 2, 2, 0, 0)


def write_plan(folder, *goals, name="plan.json", **more):
    file = folder / name
    file.write_text(json.dumps({"goals": list(goals), **more}))
    return file


def ask(capsys, *arguments):
    answer = call(capsys, "goals", *arguments, "--json")
    assert answer.code == 0, answer.err
    return json.loads(answer.out)


@pytest.fixture(scope="module")
def orders(tmp_path_factory):
    """Nine weeks of orders for 2.50: four on Mondays and Tuesdays, two until Friday, at ten."""
    rows = ["user_id,event,timestamp,price,currency"]
    for day in range(63):
        at = (MONDAY + timedelta(days=day, hours=10)).isoformat()
        rows += [f"p{day}-{n},order,{at},2.50,EUR" for n in range(WEEK[day % 7])]
    file = tmp_path_factory.mktemp("orders") / "orders.csv"
    file.write_text("\n".join(rows) + "\n")
    return file


TUESDAY = ("--as-of", "2026-03-03T12:00", "--timezone", "UTC")
"""Of the ninth week: after eight whole ones."""


def test_the_week_is_due_and_ends_as_reckoned_by_hand(capsys, tmp_path, orders):
    plan = write_plan(tmp_path, {"event": "order", "target": 14, "cadence": "week"})
    (now,) = ask(capsys, plan, orders, *TUESDAY)["goals"][0]["standings"]
    # Weekdays brought 32, 32, 16, 16, 16, 0, 0; one more each: 33, 33, 17, 17, 17, 1, 1 of 119.
    due = (33 + 33 / 2) / 119
    assert now["due"] == pytest.approx(due)
    assert now["due_amount"] == pytest.approx(14 * due)
    assert (now["period"], now["fact"], now["basis"]) == ("2026-W10", 8, "pace")
    whole = (8 + 14 / 4) / (due + 1 / 4)
    assert now["outlook"]["value"] == pytest.approx(8 + whole * (1 - due))
    assert now["light"] == "on_track"
    assert now["pace"] == pytest.approx(8 / 14 / due)


def test_a_sum_is_due_as_its_pieces_are(capsys, tmp_path, orders):
    plan = write_plan(
        tmp_path,
        {"name": "Revenue", "event": "order", "sum": "price", "target": 35, "cadence": "week"},
        {"name": "Spend", "event": "order", "sum": "price", "target": 19, "cadence": "week",
         "limit": True},
    )  # fmt: skip
    revenue, spend = (
        one["standings"][0] for one in ask(capsys, plan, orders, *TUESDAY)["goals"]
    )  # fmt: skip
    assert (revenue["fact"], revenue["pieces"]) == (20.0, 8)
    assert revenue["due_amount"] == pytest.approx(35 * (33 + 33 / 2) / 119)
    assert revenue["light"] == "on_track"
    assert spend["light"] == "missed"
    said = call(capsys, "goals", plan, orders, *TUESDAY).out
    assert "Spend: 20 so far: as it goes, it ends above 19." in said
    assert "over the limit" in said


def test_earlier_periods_begin_with_the_first_that_anything_came_in(capsys, tmp_path, orders):
    plan = write_plan(tmp_path, {"event": "order", "target": 15, "cadence": "week"})
    found = ask(capsys, plan, orders, *TUESDAY, "--periods", 30)["goals"][0]["standings"]
    assert [one["period"] for one in found] == [f"2026-W{week:02}" for week in range(10, 1, -1)]
    assert {(one["fact"], one["light"], one["due"]) for one in found[1:]} == {(14, "missed", 1.0)}
    found = ask(capsys, plan, orders, *TUESDAY)["goals"][0]["standings"]
    assert len(found) == 1


def test_without_a_moment_it_is_that_of_the_last_event(capsys, tmp_path, orders):
    plan = write_plan(tmp_path, {"event": "order", "target": 50, "cadence": "month"})
    found = ask(capsys, plan, orders, "--timezone", "UTC")
    assert found["as_of"] == "2026-03-06T10:00:00+00:00"
    assert found["goals"][0]["standings"][0]["fact"] == 14


def test_periods_are_those_of_the_plans_zone_unless_the_call_names_one(capsys, tmp_path, orders):
    plan = write_plan(
        tmp_path, {"event": "order", "target": 50, "cadence": "day"}, timezone="Pacific/Kiritimati"
    )
    tuesday = ask(capsys, plan, orders, "--as-of", "2026-03-03T12:00:00Z")
    assert tuesday["timezone"] == "Pacific/Kiritimati"
    assert tuesday["goals"][0]["standings"][0]["period"] == "2026-03-04"
    tuesday = ask(capsys, plan, orders, "--as-of", "2026-03-03T12:00:00Z", "--timezone", "UTC")
    assert tuesday["goals"][0]["standings"][0]["period"] == "2026-03-03"


def test_a_funnels_step_is_projected_with_those_under_way_as_reckoned_by_hand(capsys, tmp_path):
    rows = ["user_id,event,timestamp"]
    for day in range(41):
        at = MONDAY + timedelta(days=day, hours=12)
        rows.append(f"p{day},lead,{at.isoformat()}")
        if day % 2 == 0 and day <= 35:
            rows.append(f"p{day},won,{(at + timedelta(days=5)).isoformat()}")
    file = tmp_path / "leads.csv"
    file.write_text("\n".join(rows) + "\n")
    plan = write_plan(
        tmp_path,
        {"funnel": {"steps": ["lead", "won"], "window": "10d"}, "target": 20, "cadence": "month"},
        {"funnel": {"steps": ["lead", "won"], "window": "10d"}, "step": "lead", "target": 20,
         "cadence": "month"},
    )  # fmt: skip
    won, leads = ask(capsys, plan, file, "--as-of", "2026-02-14T12:00", "--timezone", "UTC")[
        "goals"
    ]
    assert (won["name"], won["step"], leads["name"], leads["step"]) == ("won", 2, "lead", 1)
    now = won["standings"][0]
    # Won in February: the leads of days 22, 24, … 34. Half of all leads get there, after 5 days.
    assert (now["fact"], now["basis"], now["flow"]["median_days"]) == (7, "flow", 5)
    # Under way: days 36–40, each with an even chance; 31, 33 and 35 have missed their day.
    assert now["flow"]["open_count"] == 8
    assert now["flow"]["under_way"] == pytest.approx(2.5)
    # One starts each day: half of today's, and nine more, have 5 days left.
    assert now["flow"]["from_new"] == pytest.approx(9.5 / 2)
    assert now["outlook"]["value"] == pytest.approx(7 + 2.5 + 4.75)
    assert now["flow"]["last_call"] == "2026-02-24"
    assert leads["standings"][0]["fact"] == 14
    said = call(capsys, "goals", plan, file, "--timezone", "UTC").out
    assert (
        "Half of those who get there take 5 days: most of what counts in this period starts by"
        in said
    )


def test_a_conversion_is_of_those_who_entered_in_the_period_as_counted_by_hand(capsys, tmp_path):
    rows = ["user_id,event,timestamp"]
    for day in range(60):
        for number in range(4):
            at = MONDAY + timedelta(days=day, hours=12, minutes=number)
            rows.append(f"p{day}-{number},lead,{at.isoformat()}")
            if number == 0 and day + 5 < 60:
                rows.append(f"p{day}-{number},won,{(at + timedelta(days=5)).isoformat()}")
    file = tmp_path / "leads.csv"
    file.write_text("\n".join(rows) + "\n")
    goal = {"funnel": {"steps": ["lead", "won"], "window": "10d"}, "to_step": "won",
            "cadence": "month"}  # fmt: skip
    plan = write_plan(tmp_path, goal | {"target": 0.2}, goal | {"target": 0.4, "name": "More"})
    asked = (plan, file, "--as-of", "2026-02-15T18:00", "--timezone", "UTC", "--periods", 1)
    reached, missed = ask(capsys, *asked)["goals"]
    assert (reached["name"], reached["step"], reached["to_step"]) == ("lead → won", 1, 2)
    now, january = reached["standings"]
    # In February leads of 15 days have come; those of the first ten have had their five days.
    assert (now["entered"], now["pieces"]) == (60, 10)
    assert now["fact"] == pytest.approx(10 / 60, abs=1e-4)
    # Whose ten days are not over, and who has not converted: all of the last five days, and
    # three of each of the five before.
    assert (now["still_open"], now["basis"]) == (5 * 4 + 5 * 3, "cohort")
    assert now["light"] == "on_track"
    assert now["outlook"]["value"] == pytest.approx(0.25, abs=0.02)
    # January's 27 days of leads have had their time: one of four is a quarter.
    assert (january["entered"], january["fact"], january["light"]) == (108, 0.25, "reached")
    assert [one["light"] for one in missed["standings"]] == ["missed", "missed"]
    said = call(capsys, "goals", *asked).out
    assert "lead → won: 16.7 % of 20.0 % so far; as it goes, 25.0 % in the end" in said
    assert "10 of 60 who entered have converted; 35 still can." in said
    plan = write_plan(tmp_path, goal | {"target": 0.2})
    said = call(capsys, "goals", plan, file, "--as-of", "2026-01-04T12:00", "--timezone", "UTC").out
    assert "Nobody has entered yet." in said


def test_a_real_shop_stands_where_plain_counting_says(capsys, tmp_path):
    with gzip.open(ECOM, "rt") as file:
        rows = list(csv.DictReader(file))
    until = "2024-05-16 12:00:00"
    bought = [
        row["timestamp"] for row in rows
        if row["event"] == "purchase" and row["platform"] == "mobile" and row["timestamp"] <= until
    ]  # fmt: skip
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "goals:\n- {name: Phones, event: purchase, where: platform = 'mobile', target: 20, "
        "cadence: month}\n"
    )
    asked = (plan, ECOM, "--timezone", "UTC", "--as-of", until, "--periods", 2)
    (goal,) = ask(capsys, *asked)["goals"]
    assert [(one["period"], one["fact"]) for one in goal["standings"]] == [
        (month, sum(at.startswith(month) for at in bought))
        for month in ("2024-05", "2024-04", "2024-03")
    ]
    said = call(capsys, "goals", *asked).out
    assert said.splitlines()[0] == "As of 2024-05-16 12:00 UTC"
    assert "Phones: 12 of 20 so far; as it goes, 23 by 2024-05-31 (18–29)." in said
    lake = tmp_path / "lake"
    assert call(capsys, "import", ECOM, "--lake", lake, "--timezone", "UTC").code == 0
    assert ask(capsys, plan, lake, *asked[2:])["goals"] == [goal]


RUBBISH = {
    "no object": ("[]", 'must hold an object with "goals"'),
    "not JSON": ("{", "plan.json: "),
    "no goals": ('{"goals": []}', '"goals" must be a list of at least one goal'),
    "a text": ('{"goals": ["pay"]}', "goal 1 must be an object such as"),
    "a wrong key": ('{"goals": [{"evnt": "pay"}]}', 'did you mean "event"?'),
    "nothing counted": ('{"goals": [{"target": 1}]}', 'must have either "event" or "funnel"'),
    "no target": (
        '{"goals": [{"event": "pay", "cadence": "day"}]}', 'goal 1 has no "target"; say how much',
    ),
    "a target of text": (
        '{"goals": [{"event": "pay", "cadence": "day", "target": "1"}]}', "\"target\" is '1'",
    ),
    "a target of nothing": (
        '{"goals": [{"event": "pay", "cadence": "day", "target": 0}]}', "a number above 0",
    ),
    "a target beyond numbers": (
        '{"goals": [{"event": "pay", "cadence": "day", "target": 1e999}]}', "a number above 0",
    ),
    "no cadence": (
        '{"goals": [{"event": "pay", "target": 1}]}',
        'goal 1 has no "cadence"; it can be day, week, month, quarter',
    ),
    "another cadence": (
        '{"goals": [{"event": "pay", "target": 1, "cadence": "year", "name": "Paid"}]}',
        'goal 1 ("Paid"): "cadence" is \'year\'',
    ),
    "a step of none": (
        '{"goals": [{"funnel": {"steps": ["view", "pay"]}, "step": 3, "target": 1,'
        ' "cadence": "day"}]}',
        '"step" is 3; it can be 1 view, 2 pay',
    ),
    "a later step that is earlier": (
        '{"goals": [{"funnel": {"steps": ["view", "pay"]}, "step": "pay", "to_step": 1,'
        ' "target": 0.1, "cadence": "day"}]}',
        '"to_step" must come after "step"',
    ),
    "a later step of none": (
        '{"goals": [{"funnel": {"steps": ["view", "pay"]}, "to_step": "paid", "target": 0.1,'
        ' "cadence": "day"}]}',
        "\"to_step\" is 'paid'; it can be 1 view, 2 pay",
    ),
    "more than all": (
        '{"goals": [{"funnel": {"steps": ["view", "pay"]}, "to_step": 2, "target": 40,'
        ' "cadence": "day"}]}',
        "for 40 % write 0.4",
    ),
    "a conversion of an event": (
        '{"goals": [{"event": "pay", "to_step": 2, "target": 1, "cadence": "day"}]}',
        '"to_step" is a funnel\'s',
    ),
    "a funnel of dates": (
        '{"goals": [{"funnel": {"steps": ["view"], "from": "2026-01-01"}, "target": 1,'
        ' "cadence": "day"}]}',
        'leave out "from"',
    ),
    "an unknown event": (
        '{"goals": [{"event": "pey", "target": 1, "cadence": "day"}]}',
        "no event is called 'pey'; did you mean 'pay'?",
    ),
    "an unknown event of a funnel": (
        '{"goals": [{"funnel": {"steps": ["viev"]}, "target": 1, "cadence": "day"}]}',
        "step 1: no event is called 'viev'; did you mean 'view'?",
    ),
    "an unknown property": (
        '{"goals": [{"event": "pay", "sum": "prize", "target": 1, "cadence": "day"}]}',
        "did you mean 'price'?",
    ),
    "a condition of none": (
        '{"goals": [{"event": "pay", "where": "price >", "target": 1, "cadence": "day"}]}',
        '"where": ',
    ),
    "an unknown zone": (
        '{"timezone": "Riga", "goals": [{"event": "pay", "target": 1, "cadence": "day"}]}',
        '"timezone": \'Riga\' is not a time zone',
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", RUBBISH)
def test_a_plan_that_cannot_be_read_is_refused_with_its_place(capsys, tmp_path, kind):
    content, message = RUBBISH[kind]
    plan = tmp_path / "plan.json"
    plan.write_text(content)
    said = refusal_after_guesses(capsys, plan, write_shop(tmp_path))
    assert said.startswith(str(plan))
    assert message in said


def refusal_after_guesses(capsys, *arguments):
    """Return the last line: what is not known before the events are read comes after guesses."""
    answer = call(capsys, "goals", *arguments)
    assert (answer.code, answer.out) == (2, "")
    return answer.err.splitlines()[-1].removeprefix("suppilo: ")


def test_amounts_of_two_currencies_are_not_added_up(capsys, tmp_path):
    file = tmp_path / "pay.csv"
    file.write_text(
        "user_id,event,timestamp,price,currency\n"
        "a,pay,2026-01-05T10:00:00Z,1,EUR\nb,pay,2026-01-05T10:00:00Z,2,USD\n"
    )
    goal = {"event": "pay", "sum": "price", "target": 5, "cadence": "day"}
    said = refusal_after_guesses(capsys, write_plan(tmp_path, goal), file)
    assert 'amounts of EUR, USD can\'t be added up; add "where": "currency = \'EUR\'"' in said
    plan = write_plan(tmp_path, goal | {"where": "currency = 'USD'"})
    assert ask(capsys, plan, file)["goals"][0]["standings"][0]["fact"] == 2


def test_a_moment_that_is_none_or_leaves_the_calendar_is_refused(capsys, tmp_path):
    plan = write_plan(tmp_path, {"event": "view", "target": 1, "cadence": "quarter"})
    shop = write_shop(tmp_path)
    assert "--as-of: 'soon'" in refusal_after_guesses(capsys, plan, shop, "--as-of", "soon")
    for moment in ("0001-01-02", "9999-12-31"):
        said = refusal_after_guesses(capsys, plan, shop, "--as-of", moment)
        assert said == "the periods leave the calendar; take another --as-of, or fewer --periods"


def test_a_missing_plan_is_named(capsys, tmp_path):
    said = refusal(capsys, "goals", tmp_path / "none.yaml", write_shop(tmp_path))
    assert said == f"{tmp_path / 'none.yaml'}: No such file or directory"


def test_names_of_a_plan_cannot_colour_a_terminal(capsys, tmp_path):
    plan = write_plan(
        tmp_path, {"name": "\x1b[31mRed", "event": "view", "target": 1, "cadence": "day"}
    )
    assert "\x1b" not in call(capsys, "goals", plan, write_shop(tmp_path)).out
