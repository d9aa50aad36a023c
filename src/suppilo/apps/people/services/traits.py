"""Properties as they arrive: a row for each value, with the first and the last time."""

from __future__ import annotations

from suppilo.apps.people.bulk import write_rows
from suppilo.apps.people.evidence import Evidence
from suppilo.apps.people.models import TraitValue
from suppilo.apps.people.services.identifiers import Register
from suppilo.apps.people.values import clean_text, json_text
from suppilo.lake.keys import path_key

Key = tuple[int, str, bool, str]

COLUMNS = ("identifier_id", "name", "once", "value", "digest", "first_us", "last_us",
           "origin", "is_current")  # fmt: skip


def write_traits(found: Register, origin: str, evidence: Evidence) -> None:
    """Write what the evidence says of properties."""
    given: dict[Key, tuple[int, int]] = {}
    for trait in evidence.traits:
        name = clean_text(trait.name)
        key = (found.ids[trait.identifier], name, trait.once, json_text(trait.value))
        first, last = given.get(key, (trait.at_us, trait.at_us))
        given[key] = (min(first, trait.at_us), max(last, trait.at_us))
    rows = [
        (*key, path_key(key[3]), *times, origin, key[0] in found.made)
        for key, times in given.items()
    ]
    write_rows(
        TraitValue,
        COLUMNS,
        rows,
        unique=("identifier_id", "name", "digest", "once", "origin"),
        on_conflict={"first_us": "smallest", "last_us": "largest"},
    )
