"""Learning the chance of a sheet's goal, and whether what was learnt still holds."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction

from suppilo.analytics.funnel import DefinitionError
from suppilo.analytics.scores import EventCondition, ScoreQuestion, TooFew, learn
from suppilo.apps.events.moments import to_moment
from suppilo.apps.events.selectors import open_events
from suppilo.apps.jobs.pauses import is_recent
from suppilo.apps.people.values import as_us
from suppilo.apps.scores.models import HeldCase, LearnedModel, ScoreSheet
from suppilo.apps.scores.people import KnownPeople, read_eligible, read_known_people
from suppilo.apps.scores.selectors import current_model

if TYPE_CHECKING:
    from suppilo.analytics.events import EventSource
    from suppilo.analytics.scores import LearnedScore

HOLDS = timedelta(days=28)
"""So long a model is kept: learnt anew each day, nobody could tell whether it holds."""
KEPT = 20
_SEED = 20
_AT_ONCE = 2_000


def look_again(sheet: ScoreSheet, now: datetime, *, is_forced: bool = False) -> LearnedModel:
    """Measure how far people have moved since the lesson; learn anew where it is time to.

    It is where nothing was learnt, where the lesson is four weeks old, or where those who are
    scored now are others than those who were learnt from.

    Raises
    ------
    DefinitionError
        If no event has the goal's name any more.
    LakeError
        If the event tables can't be read.
    """
    source, known = open_events(), current_model(sheet)
    if known is None or is_forced or known.is_refused or not is_recent(known.made_at, now, HOLDS):
        return _learn(sheet, source, now)
    try:
        score = known.read_score()
    except DefinitionError:
        return _learn(sheet, source, now)
    if score is None or _measure_drift(known, score, source, now) == "other":
        return _learn(sheet, source, now)
    return known


def _learn(sheet: ScoreSheet, source: EventSource, now: datetime) -> LearnedModel:
    question = ScoreQuestion(EventCondition(sheet.goal), sheet.horizon_days, again=sheet.again)
    # The same history teaches the same: nothing is drawn by the clock.
    people = read_known_people()
    random, eligible = np.random.default_rng(_SEED), read_eligible(people)
    found = learn(source, question, as_us(now), random, eligible)
    said = found.to_dict()
    is_refused = isinstance(found, TooFew)
    made = LearnedModel.objects.create(
        goal=sheet.goal, horizon_days=sheet.horizon_days, again=sheet.again, made_at=now,
        parameters=None if is_refused else said, refusal=said if is_refused else None,
    )  # fmt: skip
    if not isinstance(found, TooFew):
        _keep_cases(made, found, people)
        _measure_drift(made, found, source, now)
    old = LearnedModel.objects.values_list("pk", flat=True)[KEPT:]
    LearnedModel.objects.filter(pk__in=list(old)).delete()
    return made


def _keep_cases(model: LearnedModel, score: LearnedScore, people: KnownPeople) -> None:
    """Keep whom the score was learned from and tested on, and of earlier lessons nobody."""
    held, lesson = score.held, score.lesson
    if held is None or lesson is None:
        return
    at = {at_us: to_moment(at_us) for at_us in {*held.at_us.tolist(), *lesson.at_us.tolist()}}
    tested = (people.ids_of(held.keys), held.at_us, held.outcome, held.probability, held.band)
    learned = (people.ids_of(lesson.keys), lesson.at_us, lesson.outcome)
    rows = chain(
        zip(*(column.tolist() for column in tested), strict=True),
        zip(*(column.tolist() for column in learned), repeat(None), repeat(None), strict=False),
    )
    cases = (
        HeldCase(model=model, person=person, at=at[at_us], reached=reached,
                 probability=probability, band=band)
        for person, at_us, reached, probability, band in rows
    )  # fmt: skip
    with transaction.atomic():
        HeldCase.objects.exclude(model=model).delete()
        while some := list(islice(cases, _AT_ONCE)):
            HeldCase.objects.bulk_create(some)


def _measure_drift(
    model: LearnedModel, score: LearnedScore, source: EventSource, now: datetime
) -> str:
    """Keep how far people have moved since the lesson; return the verdict of the whole."""
    found = score.drift(source, as_us(now), read_known_people().keys)
    model.drift = [asdict(one) for one in found]
    model.drift_at = now
    model.save(update_fields=["drift", "drift_at"])
    return str(found[0].level) if found else "steady"
