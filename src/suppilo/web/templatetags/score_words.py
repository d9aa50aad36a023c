"""Scores and their reasons in words."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.apps.people.values import as_datetime
from suppilo.web.score_texts import kept_reason
from suppilo.web.templatetags.funnel_words import localise

register = template.Library()


@register.filter
def score_points(value: float | None) -> str:
    """Return points as they are shown: whole from ten on; a dash for none.

    Examples
    --------
    >>> score_points(27.4)
    '27'
    >>> score_points(3.0)
    '3'
    """
    if value is None:
        return "–"
    text = f"{value:,.0f}" if abs(value) >= 10 else f"{value:.1f}".removesuffix(".0")
    return localise(text)


@register.filter
def signed_points(value: float) -> str:
    """Return points with their sign."""
    text = score_points(abs(value))
    return f"−{text}" if value < 0 else f"+{text}"


@register.filter
def reason_words(reason: dict[str, Any]) -> str:
    """Return what somebody has done or is: the rule's name, how often, and when last."""
    count, last_us = reason.get("count", 1), reason.get("last_us")
    if last_us is None:
        return str(reason["name"])
    said = {"name": reason["name"], "n": count, "when": naturaltime(as_datetime(last_us))}
    if count > 1:
        return ngettext(
            "%(name)s: %(n)d time, last %(when)s", "%(name)s: %(n)d times, last %(when)s", count
        ) % said  # fmt: skip
    return _("%(name)s: %(when)s") % said


@register.filter
def reasons_line(reasons: list[dict[str, Any]]) -> str:
    """Return the reasons that made most of a score, in one line."""
    return " · ".join(reason_words(reason) for reason in reasons[:3])


@register.filter
def chance_words(reason: dict[str, Any]) -> str:
    """Return what moves somebody's chance, and whether up or down."""
    return kept_reason(reason)


@register.filter
def chances_line(reasons: list[dict[str, Any]]) -> str:
    """Return what moves a chance most, in one line."""
    return " · ".join(map(chance_words, reasons))
