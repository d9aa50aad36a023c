"""``suppilo attribution``: which channels conversions are owed to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from suppilo.cli.mapping import mapping_options, take_mapping
from suppilo.cli.output import echo_json, echo_text
from suppilo.cli.progress import reading_progress

if TYPE_CHECKING:
    from suppilo.analytics.attribution import AttributionReport
    from suppilo.analytics.attribution.rules import RuleOptions


@click.command("attribution")
@click.argument("sources", nargs=-1, required=True)
@click.option(
    "--goal", "goals", multiple=True, required=True, metavar="EVENT", help="A conversion.",
)  # fmt: skip
@click.option(
    "--touch", "touches", multiple=True, metavar="EVENT",
    help="An event that is a touch; by default every event that has a channel.",
)  # fmt: skip
@click.option("--channel", default="channel", show_default=True, metavar="PROPERTY")
@click.option("--value", metavar="PROPERTY", help="What a conversion is worth; by default 1.")
@click.option("--look-back", metavar="90d", help="How long a touch counts; by default for ever.")
@click.option("--lead", metavar="EVENT", help="What makes a lead, for the W-shaped rule.")
@click.option("--half-life", default="7d", show_default=True, help="For time decay.")
@click.option(
    "--direct", multiple=True, default=("direct",), show_default=True, metavar="CHANNEL",
    help="A channel that is none, for last_non_direct.",
)  # fmt: skip
@click.option("--model", "models", multiple=True, metavar="MODEL", help="By default all.")
@click.option("--order", type=click.IntRange(1, 4), help="Of the Markov chain; else found.")
@mapping_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def attribution_command(sources: tuple[str, ...], **options: Any) -> None:
    """Say which channels conversions are owed to, by rules, Markov chains and Shapley values.

    SOURCES are files, patterns, or the folder of one lake, as for suppilo funnel.

    \b
    suppilo attribution visits.csv --goal purchase --channel source --value total --look-back 90d
    """  # noqa: D301 (click reads the escape)
    import numpy as np

    from suppilo.analytics.attribution import read_journeys, report_attribution
    from suppilo.analytics.attribution.report import MODELS
    from suppilo.sources import open_sources

    given = {name: options.pop(name) for name in ("goals", "touches", "channel", "value", "lead")}
    look_back, models = options.pop("look_back"), options.pop("models") or MODELS
    as_json, order = options.pop("as_json"), options.pop("order")
    half_life, direct = options.pop("half_life"), options.pop("direct")
    mapping = take_mapping(options)
    with (
        reading_progress("reading") as show,
        open_sources(sources, mapping, on_progress=show) as opened,
    ):
        known = opened.events.event_names()
        for name in (*given["goals"], *given["touches"], *filter(None, [given["lead"]])):
            if name not in known:
                raise click.ClickException(
                    f"there is no event {name!r}; there are {', '.join(known)}"
                )
        given["touches"] = given["touches"] or known
        try:
            rules = _read_rules(half_life, direct)
            limit_us = None if look_back is None else _duration(look_back)
            journeys = read_journeys(opened.events, look_back_us=limit_us, **given)
            report = report_attribution(
                journeys, models, random=np.random.default_rng(0), order=order, options=rules
            )
        except ValueError as error:
            raise click.ClickException(str(error)) from error
    if as_json:
        echo_json(report.to_dict())
    else:
        echo_text(_describe(report))


def _read_rules(half_life: str, direct: tuple[str, ...]) -> RuleOptions:
    from suppilo.analytics.attribution.rules import RuleOptions

    return RuleOptions(direct, _duration(half_life))


def _duration(text: str) -> int:
    from suppilo.analytics.periods import parse_duration

    return parse_duration(text)


def _describe(report: AttributionReport) -> str:
    lines = [
        f"{report.conversions:,} conversions in {report.journeys:,} journeys with a touch, "
        f"worth {report.value:,.2f}",
    ]
    if report.without_touch:
        lines.append(f"{report.without_touch:,} conversions had no touch and are nobody's")
    width = max(12, *(len(name) for name in report.channels)) + 2
    columns = [one.model.replace("_", " ") for one in report.models]
    widths = [max(len(name) + 2, 10) for name in columns]
    head = "".join(f"{name:>{size}}" for name, size in zip(columns, widths, strict=True))
    lines += ["", f"{'Channel':<{width}}{'Touches':>10}{head}"]
    for i, name in enumerate(report.channels):
        cells = "".join(
            f"{one.conversions[i]:>{size},.1f}"
            for one, size in zip(report.models, widths, strict=True)
        )
        lines.append(f"{name:<{width}}{report.touches[i]:>10,}{cells}")
    notes = [f"{one.model}: {one.note}" for one in report.models if one.note]
    return "\n".join([*lines, "", *notes] if notes else lines)
