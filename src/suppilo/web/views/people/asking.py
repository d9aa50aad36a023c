"""Which people a page asks for, read from its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppilo.apps.accounts.models import User
from suppilo.apps.people.selectors import PeopleFilter
from suppilo.apps.people.selectors.listing import Place
from suppilo.apps.people.values import as_us
from suppilo.apps.segments.lists import people_in
from suppilo.web.channels import CHANNELS
from suppilo.web.paging import read_cursor, sign_cursor
from suppilo.web.segment_choice import SegmentChoice, choose_segment, offer_segments

ORDER_CHOICES = [
    ("seen", _("Seen last")),
    ("new", _("Newest")),
    ("name", _("Name")),
    ("events", _("Most events")),
]
COLUMN_CHOICES = [
    ("email", _("E-mail")),
    ("company", _("Company")),
    ("first_channel", _("First channel")),
    ("last_channel", _("Last channel")),
    ("first_seen", _("First seen")),
    ("last_seen", _("Last seen")),
    ("events", _("Events")),
]
USUAL_COLUMNS = ("email", "company", "first_channel", "last_seen", "events")
_YES_NO = [("", _("All")), ("1", _("Yes")), ("0", _("No"))]
_LARGEST_ID = 2**63 - 1


class PeopleForm(forms.Form):
    """The filters above the list. What can't be read is left out and said."""

    q = forms.CharField(
        label=_("Search"),
        max_length=200,
        required=False,
        widget=forms.TextInput(
            attrs={"type": "search", "data-search": "", "placeholder": _("Name, e-mail or id")}
        ),
    )
    known = forms.ChoiceField(label=_("Known"), choices=_YES_NO, required=False)
    email = forms.ChoiceField(label=_("Has an e-mail"), choices=_YES_NO, required=False)
    channel = forms.ChoiceField(
        label=_("First channel"), required=False, choices=[("", _("All")), *CHANNELS.items()]
    )
    since = forms.DateField(
        label=_("Seen since"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    property = forms.CharField(label=_("Property"), max_length=255, required=False)
    value = forms.CharField(label=_("is"), max_length=1000, required=False, strip=False)
    company = forms.IntegerField(
        required=False, min_value=1, max_value=_LARGEST_ID, widget=forms.HiddenInput()
    )
    segment = forms.ChoiceField(label=_("Segment"), required=False)
    order = forms.ChoiceField(label=_("Order"), choices=ORDER_CHOICES, required=False)
    col = forms.MultipleChoiceField(label=_("Columns"), choices=COLUMN_CHOICES, required=False,
                                    widget=forms.CheckboxSelectMultiple())  # fmt: skip

    def __init__(self, data: Any, segments: SegmentChoice) -> None:
        super().__init__(data)
        offer_segments(self, segments)


@dataclass(frozen=True, slots=True)
class Asked:
    """A list of people as its address asks for it."""

    form: PeopleForm
    filter: PeopleFilter
    columns: tuple[str, ...]
    place: Place | None

    @property
    def is_filtered(self) -> bool:
        """Whether somebody may be left out."""
        return self.filter != PeopleFilter(order=self.filter.order)


def read_asked(query: Mapping[str, Any], user: User) -> Asked:
    """Return what the address asks for.

    Raises
    ------
    Http404
        If it names a segment that is not there, or not the user's to see.
    """
    segments = choose_segment(user, query.get("segment", ""))
    form = PeopleForm(query, segments)
    form.is_valid()
    given = form.cleaned_data
    asked = PeopleFilter(
        search=given.get("q", ""),
        is_known=_truth(given.get("known", "")),
        has_email=_truth(given.get("email", "")),
        channel=given.get("channel", ""),
        company=given.get("company"),
        seen_since_us=_day_start(given.get("since")),
        property=given.get("property", ""),
        value=given.get("value", ""),
        among=None if segments.chosen is None else people_in(segments.chosen),
        order=given.get("order") or "seen",
    )
    columns = tuple(given.get("col") or USUAL_COLUMNS)
    return Asked(form, asked, columns, read_place(query.get("page"), asked.order))


def _truth(text: str) -> bool | None:
    return {"1": True, "0": False}.get(text)


def _day_start(day: Any) -> int | None:
    if day is None:
        return None
    return as_us(datetime.combine(day, time(), timezone.get_current_timezone()))


def write_place(place: Place | None, order: str) -> str:
    """Return a place as the address has it; empty for none."""
    return sign_cursor([order, place.value, place.id, place.backward], "people") if place else ""


def read_place(text: str | None, order: str) -> Place | None:
    """Return the place that an address names; None for one of another order, or a forged one."""
    found = read_cursor(text, "people")
    if found is None or len(found) != 4 or found[0] != order:
        return None
    return Place(found[1], found[2], bool(found[3]))
