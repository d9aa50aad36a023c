"""``suppilo value``: what customers are worth."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from suppilo.cli.mapping import mapping_options, take_mapping
from suppilo.cli.observed import parse_as_of
from suppilo.cli.output import OUTPUT_FILE, count_of, echo_json, echo_text, naming
from suppilo.cli.progress import reading_progress

if TYPE_CHECKING:
    from suppilo.analytics.intervals import Interval
    from suppilo.analytics.value.purchases import Purchases
    from suppilo.analytics.value.report import HoldOut, ValueReport
    from suppilo.sources import OpenedSource

_DAY_US = 86_400_000_000


@click.command("value")
@click.argument("sources", nargs=-1, required=True)
@click.option(
    "--purchase", "purchases", multiple=True, metavar="EVENT", required=True,
    help="An event that is a purchase.",
)  # fmt: skip
@click.option("--amount", metavar="PROPERTY", help="For how much; without it only how often.")
@click.option("--where", metavar="CONDITION", help="Only purchases that meet it.")
@click.option("--horizon", default="365d", show_default=True, help="How far to look ahead: 26w.")
@click.option(
    "--discount", type=click.FloatRange(0, 10), default=0.1, show_default=True,
    help="Yearly rate at which money to come is worth less.",
)  # fmt: skip
@click.option(
    "--occasions", type=click.Choice(["day", "week", "month", "year"]),
    help="Customers buy or don't each month, say (BG/BB); by default at any time (BG/NBD).",
)  # fmt: skip
@click.option("--as-of", metavar="TIME", help="End of the observation; by default the last one.")
@mapping_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--customers", type=OUTPUT_FILE, help="Write each customer as CSV.")
def value_command(sources: tuple[str, ...], **options: Any) -> None:
    """Say what customers are worth: who still buys, how often, and for how much.

    SOURCES are files, patterns, or the folder of one lake, as for suppilo funnel.

    \b
    suppilo value orders.csv --path customer --at date --event-name order \\
        --purchase order --amount total --timezone UTC --horizon 26w
    """  # noqa: D301 (click reads the escape)
    from suppilo.analytics.periods import parse_duration
    from suppilo.analytics.value.purchases import read_purchases
    from suppilo.analytics.value.report import report_value
    from suppilo.sources import open_sources

    asked = {name: options.pop(name) for name in _ASKED}
    as_json, customers = options.pop("as_json"), options.pop("customers")
    horizon, as_of = options.pop("horizon"), options.pop("as_of")
    mapping = take_mapping(options)
    with (
        reading_progress("reading") as show,
        open_sources(sources, mapping, on_progress=show) as opened,
    ):
        try:
            horizon_days = parse_duration(horizon) / _DAY_US
            as_of_us = None if as_of is None else parse_as_of(as_of, mapping.timezone or "UTC")
            bought = read_purchases(
                opened.events, asked["purchases"], asked["amount"], asked["where"]
            )
            report = report_value(
                bought, as_of_us, horizon_days, asked["discount"], asked["occasions"],
                mapping.timezone or "UTC",
            )  # fmt: skip
        except ValueError as error:
            raise click.ClickException(str(error)) from error
        if customers is not None:
            with naming(customers):
                _write_customers(customers, report, bought, opened)
    if as_json:
        echo_json(report.to_dict())
    else:
        echo_text(_describe(report))


_ASKED = ("purchases", "amount", "where", "discount", "occasions")


def _describe(report: ValueReport) -> str:
    ahead = f"the next {count_of(round(report.ahead), report.occasions or 'day')}"
    lines = [
        f"{report.customers:,} customers, {report.repeaters:,} of them came again; "
        f"{report.purchases:,} purchases",
        f"about {report.alive:,.0f} still buy{_range(report.ranges.alive)}; {ahead}: "
        f"{report.expected:,.0f} purchases{_range(report.ranges.expected)}",
    ]
    if report.spending is not None:
        lines.append(
            f"worth {report.worth:,.0f}{_range(report.ranges.worth)} today "
            f"(at {report.discount:.0%} a year); "
            f"by plain averages {report.simple_worth:,.0f}"
        )
    if report.unpriced:
        unpriced = count_of(report.unpriced, "purchase")
        lines.append(f"without an amount, counted with 0: {unpriced}")
    lines += ["", f"{'Segment':<14}{'Customers':>10}{'Buying':>10}{'Purchases':>11}{'Worth':>14}"]
    lines += [
        f"{one.segment.replace('_', ' '):<14}{one.customers:>10,}{one.alive:>10,.0f}"
        f"{one.purchases:>11,.0f}{one.worth:>14,.0f}"
        for one in report.segments
    ]
    return "\n".join([*lines, "", *_describe_check(report)])


def _range(interval: Interval | None) -> str:
    return "" if interval is None else f" ({interval.lower:,.0f} to {interval.upper:,.0f})"


def _describe_check(report: ValueReport) -> list[str]:
    held = report.hold_out
    if held is None:
        return ["The first half of the time has too few repeat purchases to check the model by."]
    off = held.off if held.off is not None else float("nan")
    lines = [
        f"Checked on the second half of the time: {held.expected:,.0f} purchases expected, "
        f"{held.made:,.0f} made ({off:+.0%})",
        f"{'Came again':>10}{'Customers':>11}{'Expected each':>15}{'Made each':>11}",
    ]
    last = held.by_frequency[-1][0]
    lines += [
        f"{f'{x}+' if x == last else x:>10}{count:>11,}{expected:>15.2f}{made:>11.2f}"
        for x, count, expected, made in held.by_frequency
    ]
    return [*lines, *_warn(report, held)]


def _warn(report: ValueReport, held: HoldOut) -> list[str]:
    if not held.is_far_off:
        return []
    other = "--occasions with a longer or a shorter unit" if report.occasions else (
        "--occasions month, which lets customers leave after one purchase"
    )  # fmt: skip
    return ["", f"That is far off: don't rely on the sums above. Try {other}."]


def _write_customers(
    file: Path, report: ValueReport, bought: Purchases, opened: OpenedSource
) -> None:
    import numpy as np

    from suppilo.charts.csv_out import defuse

    each = report.each
    summary, scores = each.summary, each.scores
    keys, first = np.unique(bought.customer, return_index=True)
    rows = bought.row[first[np.searchsorted(keys, summary.customer)]]
    names = [defuse(str(name)) for name in opened.events.describe_rows(rows)["path"]]
    unit = report.occasions or "day"
    columns = (
        names, summary.frequency.astype(int), summary.recency.astype(int),
        summary.age.astype(int), summary.total, scores.recency, scores.frequency, scores.money,
        scores.segment, np.round(each.alive, 4), np.round(each.expected, 4),
        np.round(each.worth, 2),
    )  # fmt: skip
    with file.open("w", newline="", encoding="utf-8") as output:
        writer = csv.writer(output)
        writer.writerow((
            "customer", "repeat_purchases", f"recency_{unit}s", f"age_{unit}s", "total",
            "r", "f", "m", "segment", "probability_alive", "expected_purchases", "worth",
        ))  # fmt: skip
        writer.writerows(zip(*columns, strict=True))
