"""Figures of funnels as text, in the reader's language and with its separators."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.charts import words
from suppilo.web.channels import CHANNELS, channel_label

register = template.Library()

_SEPARATOR = re.compile(r"(?<=\d)[.,](?=\d)")


def localise(text: str) -> str:
    """Return figures with the separators of the language in use.

    Examples
    --------
    >>> localise("1,234.5 %")
    '1,234.5 %'
    """
    signs = {".": get_format("DECIMAL_SEPARATOR"), ",": get_format("THOUSAND_SEPARATOR")}
    return _SEPARATOR.sub(lambda found: str(signs[found[0]]), text)


@register.filter
def count(value: float | None) -> str:
    """Return a count with thousands apart."""
    return localise(words.number(value))


@register.filter
def rate(value: Any) -> str:
    """Return a share 0..1 as per cent."""
    return localise(words.rate(None if value is None else float(value)))


@register.filter
def points(value: Any) -> str:
    """Return a difference of two shares in percentage points, with its sign."""
    return localise(words.points(value))


@register.filter
def odds(value: float | None) -> str:
    """Return an odds ratio."""
    return localise(words.odds(value))


@register.filter
def p_said(value: float | None) -> str:
    """Return a p-value with its name: p = 0.04."""
    return localise(words.p_words(value))


@register.filter
def chance(value: float | None) -> str:
    """Return a p-value."""
    return localise(words.p_value(value))


@register.filter
def duration(seconds: float | None) -> str:
    """Return a length of time in the unit that suits it."""
    return localise(words.duration(seconds))


@register.filter
def one_in(value: float | None) -> str:
    """Return a share as a proportion such as ``1 : 80``."""
    return localise(words.one_in(value))


@register.simple_tag
def span(lower: float | None, upper: float | None) -> str:
    """Return the interval of a share."""
    return localise(words.rate_range(lower, upper))


@register.simple_tag
def odds_span(lower: float | None, upper: float | None) -> str:
    """Return the interval of an odds ratio."""
    return localise(words.odds_range(lower, upper))


@register.filter
def shown(text: Any) -> str:
    """Return a name of foreign origin that can do nothing but be read."""
    return words.clean(str(text))


@register.simple_tag
def value_name(value: Any, by: str = "") -> str:
    """Return what to call a property's value: a channel by its name, nothing as such."""
    if value is None:
        return _("(no value)")
    return channel_label(value) if by == "channel" and value in CHANNELS else words.name_of(value)


@register.simple_tag
def unit_count(value: int, unit: str = "person") -> str:
    """Return how many people, companies or deals, in words."""
    words_of = {
        "company": ngettext("{n} company", "{n} companies", value),
        "deal": ngettext("{n} deal", "{n} deals", value),
    }
    text = words_of.get(unit) or ngettext("{n} person", "{n} people", value)
    return text.format(n=count(value))


@register.filter
def units_name(unit: str) -> str:
    """Return what a funnel counts, as many."""
    return {"company": _("companies"), "deal": _("deals")}.get(unit) or _("people")


@register.filter
def unit_name(unit: str) -> str:
    """Return what a funnel counts, as one, as a heading."""
    return {"company": _("Company"), "deal": _("Deal")}.get(unit) or _("Person")


@register.filter
def error_at(errors: Mapping[str, str], field: str) -> str:
    """Return the mistake at a field, if there is one."""
    return errors.get(field, "")


@register.filter
def error_id(field: str) -> str:
    """Return the id of the place where a field's mistake stands."""
    return "e-" + (field or "whole").replace(".", "-")


@register.filter
def field_list(text: str) -> list[str]:
    """Return the names in a line of text."""
    return text.split()


@register.filter
def option_labels(names: str) -> list[tuple[str, str]]:
    """Return the builder's options with what stands above them."""
    labels = {
        "order": _("Steps happen"),
        "ties": _("At the same moment"),
        "entry": _("Of several tries"),
        "count": _("Count"),
    }
    return [(name, labels[name]) for name in names.split()]


@register.filter
def choices_of(choices: Mapping[str, Any], name: str) -> Any:
    """Return what an option can be."""
    return choices[name]


@register.filter
def draft_value(draft: Any, name: str) -> str:
    """Return what a draft says for an option."""
    return str(getattr(draft, name))


@register.filter
def moment(text: str) -> str:
    """Return an ISO time as a date with hours and minutes."""
    return f"{text[:10]} {text[11:16]}"
