"""Where the figures of a watched one lead: the people, events or deals of its days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from suppilo.analytics.funnel import DefinitionError, FunnelDefinition, Step
from suppilo.analytics.periods import day_edges
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.insights.attribution.ask import is_deal_event
from suppilo.apps.watch.models import Figure, FigureKind
from suppilo.apps.watch.reading import DAY_US, condition, watched_definition, whole_days
from suppilo.web.reporting import moment_text
from suppilo.web.views.funnels.asked import definition_query


@dataclass(frozen=True, slots=True)
class Behind:
    """The links of a figure for one reader; empty where the reader may not see what is behind.

    ``funnel`` is a conversion's funnel by day of entry, as it was read; None for other figures.
    """

    figure: Figure
    is_open: bool
    funnel: FunnelDefinition | None = None

    def day(self, day: date) -> str:
        """Return the address of what a day's value counts: of conversions, who converted."""
        if self.figure.kind == FigureKind.ADVANCE:
            within = str(self.figure.within_days or 1)
            return self._deals(*_bounds(day, day), self.figure.value, within)
        if self.funnel is not None:
            return self._funnel_people(self.funnel, self.funnel.required[-1] + 1, bucket=day)
        return self._span(day, day)

    def span(self, first: date, last: date) -> str:
        """Return the address of what the mean day of some days counts, both included."""
        if first > last:
            return ""
        if first == last:
            return self.day(first)
        start_us, end_us = _bounds(first, last)
        if self.figure.kind == FigureKind.ADVANCE:
            within = str(self.figure.within_days or 1)
            return self._deals(start_us, end_us, self.figure.value, within)
        if self.funnel is None:
            return self._span(first, last)
        asked = replace(self.funnel, from_us=start_us, to_us=end_us, every=None)
        return self._funnel_people(asked, self.funnel.required[-1] + 1)

    def entered(self, day: date) -> str:
        """Return the address of who entered a conversion's funnel, or its stage, on a day."""
        if self.figure.kind == FigureKind.ADVANCE:
            return self._span(day, day)
        return "" if self.funnel is None else self._funnel_people(self.funnel, 1, bucket=day)

    def part(self, by: str, value: object, days: Sequence[str] | None) -> str:
        """Return the address of what a value's part of a change counts, in ``days``, both included.

        Of conversions that is who entered. What stands for all other values leads nowhere.
        """
        if value is None or not days:
            return ""
        first, last = map(date.fromisoformat, days)
        if self.funnel is None:
            return self._span(first, last, by, value)
        start_us, end_us = _bounds(first, last)
        asked = replace(
            self.funnel, from_us=start_us, to_us=end_us, every=None, by=by, by_value="first"
        )
        return self._funnel_people(asked, 1, value=str(value))

    def _funnel_people(
        self, asked: FunnelDefinition, step: int, *, bucket: date | None = None, value: str = ""
    ) -> str:
        if not self.is_open:
            return ""
        more = {"step": str(step), "bucket": bucket.isoformat() if bucket else "", "value": value}
        return f"{reverse('funnel_people')}?{definition_query(asked, **more)}"

    def _span(self, first: date, last: date, by: str = "", value: object = None) -> str:
        if not self.is_open or self.figure.kind == FigureKind.FUNNEL:
            return ""
        start_us, end_us = _bounds(first, last)
        if self.figure.is_of_stage:
            return self._deals(start_us, end_us, value if by else self.figure.value)
        return self._events(start_us, end_us, by, value)

    def _deals(self, start_us: int, end_us: int, channel: object, within: str = "") -> str:
        if not self.is_open:
            return ""
        one = self.figure
        query: dict[str, Any] = {
            "p": one.pipeline_id, "dates": "all", "channel": channel, "segment": one.segment_id,
            "entered": one.stage_key, "entered_from": moment_text(start_us),
            "entered_until": moment_text(end_us), "advanced_within": within,
        }  # fmt: skip
        given = {name: part for name, part in query.items() if part not in (None, "")}
        return f"{reverse('pipeline_report_deals')}?{urlencode(given)}"

    def _events(self, start_us: int, end_us: int, by: str, value: object) -> str:
        """Return the address of a funnel of one step, of which each event is an attempt."""
        one = self.figure
        parts = [condition(one), condition(Figure(by=by, value=value)) if by else None]
        known = [part for part in parts if part is not None]
        where = known[0] if len(known) == 1 else " and ".join(f"({part})" for part in known)
        of_deals = one.segment_id is not None and is_deal_event(one.event)
        asked = FunnelDefinition(
            (Step(one.event, (one.event,), where or None),), count="attempts",
            from_us=start_us, to_us=end_us, timezone=settings.TIME_ZONE,
            unit="deal" if of_deals else "person", segment=one.segment_id,
        )  # fmt: skip
        return self._funnel_people(asked, 1)


def find_behind(figure: Figure, user: User, read_at: datetime) -> Behind:
    """Return the links of a figure as it was read at a moment."""
    if figure.is_of_stage:
        return Behind(figure, allows(user, Permission.SEE_DEALS))
    may_see = allows(user, Permission.SEE_PEOPLE)
    if figure.kind != FigureKind.FUNNEL or not may_see:
        return Behind(figure, may_see)
    try:
        asked = watched_definition(figure, whole_days(read_at))
    except DefinitionError:
        asked = None
    if asked is not None:
        asked = replace(asked, window_us=(figure.within_days or 1) * DAY_US)
    return Behind(figure, may_see, asked)


def _bounds(first: date, last: date) -> tuple[int, int]:
    _, edges = day_edges(first, last + timedelta(days=1), "day", settings.TIME_ZONE)
    return int(edges[0]), int(edges[-1])
