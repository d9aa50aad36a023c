"""What belongs to a deal: people, line items, documents; and the views that people saved."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.catalogue.models import Product
from suppilo.apps.deals.models.deal import Deal


class ParticipantRole(models.TextChoices):
    """What somebody decides in a sale."""

    DECISION_MAKER = "decision_maker", _("Decision-maker")
    BUYER = "buyer", _("Buyer")
    USER = "user", _("User")
    INFLUENCER = "influencer", _("Influencer")
    CHAMPION = "champion", _("Champion")
    GATEKEEPER = "gatekeeper", _("Gatekeeper")
    CONTACT = "contact", _("Contact")


class Participant(models.Model):
    """A person in a deal.

    ``contact`` is one of the person's identifiers: who that is now, merged or split, is
    ``contact.person``. ``influence`` is 1..5. One participant is the main one: by their person
    a deal's events count in funnels by person.
    """

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="participants")
    contact = models.ForeignKey("people.Identifier", models.PROTECT, related_name="participations")
    role = models.CharField(
        max_length=20, choices=ParticipantRole.choices, default=ParticipantRole.CONTACT
    )
    influence = models.PositiveSmallIntegerField(null=True, blank=True)
    is_main = models.BooleanField(default=False)
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-is_main", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["deal", "contact"], name="participant_once"),
            models.UniqueConstraint(
                fields=["deal"], condition=Q(is_main=True), name="participant_main_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.contact)


class LineItem(models.Model):
    """A product in a deal: ``quantity`` × ``unit_price`` × (1 - ``discount``), in its currency.

    ``list_price`` is what one cost in the price book when the line was made; null where it had no
    price there. A ``unit_price`` below it is a discount like any other.
    """

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, models.PROTECT, null=True, blank=True, related_name="+")
    description = models.CharField(_("description"), max_length=300)
    quantity = models.DecimalField(max_digits=14, decimal_places=3, default=Decimal(1))
    unit_price = models.DecimalField(max_digits=19, decimal_places=4)
    list_price = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    unit_cost = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    discount = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal(0))
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["deal", "position", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_quantity"),
            models.CheckConstraint(
                condition=Q(discount__gte=0, discount__lte=1), name="line_discount"
            ),
        ]

    def __str__(self) -> str:
        return self.description


class Document(models.Model):
    """A file or a link that belongs to a deal; files lie in the data folder."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="documents")
    kind = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=255)
    stored_name = models.CharField(max_length=80, blank=True)
    url = models.URLField(max_length=1000, blank=True)
    size_bytes = models.BigIntegerField(null=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.name


class SavedView(models.Model):
    """A question to the list of deals that somebody keeps; ``query`` is the address's."""

    owner: models.ForeignKey[User, User] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+"
    )
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=120)
    query = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["name", "id"]

    def __str__(self) -> str:
        return self.name
