"""Change a deal's fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.deals.fields import CUSTOM, check_book, clean_fields
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.services.first_touch import FIELDS
from suppilo.apps.deals.services.items import follow_up
from suppilo.apps.deals.services.opening import check_next_step, first_team
from suppilo.apps.deals.services.writing import (
    Deed,
    note_changes,
    save_deal,
    take_deal,
    tell,
)
from suppilo.apps.deals.values import plain, value_of
from suppilo.apps.people.values import search_key

_CHANGED_BY_ITEMS = ("amount", "currency")
_STEP = ("next_step", "next_step_at")


@transaction.atomic
def change_deal(
    actor: User | None,
    deal_id: int,
    changes: Mapping[str, Any],
    *,
    source: str,
    revision: int | None = None,
) -> Deal:
    """Change fields of a deal; history keeps what they were.

    Parameters
    ----------
    changes
        New values by field (:data:`suppilo.apps.deals.fields.EDITABLE`), as texts or as what they
        are; ``custom.KEY`` for the pipeline's own. An empty one takes a value away.

    Raises
    ------
    ValidationError
        By field: what can't be used; nothing is changed then.
    PermissionDenied, Deal.DoesNotExist, DealChangedError
        As :func:`move_deal` does.
    """
    deed = Deed.begin(actor, source)
    deal = take_deal(actor, deal_id, revision)
    clean = clean_fields(deal.pipeline, changes)
    _check_giving(deed, deal, clean)
    _fit_book(deed, deal, clean)
    _check(deed, deal, clean)
    if "owner" in clean and "team" not in clean:
        clean["team"] = _team_for(deal, clean["owner"])
    before = {field: value_of(deal, field) for field in clean}
    owner = deal.owner_id
    for field, value in clean.items():
        _set(deal, field, value)
    after = {field: value_of(deal, field) for field in clean}
    noted = {field: (before[field], after[field]) for field in clean
             if plain(before[field]) != plain(after[field])}  # fmt: skip
    if not noted:
        return deal
    deal.first_touch_fields = [name for name in deal.first_touch_fields if name not in noted]
    note_changes(deed, deal, noted)
    save_deal(deed, deal, *_columns(noted))
    record_audit(actor, "change_deal", deal, fields=sorted(noted), source=deed.source)
    if deal.owner_id != owner:
        tell(deal, "deal_assigned", deed.now)
    return follow_up(deed, deal)


def _check_giving(deed: Deed, deal: Deal, clean: Mapping[str, Any]) -> None:
    """Let nobody give others' deals away, or take them, who does not see to all deals.

    One's own deals, and those that are nobody's, are free to be given and taken.
    """
    actor = deed.actor
    gives = any(name in clean and clean[name] != getattr(deal, name) for name in ("owner", "team"))
    if not gives or actor is None or allows(actor, Permission.SEE_ALL_DEALS):
        return
    if deal.owner_id not in (None, actor.pk):
        raise PermissionDenied(
            _("It is %s's deal: they, or the head of sales, can give it away.") % deal.owner
        )


def _fit_book(deed: Deed, deal: Deal, clean: dict[str, Any]) -> None:
    """Refuse a price book in another currency; a deal that changes its currency leaves its own."""
    currency = clean.get("currency", deal.currency)
    if "price_book" in clean:
        is_kept = clean["price_book"] == deal.price_book
        check_book(None if is_kept else deed.actor, clean["price_book"], currency)
    elif deal.price_book is not None and deal.price_book.currency != currency:
        clean["price_book"] = None


def _team_for(deal: Deal, owner: User | None) -> Any:
    """Return the deal's team where its new owner belongs to it, else the owner's own."""
    if owner is None or (deal.team is not None and deal.team in owner.teams.all()):
        return deal.team
    return first_team(owner)


def _set(deal: Deal, field: str, value: Any) -> None:
    if not field.startswith(CUSTOM):
        setattr(deal, field, value)
        return
    key = field.removeprefix(CUSTOM)
    kept = {name: old for name, old in deal.custom.items() if name != key}
    deal.custom = kept if value is None else kept | {key: value}


def _columns(changed: Mapping[str, Any]) -> set[str]:
    columns = {"custom" if field.startswith(CUSTOM) else field for field in changed}
    columns |= {"name_key"} if "name" in columns else set()
    return columns | ({"first_touch_fields"} if columns.intersection(FIELDS) else set())


def _check(deed: Deed, deal: Deal, clean: dict[str, Any]) -> None:
    """Refuse what doesn't go together with the rest of the deal."""
    errors: dict[str, str] = {}
    if not deal.is_amount_typed:
        for field in _CHANGED_BY_ITEMS:
            if field in clean and plain(clean[field]) != plain(getattr(deal, field)):
                errors[field] = _("It follows from the line items: change those.")
    if clean.get("probability") is not None:
        reason = clean.get("probability_reason", deal.probability_reason)
        if not reason:
            errors["probability_reason"] = _("Say why the probability is another than usual.")
    if "lost_reason" in clean and (deal.is_open or deal.lost_reason is None):
        errors["lost_reason"] = _("Only a lost deal has a reason.")
    elif "lost_reason" in clean and clean["lost_reason"] is None:
        errors["lost_reason"] = _("Choose why, from the pipeline's list of reasons.")
    if errors:
        raise ValidationError(errors)
    if "probability" in clean and clean["probability"] is None:
        clean.setdefault("probability_reason", "")
    if "name" in clean:
        deal.name_key = search_key(clean["name"])
    _check_step(deed, deal, clean)


def _check_step(deed: Deed, deal: Deal, clean: Mapping[str, Any]) -> None:
    # A deal that an import brought without a next step may be changed otherwise all the same.
    if any(field in clean for field in _STEP):
        step, at = (clean.get(field, getattr(deal, field)) for field in _STEP)
        check_next_step(deed, step, at, is_open=deal.is_open)
