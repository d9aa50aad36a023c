"""One pass over the rows of each table: who entered when, and who came back in which column."""

from __future__ import annotations

from suppilo.analytics.compiled import inlined, kernel


@inlined
def lay(count, out_path, out_at, out_row, path, at, row):
    """Write an entry behind ``count`` others, or into the last one if it is an earlier one."""
    last = count - 1
    if last < 0 or out_path[last] != path:
        out_path[count] = path
        out_at[count] = at
        out_row[count] = row
        return count + 1
    if at < out_at[last] or (at == out_at[last] and row < out_row[last]):
        out_at[last] = at
        out_row[last] = row
    return count


@kernel(*["int64[]"] * 3, "int64", *["int64[]"] * 6)
def merge_firsts(
    path, at, row, as_of, known_path, known_at, known_row, out_path, out_at, out_row,
):  # fmt: skip
    """Merge a table's first rows of each path with those known; return how many there are.

    Both are sorted by path. ``out_…`` has room for both.
    """
    count = 0
    known = 0
    for place in range(len(path)):
        if at[place] > as_of or (place > 0 and path[place] == path[place - 1]):
            continue
        while known < len(known_path) and known_path[known] <= path[place]:
            count = lay(
                count, out_path, out_at, out_row,
                known_path[known], known_at[known], known_row[known],
            )  # fmt: skip
            known += 1
        count = lay(count, out_path, out_at, out_row, path[place], at[place], row[place])
    while known < len(known_path):
        count = lay(
            count, out_path, out_at, out_row,
            known_path[known], known_at[known], known_row[known],
        )  # fmt: skip
        known += 1
    return count


@kernel(*["int64[]"] * 2, "int64", *["int64[]"] * 7, "int64", "int64[]")
def mark_back(
    path, at, as_of, member_path, member_at, base, edges, first, last, passed, words, seen,
):  # fmt: skip
    """Note in which columns members came back; return how many rows are theirs.

    Parameters
    ----------
    path, at
        The table's rows, sorted by path and time.
    member_path, member_at, base
        Of each member: the path (ascending), the moment of entry, and the period it lies in.
    edges
        When each period begins, and when the last one ends.
    first, last
        The first and last period after the entry's own that belong to each column.
    passed
        Gets how many periods after the entry's own each row is; -1 where it is nobody's, lies
        before the entry or after ``as_of``.
    words, seen
        So many words of 64 columns for each member; a bit is set where the member came back.
    """
    member = 0
    theirs = 0
    period = 0
    before = -1
    for row in range(len(path)):
        passed[row] = -1
        if row == 0 or path[row] != path[row - 1]:
            while member < len(member_path) and member_path[member] < path[row]:
                member += 1
            if member < len(member_path):
                period = base[member]
            before = -1
        if member == len(member_path) or member_path[member] != path[row]:
            continue
        if at[row] > as_of or at[row] < member_at[member]:
            continue
        while edges[period + 1] <= at[row]:
            period += 1
        after = period - base[member]
        passed[row] = after
        theirs += 1
        if at[row] == member_at[member] or after == before:
            continue
        before = after
        for column in range(len(first)):
            if first[column] <= after <= last[column]:
                seen[member * words + column // 64] |= 1 << (column % 64)
    return theirs


@kernel("int64[]", "int64", "int64", "int64[]", "int64[]")
def list_seen(seen, words, columns, member, column):
    """Write each member with each of its columns, sorted; return how many there are."""
    count = 0
    for place in range(len(seen)):
        bits = seen[place]
        if bits == 0:
            continue
        start = (place % words) * 64
        for number in range(start, min(start + 64, columns)):
            if (bits >> (number - start)) & 1:
                member[count] = place // words
                column[count] = number
                count += 1
    return count
