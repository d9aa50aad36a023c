"""Call a deal, call a figure, keep a forecast."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.analytics.forecast import Forecast
from suppilo.analytics.periods import to_local
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.selectors import get_deal
from suppilo.apps.forecasts.ask import ForecastAnswer
from suppilo.apps.forecasts.categories import last_figures
from suppilo.apps.forecasts.models import (
    Category,
    DealCall,
    FigureCall,
    MadeForecast,
    MadePeriod,
)
from suppilo.apps.pipelines.models import Pipeline

LARGEST = Decimal(10) ** 15
_LONGEST_NOTE = 300
_CENT = Decimal("0.01")


def may_call(user: User, deal: Deal) -> bool:
    """Return whether somebody may call a deal: its seller, or who sees all deals."""
    if not allows(user, Permission.EDIT_DEALS):
        return False
    return deal.owner_id == user.pk or allows(user, Permission.SEE_ALL_DEALS)


@transaction.atomic
def call_deal(actor: User, deal_id: int, category: str, *, note: str = "") -> DealCall:
    """Put an open deal into a category; an empty one takes the call back.

    Raises
    ------
    PermissionDenied
        If the deal is not the actor's to call.
    Deal.DoesNotExist
        If there is no such deal, or the actor may not see it.
    ValidationError
        If the deal is not open, or there is no such category.
    """
    require(actor, Permission.EDIT_DEALS)
    deal = get_deal(actor, deal_id)
    if not may_call(actor, deal):
        raise PermissionDenied("call_deal")
    if not deal.is_open:
        raise ValidationError(_("Only open deals can be called. This one has ended."))
    if category and category not in Category.values:
        raise ValidationError(
            _("Choose commit, best case, pipeline or omitted; or nothing, to take the call back.")
        )
    before = DealCall.objects.filter(deal=deal).first()
    call = DealCall.objects.create(
        deal=deal, category=category, note=_clean_note(note), by=actor, at=timezone.now()
    )
    was = before.category if before is not None else ""
    record_audit(actor, "call_deal", deal, category=category, before=was)
    return call


def may_call_figure(actor: User, user: User) -> bool:
    """Return whether somebody may call a person's month: one's own, or as who sets quotas."""
    if allows(actor, Permission.MANAGE_QUOTAS):
        return True
    return actor.pk == user.pk and allows(actor, Permission.EDIT_DEALS)


@transaction.atomic
def call_figure(
    actor: User, user: User, pipeline: Pipeline, starts_on: date, currency: str,
    amount: Decimal | None, *, note: str = "",
) -> FigureCall:  # fmt: skip
    """Say what somebody will win in a month; None takes it back.

    Raises
    ------
    PermissionDenied
        If it is not the actor's to say.
    ValidationError
        If the month, currency or amount can't be.
    """
    if not may_call_figure(actor, user):
        raise PermissionDenied("call_figure")
    if starts_on.day != 1:
        raise ValidationError(_("Name the month by its first day, such as 2026-11-01."))
    if len(currency) != 3 or not currency.isascii() or not currency.isupper():
        raise ValidationError(_("Write the currency as three capital letters, such as EUR."))
    if amount is not None and not (amount.is_finite() and 0 <= amount < LARGEST):
        raise ValidationError(_("Write an amount of 0 or more."))
    call = FigureCall.objects.create(
        user=user, pipeline=pipeline, starts_on=starts_on, currency=currency, amount=amount,
        note=_clean_note(note), by=actor, at=timezone.now(),
    )  # fmt: skip
    record_audit(
        actor, "call_figure", user, month=starts_on.isoformat(), pipeline=str(pipeline),
        amount=None if amount is None else f"{amount} {currency}",
    )  # fmt: skip
    return call


def _clean_note(note: str) -> str:
    if len(note) > _LONGEST_NOTE:
        raise ValidationError(_("Write a note of at most 300 characters."))
    return note.strip()


@transaction.atomic
def keep_forecast(
    actor: User | None, answer: ForecastAnswer, *, is_daily: bool = False
) -> list[MadeForecast]:
    """Keep a pipeline's or segment's forecast as it is, to be scored when its periods are over.

    Parameters
    ----------
    actor
        None: the server itself.

    Raises
    ------
    PermissionDenied
        If the actor does not see all deals, or may not save reports.
    IntegrityError
        If it is the day's, and there is one of this day.
    """
    if actor is not None:
        require(actor, Permission.SEE_ALL_DEALS)
        require(actor, Permission.SAVE_REPORTS)
    kept = [_keep(actor, answer, one, is_daily=is_daily) for one in answer.forecasts]
    if actor is not None:
        asked = answer.asked
        of = {} if asked.segment is None else {"segment": asked.segment.name}
        record_audit(actor, "keep_forecast", asked.pipeline, every=asked.every, **of)
    return kept


def _keep(
    actor: User | None, answer: ForecastAnswer, forecast: Forecast, *, is_daily: bool
) -> MadeForecast:
    asked = answer.asked
    made_at = to_local(forecast.as_of_us, "UTC")
    same = MadeForecast.objects.filter(
        pipeline=asked.pipeline, segment=asked.segment, every=asked.every,
        currency=forecast.currency,
        made_at__gte=to_local(forecast.periods[0].start_us, "UTC"),
    )  # fmt: skip
    made = MadeForecast.objects.create(
        pipeline=asked.pipeline, segment=asked.segment, every=asked.every,
        currency=forecast.currency, made_at=made_at,
        made_on=timezone.localtime(made_at, timezone.get_default_timezone()).date(),
        is_daily=is_daily, is_opening=not same.exists(), made_by=actor,
        ended=forecast.history.ended, won=forecast.history.won,
    )  # fmt: skip
    MadePeriod.objects.bulk_create(_periods(made, answer, forecast))
    return made


def _periods(
    made: MadeForecast, answer: ForecastAnswer, forecast: Forecast
) -> Sequence[MadePeriod]:
    return [
        MadePeriod(
            forecast=made, ahead=ahead, starts_at=to_local(one.start_us, "UTC"),
            ends_at=to_local(one.end_us, "UTC"), won=one.won,
            weighted=Decimal(one.weighted).quantize(_CENT),
            quantiles=[round(value, 2) for value in one.quantiles],
            called=_called(answer, forecast, one.start),
        )
        for ahead, one in enumerate(forecast.periods, 1)
    ]  # fmt: skip


def _called(answer: ForecastAnswer, forecast: Forecast, start: date) -> Decimal | None:
    # What people call is of all their deals.
    if answer.asked.every != "month" or answer.asked.segment is not None:
        return None
    figures = last_figures(answer.asked, forecast.currency, start)
    return sum((one.amount or Decimal(0) for one in figures), Decimal(0)) if figures else None
