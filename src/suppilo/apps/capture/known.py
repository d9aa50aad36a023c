"""Which events are known: ids still in the inbox in memory, flushed ones in sorted runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from suppilo.apps.capture.ids import DamagedRunError, Ids, find_ids, open_run, split_digests
from suppilo.apps.capture.models import IdRun, Inbox


class KnownIds:
    """The ids of all events ever stored, with the checksums of what they said.

    Parameters
    ----------
    folder
        Where the runs' files are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pending: dict[bytes, int] = {}
        self._runs: dict[str, Ids] = {}

    def load(self) -> None:
        """Read everything anew.

        The inbox goes first: an id that moves from there to a run meanwhile is seen twice, which
        does no harm.

        Raises
        ------
        DamagedRunError
            If a run's file is missing or damaged.
        """
        rows = Inbox.objects.values_list("digest", "content").iterator(chunk_size=10_000)
        self._pending = {bytes(digest): content for digest, content in rows}
        self._runs = {}
        for file in _registered():
            self._runs[file] = open_run(self._folder / file)
            self._drop_covered(self._runs[file])

    def refresh(self) -> None:
        """Take up runs that were registered since, and let go of ids that they cover.

        Nothing is let go of before a run that covers it can be read.

        Raises
        ------
        DamagedRunError
            If a new run's file can't be used; what is known stays as it is.
        """
        registered = _registered()
        if set(registered) == self._runs.keys():
            return
        opened = {
            file: open_run(self._folder / file, verify=False)
            for file in registered
            if file not in self._runs
        }
        self._runs = {file: opened.get(file) or self._runs[file] for file in registered}
        for run in opened.values():
            self._drop_covered(run)

    def catch_up(self) -> None:
        """Take up what was stored without this being told: in the inbox now, or flushed since.

        Raises
        ------
        DamagedRunError
            If a new run's file can't be used.
        """
        rows = Inbox.objects.values_list("digest", "content").iterator(chunk_size=10_000)
        self._pending.update((bytes(digest), content) for digest, content in rows)
        self.refresh()

    def remember(self, ids: Mapping[bytes, int]) -> None:
        """Add ids that are in the inbox now."""
        self._pending.update(ids)

    def forget(self, digest: bytes) -> None:
        """Take out an id that has left the inbox for quarantine."""
        self._pending.pop(digest, None)

    def find(self, digests: Sequence[bytes]) -> list[int | None]:
        """Return each event's checksum of its content, or None where it is not known."""
        found = [self._pending.get(digest) for digest in digests]
        if not self._runs:
            return found
        unknown = [index for index, content in enumerate(found) if content is None]
        if unknown:
            self._search_runs(digests, unknown, found)
        return found

    def _search_runs(
        self, digests: Sequence[bytes], unknown: Sequence[int], found: list[int | None]
    ) -> None:
        first, second = split_digests([digests[index] for index in unknown])
        order = np.argsort(first)
        first, second = first[order], second[order]
        for run in self._runs.values():
            places, contents = find_ids(run, first, second)
            for place, content in zip(order[places].tolist(), contents.tolist(), strict=True):
                found[unknown[place]] = content

    def _drop_covered(self, run: Ids) -> None:
        digests = list(self._pending)
        if digests:
            places, _ = find_ids(run, *split_digests(digests))
            for place in places.tolist():
                del self._pending[digests[place]]

    def __len__(self) -> int:
        return len(self._pending) + sum(map(len, self._runs.values()))


def _registered() -> list[str]:
    live = IdRun.objects.filter(retired_at=None).order_by("id")
    return list(live.values_list("file", flat=True))


def check_ids(folder: Path) -> list[str]:
    """Return what is wrong with the registered files of ids; nothing if all can be used."""
    problems = []
    for file in _registered():
        try:
            open_run(folder / file)
        except DamagedRunError as error:
            problems.append(str(error))
    return problems
