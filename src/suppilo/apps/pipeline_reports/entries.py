"""Deals that entered a stage in some days, whatever became of them."""

from __future__ import annotations

import numpy as np
from django.db.models import F, Q

from suppilo.analytics.events import Int64
from suppilo.apps.deals.models import MoveKind
from suppilo.apps.deals.selectors import counting_changes
from suppilo.apps.people.values import as_datetime
from suppilo.apps.pipelines.models import Pipeline


def deals_entering(pipeline: Pipeline, stage_key: str, start_us: int, end_us: int) -> Int64:
    """Return the ids of the deals that entered a stage in ``[start, end)``, each once.

    Corrected entries count where they were corrected to; a move to another version is none.
    """
    found = (
        counting_changes()
        .filter(
            Q(from_stage=None) | ~Q(from_stage=F("to_stage")),
            version__pipeline=pipeline,
            to_stage__key=stage_key,
            at__gte=as_datetime(start_us),
            at__lt=as_datetime(end_us),
        )
        .exclude(kind=MoveKind.RENEW_VERSION)
        .order_by()
        .values_list("deal", flat=True)
        .distinct()
    )
    return np.fromiter(found, np.int64)
