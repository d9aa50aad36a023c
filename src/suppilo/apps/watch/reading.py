"""Reading watched figures day by day: events in columns, stages by one query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings
from django.db.models import Count, F, Q
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from suppilo.analytics.funnel import DefinitionError, FunnelDefinition
from suppilo.analytics.periods import find_timezone
from suppilo.analytics.watch import DailySeries, Days, Kind, conversion_days, tally_days
from suppilo.apps.deals.models import MoveKind
from suppilo.apps.deals.selectors import counting_changes
from suppilo.apps.events.units import regroup
from suppilo.apps.funnels.ask import group_events
from suppilo.apps.insights.attribution.ask import is_deal_event
from suppilo.apps.people.values import as_datetime
from suppilo.apps.pipeline_reports.passages import Passages, read_passages
from suppilo.apps.segments.lists import deals_in
from suppilo.apps.segments.models import Segment
from suppilo.apps.segments.narrow import Narrowing
from suppilo.apps.watch.models import Figure, FigureKind

if TYPE_CHECKING:
    from suppilo.analytics.events import EventSource
    from suppilo.analytics.funnel import FunnelReport
    from suppilo.analytics.funnel.definition import Unit

DAY_US = 86_400_000_000
WITHIN_DAYS = (1, 3, 7, 14, 30)
"""How long one may convert, where nobody has said: the shortest that is usually enough."""
_SPARE_DAYS = 1
_THREADS = 2


@dataclass(slots=True)
class Readings:
    """Series by figure, why others could not be read, and how long conversions were given."""

    series: dict[int, DailySeries] = field(default_factory=dict)
    failures: dict[int, str] = field(default_factory=dict)
    within_days: dict[int, int] = field(default_factory=dict)


def whole_days(now: datetime) -> Days:
    """Return the days that are over, in the installation's time zone."""
    return Days.until(int(now.timestamp() * 1_000_000), settings.TIME_ZONE)


def read_figures(figures: Iterable[Figure], source: EventSource, days: Days) -> Readings:
    """Read figures day by day; each event, funnel and the ledger as few times as can be."""
    found = Readings()
    by_kind: dict[str, list[Figure]] = defaultdict(list)
    for figure in figures:
        by_kind[figure.kind].append(figure)
    _read_stages(by_kind[FigureKind.STAGE], days, found)
    for figure in by_kind[FigureKind.ADVANCE]:
        _read_advances(figure, days, found)
    readers = [
        *((figure, _read_event) for kind in (FigureKind.EVENTS, FigureKind.SUM)
          for figure in by_kind[kind]),
        *((figure, _read_funnel) for figure in by_kind[FigureKind.FUNNEL]),
    ]  # fmt: skip
    for figure, read in readers:
        try:
            read(figure, source, days, found)
        except ValueError as error:
            found.failures[figure.pk] = str(error)[:300]
    return found


def condition(figure: Figure) -> str | None:
    """Return the condition that a figure's events meet; None for all."""
    if not figure.by:
        return None
    name = '"' + figure.by.replace('"', '""') + '"'
    value = figure.value
    if isinstance(value, str):
        return f"{name} = " + "'" + value.replace("'", "''") + "'"
    return f"{name} = {str(value).lower()}"


def events_of(figure: Figure, source: EventSource) -> EventSource:
    """Return the events that a figure of events counts: all, or those of its segment.

    What happens to deals is told apart by deal, all else by person.
    """
    unit: Unit = "deal" if is_deal_event(figure.event) else "person"
    found: EventSource = Narrowing(figure.segment).apply(
        source if figure.segment is None else regroup(source, unit), unit
    )
    return found


def _read_event(figure: Figure, source: EventSource, days: Days, found: Readings) -> None:
    is_sum = figure.kind == FigureKind.SUM
    tally = tally_days(
        events_of(figure, source), figure.event, days, amount=figure.amount if is_sum else None,
        where=condition(figure),
    )  # fmt: skip
    kind = Kind.SUM if is_sum else Kind.COUNT
    found.series[figure.pk] = DailySeries(str(figure), kind, days.first, tally.total)


def _read_funnel(figure: Figure, source: EventSource, days: Days, found: Readings) -> None:
    definition = watched_definition(figure, days)
    if definition is None:
        raise DefinitionError(_("The funnel is no more."))
    grouped = group_events(source, definition)
    within = figure.within_days or _guess_within(grouped, definition, days)
    found.within_days[figure.pk] = within
    report = _run(grouped, replace(definition, window_us=within * DAY_US))
    series = conversion_days(report, str(figure))
    if series is None:
        raise DefinitionError(_("Nobody has entered the funnel in the last two years."))
    found.series[figure.pk] = series


def watched_definition(figure: Figure, days: Days) -> FunnelDefinition | None:
    """Return a figure's funnel, by day of entry and as far as days are over."""
    if figure.funnel is None:
        return None
    asked = figure.funnel.read_definition()
    if figure.segment_id is not None:
        if asked.segment not in (None, figure.segment_id):
            raise DefinitionError(_("The funnel is of another segment. Watch it without one."))
        asked = replace(asked, segment=figure.segment_id)
    entry, *rest = asked.steps
    where = condition(figure)
    if where is not None:
        both = where if entry.where is None else f"({entry.where}) and ({where})"
        asked = replace(asked, steps=(replace(entry, where=both), *rest))
    edges = days.edges
    return replace(
        asked, from_us=int(edges[0]), to_us=int(edges[-1]), as_of_us=int(edges[-1]) - 1,
        every="day", by=None, by_value="first", timezone=settings.TIME_ZONE,
    )  # fmt: skip


def _guess_within(source: EventSource, definition: FunnelDefinition, days: Days) -> int:
    """Return within how many days three quarters of those who convert usually have."""
    recent = int(days.edges[max(0, len(days) - 120)])
    report = _run(source, replace(definition, from_us=recent, every=None))
    waits = [step.p75_seconds for step in report.steps if not step.optional]
    usual = sum(wait for wait in waits if wait is not None) * 1_000_000 / DAY_US
    most = WITHIN_DAYS[-1] if definition.window_us is None else definition.window_us / DAY_US
    return _shortest(min(usual, most))


def _run(source: EventSource, definition: FunnelDefinition) -> FunnelReport:
    from suppilo.analytics.funnel.names import check_names
    from suppilo.analytics.funnel.run import run_funnel

    check_names(source, definition)
    return run_funnel(source, definition, _THREADS).report()


def _read_advances(figure: Figure, days: Days, found: Readings) -> None:
    chosen = passages_of(figure, days)
    within = figure.within_days or _shortest(chosen.usual_days(int(days.edges[-1])))
    found.within_days[figure.pk] = within
    tally = chosen.tally(days.edges, within)
    found.series[figure.pk] = DailySeries(
        str(figure), Kind.RATE, days.first, tally.advanced, tally.entered
    )


def passages_of(figure: Figure, days: Days) -> Passages:
    """Return the entries of a figure's stage in some days, and when each went on."""
    assert figure.pipeline is not None
    since = as_datetime(int(days.edges[0]))
    found = read_passages(figure.pipeline, figure.stage_key, figure.segment, since)
    return found.of_channel(str(figure.value)) if figure.by else found


def _shortest(usual: float) -> int:
    return next((n for n in WITHIN_DAYS if n >= usual), WITHIN_DAYS[-1])


def _read_stages(figures: list[Figure], days: Days, found: Readings) -> None:
    by_segment: dict[Segment | None, list[Figure]] = defaultdict(list)
    for figure in figures:
        by_segment[figure.segment].append(figure)
    for some in by_segment.values():
        _read_entries(some, days, found)


def _read_entries(figures: list[Figure], days: Days, found: Readings) -> None:
    counts = count_entries(figures, days)
    for figure in figures:
        total = np.zeros(len(days))
        for (pipeline, key, channel), by_day in counts.items():
            is_it = (pipeline, key) == (figure.pipeline_id, figure.stage_key)
            if is_it and (not figure.by or channel == figure.value):
                total += by_day
        found.series[figure.pk] = DailySeries(str(figure), Kind.COUNT, days.first, total)


def count_entries(
    figures: Sequence[Figure], days: Days
) -> Mapping[tuple[int, str, str], np.ndarray]:
    """Return how many deals entered the figures' stages, by pipeline, stage's key and channel.

    All figures are of one segment, or of none. Corrected entries count where they were corrected
    to; a move to another version is none.
    """
    stages = [Q(version__pipeline=figure.pipeline_id, to_stage__key=figure.stage_key)
              for figure in figures]  # fmt: skip
    wanted = stages[0]
    for one in stages[1:]:
        wanted |= one
    zone = find_timezone(settings.TIME_ZONE)
    rows = (
        counting_changes()
        .filter(wanted)
        .exclude(kind=MoveKind.RENEW_VERSION)
        .order_by()
        .annotate(day=TruncDate("at", tzinfo=zone))
        .values_list("version__pipeline", "to_stage__key", "deal__channel", "day")
        .annotate(n=Count("pk", filter=Q(from_stage=None) | ~Q(from_stage=F("to_stage"))))
    )
    if (segment := figures[0].segment) is not None:
        rows = rows.filter(deal__in=deals_in(segment))
    counts: dict[tuple[int, str, str], np.ndarray] = defaultdict(lambda: np.zeros(len(days)))
    for pipeline, key, channel, day, n in rows.filter(day__gte=days.first):
        _put(counts[pipeline, key, channel], days, day, n)
    return counts


def _put(row: np.ndarray, days: Days, day: date, n: int) -> None:
    place = days.place(day)
    if 0 <= place < len(days):
        row[place] += n


def spare(values: Iterable[float]) -> Iterator[float | None]:
    """Yield figures as they are kept: six digits, and None for what is not known."""
    for value in values:
        yield float(f"{value:.6g}") if np.isfinite(value) else None
