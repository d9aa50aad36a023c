"""A deal's activities, and its next step."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.activities import services
from suppilo.apps.activities.selectors import deal_activities as list_of_deal
from suppilo.web.access import UserRequest, page
from suppilo.web.forms import status_of
from suppilo.web.views.activities.day import find_deal
from suppilo.web.views.activities.forms import StepForm


@page(Permission.SEE_DEALS, methods=("GET",))
def deal_activities(request: UserRequest, deal_id: int) -> HttpResponse:
    """Show what is planned for a deal and what was done: a part of its page, or a page."""
    deal = find_deal(request, deal_id)
    planned, done = list_of_deal(request.user, deal_id)
    context = {
        "deal": deal,
        "planned": planned,
        "done": done,
        "now": timezone.now(),
        "may_edit": allows(request.user, Permission.EDIT_DEALS),
    }
    template = "activities/deal_part.html" if request.htmx else "activities/of_deal.html"
    return render(request, template, context)


@page(Permission.EDIT_DEALS)
def next_step(request: UserRequest, deal_id: int) -> HttpResponse:
    """Ask for a deal's next step, and keep it."""
    deal = find_deal(request, deal_id)
    form = StepForm(request.POST or None, auto_id=f"step-{deal.pk}-%s")
    if form.is_valid():
        try:
            at, has_time = form.moment(request.user)
            services.set_next_step(request.user, deal.pk, form.cleaned_data["text"], at, has_time)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            return _kept(request, form.cleaned_data["text"])
    template = "activities/ask_step.html" if request.htmx else "activities/next_step.html"
    return render(request, template, {"deal": deal, "form": form}, status=status_of(form))


def _kept(request: UserRequest, text: str) -> HttpResponse:
    said = _("Next step: %s") % text
    if request.htmx:
        answer = render(request, "activities/step_kept.html", {"text": said})
        answer["HX-Trigger-After-Swap"] = "activitiesChanged"
        return answer
    messages.success(request, said)
    return redirect("my_day")
