"""Who is hot now: the list with its reasons, how many there are, and a file of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.analytics.intervals import Interval, wilson_interval
from suppilo.analytics.scores import ScoreRules
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.people.models import Person
from suppilo.apps.scores.models import Score, Temperature
from suppilo.apps.scores.selectors import (
    POINT_BOUNDS,
    ScoreFilter,
    Standing,
    count_by_points,
    current_sheet,
    last_round,
    list_scores,
    people_of,
    read_standing,
)
from suppilo.apps.segments.models import Segment
from suppilo.charts.page import bars_picture
from suppilo.charts.words import clean
from suppilo.web.access import UserRequest, page
from suppilo.web.csv_files import answer_csv
from suppilo.web.paging import Page, number_page
from suppilo.web.segment_choice import choose_segment, read_segment
from suppilo.web.templatetags.funnel_words import count
from suppilo.web.templatetags.score_words import chance_words, reason_words
from suppilo.web.views.funnels.parts.trend import drawn

BY_CHANCE = "chance"
SIZES = (("wide", 1040), ("middle", 620), ("narrow", 330))
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A score and whose it is."""

    score: Score
    person: Person


@dataclass(frozen=True, slots=True)
class Tab:
    """A temperature as a link to its list, with how many there are."""

    label: Any
    url: str
    count: int
    is_current: bool


@page(Permission.SEE_REPORTS, methods=("GET",))
def scores(request: UserRequest) -> HttpResponse:
    """Show who is hot now, and why."""
    done, sheet = last_round(), current_sheet()
    context: dict[str, Any] = {
        "round": done,
        "sheet": sheet,
        "may_manage": allows(request.user, Permission.MANAGE_LEADS),
        "sees_people": allows(request.user, Permission.SEE_PEOPLE),
        "may_export": allows(request.user, Permission.EXPORT_PEOPLE),
    }
    if done is None:
        return render(request, "insights/scores/page.html", context)
    segments = choose_segment(request.user, request.GET.get("segment", ""))
    asked = read_filter(request, segments.chosen)
    standing = read_standing(asked.segment)
    by_points = points_rows(asked, sees_people=context["sees_people"])
    context |= {
        "asked": asked,
        "segments": segments,
        "sentence": sentence(standing, asked.segment),
        "standings": standings(standing, asked, sees_people=context["sees_people"]),
        "tabs": tabs(standing, asked),
        "has_chance": done.model_id is not None,
        "query": query(asked),
        "by_points": query(asked, sort=""),
        "by_chance": query(asked, sort=BY_CHANCE),
        "pictures": pictures(by_points),
        "points_rows": by_points,
        "points_text": points_text(*asked.points) if asked.points else "",
        "all_url": f"{reverse('scores')}?{query(asked, points='')}",
        "page": _rows(request, asked) if context["sees_people"] else None,
    }
    if sheet is not None:
        rules = ScoreRules.from_dict(sheet.rules)
        context |= {"full_fit": rules.full("fit"), "full_engagement": rules.full("engagement")}
    return render(request, "insights/scores/page.html", context)


@page(Permission.EXPORT_PEOPLE, methods=("GET",))
def export_scores(request: UserRequest) -> HttpResponseBase:
    """Return the list as a CSV file, whatever its length."""
    asked = read_filter(request, read_segment(request.user, request.GET.get("segment", "")))
    found = list_scores(request.user, asked)
    record_audit(request.user, "export_people", kind="csv", chosen=found.count(), figure="scores")
    return answer_csv(request, "scores", _COLUMNS, _lines(request.user, asked))


_COLUMNS = (
    "person", "name", "email", "temperature", "points", "fit", "engagement", "chance", "reasons",
    "chance_reasons",
)  # fmt: skip


def _lines(user: User, asked: ScoreFilter) -> Iterator[list[str]]:
    found = list_scores(user, asked)
    for start in range(0, found.count(), _AT_ONCE):
        for row in with_people(list(found[start : start + _AT_ONCE])):
            one, person = row.score, row.person
            chance = "" if one.probability is None else str(one.probability)
            figures = map(str, (one.points, one.fit, one.engagement))
            reasons = "; ".join(map(reason_words, one.reasons))
            chances = "; ".join(map(chance_words, one.chance_reasons))
            yield [person.identifier, person.name, person.email, one.temperature, *figures, chance,
                   reasons, chances]  # fmt: skip


def read_filter(request: UserRequest, segment: Segment | None) -> ScoreFilter:
    """Return what the address asks for of a segment; what makes no sense is left out."""
    wanted = request.GET.get("temperature", "")
    return ScoreFilter(
        Temperature(wanted) if wanted in Temperature.values else None,
        request.GET.get("sort") == BY_CHANCE,
        segment,
        next((one for one in POINT_BOUNDS if _points_key(one) == request.GET.get("points")), None),
    )


def _points_key(bound: tuple[int, int]) -> str:
    return f"{bound[0]}-{bound[1]}"


def points_text(low: int, high: int) -> str:
    """Return a range of points in words."""
    return f"{low}–{high}"


def query(asked: ScoreFilter, **changes: str) -> str:
    """Return the address's query with some fields changed."""
    fields = {"temperature": str(asked.temperature or ""), "sort": BY_CHANCE * asked.by_chance,
              "segment": "" if asked.segment is None else str(asked.segment.pk),
              "points": "" if asked.points is None else _points_key(asked.points)}  # fmt: skip
    return urlencode({name: text for name, text in (fields | changes).items() if text})


def tabs(done: Standing, asked: ScoreFilter) -> list[Tab]:
    """Return the temperatures as links."""
    found: list[tuple[str, Any, int]] = [("", _("All"), done.scored)]
    found += [(str(one), one.label, getattr(done, str(one))) for one in Temperature]
    current = str(asked.temperature or "")
    return [
        Tab(
            label,
            f"{reverse('scores')}?{query(asked, temperature=key, points='')}",
            number,
            key == current,
        )
        for key, label, number in found
    ]


def sentence(done: Standing, segment: Segment | None = None) -> str:
    """Return in words how many are worth a call now."""
    if segment is not None:
        return _segment_sentence(done, segment)
    if not done.scored:
        return _("Nobody is known by name yet: scores begin with the first sign-up or form.")
    said = {"n": count(done.hot), "all": count(done.scored), "warm": count(done.warm)}
    if not done.hot:
        return _("Nobody of %(all)s known people is hot now; %(warm)s are warm.") % said
    return ngettext(
        "%(n)s of %(all)s known people is hot now: call first; %(warm)s are warm.",
        "%(n)s of %(all)s known people are hot now: call them first; %(warm)s are warm.",
        done.hot,
    ) % said  # fmt: skip


def _segment_sentence(done: Standing, segment: Segment) -> str:
    said = {"n": count(done.hot), "all": count(done.scored), "name": clean(segment.name)}
    if not done.scored:
        return _("Nobody in the segment “%(name)s” is known by name: nobody has a score.") % said
    return _("Of %(all)s known people in the segment “%(name)s” hot now: %(n)s.") % said


@dataclass(frozen=True, slots=True)
class StandingShare:
    """How many have a temperature, their share with its interval, and who they are."""

    count: int
    share: float | None
    interval: Interval | None
    url: str


@dataclass(frozen=True, slots=True)
class StandingRow:
    """How a segment, or everybody, stands; ``url`` leads to all who have a score."""

    name: str
    standing: Standing
    url: str
    shares: tuple[StandingShare, ...]


def standings(found: Standing, asked: ScoreFilter, *, sees_people: bool) -> list[StandingRow]:
    """Return how a segment stands beside everybody; nothing where no segment is asked for."""
    if asked.segment is None:
        return []
    everybody = replace(asked, segment=None)
    return [
        _standing(clean(asked.segment.name), found, asked, sees_people=sees_people),
        _standing(_("Everybody"), read_standing(), everybody, sees_people=sees_people),
    ]


def _standing(name: str, one: Standing, asked: ScoreFilter, *, sees_people: bool) -> StandingRow:
    def url(key: str) -> str:
        return (
            f"{reverse('scores')}?{query(asked, temperature=key, points='')}" if sees_people else ""
        )

    shares = (
        StandingShare(n, n / one.scored if one.scored else None,
                      wilson_interval(n, one.scored), url(str(temperature)))
        for temperature in Temperature
        for n in [getattr(one, str(temperature))]
    )  # fmt: skip
    return StandingRow(name, one, url(""), tuple(shares))


def pictures(found: Sequence[tuple[str, int, str]]) -> list[tuple[str, Any]]:
    """Draw how many people have how many points; those with less than one are left out."""
    if not any(number for _label, number, _url in found):
        return []
    labels, counts, urls = zip(*found, strict=True)
    return [(size, drawn(bars_picture(counts, labels, width, urls))) for size, width in SIZES]


def points_rows(asked: ScoreFilter, *, sees_people: bool) -> list[tuple[str, int, str]]:
    """Return ranges of points, how many people have so many, and where these are listed."""
    return [
        (points_text(*bound), number, _points_url(asked, bound) if sees_people else "")
        for bound, number in count_by_points(asked.segment)
    ]


def _points_url(asked: ScoreFilter, bound: tuple[int, int]) -> str:
    return f"{reverse('scores')}?{query(asked, temperature='', points=_points_key(bound))}#people"


def with_people(found: list[Score]) -> list[ScoreRow]:
    """Return scores with their people; who has vanished since is left out."""
    people = people_of(found)
    return [ScoreRow(one, people[one.person]) for one in found if one.person in people]


def _rows(request: UserRequest, asked: ScoreFilter) -> Page[Any]:
    found = number_page(list_scores(request.user, asked), request.GET.get("page"))
    return Page(with_people(list(found.items)), found.previous, found.next, found.text)
