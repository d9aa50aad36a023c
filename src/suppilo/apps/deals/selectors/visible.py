"""Whose deals somebody sees."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.accounts.permissions import Permission, allows, require
from suppilo.apps.deals.models import Deal
from suppilo.apps.pipelines.models import Pipeline, Visibility

PARTS = ("pipeline", "version", "stage", "company", "owner", "team", "lost_reason")
"""What is read with a deal, so that showing one asks no more."""


def visible_deals(user: User | None) -> QuerySet[Deal]:
    """Return the deals that a user sees; None, the server itself, sees all.

    Whoever may see all deals does. Others see their own; where the pipeline says so those of
    their teams (the deal's team is theirs, or they share one with its owner), or all of it.

    Raises
    ------
    PermissionDenied
        If the role may not see deals.
    """
    if user is None:
        return Deal.objects.all()
    require(user, Permission.SEE_DEALS)
    if allows(user, Permission.SEE_ALL_DEALS):
        return Deal.objects.all()
    return Deal.objects.filter(_mine(user))


def visible_in(user: User, pipeline: Pipeline) -> QuerySet[Deal]:
    """Return the deals of one pipeline that a user sees: nothing is asked of the pipeline again.

    Raises
    ------
    PermissionDenied
        If the role may not see deals.
    """
    require(user, Permission.SEE_DEALS)
    found = Deal.objects.filter(pipeline=pipeline)
    if allows(user, Permission.SEE_ALL_DEALS) or pipeline.visibility == Visibility.ALL:
        return found
    is_shared = pipeline.visibility == Visibility.TEAM
    return found.filter(Q(owner=user) | _of_teams(user) if is_shared else Q(owner=user))


def _mine(user: User) -> Q:
    shared = Q(pipeline__visibility=Visibility.TEAM) & _of_teams(user)
    return Q(owner=user) | shared | Q(pipeline__visibility=Visibility.ALL)


def _of_teams(user: User) -> Q:
    teams = Team.objects.filter(members=user).order_by().values("pk")
    mates = User.objects.filter(teams__in=teams).order_by().values("pk")
    return Q(team__in=teams) | Q(owner__in=mates)


def get_deal(user: User | None, deal_id: int) -> Deal:
    """Return a deal with what it belongs to.

    Raises
    ------
    PermissionDenied
        If the role may not see deals.
    Deal.DoesNotExist
        If there is no such deal, or the user may not see it.
    """
    return visible_deals(user).select_related(*PARTS).get(pk=deal_id)
