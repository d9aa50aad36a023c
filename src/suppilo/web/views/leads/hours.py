"""Settings of leads: working hours, days off, who is away."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.leads.calendars import USUAL_WEEK, holiday_countries
from suppilo.apps.leads.models import Absence, OnOverdue, WorkingHours
from suppilo.apps.leads.services.hours import (
    HoursDraft,
    add_absence,
    add_day_off,
    remove_absence,
    remove_day_off,
    remove_hours,
    save_hours,
)
from suppilo.web.access import UserRequest, page
from suppilo.web.forms import status_of
from suppilo.web.views.leads.choices import teams, workers

_DATE = forms.DateInput({"type": "date"}, "%Y-%m-%d")


class HoursForm(forms.Form):
    """A team's working hours; a field for each weekday stands beside these."""

    team = forms.TypedChoiceField(
        label=gettext_lazy("Team"), coerce=int, empty_value=None, required=False
    )
    time_zone = forms.CharField(
        label=gettext_lazy("Time zone"), max_length=60,
        widget=forms.TextInput(attrs={"list": "time-zones"}),
    )  # fmt: skip
    country = forms.ChoiceField(label=gettext_lazy("Public holidays of"), required=False)
    subdivision = forms.CharField(
        label=gettext_lazy("Region"), max_length=10, required=False,
        help_text=gettext_lazy("Its code, such as BY for Bavaria, where holidays differ."),
    )  # fmt: skip
    answer_min = forms.IntegerField(
        label=gettext_lazy("Answer leads within (working minutes)"), min_value=1, initial=60
    )
    on_overdue = forms.ChoiceField(label=gettext_lazy("When overdue"), choices=OnOverdue.choices)

    def __init__(self, *given: Any, is_new: bool, **more: Any) -> None:
        """Offer the teams (of new hours, those without any) and the countries."""
        super().__init__(*given, **more)
        countries = [("", _("No country")), *((code, code) for code in holiday_countries())]
        _offer(self.fields["country"], countries)
        if is_new:
            _offer(self.fields["team"], _teams_without_hours())
        else:
            del self.fields["team"]
        for day, name in WEEKDAYS.items():
            self.fields[f"day{day}"] = forms.CharField(
                label=name, max_length=200, required=False,
                widget=forms.TextInput(attrs={"placeholder": _("no work")}),
            )  # fmt: skip

    def read_draft(self) -> HoursDraft:
        """Return what was sent; what is no span is told by the service."""
        given = self.cleaned_data
        week = {str(day): _split_spans(given[f"day{day}"]) for day in WEEKDAYS}
        return HoursDraft(
            given["time_zone"].strip(), week, given["country"], given["subdivision"].strip(),
            given["answer_min"], given["on_overdue"],
        )  # fmt: skip


class DayOffForm(forms.Form):
    """A day off."""

    day = forms.DateField(label=gettext_lazy("Day"), widget=_DATE)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, required=False)


class OwnAbsenceForm(forms.Form):
    """An absence of one's own."""

    first_day = forms.DateField(label=gettext_lazy("From"), widget=_DATE)
    last_day = forms.DateField(label=gettext_lazy("Until, included"), widget=_DATE)
    note = forms.CharField(label=gettext_lazy("Note"), max_length=100, required=False)


class AbsenceForm(OwnAbsenceForm):
    """Anybody's absence."""

    user = forms.TypedChoiceField(label=gettext_lazy("Who"), coerce=int)
    field_order = ("user",)

    def __init__(self, *given: Any, **more: Any) -> None:
        """Offer the people there are."""
        super().__init__(*given, **more)
        _offer(self.fields["user"], [(str(user.pk), str(user)) for user in workers()])


def _offer(field: forms.Field, choices: list[tuple[str, Any]]) -> None:
    if isinstance(field, forms.ChoiceField):
        field.choices = choices


def _teams_without_hours() -> list[tuple[str, Any]]:
    taken = set(WorkingHours.objects.values_list("team", flat=True))
    everybody = [] if None in taken else [("", _("Everybody without own hours"))]
    return [*everybody, *((str(one.pk), one.name) for one in teams() if one.pk not in taken)]


def _split_spans(text: str) -> list[list[str]]:
    parts = [part for part in text.replace("–", "-").split(",") if part.strip()]
    return [[side.strip() for side in part.partition("-")[::2]] for part in parts]


def _week_words(week: dict[str, list[list[str]]]) -> dict[str, str]:
    return {
        f"day{day}": ", ".join("-".join(span) for span in week.get(str(day), []))
        for day in WEEKDAYS
    }


@page(Permission.MANAGE_LEADS, methods=("GET",))
def show_hours(request: UserRequest) -> HttpResponse:
    """Show when the teams work, and who is away."""
    return _show(request, AbsenceForm())


def _show(request: UserRequest, form: AbsenceForm) -> HttpResponse:
    found = WorkingHours.objects.select_related("team").prefetch_related("days_off")
    rows = [(hours, _days(hours)) for hours in found.order_by("team__name")]
    today = timezone.localdate()
    away = Absence.objects.select_related("user").filter(last_day__gte=today)
    context = {
        "rows": rows,
        "absences": away,
        "form": form,
        "may_add": bool(_teams_without_hours()),
    }
    return render(request, "leads/hours.html", context, status=status_of(form))


def _days(hours: WorkingHours) -> list[tuple[Any, str]]:
    words = _week_words(hours.week)
    return [(name, words[f"day{day}"]) for day, name in WEEKDAYS.items()]


@page(Permission.MANAGE_LEADS)
def edit_hours(request: UserRequest, hours_id: int | None = None) -> HttpResponse:
    """Set a team's working hours."""
    hours = _find(hours_id)
    form = HoursForm(request.POST or None, initial=_values(hours), is_new=hours is None)
    if request.method == "POST" and form.is_valid():
        team = hours.team_id if hours else form.cleaned_data["team"]
        try:
            save_hours(request.user, team, form.read_draft())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved. It counts for leads handed over from now on."))
            return redirect("lead_hours")
    context = {
        "form": form,
        "hours": hours,
        "days": [form[f"day{day}"] for day in WEEKDAYS],
        "zones": sorted(available_timezones()),
        "day_off_form": DayOffForm(),
    }
    return render(request, "leads/hours_edit.html", context, status=status_of(form))


def _values(hours: WorkingHours | None) -> dict[str, Any]:
    if hours is None:
        return {"time_zone": timezone.get_default_timezone_name(), **_week_words(USUAL_WEEK)}
    names = ("time_zone", "country", "subdivision", "answer_min", "on_overdue")
    return {**{name: getattr(hours, name) for name in names}, **_week_words(hours.week)}


def _find(hours_id: int | None) -> WorkingHours | None:
    if hours_id is None:
        return None
    try:
        return WorkingHours.objects.select_related("team").get(pk=hours_id)
    except WorkingHours.DoesNotExist as error:
        raise Http404 from error


@page(Permission.MANAGE_LEADS, methods=("POST",))
def remove(request: UserRequest, hours_id: int) -> HttpResponse:
    """Remove a team's own hours."""
    try:
        remove_hours(request.user, hours_id)
    except WorkingHours.DoesNotExist as error:
        raise Http404 from error
    return redirect("lead_hours")


@page(Permission.MANAGE_LEADS, methods=("POST",))
def add_day(request: UserRequest, hours_id: int) -> HttpResponse:
    """Add a day off."""
    form = DayOffForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a day."))
        return redirect("lead_hours_edit", hours_id)
    try:
        add_day_off(request.user, hours_id, form.cleaned_data["day"], form.cleaned_data["name"])
    except WorkingHours.DoesNotExist as error:
        raise Http404 from error
    return redirect("lead_hours_edit", hours_id)


@page(Permission.MANAGE_LEADS, methods=("POST",))
def remove_day(request: UserRequest, day_off_id: int) -> HttpResponse:
    """Make a day one of work again."""
    try:
        remove_day_off(request.user, day_off_id)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    return redirect("lead_hours")


@page(Permission.MANAGE_LEADS, methods=("POST",))
def add_absent(request: UserRequest) -> HttpResponse:
    """Write down that somebody is away."""
    form = AbsenceForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            add_absence(
                request.user, given["user"], given["first_day"], given["last_day"], given["note"]
            )
        except ValidationError as error:
            form.add_error("last_day", error)
        else:
            return redirect("lead_hours")
    return _show(request, form)


@page(Permission.MANAGE_LEADS, methods=("POST",))
def remove_absent(request: UserRequest, absence_id: int) -> HttpResponse:
    """Take back that somebody is away."""
    try:
        remove_absence(request.user, absence_id)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    return redirect("lead_hours")
