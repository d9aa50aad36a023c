"""What the rest of the server reads about scores."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from django.db.models import Avg, Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.people.models import Person
from suppilo.apps.scores.models import (
    HeldCase,
    LearnedModel,
    Score,
    ScoreRound,
    ScoreSheet,
    Temperature,
)
from suppilo.apps.segments.lists import people_in
from suppilo.apps.segments.models import Segment

CasePart = Literal["learned", "held"] | int
"""Whom a score was learned from, all whom it was tested on, or a band of these, from 0."""

_STEP = 10
POINT_BOUNDS = ((1, _STEP), *((low, low + _STEP) for low in range(_STEP, 100, _STEP)))
"""Ranges of points that people are counted by; the upper end is not part of it, but 100 is."""


@dataclass(frozen=True, slots=True)
class ScoreFilter:
    """Which scores a list shows, and in what order.

    Attributes
    ----------
    temperature
        Only these; None for all.
    by_chance
        The likeliest first, where a chance was learnt; else those with the most points.
    segment
        Only the people who belong to it now; the asker must be allowed to see it.
    points
        Only those with so many points, one of :data:`POINT_BOUNDS`; None for all.
    """

    temperature: Temperature | None = None
    by_chance: bool = False
    segment: Segment | None = None
    points: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How many of some people are hot, warm and cold, and their mean points and chance.

    The means are None of nobody, and the chance where none was learnt.
    """

    hot: int
    warm: int
    cold: int
    points: float | None
    chance: float | None

    @property
    def scored(self) -> int:
        """How many people have a score."""
        return self.hot + self.warm + self.cold


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


def list_cases(
    user: User, model: LearnedModel, part: CasePart, *, reached: bool = False
) -> QuerySet[HeldCase]:
    """Return whom a part of a model's card counts, as far as they are there still.

    Parameters
    ----------
    part
        Which part of the card.
    reached
        Whether only those are meant to whom the goal came.

    Raises
    ------
    PermissionDenied
        If the role may not see people.
    """
    require(user, Permission.SEE_PEOPLE)
    there = Person.objects.filter(pk=OuterRef("person"), is_visible=True)
    found = HeldCase.objects.filter(Exists(there), model=model)
    if isinstance(part, int):
        found = found.filter(band=part)
    else:
        found = found.filter(band__isnull=part == "learned")
    return found.filter(reached=True) if reached else found


def list_scores(user: User, asked: ScoreFilter) -> QuerySet[Score]:
    """Return scores, the highest first.

    Raises
    ------
    PermissionDenied
        If the role may not see people.
    """
    require(user, Permission.SEE_PEOPLE)
    found = _scores_in(asked.segment)
    if asked.temperature is not None:
        found = found.filter(temperature=asked.temperature)
    if asked.points is not None:
        found = found.filter(_has_points(asked.points))
    if asked.by_chance:
        return found.order_by(F("probability").desc(nulls_last=True), "-person")
    return found.order_by("-points", "-engagement", "-person")


def _scores_in(segment: Segment | None) -> QuerySet[Score]:
    found = Score.objects.all()
    return found if segment is None else found.filter(person__in=people_in(segment))


def read_standing(segment: Segment | None = None) -> Standing:
    """Return how the people of a segment stand, or everybody, in one query."""
    found = _scores_in(segment).aggregate(
        **{str(one): Count("pk", filter=Q(temperature=one)) for one in Temperature},
        mean_points=Avg("points"), mean_chance=Avg("probability"),
    )  # fmt: skip
    hot, warm, cold = (found[str(one)] for one in Temperature)
    return Standing(hot, warm, cold, found["mean_points"], found["mean_chance"])


def scores_of(persons: Collection[int]) -> dict[int, Score]:
    """Return the scores of people, by the person's number, in one query."""
    return Score.objects.in_bulk(list(persons)) if persons else {}


def score_of(person_id: int) -> Score | None:
    """Return a person's score; None of whom nobody knows, and before the first round."""
    return Score.objects.filter(pk=person_id).first()


def points_of(path: str) -> Subquery:
    """Return the points of the person whose number stands at a path, to sort a list by."""
    return Subquery(Score.objects.filter(person=OuterRef(path)).values("points")[:1])


def people_of(scores: Collection[Score | HeldCase]) -> dict[int, Person]:
    """Return the people of scores with their companies, by number, in one query."""
    found = Person.objects.filter(pk__in=[one.person for one in scores])
    return found.select_related("company").in_bulk()


def count_by_points(segment: Segment | None = None) -> list[tuple[tuple[int, int], int]]:
    """Return how many people have so many points: bounds (the last is 100) and their number.

    Those with less than one point are left out: they are nearly all, and nobody's next call.
    """
    counts = {f"from_{bound[0]}": Count("pk", filter=_has_points(bound)) for bound in POINT_BOUNDS}
    found = _scores_in(segment).aggregate(**counts)
    return [(bound, found[f"from_{bound[0]}"]) for bound in POINT_BOUNDS]


def _has_points(bound: tuple[int, int]) -> Q:
    low, high = bound
    return Q(points__gte=low, points__lt=float(high) if high < 100 else 1e9)
