"""A small company's people, for pages."""

from __future__ import annotations

from people_support.people_world import SOURCE, evidence, link, seen, user
from suppilo.apps.people.evidence import Grouping, Trait
from suppilo.apps.people.models import Person
from suppilo.apps.people.services import record_evidence

DAY = 86_400_000_000
NOW_US = 1_763_000_000_000_000
NAMES = ["Anna Kalniņa", "Bert Ozols", "Carla Virtanen", "Dmitri Petrov", "Eva Nagy"]
CHANNELS = ["paid_search", "organic_search", "email", "direct", "referral"]


def make_people(count: int = 20) -> None:
    """Make known people with a device each, properties and companies, and as many anonymous."""
    said: list[object] = []
    for n in range(count):
        at = NOW_US - n * DAY
        name, channel = NAMES[n % 5], CHANNELS[n % 5]
        said += [
            seen(f"device-{n}", at - DAY, events=3, channel=channel),
            user(f"user-{n}", at, events=4, channel="email"),
            seen(f"visitor-{n}", at, channel=channel),
            link(f"device-{n}", f"user-{n}", at),
            Trait(f"user-{n}", "name", f"{name} {n}", at),
            Trait(f"user-{n}", "email", f"{name.split()[0].lower()}{n}@example.com", at),
            Trait(f"user-{n}", "plan", "free", at - DAY),
            Trait(f"user-{n}", "plan", ["pro", "team"][n % 2], at),
            Grouping(f"user-{n}", f"acme-{n % 3}", at, {"name": f"Acme {n % 3}", "seats": 10 + n}),
        ]
    record_evidence(SOURCE, evidence(*said))


def person_of(identifier: str) -> Person:
    """Return whom an identifier belongs to."""
    return Person.objects.get(identifiers__value=identifier)
