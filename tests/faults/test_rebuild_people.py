"""Who is who can be computed again from evidence, and comes out as it is stored."""

from __future__ import annotations

import pytest

from people_support.people_world import SOURCE, dump, evidence, link, overrides, seen, user
from suppilo.apps.people.models import Identifier, MergeEntry, Override, Person
from suppilo.apps.people.services import (
    find_misplaced,
    merge_people,
    rebuild_people,
    record_evidence,
    undo_merge,
)
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> dict[str, list[tuple[object, ...]]]:
    """Return the whole state of several persons, one merged by hand and one merge undone."""
    said = [user("anna", 1), user("bert", 2), user("cora", 3), seen("alone", 4)]
    links = [link("phone", "anna", 5), link("phone", "bert", 6), link("tablet", "cora", 7),
             link("old", "phone", 8, "alias"), link("anna", "bert", 9, "alias")]  # fmt: skip
    record_evidence(SOURCE, evidence(*said, *links))
    seller = make_user("salesperson")
    merge_people(seller, *(lambda a, b: (a, [b]))(number("anna"), number("cora")))
    undo_merge(seller, MergeEntry.objects.get(source__value="tablet").pk)
    return dump()


def number(value: str) -> int:
    return Identifier.objects.get(value=value).pk


def test_what_is_stored_is_what_evidence_says(people):
    assert find_misplaced() == []
    assert rebuild_people() == 0
    assert dump() == people


def test_identifiers_that_went_to_the_wrong_person_are_found_and_come_back(people):
    Identifier.objects.filter(value="phone").update(person_id=number("bert"))
    Identifier.objects.filter(value="alone").update(person_id=number("anna"))
    Override.objects.filter(key=Identifier.objects.get(value="old").key).delete()
    Person.objects.filter(identifier="bert").update(events=99, name="Nobody")
    expected = sorted(number(one) for one in ("phone", "alone", "old"))
    assert [place.id for place in find_misplaced()] == expected
    assert rebuild_people() == 3
    assert find_misplaced() == []
    assert dict(people["overrides"]) == overrides()
    assert dump() == people
