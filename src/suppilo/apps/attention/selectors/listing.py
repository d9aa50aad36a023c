"""The list of deals that need attention, page by page, and how many there are of each kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import reduce
from operator import add
from typing import TypeAlias

from django.db.models import Case, Prefetch, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.activities.days import today_bounds
from suppilo.apps.attention.models import Reason, Snooze, StageNorm
from suppilo.apps.attention.rules import Rules, read_rules
from suppilo.apps.attention.selectors.conditions import (
    LAST_LIFE,
    PLANLESS,
    any_of,
    conditions,
    read_changes,
    read_planned,
    read_snoozed,
)
from suppilo.apps.deals.models import Deal, DealState
from suppilo.apps.deals.selectors import visible_deals
from suppilo.charts.money import write_money

_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class AttentionFilter:
    """What is asked for.

    Attributes
    ----------
    reason
        One of :class:`~suppilo.apps.attention.models.Reason`; empty for any.
    is_mine
        The user's own deals only.
    is_snoozed
        Those that were put aside, instead.
    after
        Only deals that come after this place in the list: an amount and a deal's id.
    """

    reason: str = ""
    is_mine: bool = False
    is_snoozed: bool = False
    after: tuple[Decimal, int] | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """A reason, and what it is in this deal's case."""

    reason: Reason
    text: str


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """A deal with all that is to be said of it, the first thing to mend first."""

    deal: Deal
    whys: tuple[Why, ...]
    snooze: Snooze | None = None


@dataclass(frozen=True, slots=True)
class AttentionPage:
    """One page of the list.

    Attributes
    ----------
    counts
        How many deals there are for each reason; a deal may have several.
    total
        How many deals there are (from the place on that was asked for).
    """

    items: list[AttentionItem]
    counts: dict[Reason, int]
    total: int
    has_more: bool


_Found: TypeAlias = tuple[int, tuple[Reason, ...]]
"""A deal's id and its reasons, before the deal is read."""


def list_attention(
    user: User, asked: AttentionFilter, now: datetime, start: int = 0, size: int = 50
) -> AttentionPage:
    """Return deals that the user sees and somebody should look at, the largest amounts first.

    Raises
    ------
    PermissionDenied
        If the user's role may not see deals.
    """
    rules = read_rules(now, today_bounds(user, now)[0])
    changed = read_changes(rules)
    found = _find(user, asked, rules, changed)
    kinds = Counter(reasons for _deal, reasons in found)
    here = [one for one in found if not asked.reason or asked.reason in one[1]]
    return AttentionPage(
        items=_read_items(here[start : start + size], rules, changed),
        counts={
            reason: sum(count for kind, count in kinds.items() if reason in kind)
            for reason in rules.reasons
        },
        total=len(found),
        has_more=len(here) > start + size,
    )


def count_attention(user: User, now: datetime) -> int:
    """Return how many of a user's own deals need attention."""
    rules = read_rules(now, today_bounds(user, now)[0])
    return len(_find(user, AttentionFilter(is_mine=True), rules, read_changes(rules)))


def list_unknown_stages(user: User) -> QuerySet[StageNorm]:
    """Return the stages of which too little is known to say what is long there."""
    del user
    return StageNorm.objects.filter(long_s=None).select_related("pipeline").order_by("pk")


def _find(user: User, asked: AttentionFilter, rules: Rules, changed: Iterable[int]) -> list[_Found]:
    """Return all deals that need attention: one pass over the open ones."""
    deals = visible_deals(user).filter(state=DealState.OPEN).annotate(last_life=LAST_LIFE)
    if asked.is_mine:
        deals = deals.filter(owner=user)
    if asked.after is not None:
        amount, pk = asked.after
        deals = deals.filter(Q(amount__lt=amount) | Q(amount=amount, pk__gt=pk))
    wanted = conditions(rules, changed)
    deals = deals.filter(any_of(wanted.values())).order_by("-amount", "pk")
    planned, snoozed = read_planned(rules), read_snoozed(rules)
    words = _Words(list(wanted))
    return [
        (pk, reasons)
        for pk, mask in deals.values_list("pk", _mask(wanted.values()))
        if (pk in snoozed) == asked.is_snoozed and (reasons := words.read(mask, pk in planned))
    ]


def _mask(wanted: Iterable[Q]) -> Combinable:
    """Return a number with one bit for each condition: the quickest way to read them all."""
    bits = (
        Case(When(condition, then=Value(1 << place)), default=Value(0))
        for place, condition in enumerate(wanted)
    )
    return reduce(add, bits)


class _Words:
    """The reasons that a number of :func:`_mask` stands for."""

    def __init__(self, reasons: list[Reason]) -> None:
        self._reasons = reasons
        self._known: dict[tuple[int, bool], tuple[Reason, ...]] = {}

    def read(self, mask: int, is_planned: bool) -> tuple[Reason, ...]:
        """Return the reasons; some don't hold where an activity is planned."""
        key = (mask, is_planned)
        if key not in self._known:
            self._known[key] = tuple(
                reason
                for place, reason in enumerate(self._reasons)
                if mask >> place & 1 and not (is_planned and reason in PLANLESS)
            )
        return self._known[key]


def _read_items(
    found: Sequence[_Found], rules: Rules, changed: dict[int, tuple[Decimal, Decimal]]
) -> list[AttentionItem]:
    ids = [deal for deal, _reasons in found]
    aside = Snooze.objects.filter(ended_at=None, until__gt=rules.today).select_related("by")
    deals = (
        Deal.objects.filter(pk__in=ids)
        .select_related(
            "company", "owner", "stage", "pipeline", "open_gate__next_stage", "brought_unmet"
        )
        .annotate(last_life=LAST_LIFE)
        .prefetch_related(Prefetch("snoozes", aside, to_attr="active_snoozes"))
        .in_bulk()
    )
    return [_item(deals[deal], reasons, rules, changed) for deal, reasons in found]


def _item(
    deal: Deal,
    reasons: Iterable[Reason],
    rules: Rules,
    changed: dict[int, tuple[Decimal, Decimal]],
) -> AttentionItem:
    words = {
        Reason.NO_NEXT_STEP: lambda: _("nothing is planned"),
        Reason.CLOSE_OVERDUE: lambda: _overdue(deal, rules),
        Reason.STALE: lambda: _silent(deal, rules),
        Reason.GATE_OPEN: lambda: _open_gate(deal, rules),
        Reason.STUCK: lambda: _stuck(deal, rules),
        Reason.BROUGHT_UNMET: lambda: _brought(deal),
        Reason.CHANGED: lambda: _changed(changed[deal.pk], deal.currency),
    }
    whys = tuple(Why(reason, words[reason]()) for reason in reasons)
    snoozes: list[Snooze] = vars(deal)["active_snoozes"]
    return AttentionItem(deal, whys, snoozes[0] if snoozes else None)


def _days(since: datetime, rules: Rules) -> int:
    return (rules.now - since).days


def _overdue(deal: Deal, rules: Rules) -> str:
    days = (rules.today - (deal.expected_close or rules.today)).days
    return ngettext("was to close %(n)d day ago", "was to close %(n)d days ago", days) % {"n": days}


def _silent(deal: Deal, rules: Rules) -> str:
    days = _days(vars(deal)["last_life"], rules)
    own = deal.stage.expected_days
    usual = rules.thresholds.stale_days if own is None else own
    text = ngettext(
        "%(n)d day silent, usual: %(usual)d", "%(n)d days silent, usual: %(usual)d", days
    )
    return text % {"n": days, "usual": usual}


def _open_gate(deal: Deal, rules: Rules) -> str:
    gate = deal.open_gate
    days = _days(gate.since, rules)
    text = ngettext("could enter %(stage)s for %(n)d day", "could enter %(stage)s for %(n)d days",
                    days)  # fmt: skip
    return text % {"stage": gate.next_stage.name, "n": days}


def _brought(deal: Deal) -> str:
    missing = len(deal.brought_unmet.missing)
    text = ngettext(
        "a file brought it into %(stage)s, %(n)d criterion was not met",
        "a file brought it into %(stage)s, %(n)d criteria were not met", missing,
    )  # fmt: skip
    return text % {"stage": deal.stage.name, "n": missing}


def _stuck(deal: Deal, rules: Rules) -> str:
    norm = rules.norms[deal.pipeline_id, deal.stage.key]
    text = _("%(days)d days in %(stage)s; %(percent)d of 100 left within %(long)d (n = %(n)d)")
    return text % {
        "days": _days(deal.entered_at, rules),
        "stage": deal.stage.name,
        "percent": rules.thresholds.stuck_percent,
        "long": round((norm.long_s or 0) / _DAY_S),
        "n": norm.left + norm.there,
    }


def _changed(amounts: tuple[Decimal, Decimal], currency: str) -> str:
    old, new = amounts
    language = get_language() or "en"
    said = {"old": write_money(round(old), currency, language),
            "new": write_money(round(new), currency, language)}  # fmt: skip
    share = f" ({(new - old) / old:+.0%})" if old else ""
    return _("amount %(old)s → %(new)s") % said + share
