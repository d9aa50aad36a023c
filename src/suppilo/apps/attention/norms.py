"""How long deals usually stay in a stage, reckoned from the ledger now and then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
from django.db import transaction

from suppilo.analytics.durations import curve_quantile
from suppilo.analytics.stages import StageTime, time_in_stages, trace_deals
from suppilo.apps.attention.models import StageNorm, Thresholds
from suppilo.apps.attention.rules import read_thresholds
from suppilo.apps.jobs.pauses import is_recent
from suppilo.apps.people.values import as_us
from suppilo.apps.pipeline_reports.stages import StagePlace
from suppilo.apps.pipeline_reports.world import read_world
from suppilo.apps.pipelines.models import Pipeline, StageKind

EVERY = timedelta(hours=6)


def are_norms_old(now: datetime) -> bool:
    """Return whether the norms were never reckoned, or long ago, or by a clock gone wrong."""
    latest = StageNorm.objects.order_by("-reckoned_at").values_list("reckoned_at", flat=True)
    return not is_recent(latest.first(), now, EVERY)


def reckon_norms(now: datetime) -> int:
    """Reckon each stage's norm anew from the whole ledger; return how many there are.

    Deals that are still in a stage are counted with the time that they have been there so far
    (Kaplan-Meier), so that a stage where everybody waits does not look quick.
    """
    thresholds = read_thresholds()
    norms: list[StageNorm] = []
    for pipeline in Pipeline.objects.filter(is_archived=False, current__isnull=False):
        world = read_world(pipeline)
        traces = trace_deals(world.ledger, as_us(now))
        times = time_in_stages(traces, np.ones(world.ledger.deals, np.bool_))
        norms += _norms(pipeline, world.stages.places, times, thresholds, now)
    with transaction.atomic():
        StageNorm.objects.all().delete()
        StageNorm.objects.bulk_create(norms)
    return len(norms)


def _norms(
    pipeline: Pipeline,
    places: tuple[StagePlace, ...],
    times: tuple[StageTime, ...],
    thresholds: Thresholds,
    now: datetime,
) -> Iterator[StageNorm]:
    for place, time in zip(places, times, strict=True):
        if place.is_gone or place.kind != StageKind.OPEN:
            continue
        known = time.left >= thresholds.stuck_least
        share = thresholds.stuck_percent / 100
        yield StageNorm(
            pipeline=pipeline,
            stage_key=place.key,
            long_s=curve_quantile(time.curve, share).time if known else None,
            left=time.left,
            there=time.entered - time.left,
            reckoned_at=now,
        )
