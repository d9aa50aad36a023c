"""What customers are worth: RFM, BG/NBD, Gamma-Gamma, sBG of contracts, BG/BB of occasions.

The peers of the fits add the same likelihood up customer by customer, with SciPy's own slopes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from benchmarks.insights.asking import Ask, Comparison, Sizes

if TYPE_CHECKING:
    from suppilo.analytics.value import CustomerSummary

TRUTH = (0.8, 10.0, 1.2, 3.0)
"""Of the simulated customers: r, alpha (in weeks), a, b."""
DAY_US = 86_400_000_000
MONTH_US = 31 * DAY_US
OCCASIONS = 10


def make_customers(count: int) -> CustomerSummary:
    """Draw customers of a year as BG/NBD has them, with purchases by week."""
    from suppilo.analytics.value.summary import summarise_purchases

    random = np.random.default_rng(2)
    r, alpha, a, b = TRUTH
    rate, leave = random.gamma(r, 1 / alpha, count), random.beta(a, b, count)
    who, at = np.arange(count), random.random(count) * 40
    customers, times = [who], [at]
    while len(who):
        at = at + random.exponential(1 / rate[who])
        there = at < 52
        who, at = who[there], at[there]
        customers.append(who)
        times.append(at)
        stays = random.random(len(who)) >= leave[who]
        who, at = who[stays], at[stays]
    customer, week = np.concatenate(customers), np.concatenate(times)
    at_us = (week * 7 * DAY_US).astype(np.int64)
    usual = random.gamma(4.0, 8.0, count)
    paid = random.gamma(6.0, usual[customer] / 6)
    return summarise_purchases(customer, at_us, paid, 52 * 7 * DAY_US, 7 * DAY_US)


def rfm_by_suppilo(sizes: Sizes) -> Ask:
    """Return how customers are scored by fifths."""
    from suppilo.analytics.value.rfm import score_rfm

    summary = make_customers(sizes.customers)

    def ask() -> dict[str, float]:
        found = score_rfm(summary)
        return _count_fifths(
            recency=found.recency, frequency=found.frequency, money=found.money
        )  # fmt: skip

    return ask


def rfm_by_pandas(sizes: Sizes) -> Ask:
    """Return the same by ranks of pandas."""
    import pandas as pd

    summary = make_customers(sizes.customers)
    given = pd.DataFrame({"recency": summary.recency - summary.age,
                          "frequency": summary.frequency, "money": summary.total})  # fmt: skip

    def ask() -> dict[str, float]:
        share = (given.rank(method="average") - 0.5) / len(given)
        scores = ((share * 5).astype(int) + 1).clip(upper=5)
        return _count_fifths(**{name: scores[name].to_numpy() for name in given.columns})

    return ask


def _count_fifths(**scores: Any) -> dict[str, float]:
    return {
        f"{name} {fifth}": int(np.count_nonzero(one == fifth))
        for name, one in scores.items()
        for fifth in range(1, 6)
    }


def bgnbd_by_suppilo(sizes: Sizes) -> Ask:
    """Return how BG/NBD is fitted: over different customers, each with how many are alike."""
    from suppilo.analytics.value.bgnbd import fit_bgnbd

    summary = make_customers(sizes.customers)
    return lambda: {"log-likelihood": fit_bgnbd(summary).log_likelihood}


def bgnbd_plainly(sizes: Sizes) -> Ask:
    """Return the same customer by customer."""
    from scipy.special import gammaln

    summary = make_customers(sizes.customers)
    x, recency, age = summary.frequency, summary.recency, summary.age

    def likelihood(values: Any) -> Any:
        r, alpha, a, b = values
        start = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        start += gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        stayed = -(r + x) * np.log(alpha + age)
        left = np.where(x > 0, np.log(a) - np.log(b + np.maximum(x, 1) - 1)
                        - (r + x) * np.log(alpha + recency), -np.inf)  # fmt: skip
        return start + np.logaddexp(stayed, left)

    return lambda: _fit_plainly(likelihood, [0.5, 5.0, 0.8, 2.0])


def _fit_plainly(likelihood: Any, start: list[float]) -> dict[str, float]:
    from scipy.optimize import minimize

    found = minimize(
        lambda logs: -float(np.sum(likelihood(np.exp(logs)))), np.log(start), method="L-BFGS-B"
    )
    return {"log-likelihood": -float(found.fun)}


def money_by_suppilo(sizes: Sizes) -> Ask:
    """Return how Gamma-Gamma is fitted."""
    from suppilo.analytics.value.gamma_gamma import fit_gamma_gamma

    summary = make_customers(sizes.customers)
    return lambda: {"log-likelihood": fit_gamma_gamma(summary).log_likelihood}


def money_plainly(sizes: Sizes) -> Ask:
    """Return the same with SciPy's own slopes."""
    from scipy.special import gammaln

    summary = make_customers(sizes.customers)
    has = (summary.frequency > 0) & (summary.value > 0)
    x, mean = summary.frequency[has], summary.value[has]

    def likelihood(values: Any) -> Any:
        p, q, v = values
        return (
            gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v)
            + (p * x - 1) * np.log(mean) + p * x * np.log(x)
            - (p * x + q) * np.log(v + x * mean)
        )  # fmt: skip

    return lambda: _fit_plainly(likelihood, [2.0, 3.0, 30.0])


def make_payments(count: int) -> tuple[Any, Any, int]:
    """Draw customers with monthly contracts of two years: whose payment, when; and now."""
    random = np.random.default_rng(5)
    stays = random.geometric(random.beta(1.0, 4.0, count))
    begins = random.integers(0, 24, count)
    payments = np.minimum(stays, 24 - begins)
    customer = np.repeat(np.arange(count), payments)
    place = np.arange(len(customer)) - np.repeat(np.cumsum(payments) - payments, payments)
    starts = np.arange("2024-01", "2026-02", dtype="datetime64[M]").astype("datetime64[us]")
    month = np.repeat(begins, payments) + place
    at_us = starts.astype(np.int64)[month] + 10 * DAY_US
    return customer, at_us, int(starts[24].astype(np.int64)) - 1


def contracts_by_suppilo(sizes: Sizes) -> Ask:
    """Return how lives are traced from payments, and sBG is fitted to them."""
    from suppilo.analytics.value.lives import count_lives, trace_lives
    from suppilo.analytics.value.retention import fit_lives

    customer, at_us, now_us = make_payments(sizes.customers)

    def ask() -> dict[str, float]:
        lives = trace_lives(customer, at_us, now_us)
        found = fit_lives(*count_lives(lives))
        return {"log-likelihood": found.log_likelihood, "left": int(lives.has_left.sum())}

    return ask


def contracts_plainly(sizes: Sizes) -> Ask:
    """Return the same with pandas, and a likelihood customer by customer."""
    import pandas as pd
    from scipy.special import betaln

    customer, at_us, now_us = make_payments(sizes.customers)
    given = pd.DataFrame({"customer": customer, "at": at_us.astype("datetime64[us]")})
    last = (pd.Timestamp(now_us, unit="us").year - 2024) * 12 + 11

    def ask() -> dict[str, float]:
        month = (given["at"].dt.year - 2024) * 12 + given["at"].dt.month - 1
        ends = month.groupby(given["customer"]).agg(["min", "max"])
        renewals = (ends["max"] - ends["min"]).to_numpy()
        gone = ends["max"].to_numpy() < last - 1

        def likelihood(values: Any) -> Any:
            a, b = values
            base = betaln(a, b)
            return np.where(gone, betaln(a + 1, b + renewals), betaln(a, b + renewals)) - base

        return _fit_plainly(likelihood, [1.0, 1.0]) | {"left": int(gone.sum())}

    return ask


def make_occasions(count: int) -> tuple[Any, Any]:
    """Draw at how many of ten occasions customers bought, and at which one last."""
    random = np.random.default_rng(6)
    buys, leaves = random.beta(1.2, 0.8, count), random.beta(0.7, 2.8, count)
    there = random.geometric(leaves) - 1
    bought = random.random((count, OCCASIONS)) < buys[:, None]
    bought &= np.arange(OCCASIONS) < there[:, None]
    last = np.where(bought.any(axis=1), OCCASIONS - np.argmax(bought[:, ::-1], axis=1), 0)
    return bought.sum(axis=1).astype(float), last.astype(float)


def occasions_by_suppilo(sizes: Sizes) -> Ask:
    """Return how BG/BB is fitted, over different customers."""
    from suppilo.analytics.value.bgbb import fit_bgbb
    from suppilo.analytics.value.summary import count_alike

    x, last = make_occasions(sizes.customers)

    def ask() -> dict[str, float]:
        (kinds, lasts), count = count_alike(x, last)
        found = fit_bgbb(kinds, lasts, np.full(len(kinds), float(OCCASIONS)), count)
        return {"mean log-likelihood": found.log_likelihood / len(x)}

    return ask


def occasions_plainly(sizes: Sizes) -> Ask:
    """Return the same for the first twentieth of the customers, one by one: it takes long."""
    from scipy.special import betaln

    x, last = (one[: max(1, sizes.customers // 20)] for one in make_occasions(sizes.customers))

    def likelihood(values: Any) -> Any:
        a, b, c, d = values
        base = betaln(a, b) + betaln(c, d)
        whole = np.exp(betaln(a + x, b + OCCASIONS - x) + betaln(c, d + OCCASIONS) - base)
        for left in range(OCCASIONS):
            gone = np.exp(betaln(a + x, b + np.maximum(left - x, 0)) + betaln(c + 1, d + left)
                          - base)  # fmt: skip
            whole = whole + np.where(left >= last, gone, 0.0)
        return np.log(whole)

    def ask() -> dict[str, float]:
        found = _fit_plainly(likelihood, [1.0, 1.0, 0.5, 2.0])
        return {"mean log-likelihood": found["log-likelihood"] / len(x)}

    return ask


COMPARISONS = (
    Comparison("rfm", "scores by fifths", "pandas", rfm_by_suppilo, rfm_by_pandas, 2.0),
    Comparison("bg-nbd", "repeat purchases", "customer by customer",
               bgnbd_by_suppilo, bgnbd_plainly, 5.0, is_slow=True),
    Comparison("gamma-gamma", "money of a purchase", "SciPy's own slopes",
               money_by_suppilo, money_plainly, 5.0, is_slow=True),
    Comparison("sbg", "contracts, from their payments on", "pandas and SciPy",
               contracts_by_suppilo, contracts_plainly, 5.0, is_slow=True),
    Comparison("bg-bb", "ten occasions; the peer a twentieth of the customers",
               "customer by customer", occasions_by_suppilo, occasions_plainly, 5.0,
               is_slow=True, tolerance=0.02),
)  # fmt: skip
