"""Ask what customers are worth, of one snapshot of the events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from suppilo.analytics import currencies
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.events.selectors import take_snapshot
from suppilo.apps.funnels.ask import RUNNING, WatchedSource
from suppilo.apps.insights.attribution.ask import is_deal_event
from suppilo.apps.kept import Kept
from suppilo.apps.segments.narrow import Narrowing

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from suppilo.analytics.events import EventTable, Int64
    from suppilo.analytics.value.lives import RenewalReport
    from suppilo.analytics.value.occasions import Occasion
    from suppilo.analytics.value.purchases import Purchases
    from suppilo.analytics.value.report import ValueReport
    from suppilo.apps.accounts.models import User
    from suppilo.apps.funnels.running import Calculation, Watch
    from suppilo.apps.insights.cohorts import Events
    from suppilo.apps.segments.models import Segment

DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class ValueQuestion:
    """What a purchase is, and how far to look ahead.

    Attributes
    ----------
    amount, currency
        The property with what was paid, and the only currency that counts; empty: any, where
        there is no more than one.
    contract
        Whether customers pay month by month until they leave, rather than when they like.
    occasions
        The regular occasions that customers without a contract buy at; None: at any time.
    as_of_us
        When the observation ends.
    """

    purchase: str
    amount: str = ""
    currency: str = ""
    horizon_days: float = 365.0
    discount: float = 0.1
    contract: bool = False
    occasions: Occasion | None = None
    timezone: str = "UTC"
    as_of_us: int = 0


@dataclass(frozen=True, slots=True)
class ValueAnswer:
    """A report with the purchases that it was made of; one of the two reports is there."""

    source: Events
    purchases: Purchases
    report: ValueReport | None
    renewals: RenewalReport | None

    def paths_of(self, customers: Int64) -> list[str]:
        """Return the identifier that each customer's first purchase came with."""
        keys, first = np.unique(self.purchases.customer, return_index=True)
        rows = self.purchases.row[first[np.searchsorted(keys, customers)]]
        return [str(path) for path in self.source.describe_rows(rows)["path"]]


_answers: Kept[ValueAnswer] = Kept(6)


def list_currencies(source: Events, event: str) -> list[str]:
    """Return the currencies of an event, the most frequent first."""
    return currencies.list_currencies(_tables(source, event)) if event else []


def _tables(source: Events, event: str) -> Iterator[EventTable]:
    return (source.read(event, paths) for paths in source.path_ranges())


def end_of_day(now_us: int) -> int:
    """Return the last moment of a day (UTC): within it the same question has one answer.

    The models count in days, and nothing happens after now.
    """
    return (now_us // DAY_US + 1) * DAY_US - 1


def start_value(user: User, question: ValueQuestion, segment: Segment | None = None) -> Calculation:
    """Start to answer a question; the same one of the same purchases is answered once.

    Parameters
    ----------
    segment
        Whose events alone count, one that the user may see; None for everybody's.

    Raises
    ------
    PermissionDenied
        If the role sees no reports, or not all deals and the purchase is one of theirs.
    TooManyCalculationsError
        If too many wait already.
    """
    require(user, Permission.SEE_REPORTS)
    if is_deal_event(question.purchase):
        require(user, Permission.SEE_ALL_DEALS)
    narrowing = Narrowing(segment)
    source = narrowing.apply(take_snapshot().source, "person")
    state = _state(source, question.purchase)
    asked = ("value", narrowing.state("person"), question)
    key = (state, asked)
    return RUNNING.start(
        asked, lambda watch: _answers.get(key, lambda: _answer(source, question, watch)), state
    )


def _state(source: Events, event: str) -> Hashable:
    """Return what tells these purchases from others: other events may come meanwhile."""
    return tuple(source.read(event, paths).key for paths in source.path_ranges())


def _answer(source: Events, question: ValueQuestion, watch: Watch) -> ValueAnswer:
    from suppilo.analytics.value.lives import report_renewals
    from suppilo.analytics.value.purchases import read_purchases
    from suppilo.analytics.value.report import report_value

    watched = WatchedSource(source, watch)
    if question.amount and not question.currency and question.purchase in source.event_names():
        currencies.check_one_currency(_tables(source, question.purchase))
    bought = read_purchases(
        watched, [question.purchase], question.amount or None, _where(question.currency)
    )
    watch.check()
    if question.contract:
        renewals = report_renewals(bought, question.as_of_us, question.timezone, question.discount)
        return ValueAnswer(source, bought, None, renewals)
    report = report_value(
        bought, question.as_of_us, question.horizon_days, question.discount, question.occasions,
        question.timezone,
    )  # fmt: skip
    return ValueAnswer(source, bought, report, None)


def _where(currency: str) -> str | None:
    if not currency:
        return None
    return f"{currencies.CURRENCY} = '{currency.replace(chr(39), chr(39) * 2)}'"
