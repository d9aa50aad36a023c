"""Events that gates look for become facts, and move the deals that they concern."""

import threading
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from deals_support.deal_world import asks, deal_in, fresh, pipeline_of, stage, where
from events_support.live_server_world import project
from people_support.people_world import evidence, link, user
from store_support.store_events import event, now_us
from suppilo.apps.capture.models import Cursor, Inbox, Source
from suppilo.apps.capture.received import Received
from suppilo.apps.capture.store import Store
from suppilo.apps.deals.models import Fact, MoveSource, Participant
from suppilo.apps.deals.selectors.gates import judge_next
from suppilo.apps.jobs.models import Job
from suppilo.apps.jobs.runner import JobRunner
from suppilo.apps.outbox.asking import keep_up_with_gates
from suppilo.apps.outbox.facts import asked_names, step_facts
from suppilo.apps.outbox.models import FreshFact
from suppilo.apps.outbox.paths import deal_path
from suppilo.apps.outbox.services import NewEvent, record_event, record_events
from suppilo.apps.outbox.worker import OutboxWorker
from suppilo.apps.people.evidence import Grouping
from suppilo.apps.people.models import Company, Identifier
from suppilo.apps.people.services import record_evidence

pytestmark = pytest.mark.django_db


def gated(name: str = "quote_opened", scope: str = "person", advance: str = "move", **more):
    """Make a pipeline whose second stage a deal enters by itself when an event is seen."""
    return pipeline_of(
        stage("a"),
        stage("b", asks("event", event=name, scope=scope, **more), advance=advance),
        stage("c"),
    )


def known(who: str) -> Identifier:
    record_evidence("source:1", evidence(user(who, 1)))
    return Identifier.objects.get(value=who)


def work() -> None:
    worker = OutboxWorker()
    while worker.step():
        pass


@pytest.fixture
def capture(transactional_db, tmp_path):
    store = Store(tmp_path, reserve_bytes=1 << 16)
    store.start()
    sources = {
        kind: Source.objects.create(name="Shop", kind=kind) for kind in ("server", "website")
    }

    def send(who: str, name: str, event_id: str = "e1", kind: str = "server", **given) -> None:
        said = {"user_id": who, "anonymous_id": None, "at_us": now_us()} | given
        store.submit(Received(sources[kind].pk, [event(event_id, name=name, **said)])).result(10)

    yield send
    store.drain()


def test_only_names_that_gates_ask_for_are_asked():
    gated("quote_opened")
    assert asked_names() == {"quote_opened"}


def test_an_old_version_asks_as_long_as_an_open_deal_is_in_it():
    pipeline = gated("quote_opened")
    deal = deal_in(pipeline)
    gated_version(pipeline)
    assert asked_names() == {"quote_opened", "contract_signed"}
    fresh(deal).delete()
    assert asked_names() == {"contract_signed"}


def gated_version(pipeline):
    from deals_support.deal_world import draft
    from suppilo.apps.pipelines.services.writing import write_version

    asking = stage("b", asks("event", event="contract_signed", scope="deal"))
    version = write_version(None, pipeline, draft(stage("a"), asking))
    type(pipeline).objects.filter(pk=pipeline.pk).update(current=version)


def test_a_recorded_event_is_a_fact_at_once():
    deal = deal_in(gated(scope="deal"))
    record_event("quote_opened", deal_path(deal.pk), timezone.now(), {"number": 7})
    fact = Fact.objects.get()
    assert (fact.name, fact.path, fact.properties) == (
        "quote_opened", deal_path(deal.pk), {"number": 7},
    )  # fmt: skip
    record_event("quote_sent", deal_path(deal.pk), timezone.now())
    assert Fact.objects.count() == 1


def test_a_deal_moves_when_its_own_event_is_recorded():
    deal = deal_in(gated(scope="deal"))
    record_event("quote_opened", deal_path(deal.pk), timezone.now())
    work()
    assert where(deal) == "b"
    change = deal.changes.last()
    assert (change.source, change.reason) == (MoveSource.AUTOMATION, "event quote_opened")
    assert change.evidence[0]["met"]
    assert not FreshFact.objects.exists()


def test_a_deal_stays_where_moves_are_off():
    deal = deal_in(gated(scope="deal", advance="off"))
    record_event("quote_opened", deal_path(deal.pk), timezone.now())
    work()
    assert where(deal) == "a"


def test_a_captured_event_moves_the_deals_of_its_person(capture):
    deal = deal_in(gated())
    Participant.objects.create(deal=deal, contact=known("anna"))
    capture("anna", "quote_opened", properties={"page": {"url": "x"}})
    project()
    work()
    assert where(deal) == "b"
    fact = Fact.objects.get()
    assert (fact.path, fact.event_id, fact.properties["page.url"]) == ("anna", "e1", "x")
    assert fact.properties["source"] == "Shop"


def test_an_event_under_another_identifier_of_the_person_counts(capture):
    anna = known("anna")
    record_evidence("source:1", evidence(link("phone", "anna", 2)))
    deal = deal_in(gated())
    Participant.objects.create(deal=deal, contact=anna)
    capture(None, "quote_opened", anonymous_id="phone")
    project()
    work()
    assert where(deal) == "b"


def test_an_event_of_a_colleague_counts_for_the_companys_deals(capture):
    for who in ("anna", "ben"):
        record_evidence("source:1", evidence(user(who, 1), Grouping(who, "Nordvik", 1, {})))
    nordvik = Company.objects.get()
    wide = deal_in(gated(scope="company"), company_id=nordvik.pk)
    narrow = deal_in(pipeline_like("deal"), company_id=nordvik.pk, name="Other")
    capture("ben", "quote_opened")
    project()
    work()
    assert (where(wide), where(narrow)) == ("b", "a")


def pipeline_like(scope: str):
    asking = asks("event", event="quote_opened", scope=scope)
    return pipeline_of(stage("a"), stage("b", asking, advance="move"), name="Narrow")


def test_events_of_strangers_and_others_move_nothing(capture):
    deal = deal_in(gated())
    Participant.objects.create(deal=deal, contact=known("anna"))
    capture("carla", "quote_opened", "e1")
    capture("anna", "page", "e2")
    project()
    work()
    assert where(deal) == "a"
    assert [fact.path for fact in Fact.objects.all()] == ["carla"]


def test_what_a_website_tells_opens_a_gate_only_where_that_is_said(capture):
    anna = known("anna")
    strict = deal_in(gated("payment_received"))
    easy = asks("event", event="payment_received", scope="person", websites=True)
    trusting = deal_in(pipeline_of(stage("a"), stage("b", easy, advance="move"), name="Trusting"))
    for deal in (strict, trusting):
        Participant.objects.create(deal=deal, contact=anna)
    capture("anna", "payment_received", "forged", "website", properties={"source": "Server"})
    project()
    work()
    assert (where(strict), where(trusting)) == ("a", "b")
    (finding,) = judge_next([fresh(strict)], timezone.now())[strict.pk].findings
    assert not finding.is_met
    (told,) = fresh(trusting).changes.get(number=2).evidence
    assert told["text"].endswith("It counts from websites and apps too.")
    capture("anna", "payment_received", "true", "server")
    project()
    work()
    assert where(strict) == "b"


def test_facts_are_noted_once_however_often_a_worker_begins_anew(capture):
    gated()
    capture("anna", "quote_opened")
    project()
    step_facts()
    Cursor.objects.filter(name="inbox:facts").update(value=0)
    step_facts()
    assert Fact.objects.count() == 1


def test_no_event_leaves_the_inbox_before_its_fact_is_noted(capture, tmp_path):
    from events_support.live_server_world import LATER, flusher

    gated()
    step_facts()
    capture("anna", "quote_opened")
    project()
    flushing = flusher(tmp_path)
    assert flushing.flush(LATER, at_once=True) is None
    step_facts()
    assert flushing.flush(LATER, at_once=True).rows == 1
    assert not Inbox.objects.exists()
    assert Fact.objects.count() == 1


def test_a_gate_that_newly_asks_finds_what_happened_since_the_deal_began(
    capture, settings, tmp_path
):
    from dataclasses import replace

    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    anna, ago = known("anna"), timezone.now() - timedelta(days=9)
    deal = deal_in(pipeline_of(name="Plain"), opened_at=ago)
    Participant.objects.create(deal=deal, contact=anna)
    day_us = 86_400_000_000
    for days in (20, 5, 1):
        capture("anna", "demo_seen", f"e{days}", at_us=now_us() - days * day_us)
    project()
    work()
    assert not Fact.objects.exists()
    gated("demo_seen")
    assert keep_up_with_gates(timezone.now()) == ["demo_seen"]
    assert keep_up_with_gates(timezone.now()) == []
    JobRunner("test", threading.Event(), timezone.now).run_next()
    assert Job.objects.get().result == {"facts": 2}
    assert set(Fact.objects.values_list("event_id", "is_public")) == {("e5", True), ("e1", True)}


def test_many_events_recorded_at_once_are_few_statements(django_assert_max_num_queries):
    deal = deal_in(gated(scope="deal"))
    made = [NewEvent("quote_opened", deal_path(deal.pk), timezone.now()) for _ in range(400)]
    with django_assert_max_num_queries(12):
        record_events(made)
    assert Fact.objects.count() == 400
    assert FreshFact.objects.count() == 1


def test_many_facts_are_judged_in_few_statements(django_assert_max_num_queries):
    gated()
    for number in range(150):
        FreshFact.objects.create(name="quote_opened", path=f"stranger-{number}")
    with django_assert_max_num_queries(22):
        OutboxWorker().step()


def test_an_event_moves_a_deal_within_two_seconds(capture):
    from suppilo.apps.capture.project import Projector

    deal = deal_in(gated())
    Participant.objects.create(deal=deal, contact=known("anna"))
    capture("anna", "quote_opened")
    began = time.process_time()  # what else the machine does is not ours
    Projector(time.thread_time).project()
    work()
    assert where(deal) == "b"
    assert time.process_time() - began < 2
