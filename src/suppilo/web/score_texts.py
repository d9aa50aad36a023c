"""What was learnt of chances, in words, where the pages say more than the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from suppilo.analytics.scores import LearnedReason
from suppilo.charts import words
from suppilo.charts.scores import learned_reason


def subject_words(kind: str, subject: str, detail: str = "") -> str:
    """Return what a chance looks at, in words."""
    named = {
        "event": _("Event %(name)s"), "property": _("Property %(name)s"),
        "time": _("When first and last seen"), "sessions": _("Visits"),
        "channel": _("Channels"), "probability": _("The chance itself"),
    }[kind] % {"name": words.clean(subject)}  # fmt: skip
    return f"{named}, {_detail(detail)}" if detail else named


def _detail(detail: str) -> str:
    known = {
        "7d": _("in 7 days"), "30d": _("in 30 days"), "90d": _("in 90 days"), "ever": _("ever"),
        "since_first": _("days since the first"), "since_last": _("days since the last"),
        "channels": _("how many"), "number": _("its number"), "known": _("whether known"),
    }  # fmt: skip
    return known.get(detail, words.clean(detail))


def kept_reason(reason: Mapping[str, Any]) -> str:
    """Return in words what moves somebody's chance, and whether up or down, as it was kept."""
    return learned_reason(LearnedReason(**reason))


def drift_words(level: str) -> str:
    """Return a verdict on how far something has moved."""
    return {"steady": _("as then"), "moved": _("has moved"), "other": _("is another")}[level]
