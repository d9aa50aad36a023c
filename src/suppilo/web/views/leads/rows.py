"""A lead as a row of the inbox: what it is, its clock, and what can be done with it now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.apps.leads.models import Lead, LeadState
from suppilo.apps.leads.selectors import Clock, clocks_of
from suppilo.apps.scores.models import Score
from suppilo.apps.scores.selectors import scores_of

_BADGES = {
    LeadState.NEW: "info",
    LeadState.QUALIFIED: "info",
    LeadState.HANDED_OVER: "warn",
    LeadState.RETURNED: "bad",
    LeadState.ACCEPTED: "good",
    LeadState.CONVERTED: "good",
    LeadState.DISQUALIFIED: "",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A lead with the words and the tone of its state."""

    lead: Lead
    clock: Clock | None
    score: Score | None = None

    @property
    def tone(self) -> str:
        """The badge's class."""
        return _BADGES[LeadState(self.lead.state)]

    @property
    def clock_words(self) -> str:
        """How much time is left for the first answer, or how late it is."""
        if self.clock is None:
            return ""
        if self.clock.due_at is None:
            return _("nobody works on this")
        if self.clock.is_late:
            return _("late by %s") % duration_words(self.clock.late_by.total_seconds())
        return _("%s left") % duration_words(self.clock.left.total_seconds())

    @property
    def is_late(self) -> bool:
        """Whether the answer is overdue."""
        return self.clock is not None and self.clock.is_late

    @property
    def may_qualify(self) -> bool:
        """Whether marketing can qualify it."""
        return self.lead.state in {LeadState.NEW, LeadState.RETURNED}

    @property
    def may_hand_over(self) -> bool:
        """Whether it can go to somebody in sales."""
        return self.lead.is_open

    @property
    def may_accept(self) -> bool:
        """Whether sales can take it on."""
        return self.lead.state == LeadState.HANDED_OVER

    @property
    def may_return(self) -> bool:
        """Whether sales can give it back."""
        return self.lead.state in {LeadState.HANDED_OVER, LeadState.ACCEPTED}

    @property
    def may_convert(self) -> bool:
        """Whether a deal can be made of it."""
        return self.lead.state == LeadState.ACCEPTED


def make_rows(leads: Iterable[Lead], now: datetime) -> list[Row]:
    """Return leads as rows."""
    leads = list(leads)
    clocks = clocks_of(leads, now)
    scores = scores_of({lead.contact.person_id for lead in leads})
    return [Row(lead, clocks.get(lead.pk), scores.get(lead.contact.person_id)) for lead in leads]


def duration_words(seconds: float) -> str:
    """Return a time span in words, in the two largest units: 45 min, 2 h 5 min, 3 d 2 h.

    Days are those of the clock, 24 hours.
    """
    minutes = round(seconds / 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        found = ngettext("%d d", "%d d", days) % days
        return f"{found} {hours} h" if hours else found
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min"
