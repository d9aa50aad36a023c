"""When sales is at work, and who is away."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.leads.models.rules import OnOverdue


class WorkingHours(models.Model):
    """A team's hours of work, and how soon it answers a lead.

    The hours without a team are those of everybody else.

    Attributes
    ----------
    week
        By weekday, ``"0"`` (Monday) to ``"6"``: spans of the local clock, such as
        ``[["09:00", "12:30"], ["13:00", "17:30"]]``; ``"24:00"`` is the end of the day.
    country, subdivision
        Whose public holidays are no days of work (ISO 3166 codes); empty for none.
    answer_min
        The service level: a lead is answered within so many minutes of work.
    on_overdue
        What happens to a lead that was not.
    """

    team: models.ForeignKey[Team | None, Team | None] = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="+"
    )
    time_zone = models.CharField(_("time zone"), max_length=60)
    week = models.JSONField(default=dict)
    country = models.CharField(_("country"), max_length=2, blank=True)
    subdivision = models.CharField(_("region"), max_length=10, blank=True)
    answer_min = models.PositiveIntegerField(_("answer within"), default=60)
    on_overdue = models.CharField(
        _("when overdue"), max_length=12, choices=OnOverdue.choices, default=OnOverdue.NOTHING
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = _("working hours")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["team"], name="hours_team_once"),
            models.UniqueConstraint(
                models.Value(1), condition=Q(team=None), name="hours_without_team_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.team) if self.team else str(_("Everybody else"))


class DayOff(models.Model):
    """A day on which nobody of the hours' team works, beside the public holidays."""

    hours = models.ForeignKey(WorkingHours, models.CASCADE, related_name="days_off")
    day = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=100, blank=True)

    class Meta:
        ordering: ClassVar = ["day"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["hours", "day"], name="day_off_once")
        ]

    def __str__(self) -> str:
        return self.name or str(self.day)


class Absence(models.Model):
    """That somebody is away, from one day to another, both included."""

    user: models.ForeignKey[User, User] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="absences"
    )
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("until"))
    note = models.CharField(_("note"), max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["first_day", "id"]
        indexes: ClassVar = [models.Index(fields=["user", "last_day"], name="absence_user")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="absence_span")
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.first_day}–{self.last_day}"
