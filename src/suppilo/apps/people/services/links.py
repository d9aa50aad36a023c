"""Links as they arrive: one row for each pair, kind and origin, with its earliest time."""

from __future__ import annotations

from suppilo.apps.people.bulk import read_rows, write_rows
from suppilo.apps.people.evidence import Evidence
from suppilo.apps.people.models import LinkRow
from suppilo.apps.people.services.identifiers import Register
from suppilo.apps.people.values import clean_text

Pair = tuple[int, int, str]
Moment = tuple[int, str]


def write_links(found: Register, origin: str, evidence: Evidence) -> set[int]:
    """Write the links that are news; return the identifiers at their ends."""
    given: dict[Pair, Moment] = {}
    for link in evidence.links:
        pair = (found.ids[link.source], found.ids[link.target], link.kind)
        moment = (link.at_us, clean_text(link.event_id))
        given[pair] = min(moment, given.get(pair, moment))
    stored = _read_stored(found, origin, given)
    news = {pair: at for pair, at in given.items() if pair not in stored or at < stored[pair]}
    write_rows(
        LinkRow,
        ("source_id", "target_id", "kind", "origin", "at_us", "event_id"),
        [(*pair, origin, *moment) for pair, moment in news.items()],
        unique=("source_id", "target_id", "kind", "origin"),
        on_conflict={"at_us": "replace", "event_id": "replace"},
    )
    return {end for pair in news for end in pair[:2]}


def _read_stored(found: Register, origin: str, given: dict[Pair, Moment]) -> dict[Pair, Moment]:
    old = sorted({pair[0] for pair in given} - found.made)
    columns = ("source_id", "target_id", "kind", "origin", "at_us", "event_id")
    rows = read_rows(LinkRow, "source_id", old, columns)
    return {
        (source, target, kind): (at_us, event_id)
        for source, target, kind, whose, at_us, event_id in rows
        if whose == origin
    }
