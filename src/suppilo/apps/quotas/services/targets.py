"""Targets are set, a whole grid at a time; history keeps what they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.pipelines.models import Pipeline
from suppilo.apps.quotas.models import Measure, Quota, QuotaChange
from suppilo.apps.quotas.periods import Period, shift

MOST_AT_ONCE = 5_000
LARGEST = Decimal(10) ** 15
Key = tuple[int | None, int | None, int | None, Period, str, str]


@dataclass(frozen=True, slots=True)
class NewTarget:
    """A target as somebody wants it; :class:`Quota` says what each part means.

    ``target`` None takes one away.
    """

    period: Period
    measure: Measure
    target: Decimal | None
    user_id: int | None = None
    team_id: int | None = None
    pipeline_id: int | None = None
    currency: str = ""

    @property
    def key(self) -> Key:
        """What it is a target of."""
        return (
            self.user_id, self.team_id, self.pipeline_id, self.period, str(self.measure),
            self.currency,
        )  # fmt: skip


@transaction.atomic
def set_targets(actor: User, targets: Sequence[NewTarget], *, now: datetime | None = None) -> int:
    """Set, change and take away targets, and return how many were changed.

    Raises
    ------
    PermissionDenied
        If the role may not manage quotas.
    ValidationError
        If one of them can't be; then none is set.
    """
    require(actor, Permission.MANAGE_QUOTAS)
    _check(targets)
    at = now or timezone.now()
    there = _read(targets)
    changed = 0
    for wanted in targets:
        quota = there.get(wanted.key)
        old = quota.target if quota else None
        if old == wanted.target:
            continue
        _write(quota, wanted, at)
        QuotaChange.objects.create(**_columns(wanted), old=old, new=wanted.target, by=actor, at=at)
        changed += 1
    if changed:
        record_audit(actor, "set_quotas", None, targets=changed)
    return changed


@transaction.atomic
def copy_targets(
    actor: User,
    period: Period,
    measure: Measure,
    *,
    currency: str = "",
    pipeline_id: int | None = None,
    now: datetime | None = None,
) -> int:
    """Take over the targets of the period before where there are none yet; return how many."""
    require(actor, Permission.MANAGE_QUOTAS)
    before = shift(period, -1)
    same = Quota.objects.filter(measure=measure, currency=currency, pipeline=pipeline_id,
                                span=period.span)  # fmt: skip
    taken = set(same.filter(starts_on=period.starts_on).values_list("user", "team"))
    wanted = [
        NewTarget(period, measure, quota.target, quota.user_id, quota.team_id, pipeline_id,
                  currency)
        for quota in same.filter(starts_on=before.starts_on)
        if (quota.user_id, quota.team_id) not in taken
    ]  # fmt: skip
    return set_targets(actor, wanted, now=now) if wanted else 0


def _check(targets: Sequence[NewTarget]) -> None:
    if len(targets) > MOST_AT_ONCE:
        raise ValidationError(_("Set at most %d targets at once.") % MOST_AT_ONCE)
    if len({wanted.key for wanted in targets}) < len(targets):
        raise ValidationError(_("One target is given twice."))
    for wanted in targets:
        if (wanted.user_id is None) == (wanted.team_id is None):
            raise ValidationError(_("A target is somebody's, or a team's."))
        if wanted.target is not None and not 0 < wanted.target < LARGEST:
            raise ValidationError(_("A target is more than nothing: leave it empty for none."))
        is_money = wanted.measure == Measure.WON_AMOUNT
        if is_money != bool(wanted.currency):
            raise ValidationError(_("Amounts have a currency, counts have none."))
    _check_there(User, {one.user_id for one in targets}, _("There is nobody of this id."))
    _check_there(Team, {one.team_id for one in targets}, _("There is no such team."))
    _check_there(Pipeline, {one.pipeline_id for one in targets}, _("There is no such pipeline."))


def _check_there(
    model: type[User] | type[Team] | type[Pipeline], ids: set[int | None], text: str
) -> None:
    wanted = {number for number in ids if number is not None}
    if wanted and model.objects.filter(pk__in=wanted).count() < len(wanted):
        raise ValidationError(text)


def _read(targets: Sequence[NewTarget]) -> dict[Key, Quota]:
    days = {wanted.period.starts_on for wanted in targets}
    found = Quota.objects.select_for_update().filter(starts_on__in=days)
    periods = {
        (str(wanted.period.span), wanted.period.starts_on): wanted.period for wanted in targets
    }
    return {
        (quota.user_id, quota.team_id, quota.pipeline_id, period, quota.measure, quota.currency):
            quota
        for quota in found
        if (period := periods.get((quota.span, quota.starts_on))) is not None
    }  # fmt: skip


def _columns(wanted: NewTarget) -> dict[str, object]:
    return {
        "user_id": wanted.user_id,
        "team_id": wanted.team_id,
        "pipeline_id": wanted.pipeline_id,
        "span": wanted.period.span,
        "starts_on": wanted.period.starts_on,
        "measure": wanted.measure,
        "currency": wanted.currency,
    }


def _write(quota: Quota | None, wanted: NewTarget, at: datetime) -> None:
    if wanted.target is None:
        if quota is not None:
            quota.delete()
        return
    if quota is None:
        quota = Quota(**_columns(wanted))
    quota.target, quota.updated_at = wanted.target, at
    quota.save()
