"""One walk over the events of one path: the chains that stand at each level, moment by moment.

Of all chains of one length that end by now, one is the latest in every event at once, so one node
a level is all that must be remembered. After a walk, ``earliest[level]`` is the chain that took
the level first (with exclusions: the first such chain that is clean if it goes no further).
"""

from __future__ import annotations

import numpy as np

from suppilo.analytics.compiled import inlined
from suppilo.analytics.funnel.kernels.matching import add_level, clear_matching
from suppilo.analytics.funnel.kernels.nodes import (
    AT,
    END,
    FIELDS,
    FIRST,
    FROM,
    OPTIONAL,
    PARENT,
    ROW,
    STEP,
    is_clean_end,
    may_follow,
)


@inlined
def add_node(nodes, count, at, row, end, parent, start, step, optional):
    """Write node number ``count``; return its number."""
    base = count * FIELDS
    nodes[base + AT] = at
    nodes[base + ROW] = row
    nodes[base + PARENT] = parent
    nodes[base + FIRST] = at if parent < 0 else nodes[parent * FIELDS + FIRST]
    nodes[base + FROM] = start
    nodes[base + END] = end
    nodes[base + STEP] = step
    nodes[base + OPTIONAL] = optional
    return count


@inlined
def walk_sequential(
    at, mask, low, high, required, levels, within, window, ties_any, enter_low, enter_high,
    enter_row, excludes, ex_at, ex_low, ex_high, ex_after, ex_before,
    nodes, newest, before, earliest, level_row, row_level, came_from, queue,
):  # fmt: skip
    """Walk one path; an entry is allowed in ``[enter_low, enter_high)``, or at ``enter_row``."""
    for level in range(levels):
        newest[level] = -1
        earliest[level] = -1
    wanted = 0
    for level in range(levels):
        wanted |= 1 << required[level]
    count = np.int64(0)
    top = 0
    row = low
    while row < high:
        moment = at[row]
        if moment > enter_high - 1 + window or earliest[levels - 1] >= 0:
            break
        end = row + 1
        matched = mask[row] & wanted
        shared = matched & (matched - 1)
        if ties_any:
            while end < high and at[end] == moment:
                matched |= mask[end] & wanted
                shared |= (mask[end] & wanted) & ((mask[end] & wanted) - 1)
                end += 1
        if matched == 0:
            row = end
            continue
        may_enter = enter_low <= moment < enter_high and (enter_row < 0 or enter_row == row)
        standing = top
        if end - row == 1:
            for level in range(min(standing, levels - 1), -1, -1):
                if (matched >> required[level]) & 1 == 0:
                    continue
                if level == 0:
                    if not may_enter:
                        continue
                    parent = np.int64(-1)
                else:
                    parent = newest[level - 1]
                    if parent < 0 or not may_follow(
                        nodes, parent, level, level, moment, window, within[required[level]],
                        excludes, ex_at, ex_low, ex_high, ex_after, ex_before,
                    ):  # fmt: skip
                        continue
                newest[level] = add_node(
                    nodes, count, moment, row, end, parent, level, required[level], 0
                )
                count += 1
                top = max(top, level + 1)
        elif shared == 0:
            level = 0
            while level < levels and level <= top:
                if (matched >> required[level]) & 1:
                    parent = np.int64(-1)
                    taken = may_enter
                    if level > 0:
                        parent = newest[level - 1]
                        taken = parent >= 0 and may_follow(
                            nodes, parent, level, level, moment, window, within[required[level]],
                            excludes, ex_at, ex_low, ex_high, ex_after, ex_before,
                        )  # fmt: skip
                    if taken:
                        serves = row
                        while (mask[serves] >> required[level]) & 1 == 0:
                            serves += 1
                        newest[level] = add_node(
                            nodes, count, moment, serves, serves + 1, parent, level,
                            required[level], 0,
                        )  # fmt: skip
                        count += 1
                        top = max(top, level + 1)
                level += 1
        else:
            for level in range(levels):
                before[level] = newest[level]
            clear_matching(level_row, row_level, end - row, 0, levels - 1)
            start = np.int64(0)
            for level in range(levels):
                if start > standing:
                    break
                if (matched >> required[level]) & 1 == 0:
                    clear_matching(level_row, row_level, end - row, start, level)
                    start = level + 1
                    continue
                while start <= level and not add_level(
                    level, row, end, mask, required, level_row, row_level, came_from, queue
                ):
                    if level_row[start] >= 0:
                        row_level[level_row[start]] = -1
                        level_row[start] = -1
                    start += 1
                begin = start
                while begin <= level and begin <= standing:
                    parent = np.int64(-1)
                    taken = may_enter
                    if begin > 0:
                        parent = before[begin - 1]
                        taken = parent >= 0 and may_follow(
                            nodes, parent, begin, level, moment, window,
                            within[required[begin]], excludes, ex_at, ex_low, ex_high,
                            ex_after, ex_before,
                        )  # fmt: skip
                    if taken:
                        newest[level] = add_node(
                            nodes, count, moment, row, end, parent, begin, required[level], 0
                        )
                        count += 1
                        top = max(top, level + 1)
                        break
                    begin += 1
        for level in range(top):
            if earliest[level] < 0 and newest[level] >= 0:
                node = newest[level]
                if nodes[node * FIELDS + AT] == moment and is_clean_end(
                    nodes, node, level, window, excludes,
                    ex_at, ex_low, ex_high, ex_after, ex_before,
                ):  # fmt: skip
                    earliest[level] = node
        row = end
    return count


@inlined
def passes_more(nodes, one, other):
    """Say whether, after the same required event, ``one`` passed more or earlier optional steps."""
    left = nodes[one * FIELDS + OPTIONAL]
    right = nodes[other * FIELDS + OPTIONAL]
    surplus = 0
    for step in range(64):
        surplus += ((left >> step) & 1) - ((right >> step) & 1)
    if surplus != 0:
        return surplus > 0
    differing = left ^ right
    return differing != 0 and (left & (differing & -differing)) != 0


@inlined
def choose_parent(
    step, level, moment, window, within, excludes, ex_at, ex_low, ex_high, ex_after, ex_before,
    nodes, newest, required, ends_level,
):  # fmt: skip
    """Return the best chain that ``step`` can lengthen in a strict funnel, or -1."""
    best = np.int64(-1)
    best_row = -1
    for place in range(required[level - 1], step):
        node = newest[place]
        if node < 0:
            continue
        base = node
        if nodes[node * FIELDS + FROM] == level:
            while nodes[base * FIELDS + FROM] == level:
                base = nodes[base * FIELDS + PARENT]
        if not may_follow(
            nodes, node, level, level if ends_level else np.int64(-1), moment, window, within,
            excludes, ex_at, ex_low, ex_high, ex_after, ex_before,
        ):  # fmt: skip
            continue
        row = nodes[base * FIELDS + ROW]
        if row > best_row or (row == best_row and passes_more(nodes, node, best)):
            best = node
            best_row = row
    return best


@inlined
def walk_strict(
    at, mask, passing, low, high, required, levels, level_of, steps, within, window,
    enter_low, enter_high, enter_row, excludes, ex_at, ex_low, ex_high, ex_after, ex_before,
    nodes, newest, earliest,
):  # fmt: skip
    """Walk one path in row order; between chain events stand only events of the earlier step.

    ``mask`` says which steps a row may serve, ``passing`` which steps it matches. ``level_of``
    is the level of a required step and, of an optional one, the level after it.
    """
    for step in range(steps):
        newest[step] = -1
    for level in range(levels):
        earliest[level] = -1
    count = np.int64(0)
    for row in range(low, high):
        moment = at[row]
        if moment > enter_high - 1 + window or earliest[levels - 1] >= 0:
            break
        for step in range(steps - 1, -1, -1):
            level = level_of[step]
            is_required = level < levels and required[level] == step
            parent = np.int64(-1)
            taken = False
            if (mask[row] >> step) & 1:
                if step == 0:
                    taken = enter_low <= moment < enter_high and (enter_row < 0 or enter_row == row)
                else:
                    parent = choose_parent(
                        step, level, moment, window, within[step], excludes, ex_at, ex_low,
                        ex_high, ex_after, ex_before, nodes, newest, required, is_required,
                    )  # fmt: skip
                    taken = parent >= 0
            stays = newest[step] >= 0 and (passing[row] >> step) & 1 != 0
            if taken:
                optional = np.int64(0)
                if not is_required:
                    optional = 1 << step
                    if nodes[parent * FIELDS + FROM] == level:
                        optional |= nodes[parent * FIELDS + OPTIONAL]
                found = add_node(nodes, count, moment, row, row + 1, parent, level, step, optional)
                count += 1
                if stays and not is_required and not replaces(nodes, found, newest[step], level):
                    continue
                newest[step] = found
                if is_required and earliest[level] < 0 and is_clean_end(
                    nodes, found, level, window, excludes,
                    ex_at, ex_low, ex_high, ex_after, ex_before,
                ):  # fmt: skip
                    earliest[level] = found
            elif not stays:
                newest[step] = -1
    return count


@inlined
def replaces(nodes, found, standing, level):
    """Say whether a newer chain at an optional step is to be kept rather than the older one."""
    left = found
    right = standing
    while nodes[left * FIELDS + FROM] == level:
        left = nodes[left * FIELDS + PARENT]
    while nodes[right * FIELDS + FROM] == level:
        right = nodes[right * FIELDS + PARENT]
    if nodes[left * FIELDS + ROW] != nodes[right * FIELDS + ROW]:
        return nodes[left * FIELDS + ROW] > nodes[right * FIELDS + ROW]
    return not passes_more(nodes, standing, found)
