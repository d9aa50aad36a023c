"""The conversions behind a figure, and the people or companies that they are of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.events.moments import to_moment
from suppilo.apps.funnels.events import open_source
from suppilo.apps.insights.attribution.ask import AttributionAnswer
from suppilo.apps.insights.attribution.behind import Behind, Cell, Conversion, find_behind
from suppilo.web.access import UserRequest, page
from suppilo.web.figure_lists import FigureList, Listed, list_unit, require_answer
from suppilo.web.paging import Page, clamp
from suppilo.web.templatetags.funnel_words import rate
from suppilo.web.views.funnels.units import UnitName, name_units
from suppilo.web.views.insights.attribution.answering import find_answer
from suppilo.web.views.insights.attribution.asked import MODELS, Asked, read_asked
from suppilo.web.views.insights.attribution.figures import amount, channel_name
from suppilo.web.views.insights.attribution.page import WAITS_S

PAGE_SIZE = 50
LAST_PAGE = 10_000
MOST_TOUCHES = 8


@dataclass(frozen=True, slots=True)
class ConversionRow:
    """One conversion of the list."""

    name: str
    url: str
    at: datetime
    value: str
    share: str
    touches: str


@page(Permission.SEE_PEOPLE, methods=("GET",))
def attribution_people(request: UserRequest) -> HttpResponse:
    """List the conversions behind a figure, the newest first."""
    asked = read_asked(request.GET, open_source().event_names())
    answer, _state = find_answer(request.user, asked, WAITS_S[-1])
    back = f"{reverse('attribution')}?{asked.query()}"
    if answer is None:
        return redirect(back)
    cell, behind = _find(request, answer)
    context = {
        "asked": asked,
        "total": len(behind),
        "units": behind.units,
        "unit": answer.question.journeys.unit,
        "title": describe(cell),
        "page": _list(request, asked, behind),
        "has_value": bool(asked.fields["value"]),
        "has_share": behind.shares is not None,
        "back": back,
    }
    return render(request, "insights/attribution/people.html", context)


def conversions_of_channel(request: UserRequest) -> FigureList:
    """Return the conversions behind a figure, the newest first."""
    asked = read_asked(request.GET, open_source().event_names())
    answer, state = find_answer(request.user, asked, WAITS_S[-1])
    require_answer(answer, state, asked.errors)
    assert answer is not None
    cell, behind = _find(request, answer)

    def take(start: int, end: int) -> list[Listed]:
        found = behind.take(start, end)
        unit = answer.question.journeys.unit
        return [
            list_unit(
                unit, one.path, name, one.at_us,
                {"value": one.value, "share": one.share, "channels": list(one.channels)},
            )
            for one, name in zip(found, _name(request, behind, found), strict=True)
        ]  # fmt: skip

    return FigureList(describe(cell), len(behind), take)


def _find(request: UserRequest, answer: AttributionAnswer) -> tuple[Cell, Behind]:
    cell = Cell(*(request.GET.get(name, "")[:300] for name in ("part", "channel", "model")))
    try:
        return cell, find_behind(answer, cell)
    except KeyError as error:
        raise Http404 from error


def _name(
    request: UserRequest, behind: Behind, found: Sequence[Conversion]
) -> list[UnitName | None]:
    keys = np.array([one.key for one in found], np.int64)
    unit = behind.answer.question.journeys.unit
    return name_units(request.user, unit, keys, [one.path for one in found])


def describe(cell: Cell) -> str:
    """Return in words which conversions a figure counts."""
    names = {"channel": channel_name(cell.channel), "model": MODELS.get(cell.model, "")}
    words = {
        "credit": _("credited to %(channel)s by “%(model)s”"),
        "touched": _("with a touch of %(channel)s"),
        "all": _("with a touch"),
        "bare": _("without a touch"),
    }
    return words[cell.part] % names


def _list(request: UserRequest, asked: Asked, behind: Behind) -> Page[ConversionRow]:
    number = clamp(request.GET.get("page"), 1, LAST_PAGE, 1)
    start = (number - 1) * PAGE_SIZE
    found = behind.take(start, start + PAGE_SIZE)
    named = _name(request, behind, found)
    more = start + PAGE_SIZE < len(behind)
    return Page(
        [_row(one, name, asked) for one, name in zip(found, named, strict=True)],
        str(number - 1) if number > 1 else "",
        str(number + 1) if more else "",
        f"{start + 1:n}–{start + len(found):n}" if found else "",
    )


def _row(one: Conversion, named: UnitName | None, asked: Asked) -> ConversionRow:
    return ConversionRow(
        named.name if named else one.path,
        named.url if named else "",
        to_moment(one.at_us),
        amount(one.value, asked) if asked.fields["value"] else "",
        "" if one.share is None else rate(one.share),
        chain_words(one.channels),
    )


def chain_words(channels: Any) -> str:
    """Return touches in their order; of many the first and the last ones.

    Examples
    --------
    >>> chain_words(["ad", "mail"])
    'ad → mail'
    """
    names = [channel_name(label) for label in channels]
    if len(names) > MOST_TOUCHES:
        half = MOST_TOUCHES // 2
        names = [*names[:half], f"… {len(names) - 2 * half} …", *names[-half:]]
    return " → ".join(names)
