"""A simulated company's records: columns of events, who is who, companies, and ad spend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.events import Int32, Int64, PropertyValues
from suppilo.analytics.simulate.truth import Truth

Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Events:
    """All events in the order of time, one value per row in each column.

    Attributes
    ----------
    identifier
        What the event came with: an index into ``World.identifiers``.
    person
        Who it really was: 0 to ``truth.people - 1``.
    properties
        By name; numbers are NaN, and texts have code -1, where a row has none.
    """

    at_us: Int64
    name: PropertyValues
    identifier: Int32
    person: Int32
    event_id: tuple[str, ...]
    session_id: PropertyValues
    properties: Mapping[str, PropertyValues | Float64]

    def __len__(self) -> int:
        return len(self.at_us)

    def text(self, name: str) -> PropertyValues:
        """Return a property whose values are texts."""
        values = self.properties[name]
        if not isinstance(values, PropertyValues):
            raise TypeError(f"the values of {name!r} are numbers")
        return values


@dataclass(frozen=True, slots=True)
class Links:
    """Devices that became known: ``source`` and ``target`` are indices into the identifiers.

    ``row`` is the ``identify`` event. ``is_shared`` marks devices that belonged to somebody else
    already: these links must not join anybody.
    """

    source: Int32
    target: Int32
    at_us: Int64
    row: Int64
    is_shared: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of the known people, from ``at_us`` on; one value per person and trait."""

    identifier: Int32
    at_us: Int64
    values: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Companies:
    """The customers' companies."""

    id: tuple[str, ...]
    name: tuple[str, ...]
    industry: tuple[str, ...]
    country: tuple[str, ...]
    employees: Int64


@dataclass(frozen=True, slots=True)
class Groupings:
    """Who works where: ``company`` is an index into ``World.companies``."""

    identifier: Int32
    company: Int32
    at_us: Int64


@dataclass(frozen=True, slots=True)
class Spend:
    """What the ads of a campaign cost on a day, in currency units, and what they brought."""

    day_us: Int64
    channel: tuple[str, ...]
    campaign: tuple[str, ...]
    impressions: Int64
    clicks: Int64
    cost: Float64
    currency: str


@dataclass(frozen=True, slots=True)
class World:
    """A simulated company: its records, and the truth that they were drawn from.

    ``owner[i]`` is the person to whom ``identifiers[i]`` belongs.
    """

    truth: Truth
    events: Events
    identifiers: tuple[str, ...]
    is_known: NDArray[np.bool_]
    owner: Int32
    links: Links
    traits: Traits
    companies: Companies
    groupings: Groupings
    spend: Spend
