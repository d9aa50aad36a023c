"""Captured events make leads by rules: once each, in small steps, whatever breaks off."""

from datetime import timedelta

import pytest
from django.db import OperationalError

from leads_support.leads_world import MONDAY, make_hours, make_lead, make_rule, make_team
from store_support.store_events import NOW_US, event
from store_support.store_fixtures import source, store
from suppilo.apps.accounts.models import Role
from suppilo.apps.capture.flush import Flusher
from suppilo.apps.capture.models import Cursor, Inbox
from suppilo.apps.capture.project import Projector
from suppilo.apps.capture.store import Received
from suppilo.apps.leads import rules
from suppilo.apps.leads.models import IntakeRule, Lead, LeadChange
from suppilo.apps.leads.rules import CURSOR, step_rules
from suppilo.apps.leads.services import disqualify_lead
from suppilo.apps.leads.worker import LeadWorker
from suppilo.lake import Lake
from web_support.accounts import make_user

__all__ = ["source", "store"]


def make_intake(**given) -> IntakeRule:
    said = {"name": "Forms", "events": ["form_submitted"], "needs_email": False, "after_us": 0}
    return IntakeRule.objects.create(**(said | given))


@pytest.fixture
def send(store, source):
    """Return what stores events and hands them on to people; no others wait before them."""
    Inbox.objects.all().delete()

    def send(*events):
        store.submit(Received(source.id, list(events))).result(10)
        while Projector(lambda: 0.0).project():
            pass

    return send


def form(event_id: str, user_id: str = "anna", **properties):
    return event(event_id, name="form_submitted", user_id=user_id, properties=properties)


def test_a_form_makes_a_lead_with_its_interest(send):
    make_intake(interest_property="product")
    send(form("1", product="Pumps"), event("2", name="page"))
    assert step_rules(MONDAY) >= 2, "numbers that were given to nothing count as well"
    lead = Lead.objects.get()
    assert (lead.contact.value, lead.interest, lead.origin, lead.state) == (
        "anna", "Pumps", "rule", "new",
    )  # fmt: skip
    assert int(lead.came_at.timestamp() * 1e6) == NOW_US
    assert LeadChange.objects.get().evidence == {
        "event": "form_submitted", "event_id": "1", "rule": "Forms",
    }  # fmt: skip


def test_a_person_makes_one_lead_however_many_events_devices_and_rules(send):
    make_intake()
    make_intake(name="Also", events=["form_submitted", "demo_asked"])
    send(form("1"), form("2"), event("3", name="demo_asked", user_id="anna"))
    step_rules(MONDAY)
    send(event("4", name="demo_asked", anonymous_id="phone"), form("5"))
    send(event("6", kind="identify", name="identify", user_id="anna", anonymous_id="phone"))
    step_rules(MONDAY)
    assert Lead.objects.count() == 1


def test_the_same_events_are_not_looked_at_twice(send):
    make_intake()
    send(form("1"))
    step_rules(MONDAY)
    owner = make_user(Role.OWNER)
    disqualify_lead(owner, Lead.objects.get().pk, "A test", now=MONDAY - timedelta(days=90))
    assert step_rules(MONDAY) == 0
    assert Lead.objects.count() == 1


def test_an_address_may_be_asked_for(send):
    make_intake(events=["identify"], needs_email=True)
    send(
        event("1", kind="identify", name="identify", user_id="anna"),
        event("2", kind="identify", name="identify", user_id="bert", traits={"email": "b@x.lv"}),
    )
    step_rules(MONDAY)
    assert Lead.objects.get().contact.value == "bert"


def test_a_rule_may_ask_for_a_propertys_value(send):
    make_intake(property="form.kind", values=["contact", "Demo"])
    send(
        form("1", "anna", form={"kind": "demo"}),
        form("2", "bert", form={"kind": "newsletter"}),
        form("3", "carl"),
    )
    step_rules(MONDAY)
    assert Lead.objects.get().contact.value == "anna"


def test_events_from_before_the_rule_make_no_leads(send):
    make_intake(after_us=NOW_US + 10_000_000)
    send(form("1"))
    step_rules(MONDAY)
    assert not Lead.objects.exists()


def test_who_was_disqualified_does_not_come_in_again_at_once(send):
    make_intake(again_after_days=30)
    send(form("1"))
    step_rules(MONDAY)
    disqualify_lead(make_user(Role.OWNER), Lead.objects.get().pk, "A student", now=MONDAY)
    send(form("2"))
    step_rules(MONDAY + timedelta(days=29))
    assert Lead.objects.count() == 1
    send(form("3"))
    step_rules(MONDAY + timedelta(days=31))
    assert Lead.objects.count() == 2


def test_a_rule_may_hand_over_at_once(send):
    make_hours()
    _, (seller, _) = make_team()
    make_rule(users=[seller])
    make_intake(is_qualified=True, is_handed_over=True)
    send(form("1"))
    step_rules(MONDAY)
    lead = Lead.objects.get()
    assert (lead.state, lead.owner) == ("handed_over", seller)
    assert list(lead.changes.values_list("kind", "actor")) == [
        ("came", None), ("qualify", None), ("hand_over", None),
    ]  # fmt: skip


def test_steps_are_small_and_end(send):
    make_intake()
    send(*[form(f"e{n}", f"user-{n}") for n in range(25)])
    counts = []
    while step_rules(MONDAY, rows=10):
        counts.append(Lead.objects.count())
    assert counts == [10, 20, 25]


def test_looking_through_many_events_takes_few_queries(send, django_assert_max_num_queries):
    make_intake()
    send(*[form(f"e{n}", f"user-{n}") for n in range(40)])
    with django_assert_max_num_queries(24):
        step_rules(MONDAY)
    assert Lead.objects.count() == 40


def test_a_step_that_breaks_off_leaves_nothing_behind(send, monkeypatch):
    make_intake()
    send(form("1"))
    real = rules.apply_rules

    def fail(*given):
        real(*given)
        raise OperationalError("the disk is full")

    monkeypatch.setattr(rules, "apply_rules", fail)
    with pytest.raises(OperationalError):
        step_rules(MONDAY)
    assert not Lead.objects.exists()
    monkeypatch.undo()
    step_rules(MONDAY)
    assert Lead.objects.count() == 1


def test_an_event_that_no_rule_can_take_is_passed_over_and_told(send, monkeypatch, caplog):
    make_intake()
    send(form("1"), form("poison", "bert"), form("3", "carl"))
    real = rules.is_for

    def fail(rule, seen, comer):
        if seen.event_id == "poison":
            raise ValueError("poison")
        return real(rule, seen, comer)

    monkeypatch.setattr(rules, "is_for", fail)
    worker = LeadWorker(lambda: MONDAY)
    for _ in range(5):
        worker.step()
    assert set(Lead.objects.values_list("contact__value", flat=True)) == {"anna", "carl"}
    assert "makes no lead" in caplog.text


def test_events_wait_in_the_inbox_until_the_rules_have_seen_them(send, tmp_path):
    make_intake()
    step_rules(MONDAY)
    Cursor.objects.get_or_create(name=CURSOR)
    send(form("1"))
    flusher = Flusher(tmp_path, Lake.create(tmp_path / "lake"))
    assert flusher.flush(MONDAY, at_once=True) is None
    assert Inbox.objects.count() == 1
    step_rules(MONDAY)
    assert flusher.flush(MONDAY, at_once=True) is not None
    assert Lead.objects.count() == 1


def test_a_lead_added_by_hand_keeps_the_rule_from_adding_another(send):
    make_intake()
    make_lead(make_user(Role.MARKETER), "anna")
    send(form("1", "anna@example.com"))
    step_rules(MONDAY)
    assert Lead.objects.count() == 1
