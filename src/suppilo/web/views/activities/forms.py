"""The forms of activities."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppilo.apps.accounts.models import User
from suppilo.apps.activities.days import moment_of, start_of_day, zone_of
from suppilo.apps.activities.models import Activity, ActivityKind, Outcome
from suppilo.apps.activities.selectors import list_assignees
from suppilo.apps.activities.services.checking import LONGEST_MIN, LONGEST_NOTE, LONGEST_SUBJECT

DAY_INPUT = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
TIME_INPUT = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
SOON = ("today", "tomorrow", "next_week")
"""What "later" offers beside a day of one's own."""


class WhenMixin(forms.Form):
    """A day, and a time of it where it has one; in the user's zone."""

    day = forms.DateField(label=_("Day"), widget=DAY_INPUT, localize=False)
    clock = forms.TimeField(label=_("Time"), required=False, widget=TIME_INPUT, localize=False)

    def moment(self, user: User) -> tuple[datetime, bool]:
        """Return when, and whether that has a time."""
        day: date = self.cleaned_data["day"]
        at, has_time = moment_of(day, self.cleaned_data["clock"], zone_of(user))
        return at or start_of_day(day, zone_of(user)), has_time


class LaterForm(WhenMixin):
    """Another day: one of those near, or one of one's own."""

    soon = forms.ChoiceField(choices=[(name, name) for name in SOON], required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["day"].required = False

    def clean(self) -> dict[str, Any]:
        """Return the form's values with a day in them."""
        cleaned: dict[str, Any] = super().clean() or {}
        if soon := cleaned.get("soon"):
            cleaned["day"] = _day_of(soon, timezone.localdate())
        if not cleaned.get("day") and "day" not in self.errors:
            self.add_error("day", _("Choose a day."))
        return cleaned


def _day_of(soon: str, today: date) -> date:
    if soon == "next_week":
        return today + timedelta(days=7 - today.weekday())
    return today + timedelta(days=SOON.index(soon))


class FinishForm(forms.Form):
    """How it went."""

    outcome = forms.ChoiceField(
        label=_("How did it go?"), choices=[("", _("Done")), *Outcome.choices[:-1]], required=False
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=LONGEST_NOTE, widget=forms.Textarea
    )


class StepForm(WhenMixin):
    """A deal's next step: what, and by when."""

    text = forms.CharField(
        label=_("Next step"),
        max_length=LONGEST_SUBJECT,
        widget=forms.TextInput(attrs={"autofocus": True}),
    )
    field_order = ("text", "day", "clock")


class ActivityForm(WhenMixin):
    """All of an activity."""

    kind = forms.ChoiceField(label=_("What"), choices=ActivityKind.choices)
    subject = forms.CharField(label=_("Subject"), max_length=LONGEST_SUBJECT)
    duration_min = forms.IntegerField(
        label=_("Minutes"), required=False, min_value=1, max_value=LONGEST_MIN
    )
    owner = forms.ModelChoiceField(User.objects.none(), label=_("Whose"), empty_label=None)
    tags = forms.CharField(
        label=_("Tags"), required=False, max_length=400, help_text=_("With spaces between.")
    )
    is_high = forms.BooleanField(label=_("Matters more than others"), required=False)
    note = FinishForm.declared_fields["note"]
    field_order = ("kind", "subject", "day", "clock", "duration_min", "owner", "tags", "is_high",
                   "note")  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        owner = cast("forms.ModelChoiceField[User]", self.fields["owner"])
        owner.queryset = list_assignees()

    @classmethod
    def of(cls, activity: Activity, data: Any = None) -> ActivityForm:
        """Return the form of an activity, with what was sent, if anything."""
        due_at = timezone.localtime(activity.due_at) if activity.due_at else None
        initial = {
            "kind": activity.kind, "subject": activity.subject, "note": activity.note,
            "duration_min": activity.duration_min, "owner": activity.owner_id,
            "tags": " ".join(activity.tags), "is_high": activity.is_high,
            "day": due_at.date() if due_at else None,
            "clock": due_at.time() if due_at and activity.has_time else None,
        }  # fmt: skip
        form = cls(data, initial=initial)
        form.fields["day"].required = activity.is_open
        return form

    def changes(self) -> dict[str, Any]:
        """Return what the service is to change."""
        names: Sequence[str] = ("kind", "subject", "duration_min", "is_high", "note")
        changes = {name: self.cleaned_data[name] for name in names}
        tags = self.cleaned_data["tags"].replace(",", " ").split()
        return changes | {"owner_id": self.cleaned_data["owner"].pk, "tags": tags}


def clock_of(at: datetime | None, has_time: bool) -> time | None:
    """Return the local time of the day, if it has one."""
    return timezone.localtime(at).time() if at and has_time else None
