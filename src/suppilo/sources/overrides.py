"""Which paths count as another one: merges of people, people of companies; applied on read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

from suppilo.analytics.events import Bool, Int64


@dataclass(frozen=True, eq=False)
class Overrides:
    """Path keys that are shown as others.

    Attributes
    ----------
    version
        What the owner of the overrides calls their present state.
    from_key
        The keys that are replaced, ascending, each once.
    to_key
        What each is replaced by. A target is final: it is never replaced by another key.
    unit
        What is counted by them: tables of different units are kept beside each other.
    is_whole
        Whether they name every path that counts, those that stay as they are too. The events of
        others are left out: of somebody who belongs to no company, say.
    """

    version: int
    from_key: Int64 = field(repr=False)
    to_key: Int64 = field(repr=False)
    unit: str = ""
    is_whole: bool = False

    def __len__(self) -> int:
        """Return how many keys are replaced."""
        return len(self.from_key)

    @cached_property
    def digest(self) -> str:
        """What tells these overrides from any others, whatever their version is called."""
        made = hashlib.blake2b(f"{self.unit}:{self.is_whole}:".encode(), digest_size=16)
        made.update(np.ascontiguousarray(self.from_key).data)
        made.update(np.ascontiguousarray(self.to_key).data)
        return made.hexdigest()

    @property
    def changes_nothing(self) -> bool:
        """Whether everything is shown as it is."""
        return not len(self) and not self.is_whole

    def apply(self, path: Int64) -> Int64:
        """Return what each path key is shown as."""
        if not len(self):
            return path
        place = self._places(path)
        return np.where(self.from_key[place] == path, self.to_key[place], path)

    def keeps(self, path: Int64) -> Bool:
        """Return which path keys are shown at all."""
        if not self.is_whole:
            return np.ones(len(path), np.bool_)
        if not len(self):
            return np.zeros(len(path), np.bool_)
        return np.asarray(self.from_key[self._places(path)] == path)

    def _places(self, path: Int64) -> Int64:
        return np.minimum(np.searchsorted(self.from_key, path), len(self) - 1)


_NO_KEYS = np.empty(0, np.int64)
NO_OVERRIDES = Overrides(0, _NO_KEYS, _NO_KEYS)


@lru_cache(maxsize=8)
def changed_keys(old: Overrides, new: Overrides) -> Int64:
    """Return the keys that are not shown alike by both, ascending.

    Both name every path that counts, or neither does.
    """
    if old is new:
        return _NO_KEYS
    both, in_old, in_new = np.intersect1d(
        old.from_key, new.from_key, assume_unique=True, return_indices=True
    )
    moved = both[old.to_key[in_old] != new.to_key[in_new]]
    gone = np.delete(old.from_key, in_old)
    come = np.delete(new.from_key, in_new)
    return np.sort(np.concatenate([moved, gone, come]))
