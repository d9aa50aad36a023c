"""The model's time in words: days, or occasions to buy at."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from suppilo.analytics.value.occasions import OCCASIONS, Occasion
from suppilo.analytics.value.report import ValueReport
from suppilo.web.templatetags.funnel_words import count


@dataclass(frozen=True, slots=True)
class UnitNames:
    """What columns are called: when somebody bought, and how long ago that was."""

    bought: str
    silent: str


_NAMES = {
    "day": (gettext_lazy("Purchase days"), gettext_lazy("Days silent")),
    "week": (gettext_lazy("Weeks with a purchase"), gettext_lazy("Weeks silent")),
    "month": (gettext_lazy("Months with a purchase"), gettext_lazy("Months silent")),
    "year": (gettext_lazy("Years with a purchase"), gettext_lazy("Years silent")),
}


def names_of(report: ValueReport) -> UnitNames:
    """Return what columns of customers are called."""
    bought, silent = _NAMES[report.occasions or "day"]
    return UnitNames(str(bought), str(silent))


def choices() -> list[tuple[Occasion, str]]:
    """Return the occasions that can be chosen, and what they are called."""
    names = {"day": _("each day"), "week": _("each week"), "month": _("each month"),
             "year": _("each year")}  # fmt: skip
    return [(every, names[every]) for every in OCCASIONS]


def span_ahead(report: ValueReport) -> str:
    """Return how far a report looks ahead: 365 days, 12 months."""
    number = round(report.ahead)
    texts = {
        "day": ngettext("%(n)s day", "%(n)s days", number),
        "week": ngettext("%(n)s week", "%(n)s weeks", number),
        "month": ngettext("%(n)s month", "%(n)s months", number),
        "year": ngettext("%(n)s year", "%(n)s years", number),
    }
    return texts[report.occasions or "day"] % {"n": count(number)}
