"""Bottlenecks: what each step of a funnel loses, who waits too long, and steps too many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from suppilo.analytics.bottlenecks import Bottlenecks, Estimate, ExtraStep, Loss
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.funnels.ask import Answer
from suppilo.apps.funnels.events import open_source, property_types
from suppilo.charts.bottlenecks import (
    amount_words,
    bottleneck_sentence,
    extra_words,
    gain_words,
    loss_words,
    method_words,
    percent,
    saving_words,
)
from suppilo.charts.figures import last_step
from suppilo.charts.page import RowBar, rows_picture
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import clamp
from suppilo.web.templatetags.funnel_words import count, unit_count
from suppilo.web.views.funnels.asked import Asked, read_asked
from suppilo.web.views.funnels.builder import now_us
from suppilo.web.views.funnels.links import Links
from suppilo.web.views.funnels.parts.trend import drawn
from suppilo.web.views.funnels.report import (
    LONG_WAIT_S,
    WITHOUT_SCRIPT_S,
    find_answer,
)

SIZES = (("wide", 1080), ("middle", 700), ("narrow", 330))


@dataclass(frozen=True, slots=True)
class LossRow:
    """What is lost between two steps, in words, and the people behind it."""

    loss: Loss
    is_worst: bool
    loses: str
    gains: str
    lost_url: str
    late_url: str
    onward_url: str


@dataclass(frozen=True, slots=True)
class StepRow:
    """How those fared who did a step and who left it out, and who they are."""

    step: ExtraStep
    with_rate: float | None
    without_rate: float | None
    with_url: str
    without_url: str


@page(Permission.SEE_REPORTS, methods=("GET",))
def bottlenecks(request: UserRequest) -> HttpResponse:
    """Show what each step of the funnel in the address loses; for htmx the part of a page."""
    source = open_source()
    asked = read_asked(request.GET, property_types(source), now_us())
    asked = replace(asked, look=replace(asked.look, view="bottlenecks"))
    is_part = request.htmx and not request.htmx.history_restore_request
    patient = not is_part or clamp(request.GET.get("wait"), 0, 2, 0) == 2
    wait_s = WITHOUT_SCRIPT_S if patient else LONG_WAIT_S
    found, answer, state = find_answer(request.user, source, asked, wait_s)
    shown = replace(found, look=replace(found.look, view="steps"))
    links = Links(shown, reverse("new_funnel"), allows(request.user, Permission.SEE_PEOPLE))
    context = {**state, **_page(shown, links), **_figures(answer, links)}
    response = render(
        request, f"insights/bottlenecks/{'part' if is_part else 'page'}.html", context
    )
    response["Vary"] = "HX-Request"
    return response


def _page(asked: Asked, links: Links) -> dict[str, Any]:
    return {
        "look": asked.look,
        "errors": asked.checked.errors,
        "pairs": asked.pairs(worth=""),
        "again": f"{links.bottlenecks()}&wait=2",
        "back": "" if asked.draft.is_blank else f"{links.path}?{asked.query()}",
    }


def _figures(answer: Answer | None, links: Links) -> dict[str, Any]:
    if answer is None or answer.report.bottlenecks is None:
        return {}
    found, unit = answer.report.bottlenecks, answer.report.definition.unit
    rows = list(_loss_rows(found, links))
    return {
        "pictures": loss_pictures(found, rows),
        "ends": (answer.report.steps[0].name, last_step(answer.report.steps).name),
        "sentence": bottleneck_sentence(found, lambda n: unit_count(n, unit)),
        "worth": found.worth,
        "saving": _("Saving {share}").format(share=percent(found.saved)),
        "loss_rows": rows,
        "step_rows": list(_step_rows(found, answer, links)),
        "extra_lines": [line for line in map(extra_words, found.extra or ()) if line],
        "method": list(method_words(found)),
    }


def _loss_rows(found: Bottlenecks, links: Links) -> Iterator[LossRow]:
    for loss in found.losses:
        yield LossRow(
            loss,
            loss is found.worst,
            loss_words(loss, found),
            gain_words(loss, found),
            links.people(loss.after + 1, "dropped" if loss.is_final else "open"),
            links.people(loss.after + 1, "late"),
            links.people(loss.before + 1),
        )


def loss_pictures(found: Bottlenecks, rows: Sequence[LossRow]) -> list[tuple[str, SafeString]]:
    """Draw what each step loses, in money or conversions, and the range of what saving brings."""
    bars = [
        RowBar(
            f"{one.loss.after_name} → {one.loss.before_name}",
            ((lost, "c-open"),),
            _("{loss}; {saving} would bring {gain}").format(
                loss=one.loses, saving=saving_words(found.saved), gain=one.gains
            ),
            one.lost_url,
            None if gain is None else (gain.lower, gain.upper),
        )
        for one, (lost, gain) in zip(rows, _weights(found), strict=True)
    ]
    if not any(bar.parts[0][0] for bar in bars):
        return []

    def say(value: float) -> str:
        return count(value) if found.worth is None else amount_words(value, found.worth)

    return [(size, drawn(rows_picture(bars, say, width))) for size, width in SIZES]


def _weights(found: Bottlenecks) -> Iterator[tuple[float, Estimate | None]]:
    """Yield what each loss weighs, and what saving would bring: 0 where it is too early to say."""
    for loss in found.losses:
        if found.worth is None:
            yield loss.conversions or 0.0, loss.gain
        else:
            yield loss.money or 0.0, loss.gain_money


def _step_rows(found: Bottlenecks, answer: Answer, links: Links) -> Iterator[StepRow]:
    for step in found.extra or ():
        # The address keeps the moment of observation open where the question left it open.
        asked = replace(step.definition, as_of_us=answer.question.definition.as_of_us)
        yield StepRow(
            step,
            _share(step.did),
            _share(step.did_not),
            links.people_of(asked, step.step + 1, "with"),
            links.people_of(asked, step.step + 1, "without"),
        )


def _share(counts: tuple[int, int]) -> float | None:
    return counts[0] / counts[1] if counts[1] else None


urlpatterns = [path("", bottlenecks, name="bottlenecks")]
