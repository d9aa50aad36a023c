"""The paths that really happen: what follows directly on what, how often, and after how long.

A directly-follows graph (van der Aalst, *Process Mining*, 2nd ed. 2016, section 6.2) of a source's
events, with the variants: the different sequences that paths are.
"""

from suppilo.analytics.process_map.behind import FIGURES, Behind, Figure, Spot, find_behind
from suppilo.analytics.process_map.compare import EdgeDifference, MapComparison, compare_maps
from suppilo.analytics.process_map.count import Part
from suppilo.analytics.process_map.draw import draw_up
from suppilo.analytics.process_map.question import MapQuestion
from suppilo.analytics.process_map.report import MapEdge, MapNode, ProcessMap, Variant
from suppilo.analytics.process_map.run import (
    choose_events,
    name_events,
    read_parts,
    run_process_map,
)
from suppilo.analytics.process_map.simplify import keep_edges, keep_ends

__all__ = [
    "FIGURES",
    "Behind",
    "EdgeDifference",
    "Figure",
    "MapComparison",
    "MapEdge",
    "MapNode",
    "MapQuestion",
    "Part",
    "ProcessMap",
    "Spot",
    "Variant",
    "choose_events",
    "compare_maps",
    "draw_up",
    "find_behind",
    "keep_edges",
    "keep_ends",
    "name_events",
    "read_parts",
    "run_process_map",
]
