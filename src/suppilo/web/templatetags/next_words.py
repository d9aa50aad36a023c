"""Advice on what to do next, in words and small pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from suppilo.analytics.next_action import Lift
from suppilo.apps.next_action.advice import Advice, Option
from suppilo.apps.next_action.words import name_action, whole_points
from suppilo.charts.page import lift_picture
from suppilo.web.templatetags.funnel_words import localise
from suppilo.web.views.funnels.parts.trend import drawn

register = template.Library()


@register.filter
def action_words(option: Option) -> str:
    """Return what to do, beginning with a capital."""
    words = name_action(option.name, option.entry)
    return words[:1].upper() + words[1:]


@register.filter
def lift_words(lift: Lift) -> str:
    """Return a difference of shares with its range, in points."""
    return _("%(points)s (%(low)s to %(high)s)") % {
        "points": whole_points(lift.difference),
        "low": whole_points(lift.interval.lower),
        "high": whole_points(lift.interval.upper),
    }


@register.filter
def points_words(lift: Lift) -> str:
    """Return a difference of shares in points."""
    return whole_points(lift.difference)


@register.filter
def days_words(lift: Lift) -> str:
    """Return a difference of days with its range."""
    figures = (lift.difference, lift.interval.lower, lift.interval.upper)
    middle, low, high = (f"{figure:+.1f}".replace("-", "−") for figure in figures)
    return _("%(days)s (%(low)s to %(high)s)") % {"days": middle, "low": low, "high": high}


@register.filter
def lift_drawn(lift: Lift) -> SafeString:
    """Return a difference of shares as a small picture."""
    return drawn(lift_picture(lift.difference, lift.interval.lower, lift.interval.upper))


@register.filter
def advice_for(advice: Mapping[int, Advice], deal: Any) -> Option | None:
    """Return what to do next for a deal of a list; None where nothing stands out."""
    found = advice.get(deal.pk) if deal is not None else None
    return found.best if found is not None else None


@register.filter
def percent_of(share: float) -> str:
    """Return a share in whole per cent, with a decimal from 95 on: 60 %, 97.5 %."""
    text = f"{100 * share:.{1 if share > 0.95 else 0}f}".removesuffix(".0")
    return localise(f"{text} %")
