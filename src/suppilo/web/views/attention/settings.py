"""What counts as needing attention, and one's own daily mail."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.attention.models import Digest, DigestChoice, Reason
from suppilo.apps.attention.rules import read_thresholds
from suppilo.apps.attention.selectors import list_unknown_stages
from suppilo.apps.attention.services import change_thresholds, choose_digest
from suppilo.apps.attention.services.choices import BOUNDS
from suppilo.web.access import UserRequest, page
from suppilo.web.forms import status_of


def _whole(name: str, label: Any, help_text: Any) -> forms.IntegerField:
    low, high = BOUNDS[name]
    return forms.IntegerField(
        label=label, help_text=help_text, min_value=low, max_value=high, localize=False
    )


class ThresholdsForm(forms.Form):
    """From when on a deal needs attention."""

    stale_days = _whole(
        "stale_days",
        gettext_lazy("Silent after (days)"),
        gettext_lazy("Where the stage has no expected days of its own."),
    )
    stuck_percent = _whole(
        "stuck_percent",
        gettext_lazy("Stuck beyond (of 100 stays)"),
        gettext_lazy("80: longer in the stage than 80 of 100 deals were."),
    )
    stuck_least = _whole(
        "stuck_least",
        gettext_lazy("Deals that must have left a stage"),
        gettext_lazy("Before that, nothing is said to be stuck there."),
    )
    gate_days = _whole(
        "gate_days",
        gettext_lazy("Ready to move on for (days)"),
        gettext_lazy("All that the next stage asks for is there, and the deal stays."),
    )
    change_amount = forms.DecimalField(
        label=gettext_lazy("Change of an amount"),
        help_text=gettext_lazy("In the deal's own currency; smaller changes are not told."),
        max_digits=19, decimal_places=2, localize=False,
    )  # fmt: skip
    change_days = _whole(
        "change_days",
        gettext_lazy("Told for (days)"),
        gettext_lazy("For so long a changed amount stays on the list."),
    )
    switched_on = forms.MultipleChoiceField(
        label=gettext_lazy("Look for"),
        choices=Reason.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def values(self) -> dict[str, Any]:
        """Return what the service is to write."""
        chosen = dict(self.cleaned_data)
        on = set(chosen.pop("switched_on"))
        return chosen | {"switched_off": [one for one in Reason.values if one not in on]}


class DigestForm(forms.Form):
    """The daily mail."""

    is_on = forms.BooleanField(label=gettext_lazy("Send me the mail"), required=False)
    hour = forms.TypedChoiceField(
        label=gettext_lazy("From"),
        coerce=int,
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
        help_text=gettext_lazy("In your own time zone."),
    )


@page(Permission.MANAGE_PIPELINES)
def thresholds(request: UserRequest) -> HttpResponse:
    """Set from when on deals need attention."""
    now = read_thresholds()
    initial = {name: getattr(now, name) for name in ThresholdsForm.base_fields
               if name != "switched_on"}  # fmt: skip
    initial["change_amount"] = now.change_amount.quantize(Decimal("0.01"))
    initial["switched_on"] = [one for one in Reason.values if one not in now.switched_off]
    form = ThresholdsForm(request.POST or None, initial=initial)
    if form.is_valid() and _try(form, lambda: change_thresholds(request.user, form.values())):
        messages.success(request, _("Saved."))
        return redirect("thresholds")
    context = {"form": form, "unknown": list_unknown_stages(request.user), "now": now}
    return render(request, "attention/thresholds.html", context, status=status_of(form))


@page(Permission.SEE_DEALS)
def digest(request: UserRequest) -> HttpResponse:
    """Choose whether, and when, the daily mail comes."""
    now = DigestChoice.objects.filter(user=request.user).first() or DigestChoice()
    form = DigestForm(request.POST or None, initial={"is_on": now.is_on, "hour": now.hour})
    if form.is_valid():
        values = form.cleaned_data
        choose_digest(request.user, is_on=values["is_on"], hour=values["hour"])
        messages.success(request, _("Saved."))
        return redirect("digest")
    last = Digest.objects.filter(user=request.user, sent_at__isnull=False).order_by("-day").first()
    return render(
        request, "attention/mail.html", {"form": form, "last": last}, status=status_of(form)
    )


def _try(form: forms.Form, act: Callable[[], object]) -> bool:
    try:
        act()
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True
