"""``suppilo channels``: what channels cost and bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from suppilo.cli.channel_files import read_figures
from suppilo.cli.output import echo_json, echo_text

if TYPE_CHECKING:
    from suppilo.analytics.channels import ChannelResult


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
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def channels_command(files: tuple[str, ...], as_json: bool, **columns: str | None) -> None:
    """Say what channels cost and bring: CPM, CTR, CPC, CPL, CAC, ROMI, and how good leads are.

    FILES are CSV, a row for each day, campaign or advertisement. Columns not named are guessed.
    The share of leads won is drawn towards what channels are usually like, the more the fewer
    leads there are (beta-binomial).

    \b
    suppilo channels ads.csv --by campaign --leads sign_ups --customers orders
    """  # noqa: D301 (click reads the escape)
    found = _report(files, columns)
    if as_json:
        echo_json({"channels": [one.to_dict() for one in found]})
    else:
        echo_text(_describe(found))


def _report(files: Sequence[str], columns: Mapping[str, str | None]) -> list[ChannelResult]:
    from suppilo.analytics.channels import ChannelFigures, ChannelResult, shrink_qualities

    sums: dict[tuple[str, str], dict[str, Any]] = {}
    for file in files:
        for key, figures in read_figures(Path(file), columns):
            total = sums.setdefault(key, {})
            for name, figure in figures.items():
                total[name] = total.get(name, 0) + figure
    figures_of = [ChannelFigures(**total) for total in sums.values()]
    found = [
        ChannelResult(*key, figures, quality)
        for key, figures, quality in zip(
            sums, figures_of, shrink_qualities(figures_of), strict=True
        )
    ]
    return sorted(found, key=lambda one: (one.currency, -(one.figures.cost or 0), one.name))


def _describe(found: Sequence[ChannelResult]) -> str:
    head = ("Channel", "", "Cost", "CPM", "CTR", "CPC", "Leads", "CPL", "Lead → won", "CAC", "ROMI")
    table = [head, *(_cells(one) for one in found)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = (
        "  ".join(
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    )
    few = sum(0 < one.figures.leads < 30 for one in found)
    notes = [f"{few} with fewer than 30 leads: a rough figure"] if few else []
    return "\n".join([*lines, *notes])


def _cells(one: ChannelResult) -> tuple[str, ...]:
    figures, quality = one.figures, one.quality
    won = _rate(figures.quality)
    if quality is not None:
        bounds = quality.interval
        won += f" ({_rate(quality.rate)}: {_rate(bounds.lower)}–{_rate(bounds.upper)})"
    return (
        one.name, one.currency, _money(figures.cost), _money(figures.cpm), _rate(figures.ctr, 3),
        _money(figures.cpc), f"{figures.leads:,}", _money(figures.cpl), won,
        _money(figures.cac), _rate(figures.romi),
    )  # fmt: skip


def _money(amount: Decimal | None) -> str:
    return "—" if amount is None else f"{amount:,.2f}"


def _rate(rate: float | None, digits: int = 1) -> str:
    return "—" if rate is None else f"{100 * rate:.{digits}f} %"
