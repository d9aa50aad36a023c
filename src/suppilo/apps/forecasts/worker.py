"""The forecasts' share of the worker: one of each pipeline a day, and scores when time is up."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db import IntegrityError
from django.utils import timezone

from suppilo.analytics.forecast.months import Grain
from suppilo.apps.forecasts.ask import make_forecast
from suppilo.apps.forecasts.models import MadeForecast
from suppilo.apps.forecasts.scoring import score_periods
from suppilo.apps.forecasts.services import keep_forecast
from suppilo.apps.jobs.failures import told_failures
from suppilo.apps.jobs.pauses import Pause
from suppilo.apps.pipelines.models import Pipeline

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(minutes=15)
AHEAD: dict[Grain, int] = {"month": 6, "week": 13}


class ForecastWorker:
    """Makes the forecasts of the day, one a step, and scores those whose periods are over.

    Parameters
    ----------
    now
        The time.
    """

    def __init__(self, now: Callable[[], datetime] = timezone.now) -> None:
        self._now = now
        self._pause = Pause(LOOK_EVERY)
        self._missing: list[tuple[Pipeline, Grain]] = []

    def step(self) -> bool:
        """Do what is to be done now, and return whether there is more."""
        now = self._now()
        if not self._missing and self._pause.is_over(now):
            score_periods(now)
            self._missing = list(find_missing(now))
        if self._missing:
            self._keep(*self._missing.pop(0), now)
        return bool(self._missing)

    def _keep(self, pipeline: Pipeline, every: Grain, now: datetime) -> None:
        """Keep one forecast; what fails is told and waits for the next look."""
        with told_failures(log, "the forecast of %s failed; trying again later", pipeline):
            forecast = make_forecast(pipeline, every, AHEAD[every], now)
            try:
                keep_forecast(None, forecast, is_daily=True)
            except IntegrityError:
                log.info("another worker has kept the forecast of %s", pipeline)


def find_missing(now: datetime) -> Iterator[tuple[Pipeline, Grain]]:
    """Yield the pipelines with deals that have no forecast of this day yet."""
    today = timezone.localtime(now, timezone.get_default_timezone()).date()
    there = set(
        MadeForecast.objects.filter(made_on=today, is_daily=True).values_list("pipeline", "every")
    )
    pipelines = Pipeline.objects.filter(is_archived=False, deals__isnull=False).distinct()
    for pipeline in pipelines.order_by("pk"):
        for every in AHEAD:
            if (pipeline.pk, every) not in there:
                yield pipeline, every
