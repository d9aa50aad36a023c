"""My day: late, today, next; finished and put off where they stand."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from deals_support.deal_world import SOON, deal_in, fresh, pipeline_of
from suppilo.apps.activities.models import Activity
from suppilo.apps.activities.selectors import count_late, read_day
from suppilo.apps.activities.selectors.day import MOST_LATE
from suppilo.apps.activities.services import NewActivity, add_activity
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)


@pytest.fixture
def seller():
    return make_user("salesperson")


def plan(owner, subject, at, *, has_time=True, **more):
    new = NewActivity("call", subject, due_at=at, has_time=has_time, **more)
    return add_activity(owner, new)


def names(items):
    return [item.subject for item in items]


def test_day_is_parted_by_what_time_it_is(seller):
    plan(seller, "Yesterday's", NOW - timedelta(days=1))
    plan(seller, "At nine", NOW - timedelta(hours=1))
    plan(seller, "Some time today", NOW.replace(hour=0), has_time=False)
    plan(seller, "At noon", NOW + timedelta(hours=2))
    plan(seller, "On Friday", NOW + timedelta(days=2))
    plan(seller, "In a month", NOW + timedelta(days=30))
    day = read_day(seller, NOW)
    assert names(day.late) == ["Yesterday's", "At nine"]
    assert names(day.today) == ["Some time today", "At noon"]
    assert names(day.next) == ["On Friday"]
    assert count_late(seller, NOW) == 2


def test_day_begins_when_it_does_where_the_user_is(seller):
    seller.time_zone = "Pacific/Auckland"  # 13 hours ahead: it is 23:00 on the 25th.
    seller.save()
    plan(seller, "Late at night", datetime(2026, 11, 25, 10, 30, tzinfo=UTC))
    plan(seller, "In the morning", datetime(2026, 11, 25, 20, tzinfo=UTC))
    day = read_day(seller, NOW)
    assert (names(day.today), names(day.next)) == (["Late at night"], ["In the morning"])


def test_deals_next_steps_stand_beside_activities_once(seller):
    pipeline = pipeline_of()
    deal_in(pipeline, seller, next_step="Send the quote", next_step_at=NOW - timedelta(days=2))
    other = deal_in(pipeline, seller, name="Acme")
    plan(seller, "Call Acme", NOW + timedelta(hours=1), deal_id=other.pk, is_next_step=True)
    day = read_day(seller, NOW)
    assert (names(day.late), names(day.today)) == (["Send the quote"], ["Call Acme"])
    assert count_late(seller, NOW) == 1
    assert [deal.name for deal in day.silent] == ["Acme", "Nordvik"]


def test_who_is_very_late_still_sees_what_is_for_today(seller):
    for number in range(MOST_LATE + 1):
        plan(seller, f"Long ago {number}", NOW - timedelta(days=90 - number))
    plan(seller, "At noon", NOW + timedelta(hours=2))
    day = read_day(seller, NOW)
    assert (len(day.late), names(day.today), day.is_cut) == (MOST_LATE, ["At noon"], True)
    assert day.late[0].subject == "Long ago 0"


def test_day_shows_ones_own_only(seller):
    colleague = make_user("salesperson")
    plan(colleague, "Theirs", NOW)
    deal_in(pipeline_of(), colleague, next_step="Theirs", next_step_at=NOW)
    day = read_day(seller, NOW)
    assert [day.late, day.today, day.next, day.silent] == [[], [], [], []]
    assert count_late(seller, NOW) == 0


def test_page_asks_the_database_as_often_for_fifty_things(seller, django_assert_max_num_queries):
    pipeline = pipeline_of()
    deals = [deal_in(pipeline, seller, name=f"Deal {n}") for n in range(5)]
    for n in range(50):
        at = timezone.now() + timedelta(hours=6 * (n - 24))
        plan(seller, f"Call {n}", at, deal_id=deals[n % 5].pk)
    client = client_for(seller)
    with django_assert_max_num_queries(11):
        day = client.get(reverse("my_day")).context["day"]
    assert len(day.late) + len(day.today) + len(day.next) == 50


def test_sidebar_counts_what_is_late(seller):
    plan(seller, "Late", timezone.now() - timedelta(days=1))
    text = client_for(seller).get(reverse("my_day")).content.decode()
    assert '<b class="nav-count hot">1<' in text


def test_finishing_in_place_asks_for_the_next_step_at_once(seller):
    deal = deal_in(pipeline_of(), seller)
    made = plan(seller, "Call", timezone.now(), deal_id=deal.pk)
    url = reverse("finish_item", args=[f"activity-{made.pk}"])
    answer = client_for(seller).post(url, {"outcome": "reached", "note": "Ok"}, headers=HTMX)
    text = answer.content.decode()
    assert "What comes next for Nordvik?" in text
    assert 'id="count-late" hx-swap-oob="true"' in text
    assert Activity.objects.get().outcome == "reached"


def test_everything_works_without_script(seller):
    client = client_for(seller)
    deal = deal_in(pipeline_of(), seller)
    made = plan(seller, "Call", timezone.now(), deal_id=deal.pk)
    key = f"activity-{made.pk}"
    answer = client.post(reverse("reschedule_item", args=[key]), {"day": "2027-01-05"})
    assert answer.url == reverse("my_day")
    made.refresh_from_db()
    assert timezone.localdate(made.due_at).isoformat() == "2027-01-05"
    answer = client.post(reverse("finish_item", args=[key]), {})
    assert answer.url == reverse("deal_next_step", args=[deal.pk])
    assert client.get(answer.url).status_code == 200
    client.post(answer.url, {"text": "Send it", "day": "2027-01-06", "clock": ""})
    assert (fresh(deal).next_step, fresh(deal).next_step_has_time) == ("Send it", False)


def test_putting_off_keeps_the_time_of_the_day(seller):
    at = timezone.localtime().replace(hour=15, minute=30, second=0, microsecond=0)
    made = plan(seller, "Call", at)
    url = reverse("reschedule_item", args=[f"activity-{made.pk}"])
    client_for(seller).post(url, {"soon": "tomorrow"}, headers=HTMX)
    made.refresh_from_db()
    assert (made.due_at, made.has_time) == (at + timedelta(days=1), True)


def test_next_steps_are_put_off_and_done_as_activities_are(seller):
    deal = deal_in(pipeline_of(), seller, next_step="Send it", next_step_at=timezone.now())
    client, key = client_for(seller), f"step-{deal.pk}"
    client.post(reverse("reschedule_item", args=[key]), {"day": "2027-01-05"}, headers=HTMX)
    assert fresh(deal).next_step_at.year == 2027
    client.post(reverse("finish_item", args=[key]), {"note": "Sent"}, headers=HTMX)
    assert Activity.objects.get().subject == "Send it"
    assert fresh(deal).next_step == ""


def test_what_is_done_already_is_said_where_it_stands(seller):
    made = plan(seller, "Call", timezone.now())
    Activity.objects.update(done_at=timezone.now())
    url = reverse("finish_item", args=[f"activity-{made.pk}"])
    answer = client_for(seller).post(url, {}, headers=HTMX)
    assert answer.status_code == 422
    assert "done or cancelled already" in answer.content.decode()


def test_mistakes_and_things_that_are_not_there(seller):
    client = client_for(seller)
    made = plan(seller, "Call", timezone.now())
    url = reverse("reschedule_item", args=[f"activity-{made.pk}"])
    assert client.post(url, {"day": "31.2."}, headers=HTMX).status_code == 422
    assert client.post(url, {}, headers=HTMX).status_code == 422
    for key in ("activity-999999", "step-1", "x", "activity-99999999999999999999999"):
        assert client.post(reverse("finish_item", args=[key])).status_code == 404
    stranger = client_for("salesperson")
    assert stranger.post(url, {"soon": "today"}).status_code == 404
    assert stranger.get(reverse("activity", args=[made.pk])).status_code == 404


def test_activity_is_read_changed_and_cancelled_on_its_page(seller):
    client = client_for(seller)
    made = plan(seller, "Call", SOON)
    url = reverse("activity", args=[made.pk])
    form = {
        "kind": "visit", "subject": "Visit", "day": "2027-01-05", "clock": "09:15",
        "owner": seller.pk, "tags": "a b", "note": "<b>x</b>",
    }  # fmt: skip
    assert client.post(url, form).status_code == 302
    made.refresh_from_db()
    assert (made.kind, made.tags, made.due_at.year) == ("visit", ["a", "b"], 2027)
    assert "&lt;b&gt;x" in client.get(url).content.decode()
    assert client.post(url, {**form, "subject": ""}).status_code == 422
    client.post(reverse("cancel_activity", args=[made.pk]))
    made.refresh_from_db()
    assert made.cancelled_at is not None
    assert client.post(reverse("cancel_activity", args=[made.pk])).status_code == 302
