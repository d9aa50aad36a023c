"""Verbs that write people: take evidence in, merge, undo, split, edit."""

from suppilo.apps.people.services.editing import set_property
from suppilo.apps.people.services.forget import forget_origin
from suppilo.apps.people.services.members import (
    add_members,
    make_company,
    remove_members,
    rename_company,
)
from suppilo.apps.people.services.merging import merge_people, split_person, undo_merge
from suppilo.apps.people.services.named import record_companies
from suppilo.apps.people.services.rebuild import find_misplaced, rebuild_people
from suppilo.apps.people.services.record import record_evidence
from suppilo.apps.people.services.views import delete_view, save_view

__all__ = [
    "add_members",
    "delete_view",
    "find_misplaced",
    "forget_origin",
    "make_company",
    "merge_people",
    "rebuild_people",
    "record_companies",
    "record_evidence",
    "remove_members",
    "rename_company",
    "save_view",
    "set_property",
    "split_person",
    "undo_merge",
]
