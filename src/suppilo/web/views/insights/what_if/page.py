"""The page of a what-if: levels with sliders, and what comes of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from suppilo.analytics.whatif import WhatIfError
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.funnels.models import Visibility
from suppilo.apps.funnels.selectors import list_funnels
from suppilo.apps.insights.what_if import (
    Baseline,
    LevelAsked,
    LevelSource,
    WhatIfAnswer,
    WhatIfQuestion,
    answer_what_if,
    make_baseline,
)
from suppilo.apps.insights.what_if.presets import PRESETS, preset_question
from suppilo.apps.pipeline_reports.ask import list_pipelines
from suppilo.web.access import UserRequest, page
from suppilo.web.csv_files import answer_csv
from suppilo.web.reporting import DATES
from suppilo.web.segment_choice import choose_segment, read_segment
from suppilo.web.views.insights.what_if.levers import Slider, lever_rows
from suppilo.web.views.insights.what_if.links import leave_urls, level_urls
from suppilo.web.views.insights.what_if.shown import show_answer
from suppilo.web.what_if_query import AskedWhatIf, plain, read_asked, write_pairs

WAIT_S = 3.0
LONG_WAIT_S = 50.0
_MOST_FUNNELS = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """A source of levels that can be chosen."""

    key: str
    name: str


@page(Permission.SEE_REPORTS, methods=("GET",))
def what_if(request: UserRequest) -> HttpResponse:
    """Show the levels with their sliders, and what comes of the levers."""
    example = preset_question(request.GET.get("example", ""))
    if example is not None:
        return redirect(f"{request.path}?{urlencode(list(write_pairs(example)))}")
    asked = read_asked(request.GET)
    if asked.is_blank and not asked.errors:
        chosen = read_segment(request.user, request.GET.get("segment", ""))
        number = None if chosen is None else chosen.pk
        usual = WhatIfQuestion(_usual_source(request.user), segment=number)
        asked = replace(asked, question=usual)
        asked = _in_its_dates(asked)
    wait_s = LONG_WAIT_S if "whole" in request.GET else WAIT_S
    return render(request, "insights/what_if.html", _context(request, asked, wait_s))


@page(Permission.SEE_REPORTS, methods=("GET",))
def export_what_if(request: UserRequest) -> HttpResponseBase:
    """Return the levels before and after as a CSV file."""
    asked = read_asked(request.GET)
    found, _baseline, problem = find_answer(request.user, asked, LONG_WAIT_S)
    if found is None:
        return HttpResponse(problem, status=400, content_type="text/plain; charset=utf-8")
    header = [_("Level"), _("Now"), _("Then"), _("At least"), _("At most"), _("Rate now"),
              _("Rate then")]  # fmt: skip
    rows = (
        [
            one.name, *(plain(number) for number in (one.before, one.after, one.after_range.lower,
            one.after_range.upper, one.rate_before, one.rate_after)),
        ]
        for one in found.projection.levels
    )  # fmt: skip
    return answer_csv(request, "what-if", header, rows)


def find_answer(
    user: User, asked: AskedWhatIf, wait_s: float
) -> tuple[WhatIfAnswer | None, Baseline | None, str]:
    """Return the answer, the levels, and what to say where there is no answer."""
    if asked.question is None:
        return None, None, " ".join(asked.errors.values())
    baseline = None
    try:
        baseline = make_baseline(user, asked.question, asked.live_us, wait_s)
        if baseline is None:
            return None, None, ""
        return answer_what_if(asked.question, baseline), baseline, ""
    except WhatIfError as error:
        return None, baseline, str(error)


def _context(request: UserRequest, asked: AskedWhatIf, wait_s: float) -> dict[str, Any]:
    user, question = request.user, asked.question or WhatIfQuestion()
    found, baseline, problem = find_answer(user, asked, wait_s)
    counts = baseline.counts if baseline else None
    urls = level_urls(user, counts)
    context: dict[str, Any] = {
        "asked": asked,
        "segments": choose_segment(user, str(question.segment or "")),
        "question": question,
        "sources": list(_sources(user)),
        "dates": DATES.items(),
        "rows": list(lever_rows(question, baseline, urls)),
        "is_own": not question.source.is_counted,
        "worth": _worth(question, baseline),
        "saved_slider": Slider("saved", _saved_text(question), "10", "1", "100", "1"),
        "problem": problem,
        "may_connect": baseline is None and allows(user, Permission.MANAGE_SOURCES),
        "is_waiting": found is None and not problem,
        "presets": PRESETS,
        "query": asked.query(question),
        "rest_url": f"{request.path}?{asked.query(_at_rest(question))}",
        "own_url": _own_url(question, baseline),
    }
    if found is not None:
        context |= show_answer(found, asked, urls, leave_urls(user, counts))
        context |= {
            "may_save": allows(user, Permission.SAVE_REPORTS),
            "visibilities": Visibility.choices,
            "teams": user.teams.all(),
            "export_url": f"{reverse('export_what_if')}?{asked.query(question)}",
        }
    return context


def _usual_source(user: User) -> LevelSource:
    """Return the levels to begin with: the full funnel, else the newest saved one."""
    if allows(user, Permission.SEE_ALL_DEALS) and list_pipelines(user).exists():
        return LevelSource("full")
    newest = list_funnels(user).values_list("pk", flat=True).first()
    return LevelSource("funnel", newest) if newest else LevelSource("levels")


def _in_its_dates(asked: AskedWhatIf) -> AskedWhatIf:
    assert asked.question is not None
    start_us, end_us = asked.period.start_us, asked.period.end_us
    return replace(asked, question=replace(asked.question, start_us=start_us, end_us=end_us))


def _sources(user: User) -> Iterator[Choice]:
    if allows(user, Permission.SEE_ALL_DEALS):
        for place, pipeline in enumerate(list_pipelines(user)):
            name = _("Full funnel: %(pipeline)s") % {"pipeline": pipeline}
            yield Choice("full" if place == 0 else f"full-{pipeline.pk}", name)
    yield Choice("levels", _("The eight levels"))
    for saved in list_funnels(user)[:_MOST_FUNNELS]:
        yield Choice(f"funnel-{saved.pk}", saved.name)
    yield Choice("own", _("My own figures"))


def _worth(question: WhatIfQuestion, baseline: Baseline | None) -> dict[str, str]:
    """Return the fields of what things are worth, and what is known where they are empty."""
    known = baseline.value if baseline is not None and question.value is None else None
    return {
        "value": plain(question.value),
        "known_value": plain(known and round(known, 2)),
        "margin": "" if question.margin == 1 else plain(100 * question.margin),
        "currency": question.currency,
        "known_currency": baseline.currency if baseline is not None else "",
    }


def _saved_text(question: WhatIfQuestion) -> str:
    return "" if question.saved == WhatIfQuestion().saved else plain(100 * question.saved)


def _at_rest(question: WhatIfQuestion) -> WhatIfQuestion:
    """Return a question whose levers are all at rest."""
    levels = (replace(one, times=1.0, elasticity=1.0, rate=None) for one in question.levels)
    return replace(question, levels=tuple(levels))


def _own_url(question: WhatIfQuestion, baseline: Baseline | None) -> str:
    """Return the address of the same levels as one's own figures, to be changed by hand."""
    if baseline is None or not question.source.is_counted:
        return ""
    levels = tuple(
        LevelAsked(one.name, one.count, one.unit_cost, asked.times, asked.elasticity, asked.rate)
        for one, asked in zip(
            baseline.levels, map(question.at, range(len(baseline.levels))), strict=True
        )
    )
    own = replace(
        question, source=LevelSource(), levels=levels, value=baseline.value,
        currency=baseline.currency, segment=None,
    )  # fmt: skip
    return f"{reverse('what_if')}?{urlencode(list(write_pairs(own)))}"
