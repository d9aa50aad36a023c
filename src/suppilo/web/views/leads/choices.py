"""What is chosen from on pages of leads: people, teams, pipelines, reasons."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.accounts.permissions import GRANTS, Permission, allows
from suppilo.apps.leads.models import ReturnReason
from suppilo.apps.pipelines.models import Pipeline

_WORKERS = [role for role, grants in GRANTS.items() if Permission.WORK_LEADS in grants]


@dataclass(frozen=True, slots=True)
class Choices:
    """What a lead's buttons offer."""

    workers: list[User]
    reasons: list[ReturnReason]
    pipelines: list[Pipeline]
    may_work: bool
    may_manage: bool


def workers() -> QuerySet[User]:
    """Return the active users who may work on leads."""
    return User.objects.filter(is_active=True, role__in=_WORKERS).order_by("name", "pk")


def teams() -> QuerySet[Team]:
    """Return all teams."""
    return Team.objects.order_by("name")


def choices_for(user: User) -> Choices:
    """Return what the buttons offer a user; the pipelines where the role may open deals."""
    may_deal = allows(user, Permission.EDIT_DEALS)
    pipelines = Pipeline.objects.filter(is_archived=False) if may_deal else []
    return Choices(
        list(workers()),
        list(ReturnReason.objects.filter(is_active=True)),
        list(pipelines),
        allows(user, Permission.WORK_LEADS),
        allows(user, Permission.MANAGE_LEADS),
    )
