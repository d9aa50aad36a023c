"""One day's judgement of each figure: what is usual, and the likeliest day on which that changed.

Sources: the quasi-Poisson baseline, its dispersion from Pearson's residuals and the damping of
past outliers are those of C. P. Farrington and others (1996), "A statistical algorithm for the
early detection of outbreaks of infectious disease", JRSS A 159, 547-563, as improved by A. Noufaily
and others (2013), Statistics in Medicine 32, 1206-1222; here residuals are clipped (Huber 1964)
rather than weighted. Weekday factors are drawn together as in B. Efron and C. Morris (1973), JASA
68, 117-130. The test of the level: :mod:`suppilo.analytics.watch.scan`.

The variance of a day follows from its mean: ``base + theta * extra``. Counts: mean + theta mean²
(negative binomial). Rates: n p q + theta (n - 1) n p q (beta-binomial). Sums: theta mean (a
compound Poisson sum). Kinds are 0 for counts, 1 for rates and 2 for sums.
"""

from __future__ import annotations

import math

from suppilo.analytics.compiled import inlined, kernel

WIDTH = 13
"""So many figures are told of a row: seven weekday factors, then those from MEAN to RECENT."""
MEAN, VARIANCE, WEIGHT, PHI, SCORE, RECENT = range(7, WIDTH)
"""The day's mean and variance; the expected figures that the baseline was fitted to, in all; by how
much sums of days scatter more than Poisson counts; the score of the likeliest change of level since
the last one; and the figures of the window in all."""


@inlined
def base_of(mean, of, kind):
    """Return the part of a day's variance that chance alone has."""
    if kind == 0:
        return mean
    if kind == 2:
        return 0.0
    return mean * min(max(1 - mean / max(of, 1.0), 0.0), 1.0)


@inlined
def extra_of(mean, of, base, kind):
    """Return the part of a day's variance that grows with the dispersion."""
    if kind == 0:
        return mean * mean
    if kind == 2:
        return mean
    return base * max(of - 1, 0.0)


@inlined
def clip(value, low, high):
    """Return a value within bounds."""
    return min(max(value, low), high)


@inlined
def log_part(x, exposure, rate, tiny):
    """Return a part of the log likelihood ratio."""
    return x * math.log(max(x, tiny) / max(exposure * rate, tiny))


@inlined
def draw_together(sums, bases, factors, phi, tiny):
    """Write weekday factors, drawn together as far as chance alone explains how they differ.

    Their mean is 1.
    """
    apart = 0.0
    for day in range(7):
        raw = sums[day] / bases[day] if bases[day] > tiny else 1.0
        factors[day] = raw
        apart += bases[day] * (raw - 1) ** 2
    kept = clip(1 - 4 / max(apart / max(phi, tiny), tiny), 0.0, 1.0)
    mean = 0.0
    for day in range(7):
        factors[day] = 1 + kept * (factors[day] - 1)
        mean += factors[day] / 7
    for day in range(7):
        factors[day] = max(factors[day] / max(mean, tiny), 1e-3)
    return 0


@inlined
def split_best(x, exposure, known, phi, shortest, longest, effect, tiny):
    """Return the signed root of the likelihood ratio that is largest of all splits, by its size.

    ``x``, ``exposure`` and ``known`` are sums up to each day.
    """
    best = 0.0
    end = len(x) - 1
    for length in range(shortest, min(longest, end + 1 - 7) + 1):
        last = end - length
        if known[last] < 7 or known[end] - known[last] < shortest:
            continue
        xb, xa = x[last], x[end] - x[last]
        eb, ea = exposure[last], exposure[end] - exposure[last]
        rise = math.log(max(xa, 0.5) / max(ea, tiny)) - math.log(max(xb, 0.5) / max(eb, tiny))
        if abs(rise) <= effect:
            continue
        rate = (xb + xa) / max(eb + ea, tiny)
        gain = log_part(xb, eb, rate, tiny) + log_part(xa, ea, rate, tiny)
        root = math.sqrt(max(2 * gain, 0.0) / max(phi, tiny))
        if root > abs(best):
            best = root if xa * eb >= xb * ea else -root
    return best


@kernel(
    *["float64[]"] * 3, "uint8[]", *["int64[]"] * 3, *["int64"] * 7, *["float64"] * 3,
    *["float64[]"] * 2,
)  # fmt: skip
def judge_day(
    x, of, past, odd, start, kind, weekday, days, day, window, guard, young, shortest, longest,
    reach, effect, tiny, scratch, told,
):  # fmt: skip
    """Judge one day of each row, going by the days until then; return how many rows there are.

    Parameters
    ----------
    x, of, past, odd
        Of each row and day: the figure and what it is out of, 0 of 0 where it is not known; the
        level of days before the last change, NaN since then; whether it was odd by itself.
    start, kind
        Of each row: the first day of its level, and its kind.
    weekday
        Of each day, from 0.
    days, day, window
        How many days a row has; which is judged; how many days back are looked at.
    guard, young
        So many last days are left out of the baseline, unless the level is younger than that.
    shortest, longest
        How many days a new level has lasted.
    reach, effect, tiny
        So many standard deviations a day may pull; the least change of a level that counts, as a
        difference of logarithms; what is added up to nothing.
    scratch
        Room for four times the window, and four weeks.
    told
        Room for ``WIDTH`` figures of each row.
    """
    low = max(0, day - window + 1)
    size = day + 1 - low
    use_x, use_of = scratch[:size], scratch[size : 2 * size]
    clipped, mean = scratch[2 * size : 3 * size], scratch[3 * size : 4 * size]
    week = scratch[4 * size : 4 * size + 28]
    sums, bases, fresh, known = week[:7], week[7:14], week[14:21], week[21:28]
    sum_x, sum_of, sum_known = use_x, use_of, clipped  # once the baseline is fitted
    for row in range(len(start)):
        first = row * days + low
        own = told[row * 13 : row * 13 + 13]
        factors = own[:7]
        is_young = day - start[row] < young
        for number in range(7):
            factors[number] = 1.0
            sums[number], fresh[number], known[number] = 0.0, 0.0, 0.0
        seen, above = 0, 0.0
        for place in range(size):
            column = low + place
            number = weekday[column]
            settled = column <= day - guard or (is_young and column < day)
            used = settled and odd[first + place] == 0
            use_x[place] = x[first + place] if used else 0.0
            use_of[place] = of[first + place] if used else 0.0
            clipped[place] = use_x[place]
            sums[number] += use_x[place]
            before = past[first + place]
            if math.isnan(before):
                fresh[number] += use_of[place]
                above += use_x[place]
            else:
                known[number] += use_of[place] * before
            if use_of[place] > 0:
                seen += 1
        free = max(seen - 7, 1) / max(seen, 1)
        level, theta, phi, weight = 0.0, 0.0, 1.0, 0.0
        for turn in range(4):
            below, weight = 0.0, 0.0
            for number in range(7):
                below += fresh[number] * factors[number]
            level = above / max(below, tiny)
            for number in range(7):
                bases[number] = level * fresh[number] + known[number]
            draw_together(sums, bases, factors, phi, tiny)
            for number in range(7):
                weight += bases[number] * factors[number]
            square, extra = 0.0, 0.0
            for place in range(size):
                before = past[first + place]
                flat = use_of[place] * (level if math.isnan(before) else before)
                mean[place] = flat * factors[weekday[low + place]]
                base = base_of(mean[place], use_of[place], kind[row])
                square += (clipped[place] - mean[place]) ** 2 - base
                extra += extra_of(mean[place], use_of[place], base, kind[row])
            theta = max(square / max(extra, tiny), 0.0) / free
            if turn == 3:
                break
            scatter, above = 0.0, 0.0
            for number in range(7):
                sums[number] = 0.0
            for place in range(size):
                base = base_of(mean[place], use_of[place], kind[row])
                spread = base + theta * extra_of(mean[place], use_of[place], base, kind[row])
                scatter += spread
                far = reach * math.sqrt(spread)
                held = clip(use_x[place], mean[place] - far, mean[place] + far)
                clipped[place] = held
                sums[weekday[low + place]] += held
                if math.isnan(past[first + place]):
                    above += held
            phi = scatter / max(weight, tiny)
        total_x, total_of, total_known, recent = 0.0, 0.0, 0.0, 0.0
        means, spreads, usual, spread = 0.0, 0.0, 0.0, 0.0
        for place in range(size):
            shape = factors[weekday[low + place]]
            usual = of[first + place] * level * shape
            base = base_of(usual, of[first + place], kind[row])
            spread = base + theta * extra_of(usual, of[first + place], base, kind[row])
            recent += x[first + place]
            if low + place >= start[row] and of[first + place] > 0:
                far = reach * math.sqrt(spread)
                total_x += clip(x[first + place], usual - far, usual + far)
                total_of += of[first + place] * shape
                total_known += 1
                means += usual
                spreads += spread
            sum_x[place], sum_of[place], sum_known[place] = total_x, total_of, total_known
        phi = spreads / max(means, tiny)
        own[7], own[8], own[9], own[10] = usual, spread, weight, phi
        own[11] = split_best(sum_x, sum_of, sum_known, phi, shortest, longest, effect, tiny)
        own[12] = recent
    return len(start)
