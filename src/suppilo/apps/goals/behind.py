"""The deals, leads, payments, costs and people behind a goal's figure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from django.db.models import Min, Q, QuerySet

from suppilo.analytics.goals.counting import open_dates, step_before, step_times
from suppilo.analytics.goals.reckoning import HISTORY_DAYS
from suppilo.analytics.goals.standing import Basis
from suppilo.analytics.goals.table import Days
from suppilo.apps.accounts.models import User
from suppilo.apps.deals.models import Deal, DealState, StageChange
from suppilo.apps.deals.selectors import counting_changes, visible_deals
from suppilo.apps.events.selectors import take_snapshot
from suppilo.apps.funnels.ask import (
    RUNNING,
    WatchedSource,
    find_funnel_narrowing,
    group_events,
)
from suppilo.apps.funnels.models import SavedFunnel
from suppilo.apps.goals.aims import Aim
from suppilo.apps.goals.facts.events import in_channel
from suppilo.apps.goals.models import Measure
from suppilo.apps.goals.periods import Period, midnight
from suppilo.apps.invoices.models import InvoiceState, Payment
from suppilo.apps.invoices.selectors import visible_invoices
from suppilo.apps.leads.models import Lead
from suppilo.apps.leads.selectors import visible_leads
from suppilo.apps.people.values import as_us
from suppilo.apps.segments.lists import deals_in, people_in
from suppilo.apps.segments.narrow import find_narrowing
from suppilo.apps.segments.selectors import find_segment
from suppilo.apps.spend.models import AdSpend
from suppilo.apps.spend.selectors import SpendFilter, list_spend

if TYPE_CHECKING:
    from suppilo.analytics.events import Bool, EventSource, Int64
    from suppilo.analytics.funnel import FunnelDefinition, FunnelResult
    from suppilo.analytics.funnel.definition import Unit
    from suppilo.apps.funnels.running import Calculation, Watch

_THREADS = 2


class What(StrEnum):
    """Which of a period's figures: the fact, those under way, or who entered a conversion.

    ``flow`` and ``pace`` are what a projection rests on: the fact and those under way, or the fact
    and what came in the 12 weeks before, which the pace is drawn to.
    """

    FACT = "fact"
    OPEN = "open"
    ENTERED = "entered"
    FLOW = "flow"
    PACE = "pace"


RESTS_ON = {
    Basis.FLOW: What.FLOW, Basis.PACE: What.PACE, Basis.COHORT: What.ENTERED,
    Basis.GROWTH: What.FACT,
}  # fmt: skip
"""Which list shows what a projection rests on."""


def first_day(period: Period, what: What) -> date:
    """Return the first day on which a figure of a period counts anything."""
    before = HISTORY_DAYS if what == What.PACE else 0
    return period.starts_on - timedelta(days=before)


def list_deals_behind(user: User, aim: Aim, period: Period, what: What) -> QuerySet[Deal]:
    """Return the deals that a figure counts, of those that a user sees, the latest first.

    Raises
    ------
    PermissionDenied
        If the role sees no deals.
    """
    wanted = {
        "pipeline": aim.pipeline_id, "owner": aim.user_id, "team": aim.team_id,
        "channel": aim.channel or None, "currency": aim.currency or None,
    }  # fmt: skip
    scope = {name: value for name, value in wanted.items() if value is not None}
    found = visible_deals(user).filter(**scope).select_related("owner", "company", "stage")
    if aim.segment_id is not None:
        found = found.filter(pk__in=deals_in(find_segment(user, aim.segment_id)))
    still, start = Q(state=DealState.OPEN), midnight(first_day(period, what))
    if aim.measure == Measure.STAGE:
        still &= ~Q(pk__in=_entries(aim).values("deal"))
        first = _entries(aim).values("deal").annotate(first=Min("at"))
        inside = first.filter(first__gte=start, first__lt=period.end)
        there, order = Q(pk__in=inside.values("deal")), "-entered_at"
    else:
        there = Q(state=DealState.WON, closed_at__gte=start, closed_at__lt=period.end)
        order = "-closed_at"
    if what == What.OPEN:
        return found.filter(still).order_by("-opened_at", "-id")
    if what == What.FLOW:
        return found.filter(there | still).order_by("-opened_at", "-id")
    return found.filter(there).order_by(order, "-id")


def _entries(aim: Aim) -> QuerySet[StageChange]:
    """Return the entries into the aim's stage that count."""
    rows = counting_changes().filter(
        to_stage__key=aim.stage_key, to_stage__version__pipeline=aim.pipeline_id
    )
    return rows.order_by()


def list_leads_behind(user: User, aim: Aim, period: Period, what: What) -> QuerySet[Lead]:
    """Return the leads that a figure counts, of those that a user sees, the latest first.

    Raises
    ------
    PermissionDenied
        If the role sees no leads.
    """
    wanted = {"owner": aim.user_id, "team": aim.team_id, "channel": aim.channel or None}
    scope = {name: value for name, value in wanted.items() if value is not None}
    start = midnight(first_day(period, what))
    found = visible_leads(user).filter(came_at__gte=start, came_at__lt=period.end, **scope)
    if aim.segment_id is not None:
        people = people_in(find_segment(user, aim.segment_id))
        found = found.filter(contact__person__in=people)
    return found.select_related("contact__person", "owner").order_by("-came_at", "-id")


def list_payments_behind(user: User, aim: Aim, period: Period, what: What) -> QuerySet[Payment]:
    """Return the payments that a figure adds up, of those that a user sees, the latest first.

    Raises
    ------
    PermissionDenied
        If the role sees no deals.
    """
    wanted = {
        "invoice__deal__owner": aim.user_id, "invoice__deal__team": aim.team_id,
        "invoice__deal__channel": aim.channel or None,
    }  # fmt: skip
    scope = {name: value for name, value in wanted.items() if value is not None}
    found = Payment.objects.filter(
        invoice__in=visible_invoices(user).order_by().values("pk"),
        invoice__state=InvoiceState.SENT, invoice__currency=aim.currency,
        paid_on__gte=first_day(period, what), paid_on__lt=period.ends_on, **scope,
    )  # fmt: skip
    if aim.segment_id is not None:
        found = found.filter(invoice__deal__in=deals_in(find_segment(user, aim.segment_id)))
    return found.select_related("invoice").order_by("-paid_on", "-id")


def list_spend_behind(aim: Aim, period: Period, what: What) -> QuerySet[AdSpend]:
    """Return the costs that a figure adds up, the latest first."""
    start = midnight(first_day(period, what))
    asked = SpendFilter(as_us(start), as_us(period.end), aim.channel)
    return list_spend(asked).filter(currency=aim.currency)


@dataclass(frozen=True, eq=False)
class PeopleBehind:
    """Whom a figure of events counts, the latest first.

    Attributes
    ----------
    keys, rows, at
        Of each the path's key, the number of the row that it is counted for, and its time.
    unit
        Whether they are people, companies or deals.
    """

    source: EventSource
    unit: Unit
    keys: Int64
    rows: Int64
    at: Int64


def start_people_behind(
    user: User, aim: Aim, period: Period, what: What, days: Days
) -> Calculation:
    """Start to look for whom a figure of events or of a funnel counts.

    Raises
    ------
    TooManyCalculationsError
        If too many wait already.
    ValueError
        If the funnel is not there any more.
    Http404
        If a segment is not there any more, or not the user's to see.
    """
    snapshot = take_snapshot()
    if aim.measure == Measure.EVENT:
        narrowing = find_narrowing(user, aim.segment_id)
        source = narrowing.apply(snapshot.source, "person")
        key = ("goal people", narrowing.state("person"), aim, period, what)
        return RUNNING.start(
            key, lambda watch: _of_event(WatchedSource(source, watch), aim, period, what),
            snapshot.version,
        )  # fmt: skip
    funnel = SavedFunnel.objects.filter(pk=aim.funnel_id or 0).first()
    if funnel is None:
        raise ValueError("the funnel is not there any more")
    asked = open_dates(funnel.read_definition(), days)
    narrowing = find_funnel_narrowing(user, asked)
    grouped = group_events(snapshot.source, asked, narrowing)
    key = ("goal people", narrowing.state(asked.unit), aim, period, what)

    def work(watch: Watch) -> PeopleBehind:
        return _of_funnel(WatchedSource(grouped, watch), asked, aim, period, what)

    return RUNNING.start(key, work, snapshot.version)


def _of_event(source: EventSource, aim: Aim, period: Period, what: What) -> PeopleBehind:
    start, end = as_us(midnight(first_day(period, what))), as_us(period.end)
    keys, rows, at = [], [], []
    for paths in source.path_ranges():
        table = source.read(aim.event, paths)
        inside = (table.at >= start) & (table.at < end) & in_channel(table, aim.channel)
        place = np.flatnonzero(inside)
        keys.append(table.path[place])
        rows.append(place + table.first_row)
        at.append(table.at[place])
    return _latest_first(source, "person", *(np.concatenate(one) for one in (keys, rows, at)))


def _of_funnel(
    source: EventSource, asked: FunnelDefinition, aim: Aim, period: Period, what: What
) -> PeopleBehind:
    from suppilo.analytics.funnel.run import run_funnel

    result = run_funnel(source, asked, _THREADS)
    keys, rows, at = [], [], []
    for step, chosen in _chosen(result, aim, period, what):
        hits = result.units.hits[step]
        mine = chosen[hits.unit]
        keys.append(result.units.path[hits.unit[mine]])
        rows.append(hits.row[mine])
        at.append(hits.at[mine])
    return _latest_first(source, asked.unit, *(np.concatenate(one) for one in (keys, rows, at)))


def _chosen(result: FunnelResult, aim: Aim, period: Period, what: What) -> list[tuple[int, Bool]]:
    """Return the steps that somebody is counted for, each with who is."""
    step, start = aim.step - 1, as_us(midnight(first_day(period, what)))
    at = step_times(result, step)
    inside = (at >= start) & (at < as_us(period.end))
    if aim.is_rate:
        converted = step_times(result, aim.to_step - 1) >= 0
        parts = {
            What.FACT: inside & converted, What.OPEN: inside & ~converted & result.units.open,
        }  # fmt: skip
        return [(step, parts.get(what, inside))]
    before = step_before(result, step)
    under_way = (step_times(result, before) >= 0) & (at < 0) & result.units.open
    there, still = (step, inside), (before, under_way)
    return {What.OPEN: [still], What.FLOW: [there, still]}.get(what, [there])


def _latest_first(
    source: EventSource, unit: Unit, keys: Int64, rows: Int64, at: Int64
) -> PeopleBehind:
    order = np.argsort(-at, kind="stable")
    return PeopleBehind(source, unit, keys[order], rows[order], at[order])
