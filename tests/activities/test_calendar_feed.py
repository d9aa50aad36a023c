"""The calendar feed: read back by a calendar library, secret, revocable."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from deals_support.deal_world import deal_in, move, pipeline_of
from suppilo.apps.activities.models import CalendarFeed
from suppilo.apps.activities.services import (
    NewActivity,
    add_activity,
    cancel_activity,
    make_feed,
    reschedule_activity,
    revoke_feed,
)
from suppilo.apps.deals.services import change_deal
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    seller = make_user("salesperson")
    seller.time_zone = "Europe/Riga"
    seller.save()
    return seller


def plan(owner, subject="Call Nordvik", **more):
    more = {"due_at": timezone.now() + timedelta(days=3), "has_time": True} | more
    return add_activity(owner, NewActivity("call", subject, **more))


def read(secret):
    answer = Client().get(reverse("calendar_feed", args=[secret]))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return Calendar.from_ical(answer.content)


def events(secret):
    return {str(event["uid"]): event for event in read(secret).walk("VEVENT")}


def test_feed_holds_what_is_planned_in_the_owners_zone(seller):
    now = timezone.now()
    at = datetime(now.year + (now.month > 6), 7, 1, 12, tzinfo=UTC)  # a summer within a year
    made = plan(seller, due_at=at, duration_min=45, note="Línea, \n; with signs")
    secret = make_feed(seller)
    [event] = events(secret).values()
    assert event["uid"] == f"activity-{made.pk}@localhost"
    assert event.decoded("dtstart") == at
    assert event["dtstart"].params["TZID"] == "Europe/Riga"
    assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(minutes=45)
    assert "Línea, \n; with signs" in str(event["description"])
    assert [str(zone["tzid"]) for zone in read(secret).walk("VTIMEZONE")] == ["Europe/Riga"]


def test_what_has_no_time_lasts_the_day(seller):
    day = timezone.localdate() + timedelta(days=5)
    at = datetime.combine(day, datetime.min.time(), tzinfo=UTC)
    plan(seller, due_at=at, has_time=False)
    [event] = events(make_feed(seller)).values()
    assert isinstance(event.decoded("dtstart"), date)
    assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(days=1)


def test_next_step_of_a_deal_is_there_once_moves_and_goes_when_it_is_done(seller):
    way = pipeline_of()
    at = (timezone.now() + timedelta(days=2)).replace(microsecond=0)
    deal = deal_in(way, seller, next_step="Send the quote", next_step_at=at)
    deal_in(way, make_user("salesperson"), "Theirs", next_step_at=at)
    secret = make_feed(seller)
    [event] = events(secret).values()
    assert (event["uid"], str(event["summary"])) == (f"step-{deal.pk}@localhost", "Send the quote")
    assert str(event["url"]).endswith(deal.get_absolute_url())
    assert isinstance(event.decoded("dtstart"), date)
    later = {"next_step_at": at + timedelta(days=1), "next_step_has_time": True}
    change_deal(seller, deal.pk, later, source="page")
    [moved] = events(secret).values()
    assert moved["uid"] == event["uid"]
    assert moved.decoded("dtstart") == at + timedelta(days=1)
    planned = plan(seller, deal_id=deal.pk, is_next_step=True)
    assert list(events(secret)) == [f"activity-{planned.pk}@localhost"]
    cancel_activity(seller, planned.pk)
    change_deal(seller, deal.pk, {"next_step": "Call", "next_step_at": at}, source="page")
    assert f"step-{deal.pk}@localhost" in events(secret)
    for key in ("b", "c", "won"):
        move(deal, key, seller)
    assert f"step-{deal.pk}@localhost" not in events(secret)


def test_changed_event_keeps_its_uid_and_cancelled_one_says_so(seller):
    made, secret = plan(seller), make_feed(seller)
    [before] = events(secret).values()
    later = timezone.now() + timedelta(days=9)
    reschedule_activity(seller, made.pk, later, has_time=True)
    [moved] = events(secret).values()
    assert moved["uid"] == before["uid"]
    assert moved["sequence"] >= before["sequence"]
    assert str(moved["status"]) == "CONFIRMED"
    cancel_activity(seller, made.pk)
    [cancelled] = events(secret).values()
    assert (cancelled["uid"], str(cancelled["status"])) == (before["uid"], "CANCELLED")


def test_feed_holds_ones_own_activities_only(seller):
    plan(make_user("salesperson"))
    assert events(make_feed(seller)) == {}


def test_address_is_shown_once_and_its_hash_kept(seller):
    client = client_for(seller)
    shown = client.post(reverse("my_calendar")).content.decode()
    address = shown.split("/calendar/")[1].split(".ics")[0]
    assert address not in client.get(reverse("my_calendar")).content.decode()
    assert address not in CalendarFeed.objects.get().secret_hash
    assert read(address) is not None


def test_new_address_ends_the_old_one_and_revoking_ends_it_all(seller):
    first = make_feed(seller)
    second = make_feed(seller)
    client = Client()
    assert client.get(reverse("calendar_feed", args=[first])).status_code == 404
    assert client.get(reverse("calendar_feed", args=[second])).status_code == 200
    revoke_feed(seller)
    assert client.get(reverse("calendar_feed", args=[second])).status_code == 404
    assert client.get(reverse("calendar_feed", args=["x"])).status_code == 404


def test_feed_of_somebody_who_left_is_not_there(seller):
    secret = make_feed(seller)
    seller.is_active = False
    seller.save()
    assert Client().get(reverse("calendar_feed", args=[secret])).status_code == 404


def test_whole_feed_asks_the_database_five_times(seller, django_assert_max_num_queries):
    way = pipeline_of()
    for n in range(20):
        plan(seller, f"Call {n}")
        deal_in(way, seller, f"Deal {n}", next_step_at=timezone.now() + timedelta(days=n))
    secret = make_feed(seller)
    Client().get(reverse("calendar_feed", args=[secret]))
    with django_assert_max_num_queries(5):
        assert len(events(secret)) == 40
