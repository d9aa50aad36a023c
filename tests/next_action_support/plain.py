"""What is learned of an action, reckoned deal by deal in plain Python: the oracle."""

from collections import defaultdict
from math import sqrt
from statistics import NormalDist, fmean, pvariance

DAY = 86_400_000_000
BANDS = [(0, 1), (1, 2), (2, 4), (4, 7), (7, 14), (14, 28), (28, 56), (56, 112)]


def stays_of(ledger, deal, as_of):
    """Return a deal's stays: (stage, since, until, stage after it or None)."""
    entries = [
        (int(s), int(t))
        for d, s, t in zip(ledger.deal, ledger.stage, ledger.at, strict=True)
        if d == deal and t <= as_of
    ]
    found = []
    for number, (stage, since) in enumerate(entries):
        after = entries[number + 1] if number + 1 < len(entries) else (None, as_of)
        found.append((stage, since, after[1], after[0]))
    return found


def moments_of(world, stage, action, horizon, as_of):
    """Yield (stratum, deal, done it, moved on, days, at) of every moment of a stage."""
    done = defaultdict(list)
    for deal, what, at in zip(world.deeds.deal, world.deeds.action, world.deeds.at, strict=True):
        if at <= as_of:
            done[int(deal)].append((int(at), int(what)))
    for deal in range(world.ledger.deals):
        for place, since, until, after in stays_of(world.ledger, deal, as_of):
            if place != stage:
                continue
            first = min((at for at, what in done[deal] if what == action and since < at <= until),
                        default=None)  # fmt: skip
            part = (deal + 1) * 0.6180339887498949 % 1.0
            watched = [(since + int((low + part * (high - low)) * DAY), False)
                       for low, high in BANDS]  # fmt: skip
            watched = [one for one in watched if one[0] < until and (not first or one[0] < first)]
            for at, does in [*watched, *([(first, True)] if first else [])]:
                age = (at - since) / DAY
                band = next((n for n, (low, high) in enumerate(BANDS) if low <= age < high), None)
                if band is None or at + horizon * DAY > as_of:
                    continue
                lately = any(at - 7 * DAY <= other < at for other, _what in done[deal])
                moved = after is not None and after > stage and until <= at + horizon * DAY
                days = (until - at) / DAY if moved else float(horizon)
                yield (int(world.kind[deal]), band, lately), deal, does, moved, days, at


def matched(rows):
    """Return the moments of strata that have both sides, by stratum."""
    strata = defaultdict(list)
    for row in rows:
        strata[row[0]].append(row)
    return {key: found for key, found in strata.items() if len({row[2] for row in found}) == 2}


def lift_of(strata, value, usual_spread):
    """Return (without, difference, its variance) over some strata."""
    total = without = difference = scale = 0.0
    brought = defaultdict(float)
    for found in strata.values():
        does = [value(row) for row in found if row[2]]
        not_does = [value(row) for row in found if not row[2]]
        weight = len(does) * len(not_does) / len(found)
        total += weight
        without += weight * fmean(not_does)
        difference += weight * (fmean(does) - fmean(not_does))
        scale += weight**2 * (1 / len(does) + 1 / len(not_does))
        centre = fmean(does + not_does)
        for row in found:
            side = weight / len(does) if row[2] else -weight / len(not_does)
            free = sqrt(len(found) / (len(found) - 1))
            brought[row[1]] += side * (value(row) - centre) * free
    rows = [value(row) for found in strata.values() for row in found]
    spread = (pvariance(rows) * len(rows) + usual_spread) / (len(rows) + 1)
    clustered = sum(part**2 for part in brought.values()) / total**2
    variance = max(clustered, spread * scale / total**2)
    return without / total, difference / total, variance, total


def interval_of(difference, variance, level):
    """Return the bounds of a difference."""
    half = NormalDist().inv_cdf(0.5 + level / 2) * sqrt(variance)
    return difference - half, difference + half


def shrink(parts, difference, variance):
    """Return groups' (difference, variance), drawn towards all; parts as lift_of has them."""
    inverse = [1 / part[2] for part in parts]
    mean = sum(w * part[1] for w, part in zip(inverse, parts, strict=True)) / sum(inverse)
    q = sum(w * (part[1] - mean) ** 2 for w, part in zip(inverse, parts, strict=True))
    scale = sum(inverse) - sum(w * w for w in inverse) / sum(inverse)
    between = max(0.0, (q - (len(parts) - 1)) / scale) if len(parts) > 2 else 0.0
    weights = [part[3] / sum(one[3] for one in parts) for part in parts]
    mean_variance = variance + between * sum(w * w for w in weights)
    found = []
    for _without, own, spread, _weight in parts:
        towards = spread / (spread + between)
        found.append((towards * difference + (1 - towards) * own,
                      (1 - towards) * spread + towards**2 * mean_variance))  # fmt: skip
    return found
