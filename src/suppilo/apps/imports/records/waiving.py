"""Who may give the reason that lets deals of a file stand where they lack something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from suppilo.apps.deals.services.passing import may_waive, name_waivers
from suppilo.apps.imports.models import ImportKind
from suppilo.apps.pipelines.models import Pipeline

if TYPE_CHECKING:
    from suppilo.apps.accounts.models import User

_KINDS = (ImportKind.DEALS, ImportKind.STAGES)


@dataclass(frozen=True, slots=True)
class Waiving:
    """Whether somebody may waive what deals of a file lack, and whose role may."""

    is_allowed: bool
    who: str


def find_waiving(kind: str, user: User, options: Mapping[str, Any]) -> Waiving | None:
    """Return who may waive what deals of a file lack; None for files that move none.

    By the pipeline that was chosen; a file may name others, so any pipeline's waivers are offered
    the field, and each row is judged by its own.
    """
    if kind not in _KINDS:
        return None
    rows = Pipeline.objects.filter(is_archived=False).select_related("current")
    versions = {row.pk: row.current for row in rows if row.current is not None}
    if not versions:
        return Waiving(is_allowed=False, who="")
    chosen = str(options.get("pipeline") or "")
    own = versions.get(int(chosen) if chosen.isdecimal() else 0) or next(iter(versions.values()))
    return Waiving(any(may_waive(user, one) for one in versions.values()), name_waivers(own))
