"""The people whom a score was learned from and tested on, behind the figures of its card."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from suppilo.analytics.funnel import DefinitionError
from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.people.models import Person
from suppilo.apps.scores.models import HeldCase, LearnedModel
from suppilo.apps.scores.selectors import (
    CasePart,
    current_model,
    current_sheet,
    list_cases,
    people_of,
)
from suppilo.web.access import UserRequest, page
from suppilo.web.figure_lists import FigureList, Listed
from suppilo.web.paging import Page, number_page


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case with its person."""

    case: HeldCase
    person: Person


@page(Permission.SEE_PEOPLE, methods=("GET",))
def score_cases(request: UserRequest) -> HttpResponse:
    """List a part's cases, or those of them that reached the goal."""
    model, part = _find_model(request), _find_part(request)
    is_reached = request.GET.get("reached") == "1"
    counted = _count(model, part, is_reached=is_reached)
    found = list_cases(request.user, model, part, reached=is_reached)
    total = found.count()
    cases = number_page(found, request.GET.get("page"))
    people = people_of(cases.items)
    rows = [CaseRow(one, people[one.person]) for one in cases.items if one.person in people]
    context = {
        "page": Page(rows, cases.previous, cases.next, cases.text),
        "part": _name(part),
        "model": model,
        "is_reached": is_reached,
        "total": total,
        "gone": counted - total,
        "back": reverse("score_model"),
    }
    return render(request, "insights/scores/cases.html", context)


def cases_of_band(request: UserRequest) -> FigureList:
    """Return the cases of a band, of all tested on or learnt from, or who reached the goal."""
    model, part = _find_model(request), _find_part(request)
    is_reached = request.GET.get("reached") == "1"
    counted = _count(model, part, is_reached=is_reached)
    found = list_cases(request.user, model, part, reached=is_reached)
    total = found.count()

    def take(start: int, end: int) -> list[Listed]:
        cases = list(found[start:end])
        people = people_of(cases)
        return [
            Listed(
                "person", one.person, people[one.person].identifier, str(people[one.person]),
                one.at, {"chance": one.probability, "reached": one.reached},
            )
            for one in cases
            if one.person in people
        ]  # fmt: skip

    return FigureList(_name(part), total, take, counted - total)


def _name(part: CasePart) -> str:
    if part == "learned":
        return _("all whom it was learnt from")
    if part == "held":
        return _("all whom it was tested on")
    return _("group %(number)s of those it was tested on") % {"number": part + 1}


def _find_model(request: UserRequest) -> LearnedModel:
    """Return the model whose card is shown: the people of earlier ones are not kept."""
    sheet = current_sheet()
    model = None if sheet is None else current_model(sheet)
    if model is None or str(model.pk) != request.GET.get("model"):
        raise Http404
    return model


def _find_part(request: UserRequest) -> CasePart:
    """Return which part of the card is asked for: a band by its place from 0."""
    text = request.GET.get("band", "")
    if not text:
        return "learned" if request.GET.get("part") == "learned" else "held"
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= 1_000):
        raise Http404
    return int(text) - 1


def _count(model: LearnedModel, part: CasePart, *, is_reached: bool) -> int:
    try:
        score = model.read_score()
    except DefinitionError as error:
        raise Http404 from error
    if score is None:
        raise Http404
    card = score.card
    if isinstance(part, int) and part >= len(card.bands):
        raise Http404
    counted = card.bands[part] if isinstance(part, int) else getattr(card, part)
    return counted.outcomes if is_reached else counted.rows
