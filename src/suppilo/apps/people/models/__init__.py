"""The tables of people, of what was said about them, and of their companies."""

from suppilo.apps.people.models.identity import (
    Identifier,
    IdentityState,
    LinkRow,
    MergeEntry,
    Override,
    Person,
    Sighting,
)
from suppilo.apps.people.models.properties import Company, CompanyTrait, Membership, TraitValue
from suppilo.apps.people.models.views import SavedView

__all__ = [
    "Company",
    "CompanyTrait",
    "Identifier",
    "IdentityState",
    "LinkRow",
    "Membership",
    "MergeEntry",
    "Override",
    "Person",
    "SavedView",
    "Sighting",
    "TraitValue",
]
