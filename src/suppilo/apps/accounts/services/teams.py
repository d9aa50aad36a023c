"""Teams: who shares what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services.audit import record_audit


def make_team(actor: User, name: str, member_ids: Iterable[int] = ()) -> Team:
    """Make a team.

    Raises
    ------
    PermissionDenied
        If the actor may not manage the team.
    ValidationError
        If there is a team of this name.
    """
    require(actor, Permission.MANAGE_TEAM)
    with _unique_name(name), transaction.atomic():
        team = Team.objects.create(name=name)
        team.members.set(User.objects.filter(pk__in=member_ids))
        record_audit(actor, "make_team", team)
    return team


def change_team(actor: User, team_id: int, name: str, member_ids: Iterable[int]) -> Team:
    """Give a team another name or other members.

    Raises
    ------
    Team.DoesNotExist
        If there is no such team.
    PermissionDenied, ValidationError
        As :func:`make_team`.
    """
    require(actor, Permission.MANAGE_TEAM)
    with _unique_name(name), transaction.atomic():
        team = Team.objects.select_for_update().get(pk=team_id)
        team.name = name
        team.save(update_fields=["name"])
        team.members.set(User.objects.filter(pk__in=member_ids))
        record_audit(actor, "change_team", team, members=sorted(member_ids))
    return team


@transaction.atomic
def delete_team(actor: User, team_id: int) -> None:
    """Delete a team; its members stay.

    Raises
    ------
    Team.DoesNotExist, PermissionDenied
        As :func:`change_team`.
    """
    require(actor, Permission.MANAGE_TEAM)
    team = Team.objects.select_for_update().get(pk=team_id)
    record_audit(actor, "delete_team", team)
    team.delete()


@contextmanager
def _unique_name(name: str) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        text = _("There is a team named %(name)s already. Choose another name.")
        raise ValidationError(text % {"name": name}) from error
