"""The choice of a segment in a report's form, and what a segment is called in a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.contrib import messages
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.segments.models import SegmentUnit
from suppilo.apps.segments.narrow import find_marks, mark_name, name_segments
from suppilo.apps.segments.selectors import find_segment, list_segments

if TYPE_CHECKING:
    from suppilo.analytics.funnel import FunnelReport
    from suppilo.apps.accounts.models import User
    from suppilo.apps.segments.models import Segment
    from suppilo.web.access import UserRequest

MOST_LISTED = 200
LISTS = {
    SegmentUnit.PERSON: ("people", Permission.SEE_PEOPLE),
    SegmentUnit.COMPANY: ("companies", Permission.SEE_PEOPLE),
    SegmentUnit.DEAL: ("deals", Permission.SEE_DEALS),
}
"""The page that lists a segment's people, companies or deals, and what one needs to see it."""
_LONGEST_ID = 18


@dataclass(frozen=True, slots=True)
class SegmentChoice:
    """Which segment was chosen, and which there are.

    Attributes
    ----------
    chosen
        None for everybody.
    listed
        Those to choose from, by name; the chosen one is always among them.
    """

    chosen: Segment | None
    listed: tuple[Segment, ...]

    @property
    def text(self) -> str:
        """The chosen segment as a field of an address says it."""
        return "" if self.chosen is None else str(self.chosen.pk)


def choose_segment(user: User, text: str, unit: str | None = None) -> SegmentChoice:
    """Return the segment that an address names, with those that could stand there instead.

    Parameters
    ----------
    text
        The segment's number; empty for everybody.
    unit
        ``person``, ``company`` or ``deal``, where only those are meant; None for any.

    Raises
    ------
    Http404
        If there is no such segment, or it is not the user's to see.
    """
    chosen = read_segment(user, text)
    if chosen is not None and unit not in (None, chosen.unit):
        raise Http404
    listed = list(list_segments(user, unit)[:MOST_LISTED])
    if chosen is not None and chosen not in listed:
        listed.insert(0, chosen)
    return SegmentChoice(chosen, tuple(listed))


def offer_segments(form: forms.Form, segments: SegmentChoice) -> None:
    """Fill a form's field ``segment``; where there is no segment, the form does without it."""
    field = form.fields["segment"]
    assert isinstance(field, forms.ChoiceField)
    field.choices = [("", _("All")), *((str(one.pk), one.name) for one in segments.listed)]
    if not segments.listed:
        del form.fields["segment"]


def list_url(segment: Segment) -> str:
    """Return where a segment's people, companies or deals are listed."""
    name, _needs = LISTS[SegmentUnit(segment.unit)]
    return f"{reverse(name)}?segment={segment.pk}"


def seen_list_url(user: User, segment: Segment) -> str:
    """Return where they are listed, for who may see these; empty for others."""
    _name, needs = LISTS[SegmentUnit(segment.unit)]
    return list_url(segment) if allows(user, needs) else ""


def read_segment(user: User, text: str) -> Segment | None:
    """Return the segment that an address names; None for an empty text.

    Raises
    ------
    Http404
        If there is no such segment, or it is not the user's to see.
    """
    if not text:
        return None
    if not text.isdecimal() or len(text) > _LONGEST_ID:
        raise Http404
    return find_segment(user, int(text))


def drop_lost_segment(request: UserRequest, here: str, kept: Iterable[str]) -> str | None:
    """Return the query of a saved list without its segment, where that can't be used any more.

    It says so to the user. None where nothing is to be done: who typed in a segment that is not
    theirs to see hears nothing of it.

    Parameters
    ----------
    here
        The query that was asked for, as saved lists have it.
    kept
        The queries of the user's saved lists.
    """
    try:
        read_segment(request.user, request.GET.get("segment", ""))
    except Http404:
        if here not in set(kept):
            return None
    else:
        return None
    messages.warning(
        request, _("The segment of this saved list is gone: everybody is shown. Save it anew.")
    )
    return urlencode([(name, text) for name, text in parse_qsl(here) if name != "segment"])


def list_marks(user: User) -> list[str]:
    """Return what a report can be broken down by: each segment's property, with its name."""
    return [f"{mark_name(one.pk)} {one.name}" for one in list_segments(user)[:MOST_LISTED]]


def segment_name(segment_id: int | None) -> str:
    """Return what a segment is called; empty for none."""
    return "" if segment_id is None else name_segments([segment_id]).get(segment_id, "")


def name_breakdown(by: str) -> str:
    """Return what a report is broken down by, a segment by its name."""
    return _names([by]).get(by, by)


def name_report_segments(report: FunnelReport) -> FunnelReport:
    """Return a funnel's report that calls what it is broken down by as people know it."""
    names = _names([report.definition.by or ""])
    if not names:
        return report
    name = names[report.definition.by or ""]
    split = report.breakdown
    return replace(
        report,
        definition=replace(report.definition, by=name),
        breakdown=None if split is None else replace(split, by=name),
    )


def _names(texts: list[str]) -> Mapping[str, str]:
    numbers = find_marks(texts)
    found = name_segments(numbers)
    missing = _("one that is not there any more")
    return {
        mark_name(number): _("segment {name}").format(name=found.get(number, missing))
        for number in numbers
        if mark_name(number) in texts
    }
