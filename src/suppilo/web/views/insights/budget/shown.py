"""A budget's plan as the page shows it: rows, pictures, words and links."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.analytics.budget import (
    BudgetPlan,
    ChannelPlan,
    ResponseFit,
    Spread,
    Verdict,
    draw_curve,
)
from suppilo.analytics.budget.history import WEEK
from suppilo.apps.insights.budget import DEAL_OUTCOMES, BudgetAnswer
from suppilo.charts import words
from suppilo.charts.budget import (
    doubt_sentence,
    figure,
    plan_sentence,
    span,
    verdict_word,
    warnings_of,
)
from suppilo.charts.page import ResponseMark, response_picture
from suppilo.web.channels import channel_label
from suppilo.web.templatetags.funnel_words import localise
from suppilo.web.views.funnels.parts.trend import drawn
from suppilo.web.views.insights.budget.asked import HIGHEST, LOWEST, Asked

PICTURE_WIDTH = 330
COLUMNS = (
    "channel", "now", "best", "lower_bound", "upper_bound", "lowest_seen", "highest_seen", "brings",
    "brings_lower", "brings_upper", "next_step", "next_step_lower", "next_step_upper",
    "next_at_best", "average", "elasticity", "elasticity_lower", "elasticity_upper",
    "half_life_days", "is_beyond", "verdict", "doubts",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BoundRow:
    """The two fields of a channel's bounds; ``seen_*`` is what holds while they are empty."""

    name: str
    low_field: str
    high_field: str
    low: str
    high: str
    seen_low: str
    seen_high: str


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A row of the table, its picture, and where its figures lead."""

    plan: ChannelPlan
    name: str
    now: str
    best: str
    brings: str
    brings_range: str
    next_step: str
    next_range: str
    next_at_best: str
    elasticity: str
    half_life: str
    verdict: str
    why: str
    picture: SafeString
    channels_url: str
    spend_url: str
    outcome_url: str

    @property
    def is_told(self) -> bool:
        """Whether the data can tell."""
        return self.plan.verdict is not Verdict.CANT_TELL


def channel_name(name: str) -> str:
    """Return what a channel is called."""
    return channel_label(name) if name else _("(not known)")


def bound_rows(asked: Asked, fit: ResponseFit) -> list[BoundRow]:
    """Return the fields of bounds, a row for each channel."""
    return [
        BoundRow(
            channel_name(name), LOWEST + name, HIGHEST + name,
            asked.bounds.get(LOWEST + name, ""), asked.bounds.get(HIGHEST + name, ""),
            *(f"{value:.0f}" for value in _usual_bounds(fit, place)),
        )
        for place, name in enumerate(fit.history.channels)
    ]  # fmt: skip


def _usual_bounds(fit: ResponseFit, place: int) -> tuple[float, float]:
    """Return what bounds a channel while none are given: what was seen, or what it has now."""
    if fit.doubts[place]:
        return float(fit.now[place]), float(fit.now[place])
    return float(fit.lowest[place]), float(fit.highest[place])


def show_plan(asked: Asked, answer: BudgetAnswer, plan: BudgetPlan) -> dict[str, Any]:
    """Return what the answer of the page needs."""
    fit, unit = answer.fit, outcome_unit(asked)
    rows = list(_rows(asked, fit, plan))
    return {
        "plan": plan,
        "rows": rows,
        "doubtful": [row for row in rows if not row.is_told],
        "sentence": localise(plan_sentence(plan, channel_name, unit)),
        "warnings": [localise(text) for text in warnings_of(plan, channel_name)],
        "unit": unit,
        "total_now": _amount(plan.now),
        "total_best": _amount(plan.budget - plan.unspent),
        "step": _amount(plan.step),
        "counted": list(_counted(answer, asked)),
        "currency": asked.fields["currency"],
    }


def outcome_unit(asked: Asked) -> str:
    """Return what the outcome is counted in."""
    units = {"leads": _("leads"), "won": _("won deals"), "first": _("people"),
             "count": _("events")}  # fmt: skip
    return units.get(asked.fields["of"], asked.fields["currency"])


def _rows(asked: Asked, fit: ResponseFit, plan: BudgetPlan) -> Iterator[PlanRow]:
    for place, one in enumerate(plan.channels):
        picture = response_picture(_mark(fit, place, one), PICTURE_WIDTH)
        yield PlanRow(
            one, channel_name(one.name), _amount(one.now), _amount(one.best),
            _amount(one.brings.median), _range(one.brings), _amount(one.next_step.median),
            _range(one.next_step), _amount(one.next_at_best.median),
            f"{_amount(one.elasticity.median)} ({_range(one.elasticity)})",
            f"{_amount(one.half_life_days.median)} ({_range(one.half_life_days)})",
            verdict_word(one.verdict),
            " ".join(doubt_sentence(doubt, channel_name) for doubt in one.doubts),
            drawn(picture), *_urls(asked, one.name),
        )  # fmt: skip


def _mark(fit: ResponseFit, place: int, one: ChannelPlan) -> ResponseMark:
    most = max(one.highest, one.best, one.now) * 1.05
    spend, (lower, median, upper) = draw_curve(fit.curves, place, most)
    at_best = draw_curve(fit.curves, place, max(one.best, 1e-9), 2)[1][1, -1]
    best = None if one.verdict is Verdict.CANT_TELL else (one.best, float(at_best))
    return ResponseMark(
        spend.tolist(), lower.tolist(), median.tolist(), upper.tolist(), one.highest,
        (one.now, one.brings), best,
    )  # fmt: skip


def _urls(asked: Asked, channel: str) -> tuple[str, str, str]:
    """Return where a channel, its spend and what it brought lead."""
    dates = {name: asked.fields[name] for name in ("dates", "from", "to") if asked.fields[name]}
    dates["dates"] = asked.period.choice
    money = {"currency": asked.fields["currency"]}
    channels = f"{reverse('channels')}?{urlencode(dates)}#channel-{channel}-{money['currency']}"
    spend = f"{reverse('spend_rows')}?{urlencode(dates | money | {'channel': channel})}"
    if asked.fields["of"] not in DEAL_OUTCOMES:
        return channels, spend, channels
    won = {} if asked.fields["of"] == "leads" else {"won": "1"}
    deals = urlencode(dates | money | won | {"key": channel, "by": "channel"})
    return channels, spend, f"{reverse('channel_deals')}?{deals}"


def _amount(value: float) -> str:
    return localise(figure(value))


def _range(found: Spread) -> str:
    return localise(span(found))


def _counted(answer: BudgetAnswer, asked: Asked) -> Iterator[str]:
    """Yield what was counted, and how."""
    fit, history = answer.fit, answer.fit.history
    count = history.periods
    periods = (
        ngettext("%(n)s week", "%(n)s weeks", count) if history.period_days == WEEK
        else ngettext("%(n)s day", "%(n)s days", count)
    )  # fmt: skip
    yield _("%(periods)s from %(start)s to %(end)s. All figures are of a week; spend now is the "
            "mean of the last 8 weeks.") % {
        "periods": periods % {"n": count}, "start": date_format(history.start, "SHORT_DATE_FORMAT"),
        "end": date_format(history.end - timedelta(days=1), "SHORT_DATE_FORMAT"),
    }  # fmt: skip
    if answer.unripe_days:
        yield ngettext(
            "The last %(n)s day is left out: not most of its deals are decided yet.",
            "The last %(n)s days are left out: not most of their deals are decided yet.",
            answer.unripe_days,
        ) % {"n": answer.unripe_days}
    yield _("All channels together brought %(share)s of the outcome (%(lower)s to %(upper)s); the "
            "fit accounts for %(explained)s of its ups and downs.") % {
        "share": localise(words.rate(fit.share.median)),
        "lower": localise(words.rate(fit.share.lower)),
        "upper": localise(words.rate(fit.share.upper)),
        "explained": localise(words.rate(fit.explained)),
    }  # fmt: skip
    usual = localise(figure(fit.prior.elasticity))
    yield _("Where data is thin, one percent more spend is taken to bring %s percent more.") % usual
    if asked.fields["of"] in DEAL_OUTCOMES and asked.fields["of"] != "revenue":
        yield _("Deals of all currencies count.")


def cells(one: ChannelPlan) -> Sequence[str]:
    """Return a row of the file."""
    figures = (
        one.now, one.best, one.lower, one.upper, one.lowest, one.highest, one.brings.median,
        one.brings.lower, one.brings.upper, one.next_step.median, one.next_step.lower,
        one.next_step.upper, one.next_at_best.median, one.average, one.elasticity.median,
        one.elasticity.lower, one.elasticity.upper, one.half_life_days.median,
    )  # fmt: skip
    return [
        one.name, *("" if value is None else f"{value:.6g}" for value in figures),
        str(one.is_beyond).lower(), str(one.verdict), " ".join(doubt.kind for doubt in one.doubts),
    ]  # fmt: skip
