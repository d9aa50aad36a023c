"""Why an event was refused, in words, with what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_REASONS = {
    "no_identity": _("It says of nobody: no usable user id or device id. Set one with a rule."),
    "no_event_name": _("It has no name. Set “event” with a rule."),
    "not_an_object": _("It is no JSON object. The sender has to be mended."),
    "too_large": _("It is larger than is kept. Send less with each event."),
    "too_deep": _("Its values are nested too deep. Send them flatter."),
    "too_many_keys": _("It has too many properties. Send only those that reports need."),
    "too_many_event_names": _(
        "There are 10,000 event names already. Put what differs into a property."
    ),
    "unknown_type": _("Its type is none that is known. Set “type” with a rule."),
    "reserved_identifier": _(
        "Its user or device id begins with “suppilo:”, which only this server's own do."
    ),
    "could_not_be_processed": _("It could not be processed, in three attempts."),
}


def explain_reason(reason: str) -> StrOrPromise:
    """Return what a reason means; the reason itself where nobody wrote it down."""
    return _REASONS.get(reason, reason)
