"""Optional steps: looked for once the counted chain of required steps is settled."""

from __future__ import annotations

from suppilo.analytics.compiled import inlined


@inlined
def next_required(required, level, levels, steps):
    """Return the step after the optional steps that follow ``level``."""
    return required[level + 1] if level + 1 < levels else steps


@inlined
def take_optional(
    chain, level_count, at, mask, code, low, high, required, levels, steps, within, window, ties_any
):
    """Give each optional step of a sequential chain its earliest event, in the steps' order.

    The event is not yet in the chain, not before the chain's event before it and not after the
    next required one, and of the chain's value where one is held constant.
    """
    entry = chain[0]
    for level in range(level_count):
        anchor = chain[required[level]]
        previous = anchor
        limit = chain[required[level + 1]] if level + 1 < level_count else -1
        for step in range(required[level] + 1, next_required(required, level, levels, steps)):
            row = previous + 1
            if ties_any:
                row = previous
                while row > low and at[row - 1] == at[previous]:
                    row -= 1
            while row < high:
                moment = at[row]
                if moment > at[entry] + window or moment - at[anchor] > within[step]:
                    break
                if limit >= 0 and (moment > at[limit] or (not ties_any and row >= limit)):
                    break
                fits = (mask[row] >> step) & 1 != 0 and (len(code) == 0 or code[row] == code[entry])
                for other in range(steps):
                    if chain[other] == row:
                        fits = False
                if fits:
                    chain[step] = row
                    previous = row
                    break
                row += 1
    return 0


@inlined
def take_optional_strict(
    chain, level_count, at, mask, passing, code, high, required, levels, steps, within, window
):
    """Walk on from the last required event of a strict chain through the optional steps there."""
    anchor = chain[required[level_count - 1]]
    current = required[level_count - 1]
    stop = next_required(required, level_count - 1, levels, steps)
    row = anchor + 1
    while row < high and at[row] <= at[chain[0]] + window:
        step = current + 1
        while step < stop and not (
            (mask[row] >> step) & 1 != 0
            and at[row] - at[anchor] <= within[step]
            and (len(code) == 0 or code[row] == code[chain[0]])
        ):
            step += 1
        if step < stop:
            chain[step] = row
            current = step
        elif (passing[row] >> current) & 1 == 0:
            break
        row += 1
    return 0
