"""Rules that put a source's events right."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.capture import services
from suppilo.apps.capture.models import Rule, RuleAction
from suppilo.apps.capture.quarantine import preview_fix
from suppilo.apps.capture.rules import Mending, mending_of
from suppilo.apps.capture.selectors import QuarantineFilter, search_quarantine
from suppilo.web.access import UserRequest, page
from suppilo.web.views.sources.finding import find_changeable, find_source

_TRIED = 200
"""Quarantined events that a rule is tried on."""


class RuleForm(forms.Form):
    """One rule."""

    action = forms.ChoiceField(label=gettext_lazy("What to do"), choices=RuleAction.choices)
    event = forms.CharField(
        label=gettext_lazy("Only for the event"), required=False, max_length=500
    )
    field = forms.CharField(
        label=gettext_lazy("Field"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("For example userId, or properties.total"),
    )
    value = forms.CharField(
        label=gettext_lazy("Value, new name or type"),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("Types are number, integer, text and boolean"),
    )

    def read_value(self) -> Any:
        """Return the value: for “set a value” as JSON where it is some, else as text."""
        text = self.cleaned_data["value"]
        if self.cleaned_data["action"] != RuleAction.SET_VALUE:
            return text
        try:
            return json.loads(text)
        except ValueError:
            return text

    def to_mending(self) -> Mending:
        """Return the rule as it would be applied."""
        given = self.cleaned_data
        return Mending(given["action"], given["event"], given["field"], self.read_value())


@page(Permission.MANAGE_SOURCES)
def show_rules(request: UserRequest, source_id: int) -> HttpResponse:
    """List a source's rules, try a new one on what is in quarantine, and make it."""
    source = find_changeable(request, source_id)
    form = RuleForm(request.POST or None, initial=request.GET.dict())
    tried: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        rule = form.to_mending()
        try:
            services.check_rule(rule.action, rule.field, rule.value)
            if "make" in request.POST:
                services.make_rule(
                    request.user, source, rule.action,
                    event=rule.event, field=rule.field, value=rule.value,
                )  # fmt: skip
                messages.success(
                    request, _("The rule is made. Replay what is in quarantine to apply it there.")
                )
                return redirect("source_rules", source.pk)
            tried = _try(request, source_id, rule)
        except ValidationError as error:
            form.add_error(None, error)
    context = {"source": source, "rules": source.rules.all(), "form": form, **tried}
    return render(request, "sources/rules.html", context)


@page(Permission.MANAGE_SOURCES, methods=("POST",))
def remove(request: UserRequest, source_id: int, rule_id: int) -> HttpResponse:
    """Remove a rule."""
    source = find_source(request, source_id)
    services.remove_rule(request.user, get_object_or_404(Rule, source=source, pk=rule_id))
    messages.success(request, _("The rule is removed."))
    return redirect("source_rules", source.pk)


def _try(request: UserRequest, source_id: int, rule: Mending) -> dict[str, Any]:
    """Return how many quarantined events a rule would put right, with the rules there are."""
    wanted = QuarantineFilter(source_id=source_id)
    rows = search_quarantine(request.user, wanted, limit=_TRIED)
    enabled = Rule.objects.filter(source_id=source_id, is_enabled=True)
    previews = preview_fix(rows, [*map(mending_of, enabled), rule])
    right = sum(preview.event is not None for preview in previews)
    return {"tried": len(rows), "right": right, "previews": previews[:10]}
