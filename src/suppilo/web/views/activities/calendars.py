"""The user's calendar feed: its secret address, and what calendar programs read there."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.activities.days import zone_of
from suppilo.apps.activities.ics import write_calendar
from suppilo.apps.activities.models import CalendarFeed
from suppilo.apps.activities.selectors import (
    find_feed_user,
    list_for_calendar,
    list_steps_for_calendar,
)
from suppilo.apps.activities.services import make_feed, revoke_feed
from suppilo.web.access import PageRequest, UserRequest, page, public_page

_LONGEST_SECRET = 100


@page(Permission.SEE_DEALS)
def my_calendar(request: UserRequest) -> HttpResponse:
    """Say whether the feed is on; make a new address, and show it this once."""
    made = ""
    if request.method == "POST":
        path = reverse("calendar_feed", args=[make_feed(request.user)])
        made = f"{settings.BASE_URL}{path}"
    feed = CalendarFeed.objects.filter(user=request.user, revoked_at=None).first()
    return render(request, "activities/calendar.html", {"feed": feed, "made": made})


@page(Permission.SEE_DEALS, methods=("POST",))
def revoke(request: UserRequest) -> HttpResponse:
    """Let the address work no longer."""
    revoke_feed(request.user)
    messages.success(request, _("The address works no longer."))
    return redirect("my_calendar")


@public_page(methods=("GET",))
def calendar_feed(request: PageRequest, secret: str) -> HttpResponse:
    """Answer a calendar program with what whoever the secret belongs to has planned."""
    del request
    now = timezone.now()
    user = find_feed_user(secret[:_LONGEST_SECRET], now)
    if user is None:
        raise Http404
    with translation.override(user.language or settings.LANGUAGE_CODE):
        planned, steps = list_for_calendar(user, now), list_steps_for_calendar(user, now)
        content = write_calendar(planned, steps, zone_of(user), now)
    answer = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'inline; filename="suppilo.ics"'
    return answer
