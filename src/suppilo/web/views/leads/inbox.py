"""The inbox of leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.leads.selectors import LeadFilter, Tray, count_trays, list_leads, trays_of
from suppilo.apps.segments.lists import people_in
from suppilo.web.access import UserRequest, page
from suppilo.web.channels import CHANNELS
from suppilo.web.paging import Page, number_page
from suppilo.web.segment_choice import SegmentChoice, choose_segment, offer_segments
from suppilo.web.views.leads.choices import choices_for, teams, workers
from suppilo.web.views.leads.rows import make_rows

LABELS = {
    Tray.NEW: _("New"),
    Tray.RETURNED: _("Returned"),
    Tray.QUALIFIED: _("Qualified"),
    Tray.ANSWER: _("To answer"),
    Tray.LATE: _("Late"),
    Tray.SALES: _("With sales"),
    Tray.CLOSED: _("Closed"),
    Tray.ALL: _("All"),
}
BY_SCORE = "score"
_NOBODY = "0"
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class TrayLink:
    """A part of the inbox as a link."""

    label: Any
    url: str
    count: int
    is_current: bool
    is_late: bool


class InboxForm(forms.Form):
    """The filters above the inbox. What can't be read is left out and said."""

    q = forms.CharField(
        label=_("Search"),
        max_length=200,
        required=False,
        widget=forms.TextInput(
            attrs={"type": "search", "data-search": "", "placeholder": _("Name, e-mail or id")}
        ),
    )
    owner = forms.TypedChoiceField(label=_("Owner"), coerce=int, empty_value=None, required=False)
    team = forms.TypedChoiceField(label=_("Team"), coerce=int, empty_value=None, required=False)
    channel = forms.ChoiceField(
        label=_("Channel"), required=False, choices=[("", _("All")), *CHANNELS.items()]
    )
    interest = forms.CharField(label=_("Interest"), max_length=200, required=False)
    segment = forms.ChoiceField(label=_("Segment"), required=False)
    sort = forms.ChoiceField(
        label=_("First"), required=False,
        choices=[("", _("As they came or are due")), (BY_SCORE, _("The highest score"))],
    )  # fmt: skip
    tray = forms.CharField(required=False, widget=forms.HiddenInput())

    def __init__(self, data: QueryDict, segments: SegmentChoice) -> None:
        """Offer the people, teams and segments there are."""
        super().__init__(data)
        self.segments = segments
        offer_segments(self, segments)
        nobody = [("", _("All")), (_NOBODY, _("Nobody"))]
        owner, team = self.fields["owner"], self.fields["team"]
        if isinstance(owner, forms.TypedChoiceField) and isinstance(team, forms.TypedChoiceField):
            owner.choices = [*nobody, *((str(user.pk), str(user)) for user in workers())]
            team.choices = [("", _("All")), *((str(one.pk), one.name) for one in teams())]


def read_form(user: User, query: QueryDict) -> InboxForm:
    """Return the filters as an address has them.

    Raises
    ------
    Http404
        If it names a segment that is not there, or not the user's to see.
    """
    return InboxForm(query, choose_segment(user, query.get("segment", "")))


def read_filter(user: User, form: InboxForm) -> LeadFilter:
    """Return what the address asks for."""
    form.is_valid()
    segment = form.segments.chosen
    given = form.cleaned_data
    offered = trays_of(user)
    wanted = given.get("tray") or ""
    return LeadFilter(
        tray=Tray(wanted) if wanted in list(Tray) else offered[0],
        search=given.get("q", ""),
        owner=given.get("owner"),
        team=given.get("team"),
        channel=given.get("channel", ""),
        interest=given.get("interest", ""),
        by_score=given.get("sort") == BY_SCORE,
        among=None if segment is None else people_in(segment),
    )


@page(Permission.SEE_LEADS, methods=("GET",))
def show_inbox(request: UserRequest) -> HttpResponse:
    """Show the inbox, a part of it at a time."""
    now = timezone.now()
    form = read_form(request.user, request.GET)
    asked = read_filter(request.user, form)
    found = number_page(list_leads(request.user, asked, now), request.GET.get("page"))
    counts = count_trays(request.user, now)
    context = {
        "form": form,
        "asked": asked,
        "trays": tray_links(request.user, counts, asked.tray, request.GET),
        "page": Page(make_rows(found.items, now), found.previous, found.next, found.text),
        "choices": choices_for(request.user),
        "late": counts[Tray.LATE],
        "is_empty": not counts[Tray.ALL],
        "is_filtered": any((
            asked.search, asked.owner is not None, asked.team, asked.channel, asked.interest,
            asked.among is not None,
        )),
        "here": request.get_full_path(),
    }  # fmt: skip
    template = "leads/table.html" if request.htmx else "leads/inbox.html"
    return render(request, template, context)


def tray_links(
    user: User, counts: Mapping[Tray, int], current: Tray, query: QueryDict
) -> list[TrayLink]:
    """Return the parts of the inbox as links that keep the filters."""
    kept = query.copy()
    kept.pop("page", None)
    links = []
    for tray in trays_of(user):
        kept["tray"] = str(tray)
        url = f"{reverse('leads')}?{kept.urlencode()}"
        is_late = tray == Tray.LATE and counts[tray] > 0
        links.append(TrayLink(LABELS[tray], url, counts[tray], tray == current, is_late))
    return links
