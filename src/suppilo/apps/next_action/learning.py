"""Learning from a pipeline's past."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from suppilo.analytics.events import Int64
from suppilo.analytics.next_action import Deeds, learn_actions
from suppilo.analytics.stages import DealTraces, trace_deals
from suppilo.apps.activities.models import ActivityKind
from suppilo.apps.forecasts.books import PipelineBook, open_book
from suppilo.apps.insights.process_map.activities import read_activities
from suppilo.apps.next_action.content import Learned, write_content
from suppilo.apps.next_action.likeness import BANDS, Likeness, find_bands, find_cuts
from suppilo.apps.next_action.models import Lesson
from suppilo.apps.people.values import as_us
from suppilo.apps.pipelines.models import Pipeline
from suppilo.apps.salesbook.models import Usage

KINDS = tuple(kind for kind in ActivityKind.values if kind != ActivityKind.TASK)
"""A task may be anything: it shows that a deal was worked on, and is no action of its own."""
ENTRY = "entry:"


def learn_pipeline(pipeline: Pipeline, now: datetime) -> Lesson:
    """Learn from a pipeline's past, and keep it in the place of what was learned before."""
    book = open_book(pipeline)
    traces = trace_deals(book.world.ledger, as_us(now))
    likeness = _find_likeness(book, traces)
    names, deeds = read_deeds(pipeline, book)
    lessons = learn_actions(traces, find_kinds(book, traces, likeness), deeds)
    stages = book.world.stages
    ids: dict[int, list[int]] = {}
    for stage, place in stages.place_of.items():
        ids.setdefault(place, []).append(stage)
    learned = Learned(
        likeness, tuple(names),
        {number: lesson for lesson in lessons for number in ids[lesson.stage]},
    )  # fmt: skip
    values = {"learned_at": now, "content": write_content(learned)}
    return Lesson.objects.update_or_create(pipeline=pipeline, defaults=values)[0]


def _find_likeness(book: PipelineBook, traces: DealTraces) -> Likeness:
    """Return what tells deals apart."""
    deals = book.world.deals
    currency = deals.currency[book.world.rows][traces.deal]
    cuts = find_cuts(amounts_then(book, traces), currency, deals.currencies)
    return Likeness(tuple(deals.channels), cuts)


def find_kinds(book: PipelineBook, traces: DealTraces, likeness: Likeness) -> Int64:
    """Return the kind of each stay's deal when the stay began."""
    deals, rows = book.world.deals, book.world.rows
    currency = deals.currency[rows][traces.deal]
    bands = find_bands(amounts_then(book, traces), currency, deals.currencies, likeness.cuts)
    channels = np.array([likeness.find_channel(name) for name in deals.channels], np.int64)
    return channels[deals.channel[rows][traces.deal]] * BANDS + bands


def amounts_then(book: PipelineBook, traces: DealTraces) -> Int64:
    """Return the amount of each stay's deal as it was when the stay began.

    Amounts grow up to the day of winning: today's would tell of the end.
    """
    changes = book.amounts
    start = np.searchsorted(traces.deal, np.arange(book.world.ledger.deals + 1))
    stays = np.diff(start)[changes.deal]
    change = np.repeat(np.arange(len(changes.deal)), stays)
    # The stays of each change's deal, one after the other.
    within = np.arange(len(change)) - np.repeat(np.cumsum(stays) - stays, stays)
    stay = start[changes.deal][change] + within
    later = changes.at[change] > traces.since[stay]
    amount = book.world.worth.value[traces.deal].copy()
    # Changes stand the latest first, so the earliest after the stay's beginning holds.
    amount[stay[later]] = changes.old[change[later]]
    return amount


def read_deeds(pipeline: Pipeline, book: PipelineBook) -> tuple[list[str], Deeds]:
    """Return what was done for the pipeline's deals, and the names of actions."""
    rows, ids = read_activities(), book.world.ids
    numbers = {name: number for number, name in enumerate(KINDS)}
    action = np.array([numbers.get(kind, -1) for kind in rows.kinds], np.int64)
    used = list(
        Usage.objects.filter(deal__pipeline=pipeline, entry__is_archived=False)
        .order_by().values_list("deal_id", "entry_id", "at")
    )  # fmt: skip
    entries = sorted({entry for _deal, entry, _at in used})
    place = {entry: len(KINDS) + number for number, entry in enumerate(entries)}
    deal = np.concatenate((rows.deal, np.array([one[0] for one in used], np.int64)))
    what = np.concatenate((action[rows.kind], np.array([place[one[1]] for one in used], np.int64)))
    at = np.concatenate((rows.at, np.array([as_us(one[2]) for one in used], np.int64)))
    number = np.minimum(np.searchsorted(ids, deal), max(len(ids) - 1, 0))
    mine = ids[number] == deal if len(ids) else np.zeros(len(deal), np.bool_)
    names = [*KINDS, *(f"{ENTRY}{entry}" for entry in entries)]
    return names, Deeds(number[mine], what[mine], at[mine])
