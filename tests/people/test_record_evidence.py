"""Evidence becomes persons, whatever its order."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from people_support.people_world import (
    SOURCE,
    dump,
    every,
    evidence,
    link,
    overrides,
    persons,
    roots,
    seen,
    user,
)
from suppilo.apps.people.evidence import Grouping, Trait
from suppilo.apps.people.models import Identifier, MergeEntry, Person
from suppilo.apps.people.services import forget, forget_origin, record_evidence
from suppilo.lake.keys import path_key

pytestmark = pytest.mark.django_db


def test_a_device_becomes_the_user_who_logs_in_on_it() -> None:
    record_evidence(SOURCE, evidence(seen("phone", 1), seen("phone", 2)))
    record_evidence(SOURCE, evidence(user("anna", 3), link("phone", "anna", 3)))

    assert roots() == {"phone": "anna", "anna": "anna"}
    assert overrides() == {path_key("phone"): path_key("anna")}
    person = Person.objects.get(is_visible=True)
    assert (person.identifier, person.events, person.is_known) == ("anna", 3, True)
    assert (person.first_seen_us, person.last_seen_us) == (1, 3)
    assert MergeEntry.objects.get().undone_at is None


def test_two_users_on_one_device_stay_two_and_the_device_is_the_first_ones() -> None:
    late = evidence(user("bert", 20), link("phone", "bert", 20))
    early = evidence(seen("phone", 5), user("anna", 10), link("phone", "anna", 10))
    every([late, early])

    assert persons() == [["anna", "phone"], ["bert"]]
    assert Person.objects.filter(is_visible=True).count() == 2


def test_a_thousand_identifies_with_an_id_that_says_nothing_join_nobody() -> None:
    blocked = ["null", "0", "undefined", "00000000-0000-0000-0000-000000000000"]
    said = [link(blocked[n % 4], f"u{n}", n) for n in range(1000)]
    said += [link(f"d{n}", "[object Object]", n) for n in range(1000)]
    record_evidence(
        SOURCE, evidence(*said, *(user(f"u{n}", n) for n in range(1000)), user("null", 1))
    )

    assert all(len(group) == 1 for group in persons())
    assert overrides() == {}
    assert not Identifier.objects.get(value="null").is_known


def test_an_alias_of_a_user_is_void() -> None:
    record_evidence(SOURCE, evidence(user("anna"), user("bert"), link("anna", "bert", 1, "alias")))
    record_evidence(SOURCE, evidence(user("carl"), link("carl", "device", 1, "alias")))
    assert all(len(group) == 1 for group in persons())


def test_the_latest_value_of_a_property_counts_and_a_first_only_value_gives_way() -> None:
    every([
        evidence(user("anna", 1), Trait("anna", "name", "Anna Berg", 9)),
        evidence(Trait("anna", "name", "Anna", 5), Trait("anna", "email", "first@x.lv", 1, True)),
        evidence(Trait("anna", "email", "second@x.lv", 3, True)),
    ])  # fmt: skip
    person = Person.objects.get()
    assert (person.name, person.email) == ("Anna Berg", "first@x.lv")
    record_evidence(SOURCE, evidence(Trait("anna", "email", "set@x.lv", 2)))
    assert Person.objects.get().email == "set@x.lv"


_NAMES = st.sampled_from(["a", "b", "c", "d", "U", "V", "W", "null"])
_TIMES = st.integers(0, 5)
_SAID = st.one_of(
    st.builds(lambda n, t, c: seen(n, t, known=n.isupper(), channel=c), _NAMES, _TIMES,
              st.sampled_from(["", "email", "direct"])),
    st.builds(lambda s, t, at, k: link(s, t, at, k), _NAMES, _NAMES, _TIMES,
              st.sampled_from(["identify", "alias"])),
    st.builds(Trait, _NAMES, st.sampled_from(["name", "email", "'; DROP TABLE x --"]),
              st.sampled_from(["x", "y", 1, "1", True, None, {"a": [1]}]), _TIMES, st.booleans()),
    st.builds(lambda i, c, t, n: Grouping(i, c, t, {"name": n}), _NAMES,
              st.sampled_from(["acme", "beta"]), _TIMES, st.sampled_from(["A", "B"])),
)  # fmt: skip


def _start_again() -> None:
    from suppilo.apps.people.models import Company, IdentityState, Override

    for model in (Identifier, Person, Company, Override, IdentityState):
        model.objects.all().delete()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(_SAID, max_size=14), st.randoms(use_true_random=False), st.integers(1, 5))
def test_any_order_and_any_batches_give_the_same_state(
    said: list[object], chance: object, size: int
) -> None:
    _start_again()
    record_evidence(SOURCE, evidence(*said))
    at_once = dump()
    _start_again()
    chance.shuffle(said)
    every(evidence(*said[first : first + size]) for first in range(0, len(said), size))
    assert dump() == at_once


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(_SAID, max_size=10), st.lists(_SAID, max_size=10), st.booleans(),
    st.sampled_from([1, 2, forget.AT_ONCE]),
)  # fmt: skip
def test_an_origin_that_is_forgotten_in_parts_of_any_size_never_came(
    kept: list[object], gone: list[object], gone_first: bool, at_once: int
) -> None:
    _start_again()
    record_evidence(SOURCE, evidence(*kept))
    alone = dump()
    _start_again()
    batches = [(SOURCE, evidence(*kept)), ("import:7", evidence(*gone))]
    for origin, part in reversed(batches) if gone_first else batches:
        record_evidence(origin, part)
    with patch.object(forget, "AT_ONCE", at_once):
        forget_origin("import:7")
    assert dump() == alone
