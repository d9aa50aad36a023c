"""The scores' share of the worker: a round when something has happened, and a lesson a day."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

from suppilo.apps.events.selectors import take_snapshot
from suppilo.apps.jobs.failures import told_failures
from suppilo.apps.jobs.pauses import Pause, is_recent
from suppilo.apps.jobs.services import start_job
from suppilo.apps.scores.models import LearnedModel, ScoreRound, ScoreSheet
from suppilo.apps.scores.running import score_everybody
from suppilo.apps.scores.selectors import current_model, current_sheet, last_round
from suppilo.apps.scores.suggesting import renew_guess

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=3)
FADES_AFTER = timedelta(hours=1)
"""Points fade with time alone: so long after a round another is due though nothing happened."""
LEARN_EVERY = timedelta(days=1)
GUESS_RESTS = timedelta(minutes=10)
"""A guessed sheet's goal is learnt no sooner: it takes a while, and may be changed at once."""
KEPT = timedelta(days=30)


class ScoreWorker:
    """Keeps scores up to date, and has chances learnt once a day.

    Parameters
    ----------
    now
        The time.
    """

    def __init__(self, now: Callable[[], datetime] = timezone.now) -> None:
        self._now = now
        self._pause = Pause(EVERY)

    def step(self) -> bool:
        """Do what is to be done now; there is never more at once."""
        now = self._now()
        if not self._pause.is_over(now):
            return False
        with told_failures(log, "scoring people failed; trying again later"):
            run_round(now)
        return False


def run_round(now: datetime) -> ScoreRound | None:
    """Score people where something has changed; return the round, None where none was due."""
    snapshot = take_snapshot()
    before, sheet = last_round(), current_sheet()
    if before is None or sheet is None or _hour(before.at) != _hour(now):
        sheet = renew_guess(sheet, snapshot.source, now)
    if sheet is None:
        return None
    if sheet.goal in snapshot.source.event_names():
        _start_lesson(sheet, now)
    model = current_model(sheet)
    is_fresh = before is not None and is_recent(before.at, now, FADES_AFTER)
    if before is not None and is_fresh and _is_same(before, sheet, model, snapshot.version):
        return None
    made = score_everybody(sheet, now, snapshot)
    ScoreRound.objects.filter(at__lt=now - KEPT).delete()
    return made


def _hour(at: datetime) -> datetime:
    """Return the hour of a time: with each new one a guess is looked at again."""
    return at.replace(minute=0, second=0, microsecond=0)


def _is_same(
    before: ScoreRound, sheet: ScoreSheet, model: LearnedModel | None, events: str
) -> bool:
    used = None if model is None or model.is_refused else model.pk
    return before.events == events and before.sheet_id == sheet.pk and before.model_id == used


def _start_lesson(sheet: ScoreSheet, now: datetime) -> None:
    """Have the sheet's goal learnt where it was not lately; a job is started once."""
    is_fresh_guess = sheet.is_guess and is_recent(sheet.made_at, now, GUESS_RESTS)
    if is_fresh_guess or is_recent(sheet.lesson_at, now, LEARN_EVERY):
        return
    due = ScoreSheet.objects.filter(pk=sheet.pk, lesson_at=sheet.lesson_at)
    if due.update(lesson_at=now):
        start_job(None, "learn_score", {})
