"""What the address of the channels' report asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.models import User
from suppilo.apps.insights.channels import ChannelQuestion
from suppilo.web.channels import channel_label
from suppilo.web.reporting import Period, now_us, read_period
from suppilo.web.segment_choice import SegmentChoice, choose_segment

USUAL_DATES = "12m"
_FIELDS = ("by", "dates", "from", "to", "segment")
BY = {
    "channel": gettext_lazy("Channel"),
    "campaign": gettext_lazy("Campaign"),
    "partner": gettext_lazy("Partner"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A page's question: the form's fields, and what they say; ``errors`` by field."""

    fields: Mapping[str, str]
    period: Period
    question: ChannelQuestion
    segments: SegmentChoice
    errors: dict[str, str] = field(default_factory=dict)

    def url(self, name: str, **more: str) -> str:
        """Return the address of a page of this question, by the page's name."""
        query = {key: value for key, value in self.fields.items() if value} | more
        query["dates"] = self.period.choice
        return f"{reverse(name)}?{urlencode(query)}"

    def name(self, key: str) -> str:
        """Return what a channel, campaign or partner is called."""
        if not key:
            return _("(not known)")
        return channel_label(key) if self.question.by == "channel" else key


def read_asked(query: QueryDict, user: User) -> Asked:
    """Return what an address asks; dates that can't be read are noted as errors.

    Raises
    ------
    Http404
        If it names a segment that is not there, or not the user's to see.
    """
    fields = {name: query.get(name, "").strip()[:40] for name in _FIELDS}
    errors: dict[str, str] = {}
    period = read_period(fields, USUAL_DATES, now_us(), errors)
    if fields["by"] == "campaign":
        question = ChannelQuestion(period.start_us, period.end_us, "campaign")
    elif fields["by"] == "partner":
        question = ChannelQuestion(period.start_us, period.end_us, "partner")
    else:
        question = ChannelQuestion(period.start_us, period.end_us)
    segments = choose_segment(user, fields["segment"])
    question = replace(question, segment=segments.chosen)
    return Asked(fields | {"by": question.by}, period, question, segments, errors)
