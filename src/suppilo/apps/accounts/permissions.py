"""What each role may do. Services ask here before they write, selectors before they show."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

from suppilo.apps.accounts.models import Role

if TYPE_CHECKING:
    from suppilo.apps.accounts.models import User


class Permission(StrEnum):
    """Something that a role may or may not do."""

    SEE_REPORTS = "see_reports"
    SAVE_REPORTS = "save_reports"
    SEE_PEOPLE = "see_people"
    EDIT_PEOPLE = "edit_people"
    EXPORT_PEOPLE = "export_people"
    IMPORT_FILES = "import_files"
    SEE_SOURCES = "see_sources"
    MANAGE_SOURCES = "manage_sources"
    MANAGE_TEAM = "manage_team"
    SEE_DEALS = "see_deals"
    SEE_ALL_DEALS = "see_all_deals"
    EDIT_DEALS = "edit_deals"
    EXPORT_DEALS = "export_deals"
    MANAGE_PIPELINES = "manage_pipelines"
    MANAGE_SALES_BOOK = "manage_sales_book"
    MANAGE_CATALOGUE = "manage_catalogue"
    SEE_COSTS = "see_costs"
    APPROVE_DISCOUNTS = "approve_discounts"
    MANAGE_INVOICES = "manage_invoices"
    SEE_LEADS = "see_leads"
    WORK_LEADS = "work_leads"
    MANAGE_LEADS = "manage_leads"
    MANAGE_SPEND = "manage_spend"
    MANAGE_QUOTAS = "manage_quotas"
    MANAGE_GOALS = "manage_goals"
    MANAGE_WEBHOOKS = "manage_webhooks"


_P = Permission
_VIEWER = {_P.SEE_REPORTS}
_SEES_ALL_DEALS = {_P.SEE_DEALS, _P.SEE_ALL_DEALS}
_SALESPERSON = _VIEWER | {
    _P.SEE_PEOPLE, _P.EDIT_PEOPLE, _P.SEE_DEALS, _P.EDIT_DEALS, _P.SEE_LEADS, _P.WORK_LEADS,
}  # fmt: skip
_ANALYST = (
    _VIEWER
    | _SEES_ALL_DEALS
    | {_P.SAVE_REPORTS, _P.SEE_PEOPLE, _P.EXPORT_PEOPLE, _P.SEE_SOURCES, _P.EXPORT_DEALS}
)
_MARKETER = _ANALYST | {
    _P.EDIT_PEOPLE, _P.IMPORT_FILES, _P.MANAGE_SOURCES, _P.SEE_LEADS, _P.WORK_LEADS,
    _P.MANAGE_LEADS, _P.MANAGE_SPEND, _P.MANAGE_GOALS,
}  # fmt: skip
_HEAD_OF_SALES = (
    _SALESPERSON
    | _ANALYST
    | {
        _P.IMPORT_FILES, _P.MANAGE_PIPELINES, _P.MANAGE_SALES_BOOK, _P.MANAGE_CATALOGUE,
        _P.SEE_COSTS, _P.APPROVE_DISCOUNTS, _P.MANAGE_INVOICES, _P.MANAGE_LEADS, _P.MANAGE_QUOTAS,
        _P.MANAGE_GOALS,
    }
)  # fmt: skip

GRANTS: dict[str, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMIN: frozenset(Permission),
    Role.HEAD_OF_SALES: frozenset(_HEAD_OF_SALES),
    Role.SALESPERSON: frozenset(_SALESPERSON),
    Role.MARKETER: frozenset(_MARKETER),
    Role.ANALYST: frozenset(_ANALYST),
    Role.VIEWER: frozenset(_VIEWER),
}
"""Owner and admin differ in one thing: only an owner makes, changes or removes owners."""


def allows(user: User, permission: Permission) -> bool:
    """Return whether a user may do this; somebody who is no longer active may do nothing."""
    return bool(user.is_active) and permission in GRANTS.get(user.role, frozenset())


def require(user: User, permission: Permission) -> None:
    """Make sure that a user may do this.

    Raises
    ------
    PermissionDenied
        If the user's role does not have the permission.
    """
    if not allows(user, permission):
        raise PermissionDenied(permission.value)
