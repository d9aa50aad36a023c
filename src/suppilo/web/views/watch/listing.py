"""The list of watched figures with their alerts, and what is done to alerts and days."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.analytics.watch import LEAST_DAYS, LEAST_SUM
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.jobs.services import start_job
from suppilo.apps.watch import services
from suppilo.apps.watch.models import LeftOutDay, WatchDay
from suppilo.apps.watch.selectors import (
    AlertFilter,
    list_alerts,
    list_figures,
    with_open_alerts,
)
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import number_page
from suppilo.web.views.watch.shown import alert_rows, figure_row

MOST_ALERTS, MOST_LEFT_OUT = 20, 100


@page(Permission.SEE_REPORTS, methods=("GET",))
def watch(request: UserRequest) -> HttpResponse:
    """List the watched figures, those that have changed first."""
    found = number_page(with_open_alerts(list_figures(request.user)), request.GET.get("page"))
    alerts = list_alerts(request.user, AlertFilter(is_open=True))
    total = alerts.count()
    context = {
        "page": found,
        "rows": [figure_row(one, list(one.alerts.all()), request.user) for one in found.items],
        "alerts": alert_rows(list(alerts[:MOST_ALERTS]), request.user),
        "sentence": _sentence(total) if found.items else "",
        "has_alerts": total > 0,
        "least": (LEAST_DAYS, LEAST_SUM),
        "last_look": WatchDay.objects.order_by("-day").first(),
        "left_out": LeftOutDay.objects.all()[:MOST_LEFT_OUT],
        "may_save": allows(request.user, Permission.SAVE_REPORTS),
    }
    return render(request, "watch/list.html", context)


def _sentence(alerts: int) -> str:
    if not alerts:
        return _("All as usual: no watched figure has changed lately.")
    return ngettext(
        "%(n)d change waits to be looked at. See what changed underneath, then note what it was.",
        "%(n)d changes wait to be looked at. See what changed underneath, then note what it was.",
        alerts,
    ) % {"n": alerts}  # fmt: skip


@page(Permission.SAVE_REPORTS, methods=("POST",))
def look_now(request: UserRequest) -> HttpResponse:
    """Look at all figures now rather than tomorrow morning."""
    start_job(request.user, "watch_figures", {})
    messages.success(request, _("The figures are being looked at. Reload in a moment."))
    return redirect("watch")


@page(Permission.SAVE_REPORTS, methods=("POST",))
def acknowledge(request: UserRequest, pk: int) -> HttpResponse:
    """Note that an alert was seen."""
    try:
        alert = services.acknowledge_alert(request.user, pk, request.POST.get("note", ""))
    except ValidationError as error:
        for text in error.messages:
            messages.error(request, text)
        return redirect("watch")
    messages.success(request, _("Noted."))
    return _back(request, alert.figure_id)


@page(Permission.SAVE_REPORTS, methods=("POST",))
def reopen(request: UserRequest, pk: int) -> HttpResponse:
    """Put an alert back among those to be looked at."""
    return _back(request, services.reopen_alert(request.user, pk).figure_id)


def _back(request: UserRequest, figure_id: int) -> HttpResponse:
    if request.POST.get("from") == "figure":
        return redirect("watched", figure_id)
    return redirect("watch")


@page(Permission.SAVE_REPORTS, methods=("POST",))
def leave_out(request: UserRequest) -> HttpResponse:
    """Leave a day out of all figures."""
    day = _read_day(request)
    if day is None:
        messages.error(request, _("Choose a day."))
        return redirect("watch")
    try:
        services.leave_out_day(request.user, day, request.POST.get("reason", ""))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("watch")
    start_job(request.user, "watch_figures", {})
    messages.success(request, _("The day is left out. The figures are being looked at again."))
    return redirect("watch")


@page(Permission.SAVE_REPORTS, methods=("POST",))
def take_back(request: UserRequest) -> HttpResponse:
    """Count a day again."""
    day = _read_day(request)
    if day is not None:
        services.take_day_back(request.user, day)
        start_job(request.user, "watch_figures", {})
    return redirect("watch")


def _read_day(request: UserRequest) -> date | None:
    try:
        return date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        return None
