"""The map from identifiers to persons that reports apply to events."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
from django.db.models import F, QuerySet

from suppilo.analytics.events import Int64
from suppilo.apps.people.models import IdentityState, Override


@dataclass(frozen=True, slots=True)
class Overrides:
    """Which paths' events belong to another path's person.

    Attributes
    ----------
    version
        What names these contents; 0 where there never was a merge.
    from_key, to_key
        The key (:func:`suppilo.lake.keys.path_key`) of each identifier that is not its person's
        root, ascending, and the key of its root.
    """

    version: int
    from_key: Int64
    to_key: Int64


_NONE = Overrides(0, np.empty(0, np.int64), np.empty(0, np.int64))
_lock = threading.Lock()
_kept = _NONE


def read_overrides() -> Overrides:
    """Return the map as it is now.

    The process keeps the last one and reads only what has changed since.
    """
    global _kept
    state = IdentityState.objects.filter(pk=1).values_list("version", "recent").first()
    if state is None:
        return _NONE
    version, recent = state
    kept = _kept
    if kept.version != version:
        changed = kept.version in recent
        kept = _bring_up_to_date(kept, version) if changed else _read_all(version)
        with _lock:
            _kept = kept
    return kept


def _read_all(version: int) -> Overrides:
    return Overrides(version, *_arrays(Override.objects.exclude(key=F("root_key"))))


def _bring_up_to_date(kept: Overrides, version: int) -> Overrides:
    keys, roots = _arrays(Override.objects.filter(version__gt=kept.version))
    stays = ~np.isin(kept.from_key, keys)
    goes = keys != roots
    from_key = np.concatenate([kept.from_key[stays], keys[goes]])
    to_key = np.concatenate([kept.to_key[stays], roots[goes]])
    order = np.argsort(from_key, kind="stable")
    return Overrides(version, from_key[order], to_key[order])


def _arrays(rows: QuerySet[Override]) -> tuple[Int64, Int64]:
    pairs = list(rows.order_by("key").values_list("key", "root_key"))
    table = np.array(pairs, np.int64).reshape(-1, 2)
    return np.ascontiguousarray(table[:, 0]), np.ascontiguousarray(table[:, 1])
