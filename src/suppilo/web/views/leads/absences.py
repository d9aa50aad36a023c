"""One's own absences, under one's account."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.leads.models import Absence
from suppilo.apps.leads.services.hours import add_absence, remove_absence
from suppilo.web.access import UserRequest, page
from suppilo.web.forms import status_of
from suppilo.web.views.leads.hours import OwnAbsenceForm


@page(Permission.WORK_LEADS)
def show_absences(request: UserRequest) -> HttpResponse:
    """Show when one is away, and add to it."""
    form = OwnAbsenceForm(request.POST or None)
    if form.is_valid():
        try:
            add_absence(request.user, request.user.pk, **form.cleaned_data)
        except ValidationError as error:
            form.add_error("last_day", error)
        else:
            messages.success(request, _("Saved. Leads go to others meanwhile."))
            return redirect("account_absences")
    absences = Absence.objects.filter(user=request.user, last_day__gte=timezone.localdate())
    context = {"form": form, "absences": absences}
    return render(request, "accounts/absences.html", context, status=status_of(form))


@page(Permission.WORK_LEADS, methods=("POST",))
def remove(request: UserRequest, absence_id: int) -> HttpResponse:
    """Take an absence of one's own back."""
    if not Absence.objects.filter(user=request.user, pk=absence_id).exists():
        raise Http404
    remove_absence(request.user, absence_id)
    return redirect("account_absences")
