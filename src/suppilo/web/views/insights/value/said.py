"""What the fitted models say, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from django.utils.translation import gettext as _

from suppilo.analytics.value.bgbb import BgBb
from suppilo.analytics.value.bgnbd import BgNbd
from suppilo.analytics.value.occasions import Occasion
from suppilo.analytics.value.report import ValueReport
from suppilo.apps.insights.value import ValueQuestion
from suppilo.charts.words import moment
from suppilo.charts.words import odds as three_digits
from suppilo.web.reporting import here
from suppilo.web.templatetags.funnel_words import count, rate
from suppilo.web.views.insights.cohorts.shown import worth_words


def model_words(report: ValueReport, question: ValueQuestion) -> list[str]:
    """Return in sentences what the fitted models say."""
    model, spending = report.model, report.spending
    said = list(_any_time(model) if isinstance(model, BgNbd) else _occasions(report, model))
    if spending is not None:
        if np.isfinite(spending.mean):
            mean = {"amount": worth_words(spending.mean, question.currency)}
            said.append(_("A purchase is worth %(amount)s on average.") % mean)
        said.append(_fitted("Gamma-Gamma", p=spending.p, q=spending.q, v=spending.v))
    return said


def _any_time(model: BgNbd) -> Iterator[str]:
    every = {"days": count(round(model.alpha / model.r, 1))}
    leave = {"share": rate(model.a / (model.a + model.b))}
    yield _("While they are customers, they buy once in %(days)s days on average.") % every
    yield _("After a repeat purchase %(share)s leave for good, on average.") % leave
    yield _fitted("BG/NBD", r=model.r, α=model.alpha, a=model.a, b=model.b)


def _fitted(name: str, **parameters: float) -> str:
    said = (f"{letter} = {three_digits(value)}" for letter, value in parameters.items())
    return f"{name}: {', '.join(said)}"


def _occasions(report: ValueReport, model: BgBb) -> Iterator[str]:
    every: Occasion = report.occasions or "month"
    buys = {"share": rate(model.alpha / (model.alpha + model.beta))}
    leave = {"share": rate(model.gamma / (model.gamma + model.delta))}
    yield {
        "day": _("While they are customers, %(share)s buy on a day, on average."),
        "week": _("While they are customers, %(share)s buy in a week, on average."),
        "month": _("While they are customers, %(share)s buy in a month, on average."),
        "year": _("While they are customers, %(share)s buy in a year, on average."),
    }[every] % buys
    yield {
        "day": _("Each day %(share)s leave for good on average, also after the first purchase."),
        "week": _("Each week %(share)s leave for good on average, also after the first purchase."),
        "month": _(
            "Each month %(share)s leave for good on average, also after the first purchase."
        ),
        "year": _("Each year %(share)s leave for good on average, also after the first purchase."),
    }[every] % leave
    seen = {"moment": moment(report.as_of_us - 1, here())}
    yield {
        "day": _("Counted up to %(moment)s: the day that is running is not over. Purchases of one "
                 "day are one purchase."),
        "week": _("Counted up to %(moment)s: the week that is running is not over. Purchases of "
                  "one week are one purchase."),
        "month": _("Counted up to %(moment)s: the month that is running is not over. Purchases of "
                   "one month are one purchase."),
        "year": _("Counted up to %(moment)s: the year that is running is not over. Purchases of "
                  "one year are one purchase."),
    }[every] % seen  # fmt: skip
    yield (
        f"BG/BB: α = {model.alpha:.3f}, β = {model.beta:.3f}, γ = {model.gamma:.3f}, "
        f"δ = {model.delta:.3f}"
    )
