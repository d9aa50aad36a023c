"""Bottlenecks of a funnel: where most is lost, what saving some would bring, what only delays.

Own definition: ``docs/explanation/algorithms/bottlenecks.md``; the range of a product has its
source in :mod:`suppilo.analytics.bottlenecks.report`.
"""

from suppilo.analytics.bottlenecks.extra import find_extra_steps
from suppilo.analytics.bottlenecks.losses import find_bottlenecks, find_late
from suppilo.analytics.bottlenecks.report import Bottlenecks, Estimate, ExtraStep, Loss, Worth
from suppilo.analytics.bottlenecks.worth import guess_worth, measure_worth, read_worth

__all__ = [
    "Bottlenecks",
    "Estimate",
    "ExtraStep",
    "Loss",
    "Worth",
    "find_bottlenecks",
    "find_extra_steps",
    "find_late",
    "guess_worth",
    "measure_worth",
    "read_worth",
]
