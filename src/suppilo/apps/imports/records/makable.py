"""Texts of a file that may become something new here: products, and reasons for losing deals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suppilo.apps.accounts.permissions import Permission, allows, require

if TYPE_CHECKING:
    from suppilo.apps.accounts.models import User

NEW = "+new"
"""Stands for "make it new" where else the id or key of what there is would stand."""
_MARK = "+new:"

MAKABLE: Mapping[str, Permission] = {
    "product": Permission.MANAGE_CATALOGUE,
    "lost_reason": Permission.MANAGE_PIPELINES,
}
"""The fields whose texts may, and what a role must allow for it."""


def as_new(name: str) -> str:
    """Return the value of a field that is to be made new under a name."""
    return f"{_MARK}{name}"


def is_new(value: str) -> bool:
    """Return whether a value is to be made new."""
    return value.startswith(_MARK)


def bare_name(value: str) -> str:
    """Return a value without the mark that it is to be made new."""
    return value.removeprefix(_MARK)


def list_makable(actor: User | None) -> set[str]:
    """Return the fields whose texts somebody may make something new of."""
    if actor is None:
        return set()
    return {name for name, needed in MAKABLE.items() if allows(actor, needed)}


def require_making(actor: User, options: Mapping[str, Any]) -> None:
    """Make sure that somebody may make new all that options say is to be made.

    Raises
    ------
    PermissionDenied
        If the role may not edit the catalogue, or the lists of reasons.
    """
    for name in sorted(find_asked(options)):
        require(actor, MAKABLE[name])


def find_asked(options: Mapping[str, Any]) -> set[str]:
    """Return the fields of which texts are to be made new."""
    values = options.get("values", {})
    rest = set(options.get("new", ()))
    return {name for name in MAKABLE if name in rest or NEW in values.get(name, {}).values()}
