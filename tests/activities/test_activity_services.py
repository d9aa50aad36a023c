"""The verbs on activities: add, change, put off, cancel, finish."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from deals_support.deal_world import SOON, ago, asks, deal_in, fresh, pipeline_of, stage, where
from suppilo.apps.accounts.models import AuditEntry
from suppilo.apps.activities.models import Activity
from suppilo.apps.activities.services import (
    NewActivity,
    add_activity,
    cancel_activity,
    change_activity,
    finish_activity,
    finish_step,
    reschedule_activity,
    set_next_step,
)
from suppilo.apps.deals.models import Deal
from suppilo.apps.outbox.models import DomainEvent
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db
TOMORROW = datetime(2026, 11, 26, 15, tzinfo=UTC)


@pytest.fixture
def seller():
    return make_user("salesperson")


@pytest.fixture
def deal(seller):
    return deal_in(pipeline_of(), seller)


def plan(seller, deal=None, **more):
    more = {"due_at": TOMORROW, "has_time": True} | more
    return add_activity(
        seller, NewActivity("call", "Call Nordvik", deal_id=deal and deal.pk, **more)
    )


def test_activity_is_added_with_who_made_it_and_an_audit_entry(seller, deal):
    made = plan(seller, deal, tags=("#renewal", "renewal", " "), is_high=True)
    assert (made.owner, made.created_by, made.tags) == (seller, seller, ["renewal"])
    assert AuditEntry.objects.filter(verb="add_activity", actor=seller).count() == 1
    assert fresh(deal).last_activity_at is None


def test_finishing_records_outcome_note_event_and_that_the_deal_is_alive(seller, deal):
    made = plan(seller, deal, note="Ask for the dock")
    done = finish_activity(seller, made.pk, outcome="agreed", note="Yes, in May")
    assert (done.outcome, done.note) == ("agreed", "Ask for the dock\n\nYes, in May")
    assert fresh(deal).last_activity_at == done.done_at
    event = DomainEvent.objects.get(name="activity_done")
    assert (event.path, event.at) == (f"suppilo:deal:{deal.pk}", done.done_at)
    assert event.properties["kind"] == "call"
    assert event.properties["outcome"] == "agreed"
    with pytest.raises(ValidationError):
        finish_activity(seller, made.pk)


def test_something_done_opens_the_gate_that_asks_for_it(seller):
    gated = stage("b", asks("activity", activity="demo", outcome=""), advance="move")
    deal = deal_in(pipeline_of(stage("a"), gated), seller)
    add_activity(seller, NewActivity("demo", "Demo", deal_id=deal.pk, done_at=timezone.now()))
    assert where(deal) == "b"


def test_what_was_done_earlier_does_not_make_a_deal_older(seller, deal):
    add_activity(seller, NewActivity("call", "Called", deal_id=deal.pk, done_at=ago(1)))
    add_activity(seller, NewActivity("visit", "Visited", deal_id=deal.pk, done_at=ago(9)))
    assert timezone.now() - fresh(deal).last_activity_at < timedelta(days=2)


def test_nothing_is_done_in_the_future(seller):
    made = add_activity(seller, NewActivity("call", "Called", done_at=SOON))
    assert made.done_at <= timezone.now()


def test_next_step_of_a_deal_moves_and_ends_with_its_activity(seller, deal):
    made = plan(seller, deal, is_next_step=True)
    assert fresh(deal).next_step_at == TOMORROW
    later = TOMORROW + timedelta(days=2)
    reschedule_activity(seller, made.pk, later, has_time=True)
    assert fresh(deal).next_step_at == later
    finish_activity(seller, made.pk)
    assert (fresh(deal).next_step, fresh(deal).next_step_at) == ("", None)
    set_next_step(seller, deal.pk, "Send the quote", SOON, has_time=False)
    assert fresh(deal).next_step == "Send the quote"


def test_other_activities_leave_the_next_step_alone(seller, deal):
    made = plan(seller, deal)
    reschedule_activity(seller, made.pk, TOMORROW + timedelta(days=1), has_time=False)
    cancel_activity(seller, made.pk)
    assert (fresh(deal).next_step, fresh(deal).next_step_at) == ("Call", SOON)


def test_next_step_that_was_no_activity_becomes_one_when_it_is_done(seller, deal):
    done = finish_step(seller, deal.pk, kind="call", outcome="reached", note="Likes it")
    assert (done.kind, done.subject, done.deal_id) == ("call", "Call", deal.pk)
    assert fresh(deal).next_step == ""


def test_next_step_that_is_an_activity_is_done_once(seller, deal):
    made = plan(seller, deal, is_next_step=True)
    assert finish_step(seller, deal.pk).pk == made.pk
    assert Activity.objects.count() == 1


def test_who_may_only_look_changes_nothing(seller, deal):
    made = plan(seller, deal)
    analyst = make_user("analyst")
    for act in (
        lambda: plan(analyst),
        lambda: finish_activity(analyst, made.pk),
        lambda: cancel_activity(analyst, made.pk),
        lambda: change_activity(analyst, made.pk, {"subject": "x"}),
        lambda: reschedule_activity(analyst, made.pk, TOMORROW, has_time=True),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_another_persons_deals_activities_are_not_there(seller, deal):
    made, own = plan(seller, deal), plan(seller)
    stranger = make_user("salesperson")
    for pk in (made.pk, own.pk):
        with pytest.raises(Activity.DoesNotExist):
            finish_activity(stranger, pk)
    with pytest.raises(Deal.DoesNotExist):
        plan(stranger, deal)
    with pytest.raises(Deal.DoesNotExist):
        set_next_step(stranger, deal.pk, "x", SOON, has_time=False)


def test_activity_is_given_to_somebody_who_sees_the_deal_only(seller, deal):
    colleague, viewer = make_user("salesperson"), make_user("viewer")
    for owner in (colleague, viewer):
        with pytest.raises(ValidationError) as refused:
            plan(seller, deal, owner_id=owner.pk)
        assert "owner" in refused.value.message_dict
    head = make_user("head_of_sales")
    assert plan(seller, deal, owner_id=head.pk).owner == head
    assert plan(seller, owner_id=colleague.pk).owner == colleague


@pytest.mark.parametrize(
    "wrong",
    [{"subject": "  "}, {"subject": "x" * 301}, {"kind": "fax"}, {"duration_min": 0},
     {"note": "x" * 10_001}, {"owner_id": 0}, {"colour": "red"}],
)  # fmt: skip
def test_mistakes_are_named_by_field(seller, wrong):
    made = plan(seller)
    with pytest.raises(ValidationError) as refused:
        change_activity(seller, made.pk, wrong)
    assert set(refused.value.message_dict) <= {*wrong, "owner"}


def test_activity_needs_a_day_of_the_calendar(seller):
    for due_at in (None, datetime(3000, 1, 1, tzinfo=UTC)):
        with pytest.raises(ValidationError):
            plan(seller, due_at=due_at)


def test_the_server_itself_may_add_for_somebody(seller, deal):
    made = add_activity(
        None, NewActivity("task", "Look", deal_id=deal.pk, owner_id=seller.pk, due_at=TOMORROW)
    )
    assert (made.owner, made.created_by) == (seller, None)


def test_change_keeps_what_is_not_named(seller, deal):
    made = plan(seller, deal, note="Old")
    changed = change_activity(seller, made.pk, {"subject": " Ring   Nordvik "})
    assert (changed.subject, changed.note, changed.deal_id) == ("Ring Nordvik", "Old", deal.pk)
