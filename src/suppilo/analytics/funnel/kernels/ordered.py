"""The general way through sequential and strict funnels: every option, paths and attempts.

All rows of a path lie together in (path, at, order) order, each with the steps that it matches as
bits. The kernel walks each path (:mod:`walks`), compares what the walks found by the rule of the
counted chain (:mod:`nodes`), and writes one unit for each path, or each attempt, that counts.
"""

from __future__ import annotations

import numpy as np

from suppilo.analytics.compiled import inlined, kernel
from suppilo.analytics.funnel.kernels import UNLIMITED
from suppilo.analytics.funnel.kernels.matching import assign_rows
from suppilo.analytics.funnel.kernels.nodes import (
    END,
    FIELDS,
    FROM,
    PARENT,
    ROW,
    STEP,
    first_after,
    is_better,
)
from suppilo.analytics.funnel.kernels.optional import take_optional, take_optional_strict
from suppilo.analytics.funnel.kernels.walks import walk_sequential, walk_strict

(
    LEVELS, STEPS, STRICT, TIES_ANY, WINDOW, ENTER_LOW, ENTER_HIGH, FIRST_ENTRY, ATTEMPTS, STOP,
    EXCLUDES,
) = range(11)  # fmt: skip
"""Places in the kernel's array of settings."""

LONGEST, BEST, UNITS, WRITTEN, LEFT_OUT = range(5)
"""Places in the kernel's array of tallies: the path's longest chain, its longest clean one,
units and chain rows written so far, and paths that an exclusion left out whole."""


@inlined
def read_chain(
    nodes, node, level, chain, steps, mask, required, level_row, row_level, came_from, queue
):
    """Write the rows of a chain, by step; -1 where a step is not in it."""
    for step in range(steps):
        chain[step] = -1
    while node >= 0:
        base = node * FIELDS
        if nodes[base + END] - nodes[base + ROW] > 1:
            assign_rows(
                nodes[base + FROM], level, nodes[base + ROW], nodes[base + END], mask, required,
                level_row, row_level, came_from, queue, chain,
            )  # fmt: skip
        else:
            chain[nodes[base + STEP]] = nodes[base + ROW]
        level = nodes[base + FROM] - 1
        node = nodes[base + PARENT]
    return 0


@inlined
def walk_once(
    settings, at, live, mask, low, high, enter_low, enter_high, enter_row, excludes,
    required, level_of, within, ex_at, ex_low, ex_high, ex_after, ex_before,
    nodes, newest, before, earliest, level_row, row_level, came_from, queue, found,
):  # fmt: skip
    """Walk once; write the counted chain of this walk to ``found`` and return its level."""
    if settings[STRICT]:
        walk_strict(
            at, live, mask, low, high, required, settings[LEVELS], level_of, settings[STEPS],
            within, settings[WINDOW], enter_low, enter_high, enter_row, excludes,
            ex_at, ex_low, ex_high, ex_after, ex_before, nodes, newest, earliest,
        )  # fmt: skip
    else:
        walk_sequential(
            at, live, low, high, required, settings[LEVELS], within, settings[WINDOW],
            settings[TIES_ANY], enter_low, enter_high, enter_row, excludes,
            ex_at, ex_low, ex_high, ex_after, ex_before,
            nodes, newest, before, earliest, level_row, row_level, came_from, queue,
        )  # fmt: skip
    for level in range(settings[LEVELS] - 1, -1, -1):
        if earliest[level] >= 0:
            read_chain(
                nodes, earliest[level], level, found, settings[STEPS], live, required,
                level_row, row_level, came_from, queue,
            )  # fmt: skip
            return level + 1
    return 0


@inlined
def keep_better(found, level, best, best_level, settings, at, required):
    """Copy ``found`` over ``best`` where it is the one that counts; return the level kept."""
    if level == 0:
        return best_level
    if best_level > 0 and not is_better(
        found, level, best, best_level, at, settings[TIES_ANY] == 0, required, settings[STEPS]
    ):
        return best_level
    for step in range(settings[STEPS]):
        best[step] = found[step]
    return level


@inlined
def search(
    settings, at, live, mask, low, high, enter_low, enter_high, enter_row,
    required, level_of, within, ex_at, ex_low, ex_high, ex_after, ex_before,
    any_at, any_low, any_high, nodes, newest, before, earliest,
    level_row, row_level, came_from, queue, found, plain, best, tally,
):  # fmt: skip
    """Find the longest chain (``plain``) and the counted clean one (``best``) of one stretch.

    A chain that stops between the two steps of an exclusion must be clean until its own window
    ends, so the latest entry is not always the best one. It is among the entries before each
    bound "excluding event minus window": one walk for each bound finds it.
    """
    window = settings[WINDOW]
    excluding = any_high > any_low
    excludes = np.int64(0)
    bound = enter_high
    place = any_high
    while bound > enter_low:
        level = walk_once(
            settings, at, live, mask, low, high, enter_low, bound, enter_row, excludes,
            required, level_of, within, ex_at, ex_low, ex_high, ex_after, ex_before,
            nodes, newest, before, earliest, level_row, row_level, came_from, queue, found,
        )  # fmt: skip
        if excludes == 0:
            tally[LONGEST] = keep_better(
                found, level, plain, tally[LONGEST], settings, at, required
            )
            if excluding:
                excludes = settings[EXCLUDES]
                continue
        tally[BEST] = keep_better(found, level, best, tally[BEST], settings, at, required)
        if not excluding or window >= UNLIMITED:
            break
        place -= 1
        while place >= any_low and any_at[place] - window >= bound:
            place -= 1
        if place < any_low:
            break
        bound = any_at[place] - window
    return 0


@inlined
def search_values(
    settings, at, open_mask, mask, code, live, seen, stamp, low, high, enter_low, enter_high,
    enter_row, required, level_of, within, ex_at, ex_low, ex_high, ex_after, ex_before,
    any_at, any_low, any_high, nodes, newest, before, earliest,
    level_row, row_level, came_from, queue, found, plain, best, tally,
):  # fmt: skip
    """Search once, or once for each value that is held constant."""
    tally[LONGEST] = 0
    tally[BEST] = 0
    holding = len(code) > 0
    rows = live if holding else open_mask
    for entry in range(low, high):
        if holding:
            value = code[entry]
            if open_mask[entry] & 1 == 0 or value < 0 or seen[value] == stamp:
                continue
            if not enter_low <= at[entry] < enter_high or (enter_row >= 0 and entry != enter_row):
                continue
            seen[value] = stamp
            for row in range(low, high):
                live[row] = open_mask[row] if code[row] == value else 0
        search(
            settings, at, rows, mask, low, high, enter_low, enter_high, enter_row,
            required, level_of, within, ex_at, ex_low, ex_high, ex_after, ex_before,
            any_at, any_low, any_high, nodes, newest, before, earliest,
            level_row, row_level, came_from, queue, found, plain, best, tally,
        )  # fmt: skip
        if not holding:
            break
    return 0


@inlined
def add_optional(settings, at, open_mask, mask, code, low, high, required, within, best, tally):
    """Add the optional steps to the counted chain."""
    if settings[STRICT]:
        take_optional_strict(
            best, tally[BEST], at, open_mask, mask, code, high, required, settings[LEVELS],
            settings[STEPS], within, settings[WINDOW],
        )  # fmt: skip
    else:
        take_optional(
            best, tally[BEST], at, open_mask, code, low, high, required, settings[LEVELS],
            settings[STEPS], within, settings[WINDOW], settings[TIES_ANY],
        )  # fmt: skip
    return 0


@inlined
def write_unit(settings, best, tally, here, unit_path, unit_level, unit_start, chain_row):
    """Write the counted chain out, as far as it goes."""
    unit = tally[UNITS]
    unit_path[unit] = here
    unit_level[unit] = tally[BEST]
    last = settings[STEPS] - 1
    while best[last] < 0:
        last -= 1
    for step in range(last + 1):
        chain_row[tally[WRITTEN]] = best[step]
        tally[WRITTEN] += 1
    tally[UNITS] = unit + 1
    unit_start[unit + 1] = tally[WRITTEN]
    return 0


@inlined
def soiled_at(
    settings, at, plain, level_count, required, ex_at, ex_low, ex_high, ex_after, ex_before
):
    """Return when the first excluding event makes a chain dirty."""
    earliest = UNLIMITED
    for which in range(settings[EXCLUDES]):
        if ex_after[which] >= level_count:
            continue
        since = at[plain[required[ex_after[which]]]]
        place = first_after(ex_at, ex_low[which], ex_high[which], since)
        if place >= ex_high[which]:
            continue
        if ex_before[which] < level_count:
            soils = ex_at[place] < at[plain[required[ex_before[which]]]]
        else:
            soils = ex_at[place] <= at[plain[0]] + settings[WINDOW]
        if soils:
            earliest = min(earliest, ex_at[place])
    return earliest


@kernel(
    "int64[]", "int64[]", "int64[]", "int64[]", "int64[]", "int64[]", "int64[]", "int64[]",
    "int64[]", "int64[]", "int64[]", "int64[]", "int64[]", "int64[]", "int64[]", "int64[]",
    "int64[]", "int64[]", "int64[]", "int64[]", "int64[]", "int64[]", "int64[]", "int64[]",
    "int64[]", "int64[]", "int64[]", "int64[]", "int64[]", "int64[]", "int64[]", "int64[]",
    "int64[]", "int64[]", "int64[]", "int64[]",
)  # fmt: skip
def trace_chains(
    settings, path, at, mask, code, required, level_of, within,
    ex_path, ex_at, ex_start, ex_after, ex_before, any_path, any_at,
    ex_low, ex_high, open_mask, live, seen, nodes, newest, before, earliest,
    level_row, row_level, came_from, queue, found, plain, best, tally,
    unit_path, unit_level, unit_start, chain_row,
):  # fmt: skip
    """Walk all paths; write each counted unit's path, level and chain rows."""
    excludes = settings[EXCLUDES]
    by_row = settings[STRICT] != 0 or settings[TIES_ANY] == 0
    for which in range(excludes):
        ex_high[which] = ex_start[which]
    any_high = np.int64(0)
    stamp = np.int64(0)
    size = len(path)
    low = np.int64(0)
    while low < size:
        here = path[low]
        high = low + 1
        while high < size and path[high] == here:
            high += 1
        for which in range(excludes):
            place = ex_high[which]
            while place < ex_start[which + 1] and ex_path[place] < here:
                place += 1
            ex_low[which] = place
            while place < ex_start[which + 1] and ex_path[place] == here:
                place += 1
            ex_high[which] = place
        any_low = any_high
        while any_low < len(any_path) and any_path[any_low] < here:
            any_low += 1
        any_high = any_low
        while any_high < len(any_path) and any_path[any_high] == here:
            any_high += 1
        entry = low
        while entry < high and mask[entry] & 1 == 0:
            entry += 1
        if entry == high:
            low = high
            continue
        attempts = settings[ATTEMPTS] != 0
        rows = open_mask if attempts else mask
        if attempts:
            for row in range(low, high):
                open_mask[row] = mask[row] if len(code) == 0 or code[row] >= 0 else 0
        begin = low
        while begin < high:
            if attempts:
                entry = begin
                while entry < high and open_mask[entry] & 1 == 0:
                    entry += 1
                if entry == high:
                    break
                begin = entry
                if not by_row:
                    while begin > low and at[begin - 1] == at[entry]:
                        begin -= 1
            enter_low = settings[ENTER_LOW]
            enter_high = settings[ENTER_HIGH]
            enter_row = np.int64(-1)
            if attempts:
                enter_low = at[entry]
                enter_high = at[entry] + 1
            elif settings[FIRST_ENTRY]:
                enter_low = max(enter_low, at[entry])
                enter_high = min(enter_high, at[entry] + 1)
            if by_row and (attempts or settings[FIRST_ENTRY]):
                enter_row = entry
            stamp += 1
            search_values(
                settings, at, rows, mask, code, live, seen, stamp, begin, high, enter_low,
                enter_high, enter_row, required, level_of, within, ex_at, ex_low, ex_high,
                ex_after, ex_before, any_at, any_low, any_high, nodes, newest, before, earliest,
                level_row, row_level, came_from, queue, found, plain, best, tally,
            )  # fmt: skip
            converted = tally[BEST] == settings[LEVELS]
            excluded = tally[LONGEST] > tally[BEST] and not (attempts and converted)
            counts = tally[BEST] > 0 and not (excluded and settings[STOP] == 0)
            if counts:
                add_optional(
                    settings, at, rows, mask, code, begin, high, required, within, best, tally
                )
                if settings[ENTER_LOW] <= at[best[0]] < settings[ENTER_HIGH]:
                    write_unit(
                        settings, best, tally, here, unit_path, unit_level, unit_start, chain_row
                    )
            if not attempts:
                if tally[LONGEST] > 0 and not counts:
                    tally[LEFT_OUT] += 1
                break
            open_mask[entry] = 0
            if converted:
                last = best[required[settings[LEVELS] - 1]]
                for step in range(settings[STEPS]):
                    if best[step] >= 0:
                        open_mask[best[step]] = 0
                begin = last + 1
                if not by_row:
                    begin = last
                    while begin > low and at[begin - 1] == at[last]:
                        begin -= 1
            elif excluded:
                since = soiled_at(
                    settings, at, plain, tally[LONGEST], required,
                    ex_at, ex_low, ex_high, ex_after, ex_before,
                )  # fmt: skip
                begin = entry + 1
                while begin < high and at[begin] < since:
                    begin += 1
            else:
                if settings[WINDOW] >= UNLIMITED:
                    break
                begin = entry + 1
                while begin < high and at[begin] <= at[entry] + settings[WINDOW]:
                    begin += 1
        low = high
    return tally[UNITS]
