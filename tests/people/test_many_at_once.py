"""A thousand identifies at once, and reports before and after a merge."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pyarrow as pa
import pytest
from django.db import connection

from people_support.people_world import SOURCE, evidence, link, overrides, persons, seen, user
from suppilo.analytics.funnel import FunnelDefinition, run_funnel
from suppilo.apps.events.selectors import open_events
from suppilo.apps.people.models import MergeEntry, Person
from suppilo.apps.people.selectors import person_of, read_overrides
from suppilo.apps.people.services import merge_people, record_evidence, undo_merge
from suppilo.lake import Lake
from suppilo.lake.keys import path_key
from web_support.accounts import make_user


@pytest.mark.django_db(transaction=True)
def test_a_thousand_concurrent_identifies_of_a_chain_make_one_person():
    pairs = [(f"d{n:04}", f"d{n + 1:04}", n) for n in range(1000)]
    random.Random(7).shuffle(pairs)

    def identify(pair: tuple[str, str, int]) -> None:
        source, target, at = pair
        try:
            record_evidence(SOURCE, evidence(seen(source, at), link(source, target, at)))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(identify, pairs))

    assert len(persons()) == 1
    assert set(overrides().values()) == {path_key("d0000")}
    assert len(overrides()) == 1000
    assert MergeEntry.objects.filter(undone_at=None).count() == 1000
    person = Person.objects.get(is_visible=True)
    assert (person.identifier, person.events) == ("d0000", 1000)


@pytest.mark.django_db
def test_the_map_is_brought_up_to_date_and_survives_a_transaction_that_failed(
    django_assert_max_num_queries,
):
    from django.db import transaction

    record_evidence(SOURCE, evidence(user("u", 1), link("a", "u", 1)))
    first = read_overrides()
    with transaction.atomic():
        record_evidence(SOURCE, evidence(link("b", "u", 2)))
        assert len(read_overrides().from_key) == 2
        transaction.set_rollback(True)
    assert len(read_overrides().from_key) == 1
    record_evidence(SOURCE, evidence(link("c", "u", 3)))
    found = read_overrides()
    assert set(found.from_key.tolist()) == {path_key("a"), path_key("c")}
    assert found.from_key.tolist() == sorted(found.from_key.tolist())
    assert found.version > first.version
    with django_assert_max_num_queries(1):
        assert read_overrides() is found
    assert person_of([path_key("a"), path_key("c"), 5]).keys() == {path_key("a"), path_key("c")}


@pytest.mark.django_db
def test_funnels_follow_a_merge_and_its_undo(tmp_path, settings):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    rows = [("web-1", "view", 1), ("shop-9", "order", 2), ("web-2", "view", 3)]
    table = {
        "path": [row[0] for row in rows],
        "at": pa.array([row[2] * 1_000_000 for row in rows], pa.timestamp("us", "UTC")),
        "event": [row[1] for row in rows],
    }
    Lake.create(tmp_path / "lake").write(pa.table(table), "import:1")
    record_evidence("import:1", evidence(*(user(path, at) for path, _name, at in rows)))

    def counts() -> list[int]:
        asked = FunnelDefinition.from_dict({"steps": ["view", "order"], "window": "7d"})
        return [step.count for step in run_funnel(open_events(), asked).report().steps]

    before = counts()
    seller = make_user("salesperson")
    ids = {person.identifier: person.pk for person in Person.objects.all()}
    merge_people(seller, ids["web-1"], [ids["shop-9"]])
    assert counts() == [2, 1]
    undo_merge(seller, MergeEntry.objects.get().pk)
    assert counts() == before == [2, 0]
