"""Choosing what is watched: one figure by a form, or all that matters by a button."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.funnels.events import open_source, property_types
from suppilo.apps.funnels.selectors import list_funnels
from suppilo.apps.insights.guess import AMOUNTS, guess_name
from suppilo.apps.pipelines.models import Stage, StageKind
from suppilo.apps.segments.selectors import list_segments
from suppilo.apps.watch.figures import NewFigure
from suppilo.apps.watch.models import FigureKind
from suppilo.apps.watch.services import watch_figure, watch_what_matters
from suppilo.web.access import UserRequest, page

MOST_CHOICES = 100
_FIELDS = ("kind", "event", "amount", "funnel", "within_days", "stage", "by", "value", "segment")
_LONGEST, _LONGEST_ID = 200, 19
_OF_STAGES = (FigureKind.STAGE, FigureKind.ADVANCE)


@page(Permission.SAVE_REPORTS)
def add_watched(request: UserRequest) -> HttpResponse:
    """Show the form of a new figure, or watch what it names."""
    source = open_source()
    given = {name: request.POST.get(name, "").strip()[:_LONGEST] for name in _FIELDS}
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            figure = watch_figure(request.user, read_new(given, property_types(source)))
        except ValidationError as error:
            errors = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        else:
            messages.success(request, _("It is watched from now on. Its days are being read."))
            return redirect("watched", figure.pk)
    names = list(source.property_names())
    given["kind"] = given["kind"] or FigureKind.EVENTS
    given["amount"] = given["amount"] or guess_name(names, AMOUNTS)
    context = {
        "given": given,
        "errors": {name: " ".join(texts) for name, texts in errors.items()},
        "kinds": _kinds(request.user),
        "events": list(source.event_names())[:300],
        "properties": names[:300],
        "funnels": [(str(one.pk), one.name) for one in list_funnels(request.user)[:MOST_CHOICES]],
        "stages": _stages(request.user),
        "segments": [(str(one.pk), one.name) for one in list_segments(request.user)[:MOST_CHOICES]],
    }
    return render(request, "watch/add.html", context, status=422 if errors else 200)


def _kinds(user: User) -> list[tuple[str, Any]]:
    sees = allows(user, Permission.SEE_ALL_DEALS)
    return [(kind.value, kind.label) for kind in FigureKind if sees or kind not in _OF_STAGES]


def _stages(user: User) -> list[tuple[str, str]]:
    if not allows(user, Permission.SEE_ALL_DEALS):
        return []
    found = Stage.objects.filter(
        version__pipeline__current=F("version"), version__pipeline__is_archived=False,
        kind__in=(StageKind.OPEN, StageKind.WON),
    )  # fmt: skip
    rows = found.select_related("version__pipeline").order_by(
        "version__pipeline__position", "version__pipeline", "position"
    )
    return [
        (f"{one.version.pipeline_id}:{one.key}", f"{one.version.pipeline.name}: {one.name}")
        for one in rows[:MOST_CHOICES]
    ]


def read_new(given: Mapping[str, str], types: Mapping[str, str]) -> NewFigure:
    """Return the figure that a form's fields ask for; only what its kind takes is read."""
    kind = given["kind"]
    is_event, is_of_stage = kind in (FigureKind.EVENTS, FigureKind.SUM), kind in _OF_STAGES
    is_rate = kind in (FigureKind.FUNNEL, FigureKind.ADVANCE)
    pipeline, _colon, stage = given["stage"].partition(":")
    return NewFigure(
        kind,
        event=given["event"] if is_event else "",
        amount=given["amount"] if kind == FigureKind.SUM else "",
        funnel_id=_number(given["funnel"]) if kind == FigureKind.FUNNEL else None,
        within_days=_number(given["within_days"]) if is_rate else None,
        pipeline_id=_number(pipeline) if is_of_stage else None,
        stage_key=stage if is_of_stage else "",
        by=given["by"],
        value=_typed(given["value"], types.get(given["by"], "text")),
        segment_id=_number(given["segment"]),
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < _LONGEST_ID else None


def _typed(text: str, kind: str) -> str | int | float | bool | None:
    """Return a value as its property has it."""
    if not text:
        return None
    if kind == "bool":
        return text.lower() in ("true", "yes", "1")
    try:
        return int(text) if kind == "int" else float(text) if kind == "float" else text
    except ValueError:
        return text


@page(Permission.SAVE_REPORTS, methods=("POST",))
def watch_matters(request: UserRequest) -> HttpResponse:
    """Watch the main events, funnels and stages."""
    made = watch_what_matters(request.user)
    if made:
        text = ngettext(
            "%(n)d figure is watched from now on. Its days are being read; reload in a moment.",
            "%(n)d figures are watched from now on. Their days are being read; reload in a moment.",
            len(made),
        ) % {"n": len(made)}  # fmt: skip
        messages.success(request, text)
    else:
        messages.info(request, _("All that likely matters is watched already, or there are no "
                                 "events, funnels and stages yet."))  # fmt: skip
    return redirect("watch")
