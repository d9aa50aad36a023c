"""Draws from a posterior: the mode, its curvature, and Hamiltonian Monte Carlo from there.

Source: R. Neal (2011), "MCMC using Hamiltonian dynamics", Handbook of Markov Chain Monte Carlo,
chapter 5, figure 2; many short chains side by side, begun at the Laplace approximation and scaled
by it, so that a few dozen steps are enough.
"""

from __future__ import annotations

import numpy as np

from suppilo.analytics.budget.adstock import Float64
from suppilo.analytics.budget.posterior import Posterior

CHAINS, SETTLING, KEPT, EVERY, LEAPS = 48, 12, 10, 2, 6
_STEP, _WANTED = 0.35, 0.65


def find_mode(posterior: Posterior) -> Float64:
    """Return the likeliest place."""
    from scipy.optimize import minimize

    def value(place: Float64) -> tuple[float, Float64]:
        found, gradient = posterior.evaluate(place[np.newaxis])
        return float(found[0]), gradient[0]

    start = np.zeros_like(posterior.centre)
    return np.asarray(minimize(value, start, jac=True, method="L-BFGS-B").x)


def draw_places(posterior: Posterior, mode: Float64, random: np.random.Generator) -> Float64:
    """Return draws of z; shape (CHAINS × KEPT, 3 × channels)."""
    chains = _Chains(posterior, mode, random)
    for _ in range(SETTLING):
        if chains.move() < _WANTED:
            chains.step *= 0.8
    kept = []
    for number in range(KEPT * EVERY):
        chains.move()
        if number % EVERY == EVERY - 1:
            kept.append(chains.z)
    return np.concatenate(kept)


class _Chains:
    """Chains side by side; z = mode + L⁻ᵀ v, where L Lᵀ is the curvature at the mode."""

    def __init__(self, posterior: Posterior, mode: Float64, random: np.random.Generator) -> None:
        factor = np.linalg.cholesky(posterior.curvature(mode))
        self._posterior, self._random = posterior, random
        self._back = np.linalg.inv(factor)
        self.step = _STEP
        self.z = mode + random.standard_normal((CHAINS, len(mode))) @ self._back
        self._value, self._gradient = posterior.evaluate(self.z)

    def move(self) -> float:
        """Move all chains once; return the share that did."""
        momentum = self._random.standard_normal(self.z.shape)
        before = self._value + np.einsum("kp,kp->k", momentum, momentum) / 2
        step = self.step * self._random.uniform(0.6, 1.0, (CHAINS, 1))
        z, gradient = self.z, self._gradient
        value = self._value
        for _ in range(LEAPS):
            momentum = momentum - step / 2 * (gradient @ self._back.T)
            z = z + step * (momentum @ self._back)
            value, gradient = self._posterior.evaluate(z)
            momentum = momentum - step / 2 * (gradient @ self._back.T)
        after = value + np.einsum("kp,kp->k", momentum, momentum) / 2
        taken = np.log(self._random.uniform(size=CHAINS)) < before - after
        self.z = np.where(taken[:, np.newaxis], z, self.z)
        self._gradient = np.where(taken[:, np.newaxis], gradient, self._gradient)
        self._value = np.where(taken, value, self._value)
        return float(taken.mean())
