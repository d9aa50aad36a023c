"""The frame around every page."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import RequestContext
from django.template.loader import get_template
from django.utils.safestring import SafeString

register = template.Library()

_KEY = "suppilo.navigation"


@register.simple_tag(takes_context=True)
def navigation(context: RequestContext) -> SafeString:
    """Write the navigation: made once for a page, which has it for wide screens and narrow ones."""
    made = context.render_context
    if _KEY not in made:
        found: Any = get_template("includes/navigation.html")
        made[_KEY] = found.template.render(context)
    return SafeString(made[_KEY])
