"""Events of one moment, where one event may match several steps: who serves which step.

Events with the same time may stand in either order, so a chain may pass several steps in one
moment, each with an event of its own: a matching of steps to events. Steps enter one by one and
the matching grows along an augmenting path (Kuhn 1955), found breadth first.
"""

from __future__ import annotations

from suppilo.analytics.compiled import inlined


@inlined
def clear_matching(level_row, row_level, size, low, high):
    """Forget the matching of the levels ``[low, high]`` to the ``size`` rows of a moment."""
    for place in range(size):
        row_level[place] = -1
    for level in range(low, high + 1):
        level_row[level] = -1


@inlined
def add_level(level, low, high, mask, required, level_row, row_level, came_from, queue):
    """Match one more level to a row of ``[low, high)``, moving others if need be.

    ``level_row`` holds offsets from ``low``. A row whose ``row_level`` is -2 is taken for good.
    """
    size = high - low
    for place in range(size):
        came_from[place] = -1
    queue[0] = level
    head = 0
    tail = 1
    while head < tail:
        asking = queue[head]
        head += 1
        for place in range(size):
            if came_from[place] != -1 or row_level[place] == -2:
                continue
            if (mask[low + place] >> required[asking]) & 1 == 0:
                continue
            came_from[place] = asking
            if row_level[place] >= 0:
                queue[tail] = row_level[place]
                tail += 1
                continue
            free = place
            while True:
                owner = came_from[free]
                given_up = level_row[owner]
                level_row[owner] = free
                row_level[free] = owner
                if owner == level:
                    return True
                free = given_up
    return False


@inlined
def assign_rows(
    first, last, low, high, mask, required, level_row, row_level, came_from, queue, rows
):
    """Give the levels ``[first, last]`` rows of one moment, each the lowest that can be.

    ``rows[required[level]]`` receives the row. The levels can all be matched: the caller knows.
    """
    clear_matching(level_row, row_level, high - low, first, last)
    for level in range(first, last + 1):
        add_level(level, low, high, mask, required, level_row, row_level, came_from, queue)
    for level in range(first, last + 1):
        own = level_row[level]
        for place in range(own + 1):
            if place == own:
                break
            holder = row_level[place]
            if holder == -2 or (mask[low + place] >> required[level]) & 1 == 0:
                continue
            row_level[place] = -2
            row_level[own] = -1
            if holder == -1:
                own = place
                break
            level_row[holder] = -1
            if add_level(holder, low, high, mask, required, level_row, row_level, came_from, queue):
                own = place
                break
            level_row[holder] = place
            row_level[place] = holder
            row_level[own] = level
        row_level[own] = -2
        level_row[level] = own
        rows[required[level]] = low + own
