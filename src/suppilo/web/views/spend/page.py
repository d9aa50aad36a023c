"""What channels cost and bring, and the daily figures behind each cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from suppilo.analytics.periods import to_local
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.insights.channels import PARTNER_CHANNELS
from suppilo.apps.spend.channels import CHANNELS as KEYS
from suppilo.apps.spend.selectors import (
    ChannelRow,
    SpendFilter,
    channel_economics,
    list_files,
    list_spend,
    spend_days,
)
from suppilo.web.access import UserRequest, page
from suppilo.web.channels import CHANNELS
from suppilo.web.paging import number_page
from suppilo.web.reporting import DATES, Period, here, now_us, read_period, sample_words

USUAL_DATES = "90d"
MOST_FILES = 10


@dataclass(frozen=True, slots=True)
class EconomicsRow:
    """A channel's row: its figures, the weight that they bear, and where they lead."""

    row: ChannelRow
    note: str
    spend_url: str
    leads_url: str
    won_url: str


@page(Permission.SEE_ALL_DEALS, methods=("GET",))
def spend(request: UserRequest) -> HttpResponse:
    """Show what each channel costs and brings."""
    errors: dict[str, str] = {}
    period = read_period(request.GET.dict(), USUAL_DATES, now_us(), errors)
    asked = SpendFilter(period.start_us, period.end_us)
    rows = [_show(row, period, request) for row in channel_economics(request.user, asked)]
    files = list_files()[:MOST_FILES]
    may_manage = allows(request.user, Permission.MANAGE_SPEND)
    context: dict[str, Any] = {
        "period": period,
        "dates": DATES.items(),
        "errors": errors,
        "rows": rows,
        "known": spend_days(),
        "files": files if may_manage else [],
        "may_manage": may_manage,
    }
    return render(request, "spend/page.html", context)


def _show(row: ChannelRow, period: Period, request: UserRequest) -> EconomicsRow:
    dates = _dates(request)
    spend_query = urlencode(dates | {"channel": row.channel, "currency": row.currency})
    deals = {"channel": row.channel} | _day_bounds(period)
    leads = f"{reverse('deals')}?{urlencode(deals)}" if row.channel else ""
    won = f"{reverse('deals')}?{urlencode(deals | {'state': 'won'})}" if row.channel else ""
    return EconomicsRow(
        row, sample_words(row.figures.leads), f"{reverse('spend_rows')}?{spend_query}", leads, won
    )


def _dates(request: UserRequest) -> dict[str, str]:
    return {name: request.GET[name] for name in ("dates", "from", "to") if request.GET.get(name)}


def _day_bounds(period: Period) -> dict[str, str]:
    """Return a period's days as the list of deals asks for them."""
    found = {}
    if period.start_us is not None:
        found["opened_from"] = to_local(period.start_us, here()).date().isoformat()
    if period.end_us is not None:
        last = to_local(period.end_us, here()) - timedelta(microseconds=1)
        found["opened_to"] = last.date().isoformat()
    return found


@page(Permission.SEE_ALL_DEALS, methods=("GET",))
def spend_rows(request: UserRequest) -> HttpResponse:
    """List the daily figures behind a cost."""
    period = read_period(request.GET.dict(), USUAL_DATES, now_us(), {})
    channel, currency = request.GET.get("channel", ""), request.GET.get("currency", "")[:3]
    asked = SpendFilter(period.start_us, period.end_us, channel if channel in KEYS else "")
    found = list_spend(asked).select_related("file").defer("file__content")
    if currency:
        found = found.filter(currency=currency)
    campaign = request.GET.get("campaign")
    if campaign is not None:
        found = found.filter(campaign=campaign)
    if request.GET.get("by") == "partner":
        found = found.filter(channel__in=PARTNER_CHANNELS)
    context = {
        "page": number_page(found.order_by("-day", "-cost", "pk"), request.GET.get("page")),
        "period": period,
        "channel": CHANNELS.get(channel, ""),
        "campaign": campaign,
        "back": f"{reverse('spend')}?{urlencode(_dates(request))}",
        "may_manage": allows(request.user, Permission.MANAGE_SPEND),
    }
    return render(request, "spend/rows.html", context)
