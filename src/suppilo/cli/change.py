"""``suppilo change``: why a conversion differs between two sides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from suppilo.cli.mapping import mapping_options, take_mapping
from suppilo.cli.output import echo_json, echo_text
from suppilo.cli.progress import reading_progress

if TYPE_CHECKING:
    from suppilo.analytics.change import Change
    from suppilo.analytics.funnel.definition import FunnelDefinition


@click.command("change")
@click.argument("sources", nargs=-1, required=True)
@click.option(
    "--step",
    "steps",
    multiple=True,
    required=True,
    metavar="STEP",
    help="An event, in order: view, 'Paid = purchase | pay where price > 10'.",
)
@click.option("--window", metavar="14d", help="Time to convert; by default no limit.")
@click.option("--by", required=True, metavar="PROPERTY", help="Split the difference by this.")
@click.option("--by-value", metavar="first|last|step:N", help="Which value of it.")
@click.option("--from", "from_", metavar="DATE", help="First entry date of the later side.")
@click.option("--to", metavar="DATE", help="Its entry dates end before this.")
@click.option("--a", metavar="WHERE", help="Entries of side A: \"channel = 'email'\".")
@click.option("--b", metavar="WHERE", help="Entries of side B; without both: as much time before.")
@mapping_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def change_command(sources: tuple[str, ...], **options: Any) -> None:
    """Say why a conversion differs: between two periods, or two kinds of entries.

    The difference is split, exactly, into what another mix of PROPERTY did and what the rates
    within its values did; Simpson's paradox is named where it happens.

    \b
    suppilo change shop.csv --step view --step pay --window 7d --by channel \\
        --from 2026-02-01 --to 2026-03-01
    suppilo change shop.csv --step view --step pay --by device \\
        --a "channel = 'email'" --b "channel = 'ads'"
    """  # noqa: D301 (click reads the escape)
    from suppilo.sources import ask_funnel, open_sources

    as_json = options.pop("as_json")
    a, b = _read_sides(options)
    mapping = take_mapping(options)
    with (
        reading_progress("reading") as show,
        open_sources(sources, mapping, on_progress=show) as opened,
    ):
        reports = [ask_funnel(opened, side)[1] for side in (a, b)]
        for sentence in opened.guesses:
            click.echo(sentence, err=True)
    found = _explain(reports)
    if as_json:
        echo_json(found.to_dict())
    else:
        echo_text(_describe(found))


def _read_sides(options: dict[str, Any]) -> tuple[FunnelDefinition, FunnelDefinition]:
    from suppilo.analytics.funnel.definition import FunnelDefinition, parse_step
    from suppilo.analytics.funnel.spec import DefinitionError

    spec = {
        "steps": [parse_step(step) for step in options.pop("steps")],
        "window": options.pop("window"), "by": options.pop("by"),
        "by_value": options.pop("by_value"), "from": options.pop("from_"),
        "to": options.pop("to"), "timezone": options["timezone"],
    }  # fmt: skip
    asked = FunnelDefinition.from_dict({key: value for key, value in spec.items() if value})
    one, other = options.pop("a"), options.pop("b")
    if one or other:
        return _entered_where(asked, one), _entered_where(asked, other)
    if asked.from_us is None or asked.to_us is None:
        raise DefinitionError("give --from and --to, or --a and --b: what is compared with what?")
    return replace(asked, from_us=2 * asked.from_us - asked.to_us, to_us=asked.from_us), asked


def _entered_where(definition: FunnelDefinition, where: str | None) -> FunnelDefinition:
    """Return the funnel of those whose entry meets a condition."""
    if not where:
        return definition
    entry, *rest = definition.steps
    both = where if entry.where is None else f"({entry.where}) and ({where})"
    return replace(definition, steps=(replace(entry, where=both), *rest))


def _explain(reports: list[Any]) -> Change:
    import numpy as np

    from suppilo.analytics.change import explain_change
    from suppilo.analytics.funnel.compare import counts_by_value

    a, b = reports
    end = a.definition.required[-1]
    counts = [counts_by_value(report, end) for report in (a, b)]
    found = explain_change(counts[0], counts[1], a.definition.by, np.random.default_rng(0))
    if found is None:
        raise click.ClickException("nobody entered on one of the sides; take other dates")
    return found


def _describe(found: Change) -> str:
    from suppilo.charts.change import change_sentence, method_sentences, paradox_sentence

    paradox = paradox_sentence(found)
    said = [change_sentence(found), *([paradox] if paradox else [])]
    return "\n".join([*said, "", *_table(found), "", *method_sentences(found)])


def _table(found: Change) -> list[str]:
    from suppilo.charts import words
    from suppilo.charts.change import segment_name

    rows = [[words.clean(found.by), "rate A", "rate B", "share A", "share B", "by share",
             "by rate"]]  # fmt: skip
    for segment in found.segments:
        group = segment.group
        shares = (group.rate_a, group.rate_b, group.share_a, group.share_b)
        effects = (segment.mix.value, segment.rate.value)
        rows.append([
            words.shorten(segment_name(segment), 24),
            *(words.rate(None if share is None else float(share)) for share in shares),
            *(words.points(float(effect)) for effect in effects),
        ])  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        f"{row[0]:<{widths[0]}}  "
        + "  ".join(f"{text:>{width}}" for text, width in zip(row[1:], widths[1:], strict=True))
        for row in rows
    ]
