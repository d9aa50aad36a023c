"""What the rest of the server reads about scores."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.people.models import Person
from suppilo.apps.scores.models import (
    LearnedModel,
    Score,
    ScoreRound,
    ScoreSheet,
    Temperature,
)

_STEP = 10


@dataclass(frozen=True, slots=True)
class ScoreFilter:
    """Which scores a list shows, and in what order.

    Attributes
    ----------
    temperature
        Only these; None for all.
    by_chance
        The likeliest first, where a chance was learnt; else those with the most points.
    """

    temperature: Temperature | None = None
    by_chance: bool = False


def current_sheet() -> ScoreSheet | None:
    """Return what people are scored by; None before anything is.

    A sheet that somebody saved counts before every guess, also before one that was begun earlier
    and is kept only now.
    """
    return ScoreSheet.objects.select_related("made_by").order_by("is_guess", "-pk").first()


def last_round() -> ScoreRound | None:
    """Return the last time when everybody was scored."""
    return ScoreRound.objects.select_related("sheet", "model").first()


def current_model(sheet: ScoreSheet) -> LearnedModel | None:
    """Return what was learnt last of a sheet's goal, or that it was refused."""
    if not sheet.goal:
        return None
    return LearnedModel.objects.filter(
        goal=sheet.goal, horizon_days=sheet.horizon_days, again=sheet.again
    ).first()


def list_scores(user: User, asked: ScoreFilter) -> QuerySet[Score]:
    """Return scores, the highest first.

    Raises
    ------
    PermissionDenied
        If the role may not see people.
    """
    require(user, Permission.SEE_PEOPLE)
    found = Score.objects.all()
    if asked.temperature is not None:
        found = found.filter(temperature=asked.temperature)
    if asked.by_chance:
        return found.order_by(F("probability").desc(nulls_last=True), "-person")
    return found.order_by("-points", "-engagement", "-person")


def scores_of(persons: Collection[int]) -> dict[int, Score]:
    """Return the scores of people, by the person's number, in one query."""
    return Score.objects.in_bulk(list(persons)) if persons else {}


def score_of(person_id: int) -> Score | None:
    """Return a person's score; None of whom nobody knows, and before the first round."""
    return Score.objects.filter(pk=person_id).first()


def points_of(path: str) -> Subquery:
    """Return the points of the person whose number stands at a path, to sort a list by."""
    return Subquery(Score.objects.filter(person=OuterRef(path)).values("points")[:1])


def people_of(scores: Collection[Score]) -> dict[int, Person]:
    """Return the people of scores with their companies, by number, in one query."""
    found = Person.objects.filter(pk__in=[one.person for one in scores])
    return found.select_related("company").in_bulk()


def count_by_points() -> list[tuple[tuple[int, int], int]]:
    """Return how many people have so many points: bounds (the last is 100) and their number.

    Those with less than one point are left out: they are nearly all, and nobody's next call.
    """
    bounds = [(1, _STEP), *((low, low + _STEP) for low in range(_STEP, 100, _STEP))]
    counts = {
        f"from_{low}": Count("pk", filter=Q(points__gte=low, points__lt=_end(high)))
        for low, high in bounds
    }
    found = Score.objects.aggregate(**counts)
    return [(bound, found[f"from_{bound[0]}"]) for bound in bounds]


def _end(high: int) -> float:
    return float(high) if high < 100 else 1e9
