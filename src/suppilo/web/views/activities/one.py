"""One activity: read, changed, cancelled."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission, allows, require
from suppilo.apps.activities import services
from suppilo.apps.activities.models import Activity, Outcome
from suppilo.apps.activities.selectors import get_activity
from suppilo.web.access import UserRequest, page
from suppilo.web.forms import status_of
from suppilo.web.views.activities.forms import ActivityForm


@page(Permission.SEE_DEALS)
def activity(request: UserRequest, activity_id: int) -> HttpResponse:
    """Show an activity and change it."""
    found = _find(request, activity_id)
    form = ActivityForm.of(found, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(request.user, Permission.EDIT_DEALS)
        if form.is_valid() and _change(request, found, form):
            messages.success(request, _("Saved."))
            return redirect("activity", activity_id)
    context = {
        "activity": found,
        "key": f"activity-{found.pk}",
        "form": form,
        "outcomes": Outcome.choices[:-1],
        "may_edit": allows(request.user, Permission.EDIT_DEALS),
    }
    return render(request, "activities/one.html", context, status=status_of(form))


def _change(request: UserRequest, found: Activity, form: ActivityForm) -> bool:
    try:
        services.change_activity(request.user, found.pk, form.changes())
        if found.is_open:
            at, has_time = form.moment(request.user)
            services.reschedule_activity(request.user, found.pk, at, has_time)
    except ValidationError as error:
        form.add_error(None, error.messages)
        return False
    return True


@page(Permission.EDIT_DEALS, methods=("POST",))
def cancel(request: UserRequest, activity_id: int) -> HttpResponse:
    """Cancel an activity."""
    try:
        services.cancel_activity(request.user, activity_id)
    except Activity.DoesNotExist as error:
        raise Http404 from error
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("activity", activity_id)
    messages.success(request, _("Cancelled."))
    return redirect("my_day")


def _find(request: UserRequest, activity_id: int) -> Activity:
    try:
        return get_activity(request.user, activity_id)
    except Activity.DoesNotExist as error:
        raise Http404 from error
