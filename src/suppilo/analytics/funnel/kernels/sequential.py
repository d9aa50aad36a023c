"""The fast way through a sequential funnel whose steps share no event.

One linear pass over the paths. In each path, each step's events are joined in time order with the
chains that already stand at the step before. Of all chains that end at or before an event, the
newest begins last and ends last at once, so it alone decides whether the event can lengthen one
(``docs/explanation/algorithms/funnel.md`` has the proof). A step that few paths reach costs next
to nothing, which is why the cost is nearly flat in the number of steps.
"""

from __future__ import annotations

import numpy as np

from suppilo.analytics.compiled import inlined, kernel, load_int64
from suppilo.analytics.funnel.kernels import UNLIMITED


@inlined
def skip_to(path, row, size, here):
    """Return the first row at or after ``row`` whose path is not before ``here``."""
    stride = 1
    while row < size and load_int64(path, row) < here:
        stride = 1
        while row + stride < size and load_int64(path, row + stride) < here:
            row += stride
            stride *= 2
        row += 1
    return row


@inlined
def enter_path(path, at, row, size, low, high, first_only, index, first, standing):
    """Begin a chain at each step-1 event of one path with an entry date in ``[low, high)``.

    Of events of one moment the first row serves; the others would only make equal chains.
    Returns the row after the path's last; ``standing[0]`` becomes the number of chains.
    """
    count = 0
    here = load_int64(path, row)
    earliest = load_int64(at, row)
    latest = np.int64(-UNLIMITED)
    while row < size and load_int64(path, row) == here:
        moment = load_int64(at, row)
        if moment != latest and low <= moment < high and (first_only == 0 or moment == earliest):
            index[count] = row
            first[count] = moment
            latest = moment
            count += 1
        row += 1
    standing[0] = count
    return row


@inlined
def extend_chains(
    before_at, chains, chains_end, path, at, row, size, here, window, within,
    last, index, first, parent, start,
):  # fmt: skip
    """Lengthen one path's chains by the events of the next step; return how many stand there."""
    count = 0
    chain = chains
    lengthened = np.int64(-UNLIMITED)
    while row < size and load_int64(path, row) == here:
        moment = load_int64(at, row)
        while chain < chains_end and load_int64(before_at, index[chain]) <= moment:
            chain += 1
        if chain > chains and moment != lengthened:
            newest = chain - 1
            if (
                moment - first[newest] <= window
                and moment - load_int64(before_at, index[newest]) <= within
            ):
                index[start + count] = row
                first[start + count] = first[newest]
                parent[start + count] = newest
                lengthened = moment
                count += 1
                if last:  # Only the earliest chain of the last step is ever asked for.
                    return count
        row += 1
    return count


@kernel(
    "int64[]", "int64[]", "int64[]", "int64[]", "int64[]", "int64", "int64", "int64", "int64",
    "int64[]", "int64[]", "int64[]", "int64[]", "int64[]",
    "int64[]", "int64[]", "int64[]", "int64[]",
)  # fmt: skip
def trace_paths(
    paths, ats, sizes, starts, within, window, low, high, first_only,
    position, standing, index, first, parent, unit, row, at, counts,
):  # fmt: skip
    """Walk all paths that have a step-1 event; write each one's counted chain."""
    steps = len(sizes)
    units = 0
    begin = np.int64(0)
    while begin < sizes[0]:
        here = load_int64(paths[0], begin)
        begin = enter_path(
            paths[0], ats[0], begin, sizes[0], low, high, first_only, index, first, standing
        )
        reached = 0
        while standing[reached] > 0 and reached + 1 < steps:
            step = reached + 1
            position[step] = skip_to(paths[step], position[step], sizes[step], here)
            standing[step] = extend_chains(
                ats[reached], starts[reached], starts[reached] + standing[reached],
                paths[step], ats[step], position[step], sizes[step], here, window, within[step],
                step + 1 == steps, index, first, parent, starts[step],
            )  # fmt: skip
            reached += 1
        if standing[reached] == 0:
            reached -= 1
        if reached < 0:
            continue
        chain = starts[reached]
        for step in range(reached, -1, -1):
            place = starts[step] + counts[step]
            unit[place] = units
            row[place] = index[chain]
            at[place] = load_int64(ats[step], index[chain])
            counts[step] += 1
            chain = parent[chain]
        units += 1
    return units
