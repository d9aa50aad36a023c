"""People at work merge, take back and split; history follows."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from people_support.people_world import (
    SOURCE,
    dump,
    evidence,
    link,
    overrides,
    persons,
    roots,
    seen,
    user,
)
from suppilo.apps.accounts.models import AuditEntry
from suppilo.apps.people.evidence import Grouping, Trait
from suppilo.apps.people.models import Company, Identifier, LinkRow, MergeEntry, Person
from suppilo.apps.people.selectors import get_person
from suppilo.apps.people.services import (
    add_members,
    forget_origin,
    make_company,
    merge_people,
    record_evidence,
    remove_members,
    rename_company,
    set_property,
    split_person,
    undo_merge,
)
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    return make_user("salesperson")


@pytest.fixture
def two_users():
    record_evidence(
        SOURCE,
        evidence(
            user("anna", 5, channel="email"), user("bert", 7), seen("phone", 1, channel="direct"),
            link("phone", "anna", 5), link("phone", "bert", 7),
            Trait("anna", "name", "Anna Berg", 5), Trait("bert", "plan", "pro", 7),
            Grouping("bert", "acme", 7, {"name": "Acme"}),
        ),
    )  # fmt: skip


def person_of(identifier: str) -> Person:
    return Person.objects.get(identifiers__value=identifier)


def state() -> dict:
    """Everything but the hand-made links that are switched off: they count for nothing."""
    found = dump(with_ids=True)
    found["links"] = [row for row in found["links"] if not (row[2] == "manual" and row[6])]
    return found


def test_a_merge_joins_two_users_under_the_one_that_is_kept(seller, two_users):
    merged = merge_people(seller, person_of("bert").pk, [person_of("anna").pk])

    assert merged.identifier == "bert"
    assert persons() == [["anna", "bert", "phone"]]
    assert set(roots().values()) == {"bert"}
    assert (merged.name, merged.events, merged.first_channel) == ("Anna Berg", 3, "direct")
    assert AuditEntry.objects.get(verb="merge_people").actor == seller


def test_undoing_a_merge_restores_everything_as_it_was(seller, two_users):
    before = state()
    merged = merge_people(seller, person_of("bert").pk, [person_of("anna").pk])
    entry = MergeEntry.objects.get(kind="manual", undone_at=None)
    assert get_person(Person.objects.get(identifier="anna").pk) == merged
    assert state() != before

    undo_merge(seller, entry.pk)

    assert state() == before
    entry.refresh_from_db()
    assert (entry.merged_by, entry.undone_by) == (seller, seller)


def test_a_merge_that_was_undone_can_be_made_again(seller, two_users):
    for _ in range(3):
        merge_people(seller, person_of("bert").pk, [person_of("anna").pk])
        assert persons() == [["anna", "bert", "phone"]]
        undo_merge(seller, MergeEntry.objects.get(kind="manual", undone_at=None).pk)
        assert persons() == [["anna", "phone"], ["bert"]]


def test_undoing_what_an_event_said_lets_the_next_claim_count_and_stays_undone(seller, two_users):
    entry = MergeEntry.objects.get(undone_at=None)
    undo_merge(seller, entry.pk)
    assert persons() == [["anna"], ["bert", "phone"]]

    record_evidence("source:2", evidence(link("phone", "anna", 1)))
    assert persons() == [["anna"], ["bert", "phone"]]


def test_undoing_parts_two_that_several_links_hold_together(seller):
    record_evidence(
        SOURCE,
        evidence(seen("a"), seen("b"), user("U"), link("a", "b", 1), link("a", "U", 2),
                 link("b", "U", 3)),
    )  # fmt: skip
    undo_merge(seller, MergeEntry.objects.get(source__value="a", target__value="b").pk)
    together = roots()
    assert together["a"] != together["b"]


def test_splitting_takes_identifiers_out_for_good(seller, two_users):
    person = person_of("anna")
    phone = Identifier.objects.get(value="phone")
    LinkRow.objects.filter(source=phone, target__value="bert").delete()

    split_person(seller, person.pk, [phone.pk])

    assert persons() == [["anna"], ["bert"], ["phone"]]
    record_evidence(SOURCE, evidence(link("phone", "anna", 99)))
    assert persons() == [["anna"], ["bert"], ["phone"]]
    assert overrides() == {}
    with pytest.raises(ValidationError):
        split_person(seller, person.pk, [person.pk])


def test_who_may_not_edit_people_may_not_merge_them(two_users):
    viewer = make_user("viewer")
    with pytest.raises(PermissionDenied):
        merge_people(viewer, person_of("bert").pk, [person_of("anna").pk])
    with pytest.raises(PermissionDenied):
        undo_merge(viewer, MergeEntry.objects.get(undone_at=None).pk)
    with pytest.raises(PermissionDenied):
        split_person(viewer, person_of("anna").pk, [1])
    with pytest.raises(PermissionDenied):
        set_property(viewer, person_of("anna").pk, "plan", "x")


def test_a_property_by_hand_counts_until_events_say_something_later(seller, two_users):
    person = person_of("anna")
    set_property(seller, person.pk, "name", "Anna Kalniņa")
    assert person_of("anna").name == "Anna Kalniņa"
    record_evidence(SOURCE, evidence(Trait("anna", "name", "Late", 10)))
    assert person_of("anna").name == "Anna Kalniņa"
    record_evidence(SOURCE, evidence(Trait("anna", "name", "Newer", 9_000_000_000_000_000)))
    assert person_of("anna").name == "Newer"


def test_a_person_edited_by_hand_outlives_the_import_they_came_with(seller):
    record_evidence("import:1", evidence(user("kept", 1), user("gone", 1)))
    set_property(seller, person_of("kept").pk, "note", "called back")
    forget_origin("import:1")
    assert list(Identifier.objects.values_list("value", flat=True)) == ["kept"]
    assert Person.objects.get().is_visible


def test_companies_by_hand(seller, two_users):
    company = make_company(seller, "Berg & Co")
    anna = person_of("anna").pk
    assert add_members(seller, company.pk, [anna]) == 1
    assert person_of("anna").company == company
    remove_members(seller, company.pk, [anna])
    assert person_of("anna").company is None

    acme = Company.objects.get(key="acme")
    rename_company(seller, acme.pk, "Acme Ltd")
    record_evidence(SOURCE, evidence(Grouping("bert", "acme", 99, {"name": "ACME"})))
    acme.refresh_from_db()
    assert acme.name == "Acme Ltd"
    with pytest.raises(ValidationError):
        make_company(seller, "Berg & Co")
