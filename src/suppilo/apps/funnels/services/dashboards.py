"""Make, name, share and delete a dashboard; pin funnels to it and order them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.funnels.models import Dashboard, Pin, ReportView, SavedFunnel
from suppilo.apps.funnels.services.sharing import (
    clean_name,
    require_change,
    require_sight,
    set_sharing,
)

MAX_PINS = 40


@transaction.atomic
def create_dashboard(actor: User, name: str) -> Dashboard:
    """Make an empty dashboard of the actor's own.

    Raises
    ------
    PermissionDenied
        If the role may not save reports.
    ValidationError
        If the name can't be used.
    """
    require(actor, Permission.SAVE_REPORTS)
    dashboard = Dashboard.objects.create(owner=actor, name=clean_name(name))
    record_audit(actor, "create_dashboard", dashboard)
    return dashboard


@transaction.atomic
def rename_dashboard(actor: User, dashboard: Dashboard, name: str) -> None:
    """Give a dashboard another name; raises as :func:`share_dashboard` does."""
    require_change(actor, dashboard)
    dashboard.name, dashboard.updated_at = clean_name(name), timezone.now()
    dashboard.save(update_fields=["name", "updated_at"])
    record_audit(actor, "rename_dashboard", dashboard)


@transaction.atomic
def share_dashboard(
    actor: User, dashboard: Dashboard, visibility: str, team: Team | None = None
) -> None:
    """Set who sees a dashboard. Its funnels are shared on their own.

    Raises
    ------
    PermissionDenied
        If it is not the actor's to change.
    ValidationError
        If the sharing can't be used.
    """
    require_change(actor, dashboard)
    set_sharing(actor, dashboard, visibility, team)
    dashboard.save(update_fields=["visibility", "team", "updated_at"])
    record_audit(actor, "share_dashboard", dashboard, visibility=visibility)


@transaction.atomic
def delete_dashboard(actor: User, dashboard: Dashboard) -> None:
    """Remove a dashboard; the funnels stay. Raises PermissionDenied if it is somebody else's."""
    require_change(actor, dashboard)
    record_audit(actor, "delete_dashboard", dashboard)
    dashboard.delete()


@transaction.atomic
def pin_funnel(
    actor: User, dashboard: Dashboard, funnel: SavedFunnel, view: str = ReportView.STEPS
) -> Pin:
    """Put a funnel's view at the end of a dashboard.

    Raises
    ------
    PermissionDenied
        If the dashboard is not the actor's to change, or the funnel not to see.
    ValidationError
        If there is no such view, or the dashboard is full.
    """
    require_change(actor, dashboard)
    require_sight(actor, funnel)
    if view not in ReportView.values:
        raise ValidationError(_("There is no such view of a funnel."))
    if dashboard.pins.count() >= MAX_PINS:
        raise ValidationError(
            _("A dashboard holds at most {n} reports; make another one.").format(n=MAX_PINS)
        )
    last = dashboard.pins.aggregate(last=Max("position"))["last"] or 0
    pin = Pin.objects.create(dashboard=dashboard, funnel=funnel, view=view, position=last + 1)
    record_audit(actor, "pin_funnel", dashboard, funnel=funnel.pk, view=view)
    return pin


@transaction.atomic
def unpin_funnel(actor: User, pin: Pin) -> None:
    """Take a report off its dashboard. Raises PermissionDenied if that is somebody else's."""
    require_change(actor, pin.dashboard)
    record_audit(actor, "unpin_funnel", pin.dashboard, funnel=pin.funnel_id)
    pin.delete()


@transaction.atomic
def move_pin(actor: User, pin: Pin, place: int) -> None:
    """Move a report to a place of its dashboard, from 1; beyond the ends is at the end.

    Raises
    ------
    PermissionDenied
        If the dashboard is not the actor's to change.
    """
    require_change(actor, pin.dashboard)
    pins = [other for other in pin.dashboard.pins.all() if other.pk != pin.pk]
    pins.insert(max(0, place - 1), pin)
    for position, other in enumerate(pins, 1):
        other.position = position
    Pin.objects.bulk_update(pins, ["position"])
    record_audit(actor, "move_pin", pin.dashboard, funnel=pin.funnel_id, place=place)
