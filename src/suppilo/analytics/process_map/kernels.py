"""One pass over the rows of all paths: every count of a map, and each wait beside its edge's."""

from __future__ import annotations

from suppilo.analytics.compiled import inlined, kernel

_GOLDEN = -7_046_029_254_386_353_131  # 0x9E3779B97F4A7C15 as a signed number
_MIX_1 = -4_658_895_280_553_007_687  # 0xBF58476D1CE4E5B9
_MIX_2 = -7_723_592_293_110_705_685  # 0x94D049BB133111EB


@inlined
def mix(number):
    """Mix 64 bits (splitmix64; Steele, Lea and Flood 2014); shifts fill with zeros."""
    number = number + _GOLDEN
    number = (number ^ ((number >> 30) & 0x3FFFFFFFF)) * _MIX_1
    number = (number ^ ((number >> 27) & 0x1FFFFFFFFF)) * _MIX_2
    return number ^ ((number >> 31) & 0x1FFFFFFFF)


@kernel(*["int64[]"] * 3, "int64", *["int64[]"] * 12)
def count_rows(
    path, event, at, size, seen, last_edge, events, paths, starts, ends, repeated,
    edges, edge_paths, code, length, first,
):  # fmt: skip
    """Count by event and by edge (source times ``size``, plus target); return how many paths.

    ``seen`` (twice the events) and ``last_edge`` begin with zeros, as counts do. ``code``,
    ``length`` and ``first`` get each path's number for its sequence, its time from the first event
    to the last, and its first row.
    """
    number = 0
    before = 0
    begun = 0
    walked = 0
    for row in range(len(path)):
        now = event[row]
        if row == 0 or path[row] != path[row - 1]:
            if row > 0:
                ends[before] += 1
                length[number - 1] = at[row - 1] - begun
                code[number - 1] = walked
            first[number] = row
            number += 1
            begun = at[row]
            walked = 0
            starts[now] += 1
        else:
            edge = before * size + now
            edges[edge] += 1
            if last_edge[edge] != number:
                last_edge[edge] = number
                edge_paths[edge] += 1
        events[now] += 1
        if seen[now] != number:
            seen[now] = number
            paths[now] += 1
        elif seen[size + now] != number:
            seen[size + now] = number
            repeated[now] += 1
        walked = mix(walked + now + 1)
        before = now
    if number > 0:
        ends[before] += 1
        length[number - 1] = at[len(path) - 1] - begun
        code[number - 1] = walked
    return number


@kernel("int64[]", "int64[]", "int64[]", "int64", "int64[]", "int64[]")
def place_waits(path, event, at, size, place, waits):
    """Write each wait behind those of its edge: ``place`` is where the next one of each goes."""
    for row in range(1, len(path)):
        if path[row] == path[row - 1]:
            edge = event[row - 1] * size + event[row]
            waits[place[edge]] = at[row] - at[row - 1]
            place[edge] += 1
    return 0
