"""Make a goal, change it, end it, delete it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.accounts.permissions import GRANTS, Permission, allows
from suppilo.apps.funnels.events import open_source
from suppilo.apps.funnels.selectors import list_funnels
from suppilo.apps.goals import services
from suppilo.apps.goals.models import (
    IN_MONEY,
    OF_DEALS,
    OF_FUNNELS,
    WITHOUT_SEGMENT,
    Cadence,
    Goal,
    Measure,
)
from suppilo.apps.goals.selectors import ask_goals
from suppilo.apps.goals.services import GoalChange, NewGoal
from suppilo.apps.pipelines.models import Pipeline, Stage, StageKind
from suppilo.apps.segments.selectors import list_segments
from suppilo.web.access import UserRequest, page
from suppilo.web.channels import CHANNELS
from suppilo.web.forms import status_of
from suppilo.web.goal_words import goal_title, read_stage_names
from suppilo.web.views.goals.detail import may_manage
from suppilo.web.views.goals.finding import find_goal

USUAL_CURRENCY = "EUR"
_MOST_LISTED = 300
_SELLERS = [role for role, grants in GRANTS.items() if Permission.EDIT_DEALS in grants]


class GoalForm(forms.Form):
    """A new goal of one measure: it has the fields that this measure needs."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, required=False,
        help_text=gettext_lazy("Empty: it is called by what it counts."),
    )  # fmt: skip
    event = forms.CharField(label=gettext_lazy("Event"), max_length=200)
    step = forms.ChoiceField(label=gettext_lazy("Step"))
    to_step = forms.ChoiceField(label=gettext_lazy("Up to step"))
    stage = forms.ChoiceField(label=gettext_lazy("Stage"))
    pipeline = forms.TypedChoiceField(
        label=gettext_lazy("Pipeline"), coerce=int, empty_value=None, required=False
    )
    cadence = forms.ChoiceField(
        label=gettext_lazy("Every"), choices=Cadence.choices, initial=Cadence.MONTH
    )
    target = forms.DecimalField(label=gettext_lazy("Target"), max_digits=19, decimal_places=4)
    currency = forms.RegexField(
        r"^[A-Za-z]{3}$", label=gettext_lazy("Currency"), initial=USUAL_CURRENCY
    )
    whose = forms.ChoiceField(label=gettext_lazy("Whose"), required=False)
    channel = forms.CharField(
        label=gettext_lazy("Only through the channel"), max_length=60, required=False
    )
    segment = forms.TypedChoiceField(
        label=gettext_lazy("Only of the segment"), coerce=int, empty_value=None, required=False
    )
    starts_on = forms.DateField(
        label=gettext_lazy("From"), required=False,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        help_text=gettext_lazy("The period of this day is the first; empty: the present one."),
    )  # fmt: skip
    ends_on = forms.DateField(
        label=gettext_lazy("To"), required=False,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        help_text=gettext_lazy("The period of this day is the last; empty: until it is ended."),
    )  # fmt: skip

    def __init__(self, user: User, measure: Measure, *given: Any, **more: Any) -> None:
        """Keep the fields that a measure has, and offer what there is."""
        super().__init__(*given, **more)
        self.measure = measure
        for name in _without(user, measure):
            del self.fields[name]
        if measure == Measure.CONVERSION:
            self.fields["target"].label = _("Target, in per cent")
            self.fields["step"].label = _("From step")
        if "event" in self.fields:
            self.fields["event"].widget.attrs["list"] = "event-names"
        if "channel" in self.fields:
            self.fields["channel"].widget.attrs["list"] = "channel-names"
        steps = _steps(user) if measure in OF_FUNNELS else []
        self._offer("step", lambda: steps)
        self._offer("to_step", lambda: steps)
        self._offer("stage", _stages)
        self._offer("pipeline", lambda: [("", _("All")), *_pipelines()])
        self._offer("whose", _people)
        segments = _segments(user) if "segment" in self.fields else []
        self._offer("segment", lambda: segments)
        if measure == Measure.MEMBERS:
            self.fields["segment"].label = _("Segment")
            self.fields["segment"].required = True
            self._offer("segment", lambda: segments[1:])
        elif len(segments) == 1:
            del self.fields["segment"]

    def _offer(self, name: str, choices: Any) -> None:
        field = self.fields.get(name)
        if isinstance(field, forms.ChoiceField):
            field.choices = choices()

    def clean(self) -> dict[str, Any]:
        """Make sure that two steps are of one funnel."""
        sent: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = (sent.get(name, "").partition(":")[0] for name in ("step", "to_step"))
        if first and last and first != last:
            self.add_error("to_step", _("Choose both steps of the same funnel."))
        return sent

    def to_goal(self) -> NewGoal:
        """Return the goal that was sent."""
        sent = self.cleaned_data
        funnel, _colon, step = sent.get("step", "").partition(":")
        to_step = sent.get("to_step", "").partition(":")[2]
        pipeline, _colon, stage = sent.get("stage", "").partition(":")
        kind, _dot, number = sent.get("whose", "").partition(".")
        target = sent["target"] / 100 if self.measure == Measure.CONVERSION else sent["target"]
        return NewGoal(
            self.measure, sent["cadence"], target, sent["name"], sent.get("event", ""),
            int(funnel) if funnel else None, int(step) if step else None,
            int(to_step) if to_step else None,
            int(pipeline) if pipeline else sent.get("pipeline"), stage,
            int(number) if kind == "u" else None, int(number) if kind == "t" else None,
            sent.get("channel", "").strip(), sent.get("currency", "").upper(),
            sent.get("starts_on"), sent.get("ends_on"), sent.get("segment"),
        )  # fmt: skip


class GoalChangeForm(forms.Form):
    """What of a goal can be another."""

    name = GoalForm.base_fields["name"]
    target = forms.DecimalField(
        label=gettext_lazy("Target"), max_digits=19, decimal_places=4,
        help_text=gettext_lazy("From this period on; periods that are over keep theirs."),
    )  # fmt: skip
    ends_on = GoalForm.base_fields["ends_on"]


def _without(user: User, measure: Measure) -> set[str]:
    """Return the fields that a measure, or who sets it, has no use for."""
    needs = {
        "event": measure == Measure.EVENT,
        "step": measure in OF_FUNNELS,
        "to_step": measure == Measure.CONVERSION,
        "stage": measure == Measure.STAGE,
        "pipeline": measure in OF_DEALS and measure != Measure.STAGE,
        "currency": measure in IN_MONEY,
        "whose": measure in (*OF_DEALS, Measure.LEADS, Measure.PAID)
        and allows(user, Permission.MANAGE_QUOTAS),
        "channel": measure not in (*OF_FUNNELS, Measure.MEMBERS),
        "segment": measure not in WITHOUT_SEGMENT,
    }
    return {name for name, is_needed in needs.items() if not is_needed}


def _steps(user: User) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the steps of the funnels that a user sees, funnel by funnel."""
    return [
        (
            funnel.name,
            [
                (f"{funnel.pk}:{number}", f"{number}. {step.name}")
                for number, step in enumerate(funnel.read_definition().steps, 1)
            ],
        )
        for funnel in list_funnels(user)[:_MOST_LISTED]
    ]


def _stages() -> list[tuple[str, str]]:
    rows = Stage.objects.filter(
        version__pipeline__is_archived=False, version=F("version__pipeline__current"),
        kind=StageKind.OPEN,
    )  # fmt: skip
    named = rows.select_related("version__pipeline").order_by("version__pipeline", "position")
    return [
        (f"{one.version.pipeline_id}:{one.key}", f"{one.version.pipeline.name}: {one.name}")
        for one in named
    ]


def _pipelines() -> list[tuple[str, str]]:
    found = Pipeline.objects.filter(is_archived=False).values_list("pk", "name")
    return [(str(number), name) for number, name in found]


def _segments(user: User) -> list[tuple[str, str]]:
    listed = list_segments(user)[:_MOST_LISTED]
    return [("", _("All")), *((str(one.pk), one.name) for one in listed)]


def _people() -> list[tuple[str, str]]:
    people = User.objects.filter(is_active=True, role__in=_SELLERS).order_by("name", "pk")
    return [
        ("", _("Everybody's")),
        *((f"t.{team.pk}", team.name) for team in Team.objects.order_by("name")),
        *((f"u.{user.pk}", str(user)) for user in people),
    ]


@page(Permission.MANAGE_GOALS)
def new_goal(request: UserRequest) -> HttpResponse:
    """Ask for a goal, and make it; its measure stands in the address."""
    measure = _read_measure(request.GET.get("measure", ""))
    initial = {"segment": request.GET.get("segment", "")}
    form = GoalForm(request.user, measure, _sent(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            goal = services.make_goal(request.user, form.to_goal())
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("The goal is set."))
            return redirect("goal", goal.pk)
    names = open_source().event_names() if measure == Measure.EVENT else []
    context = {
        "form": form, "measure": measure, "measures": Measure.choices,
        "event_names": list(names)[:_MOST_LISTED], "channels": CHANNELS.items(),
    }  # fmt: skip
    return render(request, "goals/new.html", context, status=status_of(form))


@page(Permission.MANAGE_GOALS)
def edit_goal(request: UserRequest, pk: int) -> HttpResponse:
    """Show what of a goal can be another, and change it."""
    goal = _find(request, pk)
    (asked,) = ask_goals([goal], timezone.now())
    rows = [row.target for row in goal.targets.all()]
    target = asked.targets[0][1] if asked.targets else rows[-1]
    factor = 100 if goal.measure == Measure.CONVERSION else 1
    written = f"{(target * factor).normalize():f}"
    initial = {"name": goal.name, "target": written, "ends_on": goal.ends_on}
    form = GoalChangeForm(_sent(request), initial=initial)
    if factor == 100:
        form.fields["target"].label = _("Target, in per cent")
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data
        change = GoalChange(sent["name"], sent["target"] / factor, sent["ends_on"])
        try:
            services.change_goal(request.user, goal, change)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("goal", pk)
    title = goal_title(asked, read_stage_names([asked]))
    context = {"form": form, "goal": goal, "title": title}
    return render(request, "goals/edit.html", context, status=status_of(form))


@page(Permission.MANAGE_GOALS, methods=("POST",))
def end_goal(request: UserRequest, pk: int) -> HttpResponse:
    """End a goal with the period before this one."""
    services.end_goal(request.user, _find(request, pk))
    messages.success(request, _("The goal has ended. Its past stays."))
    return redirect("goal", pk)


@page(Permission.MANAGE_GOALS, methods=("POST",))
def delete_goal(request: UserRequest, pk: int) -> HttpResponse:
    """Delete a goal with its past."""
    services.delete_goal(request.user, _find(request, pk))
    messages.success(request, _("The goal is deleted."))
    return redirect("goals")


def _sent(request: UserRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _read_measure(text: str) -> Measure:
    return Measure(text) if text in Measure.values else Measure.WON_COUNT


def _find(request: UserRequest, pk: int) -> Goal:
    goal = find_goal(request.user, pk)
    if not may_manage(request, goal):
        raise PermissionDenied
    return goal
