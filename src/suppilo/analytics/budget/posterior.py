"""How likely parameters are, given the history and what is usual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suppilo.analytics.budget.adstock import Float64
from suppilo.analytics.budget.baseline import Baseline
from suppilo.analytics.budget.grid import EffectGrid

_LN2 = float(np.log(2))

FARTHEST = 8.0
"""So many deviations from what is usual nothing lies; a chain that strays there finds it flat."""
MOST_SHARE, SHARE_EDGE = 0.9, 0.02
"""Channels bring hardly more than nine tenths of the outcome: what comes without is not below 0."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """The posterior of what a channel brings, how it is bent and how long it lasts.

    outcome = baseline + sum over channels of level × carry_over((spend / reference) ^ elasticity)
    + noise, the noise normal with correlation ``noise_memory ^ |i - j|`` between periods i and j.
    The coefficients of the baseline and the size of the noise are integrated out: with
    S = rᵀ K⁻¹ r, r the outcome without the channels and K = noise + Z V Zᵀ, the density is
    S ^ (-freedom / 2) (A. Gelman and others, 2013, "Bayesian Data Analysis", 3rd edition, 14.2).

    Parameters are ``centre + spread × z``: log levels, logits of elasticities and log half-lives
    (days) of all channels. Beforehand z is standard normal, and all channels together bring no
    more than ``most`` on average: beyond it the density falls as a normal one of deviation
    ``edge``. ``outcome`` has its mean taken off, so that it alone can't tell.
    """

    outcome: Float64
    grid: EffectGrid
    precision: Float64
    freedom: float
    centre: Float64
    spread: Float64
    most: float
    edge: float

    def parameters(self, z: Float64) -> tuple[Float64, Float64, Float64]:
        """Return levels, elasticities and half-lives (days), each of shape (places, channels)."""
        held = np.clip(z, -FARTHEST, FARTHEST)
        level, logit, half_life = np.split(self.centre + self.spread * held, 3, axis=-1)
        return np.exp(level), 1 / (1 + np.exp(-logit)), np.exp(half_life)

    def evaluate(self, z: Float64) -> tuple[Float64, Float64]:
        """Return minus the log density at places (places, 3 × channels), and its gradient."""
        level, elasticity, half_life = self.parameters(z)
        found = self.grid.find_corners(elasticity, half_life)
        brought = _add_up(found.effects, found.weights, level)
        rest = self.outcome - brought
        pulled = rest @ self.precision
        size = np.einsum("kn,kn->k", rest, pulled)
        over = np.maximum(0, brought.mean(axis=-1) - self.most) / self.edge
        # How the density falls with each period's part of what the channels bring.
        push = over[:, np.newaxis] / self.edge / len(self.outcome)
        force = push - self.freedom / size[:, np.newaxis] * pulled
        dots = [np.matmul(rows, force[..., np.newaxis])[..., 0] for rows in found.effects]
        by_level, by_elasticity, by_half_life = (
            level * sum(weight * dot for weight, dot in zip(weights, dots, strict=True))
            for weights in (found.weights, found.by_elasticity, found.by_half_life)
        )
        slopes = np.concatenate(
            [by_level, by_elasticity * elasticity * (1 - elasticity), by_half_life / _LN2], axis=-1
        )
        slopes = np.where(np.abs(z) < FARTHEST, slopes * self.spread, 0.0)
        fit = self.freedom / 2 * np.log(size)
        return fit + over**2 / 2 + np.einsum("kp,kp->k", z, z) / 2, slopes + z

    def contribution(self, z: Float64) -> Float64:
        """Return what all channels together brought in each period; (places, periods)."""
        level, elasticity, half_life = self.parameters(z)
        found = self.grid.find_corners(elasticity, half_life)
        return _add_up(found.effects, found.weights, level)

    def curvature(self, z: Float64) -> Float64:
        """Return the Gauss-Newton Hessian at one place; (3 × channels, 3 × channels)."""
        level, elasticity, half_life = self.parameters(z[np.newaxis])
        found = self.grid.find_corners(elasticity, half_life)
        bend = elasticity * (1 - elasticity)
        columns = np.concatenate([
            _mix(found.effects, weights)[0] * (level * factor)[0][:, np.newaxis]
            for weights, factor in (
                (found.weights, np.ones_like(level)), (found.by_elasticity, bend),
                (found.by_half_life, np.full_like(level, 1 / _LN2)),
            )
        ]) * self.spread[:, np.newaxis]  # fmt: skip
        brought = self.contribution(z[np.newaxis])[0]
        rest = self.outcome - brought
        size = float(rest @ self.precision @ rest)
        fitted = columns @ self.precision @ columns.T * self.freedom / size
        if brought.mean() > self.most:
            rise = columns.mean(axis=1) / self.edge
            fitted += np.outer(rise, rise)
        return np.asarray(fitted + np.eye(len(fitted)))


def _mix(effects: tuple[Float64, ...], weights: tuple[Float64, ...]) -> Float64:
    """Return the effects at places between corners; (places, channels, periods)."""
    parts = [weight[..., np.newaxis] * rows for weight, rows in zip(weights, effects, strict=True)]
    return np.asarray(np.sum(parts, axis=0))


def _add_up(effects: tuple[Float64, ...], weights: tuple[Float64, ...], level: Float64) -> Float64:
    """Return all channels' effects together; (places, periods)."""
    parts = [
        np.matmul((weight * level)[:, np.newaxis, :], rows)[:, 0, :]
        for weight, rows in zip(weights, effects, strict=True)
    ]
    return np.asarray(np.sum(parts, axis=0))


def find_precision(baseline: Baseline, noise_memory: float) -> Float64:
    """Return K⁻¹ of :class:`Posterior`."""
    steps = np.arange(len(baseline.columns))
    noise = noise_memory ** np.abs(steps[:, np.newaxis] - steps) if noise_memory else np.eye(
        len(steps)
    )  # fmt: skip
    spread = baseline.columns * baseline.variance
    return np.asarray(np.linalg.inv(noise + spread @ baseline.columns.T))
