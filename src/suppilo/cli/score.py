"""``suppilo score``: who is hot by rules, and how likely a goal is."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from suppilo.cli.mapping import mapping_options, take_mapping
from suppilo.cli.observed import read_as_of
from suppilo.cli.output import OUTPUT_FILE, count_of, echo_json, echo_text, naming
from suppilo.cli.progress import reading_progress

if TYPE_CHECKING:
    from suppilo.analytics.events import EventSource, Int64
    from suppilo.analytics.scores import LearnedScore, LearnedScores, RuleScores, TooFew

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("score")
@click.argument("sources", nargs=-1, required=True)
@click.option("--goal", metavar="EVENT", help="Learn how likely it is: deal_won.")
@click.option("--where", metavar="WHERE", help="Only goals that meet it: 'amount > 100'.")
@click.option(
    "--horizon", "horizon_days", type=click.IntRange(1, 3_660), default=30, show_default=True,
    metavar="DAYS", help="It counts when it comes within so many days.",
)  # fmt: skip
@click.option("--again", is_flag=True, help="Ask about those too who have done it before.")
@click.option(
    "--active", "active_days", type=click.IntRange(1, 3_660), default=90, show_default=True,
    metavar="DAYS", help="Ask about who was seen in so many days.",
)  # fmt: skip
@click.option(
    "--channel", metavar="PROPERTY", default="channel", show_default=True,
    help="What says by which channel an event came.",
)  # fmt: skip
@click.option("--rules", "rules_file", type=_FILE, help="A score sheet in JSON.")
@click.option("--as-of", metavar="TIME", help="Now; by default the last event.")
@click.option("--top", type=click.IntRange(1, 1_000), default=10, show_default=True,
              help="How many to show.")  # fmt: skip
@click.option("--seed", default=0, show_default=True, help="Another seed draws other parts.")
@mapping_options
@click.option("--csv", "csv_file", type=OUTPUT_FILE, help="Write everybody's score as CSV.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def score_command(sources: tuple[str, ...], **options: Any) -> None:
    """Say who is hot by rules, how likely a goal is, and why.

    With --goal it is learned from history and tested on a later time; where nothing tells who will
    do it, or the outcomes are too few, that is said. With --rules a sheet's points are counted.

    \b
    suppilo score leads.csv --goal deal_won --horizon 60
    suppilo score leads.csv --rules sheet.json --csv scores.csv
    """  # noqa: D301 (click reads the escape)
    from suppilo.sources import open_sources

    as_json, csv_file = options.pop("as_json"), options.pop("csv_file")
    asked = {name: options.pop(name) for name in _ASKED}
    if asked["goal"] is None and asked["rules_file"] is None:
        raise click.ClickException("give --goal EVENT, or --rules FILE.json, or both")
    mapping = take_mapping(options)
    with (
        reading_progress("reading") as show,
        open_sources(sources, mapping, on_progress=show) as opened,
    ):
        found = _score(opened.events, asked, mapping.timezone or "UTC")
        for sentence in opened.guesses:
            click.echo(sentence, err=True)
    if csv_file is not None and found.is_scored:
        with naming(csv_file):
            _write_csv(csv_file, found)
    if as_json:
        echo_json(_to_dict(found, asked["top"]))
    else:
        echo_text("\n".join(_describe(found, asked["top"])))


_ASKED = (
    "goal", "where", "horizon_days", "again", "active_days", "channel", "rules_file", "as_of",
    "top", "seed",
)  # fmt: skip


@dataclass(frozen=True)
class _Found:
    """What was found of everybody, the most promising first."""

    ruled: RuleScores | None
    learned: LearnedScore | TooFew | None
    foretold: LearnedScores | None
    keys: Int64
    order: Int64
    names: list[str]

    @property
    def is_scored(self) -> bool:
        """Whether anybody has a score: where too little is known, nobody has."""
        return self.ruled is not None or self.foretold is not None

    @property
    def is_ranked(self) -> bool:
        """Whether anybody comes before anybody else: the base rate is everybody's."""
        return self.ruled is not None or (
            self.foretold is not None and self.foretold.score.card.is_useful
        )


def _score(events: EventSource, asked: dict[str, Any], timezone: str) -> _Found:
    import numpy as np

    from suppilo.analytics.scores.points import seen_keys
    from suppilo.analytics.scores.units import name_units

    as_of_us = read_as_of(events, asked["as_of"], timezone)
    keys = seen_keys(events, as_of_us)
    ruled = _score_by_rules(events, asked["rules_file"], as_of_us, keys)
    learned, foretold = _foretell(events, asked, as_of_us, keys)
    # The likeliest first; then by points.
    figures = [np.zeros(len(keys)) if ruled is None else -ruled.total]
    if foretold is not None:
        figures.append(np.nan_to_num(-foretold.probability, nan=1.0))
    order = np.lexsort(figures)
    return _Found(ruled, learned, foretold, keys, order, list(name_units(events, keys)))


def _score_by_rules(
    events: EventSource, file: Path | None, as_of_us: int, keys: Int64
) -> RuleScores | None:
    from suppilo.analytics.funnel.spec import DefinitionError
    from suppilo.analytics.scores import ScoreRules, score_by_rules
    from suppilo.analytics.scores.units import last_properties

    if file is None:
        return None
    try:
        rules = ScoreRules.from_dict(json.loads(file.read_text(encoding="utf-8-sig")))
    except (ValueError, RecursionError) as error:
        raise DefinitionError(f"{file}: {error}") from error
    properties = last_properties(events, rules.property_names, as_of_us)
    return score_by_rules(events, properties, rules, as_of_us, keys)


def _foretell(
    events: EventSource, asked: dict[str, Any], as_of_us: int, keys: Int64
) -> tuple[LearnedScore | TooFew | None, LearnedScores | None]:
    import numpy as np

    from suppilo.analytics.scores import EventCondition, LearnedScore, ScoreQuestion, learn

    if asked["goal"] is None:
        return None, None
    question = ScoreQuestion(
        EventCondition(asked["goal"], asked["where"]), asked["horizon_days"], asked["again"],
        asked["active_days"], asked["channel"],
    )  # fmt: skip
    learned = learn(events, question, as_of_us, np.random.default_rng(asked["seed"]))
    if not isinstance(learned, LearnedScore):
        return learned, None
    return learned, learned.score(events, as_of_us, keys, with_reasons=True)


def _describe(found: _Found, top: int) -> Iterator[str]:
    from suppilo.analytics.scores import LearnedScore
    from suppilo.charts.scores import card_sentence, refusal

    if found.ruled is not None:
        counts = found.ruled.counts()
        yield ", ".join(f"{counts[name]:,} {name}" for name in reversed(counts))
    if isinstance(found.learned, LearnedScore):
        yield card_sentence(found.learned.card, found.learned.question)
        yield from _describe_card(found.learned)
    elif found.learned is not None:
        yield refusal(found.learned)
    if found.is_ranked:
        yield ""
        yield f"The first {min(top, len(found.keys)):,} of {count_of(len(found.keys), 'path')}"
        for place in found.order[:top].tolist():
            yield _line(found, place)


def _describe_card(learned: LearnedScore) -> Iterator[str]:
    from suppilo.charts.scores import model_name, subject_name

    card = learned.card
    tried = "; ".join(f"{model_name(one.kind)} {one.log_loss:.4f}" for one in card.candidates)
    yield f"Taken: {model_name(card.kind)}. Log loss on later moments: {tried}"
    learnt, held = card.learned, card.held
    parts = count_of(learnt.rows, "row"), count_of(learnt.outcomes, "outcome")
    yield f"Learned from {' with '.join(parts)}, tested on {held.rows:,} with {held.outcomes:,}"
    if not card.is_useful:
        return
    yield ""
    yield f"{'Tenth':<7}{'People':>8}{'Told':>9}{'Came':>9}{'Lift':>7}{'Of all':>9}"
    for number, band in enumerate(card.bands, 1):
        yield (f"{number:<7}{band.rows:>8,}{band.predicted:>9.1%}{band.rate:>9.1%}"
               f"{band.lift:>7.2f}{band.captured:>9.1%}")  # fmt: skip
    yield ""
    weights = [
        f"{subject_name(one.kind, one.subject)} {one.effect:.2f}" for one in card.weights[:8]
    ]
    yield f"What matters (mean change of log-odds): {', '.join(weights)}"


def _line(found: _Found, place: int) -> str:
    from suppilo.charts.words import clean, shorten

    said = [f"{shorten(clean(found.names[place]), 24):<24}"]
    if found.foretold is not None:
        probability = found.foretold.probability[place]
        said.append("     -" if probability != probability else f"{probability:>6.1%}")
    if found.ruled is not None:
        temperature = found.ruled.temperature_of(place)
        said.append(f"{found.ruled.total[place]:>5.0f} {temperature:<4}")
    return "  ".join([*said, "; ".join(_reasons(found, place))]).rstrip()


def _reasons(found: _Found, place: int) -> list[str]:
    from suppilo.charts.scores import learned_reason, rule_reason

    key = int(found.keys[place])
    said = []
    if found.foretold is not None:
        said += [learned_reason(one) for one in found.foretold.reasons(key)]
    if found.ruled is not None:
        said += [rule_reason(one) for one in found.ruled.reasons(key)[:3]]
    return said


_COLUMNS: dict[str, Callable[[RuleScores, int], Any]] = {
    "total": lambda scores, place: round(float(scores.total[place]), 2),
    "fit": lambda scores, place: round(float(scores.fit[place]), 2),
    "engagement": lambda scores, place: round(float(scores.engagement[place]), 2),
    "temperature": lambda scores, place: str(scores.temperature_of(place)),
}


def _row(found: _Found, place: int) -> dict[str, Any]:
    row: dict[str, Any] = {"path": found.names[place]}
    if found.foretold is not None:
        probability = float(found.foretold.probability[place])
        row["probability"] = None if probability != probability else round(probability, 6)
    if found.ruled is not None:
        row |= {name: read(found.ruled, place) for name, read in _COLUMNS.items()}
    return row | {"reasons": _reasons(found, place)}


def _to_dict(found: _Found, top: int) -> dict[str, Any]:
    from suppilo.analytics.scores import LearnedScore

    learned = found.learned
    said: dict[str, Any] = {"paths": len(found.keys)}
    if found.ruled is not None:
        said["temperatures"] = {str(name): count for name, count in found.ruled.counts().items()}
    if isinstance(learned, LearnedScore):
        said |= {"question": learned.question.to_dict(), "card": learned.card.to_dict()}
    elif learned is not None:
        said["too_few"] = learned.to_dict()
    shown = found.order[:top].tolist() if found.is_scored else []
    return said | {"scores": [_row(found, place) for place in shown]}


def _write_csv(file: Path, found: _Found) -> None:
    from suppilo.charts.csv_out import defuse

    with file.open("w", newline="", encoding="utf-8") as output:
        writer = csv.writer(output)
        for number, place in enumerate(found.order.tolist()):
            row = _row(found, place)
            if not number:
                writer.writerow(row)
            row["path"] = defuse(row["path"])
            row["reasons"] = defuse("; ".join(row["reasons"]))
            writer.writerow(row.values())
