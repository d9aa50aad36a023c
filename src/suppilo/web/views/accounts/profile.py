"""One's own account."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from suppilo.apps.accounts.services.profile import change_profile
from suppilo.web.access import UserRequest, page
from suppilo.web.forms import status_of
from suppilo.web.views.accounts.forms import ProfileForm


@page()
def show_account(request: UserRequest) -> HttpResponse:
    """Show and change one's name, language and time zone."""
    user = request.user
    known = {"name": user.name, "language": user.language, "time_zone": user.time_zone}
    form = ProfileForm(request.POST or None, initial=known)
    if form.is_valid():
        change_profile(user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("account")
    return render(request, "accounts/account.html", {"form": form}, status=status_of(form))
