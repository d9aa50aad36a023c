"""Which figures are worth telling, chosen by what was known at the last moment learned from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from suppilo.analytics.amounts import read_number
from suppilo.analytics.distinct import distinct
from suppilo.analytics.events import EventSource, Int64
from suppilo.analytics.funnel.select import Labels
from suppilo.analytics.scores.features import FeaturePlan, History
from suppilo.analytics.scores.points import keys_within
from suppilo.analytics.scores.question import ScoreQuestion

MOST_EVENTS = 30
MOST_PROPERTIES = 30
MOST_VALUES = 8
"""So many of a property's values are told apart; the rest are one."""
MOST_LABELS = 100
"""A property with more values than this that are no numbers identifies; it describes nobody."""
LEAST_SHARE = 0.01
"""What fewer units than this have is left out."""
FEWEST_NUMBERS = 8
"""Fewer different numbers than this are names: 1, 2 and 3 are plans."""


def choose_features(
    source: EventSource, question: ScoreQuestion, keys: Int64, until_us: int
) -> FeaturePlan:
    """Return the figures that are told, going by the events up to a moment only.

    Parameters
    ----------
    keys
        The units that are learned from.
    until_us
        The last moment that is learned from.
    """
    histories = [
        History(source, paths, keys[keys_within(keys, paths)]) for paths in source.path_ranges()
    ]
    least = max(5, round(LEAST_SHARE * len(keys)))
    known = source.property_names()
    channel = question.channel if question.channel in known else None
    first = _count_labels(histories, channel, until_us) if channel is not None else {}
    categories, numbers = _choose_properties(histories, question, known, until_us, least)
    return FeaturePlan(
        _choose_events(source, histories, until_us, least), channel,
        _frequent(first, least), tuple(categories), tuple(numbers),
    )  # fmt: skip


def _choose_events(
    source: EventSource, histories: Sequence[History], until_us: int, least: int
) -> tuple[str, ...]:
    units = dict.fromkeys(source.event_names(), 0)
    for history in histories:
        for name in units:
            place, at = history.event_rows(name)
            units[name] += len(distinct(place[at <= until_us]))
    frequent = [name for name in units if units[name] >= least]
    return tuple(sorted(frequent, key=lambda name: (-units[name], name))[:MOST_EVENTS])


def _choose_properties(
    histories: Sequence[History], question: ScoreQuestion, known: Sequence[str], until_us: int,
    least: int,
) -> tuple[list[tuple[str, tuple[str, ...]]], list[str]]:  # fmt: skip
    wanted = known if question.properties is None else question.properties
    categories: list[tuple[str, tuple[str, ...]]] = []
    numbers: list[str] = []
    for name in sorted(set(wanted) & set(known) - {question.channel}):
        if len(categories) + len(numbers) == MOST_PROPERTIES:
            break
        counts = _count_labels(histories, name, until_us)
        if sum(counts.values()) < least:
            continue
        if _are_numbers(counts):
            numbers.append(name)
        elif len(counts) <= MOST_LABELS and (values := _frequent(counts, least)):
            categories.append((name, values))
    return categories, numbers


def _count_labels(histories: Sequence[History], name: str, until_us: int) -> dict[str, int]:
    """Return how many units have each value, going by their last one up to the moment."""
    counts: dict[str, int] = {}
    for history in histories:
        labels = Labels()
        latest = history.latest_codes(history.codes(name, labels), until_us)
        sizes = np.bincount(latest[latest >= 0], minlength=len(labels.labels))
        for label, units in _pairs(labels, sizes):
            counts[label] = counts.get(label, 0) + units
    return counts


def _pairs(labels: Labels, sizes: Int64) -> Iterator[tuple[str, int]]:
    for place in np.flatnonzero(sizes).tolist():
        yield str(labels.labels[place]), int(sizes[place])


def _are_numbers(counts: dict[str, int]) -> bool:
    return len(counts) >= FEWEST_NUMBERS and all(
        np.isfinite(read_number(label)) for label in counts
    )


def _frequent(counts: dict[str, int], least: int) -> tuple[str, ...]:
    frequent = [label for label, units in counts.items() if units >= least]
    return tuple(sorted(frequent, key=lambda label: (-counts[label], label))[:MOST_VALUES])
