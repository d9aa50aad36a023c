"""The activities that were done for deals, as columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from django.db.models import Count, Max

from suppilo.analytics.events import Int64
from suppilo.apps.activities.models import Activity
from suppilo.apps.kept import Kept
from suppilo.apps.pipeline_reports.reading import codes, integers, moments, read_ranges


@dataclass(frozen=True, slots=True)
class ActivityRows:
    """Activities that were done: whose deal, what kind (a number of ``kinds``), and when."""

    deal: Int64
    kind: Int64
    at: Int64
    kinds: list[str]


_rows: Kept[ActivityRows] = Kept(1)


def read_activities() -> ActivityRows:
    """Return the activities of all deals as they are now; kept until one of them changes."""
    state = Activity.objects.aggregate(count=Count("pk"), last=Max("pk"), changed=Max("updated_at"))
    key = (state["count"], state["last"], state["changed"])
    return _rows.get(key, lambda: _read(state["last"] or 0))


def _read(last: int) -> ActivityRows:
    ranges = read_ranges("activities", 0, last)
    names = [name for _deal, kind, _at in ranges for name in kind.split(",")]
    none = np.empty(0, np.int64)
    kind, kinds = codes(names) if names else (none, [])
    return ActivityRows(
        np.concatenate([none, *(integers(deal) for deal, _kind, _at in ranges)]),
        kind,
        np.concatenate([none, *(moments(at) for _deal, _kind, at in ranges)]),
        kinds,
    )
