"""Our own company's details, and its logo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.letterhead.logos import draw_anew
from suppilo.apps.letterhead.models import ONLY, Letterhead, Logo

FIELDS = (
    "name", "address", "registration", "tax_number", "email", "phone", "website", "bank",
    "tax_rate", "quote_terms", "quote_days", "invoice_terms", "payment_days", "language",
)  # fmt: skip
LONGEST_TERMS = 5000
LONGEST_DAYS = 365


def get_letterhead() -> Letterhead:
    """Return the letterhead; an empty one where nobody has filled it in."""
    return Letterhead.objects.select_related("logo").filter(pk=ONLY).first() or Letterhead(pk=ONLY)


@transaction.atomic
def change_letterhead(actor: User, changes: Mapping[str, Any]) -> Letterhead:
    """Change our details; papers that were sent keep those that they were sent with.

    Parameters
    ----------
    changes
        New values by the names of :data:`FIELDS`; what is not named stays.

    Raises
    ------
    PermissionDenied
        If the role may not manage invoices.
    ValidationError
        If a value can't be used; by field.
    """
    letterhead = _take(actor)
    for name in FIELDS:
        if name in changes:
            setattr(letterhead, name, changes[name])
    _check(letterhead)
    letterhead.updated_at = timezone.now()
    letterhead.save()
    record_audit(actor, "change_letterhead", letterhead)
    return letterhead


@transaction.atomic
def set_logo(actor: User, content: bytes) -> Logo:
    """Show a picture on papers from now on.

    Raises
    ------
    PermissionDenied
        If the role may not manage invoices.
    ValidationError
        If it is no PNG, JPEG or WebP picture, or too large.
    """
    letterhead = _take(actor)
    drawn = draw_anew(content)
    logo, _made = Logo.objects.get_or_create(
        digest=drawn.digest,
        defaults={"picture": drawn.png, "width": drawn.width, "height": drawn.height},
    )
    letterhead.logo = logo
    letterhead.save()
    record_audit(actor, "set_logo", letterhead, digest=drawn.digest)
    return logo


@transaction.atomic
def remove_logo(actor: User) -> None:
    """Show no picture from now on; raises PermissionDenied as :func:`set_logo` does."""
    letterhead = _take(actor)
    letterhead.logo = None
    letterhead.save()
    record_audit(actor, "remove_logo", letterhead)


def _take(actor: User) -> Letterhead:
    require(actor, Permission.MANAGE_INVOICES)
    Letterhead.objects.get_or_create(pk=ONLY)
    return Letterhead.objects.select_for_update().get(pk=ONLY)


def _check(letterhead: Letterhead) -> None:
    problems: dict[str, str] = {}
    for name in ("address", "bank", "quote_terms", "invoice_terms"):
        if len(getattr(letterhead, name)) > LONGEST_TERMS:
            problems[name] = _("Write at most %d characters.") % LONGEST_TERMS
    if not 0 <= letterhead.tax_rate <= 1:
        problems["tax_rate"] = _("A tax is between 0 and 100 %.")
    for name in ("quote_days", "payment_days"):
        if not 0 <= getattr(letterhead, name) <= LONGEST_DAYS:
            problems[name] = _("Between 0 and %d days.") % LONGEST_DAYS
    if problems:
        raise ValidationError(problems)
    letterhead.full_clean(exclude=["logo"], validate_unique=False)
