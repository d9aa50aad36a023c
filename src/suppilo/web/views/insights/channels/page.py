"""The page of channels, and its table as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.insights.channels import ChannelLine, report_channels
from suppilo.charts.page import spans_picture
from suppilo.web.access import UserRequest, page
from suppilo.web.csv_files import answer_csv
from suppilo.web.reporting import DATES, sample_words
from suppilo.web.templatetags.funnel_words import rate
from suppilo.web.templatetags.spend_words import cents, whole_rate
from suppilo.web.views.funnels.parts.trend import drawn
from suppilo.web.views.insights.channels.asked import BY, Asked, read_asked
from suppilo.web.views.insights.channels.pictures import FEWEST_CUSTOMERS, draw_channels

MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A row of the table, with the weight that it bears and where its figures lead."""

    line: ChannelLine
    name: str
    note: str
    picture: SafeString
    cost_url: str
    deals_url: str
    won_url: str
    people_url: str


@page(Permission.SEE_ALL_DEALS, methods=("GET",))
def channels(request: UserRequest) -> HttpResponse:
    """Show what each channel costs and brings."""
    asked = read_asked(request.GET, request.user)
    lines = [] if asked.errors else report_channels(request.user, asked.question)
    context: dict[str, Any] = {
        "asked": asked,
        "segments": asked.segments,
        "dates": DATES.items(),
        "bys": BY.items(),
        "by_name": BY[asked.question.by],
        "rows": list(_rows(request, asked, lines[:MOST_ROWS])),
        "hidden": max(0, len(lines) - MOST_ROWS),
        "drawn": list(draw_channels(asked, lines)),
        "sentences": list(_sentences(asked, lines)) or _too_few(lines),
        "csv_url": asked.url("channels_csv"),
        "may_export": allows(request.user, Permission.EXPORT_DEALS),
    }
    return render(request, "insights/channels/page.html", context)


@page(Permission.EXPORT_DEALS, methods=("GET",))
def channels_csv(request: UserRequest) -> HttpResponseBase:
    """Return the table as a file, its figures exact."""
    asked = read_asked(request.GET, request.user)
    if asked.errors:
        return redirect(asked.url("channels"))
    lines = report_channels(request.user, asked.question)
    record_audit(request.user, "export_channels", by=asked.question.by, rows=len(lines))
    return answer_csv(request, "channels", _COLUMNS, map(_cells, lines))


_COLUMNS = (
    "name", "currency", "cost", "impressions", "clicks", "touches", "leads", "customers",
    "revenue", "margin", "cpm", "rpm", "ctr", "cpc", "cpl", "cac", "romi", "touch_rate", "quality",
    "shrunk_quality", "shrunk_lower", "shrunk_upper", "payback_days",
)  # fmt: skip


def _cells(line: ChannelLine) -> Sequence[str]:
    found = line.result.to_dict()
    bounds = found.pop("shrunk_interval") or {}
    found |= {"shrunk_lower": bounds.get("lower"), "shrunk_upper": bounds.get("upper")}
    return ["" if found[name] is None else str(found[name]) for name in _COLUMNS]


def _rows(request: UserRequest, asked: Asked, lines: Sequence[ChannelLine]) -> Iterator[ChannelRow]:
    sees_people = allows(request.user, Permission.SEE_PEOPLE)
    shrunk = [line.result.quality.interval.upper for line in lines if line.result.quality]
    scale = max(shrunk, default=1.0)
    for line in lines:
        one, quality = line.result, line.result.quality
        key = {"key": one.name, "currency": one.currency}
        spent = {"channel" if asked.question.by == "channel" else "campaign": one.name}
        picture = ""
        if quality is not None:
            bounds = quality.interval
            picture = spans_picture(bounds.lower, quality.rate, bounds.upper, scale)
        yield ChannelRow(
            line, asked.name(one.name), sample_words(one.figures.leads), drawn(picture),
            asked.url("spend_rows", **spent, currency=one.currency),
            asked.url("channel_deals", **key), asked.url("channel_deals", **key, won="1"),
            asked.url("channel_people", key=one.name) if sees_people else "",
        )  # fmt: skip


def _too_few(lines: Sequence[ChannelLine]) -> list[str]:
    """Return why no channels are compared; nothing where there are none."""
    if not lines:
        return []
    text = _(
        "Too few customers to say through which channel one costs least: no two have cost anything "
        "and brought %(n)s or more."
    )
    return [text % {"n": FEWEST_CUSTOMERS}]


def _sentences(asked: Asked, lines: Sequence[ChannelLine]) -> Iterator[str]:
    """Yield, for each currency, where a customer costs least and most, and what does not pay."""
    for currency in dict.fromkeys(line.result.currency for line in lines):
        known = [
            line.result for line in lines
            if line.result.currency == currency and line.result.figures.cac is not None
            and line.result.figures.customers >= FEWEST_CUSTOMERS
        ]  # fmt: skip
        known.sort(key=lambda one: one.figures.cac or 0)
        if len(known) > 1:
            best, worst = known[0], known[-1]
            yield _(
                "In %(currency)s a customer costs least through %(best)s (%(low)s) and most "
                "through %(worst)s (%(high)s)."
            ) % {
                "currency": currency, "best": asked.name(best.name),
                "low": cents(best.figures.cac, currency), "worst": asked.name(worst.name),
                "high": cents(worst.figures.cac, currency),
            }  # fmt: skip
        for one in known:
            if one.figures.romi is not None and one.figures.romi < 0:
                yield _("%(name)s has not paid yet: ROMI %(romi)s, %(quality)s of its leads won."
                ) % {
                    "name": asked.name(one.name), "romi": whole_rate(one.figures.romi),
                    "quality": rate(one.figures.quality),
                }  # fmt: skip
