"""Make a segment, and change one: the builder and its count."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.funnels.models import Visibility
from suppilo.apps.funnels.services import require_change
from suppilo.apps.segments import services
from suppilo.apps.segments.models import Segment, SegmentUnit
from suppilo.apps.segments.rules import MOST_GROUPS, RuleError
from suppilo.apps.segments.selectors import find_segment, list_segments
from suppilo.apps.segments.services import SegmentDraft
from suppilo.apps.segments.values import NUMBERS, TEXTS
from suppilo.web.access import UserRequest, page
from suppilo.web.channels import CHANNELS
from suppilo.web.segment_words import CHOICES, KINDS, OPERATORS, list_stages
from suppilo.web.views.segments.form import Builder, Row, RowGroup, edit, read_builder

MOST_LISTED = 200
_OF_DEALS = ("deal", "stage", "deal_state", "tag")
_LONGEST_ID = 18


@page(Permission.SAVE_REPORTS)
def new_segment(request: UserRequest) -> HttpResponse:
    """Show the builder of a new segment, or make the segment."""
    values = request.POST or request.GET
    unit = _read_unit(request.user, values.get("unit", ""))
    thing = Segment(owner=request.user, unit=unit)
    if request.method == "POST":
        return _answer(request, thing)
    first = Row("stage", which="longer", days="14") if unit == SegmentUnit.DEAL else Row()
    return _show(request, thing, Builder((RowGroup((first,)),)))


@page(Permission.SAVE_REPORTS)
def edit_segment(request: UserRequest, pk: int) -> HttpResponse:
    """Show a segment in the builder, or change it."""
    found = find_segment(request.user, pk)
    require_change(request.user, found)
    if request.method == "POST":
        return _answer(request, found)
    return _show(request, found, Builder.of(found.read_rules()))


@page(Permission.SAVE_REPORTS, methods=("POST",))
def preview_segment(request: UserRequest) -> HttpResponse:
    """Say how many would be in a segment as the builder stands."""
    sent = request.POST
    unit = _read_unit(request.user, sent.get("unit", ""))
    number = sent.get("segment", "")
    known = int(number) if number.isdecimal() and len(number) <= _LONGEST_ID else None
    context: dict[str, Any] = {}
    try:
        rules = read_builder(sent.dict()).read_rules()
        context["words"] = count_words(
            unit, services.count_members(request.user, unit, rules, known)
        )
    except RuleError as error:
        context["missing"] = str(error)
    except ValidationError as error:
        context["missing"] = " ".join(error.messages)
    return render(request, "segments/count.html", context)


def count_words(unit: str, count: int) -> str:
    """Return so many people, companies or deals in words."""
    words = {
        "person": ngettext("%(n)s person", "%(n)s people", count),
        "company": ngettext("%(n)s company", "%(n)s companies", count),
        "deal": ngettext("%(n)s deal", "%(n)s deals", count),
    }
    return words[unit] % {"n": f"{count:,}"}


def _answer(request: UserRequest, thing: Segment) -> HttpResponse:
    """Do what a button of the builder says."""
    action = request.POST.get("do", "save")
    builder = read_builder(request.POST.dict())
    thing.name, thing.description = (request.POST.get(one, "") for one in ("name", "description"))
    thing.visibility = request.POST.get("visibility", Visibility.PRIVATE)
    team = thing.team = _team(request)
    if action != "save":
        return _show(request, thing, edit(builder, action))
    try:
        draft = SegmentDraft(
            thing.name, builder.read_rules(), thing.description, thing.visibility, team
        )
        saved = _save(request.user, thing, draft)
    except RuleError as error:
        return _show(request, thing, builder, [str(error)])
    except ValidationError as error:
        return _show(request, thing, builder, error.messages)
    messages.success(request, _("Saved: %(count)s.") % {
        "count": count_words(saved.unit, saved.size),
    })  # fmt: skip
    return redirect(saved)


def _save(user: User, thing: Segment, draft: SegmentDraft) -> Segment:
    if not thing.pk:
        return services.save_segment(user, thing.unit, draft)
    return services.change_segment(user, find_segment(user, thing.pk), draft)


def _show(
    request: UserRequest, thing: Segment, builder: Builder, errors: list[str] | None = None
) -> HttpResponse:
    others = list_segments(request.user).exclude(pk=thing.pk)[:MOST_LISTED]
    rows = [row for group in builder.groups for row in group.rows]
    kinds = {row.kind for row in rows}
    stages = {row.name for row in rows if row.kind == "stage" and row.name}
    sees_deals = allows(request.user, Permission.SEE_ALL_DEALS)
    context = {
        "thing": thing,
        "builder": builder,
        "groups": list(builder.numbered()),
        "errors": errors or [],
        "kinds": [one for one in KINDS.items() if sees_deals or one[0] not in _OF_DEALS],
        "operators": OPERATORS.items(),
        "choices": {kind: list(names.items()) for kind, names in CHOICES.items()},
        "stages": list_stages(stages) if "stage" in kinds else [],
        "channels": CHANNELS.items(),
        "fields": [*TEXTS, *NUMBERS],
        "others": [(str(one.pk), one.name) for one in others] if "segment" in kinds else [],
        "units": _units(request.user),
        "may_group": len(builder.groups) < MOST_GROUPS,
        "visibilities": Visibility.choices,
        "teams": request.user.teams.all(),
        "here": reverse("edit_segment", args=[thing.pk]) if thing.pk else reverse("new_segment"),
    }
    return render(request, "segments/build.html", context, status=422 if errors else 200)


def _units(user: User) -> list[tuple[str, str]]:
    sees_deals = allows(user, Permission.SEE_ALL_DEALS)
    found = [(str(unit), str(unit.label)) for unit in SegmentUnit]
    return [one for one in found if sees_deals or one[0] != SegmentUnit.DEAL]


def _read_unit(user: User, text: str) -> str:
    return text if text in dict(_units(user)) else str(SegmentUnit.PERSON)


def _team(request: UserRequest) -> Team | None:
    number = request.POST.get("team", "")
    is_id = number.isdecimal() and len(number) <= _LONGEST_ID
    return Team.objects.filter(pk=number).first() if is_id else None
