"""``suppilo cohorts``: who comes back, by when they first came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from suppilo.cli.mapping import mapping_options, take_mapping
from suppilo.cli.moments import moment_options, take_moments
from suppilo.cli.output import count_of, echo_json, echo_text
from suppilo.cli.progress import reading_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from suppilo.analytics.cohorts import CohortCell, CohortQuestion, CohortReport

_MEASURES = ("share", "people", "revenue", "per_member", "cumulative")


@click.command("cohorts")
@click.argument("sources", nargs=-1, required=True)
@click.option(
    "--start", multiple=True, metavar="EVENT",
    help="Who does it first joins a cohort then: sign_up; without it, by first touch.",
)  # fmt: skip
@click.option(
    "--back", multiple=True, metavar="EVENT",
    help="An event that counts as coming back; without it, any.",
)  # fmt: skip
@click.option(
    "--every", type=click.Choice(["day", "week", "month"]), default="month", show_default=True,
    help="The unit of cohorts and periods.",
)  # fmt: skip
@click.option(
    "--kind", type=click.Choice(["classic", "rolling", "bracket"]), default="classic",
    show_default=True, help="In that very period; in it or later; within ranges of days.",
)  # fmt: skip
@click.option("--brackets", metavar="DAYS", help="Ranges of days: 0, 1-7, 8-30.")
@click.option("--periods", default=12, show_default=True, help="Periods after the first.")
@click.option("--amount", metavar="PROPERTY", help="What was paid with each event of --back.")
@click.option("--currency", help="Of the amounts, where there are several: EUR.")
@click.option(
    "--show", type=click.Choice(_MEASURES), default="share", show_default=True,
    help="What the cells say; money needs --amount.",
)  # fmt: skip
@moment_options("who entered")
@mapping_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def cohorts_command(sources: tuple[str, ...], **options: Any) -> None:
    """Say who comes back, by when they first came: retention, and money by cohort.

    SOURCES are files, patterns, or the folder of one lake, as for suppilo funnel.

    \b
    suppilo cohorts orders.csv --path customer --at date --event-name order \\
        --start order --back order --amount total --timezone Europe/Riga
    """  # noqa: D301 (click reads the escape)
    from suppilo.analytics.cohorts import run_cohorts
    from suppilo.sources import open_sources

    as_json, show = options.pop("as_json"), options.pop("show")
    asked = {name: options.pop(name) for name in _ASKED}
    mapping = take_mapping(options)
    with (
        reading_progress("reading") as progress,
        open_sources(sources, mapping, on_progress=progress) as opened,
    ):
        try:
            question = _read_question(asked, mapping.timezone or "UTC", show)
            report = run_cohorts(opened.events, question).report
        except ValueError as error:
            raise click.ClickException(str(error)) from error
    if as_json:
        echo_json(report.to_dict())
    else:
        echo_text("\n".join(_describe(report, show)))


_ASKED = (
    "start", "back", "every", "kind", "brackets", "periods", "amount", "currency",
    "start_at", "end_at", "as_of",
)  # fmt: skip


def _read_question(asked: dict[str, Any], timezone: str, show: str) -> CohortQuestion:
    from suppilo.analytics.cohorts import CohortQuestion, parse_brackets

    if show in _MEASURES[2:] and asked["amount"] is None:
        raise ValueError(f"--show {show} needs --amount")
    moments = take_moments(asked, timezone)
    brackets = asked.pop("brackets")
    if brackets is not None:
        asked |= {"brackets": parse_brackets(brackets), "kind": "bracket"}
    return CohortQuestion(timezone=timezone, **asked, **moments)


def _describe(report: CohortReport, show: str) -> Iterator[str]:
    cohorts = count_of(len(report.cohorts), "cohort")
    yield f"{report.members:,} people in {cohorts} by {report.question.every}"
    if report.unpriced:
        unpriced = count_of(report.unpriced, "event")
        yield f"without an amount, counted with 0: {unpriced}"
    yield ""
    names = [f"{first}" if first == last else f"{first}-{last}" for first, last in report.columns]
    cells = [[_cell(cell, show) for cell in one.cells] for one in report.cohorts]
    average = [_cell(cell, show) for cell in report.average]
    wide = max(7, *(len(text) + 1 for row in [*cells, average] for text in row))
    heading = "Days after" if report.question.kind == "bracket" else "Entered"
    yield f"{heading:<11}{'People':>9}" + "".join(f"{name:>{wide}}" for name in names)
    for cohort, row in zip(report.cohorts, cells, strict=True):
        texts = "".join(f"{text:>{wide}}" for text in row).rstrip()
        yield f"{cohort.start.isoformat():<11}{cohort.members:>9,}{texts}"
    yield f"{'Average':<11}{'':>9}" + "".join(f"{text:>{wide}}" for text in average).rstrip()
    if any(cell and not cell.is_complete for one in report.cohorts for cell in one.cells):
        yield "* not over for the whole cohort; not in the average"


def _cell(cell: CohortCell | None, show: str) -> str:
    if cell is None:
        return ""
    mark = "" if cell.is_complete else "*"
    return (_TEXTS[show](cell) if cell.members else "-") + mark


def _money(cell: CohortCell, name: str) -> str:
    value: float = getattr(cell.money, name)
    return f"{value:,.2f}"


_TEXTS: dict[str, Callable[[CohortCell], str]] = {
    "share": lambda cell: f"{cell.share or 0:.1%}",
    "people": lambda cell: f"{cell.returned:,}",
    "revenue": lambda cell: _money(cell, "revenue"),
    "per_member": lambda cell: _money(cell, "per_member"),
    "cumulative": lambda cell: _money(cell, "cumulative_per_member"),
}
