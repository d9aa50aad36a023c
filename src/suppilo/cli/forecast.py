"""``suppilo forecast``: what will be won, by week or month."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from suppilo.cli.output import echo_json, echo_text

if TYPE_CHECKING:
    from suppilo.analytics.forecast import BackTest, DealBook, Forecast, ForecastQuestion

_COLUMNS = ("deal", "opened", "closed", "outcome", "stage", "at", "amount", "currency", "expected")


@click.command("forecast")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--deal", metavar="COLUMN", help="The deal's number or name.")
@click.option("--opened", metavar="COLUMN", help="When it was opened; without it, never.")
@click.option("--closed", metavar="COLUMN", help="When it was won or lost; empty: it is open.")
@click.option("--outcome", metavar="COLUMN", help="What became of it.")
@click.option("--won", default="Won", show_default=True, help="The outcome of a won deal.")
@click.option(
    "--stages", metavar="A,B,…", default="",
    help="A file of moves: the stages in order, the last one won. Other names are losses.",
)  # fmt: skip
@click.option("--stage", metavar="COLUMN", help="A file of moves: the stage entered.")
@click.option("--at", metavar="COLUMN", help="A file of moves: when.")
@click.option("--amount", metavar="COLUMN", help="Open deals without one get the usual amount.")
@click.option("--currency", metavar="COLUMN", help="Amounts of different ones are never added.")
@click.option("--expected", metavar="COLUMN", help="When it is expected to be won.")
@click.option(
    "--every", type=click.Choice(["week", "month"]), default="month", show_default=True,
    help="The length of a period.",
)  # fmt: skip
@click.option("--periods", type=click.IntRange(1, 26), default=6, show_default=True)
@click.option("--as-of", metavar="TIME", help="The moment of the forecast; by default the last.")
@click.option("--known-from", metavar="TIME", help="Deals that ended before are not in the file.")
@click.option(
    "--back-test", "trials", type=click.IntRange(0, 60), default=12, show_default=True,
    help="How many past periods to try it on.",
)  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed, other draws.")
@click.option("--timezone", default="UTC", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def forecast_command(file: Path, **options: Any) -> None:
    """Say what will be won, by week or month, with ranges, and how good that has been.

    FILE is CSV: a row for each deal (opened, closed, outcome), or with --stages a row for each
    move (deal, stage, at). Columns not named are guessed.

    \b
    suppilo forecast deals.csv --opened engage_date --closed close_date --outcome deal_stage
    suppilo forecast moves.csv --stages New,Demo,Quote,Won --every week
    """  # noqa: D301 (click reads the escape)
    import numpy as np

    from suppilo.analytics.forecast import back_test, forecast_revenue, past_origins

    book, question = _read(file, options)
    random = np.random.default_rng(options["seed"])
    found = forecast_revenue(book, question, random)
    origins = past_origins(question.as_of_us, question.every, options["trials"], question.timezone)
    tried = back_test(lambda _at: book, question, origins, random)
    if options["as_json"]:
        echo_json(_write(found, tried, question.timezone))
    else:
        echo_text("\n\n".join(_describe(one, tried) for one in found))


def _read(file: Path, options: dict[str, Any]) -> tuple[DealBook, ForecastQuestion]:
    from suppilo.analytics.forecast import ForecastQuestion
    from suppilo.analytics.periods import find_timezone, parse_moment
    from suppilo.cli.deal_files import DealFile, read_book

    zone = options["timezone"]
    try:
        find_timezone(zone)
        known_from, as_of = (
            None if text is None else parse_moment(text, zone)
            for text in (options["known_from"], options["as_of"])
        )
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    stages = tuple(name.strip() for name in options["stages"].split(",") if name.strip())
    if len(stages) == 1:
        raise click.ClickException("--stages takes two stages or more; the last one is won")
    columns = {name: options[name] for name in _COLUMNS}
    book = read_book(DealFile(file, columns, stages, options["won"], zone), known_from)
    last = int(book.ledger.at.max()) + 1 if as_of is None else as_of
    return book, ForecastQuestion(last, options["every"], options["periods"], zone)


def _write(found: tuple[Forecast, ...], tried: BackTest, timezone: str) -> dict[str, Any]:
    from suppilo.analytics.forecast.written import write_forecast, write_record

    return {
        "forecasts": [
            write_forecast(one, timezone)
            | {"track_record": write_record(tried.record(one.currency))}
            for one in found
        ]
    }


def _describe(found: Forecast, tried: BackTest) -> str:
    from suppilo.charts.forecast import (
        history_sentence,
        period_sentence,
        record_sentence,
        rounded_money,
        source_sentence,
    )

    money = rounded_money(found.currency)
    first = found.periods[0]
    lines = [period_sentence(first, first.start.isoformat(), money)]
    lines += [text for text in (source_sentence(found, money), history_sentence(found.history))
              if text]  # fmt: skip
    lines += ["", *_table(found)]
    if found.history.is_enough:
        lines += ["", record_sentence(tried.record(found.currency))]
    return "\n".join(lines)


def _table(found: Forecast) -> list[str]:
    rows = [["From", "Won", "Weighted", "Median", "50 %", "80 %", "95 %"]]
    for one in found.periods:
        bands = [
            f"{one.quantiles[low]:,.0f}–{one.quantiles[high]:,.0f}" if one.quantiles else "—"
            for low, high in ((2, 4), (1, 5), (0, 6))
        ]
        middle = "—" if one.median is None else f"{one.median:,.0f}"
        rows.append(
            [one.start.isoformat(), f"{one.won:,.0f}", f"{one.weighted:,.0f}", middle, *bands]
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
