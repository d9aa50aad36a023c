"""Settings of leads: who comes in by itself, who gets whom, why leads come back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.leads.models import (
    IntakeRule,
    OnOverdue,
    PropertyOf,
    ReturnReason,
    RoutingMethod,
    RoutingRule,
)
from suppilo.apps.leads.services.rules import (
    IntakeDraft,
    RoutingDraft,
    move_routing_rule,
    remove_rule,
    retire_reason,
    save_intake_rule,
    save_reason,
    save_routing_rule,
    switch_rule,
)
from suppilo.web.access import UserRequest, page
from suppilo.web.forms import status_of
from suppilo.web.paging import clamp
from suppilo.web.views.leads.choices import teams, workers
from suppilo.web.views.leads.texts import LinesField


class IntakeForm(forms.Form):
    """An intake rule."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    events = LinesField(
        label=gettext_lazy("Events"),
        help_text=gettext_lazy("One a line, such as form_submitted or identify."),
    )
    property = forms.CharField(
        label=gettext_lazy("Only where the property"), max_length=255, required=False
    )
    values = LinesField(label=gettext_lazy("is one of"), required=False)
    interest_property = forms.CharField(
        label=gettext_lazy("Interest from the property"), max_length=255, required=False
    )
    again_after_days = forms.IntegerField(
        label=gettext_lazy("Who was disqualified may come in again after (days)"),
        min_value=0, max_value=3650, initial=30,
    )  # fmt: skip
    needs_email = forms.BooleanField(
        label=gettext_lazy("Only people whose e-mail address is known"),
        required=False, initial=True,
    )  # fmt: skip
    is_qualified = forms.BooleanField(
        label=gettext_lazy("They are qualified at once"), required=False
    )
    is_handed_over = forms.BooleanField(
        label=gettext_lazy("They go to sales at once"), required=False
    )


class RoutingForm(forms.Form):
    """A routing rule."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    property_of = forms.ChoiceField(
        label=gettext_lazy("Territory: whose property"), choices=PropertyOf.choices
    )
    property = forms.CharField(
        label=gettext_lazy("Property"), max_length=255, required=False,
        help_text=gettext_lazy("Such as country or region; empty for everybody."),
    )  # fmt: skip
    values = LinesField(label=gettext_lazy("is one of"), required=False)
    interests = LinesField(
        label=gettext_lazy("Interests"), required=False,
        help_text=gettext_lazy("Products, one a line; empty for all."),
    )  # fmt: skip
    users = forms.MultipleChoiceField(
        label=gettext_lazy("People"), required=False, widget=forms.CheckboxSelectMultiple
    )
    team = forms.TypedChoiceField(
        label=gettext_lazy("And the salespeople of the team"),
        coerce=int, empty_value=None, required=False,
    )  # fmt: skip
    method = forms.ChoiceField(label=gettext_lazy("Who of them"), choices=RoutingMethod.choices)
    answer_min = forms.IntegerField(
        label=gettext_lazy("Answer within (working minutes)"), required=False, min_value=1,
        help_text=gettext_lazy("Empty: as the team's hours say."),
    )  # fmt: skip
    on_overdue = forms.ChoiceField(
        label=gettext_lazy("When overdue"), required=False,
        choices=[("", gettext_lazy("As the team's hours say")), *OnOverdue.choices],
    )  # fmt: skip
    takes_absent = forms.BooleanField(label=gettext_lazy("Also who is away"), required=False)
    takes_after_hours = forms.BooleanField(
        label=gettext_lazy("Also outside working hours"), required=False
    )

    def __init__(self, *given: Any, **more: Any) -> None:
        """Offer the people and teams there are."""
        super().__init__(*given, **more)
        users, team = self.fields["users"], self.fields["team"]
        if isinstance(users, forms.ChoiceField) and isinstance(team, forms.ChoiceField):
            users.choices = [(str(user.pk), str(user)) for user in workers()]
            team.choices = [("", "–"), *((str(one.pk), one.name) for one in teams())]


@page(Permission.MANAGE_LEADS, methods=("GET",))
def show_rules(request: UserRequest) -> HttpResponse:
    """Show all rules."""
    context = {
        "intake": IntakeRule.objects.all(),
        "routing": RoutingRule.objects.select_related("team").prefetch_related("users"),
        "reasons": ReturnReason.objects.filter(is_active=True),
    }
    return render(request, "leads/rules.html", context)


@page(Permission.MANAGE_LEADS)
def edit_intake(request: UserRequest, rule_id: int | None = None) -> HttpResponse:
    """Make or change an intake rule."""
    rule = _find(IntakeRule, rule_id)
    names = list(IntakeForm.base_fields)
    initial = {name: getattr(rule, name) for name in names} if rule else {}
    form = IntakeForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            save_intake_rule(request.user, IntakeDraft(**form.cleaned_data), rule_id)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved. It counts for events from now on."))
            return redirect("lead_rules")
    context = {"form": form, "rule": rule, "kind": "intake"}
    return render(request, "leads/rule.html", context, status=status_of(form))


@page(Permission.MANAGE_LEADS)
def edit_routing(request: UserRequest, rule_id: int | None = None) -> HttpResponse:
    """Make or change a routing rule."""
    rule = _find(RoutingRule, rule_id)
    form = RoutingForm(request.POST or None, initial=_routing_values(rule) if rule else {})
    if request.method == "POST" and form.is_valid():
        try:
            save_routing_rule(request.user, _routing_draft(form.cleaned_data), rule_id)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("lead_rules")
    context = {"form": form, "rule": rule, "kind": "routing"}
    return render(request, "leads/rule.html", context, status=status_of(form))


def _routing_values(rule: RoutingRule) -> dict[str, Any]:
    plain = [name for name in RoutingForm.base_fields if name not in {"users", "team"}]
    values = {name: getattr(rule, name) for name in plain}
    return {**values, "team": rule.team_id, "users": [user.pk for user in rule.users.all()]}


def _routing_draft(given: dict[str, Any]) -> RoutingDraft:
    values = dict(given)
    users, team = values.pop("users"), values.pop("team")
    return RoutingDraft(user_ids=[int(number) for number in users], team_id=team, **values)


@page(Permission.MANAGE_LEADS, methods=("POST",))
def switch_intake(request: UserRequest, rule_id: int) -> HttpResponse:
    """Switch an intake rule on or off."""
    return _switch(request, IntakeRule, rule_id)


@page(Permission.MANAGE_LEADS, methods=("POST",))
def switch_routing(request: UserRequest, rule_id: int) -> HttpResponse:
    """Switch a routing rule on or off."""
    return _switch(request, RoutingRule, rule_id)


@page(Permission.MANAGE_LEADS, methods=("POST",))
def remove_intake(request: UserRequest, rule_id: int) -> HttpResponse:
    """Remove an intake rule."""
    return _remove(request, IntakeRule, rule_id)


@page(Permission.MANAGE_LEADS, methods=("POST",))
def remove_routing(request: UserRequest, rule_id: int) -> HttpResponse:
    """Remove a routing rule."""
    return _remove(request, RoutingRule, rule_id)


@page(Permission.MANAGE_LEADS, methods=("POST",))
def move_routing(request: UserRequest, rule_id: int) -> HttpResponse:
    """Put a routing rule in another place."""
    try:
        move_routing_rule(request.user, rule_id, clamp(request.POST.get("place"), 1, 1000, 1))
    except RoutingRule.DoesNotExist as error:
        raise Http404 from error
    return redirect("lead_rules")


@page(Permission.MANAGE_LEADS, methods=("POST",))
def add_reason(request: UserRequest) -> HttpResponse:
    """Add a reason for returning leads."""
    try:
        save_reason(request.user, request.POST.get("name", ""))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("lead_rules")


@page(Permission.MANAGE_LEADS, methods=("POST",))
def retire(request: UserRequest, reason_id: int) -> HttpResponse:
    """Take a reason off the list."""
    try:
        retire_reason(request.user, reason_id)
    except ReturnReason.DoesNotExist as error:
        raise Http404 from error
    return redirect("lead_rules")


def _switch(
    request: UserRequest, kind: type[IntakeRule] | type[RoutingRule], rule_id: int
) -> HttpResponse:
    try:
        switch_rule(request.user, kind, rule_id, is_enabled="on" in request.POST)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    return redirect("lead_rules")


def _remove(
    request: UserRequest, kind: type[IntakeRule] | type[RoutingRule], rule_id: int
) -> HttpResponse:
    try:
        remove_rule(request.user, kind, rule_id)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("The rule is removed."))
    return redirect("lead_rules")


def _find(kind: type[Any], rule_id: int | None) -> Any:
    if rule_id is None:
        return None
    try:
        return kind.objects.get(pk=rule_id)
    except ObjectDoesNotExist as error:
        raise Http404 from error
