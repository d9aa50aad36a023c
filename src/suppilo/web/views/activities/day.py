"""The user's day, and what can be done with its items where they stand."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.activities import services
from suppilo.apps.activities.models import Outcome
from suppilo.apps.activities.selectors import Day, DayItem, read_day, read_item
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.selectors import visible_deals
from suppilo.apps.next_action.advice import advise_many
from suppilo.web.access import UserRequest, page, safe_next
from suppilo.web.views.activities.forms import FinishForm, LaterForm, StepForm


def _context(request: UserRequest) -> dict[str, Any]:
    now = timezone.now()
    day = read_day(request.user, now)
    return {
        "day": day,
        "advice": advise_many(_deals_of(day), now),
        "outcomes": Outcome.choices[:-1],
        "may_edit": allows(request.user, Permission.EDIT_DEALS),
        "today": timezone.localdate(),
    }


def _deals_of(day: Day) -> list[Deal]:
    items = (*day.late, *day.today, *day.next)
    return [item.deal for item in items if item.deal is not None] + day.silent


@page(Permission.SEE_DEALS, methods=("GET",))
def my_day(request: UserRequest) -> HttpResponse:
    """Show what is late, what is for today, and what comes next."""
    return render(request, "activities/day.html", _context(request))


@page(Permission.SEE_DEALS, methods=("GET",))
def day_items(request: UserRequest) -> HttpResponse:
    """Answer with the lists alone, for a page that something was added to."""
    if not request.htmx:
        return redirect("my_day")
    return render(request, "activities/day_lists.html", _context(request))


@page(Permission.EDIT_DEALS, methods=("POST",))
def finish_item(request: UserRequest, key: str) -> HttpResponse:
    """Write an item down as done, and ask what its deal's next step is."""
    item, form = _find(request, key), FinishForm(request.POST)
    try:
        _require_valid(form)
        _finish(request, item, form.cleaned_data)
    except ValidationError as error:
        return _refuse(request, item, error)
    if item.deal is None or not item.deal.is_open:
        return _done(request, item, _("Done: %s") % item.subject)
    if not request.htmx:
        messages.success(request, _("Done: %s") % item.subject)
        return redirect("deal_next_step", item.deal.pk)
    context = {"item": item, "deal": item.deal, "form": StepForm(auto_id=f"{item.key}-step-%s")}
    return render(request, "activities/item_ask.html", context | _context(request))


def _require_valid(form: Form) -> None:
    if not form.is_valid():
        raise ValidationError([text for texts in form.errors.values() for text in texts])


def _finish(request: UserRequest, item: DayItem, values: dict[str, Any]) -> None:
    outcome, note = values["outcome"], values["note"]
    if item.activity is not None:
        services.finish_activity(request.user, item.activity.pk, outcome=outcome, note=note)
    elif item.deal is not None:
        services.finish_step(request.user, item.deal.pk, outcome=outcome, note=note)


@page(Permission.EDIT_DEALS, methods=("POST",))
def reschedule_item(request: UserRequest, key: str) -> HttpResponse:
    """Put an item on another day."""
    item, form = _find(request, key), LaterForm(request.POST)
    try:
        _require_valid(form)
        _reschedule(request, item, form)
    except ValidationError as error:
        return _refuse(request, item, error)
    text = _("“%(subject)s” is on %(day)s now.")
    day = form.cleaned_data["day"]
    return _done(request, item, text % {"subject": item.subject, "day": f"{day:%d.%m.%Y}"})


def _reschedule(request: UserRequest, item: DayItem, form: LaterForm) -> None:
    clock = form.cleaned_data["clock"]
    if clock is None and item.has_time:  # Another day, the same time.
        form.cleaned_data["clock"] = timezone.localtime(item.at).time()
    at, has_time = form.moment(request.user)
    if item.activity is not None:
        services.reschedule_activity(request.user, item.activity.pk, at, has_time)
    elif item.deal is not None:
        services.set_next_step(request.user, item.deal.pk, item.subject, at, has_time)


def _find(request: UserRequest, key: str) -> DayItem:
    item = read_item(request.user, key, timezone.now())
    if item is None:
        raise Http404
    return item


def _refuse(request: UserRequest, item: DayItem, error: ValidationError) -> HttpResponse:
    text = " ".join(error.messages)
    if request.htmx:
        context = {"items": [item], "error": text, **_context(request)}
        return render(request, "activities/item.html", context, status=422)
    messages.error(request, text)
    return redirect(_back(request))


def _done(request: UserRequest, item: DayItem, text: str) -> HttpResponse:
    if request.htmx:
        context = {"item": item, "text": text, **_context(request)}
        return render(request, "activities/item_done.html", context)
    messages.success(request, text)
    return redirect(_back(request))


def _back(request: UserRequest) -> str:
    return safe_next(request.POST.get("next", ""), "my_day")


def find_deal(request: UserRequest, deal_id: int) -> Deal:
    """Return a deal that the user sees, or raise Http404."""
    try:
        return visible_deals(request.user).select_related("company", "stage").get(pk=deal_id)
    except Deal.DoesNotExist as error:
        raise Http404 from error
