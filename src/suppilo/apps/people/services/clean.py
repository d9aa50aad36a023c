"""What of the evidence can be used."""

from __future__ import annotations

from dataclasses import replace

from suppilo.apps.people.blocked import is_blocked, is_usable
from suppilo.apps.people.evidence import Evidence, Grouping, Link


def clean_evidence(evidence: Evidence) -> Evidence:
    """Return the evidence without what says nothing.

    A blocked identifier may be seen, but it is never known, linked or a company's; a link from
    an identifier to itself is none.
    """
    return Evidence(
        sightings=[
            replace(one, is_known=False) if one.is_known and is_blocked(one.identifier) else one
            for one in evidence.sightings
            if is_usable(one.identifier)
        ],
        links=[one for one in evidence.links if _links_two(one)],
        traits=[one for one in evidence.traits if is_usable(one.identifier)],
        groupings=[one for one in evidence.groupings if _names_a_company(one)],
    )


def _links_two(link: Link) -> bool:
    return link.source != link.target and _says_who(link.source) and _says_who(link.target)


def _names_a_company(said: Grouping) -> bool:
    return is_usable(said.identifier) and _says_who(said.company)


def _says_who(text: str) -> bool:
    return is_usable(text) and not is_blocked(text)
