"""Products: made, changed, taken out of the offer and back. What anything names is kept."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import count

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.catalogue.models import Product
from suppilo.apps.catalogue.services.clean import clean_name, clean_price
from suppilo.apps.catalogue.sums import check_currency
from suppilo.apps.uses import list_uses

_LONGEST_NAME, _LONGEST_SKU, _LONGEST_CATEGORY, _LONGEST_UNIT = 200, 60, 100, 20


@dataclass(frozen=True, slots=True)
class NewProduct:
    """What a product is to be; ``unit_cost`` (in ``currency``) is None where it isn't known."""

    name: str
    sku: str
    category: str = ""
    unit: str = ""
    currency: str = "EUR"
    unit_cost: Decimal | None = None


@transaction.atomic
def make_product(actor: User, new: NewProduct) -> Product:
    """Put a product into the catalogue.

    Raises
    ------
    PermissionDenied
        If the role may not manage the catalogue.
    ValidationError
        If a value can't be used, or another product has the number.
    """
    require(actor, Permission.MANAGE_CATALOGUE)
    product = Product()
    _fill(product, new)
    product.save()
    record_audit(actor, "make_product", product, sku=product.sku)
    return product


@transaction.atomic
def change_product(actor: User, product_id: int, new: NewProduct) -> Product:
    """Give a product other values; deals and quotes keep what they were made with.

    Raises
    ------
    Product.DoesNotExist
        If there is none of this id.
    PermissionDenied, ValidationError
        As :func:`make_product`.
    """
    require(actor, Permission.MANAGE_CATALOGUE)
    product = Product.objects.select_for_update().get(pk=product_id)
    before = {"name": product.name, "sku": product.sku, "cost": _text(product.unit_cost)}
    _fill(product, new)
    product.save()
    record_audit(actor, "change_product", product, before=before)
    return product


@transaction.atomic
def remove_product(actor: User | None, product_id: int) -> None:
    """Remove a product that was put into the catalogue by mistake and that nothing names.

    Parameters
    ----------
    actor
        None: the server itself.

    Raises
    ------
    Product.DoesNotExist
        If there is none of this id.
    PermissionDenied
        If the role may not manage the catalogue.
    ValidationError
        If deals, quotes, prices or the like name it.
    """
    if actor is not None:
        require(actor, Permission.MANAGE_CATALOGUE)
    product = Product.objects.select_for_update().get(pk=product_id)
    if uses := list_uses(product):
        raise ValidationError(_("It is in use: %s.") % ", ".join(uses))
    record_audit(actor, "remove_product", product, sku=product.sku)
    product.delete()


def free_sku(name: str) -> str:
    """Return a number that no product has, made of a name."""
    base = slugify(name, allow_unicode=True).upper()[: _LONGEST_SKU - 8] or "PRODUCT"
    taken = set(Product.objects.filter(sku__startswith=base).values_list("sku", flat=True))
    return next(sku for n in count(1) if (sku := base if n == 1 else f"{base}-{n}") not in taken)


def archive_product(actor: User, product_id: int) -> Product:
    """Offer a product no longer; raises as :func:`change_product` does."""
    return _set_archived(actor, product_id, is_archived=True)


def restore_product(actor: User, product_id: int) -> Product:
    """Offer a product again; raises as :func:`change_product` does."""
    return _set_archived(actor, product_id, is_archived=False)


@transaction.atomic
def _set_archived(actor: User, product_id: int, *, is_archived: bool) -> Product:
    require(actor, Permission.MANAGE_CATALOGUE)
    product = Product.objects.select_for_update().get(pk=product_id)
    product.is_archived = is_archived
    product.save(update_fields=["is_archived"])
    record_audit(actor, "archive_product" if is_archived else "restore_product", product)
    return product


def _fill(product: Product, new: NewProduct) -> None:
    product.name = clean_name(new.name, _LONGEST_NAME)
    product.sku = _clean_sku(new.sku, product.pk or 0)
    product.category = _clean_word(new.category, _LONGEST_CATEGORY)
    product.unit = _clean_word(new.unit, _LONGEST_UNIT)
    product.currency = check_currency(new.currency)
    product.unit_cost = None if new.unit_cost is None else clean_price(new.unit_cost)


def _clean_sku(sku: str, own_id: int) -> str:
    sku = sku.strip()
    if not 1 <= len(sku) <= _LONGEST_SKU:
        raise ValidationError(_("Give a number of at most %d characters.") % _LONGEST_SKU)
    if Product.objects.filter(sku=sku).exclude(pk=own_id).exists():
        raise ValidationError(_("Another product has the number “%s”.") % sku)
    return sku


def _clean_word(text: str, longest: int) -> str:
    text = text.strip()
    if len(text) > longest:
        raise ValidationError(_("Write at most %(n)d characters: “%(text)s”.")
                              % {"n": longest, "text": text[:longest]})  # fmt: skip
    return text


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
