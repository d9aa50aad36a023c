"""All models of attribution beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from suppilo.analytics.attribution.journeys import Journeys
from suppilo.analytics.attribution.markov import HIGHEST_ORDER, choose_order, credit_markov
from suppilo.analytics.attribution.rules import RULES, RuleOptions, credit_rule
from suppilo.analytics.attribution.shapley import credit_shapley
from suppilo.analytics.distinct import distinct

MODELS = (*RULES, "markov", "shapley")


class AttributionError(ValueError):
    """The question can't be answered; the message says what to give instead."""


@dataclass(frozen=True, slots=True)
class ModelCredits:
    """What one model credits each channel with, in the order of the report's channels.

    ``note`` says what else there is to know: a chain's order, whether values are exact.
    """

    model: str
    conversions: tuple[float, ...]
    value: tuple[float, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class AttributionReport:
    """Which channels conversions are owed to.

    Attributes
    ----------
    channels
        By the conversions of the first model, most first.
    journeys, conversions, value
        Journeys with a touch, those of them that converted, and what that was worth: what every
        model's credits add up to.
    without_touch, value_without_touch
        Conversions with no touch before them: they are nobody's.
    touches, touched
        Of each channel: touches in all, and converted journeys that it has a touch in.
    """

    channels: tuple[str, ...]
    journeys: int
    conversions: int
    value: float
    without_touch: int
    value_without_touch: float
    touches: tuple[int, ...]
    touched: tuple[int, ...]
    models: tuple[ModelCredits, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return asdict(self)


def report_attribution(
    journeys: Journeys,
    models: Sequence[str] = MODELS,
    *,
    random: np.random.Generator,
    order: int | None = None,
    options: RuleOptions | None = None,
) -> AttributionReport:
    """Credit channels by several models.

    Parameters
    ----------
    order
        Of the Markov chain, 1 to 4; by default the one that foretells held-out journeys best.
    random
        Draws orders of joining where there are too many channels for exact Shapley values.

    Raises
    ------
    AttributionError
        If a model is not known, or nobody converted.
    """
    if unknown := [name for name in models if name not in MODELS]:
        raise AttributionError(f"no model {unknown[0]!r}; there are {', '.join(MODELS)}")
    if order is not None and not 1 <= order <= HIGHEST_ORDER:
        raise AttributionError(f"a chain's order is 1 to {HIGHEST_ORDER}")
    if not journeys.converted.any():
        raise AttributionError("no journey with a touch converted: there is nothing to share out")
    made = [_credit(journeys, name, random, order, options) for name in models]
    size = len(journeys.names)
    touches = np.bincount(journeys.channel, minlength=size)
    touched = _touched(journeys, size)
    by = np.argsort(-np.array(made[0].conversions), kind="stable") if made else np.arange(size)
    return AttributionReport(
        tuple(journeys.names[i] for i in by),
        len(journeys),
        int(journeys.converted.sum()),
        float(journeys.value[journeys.converted].sum()),
        journeys.without_touch,
        float(journeys.bare.value.sum()),
        tuple(int(touches[i]) for i in by),
        tuple(int(touched[i]) for i in by),
        tuple(
            ModelCredits(
                one.model,
                tuple(one.conversions[i] for i in by),
                tuple(one.value[i] for i in by),
                one.note,
            )
            for one in made
        ),
    )


def _credit(
    journeys: Journeys,
    model: str,
    random: np.random.Generator,
    order: int | None,
    options: RuleOptions | None,
) -> ModelCredits:
    note = ""
    if model == "markov":
        chosen = choose_order(journeys)[0] if order is None else order
        found = credit_markov(journeys, chosen)
        conversions, value, note = found.conversions, found.value, f"order {chosen}"
    elif model == "shapley":
        try:
            conversions, value, exact = credit_shapley(journeys, random)
        except ValueError as error:
            raise AttributionError(str(error)) from error
        note = "exact" if exact else "sampled"
    else:
        conversions, value = credit_rule(journeys, model, options)
    return ModelCredits(model, tuple(conversions.tolist()), tuple(value.tolist()), note)


def _touched(journeys: Journeys, size: int) -> np.ndarray:
    won = journeys.choose(journeys.converted)
    pairs = distinct(won.journey * size + won.channel)
    return np.bincount(pairs % size, minlength=size)
