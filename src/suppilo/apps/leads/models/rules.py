"""Who becomes a lead by itself, who gets it, and why it may come back."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppilo.apps.accounts.models import Team, User


class OnOverdue(models.TextChoices):
    """What happens, once, to a lead that nobody answered in time."""

    NOTHING = "nothing", _("It is shown as late")
    REROUTE = "reroute", _("Somebody else gets it")
    HEAD_OF_SALES = "head", _("The head of sales gets it")


class IntakeRule(models.Model):
    """That people with a certain event become leads by themselves.

    Attributes
    ----------
    events
        Names of captured events, such as ``form_submitted``; one of them is enough.
    property, values
        Only events whose property has one of these values, as text; an empty name for all events.
    needs_email
        Only people whose e-mail address is known by then.
    interest_property
        The event's property that says what they are interested in.
    is_qualified, is_handed_over
        Whether such a lead is qualified at once, and goes to sales at once.
    again_after_days
        Somebody who was disqualified does not come in again sooner.
    after_us
        Only events received later: the time at which the rule was made or switched on.
    """

    name = models.CharField(_("name"), max_length=100)
    events = models.JSONField(default=list)
    property = models.CharField(_("property"), max_length=255, blank=True)
    values = models.JSONField(default=list, blank=True)
    needs_email = models.BooleanField(_("the e-mail address is known"), default=True)
    interest_property = models.CharField(_("interest from"), max_length=255, blank=True)
    is_qualified = models.BooleanField(_("qualified at once"), default=False)
    is_handed_over = models.BooleanField(_("handed over at once"), default=False)
    again_after_days = models.PositiveIntegerField(default=30)
    is_enabled = models.BooleanField(default=True)
    after_us = models.BigIntegerField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(is_handed_over=False) | Q(is_qualified=True),
                name="intake_handed_over_is_qualified",
            )
        ]

    def __str__(self) -> str:
        return self.name


class PropertyOf(models.TextChoices):
    """Whose property a routing rule looks at."""

    PERSON = "person", _("the person's")
    COMPANY = "company", _("the company's")


class RoutingMethod(models.TextChoices):
    """Who of those whom a rule names gets the next lead."""

    ROUND_ROBIN = "round_robin", _("In turn")
    LOAD = "load", _("Who has the fewest open leads and deals")


class RoutingRule(models.Model):
    """Whom a lead is handed over to. Rules are tried in order; the first with somebody free wins.

    Attributes
    ----------
    property_of, property, values
        The territory: only people (or people of companies) whose property has one of these
        values; an empty name for all.
    interests
        Only leads with one of these interests; empty for all.
    users, team
        Who may get it: these users, and the salespeople and heads of sales of the team.
    takes_absent, takes_after_hours
        Whether those who are away, or not at work at the time, get leads all the same.
    answer_min, on_overdue
        The service level of such leads, where it is not the team's.
    last_user
        Who got the last one.
    """

    name = models.CharField(_("name"), max_length=100)
    position = models.PositiveIntegerField(default=0)
    is_enabled = models.BooleanField(default=True)
    property_of = models.CharField(
        max_length=10, choices=PropertyOf.choices, default=PropertyOf.PERSON
    )
    property = models.CharField(_("property"), max_length=255, blank=True)
    values = models.JSONField(default=list, blank=True)
    interests = models.JSONField(default=list, blank=True)
    users = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", blank=True)
    team: models.ForeignKey[Team | None, Team | None] = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="+"
    )
    method = models.CharField(
        max_length=12, choices=RoutingMethod.choices, default=RoutingMethod.ROUND_ROBIN
    )
    takes_absent = models.BooleanField(_("also who is away"), default=False)
    takes_after_hours = models.BooleanField(_("also outside working hours"), default=False)
    answer_min = models.PositiveIntegerField(_("answer within"), null=True, blank=True)
    on_overdue = models.CharField(max_length=12, choices=OnOverdue.choices, blank=True)
    last_user: models.ForeignKey[User | None, User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class ReturnReason(models.Model):
    """Why sales gives a lead back; what is no longer used stays for what was given back so."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["position", "id"]

    def __str__(self) -> str:
        return self.name
