"""Funnels in any order: the most different steps done within one window.

A path's window slides over its events. Steps are matched to events so that one event serves one
step: the matching grows when an event enters the window and is mended when one leaves. The sets
of events that can be matched form a matroid, so the counted set - each event as late as can be -
is found greedily from the end.
"""

from __future__ import annotations

import numpy as np

from suppilo.analytics.compiled import inlined, kernel


@inlined
def add_row(row, first, mask, steps, step_row, row_step, came_from, queue):
    """Match one more row to a step, moving others if need be. ``row_step`` starts at ``first``."""
    for step in range(steps):
        came_from[step] = -1
    queue[0] = row
    head = 0
    tail = 1
    while head < tail:
        asking = queue[head]
        head += 1
        for step in range(steps):
            if came_from[step] != -1 or (mask[asking] >> step) & 1 == 0:
                continue
            came_from[step] = asking
            if step_row[step] >= 0:
                queue[tail] = step_row[step]
                tail += 1
                continue
            free = step
            while True:
                owner = came_from[free]
                given_up = row_step[owner - first]
                row_step[owner - first] = free
                step_row[free] = owner
                if owner == row:
                    return True
                free = given_up
    return False


@inlined
def refill(first, low, high, mask, steps, step_row, row_step, came_from, queue):
    """After a row left, match one of the waiting rows of ``[low, high)`` if one fits."""
    for row in range(low, high):
        if (
            mask[row] != 0
            and row_step[row - first] < 0
            and add_row(row, first, mask, steps, step_row, row_step, came_from, queue)
        ):
            return True
    return False


@inlined
def choose_rows(
    at, mask, steps, low, high, wanted, enter_high, step_row, row_step, came_from, queue, found
):
    """Write the counted rows of ``[low, high)``, latest first chosen, in time order."""
    for step in range(steps):
        step_row[step] = -1
    for row in range(low, high):
        row_step[row - low] = -1
    forced = -1
    count = latest_rows(
        at, mask, steps, low, high, wanted, 0, low, step_row, row_step, came_from, queue
    )
    entry = low
    while row_step[entry - low] < 0:
        entry += 1
    if at[entry] >= enter_high:
        for step in range(steps):
            step_row[step] = -1
        for row in range(low, high):
            row_step[row - low] = -1
            if mask[row] != 0 and at[row] < enter_high:
                forced = row
        while forced > low and at[forced - 1] == at[forced] and mask[forced - 1] != 0:
            forced -= 1
        add_row(forced, low, mask, steps, step_row, row_step, came_from, queue)
        count = latest_rows(
            at, mask, steps, low, high, wanted, 1, low, step_row, row_step, came_from, queue
        )
    place = 0
    for row in range(low, high):
        if row_step[row - low] >= 0:
            found[place] = row
            place += 1
    return count


@inlined
def latest_rows(
    at, mask, steps, low, high, wanted, count, first, step_row, row_step, came_from, queue
):
    """Add rows from the last moment backward, in each moment the lowest first."""
    end = high
    while end > low and count < wanted:
        start = end - 1
        while start > low and at[start - 1] == at[end - 1]:
            start -= 1
        for row in range(start, end):
            if (
                count < wanted
                and mask[row] != 0
                and row_step[row - first] < 0
                and add_row(row, first, mask, steps, step_row, row_step, came_from, queue)
            ):
                count += 1
        end = start
    return count


@inlined
def is_later(found, best, level, at):
    """Say whether one counted set of equal size is to be counted rather than another."""
    if at[found[level - 1]] != at[best[level - 1]]:
        return at[found[level - 1]] < at[best[level - 1]]
    if at[found[0]] != at[best[0]]:
        return at[found[0]] > at[best[0]]
    for place in range(level - 1, -1, -1):
        if at[found[place]] != at[best[place]]:
            return at[found[place]] > at[best[place]]
    for place in range(level):
        if found[place] != best[place]:
            return found[place] < best[place]
    return False


@inlined
def search_path(
    at, mask, steps, low, high, window, enter_low, enter_high,
    step_row, row_step, came_from, queue, found,
):  # fmt: skip
    """Write the counted rows of one path to ``found``; return how many steps they complete."""
    for step in range(steps):
        step_row[step] = -1
    for row in range(low, high):
        row_step[row - low] = -1
    best = 0
    best_low = low
    best_high = low
    matched = np.int64(0)
    first = low
    while first < high and at[first] < enter_low:
        first += 1
    entry = first
    row = first
    while row < high and best < steps:
        moment = at[row]
        end = row
        while end < high and at[end] == moment:
            if mask[end] != 0 and add_row(
                end, low, mask, steps, step_row, row_step, came_from, queue
            ):
                matched += 1
            end += 1
        while at[first] < moment - window:
            if row_step[first - low] >= 0:
                step_row[row_step[first - low]] = -1
                row_step[first - low] = -1
                if not refill(
                    low, first + 1, end, mask, steps, step_row, row_step, came_from, queue
                ):
                    matched -= 1
            first += 1
        entry = max(entry, first)
        while entry < end and mask[entry] == 0:
            entry += 1
        if matched > best and entry < end and at[entry] < enter_high:
            best = matched
            best_low = first
            best_high = end
        row = end
    if best > 0:
        choose_rows(
            at, mask, steps, best_low, best_high, best, enter_high,
            step_row, row_step, came_from, queue, found,
        )  # fmt: skip
    return best


@kernel(
    "int64[]", "int64[]", "int64[]", "int64[]", "int64", "int64", "int64", "int64",
    "int64[]", "int64[]", "int64[]", "int64[]", "int64[]", "int64[]", "int64[]", "int64[]",
    "int64[]", "int64[]", "int64[]", "int64[]",
)  # fmt: skip
def trace_any(
    path, at, mask, code, steps, window, enter_low, enter_high,
    live, seen, step_row, row_step, came_from, queue, found, kept,
    unit_path, unit_level, unit_start, chain_row,
):  # fmt: skip
    """Walk all paths; write each counted unit's path, level and rows in time order."""
    units = 0
    written = 0
    stamp = 0
    low = np.int64(0)
    while low < len(path):
        high = low + 1
        while high < len(path) and path[high] == path[low]:
            high += 1
        best = 0
        stamp += 1
        for entry in range(low, high):
            if len(code) == 0:
                best = search_path(
                    at, mask, steps, low, high, window, enter_low, enter_high,
                    step_row, row_step, came_from, queue, kept,
                )  # fmt: skip
                break
            if mask[entry] == 0 or code[entry] < 0 or seen[code[entry]] == stamp:
                continue
            seen[code[entry]] = stamp
            for row in range(low, high):
                live[row] = mask[row] if code[row] == code[entry] else 0
            level = search_path(
                at, live, steps, low, high, window, enter_low, enter_high,
                step_row, row_step, came_from, queue, found,
            )  # fmt: skip
            if level > best or (level == best and level > 0 and is_later(found, kept, level, at)):
                best = level
                for place in range(level):
                    kept[place] = found[place]
        if best > 0:
            unit_path[units] = path[low]
            unit_level[units] = best
            for place in range(best):
                chain_row[written] = kept[place]
                written += 1
            units += 1
            unit_start[units] = written
        low = high
    return units
