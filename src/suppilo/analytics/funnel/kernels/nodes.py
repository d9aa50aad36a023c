"""Chains of one path, kept as nodes that point back to the chain they lengthen.

A node is a chain that stands at one level (a required step). Its fields lie side by side in one
array. ``FROM`` is the first level that the node itself adds: usually its own, lower where one
moment took the chain through several levels (then ``ROW`` is the moment's first row, and
``END`` the row after its last; which row served which level is settled at the end).
"""

from __future__ import annotations

from suppilo.analytics.compiled import inlined

AT, ROW, PARENT, FIRST, FROM, END, STEP, OPTIONAL = range(8)
FIELDS = 8


@inlined
def time_at(nodes, node, level):
    """Return the time of the event with which a chain took ``level``."""
    while nodes[node * FIELDS + FROM] > level:
        node = nodes[node * FIELDS + PARENT]
    return nodes[node * FIELDS + AT]


@inlined
def first_after(ex_at, low, high, moment):
    """Return the place of the first excluding event strictly after ``moment``."""
    while low < high:
        middle = (low + high) // 2
        if ex_at[middle] <= moment:
            low = middle + 1
        else:
            high = middle
    return low


@inlined
def may_follow(
    nodes, node, start, level, moment, window, within, excludes,
    ex_at, ex_low, ex_high, ex_after, ex_before,
):  # fmt: skip
    """Say whether the chain ``node`` can take the levels ``[start, level]`` at ``moment``."""
    if moment - nodes[node * FIELDS + FIRST] > window:
        return False
    if moment - time_at(nodes, node, start - 1) > within:
        return False
    for which in range(excludes):
        if start <= ex_before[which] <= level and ex_after[which] < start:
            since = time_at(nodes, node, ex_after[which])
            place = first_after(ex_at, ex_low[which], ex_high[which], since)
            if place < ex_high[which] and ex_at[place] < moment:
                return False
    return True


@inlined
def is_clean_end(nodes, node, level, window, excludes, ex_at, ex_low, ex_high, ex_after, ex_before):
    """Say whether a chain that goes no further than ``level`` is clean until its window ends."""
    for which in range(excludes):
        if ex_after[which] <= level < ex_before[which]:
            since = time_at(nodes, node, ex_after[which])
            place = first_after(ex_at, ex_low[which], ex_high[which], since)
            if place < ex_high[which] and ex_at[place] <= nodes[node * FIELDS + FIRST] + window:
                return False
    return True


@inlined
def when(row, at, by_row):
    """Return what orders chain events: their rows where row order settles ties, else times."""
    return row if by_row else at[row]


@inlined
def is_better(found, found_level, best, best_level, at, by_row, required, steps):
    """Say whether one chain is counted rather than another (``semantics``: the counted chain).

    The longest; the last event earliest; the first latest; from the end backward each latest;
    then more optional steps, then earlier ones; then lower rows.
    """
    if found_level != best_level:
        return found_level > best_level
    last = required[found_level - 1]
    if when(found[last], at, by_row) != when(best[last], at, by_row):
        return when(found[last], at, by_row) < when(best[last], at, by_row)
    if when(found[0], at, by_row) != when(best[0], at, by_row):
        return when(found[0], at, by_row) > when(best[0], at, by_row)
    for back in range(found_level - 1, -1, -1):
        step = required[back]
        if when(found[step], at, by_row) != when(best[step], at, by_row):
            return when(found[step], at, by_row) > when(best[step], at, by_row)
    surplus = 0
    for step in range(steps):
        surplus += (found[step] >= 0) - (best[step] >= 0)
    if surplus != 0:
        return surplus > 0
    for step in range(steps):
        if (found[step] >= 0) != (best[step] >= 0):
            return found[step] >= 0
    for step in range(steps):
        if found[step] != best[step]:
            return found[step] < best[step]
    return False
