"""What the address of a forecast asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.analytics.forecast.months import Grain
from suppilo.analytics.periods import bucket_start, next_bucket
from suppilo.apps.accounts.models import User
from suppilo.apps.forecasts.ask import ForecastAsked
from suppilo.apps.forecasts.categories import Month
from suppilo.apps.pipeline_reports.ask import list_pipelines
from suppilo.apps.pipelines.models import Pipeline
from suppilo.web.paging import clamp
from suppilo.web.segment_choice import SegmentChoice, choose_segment

EVERY = {"month": gettext_lazy("Month"), "week": gettext_lazy("Week")}
USUAL = {"month": 6, "week": 8}
MOST_PERIODS = 26
FIELDS = ("p", "every", "periods", "owner", "team", "segment", "currency")


@dataclass(frozen=True, slots=True)
class Asked:
    """A page's question: the form's fields, and what they say.

    ``question`` is None where there is no pipeline. ``currency`` is the one asked for; empty: that
    of most deals. ``segments`` are those to choose from.
    """

    fields: Mapping[str, str]
    pipelines: Sequence[Pipeline]
    question: ForecastAsked | None
    currency: str
    segments: SegmentChoice

    def url(self, name: str, **more: str) -> str:
        """Return the address of a page of this question, by the page's name."""
        query = {key: value for key, value in {**self.fields, **more}.items() if value}
        return f"{reverse(name)}?{urlencode(query)}" if query else reverse(name)

    @property
    def is_whole(self) -> bool:
        """Whether it is of all owners and teams, as kept forecasts are."""
        asked = self.question
        return asked is not None and asked.owner is None and asked.team is None


def read_asked(query: Mapping[str, Any], user: User) -> Asked:
    """Return what an address asks; what makes no sense is left out.

    Raises
    ------
    PermissionDenied
        If the role sees no deals.
    Http404
        If it names a segment that is not there, or not the user's to see.
    """
    fields = {name: str(query.get(name) or "").strip()[:40] for name in FIELDS}
    pipelines = list(list_pipelines(user))
    chosen = [one for one in pipelines if str(one.pk) == fields["p"]] or pipelines
    every: Grain = "week" if fields["every"] == "week" else "month"
    periods = clamp(fields["periods"], 1, MOST_PERIODS, USUAL[every])
    fields |= {"every": every, "periods": str(periods)}
    segments = choose_segment(user, fields["segment"])
    question = None
    if chosen:
        question = ForecastAsked(
            chosen[0], every, periods, _number(fields["owner"]), _number(fields["team"]),
            segments.chosen,
        )  # fmt: skip
    return Asked(fields, pipelines, question, fields["currency"].upper()[:3], segments)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None


def read_month(asked: ForecastAsked, text: str) -> Month:
    """Return the period of a question that a day lies in; the one at hand for no day."""
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    current = bucket_start(today, asked.every)
    try:
        start = bucket_start(date.fromisoformat(text), asked.every)
        end = next_bucket(start, asked.every)
    except (ValueError, OverflowError):
        start, end = current, next_bucket(current, asked.every)
    return Month(start, end, is_current=start == current)


def read_span(asked: ForecastAsked, query: Mapping[str, Any]) -> Month:
    """Return the period of an address's ``start``; with ``through`` as far as that one's end."""
    month = read_month(asked, str(query.get("start") or ""))
    if "through" not in query:
        return month
    last = read_month(asked, str(query["through"]))
    return replace(month, end=max(month.end, last.end))


def span_name(month: Month, every: Grain) -> str:
    """Return a period, or several one after the other, in words."""
    first, last = month.start, bucket_start(last_day(month), every)
    names = [period_name(start, every) for start in dict.fromkeys((first, last))]
    return " – ".join(names)


def period_name(start: date, every: str) -> str:
    """Return a period in words."""
    if every == "month":
        return date_format(start, "F Y")
    return _("Week of %(day)s") % {"day": date_format(start, "j M")}


def period_label(start: date, every: str) -> str:
    """Return a period as short as an axis takes it."""
    return date_format(start, "M y" if every == "month" else "j M")


def last_day(month: Month) -> date:
    """Return a period's last day."""
    return month.end - timedelta(days=1)
