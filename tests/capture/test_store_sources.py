"""Sources and their write keys; identifiers of which nothing is kept."""

import asyncio
import time
from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from store_support.store_events import event
from store_support.store_fixtures import source, store
from suppilo.apps.accounts.models import Role, User
from suppilo.apps.capture import services
from suppilo.apps.capture.keys import KeyRing, make_key
from suppilo.apps.capture.models import Inbox, SourceKey, Suppression
from suppilo.apps.capture.received import SourceInfo
from suppilo.apps.capture.selectors import list_sources
from suppilo.apps.capture.store import Received

__all__ = ["source", "store"]


@pytest.fixture
def owner(transactional_db) -> User:
    return User.objects.create(email="owner@example.org", name="Owner", role=Role.OWNER)


def wait_until(condition) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_new_source_has_a_key_that_works_at_once(store, owner):
    made = services.make_source(owner, " Shop ", "website", ["https://Shop.example/"])
    key = made.keys.get().key
    assert key.startswith("wk_")
    assert len(key) == 35
    found = store.find_source(key)
    assert (found.id, found.name, found.allowed_origins) == (
        made.id, "Shop", ("https://shop.example",),
    )  # fmt: skip
    assert found.anonymise_ip
    assert found.drop_bots


def test_unknown_key_belongs_to_no_source(store):
    assert store.find_source("wk_nobody") is None
    assert store.find_source("") is None


def test_old_key_works_until_it_is_revoked(store, owner):
    made = services.make_source(owner, "Shop", "website")
    old = made.keys.get()
    new = services.rotate_key(owner, made)
    assert store.find_source(old.key).id == store.find_source(new.key).id == made.id
    services.revoke_key(owner, old)
    store.forget_keys()
    assert store.find_source(old.key) is None
    assert store.find_source(new.key).id == made.id


def test_key_revoked_by_another_process_is_refused_within_a_second(store, owner):
    made = services.make_source(owner, "Shop", "website")
    key = made.keys.get()
    assert store.find_source(key.key)
    began = time.monotonic()
    services.revoke_key(owner, key)
    wait_until(lambda: store.find_source(key.key) is None)
    assert time.monotonic() - began < 2


def test_disabled_source_is_refused_and_enabled_again_accepted(store, owner):
    made = services.make_source(owner, "Shop", "website")
    key = made.keys.get().key
    services.disable_source(owner, made)
    store.forget_keys()
    assert store.find_source(key) is None
    services.enable_source(owner, made)
    wait_until(lambda: store.find_source(key) is not None)


def test_key_is_found_from_within_an_event_loop(store, owner):
    key = services.make_source(owner, "Shop", "website").keys.get().key

    async def find() -> SourceInfo | None:
        return store.find_source(key)

    assert asyncio.run(find()).name == "Shop"


def test_keys_tried_in_masses_do_not_ask_the_database_each_time():
    reads = []
    ring = KeyRing(lambda: reads.append(1) or {}, lambda: 7.0)
    for index in range(10_000):
        assert ring.find(f"wk_{index}") is None
    assert len(reads) <= 50


def test_keys_differ():
    assert len({make_key() for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    "given",
    [
        {"name": " ", "kind": "website"},
        {"name": "x" * 101, "kind": "website"},
        {"name": "Shop", "kind": "toaster"},
        {"name": "Shop", "kind": "website", "allowed_origins": ["shop.example"]},
        {"name": "Shop", "kind": "website", "allowed_origins": ["https://shop.example/path"]},
    ],
)
def test_source_that_makes_no_sense_is_refused(owner, given):
    with pytest.raises(ValidationError):
        services.make_source(owner, **given)
    assert not SourceKey.objects.exists()


@pytest.mark.django_db
def test_analyst_sees_sources_and_may_not_make_them():
    analyst = User.objects.create(email="a@example.org", name="A", role=Role.ANALYST)
    assert list_sources(analyst) == []
    with pytest.raises(PermissionDenied):
        services.make_source(analyst, "Shop", "website")


def test_sources_are_listed_with_two_queries(owner, django_assert_num_queries):
    for index in range(5):
        services.make_source(owner, f"S{index}", "server")
    with django_assert_num_queries(2):
        assert [len(found.keys.all()) for found in list_sources(owner)] == [1] * 5


def test_nothing_is_kept_of_a_suppressed_identifier(store, source, owner):
    services.suppress_identifiers(owner, ["u-secret"])
    wait_until(lambda: store._writer.suppressed)
    renaming = replace(event("r"), kind="alias", previous_id="u-secret")
    receipt = store.submit(
        Received(source.id, [event("a", user_id="u-secret"), event("b"), renaming])
    ).result(10)
    assert receipt.outcomes == {"a": "suppressed", "b": "stored", "r": "suppressed"}
    assert Inbox.objects.count() == 1
    services.allow_identifier(owner, Suppression.objects.get().pk)
    wait_until(lambda: not store._writer.suppressed)
    store.submit(Received(source.id, [event("c", user_id="u-secret")])).result(10)
    assert Inbox.objects.count() == 2


def test_nothing_is_kept_of_an_event_that_says_a_suppressed_address(store, source, owner):
    services.suppress_identifiers(owner, ["ada@example.com"])
    wait_until(lambda: store._writer.suppressed)
    said = [
        event("p", properties={"Email": " ADA@example.com "}),
        event("t", kind="identify", traits={"$email": "ada@example.com"}),
        event("o", traits_once={"email": "ada@example.com"}),
        event("c", context={"traits": {"email": "ada@example.com"}}),
        event("other", properties={"email": "grace@example.com", "note": "ada@example.com"}),
        event("odd", properties={"email": 7}, context={"traits": None}),
    ]
    outcomes = store.submit(Received(source.id, said)).result(10).outcomes
    gone = {one for one, outcome in outcomes.items() if outcome == "suppressed"}
    assert gone == {"p", "t", "o", "c"}
    assert Inbox.objects.count() == 2
