"""The report of discounts: what was given off, and whether it won deals."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.deals.models import Deal, DealState
from suppilo.apps.discounts.report import (
    DiscountQuestion,
    closed_deals,
    given_lines,
    product_lowered,
    report_discounts,
)
from suppilo.apps.pipelines.models import Pipeline
from suppilo.apps.segments.lists import deals_in
from suppilo.web.access import UserRequest, page
from suppilo.web.csv_files import answer_csv
from suppilo.web.forms import status_of
from suppilo.web.paging import number_page
from suppilo.web.segment_choice import SegmentChoice, choose_segment, offer_segments

_COLUMNS = ("closed", "deal_id", "deal", "owner", "product", "currency", "listed", "discount",
            "given")  # fmt: skip
_DATE = {"type": "date"}


class PeriodForm(forms.Form):
    """Which deals: closed from a day to a day, both included; of a pipeline, of a segment."""

    start = forms.DateField(
        label=gettext_lazy("Closed from"), widget=forms.DateInput(format="%Y-%m-%d", attrs=_DATE)
    )
    last = forms.DateField(
        label=gettext_lazy("to"), widget=forms.DateInput(format="%Y-%m-%d", attrs=_DATE)
    )
    pipeline = forms.ModelChoiceField(
        Pipeline.objects.filter(is_archived=False),
        label=gettext_lazy("Pipeline"), required=False, empty_label=gettext_lazy("All"),
    )  # fmt: skip
    segment = forms.ChoiceField(label=gettext_lazy("Segment"), required=False)

    def __init__(self, data: dict[str, Any], segments: SegmentChoice) -> None:
        """Offer the segments there are."""
        super().__init__(data)
        self.segments = segments
        offer_segments(self, segments)

    def clean(self) -> dict[str, Any]:
        """Make sure that the period has days.

        Raises
        ------
        ValidationError
            If it ends before it begins.
        """
        given = super().clean() or {}
        start, last = given.get("start"), given.get("last")
        if start and last and not date.min <= start <= last < date.max:
            raise ValidationError(_("The period ends before it begins."))
        return given

    def read(self) -> DiscountQuestion:
        """Return what the report takes."""
        given = self.cleaned_data
        pipeline = given["pipeline"]
        end = given["last"] + timedelta(days=1)
        segment = self.segments.chosen
        return DiscountQuestion(
            given["start"], end, pipeline.pk if pipeline else None,
            None if segment is None else deals_in(segment),
        )  # fmt: skip


def _read_form(request: UserRequest) -> PeriodForm:
    """Return the question of an address; this year until today where it asks nothing.

    Raises
    ------
    Http404
        If it names a segment that is not there, or not the user's to see.
    """
    today = timezone.localdate()
    usual = {"start": today.replace(month=1, day=1).isoformat(), "last": today.isoformat()}
    segments = choose_segment(request.user, request.GET.get("segment", ""))
    return PeriodForm({**usual, **request.GET.dict()}, segments)


@page(Permission.SEE_DEALS, methods=("GET",))
def show_report(request: UserRequest) -> HttpResponse:
    """Show what was given off, by whom, of what and when."""
    form = _read_form(request)
    report = report_discounts(request.user, form.read()) if form.is_valid() else None
    context = {
        "form": form,
        "report": report,
        "query": _query(form),
        "may_export": allows(request.user, Permission.EXPORT_DEALS),
    }
    return render(request, "discounts/report.html", context, status=status_of(form))


def _query(form: PeriodForm) -> str:
    if not form.is_valid():
        return ""
    given = {name: form.data[name] for name in form.fields if form.data.get(name)}
    return urlencode(given)


@page(Permission.SEE_DEALS, methods=("GET",))
def show_deals(request: UserRequest) -> HttpResponse:
    """List the deals behind a figure of the report."""
    form = _read_form(request)
    if not form.is_valid():
        return redirect("discounts")
    found = _narrow(closed_deals(request.user, form.read()), request)
    context = {
        "page": number_page(
            found.select_related("owner", "company").order_by("-closed_at", "-id"),
            request.GET.get("page"),
        ),
        "query": _query(form),
    }
    return render(request, "discounts/deals.html", context)


def _narrow(deals: QuerySet[Deal], request: UserRequest) -> QuerySet[Deal]:
    chosen = request.GET
    if chosen.get("discount") in ("with", "without"):
        deals = deals.filter(Q(discount__gt=0) if chosen["discount"] == "with" else Q(discount=0))
    if chosen.get("state") in (DealState.WON, DealState.LOST):
        deals = deals.filter(state=chosen["state"])
    if "owner" in chosen:
        owner = chosen["owner"]
        deals = deals.filter(owner_id=_number(owner) if owner else None)
    if "product" in chosen:
        product = chosen["product"]
        lowered = product_lowered(_number(product) if product else None)
        deals = deals.filter(pk__in=Deal.objects.filter(lowered).values("pk"))
    return deals


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


@page(Permission.EXPORT_DEALS, methods=("GET",))
def export(request: UserRequest) -> HttpResponseBase:
    """Give every discount of the period as a file."""
    form = _read_form(request)
    if not form.is_valid():
        return redirect("discounts")
    asked = form.read()
    record_audit(request.user, "export_discounts", start=str(asked.start), end=str(asked.end))
    rows = (
        [
            str(line.closed_on), str(line.deal_id), line.deal, line.owner, line.product,
            line.currency, f"{line.listed:f}", f"{line.discount:f}", f"{line.given:f}",
        ]
        for line in given_lines(request.user, asked)
    )  # fmt: skip
    return answer_csv(request, f"discounts-{asked.start}", _COLUMNS, rows)
