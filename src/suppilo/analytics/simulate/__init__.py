"""Simulated companies whose truth is known: for demonstrations, and for tests of the measures."""

from suppilo.analytics.simulate.company import simulate_company
from suppilo.analytics.simulate.deals import Deals, draw_deals
from suppilo.analytics.simulate.truth import Channel, Leak, LogNormal, MixShift, Truth
from suppilo.analytics.simulate.world import World

__all__ = [
    "Channel",
    "Deals",
    "Leak",
    "LogNormal",
    "MixShift",
    "Truth",
    "World",
    "draw_deals",
    "simulate_company",
]
