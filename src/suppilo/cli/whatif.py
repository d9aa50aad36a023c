"""``suppilo what-if``: a funnel's figures after a change."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from suppilo.cli.output import echo_json, echo_text

if TYPE_CHECKING:
    from suppilo.analytics.whatif import Expand, KeyLevel, Level, Projection, Stretch


@click.command("what-if")
@click.option("--stage", "stages", multiple=True, metavar="NAME=COUNT", help="From first to last.")
@click.option(
    "--funnel", "funnel", type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Take the stages from what 'suppilo funnel --json' printed.",
)  # fmt: skip
@click.option("--value", type=float, default=1.0, show_default=True, help="Of one at the last.")
@click.option("--margin", type=float, default=1.0, show_default=True, help="Share of the value.")
@click.option("--cost", "costs", multiple=True, metavar="NAME=MONEY", help="Of one more unit.")
@click.option(
    "--expand", "expansions", multiple=True, metavar="NAME:xF[:E]",
    help="F times as many come in, with elasticity E: visits:x1.6:0.5.",
)  # fmt: skip
@click.option(
    "--stretch", "stretches", multiple=True, metavar="NAME:RATE",
    help="A better rate to the next stage: calls:60%, calls:+5%, calls:x1.2.",
)  # fmt: skip
@click.option(
    "--saved", type=click.FloatRange(0, 1, min_open=True), default=0.1, show_default=True,
    help="Share of a stage's losses that is saved where the stages are ranked.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def what_if_command(
    stages: tuple[str, ...], funnel: Path | None, value: float, margin: float,
    costs: tuple[str, ...], expansions: tuple[str, ...], stretches: tuple[str, ...],
    saved: float, as_json: bool,
) -> None:  # fmt: skip
    """Say what a funnel becomes when more come in, or more go on; rank its stages.

    \b
    suppilo what-if --stage visits=200 --stage calls=4 --stage sales=1 --expand visits:x10
    suppilo what-if --funnel funnel.json --value 90 --stretch Cart:+5%
    """  # noqa: D301 (click reads the escape)
    import numpy as np

    from suppilo.analytics.whatif import WhatIfError, project, rank_key_levels, with_cost

    try:
        levels = _read_funnel(funnel) if funnel is not None else _read_stages(stages)
        levels = with_cost(levels, dict(_read_pair(text) for text in costs))
        levers: list[Expand | Stretch] = [_read_expansion(text) for text in expansions]
        levers += [_read_stretch(text) for text in stretches]
        random = np.random.default_rng(0)
        found = project(levels, levers, value, random=random, margin=margin)
        ranked = rank_key_levels(levels, value, saved, random=random)
    except WhatIfError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        echo_json({**asdict(found), "key_levels": [asdict(one) for one in ranked]})
    else:
        echo_text(_describe(found, ranked, saved))


def _read_stages(stages: tuple[str, ...]) -> tuple[Level, ...]:
    from suppilo.analytics.whatif import Level

    return tuple(Level(*_read_pair(text)) for text in stages)


def _read_funnel(file: Path) -> tuple[Level, ...]:
    from suppilo.analytics.whatif import Level, WhatIfError

    try:
        steps = json.loads(file.read_text("utf-8"))["steps"]
        return tuple(Level(str(step["name"]), float(step["count"])) for step in steps)
    except (ValueError, KeyError, TypeError) as error:
        raise WhatIfError(f"{file} is not what 'suppilo funnel --json' prints") from error


def _read_pair(text: str) -> tuple[str, float]:
    from suppilo.analytics.whatif import WhatIfError

    name, sign, number = text.rpartition("=")
    try:
        value = float(number)
    except ValueError:
        name = ""
    if not sign or not name:
        raise WhatIfError(f"{text!r} is not NAME=NUMBER")
    return name, value


def _read_expansion(text: str) -> Expand:
    from suppilo.analytics.whatif import Expand, WhatIfError

    found = re.fullmatch(r"(.+?):x([\d.]+)(?::([\d.]+))?", text)
    if found is None:
        raise WhatIfError(f"{text!r} is not an expansion; write NAME:x1.6 or NAME:x1.6:0.5")
    stage, factor, elasticity = found.groups()
    return Expand(stage, _number(factor), 1.0 if elasticity is None else _number(elasticity))


def _read_stretch(text: str) -> Stretch:
    from suppilo.analytics.whatif import Stretch, WhatIfError

    found = re.fullmatch(r"(.+):(x|[+-])?([\d.]+)(%)?", text)
    if found is None or (found[2] == "x") == bool(found[4]):
        raise WhatIfError(f"{text!r} is not a rate; write NAME:60%, NAME:+5% or NAME:x1.2")
    stage, sign, digits, _ = found.groups()
    number = _number(digits)
    if sign == "x":
        return Stretch(stage, factor=number)
    if sign is None:
        return Stretch(stage, to=number / 100)
    return Stretch(stage, by=(number if sign == "+" else -number) / 100)


def _number(digits: str) -> float:
    from suppilo.analytics.whatif import WhatIfError

    try:
        return float(digits)
    except ValueError as error:
        raise WhatIfError(f"{digits!r} is not a number") from error


def _describe(found: Projection, ranked: tuple[KeyLevel, ...], saved: float) -> str:
    from suppilo.analytics.whatif import describe_ratio

    sure = f"{found.level:.0%}"
    lines = [f"{'Stage':<24}{'Now':>12}{'Then':>12}  {sure + ' range':<22}{'Rate':>8}{'Then':>8}"]
    for one in found.levels:
        rates = ("", "") if one.rate_before is None else (
            f"{one.rate_before:.1%}", f"{one.rate_after:.1%}")  # fmt: skip
        spread = f"{one.after_range.lower:,.0f} to {one.after_range.upper:,.0f}"
        lines.append(
            f"{one.name:<24}{one.before:>12,.0f}{one.after:>12,.0f}  {spread:<22}"
            f"{rates[0]:>8}{rates[1]:>8}"
        )
    first, last = found.levels[0], found.levels[-1]
    gain = found.gain_range
    lines += [
        "",
        f"{first.name} to {last.name}: {describe_ratio(first.before, last.before)} now, "
        f"{describe_ratio(first.after, last.after)} then",
        f"money: {found.money_before:,.0f} now, {found.money_after:,.0f} then, "
        f"{found.gain:+,.0f} ({sure}: {gain.lower:+,.0f} to {gain.upper:+,.0f})",
    ]
    if found.cost is not None:
        profit = found.profit_range
        lines.append(
            f"the added units cost {found.cost:,.0f}; profit {found.profit:+,.0f} "
            f"({sure}: {profit.lower:+,.0f} to {profit.upper:+,.0f})"
        )
    lines += [f"assumed: {text}" for text in found.assumptions]
    return "\n".join([*lines, "", *_describe_ranked(ranked, saved)])


def _describe_ranked(ranked: tuple[KeyLevel, ...], saved: float) -> list[str]:
    if not ranked:
        return ["No stage loses anybody."]
    best = ranked[0]
    lines = [f"Key level: {best.stage}. What it brings to keep {saved:.0%} of those who leave at"]
    return lines + [
        f"  {one.stage:<24}{one.gain:>+14,.1f}   rate {one.rate_before:.1%} to {one.rate_after:.1%}"
        + ("" if one.per_cost is None else f", {one.per_cost:,.2f} per unit of cost")
        for one in ranked
    ]
