"""The buyer's side of a pipeline's deals: what their people did on the company's own pages."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.events.selectors import take_snapshot
from suppilo.apps.events.units import UnitMap, read_unit_map, regroup
from suppilo.apps.funnels.ask import RUNNING, WatchedSource
from suppilo.apps.insights.attribution.ask import list_touches
from suppilo.apps.kept import Kept

if TYPE_CHECKING:
    from suppilo.analytics.events import EventSource, Int64
    from suppilo.analytics.process_map import Part, ProcessMap, Spot
    from suppilo.apps.funnels.running import Calculation
    from suppilo.apps.pipeline_reports.ask import PipelineAnswer

MOST_TOUCHES = 8
MOST_NAMES = 200
VARIANTS = 20


@dataclass(frozen=True, slots=True)
class BuyerMap:
    """A map of touches; ``units`` tells which deal a path is."""

    names: tuple[str, ...]
    part: Part
    found: ProcessMap
    units: UnitMap

    def find_ids(self, spot: Spot) -> Int64:
        """Return the ids of the deals behind a figure, the latest first.

        Raises
        ------
        ValueError
            If there is no such event on the map.
        """
        from suppilo.analytics.process_map import find_behind

        return self.units.find_ids(find_behind([self.part], self.names, spot).path)


_maps: Kept[BuyerMap] = Kept(8)


def start_buyers(user: User, answer: PipelineAnswer) -> Calculation:
    """Start to draw up what the people of a pipeline's deals did before and while they sold.

    Touches are the events that sources send, not those that the server makes itself; the most
    frequent kinds are on the map. A person's touches are those of the deal that they took part in
    first.

    Raises
    ------
    PermissionDenied
        If the role sees no deals.
    TooManyCalculationsError
        If too many wait already.
    """
    require(user, Permission.SEE_DEALS)
    # Who belongs to whom is read here: calculations run in threads without a database.
    snapshot, units = take_snapshot(), read_unit_map("deal")
    source = regroup(snapshot.source, "deal")
    ids = answer.world.ids[answer.report.chosen]
    as_of_us = answer.question.as_of_us
    asked: Hashable = ("buyers", units.overrides.digest, ids.tobytes(), as_of_us)
    key = (snapshot.version, asked)
    return RUNNING.start(
        asked,
        lambda watch: _maps.get(
            key, lambda: _draw(WatchedSource(source, watch), units, ids, as_of_us)
        ),
        snapshot.version,
    )


def _draw(source: EventSource, units: UnitMap, ids: Int64, as_of_us: int) -> BuyerMap:
    from suppilo.analytics.process_map import MapQuestion, Part, choose_events, draw_up, read_parts

    touches = list_touches(source.event_names())
    if len(touches) > MOST_NAMES:
        frequent = choose_events(source, 2 * MOST_NAMES)
        touches = [name for name in frequent if name in touches][:MOST_NAMES]
    none = np.empty(0, np.int64)
    part = Part(none, none, none)
    if touches:
        question = MapQuestion(events=tuple(touches), as_of_us=as_of_us)
        parts = [_of_deals(one, units, ids) for one in read_parts(source, question)]
        part = _join(parts)
    part, names = _most_frequent(part, touches)
    return BuyerMap(names, part, draw_up([part], names, VARIANTS, as_of_us), units)


def _of_deals(part: Part, units: UnitMap, ids: Int64) -> Part:
    paths, number = np.unique(part.path, return_inverse=True)
    return part.take(np.isin(units.find_ids(paths), ids)[number])


def _join(parts: Sequence[Part]) -> Part:
    from suppilo.analytics.process_map import Part

    columns = ([getattr(one, name) for one in parts] for name in ("path", "event", "at"))
    return Part(*map(np.concatenate, columns))


def _most_frequent(part: Part, names: Sequence[str]) -> tuple[Part, tuple[str, ...]]:
    """Return the rows of the most frequent events, and what these are called."""
    from suppilo.analytics.process_map import Part

    counts = np.bincount(part.event, minlength=len(names))
    best = np.argsort(-counts, kind="stable")[:MOST_TOUCHES]
    best = best[counts[best] > 0]
    number = np.full(len(names), -1)
    number[best] = np.arange(len(best))
    event = number[part.event]
    kept = event >= 0
    made = Part(part.path[kept], event[kept], part.at[kept])
    return made, tuple(names[place] for place in best.tolist())
