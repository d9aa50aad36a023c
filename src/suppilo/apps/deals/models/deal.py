"""The deal."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.catalogue.models import PriceBook
from suppilo.apps.pipelines.models import (
    LostReason,
    Pipeline,
    PipelineVersion,
    Stage,
)


class DealState(models.TextChoices):
    """Whether a deal is being worked on, and if not, how it ended."""

    OPEN = "open", _("Open")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")
    DISQUALIFIED = "disqualified", _("Disqualified")


class DealCounter(models.Model):
    """One row: the number that the next deal gets. Whoever opens deals locks it."""

    next_number = models.PositiveBigIntegerField(default=1)


class Deal(models.Model):
    """A sale that may come about.

    ``pipeline``, ``version``, ``stage``, ``state``, ``entered_at`` and ``closed_at`` are what the
    ledger (:class:`StageChange`) says last: only a move writes them.

    Attributes
    ----------
    number
        What people call it by; 1, 2, 3 …
    first_touch_of, first_touch_fields
        Whose first touch told ``channel``, ``source`` or ``campaign``, and which of them: none that
        somebody typed.
    amount
        The sum of the line items; what was typed in where there are none (``is_amount_typed``).
    cost
        What the line items cost us; null where it isn't known of each. Margin = amount - cost.
    discount
        0..1: what the line items' prices were lowered by, in all.
    price_book
        Where the prices of new lines come from; null: the usual one of the currency.
    probability
        0..1, typed in by somebody, with ``probability_reason``; null: the stage's own.
    next_step, next_step_at
        What is to be done next, and by when: an open deal needs both.
    last_activity_at
        When somebody last did something for it, or its people did.
    satisfaction, demand
        1..5: how content the client is, and how much they need it.
    revision
        Grows with every change: who writes says which one they saw.
    """

    number = models.PositiveBigIntegerField(unique=True)
    name = models.CharField(_("name"), max_length=200)
    name_key = models.BinaryField(max_length=80)
    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="deals")
    version = models.ForeignKey(PipelineVersion, models.PROTECT, related_name="+")
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="deals")
    state = models.CharField(max_length=12, choices=DealState.choices, default=DealState.OPEN)
    entered_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    lost_reason = models.ForeignKey(
        LostReason, models.PROTECT, null=True, blank=True, related_name="+"
    )
    lost_note = models.TextField(blank=True)

    company = models.ForeignKey(
        "people.Company", models.PROTECT, null=True, blank=True, related_name="deals"
    )
    owner: models.ForeignKey[User | None, User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="deals"
    )
    team: models.ForeignKey[Team | None, Team | None] = models.ForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="deals"
    )
    source = models.CharField(_("source"), max_length=200, blank=True)
    channel = models.CharField(_("channel"), max_length=60, blank=True)
    campaign = models.CharField(_("campaign"), max_length=200, blank=True)
    first_touch_of = models.ForeignKey(
        "people.Identifier", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    first_touch_fields = models.JSONField(default=list, blank=True)

    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    amount = models.DecimalField(_("amount"), max_digits=19, decimal_places=4, default=Decimal(0))
    price_book = models.ForeignKey(
        PriceBook, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    is_amount_typed = models.BooleanField(default=True)
    cost = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    discount = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal(0))
    probability = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)
    probability_reason = models.CharField(max_length=300, blank=True)
    expected_close = models.DateField(_("expected close"), null=True, blank=True)

    next_step = models.CharField(_("next step"), max_length=300, blank=True)
    next_step_at = models.DateTimeField(null=True, blank=True)
    next_step_has_time = models.BooleanField(default=False)
    last_activity_at = models.DateTimeField(null=True, blank=True)

    competitors = models.JSONField(default=list, blank=True)
    tags = models.JSONField(default=list, blank=True)
    custom = models.JSONField(default=dict, blank=True)
    satisfaction = models.PositiveSmallIntegerField(null=True, blank=True)
    demand = models.PositiveSmallIntegerField(null=True, blank=True)

    origin = models.CharField(max_length=40, blank=True, db_index=True)
    external_id = models.CharField(max_length=100, blank=True)
    revision = models.PositiveBigIntegerField(default=1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(
                fields=["pipeline", "stage", "next_step_at", "id"], name="deal_board",
                condition=Q(state="open"),
            ),
            # All that the board's sums look at, the state too though it is always the same here:
            # else SQLite reads the deals themselves.
            models.Index(
                fields=["pipeline", "stage", "currency", "owner", "team", "amount", "probability",
                        "state"],
                name="deal_sums", condition=Q(state="open"),
            ),
            models.Index(fields=["pipeline", "state", "-updated_at", "-id"], name="deal_list"),
            # With all that says who sees a deal, so that counting those reads no deals.
            models.Index(
                fields=["owner", "state", "next_step_at", "team", "pipeline"], name="deal_owner"
            ),
            models.Index(fields=["team", "state"], name="deal_team"),
            models.Index(fields=["company", "-id"], name="deal_company"),
            models.Index(fields=["state", "closed_at"], name="deal_closed"),
            # The same of those that have ended.
            models.Index(
                fields=["pipeline", "state", "closed_at", "stage", "currency", "owner", "team",
                        "amount", "probability"],
                name="deal_ended", condition=Q(closed_at__isnull=False),
            ),
            models.Index(fields=["pipeline", "opened_at"], name="deal_opened"),
            models.Index(fields=["name_key", "id"], name="deal_name"),
            models.Index(fields=["-updated_at", "-id"], name="deal_updated"),
            models.Index(fields=["-amount", "-id"], name="deal_amount"),
            models.Index(fields=["external_id"], name="deal_external",
                         condition=~Q(external_id="")),
        ]  # fmt: skip
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(discount__gte=0, discount__lte=1), name="deal_discount"
            ),
            models.CheckConstraint(
                condition=Q(probability=None) | Q(probability__gte=0, probability__lte=1),
                name="deal_probability",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the deal's page."""
        return reverse("deal", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """Whether it is still being worked on."""
        return self.state == DealState.OPEN

    @property
    def odds(self) -> Decimal:
        """The probability of being won that counts: the one typed in, else the stage's."""
        return self.stage.probability if self.probability is None else self.probability
