"""Customers as rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from suppilo.analytics.events import Int64
from suppilo.analytics.value.report import ValueReport
from suppilo.apps.accounts.models import User
from suppilo.apps.insights.value import ValueAnswer, ValueQuestion
from suppilo.web.views.funnels.units import NamedRow, name_people
from suppilo.web.views.insights.cohorts.shown import worth_words
from suppilo.web.views.insights.value.shown import SEGMENTS, chance_tenths

_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class CustomerRow(NamedRow):
    """A customer: the identifier, who that is, what was bought, and what is expected.

    ``purchases`` and ``silent``: days with a purchase, and since the last one; or occasions.
    """

    segment: str
    purchases: int
    silent: int
    total: str
    alive: float
    expected: float
    worth: str
    figures: tuple[float, float]


@dataclass(frozen=True, slots=True)
class SubscriberRow(NamedRow):
    """A customer with a contract: who that is, how many months they paid, and if they left."""

    months: int
    has_left: bool


def best_first(
    report: ValueReport,
    segment: str = "",
    tenth: int | None = None,
    again: int | None = None,
    *,
    by_alive: bool = False,
) -> Int64:
    """Return the places of customers, those of the greatest worth first.

    Parameters
    ----------
    segment, tenth
        Only those of a segment, or with a chance to still buy in a tenth.
    again
        Only those of the hold-out's first half who had come again so often in it.
    by_alive
        The likeliest to still buy first.
    """
    each = report.each
    figure = each.worth if report.spending is not None else each.expected
    likely = -each.alive if by_alive else np.zeros(len(figure))
    order = np.lexsort((each.summary.customer, -each.summary.total, -figure, likely))
    chosen = np.ones(len(order), np.bool_)
    if segment:
        chosen &= each.scores.segment == segment
    if tenth is not None:
        chosen &= chance_tenths(report) == tenth
    if again is not None:
        chosen &= each.came_again == again
    return order[chosen[order]]


def list_subscribers(
    user: User, answer: ValueAnswer, places: Int64 | Sequence[int]
) -> Iterator[SubscriberRow]:
    """Yield some customers with a contract; whose they are is asked for many at a time."""
    assert answer.renewals is not None
    lives, numbers = answer.renewals.lives, np.asarray(places, np.int64)
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        paths = answer.paths_of(lives.customer[some])
        named = name_people(user, paths)
        for place, path in zip(some.tolist(), paths, strict=True):
            yield SubscriberRow(
                path,
                named.get(path),
                int(lives.renewals[place]) + 1,
                bool(lives.has_left[place]),
            )


def list_customers(
    user: User, answer: ValueAnswer, question: ValueQuestion, places: Int64 | Sequence[int]
) -> Iterator[CustomerRow]:
    """Yield some customers; whom they belong to is asked for many at a time."""
    report = answer.report
    assert report is not None
    each, numbers = report.each, np.asarray(places, np.int64)
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        paths = answer.paths_of(each.summary.customer[some])
        named = name_people(user, paths)
        for place, path in zip(some.tolist(), paths, strict=True):
            total, worth = float(each.summary.total[place]), float(each.worth[place])
            yield CustomerRow(
                path,
                named.get(path),
                str(SEGMENTS[str(each.scores.segment[place])][0]),
                int(each.summary.frequency[place]) + 1,
                int(each.summary.age[place] - each.summary.recency[place]),
                worth_words(total, question.currency),
                float(each.alive[place]),
                float(each.expected[place]),
                worth_words(worth, question.currency),
                (total, worth),
            )
