"""The list of deals that need attention, and leaving one alone for a while."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.attention.models import Reason
from suppilo.apps.attention.selectors import (
    AttentionFilter,
    AttentionItem,
    AttentionPage,
    count_attention,
    list_attention,
)
from suppilo.apps.attention.services import snooze_deal, wake_deal
from suppilo.apps.deals.models import Deal, DealState
from suppilo.apps.deals.selectors import visible_deals
from suppilo.web.access import UserRequest, page, safe_next
from suppilo.web.paging import LAST_NUMBER, PAGE_SIZE, Page, clamp

_BADGE_FRESH_S = 60


@dataclass(frozen=True, slots=True)
class Remedy:
    """The one thing to do about a deal: a link, which quick entry may open over the page."""

    label: str | Promise
    url: str
    is_quick: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A deal of the list with what mends it."""

    item: AttentionItem
    remedy: Remedy | None


@dataclass(frozen=True, slots=True)
class Tab:
    """A reason as a filter, with how many deals it holds for."""

    label: str | Promise
    url: str
    count: int | None
    is_current: bool


_ON_DEAL = {
    Reason.CLOSE_OVERDUE: ("field-expected_close", gettext_lazy("Set a new close date")),
    Reason.GATE_OPEN: ("gates", gettext_lazy("Move it on")),
    Reason.STUCK: ("gates", gettext_lazy("Move it on, or lose it")),
    Reason.BROUGHT_UNMET: ("gates", gettext_lazy("See what is missing")),
    Reason.CHANGED: ("timeline", gettext_lazy("See what changed")),
}


@page(Permission.SEE_DEALS, methods=("GET",))
def attention(request: UserRequest) -> HttpResponse:
    """Show the deals that need attention, each with its reasons and what mends them."""
    asked = _read(request)
    number = clamp(request.GET.get("page"), 1, LAST_NUMBER, 1)
    found = list_attention(request.user, asked, timezone.now(), (number - 1) * PAGE_SIZE, PAGE_SIZE)
    may_edit = allows(request.user, Permission.EDIT_DEALS)
    context: dict[str, Any] = {
        "asked": asked,
        "page": Page(
            [Row(item, _remedy(item) if may_edit else None) for item in found.items],
            str(number - 1) if number > 1 else "",
            str(number + 1) if found.has_more and number < LAST_NUMBER else "",
        ),
        "found": found,
        "tabs": list(_tabs(asked, found)),
        "scopes": list(_scopes(asked)),
        "tomorrow": timezone.localdate(),
        "has_deals": bool(found.items) or _has_open_deals(request.user, asked),
        "may_edit": may_edit,
        "may_set": allows(request.user, Permission.MANAGE_PIPELINES),
    }
    return render(request, "attention/list.html", context)


def _has_open_deals(user: User, asked: AttentionFilter) -> bool:
    deals = visible_deals(user).filter(state=DealState.OPEN)
    return (deals.filter(owner=user) if asked.is_mine else deals).exists()


def _read(request: UserRequest) -> AttentionFilter:
    reason = request.GET.get("reason", "")
    owns = not allows(request.user, Permission.SEE_ALL_DEALS)
    return AttentionFilter(
        reason=reason if reason in Reason.values else "",
        is_mine=request.GET.get("whose", "mine" if owns else "all") != "all",
        is_snoozed="snoozed" in request.GET,
    )


def _url(asked: AttentionFilter, **changed: str) -> str:
    query = {"reason": asked.reason, "whose": "mine" if asked.is_mine else "all"}
    if asked.is_snoozed:
        query["snoozed"] = "1"
    query |= changed
    return f"{reverse('attention')}?{urlencode({k: v for k, v in query.items() if v})}"


def _tabs(asked: AttentionFilter, found: AttentionPage) -> Iterator[Tab]:
    yield Tab(_("All"), _url(asked, reason=""), found.total, not asked.reason)
    for reason, count in found.counts.items():
        if count or asked.reason == reason:
            yield Tab(reason.label, _url(asked, reason=reason), count, asked.reason == reason)


def _scopes(asked: AttentionFilter) -> Iterator[Tab]:
    here = not asked.is_snoozed
    yield Tab(_("Mine"), _url(asked, whose="mine", snoozed=""), None, here and asked.is_mine)
    yield Tab(_("Everybody's"), _url(asked, whose="all", snoozed=""), None,
              here and not asked.is_mine)  # fmt: skip
    yield Tab(_("Put aside"), _url(asked, snoozed="1"), None, asked.is_snoozed)


def _remedy(item: AttentionItem) -> Remedy:
    first = item.whys[0].reason
    deal = item.deal
    if first == Reason.NO_NEXT_STEP:
        return Remedy(_("Set the next step"), reverse("deal_next_step", args=[deal.pk]))
    if first == Reason.STALE:
        url = f"{reverse('quick_entry')}?deal={deal.pk}"
        return Remedy(_("Plan or note something"), url, is_quick=True)
    anchor, label = _ON_DEAL[first]
    return Remedy(label, f"{deal.get_absolute_url()}#{anchor}")


@page(Permission.SEE_DEALS, methods=("GET",))
def badge(request: UserRequest) -> HttpResponse:
    """Answer with the number of the user's own deals that need attention, for the sidebar."""
    count = count_attention(request.user, timezone.now())
    answer = render(request, "attention/badge.html", {"count": count})
    answer["Cache-Control"] = f"private, max-age={_BADGE_FRESH_S}"
    return answer


@page(Permission.EDIT_DEALS, methods=("POST",))
def snooze(request: UserRequest, deal_id: int) -> HttpResponse:
    """Leave a deal alone until a day."""
    try:
        made = snooze_deal(
            request.user, deal_id, _day(request.POST.get("until", "")),
            request.POST.get("reason", ""),
        )  # fmt: skip
    except Deal.DoesNotExist as error:
        raise Http404 from error
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        text = _("“%(name)s” is left alone until %(day)s.")
        messages.success(request, text % {"name": made.deal.name, "day": f"{made.until:%d.%m.%Y}"})
    return redirect(safe_next(request.POST.get("next", ""), "attention"))


def _day(text: str) -> date:
    try:
        return parse_date(text) or date.min
    except ValueError:
        return date.min


@page(Permission.EDIT_DEALS, methods=("POST",))
def wake(request: UserRequest, deal_id: int) -> HttpResponse:
    """Look at a deal again before its day."""
    try:
        wake_deal(request.user, deal_id)
    except Deal.DoesNotExist as error:
        raise Http404 from error
    return redirect(safe_next(request.POST.get("next", ""), "attention"))
