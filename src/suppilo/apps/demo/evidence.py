"""What a simulated company's events say about who is who."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.simulate import World
from suppilo.apps.people.evidence import Evidence, Grouping, Link, Sighting, Trait

_TOUCH = (
    "channel", "utm_source", "utm_medium", "utm_campaign", "referrer_host", "url_path",
)  # fmt: skip


def make_evidence(world: World, source: str) -> Evidence:
    """Return what one source's events say about the people who became known.

    Links, traits and companies come with the evidence of the shop, the first of the sources.
    """
    values = world.events.text("source")
    is_known = _belong_to_known(world)[world.events.identifier]
    rows = np.flatnonzero((values.codes == values.labels.index(source)) & is_known)
    sightings = tuple(_find_sightings(world, rows))
    if source != values.labels[0]:
        return Evidence(sightings)
    return Evidence(
        sightings,
        tuple(_find_links(world)),
        tuple(_find_traits(world)),
        tuple(_find_groupings(world)),
    )


def list_visitors(world: World) -> Int64:
    """Return the identifiers of those who never became known; only the shop saw them."""
    seen = np.unique(world.events.identifier)
    return np.asarray(seen[~_belong_to_known(world)[seen]], np.int64)


def make_visitors(world: World, identifiers: Int64) -> Evidence:
    """Return the sightings of some visitors who never became known."""
    wanted = np.zeros(len(world.identifiers), np.bool_)
    wanted[identifiers] = True
    rows = np.flatnonzero(wanted[world.events.identifier])
    return Evidence(tuple(_find_sightings(world, rows)))


def _belong_to_known(world: World) -> Bool:
    """Return which identifiers belong to people who became known."""
    known = np.zeros(world.truth.people, np.bool_)
    known[world.owner[world.is_known]] = True
    return np.asarray(known[world.owner])


def _find_sightings(world: World, rows: Int64) -> Iterator[Sighting]:
    """Yield each identifier with its first and last event; rows are in the order of time."""
    identifier = world.events.identifier[rows]
    seen, first, counts = np.unique(identifier, return_index=True, return_counts=True)
    last = len(identifier) - 1 - np.unique(identifier[::-1], return_index=True)[1]
    at_us, touch = world.events.at_us, _Touches(world)
    for code, begin, end, count in zip(
        seen.tolist(), rows[first].tolist(), rows[last].tolist(), counts.tolist(), strict=True
    ):
        yield Sighting(
            identifier=world.identifiers[code],
            is_known=bool(world.is_known[code]),
            first_at_us=int(at_us[begin]),
            last_at_us=int(at_us[end]),
            events=count,
            first_touch=touch.at(begin),
            last_touch=touch.at(end),
        )


class _Touches:
    """How people came, row by row; nothing where an event came from a server."""

    def __init__(self, world: World) -> None:
        self._columns = [
            (name, values.codes.tolist(), values.labels)
            for name, values in ((name, world.events.text(name)) for name in _TOUCH)
        ]

    def at(self, row: int) -> dict[str, str]:
        """Return the channel, campaign and the like of one event."""
        return {
            name: str(labels[codes[row]])
            for name, codes, labels in self._columns
            if codes[row] >= 0
        }


def _find_links(world: World) -> Iterator[Link]:
    links = world.links
    for source, target, at_us, row in zip(
        links.source.tolist(), links.target.tolist(), links.at_us.tolist(), links.row.tolist(),
        strict=True,
    ):  # fmt: skip
        yield Link(
            source=world.identifiers[source],
            target=world.identifiers[target],
            at_us=at_us,
            event_id=world.events.event_id[row],
            kind="identify",
        )


def _find_traits(world: World) -> Iterator[Trait]:
    traits = world.traits
    for name, values in traits.values.items():
        for code, at_us, value in zip(
            traits.identifier.tolist(), traits.at_us.tolist(), values, strict=True
        ):
            if value:
                yield Trait(world.identifiers[code], name, value, at_us)


def _find_groupings(world: World) -> Iterator[Grouping]:
    companies, groupings = world.companies, world.groupings
    for code, company, at_us in zip(
        groupings.identifier.tolist(), groupings.company.tolist(), groupings.at_us.tolist(),
        strict=True,
    ):  # fmt: skip
        traits = {
            "name": companies.name[company],
            "industry": companies.industry[company],
            "country": companies.country[company],
            "employees": int(companies.employees[company]),
        }
        yield Grouping(world.identifiers[code], companies.id[company], at_us, traits)
