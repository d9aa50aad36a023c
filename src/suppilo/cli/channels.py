"""``suppilo channels``: what channels cost and bring."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from suppilo.cli.channel_files import read_figures
from suppilo.cli.output import align, count_of, echo_json, echo_text

if TYPE_CHECKING:
    from suppilo.analytics.channels import ChannelResult


_NONE = "—"
_DIGITS = 60
"""Sums have no more: they stay exact."""


@click.command("channels")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@click.option("--by", metavar="COLUMN", help="What stands apart: a channel, a campaign, a partner.")
@click.option("--impressions", metavar="COLUMN")
@click.option("--clicks", metavar="COLUMN")
@click.option("--cost", metavar="COLUMN")
@click.option("--touches", metavar="COLUMN", help="People who came through it first.")
@click.option("--leads", metavar="COLUMN")
@click.option("--customers", metavar="COLUMN", help="Leads that were won.")
@click.option("--revenue", metavar="COLUMN")
@click.option("--margin", metavar="COLUMN")
@click.option("--currency", metavar="COLUMN", help="Amounts of different ones are never added.")
@click.option("--date", metavar="COLUMN", help="The day of the row, for the payback.")
@click.option(
    "--dayfirst/--monthfirst", default=None, help="Read 03/04/2026 as 3 April, or as March 4."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def channels_command(
    files: tuple[str, ...], as_json: bool, dayfirst: bool | None, **columns: str | None
) -> None:
    """Say what channels cost and bring: CPM to ROMI, how good leads are, and the payback.

    FILES are CSV, a row for each day, campaign or advertisement. Columns not named are guessed.
    The payback needs the day of each cost and margin.
    The share of leads won is drawn towards what channels are usually like, the more the fewer
    leads there are (beta-binomial).

    \b
    suppilo channels ads.csv --by campaign --leads sign_ups --customers orders
    """  # noqa: D301 (click reads the escape)
    found, undated = _report(files, columns, dayfirst)
    if undated:
        click.echo(
            f"no payback of {count_of(undated, 'channel')}: rows of cost or margin have no date "
            "that reads like 2026-01-31 or 31.01.2026; name the column with --date, or say "
            "--dayfirst or --monthfirst",
            err=True,
        )
    if as_json:
        echo_json({"channels": [one.to_dict() for one in found]})
    else:
        echo_text("\n".join(_describe(found)))


@dataclass(slots=True)
class _Sums:
    """A channel's sums; ``spent`` and ``back`` are cost and margin by day, None being no day."""

    whole: dict[str, Any] = field(default_factory=dict)
    spent: dict[date | None, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    back: dict[date | None, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, day: date | None, figures: Mapping[str, int | Decimal]) -> None:
        for name, figure in figures.items():
            self.whole[name] = self.whole.get(name, 0) + figure
        for by_day, name in ((self.spent, "cost"), (self.back, "margin")):
            if amount := figures.get(name):
                by_day[day] += Decimal(amount)

    @property
    def is_undated(self) -> bool:
        """Whether a payback could be told, had all cost and margin a day."""
        return bool(self.spent and self.back) and (None in self.spent or None in self.back)

    def find_payback(self) -> int | None:
        """Return after how many days the margin had brought the cost back, where that is known."""
        from suppilo.analytics.channels import find_payback

        spent = [day for day in self.spent if day is not None]
        back = [(day, margin) for day, margin in self.back.items() if day is not None]
        cost = self.whole.get("cost", Decimal(0))
        if self.is_undated or not spent or cost <= 0:
            return None
        return find_payback(cost, min(spent), back)


def _report(
    files: Sequence[str], columns: Mapping[str, str | None], dayfirst: bool | None
) -> tuple[list[ChannelResult], int]:
    """Return the channels, and of how many rows without a date keep the payback unknown."""
    from suppilo.analytics.channels import ChannelFigures, ChannelResult, shrink_qualities

    sums: defaultdict[tuple[str, str], _Sums] = defaultdict(_Sums)
    with localcontext(prec=_DIGITS):
        for file in files:
            for key, day, figures in read_figures(Path(file), columns, dayfirst):
                sums[key].add(day, figures)
        paybacks = [one.find_payback() for one in sums.values()]
    figures_of = [ChannelFigures(**one.whole) for one in sums.values()]
    found = [
        ChannelResult(*key, figures, quality, payback)
        for key, figures, quality, payback in zip(
            sums, figures_of, shrink_qualities(figures_of), paybacks, strict=True
        )
    ]
    ordered = sorted(found, key=lambda one: (one.currency, -(one.figures.cost or 0), one.name))
    return ordered, sum(one.is_undated for one in sums.values())


_SPENT = ("Impressions", "Clicks", "Touches", "Cost", "CPM", "CTR", "CPC")
_BROUGHT = ("Leads", "Touch → lead", "CPL", "Won", "Lead → won", "CAC", "Revenue", "RPM", "Margin",
            "ROMI", "Payback")  # fmt: skip


def _describe(found: Sequence[ChannelResult]) -> Iterator[str]:
    """Yield what channels cost, and below it what they brought; figures nobody has are left out."""
    yield from _align(_SPENT, found, [_spent_cells(one) for one in found])
    yield ""
    yield from _align(_BROUGHT, found, [_brought_cells(one) for one in found])
    few = sum(0 < one.figures.leads < 30 for one in found)
    if few:
        yield f"{few} with fewer than 30 leads: a rough figure"


def _align(
    head: Sequence[str], found: Sequence[ChannelResult], rows: Sequence[Sequence[str]]
) -> Iterator[str]:
    from suppilo.charts.words import clean

    shown = [place for place in range(len(head)) if any(row[place] != _NONE for row in rows)]
    table = [("Channel", "", *(head[place] for place in shown))]
    table += [
        (clean(one.name), clean(one.currency), *(row[place] for place in shown))
        for one, row in zip(found, rows, strict=True)
    ]
    yield from align(table, left=2)


def _spent_cells(one: ChannelResult) -> tuple[str, ...]:
    figures = one.figures
    return (
        _count(figures.impressions), _count(figures.clicks), _count(figures.touches),
        _money(figures.cost), _money(figures.cpm), _rate(figures.ctr, 3), _money(figures.cpc),
    )  # fmt: skip


def _brought_cells(one: ChannelResult) -> tuple[str, ...]:
    figures, quality = one.figures, one.quality
    won = _rate(figures.quality)
    if quality is not None:
        bounds = quality.interval
        won += f" ({_rate(quality.rate)}: {_rate(bounds.lower)}–{_rate(bounds.upper)})"
    return (
        _count(figures.leads), _rate(figures.touch_rate), _money(figures.cpl),
        _count(figures.customers), won, _money(figures.cac), _money(figures.revenue),
        _money(figures.rpm), _money(figures.margin), _rate(figures.romi),
        _NONE if one.payback_days is None else f"{one.payback_days:,} d",
    )  # fmt: skip


def _count(count: int | None) -> str:
    return _NONE if count is None else f"{count:,}"


def _money(amount: Decimal | None) -> str:
    return _NONE if amount is None else f"{amount:,.2f}"


def _rate(rate: float | None, digits: int = 1) -> str:
    return _NONE if rate is None else f"{100 * rate:.{digits}f} %"
