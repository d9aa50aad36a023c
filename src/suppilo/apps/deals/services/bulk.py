"""The same done to many deals: one by one through the services of one, with an answer for each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.deals.errors import DealError
from suppilo.apps.deals.models import Deal, MoveSource
from suppilo.apps.deals.selectors.visible import get_deal
from suppilo.apps.deals.services.changing import change_deal
from suppilo.apps.deals.services.moving import move_deal
from suppilo.apps.deals.services.writing import may_edit

MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of one deal: ``message`` says why it was left as it was, if it was."""

    deal_id: int
    is_done: bool
    message: str = ""


def tag_deals(
    actor: User | None,
    deal_ids: Sequence[int],
    *,
    add: Collection[str] = (),
    remove: Collection[str] = (),
    source: str = MoveSource.BULK,
) -> list[BulkResult]:
    """Give deals tags, and take others away.

    Raises
    ------
    PermissionDenied
        If the role may not change deals.
    ValidationError
        If there are more than 500.
    """

    def change(number: int) -> None:
        deal = get_deal(actor, number)
        kept = [tag for tag in deal.tags if tag not in remove]
        tags = [*kept, *(tag for tag in add if tag not in kept)]
        change_deal(actor, number, {"tags": tags}, source=source)

    return _each(actor, deal_ids, change)


def assign_deals(
    actor: User | None,
    deal_ids: Sequence[int],
    owner_id: int | None,
    *,
    team_id: int | None = None,
    source: str = MoveSource.BULK,
) -> list[BulkResult]:
    """Give deals an owner, and a team where one is given; raises as :func:`tag_deals` does."""
    changes: dict[str, int | None] = {"owner": owner_id}
    if team_id is not None:
        changes["team"] = team_id
    return _each(actor, deal_ids, lambda number: change_deal(actor, number, changes, source=source))


def move_deals(
    actor: User | None,
    deal_ids: Sequence[int],
    stage_key: str,
    *,
    reason: str = "",
    waiver: str = "",
    lost_reason_id: int | None = None,
    lost_note: str = "",
    source: str = MoveSource.BULK,
) -> list[BulkResult]:
    """Move deals to a stage; those whose gates are closed stay. Raises as :func:`tag_deals`."""
    return _each(
        actor, deal_ids,
        lambda number: move_deal(
            actor, number, stage_key, source=source, reason=reason, waiver=waiver,
            lost_reason_id=lost_reason_id, lost_note=lost_note,
        ),
    )  # fmt: skip


def _each(
    actor: User | None, deal_ids: Sequence[int], do: Callable[[int], object]
) -> list[BulkResult]:
    may_edit(actor)
    chosen = list(dict.fromkeys(deal_ids))
    if len(chosen) > MOST_AT_ONCE:
        raise ValidationError(_("Choose at most %d deals at once.") % MOST_AT_ONCE)
    return [_try(number, do) for number in chosen]


def _try(number: int, do: Callable[[int], object]) -> BulkResult:
    try:
        with transaction.atomic():
            do(number)
    except Deal.DoesNotExist:
        return BulkResult(number, False, _("There is no such deal."))
    except DealError as error:
        return BulkResult(number, False, error.message)
    except ValidationError as error:
        return BulkResult(number, False, " ".join(error.messages))
    except PermissionDenied as error:
        return BulkResult(number, False, str(error) or _("You may not do this."))
    return BulkResult(number, True)
