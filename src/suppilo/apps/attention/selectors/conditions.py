"""Each reason as a condition on deals, so that the database finds them all in one pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from functools import reduce
from operator import or_

from django.db.models import DateTimeField, F, Q
from django.db.models.functions import Coalesce, Greatest

from suppilo.apps.activities.models import Activity
from suppilo.apps.attention.models import Reason, Snooze
from suppilo.apps.attention.rules import Rules
from suppilo.apps.deals.models import FieldChange

MOST_CHANGES = 2_000

LAST_LIFE = Greatest(
    Coalesce("last_activity_at", "opened_at"), F("entered_at"), output_field=DateTimeField()
)
"""When a deal last showed a sign of life: something was done, or it came to its stage."""

PLANLESS = frozenset({Reason.NO_NEXT_STEP, Reason.STALE})
"""Reasons that don't hold where an activity is planned for the deal."""


def conditions(rules: Rules, changed: Iterable[int]) -> dict[Reason, Q]:
    """Return the condition of each reason that is looked for.

    Planned activities are not in it (:func:`read_planned`): to look for them deal by deal takes
    the database longer than all the rest.

    Parameters
    ----------
    changed
        Deals whose amount changed much, from :func:`read_changes`.
    """
    found = {
        Reason.NO_NEXT_STEP: Q(next_step_at=None) | Q(next_step=""),
        Reason.CLOSE_OVERDUE: Q(expected_close__lt=rules.today),
        Reason.STALE: any_of(
            Q(stage__in=stages, last_life__lt=before)
            for before, stages in rules.silent_before.items()
        ) & ~Q(next_step_at__gte=rules.start),
        Reason.GATE_OPEN: Q(open_gate__stage=F("stage"), open_gate__since__lt=rules.gate_before),
        Reason.STUCK: any_of(
            Q(stage__in=stages, entered_at__lt=before)
            for before, stages in rules.long_before.items()
        ),
        Reason.BROUGHT_UNMET: Q(brought_unmet__stage=F("stage"), brought_unmet__met_at=None),
        Reason.CHANGED: Q(pk__in=list(changed)),
    }  # fmt: skip
    return {reason: found[reason] for reason in rules.reasons}


def any_of(found: Iterable[Q]) -> Q:
    """Return the condition that one of several holds; none of none does."""
    return reduce(or_, found, Q(pk__in=[]))


def read_planned(rules: Rules) -> set[int]:
    """Return the deals for which an activity is planned, today or later."""
    planned = Activity.objects.filter(
        deal__isnull=False, done_at=None, cancelled_at=None, due_at__gte=rules.start
    )
    return set(planned.values_list("deal", flat=True))


def read_snoozed(rules: Rules) -> set[int]:
    """Return the deals that are left alone today."""
    aside = Snooze.objects.filter(until__gt=rules.today, ended_at=None)
    return set(aside.values_list("deal", flat=True))


def read_changes(rules: Rules) -> dict[int, tuple[Decimal, Decimal]]:
    """Return what deals' amounts were and are, where they changed by enough lately.

    Of very many changes the latest are looked at.
    """
    if not rules.is_on(Reason.CHANGED):
        return {}
    changes = FieldChange.objects.filter(field="amount", at__gte=rules.changes_since)
    rows = changes.order_by("-id").values_list("deal", "old", "new")
    spans: dict[int, list[Decimal]] = defaultdict(list)
    for deal, old, new in reversed(list(rows[:MOST_CHANGES])):
        spans[deal] += [amount for amount in (_amount(old), _amount(new)) if amount is not None]
    least = rules.thresholds.change_amount
    return {
        deal: (amounts[0], amounts[-1])
        for deal, amounts in spans.items()
        if len(amounts) > 1 and abs(amounts[-1] - amounts[0]) >= least
    }


def _amount(value: object) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
