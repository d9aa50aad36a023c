"""What a customer costs through each channel, beside how many of its leads are won."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.analytics.channels import ChannelFigures, ChannelResult
from suppilo.apps.insights.channels import ChannelLine
from suppilo.charts.page import RowBar, rows_picture
from suppilo.charts.words import number
from suppilo.web.templatetags.funnel_words import rate
from suppilo.web.templatetags.money import money
from suppilo.web.templatetags.spend_words import cents
from suppilo.web.views.funnels.parts.trend import drawn
from suppilo.web.views.insights.channels.asked import Asked

SIZES = (("middle", 560), ("narrow", 330))
MOST_DRAWN = 12
FEWEST_CUSTOMERS = 5
"""Of fewer customers the page makes no sentence of what they cost, and draws it pale."""

Pictures = Sequence[tuple[str, SafeString]]


@dataclass(frozen=True, slots=True)
class CurrencyPictures:
    """Two pictures of the same channels in the same order; ``hidden`` more are in the table."""

    currency: str
    costs: Pictures
    wins: Pictures
    hidden: int


def draw_channels(asked: Asked, lines: Sequence[ChannelLine]) -> Iterator[CurrencyPictures]:
    """Yield the pictures of each currency in which some customer has a cost, the cheapest first."""
    for currency in dict.fromkeys(line.result.currency for line in lines):
        of_it = [
            line for line in lines
            if line.result.currency == currency and (line.result.figures.leads or _cost(line))
        ]  # fmt: skip
        if any(_cost(line) for line in of_it):
            of_it.sort(key=_order)
            shown = of_it[:MOST_DRAWN]
            yield CurrencyPictures(
                currency, _costs(asked, shown, currency), _wins(asked, shown),
                len(of_it) - len(shown),
            )  # fmt: skip


def _cost(line: ChannelLine) -> Decimal:
    return line.result.figures.cac or Decimal(0)


def _order(line: ChannelLine) -> tuple[bool, Decimal, int]:
    """Return a place: by what a customer costs; at last what has no cost, by its leads."""
    cost = line.result.figures.cac
    return cost is None, cost or Decimal(0), -line.result.figures.leads


def _costs(asked: Asked, lines: Sequence[ChannelLine], currency: str) -> Pictures:
    bars = [
        RowBar(
            asked.name(line.result.name), ((float(_cost(line)), _look(line.result.figures)),),
            _cost_words(asked.name(line.result.name), line.result.figures, currency),
            _deals_url(asked, line, won="1") if line.result.figures.customers else "",
        )
        for line in lines
    ]  # fmt: skip

    def say(value: float) -> str:
        # A symbol would make the axis wider than its numbers; the heading names the currency.
        return number(value)

    return [(size, drawn(rows_picture(bars, say, width))) for size, width in SIZES]


def _cost_words(name: str, one: ChannelFigures, currency: str) -> str:
    if one.cac is None or one.cost is None:
        return _("%(name)s: no cost of a customer") % {"name": name}
    text = ngettext(
        "%(name)s: %(cac)s for a customer; %(n)s cost %(cost)s",
        "%(name)s: %(cac)s for each of %(n)s customers, who cost %(cost)s",
        one.customers,
    )
    said = {"cac": cents(one.cac, currency), "cost": money(one.cost, currency)}
    return text % {"name": name, "n": number(one.customers), **said}


def _wins(asked: Asked, lines: Sequence[ChannelLine]) -> Pictures:
    bars = [
        RowBar(
            asked.name(line.result.name), ((line.result.figures.quality or 0.0, "c-open"),),
            _("%(name)s: %(won)s of %(leads)s leads won") % {
                "name": asked.name(line.result.name),
                "won": number(line.result.figures.customers),
                "leads": number(line.result.figures.leads),
            },
            _deals_url(asked, line) if line.result.figures.leads else "",
            _likely(line.result),
        )
        for line in lines
    ]  # fmt: skip
    return [(size, drawn(rows_picture(bars, rate, width))) for size, width in SIZES]


def _look(one: ChannelFigures) -> str:
    return "c-main" if one.customers >= FEWEST_CUSTOMERS else "c-open"


def _likely(one: ChannelResult) -> tuple[float, float] | None:
    """Return where the share likely lies; as counted alone where channels are too few to tell."""
    bounds = one.figures.quality_interval if one.quality is None else one.quality.interval
    return None if bounds is None or not one.figures.leads else (bounds.lower, bounds.upper)


def _deals_url(asked: Asked, line: ChannelLine, **more: str) -> str:
    key = {"key": line.result.name, "currency": line.result.currency}
    return asked.url("channel_deals", **key, **more)
