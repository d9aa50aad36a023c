"""Facts of leads, payments, spend and members: so many queries by kind and segment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from typing import Any

import numpy as np
from django.db.models import Count, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.analytics.goals.table import Days, Facts, nothing
from suppilo.apps.goals.aims import Aim
from suppilo.apps.goals.models import Measure
from suppilo.apps.invoices.models import InvoiceState, Payment
from suppilo.apps.leads.models import Lead
from suppilo.apps.people.values import as_datetime
from suppilo.apps.segments.lists import deals_in, people_in
from suppilo.apps.segments.models import Segment
from suppilo.apps.spend.selectors import SpendFilter, list_spend

Row = dict[str, Any]
"""Of one day: owner, team, channel, currency, and ``n`` pieces worth ``v``."""


def read_sums(aims: Collection[Aim], days: Days) -> dict[Aim, Facts]:
    """Return the facts of aims that count leads, payments, spend or the members of segments.

    A lead counts on the day on which it came in, for who has it now; a payment on the day that it
    is dated, less what was given back, for whose deal it is.
    """
    readers: dict[Measure, Callable[[Days, Segment | None], Iterable[Row]]] = {
        Measure.LEADS: _leads, Measure.PAID: _payments, Measure.SPEND: _spend,
    }  # fmt: skip
    segments = _read_segments(aims)
    found: dict[Aim, Facts] = {}
    for aim in aims:
        if aim.segment_id is not None and aim.segment_id not in segments:
            found[aim] = nothing(days, _("The segment is not there any more. End this goal."))
        elif aim.is_level:
            found[aim] = _sizes(segments[aim.segment_id or 0], days)
    for measure, read in readers.items():
        mine = [aim for aim in aims if aim.measure == measure and aim not in found]
        for number in {aim.segment_id for aim in mine}:
            rows = list(read(days, segments.get(number or 0)))
            found |= {aim: _facts(aim, rows, days) for aim in mine if aim.segment_id == number}
    return found


def _read_segments(aims: Iterable[Aim]) -> dict[int, Segment]:
    numbers = {aim.segment_id for aim in aims if aim.segment_id is not None}
    return Segment.objects.in_bulk(numbers) if numbers else {}


def _sizes(segment: Segment, days: Days) -> Facts:
    """Return how large a segment was on each day; not a number before that was kept."""
    values = np.full(len(days), np.nan)
    known = segment.sizes.filter(day__lte=days.first + timedelta(days=len(days)))
    for day, size in known.order_by("day").values_list("day", "size"):
        values[max(days.number(day), 0) :] = size
    if segment.refreshed_at is not None:
        values[-1] = segment.size
    return Facts(values, values)


def _facts(aim: Aim, rows: list[Row], days: Days) -> Facts:
    wanted = {
        "owner": aim.user_id, "team": aim.team_id, "channel": aim.channel or None,
        "currency": aim.currency or None,
    }  # fmt: skip
    asked = {name: value for name, value in wanted.items() if value is not None}
    mine = [row for row in rows if all(row.get(name) == asked[name] for name in asked)]
    counts, values = days.spread([(row["day"], row["v"], row["n"]) for row in mine])
    return Facts(counts, values if aim.is_money else counts)


def _leads(days: Days, segment: Segment | None) -> Iterable[Row]:
    day = TruncDate("came_at", tzinfo=timezone.get_default_timezone())
    found = Lead.objects.filter(
        came_at__gte=as_datetime(days.start_us), came_at__lte=as_datetime(days.now_us)
    )
    if segment is not None:
        found = found.filter(contact__person__in=people_in(segment))
    rows = found.order_by().annotate(day=day).values("day", "owner", "team", "channel")
    return [dict(row, v=row["n"]) for row in rows.annotate(n=Count("pk"))]


def _payments(days: Days, segment: Segment | None) -> Iterable[Row]:
    found = Payment.objects.filter(paid_on__gte=days.first, invoice__state=InvoiceState.SENT)
    if segment is not None:
        found = found.filter(invoice__deal__in=deals_in(segment))
    names = ("invoice__deal__owner", "invoice__deal__team", "invoice__deal__channel",
             "invoice__currency")  # fmt: skip
    rows = found.order_by().values("paid_on", *names).annotate(v=Sum("amount"), n=Count("pk"))
    return [
        {"day": row["paid_on"], "v": row["v"], "n": row["n"]}
        | {name.rpartition("__")[2]: row[name] for name in names}
        for row in rows
    ]


def _spend(days: Days, _segment: Segment | None) -> Iterable[Row]:
    found = list_spend(SpendFilter(start_us=days.start_us, end_us=days.now_us + 1))
    rows = found.order_by().values("day", "channel", "currency")
    return [dict(row) for row in rows.annotate(v=Sum("cost"), n=Count("pk"))]
