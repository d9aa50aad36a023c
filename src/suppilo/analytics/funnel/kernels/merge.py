"""Sorted rows of several tables as one."""

from __future__ import annotations

from suppilo.analytics.compiled import kernel


@kernel(*["int64[]"] * 12)
def merge_runs(
    path_a, at_a, order_a, source_a, path_b, at_b, order_b, source_b, path, at, order, source
):
    """Merge two runs that are sorted by (path, at, order)."""
    a = 0
    b = 0
    for place in range(len(path)):
        from_a = b == len(path_b)
        if not from_a and a < len(path_a):
            if path_a[a] != path_b[b]:
                from_a = path_a[a] < path_b[b]
            elif at_a[a] != at_b[b]:
                from_a = at_a[a] < at_b[b]
            else:
                from_a = order_a[a] <= order_b[b]
        if from_a:
            path[place] = path_a[a]
            at[place] = at_a[a]
            order[place] = order_a[a]
            source[place] = source_a[a]
            a += 1
        else:
            path[place] = path_b[b]
            at[place] = at_b[b]
            order[place] = order_b[b]
            source[place] = source_b[b]
            b += 1
    return 0
