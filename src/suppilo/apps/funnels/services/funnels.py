"""Save, change, rename, share, duplicate and delete a funnel."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.analytics.funnel import FunnelDefinition
from suppilo.apps.accounts.models import Team, User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.funnels.draft.dates import PRESETS
from suppilo.apps.funnels.models import SavedFunnel, Visibility
from suppilo.apps.funnels.services.sharing import (
    clean_name,
    require_change,
    require_sight,
    set_sharing,
)

_LONGEST_DESCRIPTION = 1000


def _check_dates(dates: str) -> str:
    if dates and dates not in PRESETS:
        raise ValidationError(
            _("“%(dates)s” are no dates that move with the calendar; there are %(all)s.")
            % {"dates": dates, "all": ", ".join(PRESETS)}
        )
    return dates


@transaction.atomic
def save_funnel(
    actor: User,
    name: str,
    definition: FunnelDefinition,
    *,
    description: str = "",
    dates: str = "",
    visibility: str = Visibility.PRIVATE,
    team: Team | None = None,
) -> SavedFunnel:
    """Keep a funnel under a name.

    Raises
    ------
    PermissionDenied
        If the role may not save reports.
    ValidationError
        If the name, description, sharing or named dates can't be used.
    """
    require(actor, Permission.SAVE_REPORTS)
    funnel = SavedFunnel(owner=actor, definition=definition.to_dict(), dates=_check_dates(dates))
    _set_words(funnel, name, description)
    set_sharing(actor, funnel, visibility, team)
    funnel.save()
    record_audit(actor, "save_funnel", funnel)
    return funnel


@transaction.atomic
def change_funnel(
    actor: User, funnel: SavedFunnel, definition: FunnelDefinition, dates: str = ""
) -> None:
    """Give a saved funnel another definition.

    Raises
    ------
    PermissionDenied
        If it is not the actor's to change.
    """
    require_change(actor, funnel)
    before = funnel.definition
    funnel.definition, funnel.dates = definition.to_dict(), _check_dates(dates)
    funnel.updated_at = timezone.now()
    funnel.save(update_fields=["definition", "dates", "updated_at"])
    record_audit(actor, "change_funnel", funnel, before=before)


@transaction.atomic
def rename_funnel(actor: User, funnel: SavedFunnel, name: str, description: str) -> None:
    """Give a saved funnel another name and description.

    Raises
    ------
    PermissionDenied
        If it is not the actor's to change.
    ValidationError
        If the name or description can't be used.
    """
    require_change(actor, funnel)
    before = funnel.name
    _set_words(funnel, name, description)
    funnel.updated_at = timezone.now()
    funnel.save(update_fields=["name", "description", "updated_at"])
    record_audit(actor, "rename_funnel", funnel, before=before)


def _set_words(funnel: SavedFunnel, name: str, description: str) -> None:
    if len(description) > _LONGEST_DESCRIPTION:
        raise ValidationError(_("Write a description of at most 1,000 characters."))
    funnel.name, funnel.description = clean_name(name), description.strip()


@transaction.atomic
def share_funnel(
    actor: User, funnel: SavedFunnel, visibility: str, team: Team | None = None
) -> None:
    """Set who sees a saved funnel.

    Raises
    ------
    PermissionDenied
        If it is not the actor's to change.
    ValidationError
        If the sharing can't be used.
    """
    require_change(actor, funnel)
    set_sharing(actor, funnel, visibility, team)
    funnel.save(update_fields=["visibility", "team", "updated_at"])
    record_audit(actor, "share_funnel", funnel, visibility=visibility, team=str(team or ""))


@transaction.atomic
def replace_funnel(
    actor: User,
    funnel: SavedFunnel,
    definition: FunnelDefinition,
    *,
    name: str,
    description: str,
    visibility: str,
    team: Team | None = None,
) -> None:
    """Change everything of a saved funnel; raises as each of the changes does."""
    change_funnel(actor, funnel, definition)
    rename_funnel(actor, funnel, name, description)
    share_funnel(actor, funnel, visibility, team)


@transaction.atomic
def duplicate_funnel(actor: User, funnel: SavedFunnel) -> SavedFunnel:
    """Return the actor's own, private copy of a funnel.

    Raises
    ------
    PermissionDenied
        If the role may not save reports, or the funnel is not shared with the actor.
    """
    require(actor, Permission.SAVE_REPORTS)
    require_sight(actor, funnel)
    name = _("{name} (copy)").format(name=funnel.name[:100])
    copy = SavedFunnel.objects.create(
        owner=actor, name=name, description=funnel.description, definition=funnel.definition,
        dates=funnel.dates,
    )  # fmt: skip
    record_audit(actor, "duplicate_funnel", copy, original=funnel.pk)
    return copy


@transaction.atomic
def delete_funnel(actor: User, funnel: SavedFunnel) -> None:
    """Remove a saved funnel, and its pins with it.

    Raises
    ------
    PermissionDenied
        If it is not the actor's to change.
    """
    require_change(actor, funnel)
    record_audit(actor, "delete_funnel", funnel, definition=funnel.definition)
    funnel.delete()
