"""A pipeline's figures as JSON and as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from suppilo.charts import words
from suppilo.cli.output import align, count_of

if TYPE_CHECKING:
    from suppilo.analytics.durations import LogRank, Quantile
    from suppilo.analytics.intervals import Interval
    from suppilo.analytics.stages import (
        Conformance,
        DealTraces,
        GroupFigures,
        PipelineReport,
        StageBalance,
        StageTime,
    )
    from suppilo.cli.deal_files import FiledDeals

DAY_S = 86_400
FATES = ("entered", "advanced", "lost", "disqualified", "moved_back", "handed_over", "still_there")
COUNTS = ("created", "won", "lost", "disqualified", "open", "handed_over")
_CLEAR = 0.05
_MOST_MOVES = 10


@dataclass(frozen=True, slots=True)
class EndedWithin:
    """The shares won and lost by so many days, with their intervals; None: not watched so long."""

    days: int
    won: float | None
    lost: float | None
    won_interval: tuple[float, float] | None
    lost_interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Beside:
    """Groups side by side, most deals first in ``names``, and the test of how long they take.

    ``left_out`` says how many smaller groups there are.
    """

    by: str
    names: tuple[str, ...]
    figures: tuple[GroupFigures, ...]
    test: LogRank
    left_out: int


@dataclass(frozen=True, slots=True)
class PipelineFound:
    """What a pipeline's files say; ``names`` are the stages', the last one won."""

    deals: FiledDeals
    names: tuple[str, ...]
    currencies: tuple[str, ...]
    reasons: tuple[str, ...]
    timezone: str
    report: PipelineReport
    conformance: Conformance
    within: tuple[EndedWithin, ...]
    beside: Beside | None

    def place(self, place: int) -> str:
        """Return what a place is called."""
        from suppilo.analytics.stages import DISQUALIFIED, ELSEWHERE, LOST, START

        ends = {LOST: "Lost", DISQUALIFIED: "Disqualified", ELSEWHERE: "Elsewhere",
                START: "Start"}  # fmt: skip
        return self.names[place] if place >= 0 else ends[place]

    def money(self, values: Sequence[int]) -> list[tuple[Decimal, str]]:
        """Return sums by currency as amounts; those of nothing are left out."""
        from suppilo.analytics.stages import VALUE_UNITS

        return [
            (Decimal(value) / VALUE_UNITS, currency)
            for value, currency in zip(values, self.currencies, strict=True)
            if value
        ]


def ended_within(traces: DealTraces, report: PipelineReport, days: int) -> EndedWithin:
    """Return which shares are won and lost by so many days after a deal came in."""
    from suppilo.analytics.stages import CAUSES, Outcome

    longest = float(traces.seconds_to_end()[report.chosen].max(initial=0.0))
    if report.ending.open and days * DAY_S > longest:
        return EndedWithin(days, None, None, None, None)
    shares: list[float] = []
    intervals: list[tuple[float, float] | None] = []
    for cause in (Outcome.WON, Outcome.LOST):
        curve = report.ending.curves[CAUSES.index(cause)]
        last = -1 if curve is None else int((curve.time <= days * DAY_S).sum()) - 1
        is_known = curve is not None and last >= 0
        shares.append(float(curve.share[last]) if curve is not None and is_known else 0.0)
        intervals.append(
            (float(curve.lower[last]), float(curve.upper[last]))
            if curve is not None and is_known and curve.share[last] > 0
            else None
        )
    return EndedWithin(days, shares[0], shares[1], intervals[0], intervals[1])


def to_dict(found: PipelineFound) -> dict[str, Any]:
    """Return the figures as JSON values: rates 0..1, times in seconds, amounts as text."""
    from suppilo.analytics.periods import format_moment

    report, rate = found.report, found.report.win_rate
    answer = {
        "as_of": format_moment(report.as_of_us, found.timezone),
        "left_out_rows": found.deals.undated,
        "closed_before_opened": found.deals.early,
        "taken_as_lost": dict(found.deals.lost),
        "stages": [
            {
                "name": name,
                **{fate: getattr(balance, fate) for fate in (*FATES, "advance_rate")},
                "advance_interval": _interval(advance_interval(balance)),
                "stay": [_quantile(one) for one in time.quantiles],
            }
            for name, balance, time in zip(found.names, report.stages, report.times, strict=True)
        ],
        "win_rate": {name: getattr(rate, name) for name in (*COUNTS, "of_decided", "of_created")}
        | {
            "of_decided_interval": _interval(rate.of_decided_interval),
            "of_created_interval": _interval(rate.of_created_interval),
        },
        "cycle": [_quantile(one) for one in report.ending.quantiles],
        "within": [
            {"days": one.days, "won": one.won, "won_interval": _pair(one.won_interval),
             "lost": one.lost, "lost_interval": _pair(one.lost_interval)}
            for one in found.within
        ],
        "won_value": _sums(found, report.won_value),
        "open_value": _sums(found, report.open_value),
        "lost_reasons": [
            {"name": name, "deals": deals, "share": share, "disqualified": disqualified,
             "value": _sums(found, values)}
            for name, deals, share, disqualified, values in reason_rows(found)
        ],
        "conformance": _write_conformance(found),
    }  # fmt: skip
    return answer | ({} if found.beside is None else {"beside": _write_beside(found, found.beside)})


def _write_conformance(found: PipelineFound) -> dict[str, Any]:
    written = found.conformance.to_dict()
    for move in written["moves"]:
        move["source"], move["target"] = found.place(move["source"]), found.place(move["target"])
    return written


def _write_beside(found: PipelineFound, beside: Beside) -> dict[str, Any]:
    return {
        "by": beside.by,
        "groups": [
            {
                "name": beside.names[one.group],
                **{name: getattr(one.win_rate, name) for name in (*COUNTS, "of_decided")},
                "of_decided_interval": _interval(one.win_rate.of_decided_interval),
                "cycle": _quantile(one.cycle),
                "won_value": _sums(found, one.won_value),
            }
            for one in beside.figures
        ],
        "left_out": beside.left_out,
        "test": {"statistic": beside.test.statistic, "degrees": beside.test.degrees,
                 "p_value": beside.test.p_value},
    }  # fmt: skip


def advance_interval(balance: StageBalance) -> Interval | None:
    """Return Wilson's interval of the share that went on."""
    from suppilo.analytics.intervals import wilson_interval

    return wilson_interval(balance.advanced, balance.entered)


def reason_rows(found: PipelineFound) -> Iterator[tuple[str, int, float, int, tuple[int, ...]]]:
    """Yield each reason's name, deals, share of all lost, disqualified and values.

    Nothing where the files give no reasons.
    """
    lost = sum(one.deals for one in found.report.lost_reasons)
    for one in found.report.lost_reasons if found.reasons else ():
        name = found.reasons[one.reason] if one.reason >= 0 else ""
        yield name, one.deals, one.deals / lost, one.disqualified, one.value


def _interval(found: Interval | None) -> dict[str, float] | None:
    return None if found is None else {"lower": found.lower, "upper": found.upper}


def _pair(bounds: tuple[float, float] | None) -> dict[str, float] | None:
    return None if bounds is None else {"lower": bounds[0], "upper": bounds[1]}


def _quantile(found: Quantile) -> dict[str, float | None]:
    return {
        "share": found.share, "seconds": found.time, "lower": found.lower, "upper": found.upper,
    }  # fmt: skip


def _sums(found: PipelineFound, values: Sequence[int]) -> list[dict[str, str]]:
    return [{"amount": f"{amount:f}", "currency": name} for amount, name in found.money(values)]


def describe(found: PipelineFound) -> Iterator[str]:
    """Yield the lines of the figures as text."""
    report, rate = found.report, found.report.win_rate
    as_of = words.day(report.as_of_us, found.timezone)
    yield f"{count_of(rate.created, 'deal')} as of {as_of}"
    yield ""
    yield from align([
        ("Stage", "Entered", "Advanced", "Lost", "Moved back", "Handed over", "Still there",
         "Advance rate", "Median stay", "80 % left within"),
        *(
            (words.clean(name), *(words.number(getattr(one, fate)) for fate in FATES
                                  if fate != "disqualified"),
             words.MISSING if name == found.names[-1]
             else _with_range(one.advance_rate, advance_interval(one)),
             _time(time.median), _time(late_quantile(time)))
            for name, one, time in zip(found.names, report.stages, report.times, strict=True)
        ),
    ])  # fmt: skip
    yield ""
    yield (
        f"Won {words.number(rate.won)}, lost {words.number(rate.lost)}, disqualified "
        f"{words.number(rate.disqualified)}, handed over {words.number(rate.handed_over)}, open "
        f"{words.number(rate.open)}"
    )
    yield f"Won of won and lost: {_with_range(rate.of_decided, rate.of_decided_interval)}"
    yield f"Won of all: {_with_range(rate.of_created, rate.of_created_interval)}"
    for name, values in (("Won", report.won_value), ("Open", report.open_value)):
        if sums := found.money(values):
            worth = ", ".join(
                f"{amount:,.2f} {words.clean(unit)}".rstrip() for amount, unit in sums
            )
            yield f"{name} deals are worth {worth}"
    ends = ", ".join(f"{one.share:.0%} {_time(one)}" for one in report.ending.quantiles)
    yield f"Ended within: {ends}"
    for within in found.within:
        yield (
            f"Within {within.days} days: won {_with_pair(within.won, within.won_interval)}, "
            f"lost {_with_pair(within.lost, within.lost_interval)}"
        )
    if rows := [*reason_rows(found)]:
        yield ""
        yield from align([
            ("Lost for", "Deals", "Share"),
            *((words.name_of(name), words.number(deals), words.rate(share))
              for name, deals, share, *_ in rows),
        ])  # fmt: skip
    if len(found.names) > 2:
        yield from _describe_conformance(found)
    if found.beside is not None:
        yield from _describe_beside(found.beside)


def late_quantile(time: StageTime) -> Quantile:
    """Return when four fifths had left."""
    from suppilo.analytics.stages import SHARES

    late: Quantile = time.quantiles[SHARES.index(0.8)]
    return late


def _describe_conformance(found: PipelineFound) -> Iterator[str]:
    kept = found.conformance
    yield ""
    yield (
        f"Followed the stages in order: {words.number(kept.followed.deals)} of "
        f"{words.number(kept.deals)}, {_with_range(kept.share, kept.interval)}"
    )
    if not kept.moves:
        return
    yield from align([
        ("From", "To", "How", "Left there", "Ever", "Won", "Lost"),
        *(
            (words.clean(found.place(move.source)), words.clean(found.place(move.target)),
             how_words(move.how.name),
             *map(words.number, (move.first, move.deals, move.won, move.lost)))
            for move in kept.moves[:_MOST_MOVES]
        ),
    ], left=3)  # fmt: skip
    if len(kept.moves) > _MOST_MOVES:
        yield f"and {len(kept.moves) - _MOST_MOVES} more ways; --csv and --json have all"


def how_words(name: str) -> str:
    """Return how a deal left the way."""
    return name.lower().replace("_", " ")


def _describe_beside(beside: Beside) -> Iterator[str]:
    yield ""
    yield from align([
        (words.clean(beside.by), "Deals", "Won", "Lost", "Win rate", "Median cycle"),
        *(
            (words.name_of(beside.names[one.group]), words.number(one.win_rate.created),
             words.number(one.win_rate.won), words.number(one.win_rate.lost),
             _with_range(one.win_rate.of_decided, one.win_rate.of_decided_interval),
             _time(one.cycle))
            for one in beside.figures
        ),
    ])  # fmt: skip
    if beside.left_out:
        yield f"{words.number(beside.left_out)} smaller ones are left out"
    test = beside.test
    if not test.degrees:
        yield "There is nothing to compare."
        return
    said = (
        "They take differently long: more than chance would explain"
        if test.p_value < _CLEAR
        else "They take no more differently long than chance would explain"
    )
    yield (
        f"{said} (log-rank: χ² {words.number(round(test.statistic, 2))} on {test.degrees}, "
        f"p {words.p_value(test.p_value)})."
    )


def _with_range(rate: float | None, interval: Interval | None) -> str:
    return _with_pair(rate, None if interval is None else (interval.lower, interval.upper))


def _with_pair(rate: float | None, bounds: tuple[float, float] | None) -> str:
    if rate is None or bounds is None:
        return words.rate(rate)
    return f"{words.rate(rate)} ({words.rate_range(*bounds)})"


def _time(found: Quantile) -> str:
    if found.time is None:
        return words.MISSING
    lower, upper = words.duration(found.lower), words.duration(found.upper)
    return f"{words.duration(found.time)} ({lower}–{upper})"
