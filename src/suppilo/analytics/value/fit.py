"""Maximum likelihood over parameters that are all above 0."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


LogLikelihood = Callable[[Float64], tuple[float, Float64]]
"""Gives the value at some parameters, and the derivatives by them."""


class FitError(ValueError):
    """The data say too little to find the parameters; the message says what to do."""


LEAST_PENALTY = 1e-3


def maximise_kept_finite(
    log_likelihood: LogLikelihood, start: Sequence[float]
) -> tuple[Float64, float]:
    """Return the parameters at which a log-likelihood is greatest, or hardly less great.

    Where customers differ in nothing but chance, the parameters of how they differ have no end:
    the likelihood rises for ever, and ever less. A small penalty keeps them finite then; what
    follows from them is the same to a few digits.

    Raises
    ------
    FitError
        If no maximum is found.
    """
    try:
        return maximise(log_likelihood, start)
    except FitError:
        return maximise(log_likelihood, start, LEAST_PENALTY)


def maximise(
    log_likelihood: LogLikelihood,
    start: Sequence[float],
    penalty: float = 0.0,
) -> tuple[Float64, float]:
    """Return the parameters at which a log-likelihood is greatest, and its value there.

    Parameters
    ----------
    log_likelihood
        Gives the value and the derivatives by the parameters.
    start
        Where to begin; all above 0. The search is over the logarithms.
    penalty
        Times the sum of the squared parameters, subtracted: it keeps them finite where the data
        hardly tell.

    Raises
    ------
    FitError
        If no maximum is found.
    """
    from scipy.optimize import minimize

    def loss(logs: Float64) -> tuple[float, Float64]:
        values = np.exp(logs)
        with np.errstate(all="ignore"):
            value, slope = log_likelihood(values)
        if not np.isfinite(value):
            return 1e300, np.zeros_like(logs)
        value -= penalty * float(np.sum(values**2))
        slope = slope - 2 * penalty * values
        return -value, -slope * values

    found = minimize(
        loss, np.log(start), jac=True, method="L-BFGS-B",
        bounds=[(-12.0, 12.0)] * len(start), options={"ftol": 1e-13, "gtol": 1e-7, "maxiter": 500},
    )  # fmt: skip
    at_bound = np.any(np.abs(found.x) > 11.9)
    if not np.isfinite(found.fun) or found.fun >= 1e299 or at_bound:
        raise FitError(
            "the purchases do not tell the model's parameters: there are too few customers who "
            "came again, or all behave alike. Take a longer period or more customers."
        )
    values = np.exp(found.x)
    return values, float(log_likelihood(values)[0])
