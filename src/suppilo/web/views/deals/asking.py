"""Which deals a page asks for, read from its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.accounts.permissions import GRANTS, Permission
from suppilo.apps.deals.models import DealState
from suppilo.apps.deals.selectors.listing import DealFilter, DealPlace
from suppilo.apps.pipelines.models import Pipeline
from suppilo.apps.segments.lists import deals_in
from suppilo.web.channels import CHANNELS
from suppilo.web.paging import read_cursor, sign_cursor
from suppilo.web.segment_choice import SegmentChoice, choose_segment, offer_segments
from suppilo.web.views.deals.finding import LARGEST_ID, read_id

ORDER_CHOICES = [
    ("updated", gettext_lazy("Changed last")),
    ("step", gettext_lazy("Late first")),
    ("amount", gettext_lazy("Largest")),
    ("close", gettext_lazy("Closing soonest")),
    ("stage", gettext_lazy("Longest in stage")),
    ("new", gettext_lazy("Newest")),
    ("name", gettext_lazy("Name")),
]
NEED_CHOICES = [
    ("", gettext_lazy("All")),
    ("late", gettext_lazy("Next step late")),
    ("no_step", gettext_lazy("No next step")),
    ("overdue", gettext_lazy("Close overdue")),
]
_ALL = ("", gettext_lazy("All"))
_ME, _NOBODY = "me", "none"
_SELLERS = [role for role, granted in GRANTS.items() if Permission.EDIT_DEALS in granted]
_NOT_ASKED = frozenset({"page", "csrfmiddlewaretoken", "more"})


def list_sellers() -> list[User]:
    """Return everybody who may work on deals, by name."""
    return list(User.objects.filter(is_active=True, role__in=_SELLERS).order_by("name", "id"))


class DealForm(forms.Form):
    """The filters above the board and the list. What can't be read is left out and said."""

    q = forms.CharField(
        label=gettext_lazy("Search"),
        max_length=200,
        required=False,
        widget=forms.TextInput(
            attrs={"type": "search", "data-search": "",
                   "placeholder": gettext_lazy("Deal, company or number")}
        ),
    )  # fmt: skip
    p = forms.ChoiceField(label=gettext_lazy("Pipeline"), required=False)
    stage = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput())
    state = forms.ChoiceField(
        label=gettext_lazy("State"), required=False, choices=[_ALL, *DealState.choices]
    )
    owner = forms.ChoiceField(label=gettext_lazy("Owner"), required=False)
    team = forms.ChoiceField(label=gettext_lazy("Team"), required=False)
    need = forms.ChoiceField(label=gettext_lazy("Wanting"), choices=NEED_CHOICES, required=False)
    channel = forms.ChoiceField(
        label=gettext_lazy("Channel"), required=False, choices=[_ALL, *CHANNELS.items()]
    )
    tag = forms.CharField(label=gettext_lazy("Tag"), max_length=100, required=False)
    amount_from = forms.DecimalField(
        label=gettext_lazy("Amount from"), max_digits=19, decimal_places=4, required=False
    )
    amount_to = forms.DecimalField(
        label=gettext_lazy("to"), max_digits=19, decimal_places=4, required=False
    )
    opened_from = forms.DateField(
        label=gettext_lazy("Opened from"), required=False,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
    )  # fmt: skip
    opened_to = forms.DateField(
        label=gettext_lazy("to"), required=False,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
    )  # fmt: skip
    company = forms.IntegerField(
        required=False, min_value=1, max_value=LARGEST_ID, widget=forms.HiddenInput()
    )
    segment = forms.ChoiceField(label=gettext_lazy("Segment"), required=False)
    order = forms.ChoiceField(label=gettext_lazy("Order"), choices=ORDER_CHOICES, required=False)

    def __init__(
        self, data: Any, sellers: list[User], pipelines: list[Pipeline], segments: SegmentChoice
    ) -> None:
        super().__init__(data)
        offer_segments(self, segments)
        people = [(str(one.pk), str(one)) for one in sellers]
        self._choose("owner", [_ALL, (_ME, _("Mine")), (_NOBODY, _("Nobody's")), *people])
        teams = Team.objects.values_list("pk", "name")
        self._choose("team", [_ALL, *((str(number), name) for number, name in teams)])
        self._choose("p", [_ALL, *((str(one.pk), one.name) for one in pipelines)])

    def _choose(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


@dataclass(frozen=True, slots=True)
class Asked:
    """Deals as an address asks for them; ``query`` is the address without its page."""

    form: DealForm
    filter: DealFilter
    order: str
    place: DealPlace | None
    query: str

    @property
    def is_filtered(self) -> bool:
        """Whether some deal may be left out."""
        return self.filter != DealFilter(pipeline=self.filter.pipeline)


def read_asked(
    query: Mapping[str, Any], user: User, pipelines: list[Pipeline], usual_order: str
) -> Asked:
    """Return what the address asks for.

    Parameters
    ----------
    usual_order
        The order where the address names none.

    Raises
    ------
    Http404
        If it names a segment that is not there, or not the user's to see.
    """
    segments = choose_segment(user, query.get("segment", ""))
    form = DealForm(query, list_sellers(), pipelines, segments)
    form.is_valid()
    given = form.cleaned_data
    order = given.get("order") or usual_order
    owner = given.get("owner", "")
    asked = DealFilter(
        search=given.get("q", ""),
        pipeline=read_id(given.get("p", "")),
        stage=given.get("stage", ""),
        state=given.get("state", ""),
        owner=user.pk if owner == _ME else read_id(owner),
        is_unowned=owner == _NOBODY,
        team=read_id(given.get("team", "")),
        company=given.get("company"),
        tag=given.get("tag", ""),
        channel=given.get("channel", ""),
        need=given.get("need", ""),
        amount_from=given.get("amount_from"),
        amount_to=given.get("amount_to"),
        opened_from=_day_start(given.get("opened_from")),
        opened_until=_day_start(given.get("opened_to"), days=1),
        among=None if segments.chosen is None else deals_in(segments.chosen),
    )
    return Asked(form, asked, order, read_place(query.get("page"), order), plain_query(query))


def plain_query(query: Mapping[str, Any]) -> str:
    """Return an address's query without the page that it is at."""
    lists = query.lists() if isinstance(query, QueryDict) else ((k, [v]) for k, v in query.items())
    pairs = [
        (name, value)
        for name, values in lists
        for value in values
        if name not in _NOT_ASKED and value
    ]
    return urlencode(pairs)


def write_place(place: DealPlace | None, order: str) -> str:
    """Return a place as the address has it; empty for none."""
    return sign_cursor([order, place.value, place.id, place.backward], "deals") if place else ""


def read_place(text: str | None, order: str) -> DealPlace | None:
    """Return the place that an address names; None for one of another order, or a forged one."""
    found = read_cursor(text, "deals")
    if found is None or len(found) != 4 or found[0] != order:
        return None
    return DealPlace(found[1], found[2], bool(found[3]))


def _day_start(day: date | None, days: int = 0) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=days), time(), timezone.get_current_timezone())
