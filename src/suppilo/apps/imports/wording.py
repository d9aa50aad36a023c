"""What the reader of files says to the command line, said to who has a form before them."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_PHRASES = {
    "add --timezone, e.g. --timezone Europe/Riga or --timezone UTC": gettext_lazy(
        "write their time zone below, e.g. Europe/Riga or UTC"
    ),
    "add --dayfirst or --monthfirst": gettext_lazy("say below which it is"),
}
_FIELDS = {
    "--path": gettext_lazy("Person"),
    "--event": gettext_lazy("Event"),
    "--at": gettext_lazy("Time"),
    "--event-id": gettext_lazy("Event id"),
    "--session": gettext_lazy("Session"),
    "--event-name": gettext_lazy("One name for all events"),
    "--wide": gettext_lazy("Stages in columns"),
    "--timezone": gettext_lazy("Time zone"),
}
_OPTION = re.compile(r"--[a-z]+(?:-[a-z]+)*")


def name_fields(message: str) -> str:
    """Return a message with the form's fields where it names options of the command line."""
    for phrase, said in _PHRASES.items():
        message = message.replace(phrase, str(said))
    return _OPTION.sub(_name_field, message)


def _name_field(option: re.Match[str]) -> str:
    label = _FIELDS.get(option[0])
    return option[0] if label is None else _("“%(field)s”") % {"field": label}
