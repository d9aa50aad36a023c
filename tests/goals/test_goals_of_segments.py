"""Goals of segments: how many are in one, and what of other measures is a segment's."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from deals_support.deal_world import deal_in, move, pipeline_of, stage
from leads_support.leads_world import make_lead
from people_support.people_world import evidence, user
from segments_support.known_segments import make_segment
from suppilo.analytics.goals import Light, project_level
from suppilo.analytics.goals.calendar import Cadence as PlanCadence
from suppilo.analytics.goals.outlook import Outlook
from suppilo.analytics.goals.plan import PlannedGoal
from suppilo.analytics.goals.standing import Basis, Flow, Standing
from suppilo.apps.accounts.models import Role
from suppilo.apps.deals.models import Deal
from suppilo.apps.funnels.models import SavedFunnel, Visibility
from suppilo.apps.goals.aims import Aim
from suppilo.apps.goals.models import Cadence, Goal, Measure
from suppilo.apps.goals.periods import period_of
from suppilo.apps.goals.selectors import ask_goals, days_for, read_stored, start_events, weigh
from suppilo.apps.goals.services import NewGoal, make_goal
from suppilo.apps.people.models import Identifier
from suppilo.apps.people.services import record_evidence
from suppilo.apps.segments.models import Segment, Size
from suppilo.charts.goals import goal_sentences
from suppilo.lake import Lake
from suppilo.web.goal_words import advise, period_words
from web_support.accounts import bearer, client_for, make_user

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture
def head(db):
    return make_user(Role.HEAD_OF_SALES, name="Olga")


def made(head, measure: str, target: object = 10, **given) -> Goal:
    new = NewGoal(measure, given.pop("cadence", "month"), Decimal(str(target)), **given)
    return make_goal(head, new, today=datetime(2026, 9, 5, tzinfo=UTC).date())


def standing_of(goal: Goal):
    """Return where a goal stands, the present period first."""
    asked = ask_goals([Goal.objects.select_related("segment").get(pk=goal.pk)], NOW)
    days = days_for(asked, NOW)
    facts = read_stored(asked, days)
    if goal.measure == "event":
        facts |= start_events(asked, days).future.result()
    return weigh(asked, facts, days)[0].standings


def grown(head, sizes) -> Segment:
    """Return a segment that was so large on days in a row, the last one today."""
    segment = make_segment(head, "person", [])
    first = TODAY - timedelta(days=len(sizes) - 1)
    Size.objects.bulk_create(
        Size(segment=segment, day=first + timedelta(days=n), size=size)
        for n, size in enumerate(sizes)
    )
    Segment.objects.filter(pk=segment.pk).update(size=sizes[-1])
    return segment


# --- How many are in a segment
def test_members_of_a_segment_are_as_many_as_there_are_at_the_periods_end(head):
    segment = grown(head, [100 + 2 * day for day in range(60)])
    now, before, *_ = standing_of(made(head, "members", 240, segment_id=segment.pk))
    assert now.fact == 218
    assert before.fact == 100 + 2 * (59 - 16)
    assert (before.light, before.is_over) == (Light.MISSED, True)
    assert now.basis == Basis.GROWTH
    # Half of the 16th and 14 days after it are left, two a day.
    assert now.outlook.value == pytest.approx(218 + 2 * 14.5)
    assert now.light == Light.ON_TRACK


def test_a_past_period_of_a_segments_goal_opens_who_was_in_it_at_its_end(head):
    segment = grown(head, [100] * 60)
    goal = made(head, "members", 240, segment_id=segment.pk)
    url = f"/goals/{goal.pk}/behind/"
    was = client_for(head).get(url, {"period": "2026-10"})
    assert was["Location"] == f"/segments/{segment.pk}/day/?day=2026-10-31&what=size"
    now = client_for(head).get(url, {"period": "2199-10"})
    assert now["Location"] == f"/people/?segment={segment.pk}"
    assert client_for(head).get(url, {"period": "2026-01"}).status_code == 404


@pytest.mark.parametrize(("median", "said"), [(1.2, "take 1 day: "), (2.6, "take 3 days: ")])
def test_goals_tell_days_in_the_right_number_and_dates_as_pages_write_them(median, said):
    period = period_of(Cadence.WEEK, TODAY)
    flow = Flow(2, 3, 4, 5, median, TODAY, 6, is_borrowed=False)
    fact = Decimal(1)
    outlook = Outlook(5, 3, 6)
    standing = Standing(
        period, Decimal(10), fact, Light.AT_RISK, flow=flow, outlook=outlook, basis=Basis.FLOW
    )
    words = " ".join(advise(Aim(Measure.WON_COUNT), standing))
    assert said in words
    assert "5 by 22 Nov 2026." in words
    assert period_words(period) == "16 Nov – 22 Nov 2026"
    plan = PlannedGoal("won", PlanCadence.WEEK, 10, event="won")
    assert said in " ".join(goal_sentences(plan, standing))


def test_a_level_that_is_reached_can_still_be_lost(head):
    segment = grown(head, [300 - 2 * day for day in range(60)])
    now, *_ = standing_of(made(head, "members", 170, segment_id=segment.pk))
    assert now.fact == 182
    assert now.light == Light.MISSED


def test_of_a_young_segment_nothing_is_foretold(head):
    segment = grown(head, [5, 6, 7])
    now, before, *_ = standing_of(made(head, "members", 9, segment_id=segment.pk))
    assert (now.fact, now.outlook, now.light) == (7, None, Light.TOO_EARLY)
    assert before.fact is None


def test_days_without_a_size_keep_the_one_before(head):
    segment = grown(head, list(range(40)))
    Size.objects.filter(segment=segment, day__range=("2026-10-26", "2026-10-31")).delete()
    _now, october, *_ = standing_of(made(head, "members", 9, segment_id=segment.pk))
    assert october.fact == 39 - 22  # as on the 25th


@pytest.mark.parametrize("steps", [5.0, 30.0])
def test_the_range_of_a_level_holds_eight_times_of_ten(steps):
    random, inside = np.random.default_rng(5), 0
    for _ in range(600):
        walk = 500 + np.cumsum(random.normal(1, 6, 29 + int(steps)))
        found = project_level(walk[:29], steps)
        inside += found.lower <= walk[-1] <= found.upper
    assert 0.76 <= inside / 600 <= 0.86


def test_a_level_is_never_below_nothing():
    found = project_level(np.linspace(60, 2, 30), 20)
    assert (found.value, found.lower) == (0, 0)


# --- What is a segment's
def test_won_deals_and_leads_count_for_their_segment_alone(head):
    pipeline = pipeline_of(stage("a"), stage("b"))
    deals = []
    for number in range(3):
        deal = deal_in(pipeline, head, amount=Decimal(100), name=f"Deal {number}")
        move(deal, "b")
        move(deal, "won")
        at = NOW - timedelta(days=2)
        Deal.objects.filter(pk=deal.pk).update(closed_at=at, opened_at=at)
        deals.append(deal.pk)
    segment = make_segment(head, "deal", deals[:2])
    whole, own = (made(head, "won_count", **more) for more in ({}, {"segment_id": segment.pk}))
    assert (standing_of(whole)[0].fact, standing_of(own)[0].fact) == (3, 2)
    behind = client_for(head).get(f"/goals/{own.pk}/behind/?period=2026-11")
    assert behind.context["total"] == 2
    assert "Regulars" in behind.context["scope"]


def test_leads_count_for_their_persons_segment(head):
    came = NOW - timedelta(days=1)
    people = [make_lead(head, f"lead-{n}", came).contact.person_id for n in range(3)]
    goal = made(head, "leads", segment_id=make_segment(head, "person", people[:1]).pk)
    assert standing_of(goal)[0].fact == 1
    assert standing_of(made(head, "leads"))[0].fact == 3


def test_events_count_for_a_segments_people_alone(head, settings, tmp_path):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    at = [NOW - timedelta(hours=n) for n in range(12)]
    Lake.create(settings.SUPPILO.lake).write(
        pa.table({
            "path": [f"user-{n % 4}" for n in range(12)],
            "at": pa.array(at, pa.timestamp("us", "UTC")),
            "event": ["signup"] * 12,
        }),
        "shop",
    )  # fmt: skip
    record_evidence("source:1", evidence(*(user(f"user-{n}", n) for n in range(4))))
    person = Identifier.objects.get(value="user-1").person_id
    goal = made(head, "event", event="signup", segment_id=make_segment(head, "person", [person]).pk)
    assert standing_of(goal)[0].fact == 3
    page = client_for(head).get(f"/goals/{goal.pk}/behind/?period=2026-11")
    assert page.context["total"] == 3


# --- What can be one
@pytest.mark.parametrize("measure", ["leads", "members", "event"])
def test_a_goal_of_a_segment_that_is_gone_says_so(head, settings, tmp_path, measure):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    segment = make_segment(head, "person", [1])
    more = {"event": "signup"} if measure == "event" else {}
    goal = made(head, measure, segment_id=segment.pk, **more)
    segment.delete()
    assert "not there any more" in standing_of(goal)[0].failure
    assert client_for(head).get(f"/goals/{goal.pk}/?wait=2").status_code == 200
    assert client_for(head).get("/goals/?wait=2").status_code == 200


def test_what_can_have_no_segment_is_refused(head):
    segment = make_segment(head, "person", [])
    funnel = SavedFunnel.objects.create(owner=head, name="F", definition={"steps": ["a", "b"]})
    hidden = make_segment(make_user("admin"), "person", [], visibility=Visibility.PRIVATE)
    for measure, more, said in (
        ("members", {}, "Choose the segment"),
        ("members", {"segment_id": segment.pk, "channel": "email"}, "no channel"),
        ("step", {"segment_id": segment.pk, "funnel_id": funnel.pk, "step": 1}, "into the funnel"),
        ("spend", {"segment_id": segment.pk, "currency": "EUR"}, "not known"),
        ("leads", {"segment_id": hidden.pk}, "no such segment"),
    ):
        with pytest.raises(ValidationError, match=said):
            made(head, measure, **more)


def test_forms_and_the_api_set_goals_of_segments(head):
    segment = make_segment(head, "person", [], name="Big spenders")
    client = client_for(head)
    assert "Big spenders" in client.get("/goals/new/?measure=leads").content.decode()
    sent = {"segment": segment.pk, "cadence": "month", "target": "50", "name": ""}
    answer = client.post("/goals/new/?measure=members", sent)
    assert answer.status_code == 302
    goal = Goal.objects.get()
    assert goal.segment == segment
    page = client.get(f"/goals/{goal.pk}/").content.decode()
    assert "Members of a segment" in page
    assert "Big spenders" in page
    to = client.get(f"/goals/{goal.pk}/behind/")
    assert to.url == f"/people/?segment={segment.pk}"
    given = {"measure": "leads", "cadence": "week", "target": "5", "segment_id": segment.pk}
    api = Client(headers=bearer(head)).post("/api/goals", given, content_type="application/json")
    assert api.json()["segment_id"] == segment.pk


def test_a_goal_of_a_hidden_segment_is_only_seen_by_those_who_see_all_deals(head):
    own = make_segment(head, "person", [], visibility=Visibility.PRIVATE)
    shared = make_segment(head, "person", [])
    made(head, "members", segment_id=own.pk)
    seen = made(head, "members", segment_id=shared.pk)
    found = Client(headers=bearer(make_user(Role.SALESPERSON))).get("/api/goals").json()["goals"]
    assert [goal["id"] for goal in found] == [seen.pk]


def test_a_segments_page_leads_to_what_names_it_and_to_more(head):
    segment = make_segment(head, "person", [])
    goal = made(head, "members", segment_id=segment.pk, name="A thousand regulars")
    for name, definition in (("Of them", {"segment": segment.pk}),
                             ("By them", {"by": f"segment:{segment.pk}"})):  # fmt: skip
        asked = {"steps": ["a", "b"]} | definition
        SavedFunnel.objects.create(owner=head, name=name, definition=asked)
    SavedFunnel.objects.create(owner=head, name="Other", definition={"steps": ["a", "b"]})
    page = client_for(head).get(f"/segments/{segment.pk}/")
    assert {use.name for use in page.context["uses"]} == {
        "A thousand regulars",
        "Of them",
        "By them",
    }
    assert f"/goals/{goal.pk}/" in page.content.decode()
    form = client_for(head).get(page.context["looks"][-1].url).context["form"]
    assert form["segment"].value() == str(segment.pk)
    assert form["segment"].value() in dict(form.fields["segment"].choices)
