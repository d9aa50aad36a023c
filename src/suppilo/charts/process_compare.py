"""Two process maps beside each other, and how far deals followed their pipeline, in words."""

from __future__ import annotations

from collections.abc import Callable

from suppilo.analytics.process_map import EdgeDifference, MapComparison
from suppilo.analytics.stages import Conformance, Moved
from suppilo.charts.i18n import _
from suppilo.charts.process_map import FEWEST_PATHS, wait_words, way_words
from suppilo.charts.words import MISSING, number, points, rate, rate_range

NameOf = Callable[[int], str]
"""What a place of the pipeline is called."""


def comparison_sentences(
    found: MapComparison, a: str, b: str, is_telling: Callable[[EdgeDifference], bool] = bool
) -> list[str]:
    """Return where two maps differ most, and what that rests on.

    Parameters
    ----------
    a, b
        What the sides are called, as at the beginning of a sentence.
    is_telling
        Whether it says anything that a way is gone more often; by default it always does.
    """
    clear = [edge for edge in found.edges if edge.is_clear]
    telling = next(filter(is_telling, clear), None)
    if telling is not None:
        said = [_often(telling, a, b)]
    elif clear:
        said = [_("Apart from going on and being closed, no way is gone by a clearly other share.")]
    else:
        said = [_("No way is gone by a clearly other share: what differs may be chance.")]
    slow = found.slowest
    if slow is not None and slow.a is not None and slow.b is not None:
        text = _("{slower} wait longer on {way}: half of them {long} or more, against {short}.")
        long, short = sorted((slow.a.median_us, slow.b.median_us), reverse=True)
        said.append(text.format(
            slower=a if slow.slower == "a" else b, way=way_words(slow.source, slow.target),
            long=wait_words(long), short=wait_words(short),
        ))  # fmt: skip
    if min(found.a.paths, found.b.paths) < FEWEST_PATHS:
        text = _("Too little history to rely on: {a} and {b} only.")
        said.append(text.format(a=number(found.a.paths), b=number(found.b.paths)))
    return said


def _often(edge: EdgeDifference, a: str, b: str) -> str:
    assert edge.walked is not None  # it is clear
    more, less = (b, a) if edge.walked.difference > 0 else (a, b)
    high, low = sorted((edge.walked.rate_a, edge.walked.rate_b), reverse=True)
    text = _("{more} go {way} more often than {less}: {high} of those that got so far, against "
             "{low}.")  # fmt: skip
    return text.format(
        more=more, less=less[:1].lower() + less[1:], way=way_words(edge.source, edge.target),
        high=rate(high), low=rate(low),
    )  # fmt: skip


def conformance_sentences(found: Conformance, name_of: NameOf) -> list[str]:
    """Return how many deals followed the pipeline, where most left it, and how each fared."""
    if not found.deals or found.interval is None:
        return []
    text = _("{n} of {all} deals ({share}, {span}) followed the pipeline so far.")
    said = [text.format(
        n=number(found.followed.deals), all=number(found.deals), share=rate(found.share),
        span=rate_range(found.interval.lower, found.interval.upper),
    )]  # fmt: skip
    if found.moves and found.moves[0].first:
        move = found.moves[0]
        text = _("Most others left it at {way}: {n}.")
        said.append(text.format(way=move_words(move, name_of), n=number(move.first)))
    rates = found.followed.win_rate, found.left.win_rate
    if rates[0] is not None and rates[1] is not None:
        text = _("Of those that followed {a} were won ({na} won or lost), of the others {b} "
                 "({nb}).")  # fmt: skip
        said.append(text.format(
            a=rate(rates[0]), b=rate(rates[1]),
            na=number(found.followed.won + found.followed.lost),
            nb=number(found.left.won + found.left.lost),
        ))  # fmt: skip
    if found.deals < FEWEST_PATHS:
        said.append(_("Too little history to rely on: {n} deals only.").format(
            n=number(found.deals)))  # fmt: skip
    return said


def move_words(move: Moved, name_of: NameOf) -> str:
    """Return what a move is called."""
    return way_words(name_of(move.source), name_of(move.target))


def difference_words(edge: EdgeDifference) -> str:
    """Return a difference of shares in points, with its range."""
    walked = edge.walked
    if walked is None:
        return MISSING
    span = f"{points(walked.lower)} – {points(walked.upper)}"
    return f"{points(walked.difference)} ({span})"
