"""``suppilo budget``: what each channel's spend brings, and how a budget is split best."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from suppilo.cli.output import echo_json, echo_text

if TYPE_CHECKING:
    from suppilo.analytics.budget import Bounds, BudgetPlan, ResponseFit

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("budget")
@click.argument("file", type=_FILE)
@click.option("--outcome", metavar="COLUMN", help="What came of it, such as leads or revenue.")
@click.option(
    "--outcomes", type=_FILE, metavar="FILE",
    help="Where the outcome stands, by date; needed where FILE has a row for each channel and day.",
)  # fmt: skip
@click.option(
    "--channel", "channels", multiple=True, metavar="COLUMN",
    help="A channel's spend; without it, every column of figures that is not named otherwise.",
)  # fmt: skip
@click.option(
    "--control", "controls", multiple=True, metavar="COLUMN",
    help="Another figure that moves the outcome, such as a price.",
)  # fmt: skip
@click.option("--currency", metavar="CODE", help="The one to look at; different ones never add up.")
@click.option("--budget", type=float, metavar="MONEY", help="A week's; by default what is spent.")
@click.option(
    "--bounds", multiple=True, metavar="NAME=LOW..HIGH",
    help="The least and the most a week: search=100..900, tv=..500, radio=200..",
)  # fmt: skip
@click.option(
    "--step", type=float, default=100.0, show_default=True, help="The next so much money."
)
@click.option(
    "--every", type=click.Choice(["auto", "day", "week"]), default="auto", show_default=True,
    help="Look at days or weeks; weeks from 40 of them on.",
)  # fmt: skip
@click.option(
    "--elasticity", type=float, default=0.5, show_default=True,
    help="How many percent more one percent more spend usually brings; weighs where data is thin.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def budget_command(file: Path, as_json: bool, **options: Any) -> None:
    """Say what each channel's spend brings, how a budget is split best, and what can't be told.

    FILE is CSV: a date, a column of spend for each channel and one of the outcome, a row for each
    day or week. Or a row for each day and channel with its cost, as advertising platforms write
    them, and --outcomes for the outcome by date.

    \b
    suppilo budget weeks.csv --outcome revenue --budget 5000 --bounds tv=..2000
    suppilo budget ads.csv --outcomes leads.csv
    """  # noqa: D301 (click reads the escape)
    import numpy as np

    from suppilo.analytics.budget import BudgetError, Prior, fit_responses, plan_budget
    from suppilo.cli.budget_files import read_history

    asked = {name: options.pop(name) for name in ("budget", "bounds", "step", "elasticity")}
    try:
        history = read_history(file, **options)
        prior = Prior(elasticity=asked["elasticity"])
        fit = fit_responses(history, np.random.default_rng(0), prior)
        bounds = dict(map(_read_bounds, asked["bounds"]))
        plan = plan_budget(fit, asked["budget"], bounds, asked["step"])
    except BudgetError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        echo_json(plan.to_dict() | {"history": fit.describe()})
    else:
        echo_text("\n".join(_describe(fit, plan)))


def _read_bounds(text: str) -> tuple[str, Bounds]:
    name, sign, ends = text.rpartition("=")
    least, dots, most = ends.partition("..")
    try:
        bounds = (float(least) if least else None, float(most) if most else None)
    except ValueError:
        dots = ""
    if not (sign and name and dots):
        raise click.ClickException(f"{text!r} is no bound; write NAME=LOW..HIGH, NAME=..HIGH")
    return name, bounds


def _describe(fit: ResponseFit, plan: BudgetPlan) -> list[str]:
    from suppilo.charts.budget import doubts_of, plan_sentence, warnings_of

    doubts = list(doubts_of(plan))
    return [
        plan_sentence(plan), *warnings_of(plan), "", *_table(plan), "",
        *(["The data can't tell:", *(f"  {text}" for text in doubts), ""] if doubts else []),
        *_history_words(fit),
    ]  # fmt: skip


def _table(plan: BudgetPlan) -> list[str]:
    from suppilo.charts.budget import figure, plain_name, span, verdict_word

    head = ("Channel", "Now", "Best", "Brings", "80 % range", f"Next {figure(plan.step)}",
            "80 % range", "Verdict")  # fmt: skip
    rows = [head, *(
        (
            plain_name(one.name), figure(one.now), figure(one.best), figure(one.brings.median),
            span(one.brings), figure(one.next_step.median), span(one.next_step),
            verdict_word(one.verdict),
        )
        for one in plan.channels
    )]  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    last = len(widths) - 1
    return [
        "  ".join(
            cell.ljust(width) if place in (0, last) else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _history_words(fit: ResponseFit) -> list[str]:
    from suppilo.charts import words
    from suppilo.charts.budget import figure

    history = fit.history
    kind = "weeks" if history.period_days == 7 else "days"
    return [
        f"Figures are those of a week. {history.periods:,} {kind} from {history.start} on; spend "
        "now is the mean of the last 8 weeks.",
        f"All channels brought {words.rate(fit.share.median)} of the outcome "
        f"({words.rate(fit.share.lower)} to {words.rate(fit.share.upper)}); the fit accounts for "
        f"{words.rate(fit.explained)} of its ups and downs.",
        f"Usual elasticity, where data is thin: {figure(fit.prior.elasticity)}.",
    ]
