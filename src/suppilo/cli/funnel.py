"""``suppilo funnel``: count a funnel over files or a lake, and draw it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from suppilo.cli.mapping import mapping_options, take_mapping
from suppilo.cli.output import OUTPUT_FILE, count_of, echo_json, echo_text, naming
from suppilo.cli.progress import reading_progress
from suppilo.cli.spec_files import read_spec

if TYPE_CHECKING:
    from suppilo.analytics.funnel.definition import FunnelDefinition
    from suppilo.analytics.funnel.report import FunnelReport
    from suppilo.analytics.funnel.run import FunnelResult
    from suppilo.sources import OpenedSource

_FILE = click.Path(path_type=Path, dir_okay=False)
_SPEC_OPTIONS = (
    "window", "order", "ties", "entry", "count", "on_exclusion", "by", "by_value", "every",
    "as_of",
)  # fmt: skip


@click.command("funnel")
@click.argument("sources", nargs=-1, required=True)
@click.option("--spec", type=_FILE, help="The funnel in JSON or YAML; options override it.")
@click.option(
    "--step", "steps", multiple=True, metavar="STEP",
    help="An event, in order: view, 'Paid = purchase | pay where price > 10', '*' for any.",
)  # fmt: skip
@click.option(
    "--window", metavar="14d", help="Time to convert: 30s, 15m, 8h, 7d, 2w; by default no limit."
)
@click.option("--order", type=click.Choice(["sequential", "strict", "any"]))
@click.option("--ties", type=click.Choice(["any", "given"]), help="Order of events of one moment.")
@click.option("--entry", type=click.Choice(["longest", "first"]))
@click.option("--count", type=click.Choice(["paths", "attempts"]))
@click.option(
    "--exclude", "exclusions", multiple=True, metavar="EVENT:1:2",
    help="Event that must not stand between two steps; 'refund where price > 5:1:2'.",
)  # fmt: skip
@click.option("--on-exclusion", type=click.Choice(["remove", "stop"]))
@click.option("--hold", multiple=True, metavar="PROPERTY", help="Same value in all steps.")
@click.option("--by", metavar="PROPERTY", help="Split by a property.")
@click.option("--by-value", metavar="first|last|step:N|all", help="Which value of it.")
@click.option("--from", "from_", metavar="DATE", help="First entry date.")
@click.option("--to", metavar="DATE", help="Entry dates end before this.")
@click.option("--every", type=click.Choice(["day", "week", "month"]), help="Split by entry date.")
@click.option("--as-of", metavar="TIME", help="Moment of observation; by default the last event.")
@mapping_options
@click.option("--correlate", is_flag=True, help="Add what goes with conversion.")
@click.option(
    "--bottlenecks", is_flag=True,
    help="Add what each step loses, who waits too long, and steps too many.",
)  # fmt: skip
@click.option(
    "--worth", metavar="AMOUNT|PROPERTY",
    help="What a conversion brings: '49.90 EUR', or a property of the last step; adds bottlenecks.",
)  # fmt: skip
@click.option(
    "--times",
    "with_times",
    is_flag=True,
    help="Add how long it takes, and with --by whether the values differ.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--html", type=OUTPUT_FILE, help="Write a self-contained page.")
@click.option("--svg", type=OUTPUT_FILE, help="Write the picture as SVG.")
@click.option("--png", type=OUTPUT_FILE, help="Write the picture as PNG.")
@click.option("--xlsx", type=OUTPUT_FILE, help="Write an Excel workbook.")
@click.option("--csv", "csv_file", type=OUTPUT_FILE, help="Write the figures as CSV.")
@click.option(
    "--paths", "paths_file", type=OUTPUT_FILE, help="Write each path, with how far it went, as CSV."
)
@click.option("--rejects", type=OUTPUT_FILE, help="Write rejected rows as CSV.")
@click.option("--threads", type=click.IntRange(1, 64), help="By default as many as processors.")
def funnel_command(sources: tuple[str, ...], **options: Any) -> None:
    """Count a funnel over files or a lake, and draw it.

    SOURCES are files, patterns such as 'events-*.csv.gz', or the folder of one lake. What the
    columns are is guessed and said; options set it.

    \b
    suppilo funnel ecom.csv.gz --timezone UTC --step home --step cart --step purchase --window 7d
    suppilo funnel leads.csv deals.csv --wide first_contact_date=lead,won_date=won \\
        --timezone UTC --step lead --step won --by origin --html report.html
    """  # noqa: D301 (click reads the escape)
    outputs = {name: options.pop(name) for name in _WRITERS}
    as_json, paths_file = options.pop("as_json"), options.pop("paths_file")
    rejects, correlate = options.pop("rejects"), options.pop("correlate")
    with_times = options.pop("with_times")
    threads, worth = options.pop("threads"), options.pop("worth") or ""
    bottlenecks = options.pop("bottlenecks") or bool(worth)
    definition, timezone = _read_definition(options)
    mapping = take_mapping(options, timezone)
    from suppilo.sources import ask_funnel, open_sources

    with (
        reading_progress("reading") as show,
        open_sources(sources, mapping, on_progress=show, reject_csv=rejects) as opened,
    ):
        result, report = ask_funnel(
            opened, definition, threads, correlations=correlate, bottlenecks=bottlenecks,
            worth=worth,
        )  # fmt: skip
        _write_outputs(outputs, report, result)
        if paths_file is not None:
            _write_paths(paths_file, opened, result)
        _say_opening(opened, rejects)
    times = _take_times(result) if with_times else {}
    if as_json:
        echo_json(report.to_dict() | times)
    else:
        _print_report(report)
        _print_times(times)


def _read_definition(options: dict[str, Any]) -> tuple[FunnelDefinition, str | None]:
    """Put the specification and the options together; the time zone only where one was given."""
    from suppilo.analytics.funnel.definition import FunnelDefinition, parse_step
    from suppilo.analytics.funnel.spec import DefinitionError

    file = options.pop("spec")
    spec = {} if file is None else read_spec(file)
    steps, exclusions = options.pop("steps"), options.pop("exclusions")
    if steps:
        spec["steps"] = [parse_step(step) for step in steps]
    if exclusions:
        spec["exclude"] = [_parse_exclusion(text) for text in exclusions]
    if hold := options.pop("hold"):
        spec["hold"] = list(hold)
    given = {name: options.pop(name) for name in _SPEC_OPTIONS}
    given |= {"from": options.pop("from_"), "to": options.pop("to")}
    given["timezone"] = options["timezone"]
    spec |= {name: value for name, value in given.items() if value is not None}
    if "steps" not in spec:
        raise DefinitionError("no steps; add --step EVENT for each, or --spec FILE")
    return FunnelDefinition.from_dict(spec), spec.get("timezone")


def _parse_exclusion(text: str) -> dict[str, Any]:
    from suppilo.analytics.funnel.definition import parse_step
    from suppilo.analytics.funnel.spec import DefinitionError

    selector, _, rest = text.rpartition(":")
    selector, _, after = selector.rpartition(":")
    if not selector or not after.strip().isdecimal() or not rest.strip().isdecimal():
        raise DefinitionError(f"{text!r} is not an exclusion; write EVENT:AFTER:BEFORE: refund:1:2")
    step = parse_step(selector)
    step.pop("name", None)
    return {**step, "after": int(after), "before": int(rest)}


def _say_opening(opened: OpenedSource, rejects: Path | None) -> None:
    """Say on standard error how the columns were read, and what was left out."""
    for sentence in opened.guesses:
        click.echo(sentence, err=True)
    for note, count in opened.notes:
        click.echo(f"{note}: {count:,}", err=True)
    if opened.rejected.rows:
        where = f"they are in {rejects}" if rejects else "--rejects FILE.csv writes them"
        click.echo(f"{count_of(opened.rejected.rows, 'row')} rejected; {where}", err=True)


def _write_outputs(
    outputs: dict[str, Path | None], report: FunnelReport, result: FunnelResult
) -> None:
    for kind, file in outputs.items():
        if file is not None:
            with naming(file):
                _WRITERS[kind](file, report, result)


def _write_html(file: Path, report: FunnelReport, result: FunnelResult) -> None:
    from suppilo.analytics.funnel.times import time_to_convert
    from suppilo.charts.html import render_html

    times = time_to_convert(result) if len(result.definition.required) > 1 else None
    file.write_text(render_html(report, times=times), encoding="utf-8")


def _write_svg(file: Path, report: FunnelReport, _result: FunnelResult) -> None:
    from suppilo.charts.svg import funnel_svg

    file.write_text(funnel_svg(report), encoding="utf-8")


def _write_png(file: Path, report: FunnelReport, _result: FunnelResult) -> None:
    from suppilo.charts.png import funnel_png

    file.write_bytes(funnel_png(report))


def _write_xlsx(file: Path, report: FunnelReport, _result: FunnelResult) -> None:
    from io import BytesIO

    from suppilo.charts.xlsx import write_xlsx

    # In memory first: XlsxWriter complains of a full disk a second time while it cleans up.
    buffer = BytesIO()
    write_xlsx(report, buffer)
    file.write_bytes(buffer.getvalue())


def _write_csv(file: Path, report: FunnelReport, _result: FunnelResult) -> None:
    from suppilo.charts.csv_out import report_csv

    file.write_text(report_csv(report), encoding="utf-8", newline="")


_WRITERS = {
    "html": _write_html,
    "svg": _write_svg,
    "png": _write_png,
    "xlsx": _write_xlsx,
    "csv_file": _write_csv,
}


def _write_paths(file: Path, opened: OpenedSource, result: FunnelResult) -> None:
    from suppilo.analytics.funnel.listing import list_paths, path_columns
    from suppilo.charts.csv_out import write_paths_csv

    with naming(file):
        write_paths_csv(list_paths(result, opened.events), file, path_columns(result))


def _print_report(report: FunnelReport) -> None:
    from shutil import get_terminal_size

    from suppilo.charts.terminal import render_terminal

    terminal = sys.stdout.isatty()
    width = get_terminal_size((100, 24)).columns if terminal else 100
    echo_text(render_terminal(report, width, color=terminal and "NO_COLOR" not in os.environ))
    for line in _outside_lines(report):
        echo_text(line)


def _take_times(result: FunnelResult) -> dict[str, Any]:
    """Return the times from the first step to the last, and those of each value apart."""
    from suppilo.analytics.funnel.times import time_to_convert
    from suppilo.analytics.funnel.times_by import times_by_value

    if len(result.definition.required) < 2:
        return {"times": None, "times_by": None}
    apart = times_by_value(result)
    return {
        "times": time_to_convert(result).to_dict(),
        "times_by": None if apart is None else apart.to_dict(),
    }


def _print_times(times: dict[str, Any]) -> None:
    from suppilo.charts.terminal_times import render_times

    if times.get("times"):
        echo_text(render_times(times["times"], times["times_by"]))


def _outside_lines(report: FunnelReport) -> Sequence[str]:
    """Return a line for each step that paths did out of order or out of time."""
    lines, before = [], None
    for step in report.steps:
        if step.outside and before is not None:
            paths = "1 path has" if step.outside == 1 else f"{step.outside:,} paths have"
            time = " in time" if report.definition.window_us is not None else ""
            lines.append(
                f"{paths} “{step.name}”, but not after “{before}”{time}: not counted there."
            )
        if not step.optional:
            before = step.name
    return lines
