"""The first or last event of each unit that carries a value."""

from __future__ import annotations

from suppilo.analytics.compiled import kernel


@kernel(
    "int64[]", "int64[]", "int64", "int64[]", "int64[]", "int64[]", "int64[]", "int64[]",
    "int64[]", "int64[]",
)  # fmt: skip
def find_touches(unit_path, limit, last, path, at, order, codes, best_at, best_order, best_code):
    """Improve each unit's touch by one table's rows; both are in path order."""
    row = 0
    size = len(path)
    for unit in range(len(unit_path)):
        here = unit_path[unit]
        while row < size and path[row] < here:
            row += 1
        place = row
        while place < size and path[place] == here and at[place] <= limit[unit]:
            if codes[place] >= 0:
                earlier = at[place] < best_at[unit] or (
                    at[place] == best_at[unit] and order[place] < best_order[unit]
                )
                if best_code[unit] < 0 or (earlier if last == 0 else not earlier):
                    best_code[unit] = codes[place]
                    best_at[unit] = at[place]
                    best_order[unit] = order[place]
                if last == 0:
                    break
            place += 1
    return 0
