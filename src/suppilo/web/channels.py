"""What channels are called on pages."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

CHANNELS = {
    "paid_search": gettext_lazy("Paid search"),
    "paid_social": gettext_lazy("Paid social"),
    "display": gettext_lazy("Display"),
    "organic_search": gettext_lazy("Organic search"),
    "organic_social": gettext_lazy("Organic social"),
    "email": gettext_lazy("E-mail"),
    "referral": gettext_lazy("Referral"),
    "partner": gettext_lazy("Partner"),
    "affiliate": gettext_lazy("Affiliate"),
    "direct": gettext_lazy("Direct"),
    "internal": gettext_lazy("Internal"),
    "other": gettext_lazy("Other"),
}


def channel_label(channel: str) -> str:
    """Return a channel as it is called; the text itself where it is none that we know."""
    return str(CHANNELS.get(channel, channel))
