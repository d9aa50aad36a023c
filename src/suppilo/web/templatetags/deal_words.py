"""Deals' figures and states in words."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.apps.catalogue.sums import effective_discount
from suppilo.apps.deals.models import LineItem, MoveKind, StageChange
from suppilo.apps.deals.money import line_amount
from suppilo.web.templatetags.funnel_words import localise

register = template.Library()

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:\d\d|Z)?)?")


@register.filter
def share(value: Decimal | float | None) -> str:
    """Return a share 0..1 as per cent, with a decimal where there is one: 5 %, 12.5 %."""
    if value is None:
        return "–"
    text = f"{100 * Decimal(str(value)):.1f}"
    return localise(f"{text.removesuffix('.0')} %")


@register.filter
def joined(values: Any) -> str:
    """Return a list of texts in one line."""
    return ", ".join(map(str, values or []))


@register.filter
def past_value(value: Any) -> str:
    """Return a value of a field's history in words."""
    if value in (None, "", []):
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        if value and isinstance(value[0], dict):
            lines = (f"{one.get('quantity')} × {one.get('description')}" for one in value)
            return ", ".join(lines)
        return ", ".join(map(str, value))
    return _moment_words(str(value)) if isinstance(value, str) else str(value)


def _moment_words(text: str) -> str:
    """Return a text; where it is a day or a time, as people write those."""
    if not _MOMENT.fullmatch(text):
        return text
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        return date_format(found, "SHORT_DATE_FORMAT")
    return date_format(timezone.localtime(found), "SHORT_DATETIME_FORMAT")


@register.filter
def move_words(change: StageChange) -> str:
    """Return a move in words: Stage Demo → Quote."""
    if change.from_stage is None:
        return _("Opened in %s") % change.to_stage.name
    if change.kind in {MoveKind.ADVANCE, MoveKind.BACK}:
        return _("Stage %(before)s → %(after)s") % {
            "before": change.from_stage.name, "after": change.to_stage.name,
        }  # fmt: skip
    return f"{change.get_kind_display()}: {change.from_stage.name} → {change.to_stage.name}"


@register.filter
def gates_words(change: StageChange) -> str:
    """Return what a move's gates found, in words; empty where nothing was asked for."""
    asked = len(change.evidence)
    waived = sum(bool(one.get("waived")) for one in change.evidence)
    if waived:
        return ngettext("%(n)d criterion waived", "%(n)d criteria waived", waived) % {"n": waived}
    unmet = sum(not one["met"] for one in change.evidence)
    if unmet:
        return ngettext("%(n)d criterion not met", "%(n)d criteria not met", unmet) % {"n": unmet}
    if not asked:
        return ""
    return ngettext("its gate met", "all %(n)d gates met", asked) % {"n": asked}


@register.filter
def plain_number(value: Decimal) -> str:
    """Return a number without needless zeros."""
    text = f"{value:f}"
    return localise(text.rstrip("0").rstrip(".") if "." in text else text)


@register.filter
def line_sum(item: LineItem, currency: str) -> Decimal:
    """Return what a line comes to."""
    return line_amount(item, currency)


@register.filter
def given_off(item: LineItem) -> Decimal:
    """Return what a line gives off its list price, by a lower price, a discount or both; 0..1."""
    return effective_discount(item)


@register.filter
def part_of(value: Decimal, whole: Decimal) -> Decimal:
    """Return what share one amount is of another."""
    return value / whole
