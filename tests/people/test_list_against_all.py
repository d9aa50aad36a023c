"""Lists of people, filter by filter and order by order, against what a look at everybody gives."""

from __future__ import annotations

from itertools import product

import pytest
from django.db import connection

from people_support.people_pages import DAY, NOW_US, make_people
from suppilo.apps.people.models import Person
from suppilo.apps.people.selectors import (
    PeopleFilter,
    count_people,
    find_people,
    list_people,
    listing,
)

pytestmark = pytest.mark.django_db

KEYS = {
    "seen": lambda one: (-one.last_seen_us, -one.pk),
    "new": lambda one: (-one.first_seen_us, -one.pk),
    "name": lambda one: (bytes(one.name_key), one.pk),
    "events": lambda one: (-one.events, -one.pk),
}
CHOICES = list(product((None, True, False), (None, True), ("", "email"), (None, -3, 30)))


@pytest.mark.parametrize("few", [0, 2_000])
def test_every_filter_in_every_order_lists_whom_a_look_at_everybody_finds(few, monkeypatch):
    make_people()
    monkeypatch.setattr(listing, "_FEW", few)
    everybody = list(Person.objects.filter(is_visible=True))
    for is_known, has_email, channel, days in CHOICES:
        since = None if days is None else NOW_US - days * DAY // 2
        right = [
            one for one in everybody
            if is_known in (None, one.is_known) and has_email in (None, one.has_email)
            and channel in ("", one.first_channel) and (since is None or one.last_seen_us >= since)
        ]  # fmt: skip
        for order, key in KEYS.items():
            asked = PeopleFilter(
                is_known=is_known, has_email=has_email, channel=channel, seen_since_us=since,
                order=order,
            )  # fmt: skip
            found = [one.pk for one in list_people(asked, 100).people]
            assert found == [one.pk for one in sorted(right, key=key)]
        assert count_people(asked) == len(right)


@pytest.mark.parametrize(
    ("given", "index"),
    [
        ({"is_known": True, "order": "name"}, "person_known_name"),
        ({"has_email": True, "order": "name"}, "person_email_name"),
        ({"is_known": True, "channel": "email"}, "person_known_channel"),
        ({"has_email": True, "channel": "email"}, "person_email_channel"),
    ],
)
def test_the_few_known_people_are_not_looked_for_among_all(given, index):
    asked = PeopleFilter(**given)
    column, falling = listing.ORDERS[asked.order]
    sign = "-" if falling else ""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # so few rows are read whole otherwise
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
    found = find_people(asked).order_by(f"{sign}{column}", f"{sign}id")[:51]
    assert index in found.explain()
