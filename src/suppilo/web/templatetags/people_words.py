"""People's figures and sources in words."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.people.models.identity import MANUAL
from suppilo.apps.people.values import as_datetime
from suppilo.web.channels import channel_label

register = template.Library()

_KINDS = {
    "identify": gettext_lazy("logged in"),
    "alias": gettext_lazy("given as another name"),
    "manual": gettext_lazy("merged by hand"),
}


@register.filter
def channel(value: str) -> str:
    """Return a channel as it is called."""
    return channel_label(value)


@register.filter
def moment(at_us: int | None) -> datetime | None:
    """Return microseconds since 1970 UTC as a time."""
    return None if at_us is None else as_datetime(at_us)


@register.filter
def value_text(value: Any) -> str:
    """Return a property's value in one line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@register.filter
def link_kind(value: str) -> str:
    """Return in words what a link was made of."""
    return str(_KINDS.get(value, value))


@register.filter
def origin_name(origin: str, names: dict[str, str] | None = None) -> str:
    """Return in words who said something.

    Parameters
    ----------
    names
        The names of the origins of this page.
    """
    if origin == MANUAL:
        return _("By hand")
    if names and origin in names:
        return names[origin]
    kind, _colon, number = origin.partition(":")
    words = {"source": _("Source %s"), "import": _("Import %s")}
    return words[kind] % number if kind in words else origin
