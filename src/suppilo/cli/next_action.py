"""``suppilo next-action``: what deals moved on after, and what to do for the open ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from suppilo.cli.deal_options import ask_files, deal_file_options, tell_of_rows
from suppilo.cli.observed import parse_as_of
from suppilo.cli.output import align, count_of, echo_json, echo_text

if TYPE_CHECKING:
    from suppilo.analytics.intervals import Interval
    from suppilo.analytics.next_action import Lift, OpenDeal, StageLesson
    from suppilo.analytics.stages import DealTraces
    from suppilo.cli.deal_files import FiledDeals

_COLUMNS = ("deal", "opened", "closed", "outcome", "stage", "at", "by")
_LIKELY = {
    "action": ("action", "activity", "kind", "type", "name"),
    "at": ("done_at", "at", "timestamp", "time", "date"),
}
_NAMED = {"deal": "--deal", "action": "--action", "at": "--done-at"}
_MOST_OPEN = 20


@dataclass(slots=True)
class _Done:
    """What a file says was done; rows left out: of no time, and of deals that nobody knows."""

    deeds: list[tuple[int, int, int]] = field(default_factory=list)
    actions: dict[str, int] = field(default_factory=dict)
    undated: int = 0
    unknown: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Found:
    """What was learned, and what each open deal's next action is."""

    deals: tuple[str, ...]
    stages: tuple[str, ...]
    actions: tuple[str, ...]
    kinds: tuple[str, ...]
    timezone: str
    as_of_us: int
    lessons: tuple[StageLesson, ...]
    open: tuple[OpenDeal, ...]


@click.command("next-action")
@deal_file_options
@click.option("--done", "done_file", metavar="FILE", required=True,
              type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="What was done for deals, and when: CSV.")  # fmt: skip
@click.option("--action", metavar="COLUMN", help="In that file: what was done.")
@click.option("--done-at", metavar="COLUMN", help="In that file: when.")
@click.option("--by", metavar="COLUMN", help="Deals are alike that have the same: a channel.")
@click.option("--as-of", metavar="TIME", help="The moment of observation; by default the last row.")
@click.option("--timezone", default="UTC", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def next_action_command(files: tuple[Path, ...], **options: Any) -> None:
    """Say what deals moved on after in each stage, and what to do next for the open ones.

    FILES are CSV, read as by suppilo pipeline. Each time something was done is held against deals
    that were as long in the stage and had not seen it yet. A row of the file of what was done
    that names nothing only shows that the deal was worked on.

    \b
    suppilo next-action moves.csv --stages New,Demo,Quote,Won --done activities.csv
    """  # noqa: D301 (click reads the escape)
    from suppilo.cli.deal_files import read_deals

    asked = ask_files(files, options, _COLUMNS)
    deals = read_deals(asked)
    done = _read_done(deals, options)
    found = _learn(deals, done, asked[0].names, options)
    for sentence in (*tell_of_rows(deals), *_notes(done, options["done_file"])):
        click.echo(sentence, err=True)
    if options["as_json"]:
        echo_json(_to_dict(found))
    else:
        echo_text("\n".join(_describe(found)))


def _read_done(deals: FiledDeals, options: dict[str, Any]) -> _Done:
    from suppilo.analytics.periods import parse_moment
    from suppilo.cli.deal_files import LIKELY, choose_columns, csv_rows

    file, done = options["done_file"], _Done()
    numbers = {name: number for number, name in enumerate(deals.deals)}
    named = {"action": options["action"], "at": options["done_at"]}
    with csv_rows(file) as rows:
        there = rows.fieldnames or ()
        named["deal"] = options["deal"] if options["deal"] in there else None
        likely = {"deal": LIKELY["deal"], **_LIKELY}
        columns = choose_columns(file, named, likely, there)
        if missing := [role for role in likely if role not in columns]:
            raise click.ClickException(f"{file}: name the column with {_NAMED[missing[0]]}")
        for row in rows:
            deal, action, at = ((row.get(columns[role]) or "").strip() for role in likely)
            if not at:
                done.undated += 1
            elif deal not in numbers:
                done.unknown[deal] += 1
            else:
                try:
                    at_us = parse_moment(at, options["timezone"])
                except ValueError as error:
                    place = f"{file}, line {rows.line_num}"
                    raise click.ClickException(f"{place}: {error}") from error
                number = done.actions.setdefault(action, len(done.actions)) if action else -1
                done.deeds.append((numbers[deal], number, at_us))
    return done


def _learn(
    deals: FiledDeals, done: _Done, stages: tuple[str, ...], options: dict[str, Any]
) -> _Found:
    import numpy as np

    from suppilo.analytics.next_action import Deeds, advise_open, learn_actions
    from suppilo.analytics.stages import trace_deals

    ledger, zone = deals.ledger(len(stages)), options["timezone"]
    columns = [np.array(column, np.int64) for column in zip(*done.deeds, strict=True)]
    deeds = Deeds(*(columns or [np.zeros(0, np.int64)] * 3))
    as_of = options["as_of"]
    last_us = max(int(ledger.at.max()), int(deeds.at.max(initial=0)))
    traces = trace_deals(ledger, last_us if as_of is None else parse_as_of(as_of, zone))
    names, kind = _find_kinds(deals, traces)
    lessons = learn_actions(traces, kind, deeds)
    return _Found(
        tuple(deals.deals), stages, tuple(done.actions), names, zone, traces.as_of_us, lessons,
        tuple(advise_open(traces, kind, deeds, lessons)),
    )  # fmt: skip


def _find_kinds(deals: FiledDeals, traces: DealTraces) -> tuple[tuple[str, ...], Any]:
    """Return the names of the kinds of deals, and the kind of each stay's deal."""
    import numpy as np

    groups = [deal.group for deal in deals.deals.values()]
    names = tuple(sorted(set(groups)))
    number_of = {name: number for number, name in enumerate(names)}
    return names, np.array([number_of[name] for name in groups], np.int64)[traces.deal]


def _notes(done: _Done, file: Path) -> Iterator[str]:
    from suppilo.charts.words import name_of

    if done.undated:
        yield f"{file}: {count_of(done.undated, 'row')} left out: nothing says when it was done"
    if done.unknown:
        named = ", ".join(name_of(name) for name in list(done.unknown)[:5])
        rows = count_of(done.unknown.total(), "row")
        yield f"{file}: {rows} left out, of deals that are in no file: {named}"


def _to_dict(found: _Found) -> dict[str, Any]:
    from suppilo.analytics.periods import format_moment

    return {
        "as_of": format_moment(found.as_of_us, found.timezone),
        "stages": [
            {
                "name": found.stages[lesson.stage],
                "horizon_days": lesson.horizon_days,
                "win_days": lesson.win_days,
                "level": lesson.level,
                "actions": [
                    {
                        "name": found.actions[one.action],
                        "deals": one.deals,
                        "others": one.others,
                        "moved": _lift(one.moved),
                        "days": _lift(one.days),
                        "won": None if one.won is None else _lift(one.won),
                        "groups": [
                            {"by": found.kinds[group.kind], "phase": group.phase,
                             "deals": group.deals, "others": group.others,
                             "moved": _lift(group.moved)}
                            for group in one.groups
                        ],
                    }
                    for one in lesson.actions
                ],
                "too_few": [
                    {"name": found.actions[one.action], "deals": one.deals}
                    for one in lesson.too_few
                ],
            }
            for lesson in found.lessons
        ],
        "open": [
            {
                "deal": found.deals[one.deal],
                "stage": found.stages[one.stage],
                "days": one.days,
                "do_next": [
                    {"name": found.actions[action], "moved": _lift(group.moved)}
                    for action, group in one.actions
                ],
            }
            for one in found.open
        ],
    }  # fmt: skip


def _lift(lift: Lift) -> dict[str, float]:
    return {
        "with": lift.with_it, "without": lift.without, "difference": lift.difference,
        "lower": lift.interval.lower, "upper": lift.interval.upper,
    }  # fmt: skip


def _describe(found: _Found) -> Iterator[str]:
    from suppilo.charts import words

    as_of = words.day(found.as_of_us, found.timezone)
    yield f"{count_of(len(found.deals), 'deal')} as of {as_of}"
    if not found.lessons:
        yield "No deal went on from a stage: there is nothing to learn from yet."
    for lesson in found.lessons:
        yield ""
        stage = words.clean(found.stages[lesson.stage])
        yield f"{stage}: went on within {lesson.horizon_days} days"
        if lesson.actions:
            yield from align(_table(found, lesson))
        for few in lesson.too_few:
            name = words.clean(found.actions[few.action])
            yield f"{name}: too few to say, done at {count_of(few.deals, 'deal')}"
        if not lesson.actions and not lesson.too_few:
            yield "Nothing was done there."
    yield ""
    yield from _describe_open(found)
    yield ""
    yield ("This is what went together, not what brought it about: people choose what they do, "
           "and for which deals.")  # fmt: skip


def _table(found: _Found, lesson: StageLesson) -> Sequence[tuple[str, ...]]:
    from suppilo.charts import words

    head = ("Done", "Deals", "Others", "With it", "Without", "Points", "Range")
    ordered = sorted(lesson.actions, key=lambda one: -one.moved.interval.lower)
    return [
        head,
        *(
            (words.clean(found.actions[one.action]), words.number(one.deals),
             words.number(one.others), words.rate(one.moved.with_it),
             words.rate(one.moved.without), words.points(one.moved.difference, 0),
             _range(one.moved.interval))
            for one in ordered
        ),
    ]  # fmt: skip


def _describe_open(found: _Found) -> Iterator[str]:
    from suppilo.charts import words

    advised = [one for one in found.open if one.actions]
    some = count_of(len(found.open), "open deal")
    if not advised:
        yield f"{some}: nothing stands out that is not done yet."
        return
    yield f"{some}; what to do next at {len(advised):,}:"
    advised.sort(key=lambda one: -one.actions[0][1].moved.interval.lower)
    yield from align([
        ("Deal", "Stage", "Do next", "Days there", "Points", "Range"),
        *(
            (words.clean(found.deals[one.deal]), words.clean(found.stages[one.stage]),
             words.clean(found.actions[action]), words.number(int(one.days)),
             words.points(group.moved.difference, 0),
             _range(group.moved.interval))
            for one in advised[:_MOST_OPEN]
            for action, group in one.actions[:1]
        ),
    ], left=3)  # fmt: skip
    if len(advised) > _MOST_OPEN:
        yield f"and {len(advised) - _MOST_OPEN:,} more; --json has all"


def _range(interval: Interval) -> str:
    from suppilo.charts import words

    return f"{words.points(interval.lower, 0)} – {words.points(interval.upper, 0)}"
