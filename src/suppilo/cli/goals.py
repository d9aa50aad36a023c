"""``suppilo goals``: where the goals of a plan stand, by the events of files or a lake."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from suppilo.cli.mapping import mapping_options, take_mapping
from suppilo.cli.observed import read_as_of
from suppilo.cli.output import echo_json, echo_text
from suppilo.cli.progress import reading_progress
from suppilo.cli.spec_files import read_spec

if TYPE_CHECKING:
    from suppilo.analytics.events import EventSource
    from suppilo.analytics.goals.plan import GoalPlan
    from suppilo.analytics.goals.planned import PlanProgress
    from suppilo.analytics.goals.table import Days

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("goals")
@click.argument("plan_file", metavar="PLAN", type=_FILE)
@click.argument("sources", nargs=-1, required=True)
@click.option("--as-of", metavar="TIME", help="Now; by default the last event.")
@click.option(
    "--periods", "previous", type=click.IntRange(0, 60), default=0, show_default=True,
    metavar="N", help="Also so many periods before the present one.",
)  # fmt: skip
@mapping_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def goals_command(plan_file: Path, sources: tuple[str, ...], **options: Any) -> None:
    """Say where goals stand: plan, fact, what is due, where the period ends, and a light.

    PLAN is a file in YAML or JSON: goals, each with an event or a funnel's step, a target and a
    cadence (day, week, month, quarter). SOURCES are read as for suppilo funnel.

    \b
    suppilo goals plan.yaml shop.csv
    suppilo goals plan.yaml lake --as-of 2026-11-22 --periods 6 --json
    """  # noqa: D301 (click reads the escape)
    from suppilo.sources import open_sources

    as_json, as_of = options.pop("as_json"), options.pop("as_of")
    previous = options.pop("previous")
    plan = _read_plan(plan_file)
    mapping = take_mapping(options, plan.timezone)
    with (
        reading_progress("reading") as show,
        open_sources(sources, mapping, on_progress=show) as opened,
    ):
        for sentence in opened.guesses:
            click.echo(sentence, err=True)
        days = _find_days(opened.events, plan, as_of, mapping.timezone or "UTC", previous)
        found = list(_read_goals(plan_file, opened.events, plan, days, previous))
    if as_json:
        echo_json(_to_dict(found, days))
    else:
        echo_text("\n".join(_describe(found, days)))


def _read_plan(file: Path) -> GoalPlan:
    from suppilo.analytics.funnel.spec import DefinitionError
    from suppilo.analytics.goals.plan import GoalPlan

    spec = read_spec(file, "goals")
    try:
        return GoalPlan.from_dict(spec)
    except DefinitionError as error:
        raise DefinitionError(f"{file}: {error}") from error


def _find_days(
    events: EventSource, plan: GoalPlan, as_of: str | None, timezone: str, previous: int
) -> Days:
    from suppilo.analytics.goals.planned import plan_days

    now_us = read_as_of(events, as_of, timezone)
    try:
        return plan_days(plan, now_us, timezone, previous)
    except (ValueError, OverflowError) as error:
        raise click.ClickException(
            "the periods leave the calendar; take another --as-of, or fewer --periods"
        ) from error


def _read_goals(
    file: Path, events: EventSource, plan: GoalPlan, days: Days, previous: int
) -> Iterator[PlanProgress]:
    import os

    from suppilo.analytics.goals.plan import place_of
    from suppilo.analytics.goals.planned import PlanReader

    reader = PlanReader(events, days, previous, os.cpu_count() or 1)
    for number, goal in enumerate(plan.goals, 1):
        with _placing(f"{file}: {place_of(number, goal)}"):
            yield reader.read(goal)


@contextmanager
def _placing(place: str) -> Iterator[None]:
    """Have a mistake in a goal say which goal of which file it is."""
    from suppilo.analytics.funnel.spec import DefinitionError
    from suppilo.lake.errors import WhereError

    try:
        yield
    except WhereError as error:
        raise WhereError(f'{place}: "where": {error.reason}', error.text, error.place) from error
    except DefinitionError as error:
        raise DefinitionError(f"{place}: {error}") from error


def _to_dict(found: list[PlanProgress], days: Days) -> dict[str, Any]:
    from suppilo.analytics.periods import format_moment

    return {
        "as_of": format_moment(days.now_us, days.zone), "timezone": days.zone,
        "goals": [one.to_dict() for one in found],
    }  # fmt: skip


def _describe(found: list[PlanProgress], days: Days) -> Iterator[str]:
    from suppilo.charts.goals import goal_sentences, goal_table, method_sentences
    from suppilo.charts.words import clean, moment

    yield f"As of {moment(days.now_us, days.zone)}"
    yield ""
    yield from goal_table(found)
    yield ""
    for one in found:
        first, *more = goal_sentences(one.goal, one.standings[0])
        yield f"{clean(one.goal.name)}: {first}"
        yield from (f"  {sentence}" for sentence in more)
    yield ""
    yield from method_sentences()
