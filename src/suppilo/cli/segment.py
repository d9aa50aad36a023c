"""``suppilo segment``: who did, or did not do, what."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from suppilo.cli.mapping import mapping_options, take_mapping
from suppilo.cli.observed import read_as_of
from suppilo.cli.output import OUTPUT_FILE, count_of, echo_json, echo_text, naming
from suppilo.cli.progress import reading_progress

if TYPE_CHECKING:
    from suppilo.analytics.events import EventSource, Int64
    from suppilo.analytics.scores import PropertyCondition
    from suppilo.analytics.segments import Asked, Did, Match

_DID = re.compile(
    r"(?:(?P<times>[0-9]{1,6})\s*[x×]\s+)?(?P<event>.+?)(?:\s+where\s+(?P<where>.+?))?"
    r"(?:\s+within\s+(?P<days>[0-9]{1,4})\s*d)?",
    re.DOTALL,
)
_PROPERTY = re.compile(
    r"(?P<name>[^=!<>~]+?)\s*(?:(?P<test>!=|>=|<=|=|~)\s*(?P<value>.*))?", re.DOTALL
)
_TESTS = {"=": "is", "!=": "is_not", ">=": "at_least", "<=": "at_most", "~": "contains"}
_MOST_SIZES = 400


@click.command("segment")
@click.argument("sources", nargs=-1, required=True)
@click.option("--did", multiple=True, metavar="EVENT",
              help="Did it: pay, '3x page where path = ''/pricing'' within 30d'.")  # fmt: skip
@click.option("--did-not", multiple=True, metavar="EVENT", help="Did not do it.")
@click.option("--property", "having", multiple=True, metavar="NAME=VALUE",
              help="Said last by their events: plan=pro, plan!=pro, seats>=10, seats<=10, "
                   "city~york; the name alone: known.")  # fmt: skip
@click.option("--any", "is_any", is_flag=True, help="One condition is enough.")
@click.option("--as-of", metavar="TIME", help="Now; by default the last event.")
@click.option("--every", type=click.Choice(["day", "week", "month"]),
              help="Add how many there were at the end of each.")  # fmt: skip
@click.option("--top", type=click.IntRange(0, 1_000), default=10, show_default=True,
              help="How many to name.")  # fmt: skip
@mapping_options
@click.option("--csv", "csv_file", type=OUTPUT_FILE, help="Write who is in it as CSV.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def segment_command(sources: tuple[str, ...], **options: Any) -> None:
    """Say who did, or did not do, what, and how many they were over time.

    \b
    suppilo segment shop.csv --did 'cart within 30d' --did-not 'pay within 30d'
    suppilo segment lake --did '3x login within 7d' --property plan=trial --every week
    """  # noqa: D301 (click reads the escape)
    from suppilo.sources import open_sources

    as_json, csv_file, top = (options.pop(name) for name in ("as_json", "csv_file", "top"))
    chosen = {name: options.pop(name) for name in _CHOSEN}
    mapping = take_mapping(options)
    with (
        reading_progress("reading") as show,
        open_sources(sources, mapping, on_progress=show) as opened,
    ):
        found = _find(opened.events, chosen, mapping.timezone or "UTC")
        for sentence in opened.guesses:
            click.echo(sentence, err=True)
        if csv_file is not None:
            with naming(csv_file):
                _write_csv(csv_file, found.names(len(found.keys)))
        if as_json:
            echo_json(found.to_dict(top))
        else:
            echo_text("\n".join(_describe(found, top)))


_CHOSEN = ("did", "did_not", "having", "is_any", "as_of", "every")


@dataclass(frozen=True)
class _Found:
    """Who is in it, of how many; ``sizes`` by the day before which they were counted."""

    events: EventSource
    keys: Int64
    everybody: int
    sizes: tuple[tuple[date, int], ...]

    def names(self, most: int) -> list[str]:
        from suppilo.analytics.scores.units import name_units

        return list(name_units(self.events, self.keys[:most]))

    def to_dict(self, top: int) -> dict[str, Any]:
        sizes = [{"day": day.isoformat(), "members": size} for day, size in self.sizes]
        said = {"members": len(self.keys), "paths": self.everybody, "first": self.names(top)}
        return said | ({"sizes": sizes} if sizes else {})


def _find(events: EventSource, chosen: dict[str, Any], timezone: str) -> _Found:
    from suppilo.analytics.scores.points import seen_keys
    from suppilo.analytics.segments import find_members

    asked = _read_conditions(events, chosen)
    match: Match = "any" if chosen["is_any"] else "all"
    as_of_us = read_as_of(events, chosen["as_of"], timezone)
    sizes = tuple(
        (day, len(find_members(events, asked, match, at_us)))
        for day, at_us in _ends(events, chosen["every"], as_of_us, timezone)
    )
    keys = find_members(events, asked, match, as_of_us)
    return _Found(events, keys, len(seen_keys(events, as_of_us)), sizes)


def _ends(
    events: EventSource, every: Any, as_of_us: int, timezone: str
) -> Iterator[tuple[date, int]]:
    """Yield the last day of each whole day, week or month, and its last moment."""
    if every is None:
        return
    from suppilo.analytics.periods import day_edges, to_local
    from suppilo.analytics.scores.question import first_at

    first, last = first_at(events), to_local(as_of_us, timezone).date()
    if first is None or first > as_of_us:
        return
    starts, edges = day_edges(to_local(first, timezone).date(), last, every, timezone)
    ends = list(zip(starts, edges, strict=False))[1:]
    if len(ends) > _MOST_SIZES:
        raise click.ClickException(
            f"--every {every}: that is {len(ends):,} times to look, {_MOST_SIZES} at most; "
            "take a longer one"
        )
    for start, edge in ends:
        yield start - timedelta(days=1), edge - 1


def _read_conditions(events: EventSource, chosen: dict[str, Any]) -> tuple[Asked, ...]:
    from suppilo.analytics.segments import Asked

    asked = [Asked(_read_did(events, "--did", text)) for text in chosen["did"]]
    asked += [Asked(_read_did(events, "--did-not", text), True) for text in chosen["did_not"]]
    asked += [Asked(_read_property(text)) for text in chosen["having"]]
    if not asked:
        raise click.ClickException("say who: --did EVENT, --did-not EVENT or --property NAME=VALUE")
    return tuple(asked)


def _read_did(events: EventSource, option: str, text: str) -> Did:
    from suppilo.analytics.funnel.names import name_hint
    from suppilo.analytics.segments import Did

    known = events.event_names()
    if text in known:
        return Did(text)  # also one that is called "3x cart"
    read = _DID.fullmatch(text.strip())
    if read is None:
        raise click.ClickException(f"{option}: name an event")
    if read["event"] not in known:
        hint = name_hint(read["event"], known)
        raise click.ClickException(f"{option}: no event is called {read['event']!r}; {hint}")
    times, days = int(read["times"] or 1), read["days"]
    if times == 0 or days == "0":
        raise click.ClickException(f"{option} {text!r}: say at least 1")
    return Did(read["event"], times, None if days is None else int(days), read["where"])


def _read_property(text: str) -> PropertyCondition:
    from suppilo.analytics.scores import Comparison, PropertyCondition

    read = _PROPERTY.fullmatch(text.strip())
    if read is None:
        raise click.ClickException(f"--property {text!r}: write NAME=VALUE, such as plan=pro")
    if read["test"] is None:
        return PropertyCondition(read["name"], Comparison.KNOWN)
    test, value = Comparison(_TESTS[read["test"]]), read["value"].strip()
    if not value:
        raise click.ClickException(f"--property {text!r}: compare with what?")
    if test in (Comparison.AT_LEAST, Comparison.AT_MOST) and not _is_number(value):
        raise click.ClickException(f"--property {text!r}: {value!r} is no number")
    return PropertyCondition(read["name"], test, value)


def _is_number(text: str) -> bool:
    from suppilo.analytics.amounts import read_number

    return read_number(text) == read_number(text)


def _describe(found: _Found, top: int) -> Iterator[str]:
    from suppilo.charts.words import clean, rate

    members = len(found.keys)
    share = f" ({rate(members / found.everybody)})" if found.everybody else ""
    yield f"{members:,} of {count_of(found.everybody, 'path')}{share}"
    if found.sizes:
        yield ""
        yield from (f"{day}  {size:>12,}" for day, size in found.sizes)
    if names := found.names(top):
        yield ""
        yield from (clean(name) for name in names)
    if members > len(names) > 0:
        yield f"and {members - len(names):,} more; --csv FILE writes them all"


def _write_csv(file: Path, names: Sequence[str]) -> None:
    from suppilo.charts.csv_out import defuse

    with file.open("w", newline="", encoding="utf-8") as output:
        writer = csv.writer(output)
        writer.writerow(["path"])
        writer.writerows([defuse(name)] for name in names)
