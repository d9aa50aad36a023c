"""Leads, what happened to them, and their hand-overs to sales."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.leads.models.rules import (
    IntakeRule,
    OnOverdue,
    ReturnReason,
    RoutingRule,
)


class LeadState(models.TextChoices):
    """Where a lead stands between marketing and sales."""

    NEW = "new", _("New")
    QUALIFIED = "qualified", _("Qualified")
    HANDED_OVER = "handed_over", _("Handed over")
    ACCEPTED = "accepted", _("Accepted")
    RETURNED = "returned", _("Returned")
    DISQUALIFIED = "disqualified", _("Disqualified")
    CONVERTED = "converted", _("Became a deal")


CLOSED_STATES = (LeadState.DISQUALIFIED, LeadState.CONVERTED)
OPEN_STATES = tuple(state for state in LeadState if state not in CLOSED_STATES)
_OPEN = Q(state__in=[str(state) for state in OPEN_STATES])


class LeadOrigin(models.TextChoices):
    """Through what a lead came in."""

    HAND = "hand", _("By hand")
    BULK = "bulk", _("From the list of people")
    API = "api", _("Through the API")
    RULE = "rule", _("By a rule")


class Lead(models.Model):
    """Somebody who may become a client.

    ``contact`` is an identifier of the person: who that is now, merged or split, is
    ``contact.person``. ``state``, ``owner``, ``team`` and ``hand_over`` are what the ledger
    (:class:`LeadChange`) says last.

    Attributes
    ----------
    interest
        The product or subject that they asked about.
    source, channel, campaign
        Of the first touch.
    owner, team
        Who in sales has it; of a lead that marketing still works on, nobody.
    hand_over
        The last one, also when it has ended.
    route_since
        It is to go to sales since then, and nobody was free so far.
    revision
        Grows with every change: who writes says which one they saw.
    """

    contact = models.ForeignKey("people.Identifier", models.PROTECT, related_name="leads")
    state = models.CharField(max_length=12, choices=LeadState.choices, default=LeadState.NEW)
    origin = models.CharField(max_length=5, choices=LeadOrigin.choices)
    rule = models.ForeignKey(
        IntakeRule, models.SET_NULL, null=True, blank=True, related_name="leads"
    )
    interest = models.CharField(_("interest"), max_length=200, blank=True)
    note = models.TextField(_("note"), blank=True)
    source = models.CharField(_("source"), max_length=200, blank=True)
    channel = models.CharField(_("channel"), max_length=60, blank=True)
    campaign = models.CharField(_("campaign"), max_length=200, blank=True)
    owner: models.ForeignKey[User | None, User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="leads"
    )
    team: models.ForeignKey[Team | None, Team | None] = models.ForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    hand_over: models.ForeignKey[HandOver | None, HandOver | None] = models.ForeignKey(
        "leads.HandOver", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    deal = models.ForeignKey(
        "deals.Deal", models.SET_NULL, null=True, blank=True, related_name="from_leads"
    )
    came_at = models.DateTimeField()
    qualified_at = models.DateTimeField(null=True, blank=True)
    route_since = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveBigIntegerField(default=1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-came_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["state", "-came_at", "-id"], name="lead_inbox"),
            models.Index(fields=["owner", "state"], name="lead_owner"),
            models.Index(fields=["team", "state"], name="lead_team"),
            models.Index(fields=["-came_at", "-id"], name="lead_came"),
            models.Index(fields=["route_since"], name="lead_to_route",
                         condition=~Q(route_since=None)),
        ]  # fmt: skip
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contact"], condition=_OPEN, name="lead_open_once")
        ]

    def __str__(self) -> str:
        return str(self.contact)

    def get_absolute_url(self) -> str:
        """Return the lead's page."""
        return reverse("lead", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """Whether it is still being worked on."""
        return self.state in OPEN_STATES


class ChangeKind(models.TextChoices):
    """What an entry of the ledger is."""

    CAME = "came", _("Came in")
    QUALIFY = "qualify", _("Qualified")
    WAIT = "wait", _("Waits for somebody at work")
    HAND_OVER = "hand_over", _("Handed over")
    ACCEPT = "accept", _("Accepted")
    RETURN = "return", _("Returned")
    DISQUALIFY = "disqualify", _("Disqualified")
    CONVERT = "convert", _("Became a deal")
    ESCALATE = "escalate", _("Escalated")
    EDIT = "edit", _("Changed")


class LeadChange(models.Model):
    """What happened to a lead; entries are only ever added.

    Attributes
    ----------
    number
        1, 2, 3 … within the lead. Two changes at once can't both take the next one.
    actor
        Who did it; empty for the server itself.
    owner
        Who in sales has the lead afterwards.
    evidence
        What it rests on: the event and rule that brought the lead in, the routing rule that chose
        somebody and those whom it passed over, the service level that was missed; of an edit what
        each field was before and is since: ``{"changed": {"interest": ["", "Pumps"]}}``.
    """

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="changes")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=ChangeKind.choices)
    from_state = models.CharField(max_length=12, choices=LeadState.choices, blank=True)
    to_state = models.CharField(max_length=12, choices=LeadState.choices)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    reason = models.TextField(blank=True)
    evidence = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["lead", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["lead", "number"], name="lead_change_once")
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.number} {self.kind}"


class HandOverEnd(models.TextChoices):
    """How a hand-over ended."""

    ACCEPTED = "accepted", _("Accepted")
    RETURNED = "returned", _("Returned")
    PASSED_ON = "passed_on", _("Passed on")
    DISQUALIFIED = "disqualified", _("Disqualified")


class HandOver(models.Model):
    """A lead's stay with somebody in sales: from the hand-over to its acceptance or return.

    Attributes
    ----------
    to, team, by
        Who got it, and who handed it over (empty for a rule).
    rule
        The routing rule that chose; empty for a choice by hand.
    waited_since
        When the lead was qualified (or came back, or was passed on): what marketing took.
    due_at
        The service level: the first answer is due by then; empty where nobody ever works.
    answered_at, answer_s
        The first answer, and after how many seconds of working time.
    watched_s
        Of one that ended without an answer: the seconds of working time until its end.
    escalated_at
        When its missed service level was told, once.
    claimed_at, mailed_at
        When a worker began to mail that to the head of sales, and when the mail had gone out.
    ended_at, end, reason
        Empty while it waits.
    """

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="hand_overs")
    to: models.ForeignKey[User, User] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    team: models.ForeignKey[Team | None, Team | None] = models.ForeignKey(
        Team, models.SET_NULL, null=True, related_name="+"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    rule = models.ForeignKey(RoutingRule, models.SET_NULL, null=True, related_name="+")
    waited_since = models.DateTimeField()
    at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    answer_min = models.PositiveIntegerField()
    on_overdue = models.CharField(
        max_length=12, choices=OnOverdue.choices, default=OnOverdue.NOTHING
    )
    answered_at = models.DateTimeField(null=True)
    answer_s = models.BigIntegerField(null=True)
    watched_s = models.BigIntegerField(null=True)
    escalated_at = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=12, choices=HandOverEnd.choices, blank=True)
    reason = models.ForeignKey(ReturnReason, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["at"], name="hand_over_at"),
            models.Index(fields=["to", "at"], name="hand_over_to"),
            models.Index(fields=["due_at"], name="hand_over_unanswered",
                         condition=Q(answered_at=None, ended_at=None)),
            models.Index(fields=["escalated_at"], name="hand_over_to_mail",
                         condition=Q(mailed_at=None, escalated_at__isnull=False)),
        ]  # fmt: skip
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["lead"], condition=Q(ended_at=None), name="hand_over_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.at}"
