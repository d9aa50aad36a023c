"""The demonstration is loaded once and whole, also when it is stopped half way."""

import threading
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from django.db.models import Sum

from suppilo.analytics.simulate import simulate_company
from suppilo.apps.accounts.models import Role, User
from suppilo.apps.capture.models import Cursor, Source
from suppilo.apps.demo import load, tasks
from suppilo.apps.demo.evidence import make_evidence
from suppilo.apps.demo.load import draw_company, is_loaded, load_company
from suppilo.apps.demo.tables import make_tables
from suppilo.apps.funnels.models import Dashboard, SavedFunnel
from suppilo.apps.jobs.models import Job
from suppilo.apps.jobs.runner import JobRunner
from suppilo.apps.people.models import Identifier, Person
from suppilo.apps.segments.models import Segment
from suppilo.apps.spend.models import AdSpend
from suppilo.apps.watch.models import Figure, Reading
from suppilo.lake import Lake

pytestmark = pytest.mark.django_db
TODAY = date(2026, 10, 1)
PEOPLE = 1_500


@pytest.fixture
def owner():
    return User.objects.create(email="o@example.com", name="O", role=Role.OWNER)


@pytest.fixture
def lake(tmp_path, settings):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    return Lake.create(settings.SUPPILO.lake)


def load_quietly(owner, lake, today=TODAY, progress=lambda *_: None):
    load_company(owner, lake, today, progress, PEOPLE)


def run_jobs():
    while JobRunner("test", threading.Event()).run_next():
        pass


def count_rows(lake):
    """Return how many events there are of the company's own, without the deals'."""
    return sum(
        event.rows for event in lake.events() if not event.name.startswith(("deal_", "gate_"))
    )


def test_events_people_funnels_and_dashboard_are_there(owner, lake):
    load_quietly(owner, lake)
    world = draw_company(PEOPLE)
    assert is_loaded()
    assert count_rows(lake) == len(world.events)
    assert set(Source.objects.values_list("name", flat=True)) == {"Web shop", "Sales", "Suppilo"}
    assert SavedFunnel.objects.count() == 5
    assert Dashboard.objects.get().pins.count() == 8
    known = len(set(world.owner[world.is_known].tolist()))
    assert Person.objects.filter(is_visible=True).count() == known
    run_jobs()
    assert set(Job.objects.values_list("kind", "state")) == {
        ("load_demo_visitors", "done"), ("watch_figures", "done"),
    }  # fmt: skip
    assert Reading.objects.filter(failure="").count() == Figure.objects.count() > 10
    assert Segment.objects.filter(error="", refreshed_at__isnull=False).count() == 4
    assert Person.objects.filter(is_visible=True).count() == PEOPLE


def test_every_identifier_belongs_to_the_person_it_truly_belongs_to(owner, lake):
    load_quietly(owner, lake)
    run_jobs()
    world = draw_company(PEOPLE)
    person_of = dict(Identifier.objects.values_list("value", "person_id"))
    found = [person_of[world.identifiers[code]] for code in np.unique(world.events.identifier)]
    true = world.owner[np.unique(world.events.identifier)].tolist()
    assert len(set(zip(found, true, strict=True))) == len(set(found)) == len(set(true))


def test_a_stop_while_recording_loses_and_doubles_nothing(owner, lake, monkeypatch):
    monkeypatch.setattr(load, "BATCH_ROWS", 2_000)
    seen = []

    def stop(what, done, total):
        seen.append(what)
        if seen.count("recording events") == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_quietly(owner, lake, progress=stop)
    assert not is_loaded()
    assert count_rows(lake) == 4_000
    load_quietly(owner, lake, today=date(2026, 10, 3))
    world = draw_company(PEOPLE)
    assert world.truth.end_us == 1_790_812_800_000_000  # the first day that was tried
    assert count_rows(lake) == len(world.events)


def test_visitors_are_listed_once_though_the_job_is_stopped(owner, lake, monkeypatch):
    monkeypatch.setattr(tasks, "AT_ONCE", 300)
    load_quietly(owner, lake)
    stopping = threading.Event()
    real = tasks.record_evidence

    def stop_after(origin, evidence):
        real(origin, evidence)
        stopping.set()

    with monkeypatch.context() as patch:
        patch.setattr(tasks, "record_evidence", stop_after)
        JobRunner("one", stopping).run_next()
    assert Cursor.objects.get(name="demo_visitors").value == 300
    run_jobs()
    assert Person.objects.filter(is_visible=True).count() == PEOPLE
    world = draw_company(PEOPLE)
    assert sum(Person.objects.filter(is_visible=True).values_list("events", flat=True)) == len(
        world.events
    )


def test_columns_keep_their_kinds_and_gaps():
    world = simulate_company(np.random.default_rng(3), 1_790_812_800_000_000, 300)
    events, properties = make_tables(world, 0, len(world.events))
    assert events.num_rows == properties.num_rows == len(world.events)
    assert events["path"].null_count == events["event"].null_count == 0
    types = {field.name: str(field.type) for field in properties.schema}
    assert types["revenue"] == "double"
    assert types["product_count"] == "int64"
    assert types["channel"] == "string"
    orders = sum(name == "Order Completed" for name in events["event"].to_pylist())
    contracts = sum(name == "Contract Signed" for name in events["event"].to_pylist())
    assert properties["revenue"].null_count == len(world.events) - orders - contracts


def test_evidence_tells_first_and_last_touch_in_the_order_of_time():
    world = simulate_company(np.random.default_rng(3), 1_790_812_800_000_000, 300)
    sightings = make_evidence(world, "Web shop").sightings
    assert all(seen.first_at_us <= seen.last_at_us for seen in sightings)
    anonymous = [seen for seen in sightings if not seen.is_known]
    assert all(seen.first_touch["channel"] for seen in anonymous)


def test_what_advertising_cost_is_there_to_the_cent(owner, lake):
    load_quietly(owner, lake)
    world = draw_company(PEOPLE)
    found = AdSpend.objects.aggregate(
        cost=Sum("cost"), clicks=Sum("clicks"), impressions=Sum("impressions")
    )
    assert float(found["cost"]) == pytest.approx(world.spend.cost.sum(), abs=0.005)
    assert found["clicks"] == world.spend.clicks.sum()
    assert found["impressions"] == world.spend.impressions.sum()
    assert set(AdSpend.objects.values_list("channel", flat=True)) == set(world.spend.channel)
