"""What stands beneath the bars of the full funnel: what channels bring, and what would pay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from suppilo.analytics.whatif import Range
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.insights.channels import ChannelLine, report_channels
from suppilo.apps.insights.what_if import (
    Baseline,
    BaselineError,
    Counts,
    LevelAsked,
    LevelSource,
    WhatIfAnswer,
    WhatIfQuestion,
    answer_what_if,
    baseline_of,
    levels_of_full_funnel,
)
from suppilo.apps.pipeline_reports.full_funnel import FullFunnel, Unit, ask_full_funnel
from suppilo.web.access import UserRequest, page
from suppilo.web.reporting import here
from suppilo.web.templatetags.funnel_words import count
from suppilo.web.views.full_funnel.asked import WAIT_S, read_funnel
from suppilo.web.views.insights.channels.asked import read_asked as read_channels
from suppilo.web.views.insights.what_if import words
from suppilo.web.views.pipeline_reports.asked import Asked
from suppilo.web.what_if_query import AskedWhatIf

MOST_CHANNELS = 5
MORE_IMPRESSIONS = 1.6
ELASTICITY = 0.5
"""What is assumed of what more of the first level bring: 60 % more, 26.5 % more of what follows."""


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A channel's line, and where its figures lead."""

    line: ChannelLine
    name: str
    people_url: str
    deals_url: str
    cost_url: str


@dataclass(frozen=True, slots=True)
class WhatIfRow:
    """A lever in words, what pulling it would bring, and the page that has it pulled.

    ``pays``: what it brings is known in money, and more than what it costs.
    """

    lever: str
    said: str
    note: str
    gain: str
    pays: bool
    url: str


@page(Permission.SEE_ALL_DEALS, methods=("GET",))
def full_funnel_beside(request: UserRequest) -> HttpResponse:
    """Show what channels bring and which lever would, for the question of the full funnel."""
    asked = read_funnel(request)
    if asked.question is None:
        return render(request, "pipeline_reports/wrong.html", {"asked": asked})
    return render(request, "full_funnel/beside.html", show_beside(request, asked, WAIT_S))


def show_beside(request: UserRequest, asked: Asked, wait_s: float) -> dict[str, Any]:
    """Return what the template of both needs; nothing where owner, team or channel are chosen.

    Neither the report of channels nor a what-if knows these.
    """
    assert asked.question is not None
    question = asked.question
    if (question.owner, question.team, question.channel) != (None, None, None):
        return {}
    context: dict[str, Any] = {
        "channel_rows": list(_channels(request, asked)),
        "channels_url": f"{reverse('channels')}?{_dates(asked)}",
        "currency": question.pipeline.currency,
    }
    if allows(request.user, Permission.SEE_REPORTS):
        found = ask_full_funnel(request.user, question, here(), wait_s)
        if not found.is_waiting:
            context |= _what_if(found, asked)
    return context


def _channels(request: UserRequest, asked: Asked) -> Iterator[ChannelRow]:
    """Yield the channels that cost most, or without costs those that bring most."""
    channels = read_channels(QueryDict(_dates(asked)), request.user)
    sees_people = allows(request.user, Permission.SEE_PEOPLE)
    for line in report_channels(request.user, channels.question)[:MOST_CHANNELS]:
        name, currency = line.result.name, line.result.currency
        yield ChannelRow(
            line, channels.name(name),
            channels.url("channel_people", key=name) if sees_people else "",
            channels.url("channel_deals", key=name, currency=currency),
            channels.url("spend_rows", channel=name, currency=currency),
        )  # fmt: skip


def _dates(asked: Asked) -> str:
    """Return the query of the same time and segment for another report."""
    fields = {name: asked.fields[name] for name in ("dates", "from", "to", "segment")}
    return urlencode({name: text for name, text in fields.items() if text})


def _what_if(found: FullFunnel, asked: Asked) -> dict[str, Any]:
    question = asked.question
    assert question is not None
    segment = None if question.segment is None else question.segment.pk
    plain = WhatIfQuestion(
        LevelSource("full", question.pipeline.pk), (), question.stages.start_us,
        question.stages.end_us, segment=segment,
    )  # fmt: skip
    counts = levels_of_full_funnel(found, question)
    try:
        baseline = baseline_of(plain, counts)
    except BaselineError as error:
        return {"what_if_problem": str(error), "what_if_url": _url(asked, plain)}
    return {
        "what_if_url": _url(asked, plain),
        "what_if_rows": [
            *_stretch(asked, plain, baseline, _kept_steps(found, counts, baseline.names)),
            *_expand(asked, plain, baseline),
        ],
    }


def _stretch(
    asked: Asked, plain: WhatIfQuestion, baseline: Baseline, next_of: Mapping[str, str]
) -> Iterator[WhatIfRow]:
    """Yield the step of ``next_of`` at which keeping a tenth of the losses pays best."""
    rest = answer_what_if(plain, baseline)
    best = next((one for one in rest.key_levels if one.stage in next_of), None)
    if best is None:
        return
    place = baseline.names.index(best.stage)
    levels = (*(LevelAsked() for _level in range(place)), LevelAsked(rate=best.rate_after))
    pulled = replace(plain, levels=levels)
    said = _("%(level)s → %(next)s: %(now)s → %(then)s go on") % {
        "level": best.stage, "next": next_of[best.stage],
        "now": words.per_cent(best.rate_before), "then": words.per_cent(best.rate_after),
    }  # fmt: skip
    note = _("a tenth of the lost deals kept; at no other stage would that bring more")
    # Of losses that are kept nothing is lost: the range is that of keeping them, not of a set rate.
    yield _row(_("Stretch"), said, note, answer_what_if(pulled, baseline), asked, best.gain_range)


def _kept_steps(found: FullFunnel, counts: Counts, names: Sequence[str]) -> dict[str, str]:
    """Return the levels whose losses are deals, with the next: these somebody can keep."""
    units = {step.key: step.unit for step in found.steps}
    levels = [(name, units[level.key]) for name, level in zip(names, counts.levels, strict=False)]
    return {
        name: after
        for (name, unit), (after, after_unit) in pairwise(levels)
        if unit == after_unit == Unit.DEALS
    }


def _expand(asked: Asked, plain: WhatIfQuestion, baseline: Baseline) -> Iterator[WhatIfRow]:
    lever = LevelAsked(times=MORE_IMPRESSIONS, elasticity=ELASTICITY)
    said = _("%(level)s: %(share)s more") % {
        "level": baseline.names[0],
        "share": words.per_cent(MORE_IMPRESSIONS - 1),
    }
    note = _("elasticity %(elasticity)s is assumed: newcomers are less keen") % {
        "elasticity": count(ELASTICITY)
    }
    yield _row(
        _("Expand"), said, note, answer_what_if(replace(plain, levels=(lever,)), baseline), asked
    )


def _row(
    lever: str, said: str, note: str, found: WhatIfAnswer, asked: Asked, within: Range | None = None
) -> WhatIfRow:
    if found.has_money:
        currency = found.baseline.currency
        gain = words.more_money(found.projection.gain, currency)
        span = words.span_of(within or found.projection.gain_range, "money", currency)
    else:
        gain = words.key_gain(found, found.more_won)
        span = words.span_of(within or found.projection.won_range)
    if found.projection.cost:
        cost = words.amount(found.projection.cost, found.baseline.currency)
        note = _("%(note)s; costs %(cost)s") % {"note": note, "cost": cost}
    note = _("95 %%: %(range)s · %(note)s") % {"range": span, "note": note}
    pays = found.has_money and found.projection.profit > 0
    return WhatIfRow(lever, said, note, gain, pays, _url(asked, found.question))


def _url(asked: Asked, question: WhatIfQuestion) -> str:
    query = AskedWhatIf(asked.period, question, asked.live_us, is_blank=False).query()
    return f"{reverse('what_if')}?{query}"
