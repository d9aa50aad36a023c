"""Pages and the API of goals: lights, what is behind figures, forms, calls sent twice."""

import calendar
import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape

import pyarrow as pa
import pytest
from django.urls import reverse

from deals_support.deal_world import deal_in, move, pipeline_of, stage
from leads_support.leads_world import make_team
from segments_support.known_segments import make_segment
from suppilo.apps.accounts.models import Role
from suppilo.apps.deals.models import Deal
from suppilo.apps.funnels.models import SavedFunnel
from suppilo.apps.goals.models import Goal, Measure
from suppilo.apps.goals.services import NewGoal, make_goal
from suppilo.apps.quotas.models import Measure as QuotaMeasure
from suppilo.apps.quotas.models import Span
from suppilo.apps.quotas.periods import period_of
from suppilo.apps.quotas.services import NewTarget, set_targets
from suppilo.lake import Lake
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC).replace(hour=12)
"""Noon: no test begins on one day and ends on the next."""
TODAY = NOW.date()
HOSTILE = "<b>x</b>=1+1"
DAYS = 120
EURO = {"currency": "EUR"}


@pytest.fixture(autouse=True)
def _noon(time_machine):
    time_machine.move_to(NOW)


@pytest.fixture
def head():
    return make_user(Role.HEAD_OF_SALES, name="Olga")


@pytest.fixture
def shop(settings, tmp_path):
    """Ten sign up each day; every other one orders exactly three days after."""
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    rows = []
    for day in range(DAYS):
        for number in range(10):
            at = NOW - timedelta(days=day, minutes=30 + number)
            who = HOSTILE if day == 1 and number == 0 else f"u{day}-{number}"
            rows.append((who, at, "signup", "email" if number == 0 else "direct"))
            if number % 2 == 0 and day >= 3:
                rows.append((who, at + timedelta(days=3), "order", None))
    Lake.create(settings.SUPPILO.lake).write(
        pa.table({
            "path": [row[0] for row in rows],
            "at": pa.array([row[1] for row in rows], pa.timestamp("us", "UTC")),
            "event": [row[2] for row in rows],
        }),
        "shop",
        pa.table({"channel": [row[3] for row in rows]}),
    )  # fmt: skip


@pytest.fixture
def funnel(head):
    steps = [{"event": "signup"}, {"event": "order"}]
    return SavedFunnel.objects.create(
        name="Shop", owner=head, visibility="everyone",
        definition={"steps": steps, "window": "7d"},
    )  # fmt: skip


def made(head, **given) -> Goal:
    said = {"measure": "event", "event": "signup", "cadence": "month", "target": Decimal(10)}
    if given.get("measure", "event") != "event":
        del said["event"]
    given = {"starts_on": TODAY - timedelta(days=200)} | given
    return make_goal(head, NewGoal(**(said | given)))


def text_of(answer) -> str:
    page = re.sub(r"(?s)<(script|style|svg).*?</\1>", " ", answer.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def outlook_link(answer) -> str:
    """Return where the projection of a goal's page leads."""
    card = re.search(r'Projection</p><p class="big"><a href="([^"]*)"', answer.content.decode())
    return unescape(card.group(1))


def get(who, name, *args, **query):
    return client_for(who).get(reverse(name, args=args), {"wait": 2} | query)


def calls(user, client=None):
    client = client or client_for(user)

    def call(method, path, body=None, **headers):
        given = {"content_type": "application/json"} if body is not None else {}
        data = json.dumps(body) if body is not None else None
        answer = getattr(client, method)(
            f"/api{path}", data, headers=bearer(user) | headers, **given
        )
        return answer.status_code, json.loads(answer.content or "null")

    return call


# --- Figures of events


def standing_of(who, goal):
    return calls(who)("get", f"/goals/{goal.pk}/progress")[1]["standings"]


def test_an_events_goal_counts_it_through_its_channel(shop, head):
    start = NOW - timedelta(days=30)
    whole = standing_of(head, made(head, cadence="day", starts_on=start.date()))
    mails = standing_of(head, made(head, channel="email", cadence="day", starts_on=start.date()))
    nothing = standing_of(head, made(head, channel="partner", cadence="day"))
    assert {one["fact"] for one in whole[2:]} == {"10"}
    assert {one["fact"] for one in mails[2:]} == {"1"}
    assert {one["fact"] for one in nothing} == {"0"}
    assert (whole[3]["light"], mails[3]["light"]) == ("reached", "missed")


def test_the_chart_names_months_and_the_year_where_it_changes(head):
    months = [divmod(TODAY.year * 12 + TODAY.month - 1 - ago, 12) for ago in range(11, -1, -1)]
    starts = date(months[0][0], months[0][1] + 1, 1)
    goal = made(head, measure="won_amount", currency="EUR", starts_on=starts)
    page = get(head, "goal", goal.pk).content.decode()
    chart = re.search(r'(?s)<svg[^>]*width="1100".*?</svg>', page)[0]
    words = re.findall(r"<text[^>]*>([^<]+)</text>", chart)
    named = {*calendar.month_abbr[1:], str(TODAY.year - 1), str(TODAY.year)}
    expected, before = [], None
    for year, month in months:
        expected += [calendar.month_abbr[month + 1], *([str(year)] if year != before else [])]
        before = year
    assert [word for word in words if word in named] == expected


def test_a_steps_goal_knows_who_is_under_way(shop, head, funnel):
    goal = made(head, measure="step", funnel_id=funnel.pk, step=2, target=Decimal(100))
    now, *before = standing_of(head, goal)
    assert before[0]["light"] in ("reached", "missed")
    flow = now["flow"]
    assert now["basis"] == "flow"
    assert flow["median_days"] == pytest.approx(3)
    assert flow["open_count"] == pytest.approx(50, abs=20)
    assert float(now["fact"]) + flow["under_way"] + flow["from_new"] == pytest.approx(
        now["outlook"]["value"]
    )
    opened = {
        what: get(head, "goal_behind", goal.pk, what=what).context["total"]
        for what in ("fact", "open", "flow")
    }
    fact, still = int(float(now["fact"])), flow["open_count"]
    assert opened == {"fact": fact, "open": still, "flow": fact + still}
    assert outlook_link(get(head, "goal", goal.pk)).endswith("&what=flow")


def test_a_conversion_waits_for_those_who_still_can(shop, head, funnel):
    goal = made(head, measure="conversion", funnel_id=funnel.pk, step=1, to_step=2,
                cadence="week", target=Decimal("0.5"))  # fmt: skip
    now, last, *before = standing_of(head, goal)
    assert [one["fact"] for one in before[2:4]] == ["0.5", "0.5"]
    assert {one["light"] for one in before[2:4]} == {"reached"}
    assert last["outlook"] is None or last["outlook"]["value"] == pytest.approx(0.5, abs=0.1)
    assert now["still_open"] <= now["entered"]
    page = text_of(get(head, "goal", goal.pk))
    assert "Shop: signup → order" in page
    assert "can still convert" in page


def test_a_funnel_that_is_gone_is_said(shop, head, funnel):
    goal = made(head, measure="step", funnel_id=funnel.pk, step=1)
    funnel.delete()
    assert "not there any more" in text_of(get(head, "goal", goal.pk))
    assert standing_of(head, goal)[0]["failure"]


def test_behind_an_events_figure_stand_people(shop, head, funnel):
    goal = made(head, cadence="day")
    yesterday = (NOW - timedelta(days=1, minutes=30)).date().isoformat()
    page = get(head, "goal_behind", goal.pk, period=yesterday)
    assert page.context["total"] == 10
    assert HOSTILE in text_of(page)
    monthly = made(head)
    rests_on = client_for(head).get(outlook_link(get(head, "goal", monthly.pk)))
    assert rests_on.context["total"] == 10 * (TODAY.day + 12 * 7)
    rate = made(head, measure="conversion", funnel_id=funnel.pk, step=1, to_step=2,
                target=Decimal("0.5"))  # fmt: skip
    key = standing_of(head, rate)[2]["period"]
    counts = {
        what: get(head, "goal_behind", rate.pk, period=key, what=what).context["total"]
        for what in ("entered", "fact", "open")
    }
    assert counts["fact"] * 2 == counts["entered"]
    assert counts["open"] == 0
    listed = client_for(head).get(f"/api/goals/{goal.pk}/behind", {"period": yesterday}).json()
    assert len(listed["rows"]) == listed["total"] == page.context["total"]
    assert get(make_user(Role.VIEWER), "goal_behind", goal.pk).status_code == 403
    assert get(head, "goal_behind", goal.pk, period="2026-11").status_code == 404


# --- Pages


def won(pipeline, owner, amount=100):
    deal = deal_in(pipeline, owner, amount=Decimal(amount))
    move(deal, "won")
    Deal.objects.filter(pk=deal.pk).update(closed_at=NOW)
    return deal


def test_the_list_says_what_needs_somebody(head):
    pipeline = pipeline_of(stage("a"))
    _team, (seller, _) = make_team()
    won(pipeline, seller)
    made(head, measure="won_count", target=Decimal(1), name="Wins")
    made(head, measure="won_amount", currency="EUR", cadence="week", target=Decimal(10**6))
    month = period_of(Span.MONTH, TODAY)
    set_targets(head, [NewTarget(month, QuotaMeasure.WON_COUNT, Decimal(1), seller.pk)])
    made(head, measure="leads", starts_on=TODAY + timedelta(days=40))
    page = get(head, "goals")
    text = text_of(page)
    assert page.context["rows"][0].title == "Won revenue"
    for said in ("Wins", "reached", "quota", "Begins on", "€1,000,000"):
        assert said in text
    assert "quota" in text_of(get(seller, "goals"))
    assert "Wins" not in text_of(get(seller, "goals"))


def test_with_no_goals_the_list_advises(head):
    assert "Begin at the top of the funnel" in text_of(get(head, "goals"))
    assert "No goal has ended" in text_of(get(head, "goals", ended=""))
    assert "New goal" not in text_of(get(make_user(Role.VIEWER), "goals"))


def test_a_goal_of_others_is_not_there(head):
    _, (seller, _) = make_team("North")
    _, (other, _) = make_team("South")
    goal = made(head, measure="leads", user_id=seller.pk)
    assert get(seller, "goal", goal.pk).status_code == 200
    assert get(other, "goal", goal.pk).status_code == 404
    marketer = make_user(Role.MARKETER)
    assert "/edit/" not in get(marketer, "goal", goal.pk).content.decode()
    assert get(marketer, "edit_goal", goal.pk).status_code == 403


@pytest.mark.parametrize("target", ["50", "0.5", "1200"])
def test_the_form_of_a_change_shows_the_target_as_people_write_it(head, target):
    goal = made(head, measure="leads", target=Decimal(target))
    page = get(head, "edit_goal", goal.pk).content.decode()
    assert re.search(r'name="target"[^>]*value="([^"]*)"', page)[1] == target


def test_behind_a_figure_stand_the_deals_that_one_sees(head):
    pipeline = pipeline_of(stage("a"), visibility="own")
    team, (one, two) = make_team()
    mine, theirs = won(pipeline, one), won(pipeline, two)
    Deal.objects.update(team=team)
    goal = made(head, measure="won_count", team_id=team.pk, cadence="week")
    assert get(head, "goal_behind", goal.pk).context["total"] == 2
    page = get(one, "goal_behind", goal.pk)
    assert page.context["total"] == 1
    assert "that are yours to see" in text_of(page)
    quota = NewTarget(period_of(Span.MONTH, TODAY), QuotaMeasure.WON_COUNT, Decimal(5), one.pk)
    set_targets(head, [quota])
    pk = one.quotas.get().pk
    assert get(one, "quota_behind", pk).context["total"] == 1
    listed = client_for(one).get(f"/api/goals/quota/{pk}/behind").json()
    assert [row["id"] for row in listed["rows"]] == [mine.pk]
    assert client_for(one).get(f"/api/goals/{goal.pk}/behind").json()["total"] == 1
    assert get(make_team("South")[1][0], "quota_behind", pk).status_code == 404
    assert {mine.pk, theirs.pk}


@pytest.mark.parametrize("measure", ["leads", "paid", "spend", "stage", "won_amount"])
def test_every_measure_lists_what_is_behind_it(head, measure):
    pipeline = pipeline_of(stage("a"), stage("b"))
    move(deal_in(pipeline), "b")
    parts = {
        "stage": {"pipeline_id": pipeline.pk, "stage_key": "b"},
        "paid": EURO, "spend": EURO, "won_amount": EURO,
    }  # fmt: skip
    goal = made(head, measure=measure, **parts.get(measure, {}))
    page = get(head, "goal_behind", goal.pk)
    assert page.context["total"] == (1 if measure == "stage" else 0)
    listed = client_for(head).get(f"/api/goals/{goal.pk}/behind").json()
    assert len(listed["rows"]) == listed["total"] == page.context["total"]
    still = deal_in(pipeline)
    counted = {
        what: [one["id"] for one in answer.json()["rows"]]
        for what in ("open", "flow", "pace")
        if (answer := client_for(head).get(f"/api/goals/{goal.pk}/behind", {"what": what}))
    }
    if measure == "stage":
        entered = Deal.objects.exclude(pk=still.pk).get().pk
        assert counted == {"open": [still.pk], "flow": [still.pk, entered], "pace": [entered]}
    assert get(head, "goal", goal.pk).status_code == 200


def test_a_goals_periods_are_a_file(head):
    goal = made(head, measure="leads", cadence="week")
    answer = get(head, "goal_csv", goal.pk)
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert len(rows) == 13
    assert {row["plan"] for row in rows} == {"10.0000"}


# --- Forms


@pytest.mark.parametrize("measure", Measure.values)
def test_the_form_asks_for_what_the_measure_needs(shop, head, funnel, measure):
    pipeline = pipeline_of(stage("a"), stage("b"))
    url = reverse("new_goal") + f"?measure={measure}"
    client = client_for(head)
    segment = make_segment(head, "person", [])
    page = client.get(url)
    sent = {
        "segment": segment.pk, "cadence": "week", "target": "12.5", "event": "signup",
        "step": f"{funnel.pk}:1", "to_step": f"{funnel.pk}:2", "stage": f"{pipeline.pk}:b",
        "currency": "eur", "starts_on": "2026-01-05",
    }  # fmt: skip
    fields = page.context["form"].fields
    assert client.post(url, {}).status_code == 422
    answer = client.post(url, {name: value for name, value in sent.items() if name in fields})
    assert answer.status_code == 302, text_of(answer)
    goal = Goal.objects.get()
    assert (goal.measure, goal.cadence) == (measure, "week")
    target = goal.targets.get().target
    assert target == (Decimal("0.125") if measure == "conversion" else Decimal("12.5"))
    edit = reverse("edit_goal", args=[goal.pk])
    assert "12.5" in client.get(edit).content.decode()
    assert client.post(edit, {"target": "25", "name": "N"}).status_code == 302
    assert client.post(edit, {"target": "0"}).status_code == 422
    goal.refresh_from_db()
    assert goal.name == "N"
    assert goal.targets.count() == 2


def test_a_conversion_is_of_one_funnel(head, funnel):
    other = SavedFunnel.objects.create(name="Other", owner=head, definition=funnel.definition)
    sent = {"cadence": "week", "target": "5", "step": f"{funnel.pk}:1", "to_step": f"{other.pk}:2"}
    page = client_for(head).post(reverse("new_goal") + "?measure=conversion", sent)
    assert page.status_code == 422
    assert "of the same funnel" in text_of(page)


def test_whose_a_goal_is_is_chosen_and_a_quota_refused_in_words(head):
    team, (seller, _) = make_team()
    client, url = client_for(head), reverse("new_goal") + "?measure=won_count"
    sent = {"cadence": "month", "target": "3", "whose": f"u{'.'}{seller.pk}"}
    refused = client.post(url, sent)
    assert refused.status_code == 422
    assert "under Quotas" in text_of(refused)
    assert client.post(url, sent | {"cadence": "week"}).status_code == 302
    assert client.post(url, sent | {"whose": f"t.{team.pk}", "cadence": "day"}).status_code == 302
    assert set(Goal.objects.values_list("user", "team")) == {(seller.pk, None), (None, team.pk)}
    marketer = client_for(make_user(Role.MARKETER))
    assert "whose" not in marketer.get(url).context["form"].fields


def test_ending_and_deleting(head):
    goal = made(head, measure="leads")
    client = client_for(head)
    client.post(reverse("end_goal", args=[goal.pk]))
    goal.refresh_from_db()
    assert goal.ends_on
    assert "Leads that come in" in text_of(get(head, "goals", ended=""))
    client.post(reverse("delete_goal", args=[goal.pk]))
    assert not Goal.objects.exists()


# --- The API


GIVEN = {"measure": "leads", "cadence": "week", "target": 12}


def test_a_goal_is_made_once_however_often_it_is_sent(head):
    call = calls(head)
    key = {"Idempotency-Key": "goal-1"}
    first = call("post", "/goals", GIVEN, **key)
    assert first == call("post", "/goals", GIVEN, **key)
    assert (first[0], Goal.objects.count()) == (201, 1)
    number = first[1]["id"]
    assert call("get", f"/goals/{number}")[1] == first[1]
    status, changed = call("patch", f"/goals/{number}", {"target": "15.5", "name": "Inbox"})
    assert (status, changed["target"], changed["name"]) == (200, "15.5000", "Inbox")
    assert call("patch", f"/goals/{number}", {"ends_on": None})[1]["target"] == "15.5000"
    assert call("post", f"/goals/{number}/end", {})[1]["ends_on"]
    assert call("delete", f"/goals/{number}")[0] == 204
    assert call("get", f"/goals/{number}")[0] == 404


def test_what_can_be_no_goal_is_told_by_the_api(head):
    call = calls(head)
    for wrong in ({"measure": "event"}, {"target": 0}, {"more": 1}, {"cadence": "year"},
                  {"starts_on": "0001-01-01"}):  # fmt: skip
        assert call("post", "/goals", GIVEN | wrong)[0] == 422
    assert calls(make_user(Role.VIEWER))("post", "/goals", GIVEN)[0] == 403
    assert call("get", f"/goals/{2**63}")[0] == 404


def test_lists_are_paged_by_cursor(head):
    for name in "abc":
        made(head, measure="leads", name=name)
    call, names, page = calls(head), [], ""
    while True:
        found = call("get", f"/goals?limit=2&page={page}")[1]
        names += [goal["name"] for goal in found["goals"]]
        page = found["next"]
        if not page:
            break
    assert names == ["c", "b", "a"]
    found = call("get", "/goals/progress?limit=2&previous=1")[1]
    assert [len(one["standings"]) for one in found["progress"]] == [2, 2]
    assert found["next"]
    assert not call("get", "/goals?ended=true")[1]["goals"]


def test_the_list_takes_few_queries_however_many_goals(head, django_assert_max_num_queries):
    pipeline = pipeline_of(stage("a"))
    _team, sellers = make_team(sellers=5)
    for one in sellers:
        won(pipeline, one)
        made(head, measure="won_count", user_id=one.pk, cadence="week")
        made(head, measure="stage", pipeline_id=pipeline.pk, stage_key="a", user_id=one.pk)
        made(head, measure="paid", currency="EUR", user_id=one.pk)
    client = client_for(head)
    client.get(reverse("goals"))
    with django_assert_max_num_queries(20):
        assert len(client.get(reverse("goals")).context["rows"]) == 15
