"""The card of what was learnt: how good it is, what it rests on, whether it still holds."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from suppilo.analytics.funnel import DefinitionError
from suppilo.analytics.scores import Band, ModelCard, Part, TooFew
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.events.moments import to_moment
from suppilo.apps.scores.models import LearnedModel
from suppilo.apps.scores.selectors import current_model, current_sheet
from suppilo.apps.scores.services import has_come, learn_now
from suppilo.charts.page.calibration import CalibrationMark, calibration_picture
from suppilo.charts.scores import card_sentence, model_name, refusal
from suppilo.web.access import UserRequest, page
from suppilo.web.score_texts import drift_words, subject_words
from suppilo.web.templatetags.funnel_words import count, localise, rate, span
from suppilo.web.views.funnels.parts.trend import drawn

SIZES = (("wide", 720), ("middle", 600), ("narrow", 330))
_MOST_WEIGHTS, _MOST_DRIFT = 15, 15
_STEADY = "steady"


@page(Permission.SEE_REPORTS, methods=("GET",))
def score_model(request: UserRequest) -> HttpResponse:
    """Show what was learnt of the goal, or why nothing could be."""
    sheet = current_sheet()
    model = None if sheet is None else current_model(sheet)
    context: dict[str, Any] = {
        "sheet": sheet,
        "model": model,
        "is_unknown": sheet is not None and sheet.goal and not has_come(sheet.goal),
        "may_manage": allows(request.user, Permission.MANAGE_LEADS),
    }
    if model is not None:
        context |= _shown(model, sees_people=allows(request.user, Permission.SEE_PEOPLE))
    return render(request, "insights/scores/model.html", context)


@page(Permission.MANAGE_LEADS, methods=("POST",))
def learn_again(request: UserRequest) -> HttpResponse:
    """Have the chances learnt anew."""
    try:
        learn_now(request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("score_rules")
    messages.success(request, _("It is being learnt anew. It takes a minute or several; "
                                "reload then."))  # fmt: skip
    return redirect("score_model")


def _shown(model: LearnedModel, *, sees_people: bool) -> dict[str, Any]:
    if model.refusal is not None:
        return {"refusal": refusal(TooFew(**model.refusal))}
    try:
        score = model.read_score()
    except DefinitionError:
        score = None
    if score is None:
        return {"refusal": _("Another version of the server learnt it. It is learnt anew soon.")}
    card = score.card
    has_cases = sees_people and model.cases.exists()
    # Lessons of earlier servers kept only whom they were tested on.
    has_lesson = has_cases and model.cases.filter(band=None).exists()
    lesson_urls = _case_urls(model, part="learned") if has_lesson else {}
    return {
        "card": card,
        "sentence": card_sentence(card, score.question),
        "parts": [
            {"name": _("Learnt from")} | _part(card.learned) | lesson_urls,
            {"name": _("Tested on")} | _part(card.held) | (_case_urls(model) if has_cases else {}),
        ],
        "candidates": [_candidate(card, number) for number in range(len(card.candidates))],
        "brier": _brier(card),
        "bands": [
            _band(number, band) | (_case_urls(model, band=str(number)) if has_cases else {})
            for number, band in enumerate(card.bands, 1)
        ],
        "pictures": pictures(card),
        "weights": _weights(card),
        "drift": _drift(model),
        "has_moved": any(one["level"] != _STEADY for one in model.drift[:1]),
    }


def _part(part: Part) -> dict[str, str]:
    days = (localdate(to_moment(at)) for at in part.moments_us)
    return {
        "people": count(part.units), "outcomes": count(part.outcomes), "share": rate(part.rate),
        "moments": ", ".join(date_format(day, "SHORT_DATE_FORMAT") for day in days),
    }  # fmt: skip


def _candidate(card: ModelCard, number: int) -> dict[str, Any]:
    one = card.candidates[number]
    gain = one.gain
    return {
        "name": model_name(one.kind),
        "loss": localise(f"{one.log_loss:.4f}"),
        "gain": localise(f"{gain.value:.4f} ({gain.lower:.4f} – {gain.upper:.4f})"),
        "is_taken": one.kind == card.kind,
    }


def _brier(card: ModelCard) -> str:
    one = card.brier
    text = f"{one.value:.4f} ({one.lower:.4f} – {one.upper:.4f}), {card.brier_base:.4f}"
    return localise(text)


def _band(number: int, band: Band) -> dict[str, Any]:
    return {
        "number": number, "rows": count(band.rows), "foretold": rate(band.predicted),
        "came": rate(band.rate), "outcomes": count(band.outcomes),
        "range": span(band.interval.lower, band.interval.upper),
        "lift": localise(f"{band.lift:.1f}"), "captured": rate(band.captured),
    }  # fmt: skip


def _case_urls(model: LearnedModel, **part: str) -> dict[str, str]:
    """Return where a part's people are listed; without one all whom it was tested on."""
    url = f"{reverse('score_cases')}?{urlencode({'model': model.pk, **part})}"
    return {"url": url, "reached_url": f"{url}&reached=1"}


def pictures(card: ModelCard) -> list[tuple[str, Any]]:
    """Draw what was foretold against what came."""
    marks = [
        CalibrationMark(
            band.predicted, band.rate, band.interval.lower, band.interval.upper,
            _("foretold %(foretold)s, came %(came)s")
            % {"foretold": rate(band.predicted), "came": rate(band.rate)},
        )
        for band in card.bands
    ]  # fmt: skip
    across = _("Chance foretold; upright: share who reached the goal")
    return [(size, drawn(calibration_picture(marks, across, width))) for size, width in SIZES]


def _weights(card: ModelCard) -> list[dict[str, Any]]:
    largest = max([one.effect for one in card.weights], default=0) or 1
    return [
        {
            "name": subject_words(one.kind, one.subject),
            "share": f"{one.effect / largest:.4f}",
            "effect": localise(f"{one.effect:.2f}"),
            "direction": {1: _("more: likelier"), -1: _("more: less likely"), 0: ""}[one.direction],
        }
        for one in card.weights[:_MOST_WEIGHTS]
    ]


def _drift(model: LearnedModel) -> list[dict[str, Any]]:
    return [
        {
            "name": subject_words(one["kind"], one["subject"], one["detail"]),
            "psi": localise(f"{one['psi']:.3f}"),
            "level": one["level"],
            "words": drift_words(one["level"]),
        }
        for one in model.drift[:_MOST_DRIFT]
    ]
