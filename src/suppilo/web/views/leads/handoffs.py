"""The report of hand-offs between marketing and sales, its figures' leads, and its file."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import StringIO
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.analytics.durations import Quantile
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.leads.selectors.handoffs import (
    HandOffFilter,
    HandOffReport,
    HandOffSums,
    Outcome,
    Side,
    key_span,
    list_hand_overs,
    report_hand_offs,
)
from suppilo.apps.segments.lists import people_in
from suppilo.charts.csv_out import defuse
from suppilo.web.access import UserRequest, page
from suppilo.web.channels import CHANNELS, channel_label
from suppilo.web.paging import number_page
from suppilo.web.segment_choice import SegmentChoice, choose_segment, offer_segments
from suppilo.web.views.leads.choices import teams, workers
from suppilo.web.views.leads.rows import duration_words

SIDES = {
    Side.OWNER: gettext_lazy("Owner"),
    Side.TEAM: gettext_lazy("Team"),
    Side.CHANNEL: gettext_lazy("Channel"),
    Side.SOURCE: gettext_lazy("Source"),
    Side.RULE: gettext_lazy("Rule"),
    Side.WEEK: gettext_lazy("Week"),
    Side.MONTH: gettext_lazy("Month"),
}
OUTCOMES = {
    Outcome.ANY: gettext_lazy("Handed over"),
    Outcome.ACCEPTED: gettext_lazy("Accepted"),
    Outcome.RETURNED: gettext_lazy("Returned"),
    Outcome.PASSED_ON: gettext_lazy("Passed on"),
    Outcome.DISQUALIFIED: gettext_lazy("Disqualified"),
    Outcome.WAITING: gettext_lazy("Still there"),
    Outcome.ANSWERED: gettext_lazy("Answered"),
    Outcome.IN_TIME: gettext_lazy("Answered in time"),
    Outcome.MISSED: gettext_lazy("Not answered in time"),
}
_USUAL_DAYS = 90
_DATE = forms.DateInput({"type": "date"}, "%Y-%m-%d")
_LARGEST_ID = 2**63 - 1


class HandOffForm(forms.Form):
    """The report's filters. What can't be read is left out."""

    since = forms.DateField(label=gettext_lazy("From"), required=False, widget=_DATE)
    until = forms.DateField(label=gettext_lazy("Until, included"), required=False, widget=_DATE)
    owner = forms.TypedChoiceField(
        label=gettext_lazy("Owner"), coerce=int, empty_value=None, required=False
    )
    team = forms.TypedChoiceField(
        label=gettext_lazy("Team"), coerce=int, empty_value=None, required=False
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("Channel"), required=False,
        choices=[("", gettext_lazy("All")), *CHANNELS.items()],
    )  # fmt: skip
    segment = forms.ChoiceField(label=gettext_lazy("Segment"), required=False)
    by = forms.ChoiceField(label=gettext_lazy("Rows"), required=False, choices=SIDES.items())

    def __init__(self, data: QueryDict, segments: SegmentChoice) -> None:
        """Offer the people, teams and segments there are."""
        super().__init__(data)
        self.segments = segments
        offer_segments(self, segments)
        owner, team = self.fields["owner"], self.fields["team"]
        if isinstance(owner, forms.ChoiceField) and isinstance(team, forms.ChoiceField):
            owner.choices = [("", _("All")), *((str(one.pk), str(one)) for one in workers())]
            team.choices = [("", _("All")), *((str(one.pk), one.name) for one in teams())]


@dataclass(frozen=True, slots=True)
class Figure:
    """A count that opens the hand-overs behind it."""

    count: int
    url: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the report: figures with their addresses, times in words."""

    label: str
    handed: Figure
    accepted: Figure
    returned: Figure
    passed_on: Figure
    disqualified: Figure
    waiting: Figure
    in_time: Figure
    missed: Figure
    sums: HandOffSums

    @property
    def median(self) -> str:
        """The median of the first-answer time, in words."""
        return time_words(self.sums.answer_median)

    @property
    def p90(self) -> str:
        """The time within which nine of ten are answered, in words."""
        return time_words(self.sums.answer_p90)

    @property
    def delay(self) -> str:
        """What marketing took, in words."""
        seconds = self.sums.delay_median
        return "–" if seconds is None else duration_words(seconds)

    @property
    def median_range(self) -> str:
        """The median's interval, in words."""
        found = self.sums.answer_median
        if found.lower is None or found.upper is None:
            return ""
        return f"{duration_words(found.lower)} – {duration_words(found.upper)}"


def time_words(found: Quantile) -> str:
    """Return a time in words; a dash where too few have been answered to know."""
    return "–" if found.time is None else duration_words(found.time)


def read_form(user: User, query: QueryDict) -> HandOffForm:
    """Return the filters as an address has them.

    Raises
    ------
    Http404
        If it names a segment that is not there, or not the user's to see.
    """
    return HandOffForm(query, choose_segment(user, query.get("segment", "")))


def read_asked(query: Any, form: HandOffForm) -> HandOffFilter:
    """Return what the address asks for; the last 90 days where it doesn't say."""
    form.is_valid()
    given = form.cleaned_data
    today = timezone.localdate()
    since = given.get("since") or today - timedelta(days=_USUAL_DAYS - 1)
    until = given.get("until") or max(today, since)
    side = Side(given.get("by") or Side.OWNER)
    outcome = query.get("outcome", "")
    segment = form.segments.chosen
    return HandOffFilter(
        _midnight(since), _midnight(min(until, date.max - timedelta(days=2)) + timedelta(days=1)),
        given.get("owner"), given.get("team"), given.get("channel") or None, side,
        _readable_key(side, query.get("key")),
        Outcome(outcome) if outcome in list(Outcome) else Outcome.ANY,
        _read_id(query.get("reason", "")),
        None if segment is None else people_in(segment),
    )  # fmt: skip


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())


def _read_id(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    return number if 0 < number <= _LARGEST_ID else None


def _readable_key(side: Side, key: str | None) -> str | None:
    if key is None or (side not in {Side.WEEK, Side.MONTH} and len(key) > 300):
        return None
    if side in {Side.OWNER, Side.TEAM, Side.RULE} and key and _read_id(key) is None:
        return None
    try:
        if side in {Side.WEEK, Side.MONTH}:
            key_span(side, key)
    except (ValueError, OverflowError):
        return None
    return key


@page(Permission.SEE_LEADS, methods=("GET",))
def show_report(request: UserRequest) -> HttpResponse:
    """Show the report."""
    now = timezone.now()
    form = read_form(request.user, request.GET)
    asked = read_asked(request.GET, form)
    report = report_hand_offs(request.user, asked, now)
    links = Links(request.GET.dict(), asked)
    context = {
        "form": form,
        "asked": asked,
        "last_day": asked.end - timedelta(seconds=1),
        "total": links.line(report.total, None),
        "lines": [links.line(part, part.key) for part in report.parts],
        "side": SIDES[asked.side],
        "returns": links.returns(report),
        "is_cut": report.is_cut,
        "csv_url": f"{reverse('handoffs_csv')}?{urlencode(links.query)}",
        "sees_all": allows(request.user, Permission.MANAGE_LEADS),
    }
    return render(request, "leads/handoffs.html", context)


@page(Permission.SEE_LEADS, methods=("GET",))
def show_hand_overs(request: UserRequest) -> HttpResponse:
    """Show the hand-overs behind a figure."""
    now = timezone.now()
    asked = read_asked(request.GET, read_form(request.user, request.GET))
    found = number_page(list_hand_overs(request.user, asked, now), request.GET.get("page"))
    back = {name: value for name, value in request.GET.items() if name in HandOffForm.base_fields}
    context = {
        "page": found,
        "asked": asked,
        "last_day": asked.end - timedelta(seconds=1),
        "outcome": OUTCOMES[asked.outcome],
        "back": f"{reverse('handoffs')}?{urlencode(back)}",
    }
    return render(request, "leads/hand_overs.html", context)


@page(Permission.SEE_LEADS, methods=("GET",))
def export(request: UserRequest) -> HttpResponse:
    """Return the report's table as CSV."""
    asked = read_asked(request.GET, read_form(request.user, request.GET))
    report = report_hand_offs(request.user, asked, timezone.now())
    # The mark tells Excel that this is UTF-8.
    body = "\ufeff" + report_csv(report, asked.side)
    response = HttpResponse(body, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="hand-offs.csv"'
    return response


def report_csv(report: HandOffReport, side: Side) -> str:
    """Return the report as CSV: a row for each part and one for all; times in seconds."""
    buffer = StringIO(newline="")
    out = csv.writer(buffer)
    names = list(report.reasons.items())
    out.writerow([
        str(side), "handed_over", "accepted", "returned", "passed_on", "disqualified",
        "still_there", "answered", "in_time", "in_time_of", "in_time_share", "in_time_lower",
        "in_time_upper", "answer_median_s", "answer_p90_s", "marketing_median_s",
        *(defuse(f"returned: {name}") for _number, name in names),
    ])  # fmt: skip
    for part in [*report.parts, report.total]:
        label = "total" if part is report.total else defuse(part.label)
        out.writerow([label, *_cells(part), *(part.reasons.get(one, 0) for one, _name in names)])
    return buffer.getvalue()


def _cells(part: HandOffSums) -> list[Any]:
    interval = part.in_time.interval
    return [
        part.handed, part.accepted, part.returned, part.passed_on, part.disqualified,
        part.waiting, part.answered, part.in_time.answered, part.in_time.judged,
        part.in_time.rate, interval.lower if interval else None,
        interval.upper if interval else None, part.answer_median.time, part.answer_p90.time,
        part.delay_median,
    ]  # fmt: skip


class Links:
    """The addresses behind the report's figures.

    Parameters
    ----------
    query
        The report's own address.
    """

    def __init__(self, query: dict[str, str], asked: HandOffFilter) -> None:
        last_day = timezone.localdate(asked.end - timedelta(seconds=1))
        kept = {name: value for name, value in query.items() if name in HandOffForm.base_fields}
        self._side = asked.side
        self.query = {
            **{name: value for name, value in kept.items() if value},
            "since": timezone.localdate(asked.start).isoformat(),
            "until": last_day.isoformat(),
            "by": str(asked.side),
        }

    def line(self, sums: HandOffSums, key: str | None) -> Line:
        """Return a row of the report."""
        return Line(
            label=self._label(sums),
            handed=self._figure(sums.handed, key, Outcome.ANY),
            accepted=self._figure(sums.accepted, key, Outcome.ACCEPTED),
            returned=self._figure(sums.returned, key, Outcome.RETURNED),
            passed_on=self._figure(sums.passed_on, key, Outcome.PASSED_ON),
            disqualified=self._figure(sums.disqualified, key, Outcome.DISQUALIFIED),
            waiting=self._figure(sums.waiting, key, Outcome.WAITING),
            in_time=self._figure(sums.in_time.answered, key, Outcome.IN_TIME),
            missed=self._figure(sums.in_time.judged - sums.in_time.answered, key, Outcome.MISSED),
            sums=sums,
        )

    def returns(self, report: HandOffReport) -> list[tuple[str, Figure]]:
        """Return how many were returned for each reason, the most frequent first."""
        counts = sorted(report.total.reasons.items(), key=lambda one: -one[1])
        return [
            (report.reasons[number],
             self._figure(count, None, Outcome.RETURNED, {"reason": str(number)}))
            for number, count in counts
        ]  # fmt: skip

    def _label(self, sums: HandOffSums) -> str:
        if self._side == Side.CHANNEL:
            return channel_label(sums.label) or _("not known")
        return sums.label or (_("by hand") if self._side == Side.RULE else _("none"))

    def _figure(
        self, count: int, key: str | None, outcome: Outcome, more: dict[str, str] | None = None
    ) -> Figure:
        query = {**self.query, "outcome": str(outcome), **(more or {})}
        if key is not None:
            query["key"] = key
        return Figure(count, f"{reverse('handoffs_leads')}?{urlencode(query)}")


urlpatterns: list[URLPattern] = [
    path("", show_report, name="handoffs"),
    path("leads/", show_hand_overs, name="handoffs_leads"),
    path("csv/", export, name="handoffs_csv"),
]
