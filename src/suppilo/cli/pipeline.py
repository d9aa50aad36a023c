"""``suppilo pipeline``: what became of deals at each stage, and how long they take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from suppilo.cli.deal_options import ask_files, deal_file_options, tell_of_rows
from suppilo.cli.moments import moment_options, take_moments
from suppilo.cli.output import OUTPUT_FILE, echo_json, echo_text, naming

if TYPE_CHECKING:
    from suppilo.analytics.events import Int64
    from suppilo.analytics.stages import DealColumns, DealTraces, PipelineReport
    from suppilo.cli.deal_files import DealFile, FiledDeals
    from suppilo.cli.pipeline_answer import Beside, PipelineFound

_COLUMNS = ("deal", "opened", "closed", "outcome", "stage", "at", "amount", "currency", "reason",
            "by")  # fmt: skip
_MOST_GROUPS = 20


@click.command("pipeline")
@deal_file_options
@click.option("--amount", metavar="COLUMN", help="What it is worth.")
@click.option("--currency", metavar="COLUMN", help="Amounts of different ones are never added.")
@click.option("--reason", metavar="COLUMN", help="Why it was lost.")
@click.option("--by", metavar="COLUMN", help="Set side by side: an owner, a channel.")
@moment_options("deals that came in")
@click.option(
    "--select", type=click.Choice(["created", "active"]), default="created", show_default=True,
    help="Deals that came in in these dates, or were open in them.",
)  # fmt: skip
@click.option(
    "--skipped", type=click.Choice(["implied", "own_only", "breaks"]), default="implied",
    show_default=True, help="How a stage counts that was left out.",
)  # fmt: skip
@click.option(
    "--backward", type=click.Choice(["furthest", "withdraw"]), default="furthest",
    show_default=True, help="Where the end is told of a deal that went back.",
)  # fmt: skip
@click.option(
    "--within", type=click.IntRange(1, 36_500), multiple=True, default=(30, 60, 90),
    show_default=True, help="Days by which to say how many are won and lost.",
)  # fmt: skip
@click.option("--timezone", default="UTC", show_default=True)
@click.option("--csv", "csv_file", type=OUTPUT_FILE, help="Write the figures as CSV.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def pipeline_command(files: tuple[Path, ...], **options: Any) -> None:
    """Say what became of deals at each stage, and how long they take.

    FILES are CSV: a row for each deal (opened, closed, outcome), or with --stages a row for each
    move (deal, stage, at) or a column of dates for each stage. Columns not named are guessed; any
    other name of an end is a loss.

    \b
    suppilo pipeline deals.csv --outcome deal_stage --by owner
    suppilo pipeline moves.csv --stages New,Demo,Quote,Won --as-of 2026-01-31
    """  # noqa: D301 (click reads the escape)
    from suppilo.cli.pipeline_answer import describe, to_dict
    from suppilo.cli.pipeline_csv import make_csv

    zone = options["timezone"]
    asked = ask_files(files, options, _COLUMNS)
    try:
        moments = take_moments(options, zone)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    found = _find(asked, options, moments)
    for sentence in tell_of_rows(found.deals):
        click.echo(sentence, err=True)
    if (csv_file := options["csv_file"]) is not None:
        with naming(csv_file):
            csv_file.write_bytes(make_csv(found))
    if options["as_json"]:
        echo_json(to_dict(found))
    else:
        echo_text("\n".join(describe(found)))


def _find(
    asked: Sequence[DealFile], options: dict[str, Any], moments: dict[str, Any]
) -> PipelineFound:
    from suppilo.analytics.stages import (
        StageQuestion,
        check_conformance,
        report_pipeline,
        trace_deals,
    )
    from suppilo.cli.deal_files import read_deals
    from suppilo.cli.pipeline_answer import PipelineFound, ended_within

    deals, names = read_deals(asked), asked[0].names
    ledger = deals.ledger(len(names))
    as_of = moments["as_of_us"]
    traces = trace_deals(ledger, int(ledger.at.max()) if as_of is None else as_of)
    columns, currencies, reasons = _worth(deals)
    question = StageQuestion(
        moments["from_us"], moments["to_us"], options["select"], options["skipped"],
        options["backward"],
    )  # fmt: skip
    report = report_pipeline(traces, columns, question)
    if not report.chosen.any():
        raise click.ClickException(_nobody(ledger.at, asked[0]))
    return PipelineFound(
        deals, names, currencies, reasons, options["timezone"], report,
        check_conformance(traces, report.chosen),
        tuple(ended_within(traces, report, days) for days in sorted(set(options["within"]))),
        None if options["by"] is None else _beside(options["by"], deals, traces, columns, report),
    )  # fmt: skip


def _nobody(at: Int64, asked: DealFile) -> str:
    from suppilo.analytics.periods import format_moment

    first, last = (format_moment(int(one), asked.timezone) for one in (at.min(), at.max()))
    return (
        f"{asked.file}: no deal is in these dates; the file has {first} to {last}: "
        "change --from, --to or --as-of"
    )


def _worth(deals: FiledDeals) -> tuple[DealColumns, tuple[str, ...], tuple[str, ...]]:
    """Return what deals are worth and why lost, and the names of currencies and reasons."""
    import numpy as np

    from suppilo.analytics.stages import VALUE_UNITS, DealColumns

    found = [*deals.deals.values()]
    currencies = tuple(sorted({deal.currency for deal in found}))
    reasons = tuple(sorted({deal.reason for deal in found} - {""}))
    currency_of = {name: number for number, name in enumerate(currencies)}
    reason_of = {name: number for number, name in enumerate(reasons)} | {"": -1}
    columns = DealColumns(
        np.array([int((deal.amount or 0) * VALUE_UNITS) for deal in found], np.int64),
        np.array([currency_of[deal.currency] for deal in found], np.int64),
        np.array([reason_of[deal.reason] for deal in found], np.int64),
        len(currencies),
    )
    return columns, currencies, reasons


def _beside(
    by: str, deals: FiledDeals, traces: DealTraces, columns: DealColumns, report: PipelineReport
) -> Beside:
    """Set the groups with most deals side by side, and test whether they take equally long."""
    import numpy as np

    from suppilo.analytics.stages import compare_cycles, compare_groups
    from suppilo.cli.pipeline_answer import Beside

    group_of = [deal.group for deal in deals.deals.values()]
    counts = Counter(
        name for name, is_in in zip(group_of, report.chosen.tolist(), strict=True) if is_in
    )
    names = tuple(sorted(counts, key=lambda name: (-counts[name], name))[:_MOST_GROUPS])
    number_of = {name: number for number, name in enumerate(names)}
    groups = np.array([number_of.get(name, -1) for name in group_of], np.int64)
    return Beside(
        by, names, compare_groups(traces, columns, report, groups),
        compare_cycles(traces, report, groups, len(names)),
        len(counts) - len(names),
    )  # fmt: skip
