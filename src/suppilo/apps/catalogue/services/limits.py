"""How much a role may give off without asking."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Role, User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.catalogue.models import DiscountLimit, Product
from suppilo.apps.catalogue.services.clean import clean_rate

_LONGEST_CATEGORY = 100


@transaction.atomic
def set_limit(
    actor: User, role: str, rate: Decimal, *, product_id: int | None = None, category: str = ""
) -> DiscountLimit:
    """Let a role give off so much of a product, of a category, or (neither named) of anything.

    Raises
    ------
    PermissionDenied
        If the actor's role may not manage the catalogue.
    Product.DoesNotExist
        If there is no such product.
    ValidationError
        If there is no such role, the rate isn't 0..1, or both product and category are named.
    """
    require(actor, Permission.MANAGE_CATALOGUE)
    category = category.strip()
    if role not in Role.values:
        raise ValidationError(_("There is no such role."))
    if product_id is not None and category:
        raise ValidationError(_("Name a product or a category, not both."))
    if len(category) > _LONGEST_CATEGORY:
        raise ValidationError(_("There is no such category."))
    product = Product.objects.get(pk=product_id) if product_id is not None else None
    limit, _made = DiscountLimit.objects.update_or_create(
        role=role, product=product, category=category, defaults={"rate": clean_rate(rate)}
    )
    about = product.sku if product else category
    record_audit(actor, "set_discount_limit", limit, role=role, rate=str(limit.rate), about=about)
    return limit


@transaction.atomic
def remove_limit(actor: User, limit_id: int) -> None:
    """Remove a limit; the next less particular one holds then.

    Raises
    ------
    DiscountLimit.DoesNotExist
        If there is none of this id.
    PermissionDenied
        If the actor's role may not manage the catalogue.
    """
    require(actor, Permission.MANAGE_CATALOGUE)
    limit = DiscountLimit.objects.get(pk=limit_id)
    record_audit(actor, "remove_discount_limit", limit, role=limit.role, rate=str(limit.rate))
    limit.delete()
