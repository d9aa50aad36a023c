"""What the page shows of an answer: cards, picture, table, key levels, what was counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from suppilo.analytics.whatif import LevelAfter
from suppilo.apps.insights.what_if import WhatIfAnswer
from suppilo.charts.page import LevelMark, levels_picture
from suppilo.web.templatetags.funnel_words import count, rate
from suppilo.web.views.funnels.parts.steps import KeyFigure
from suppilo.web.views.funnels.parts.trend import drawn
from suppilo.web.views.insights.what_if import words
from suppilo.web.what_if_query import AskedWhatIf

SIZES = (("wide", 700), ("middle", 520), ("narrow", 330))


@dataclass(frozen=True, slots=True)
class LevelRow:
    """A level in the table: texts, and where its count leads."""

    name: str
    now: str
    then: str
    change: str
    range: str
    rate_now: str
    rate_then: str
    cost: str
    url: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """A level's count, and where it leads."""

    name: str
    count: str
    url: str


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A level in the ranking, and where those who leave it are listed.

    ``ends``: the two counts that ``lost`` is the difference of, where these are of unlike things
    (people and deals, clicks and people): nobody in particular left then.
    """

    name: str
    lost: str
    lost_url: str
    ends: tuple[Counted, ...]
    rates: str
    gain: str
    range: str
    per_cost: str


def show_answer(
    found: WhatIfAnswer, asked: AskedWhatIf, urls: tuple[str, ...], left: tuple[str, ...]
) -> dict[str, Any]:
    """Return what the template of the answer needs."""
    marks = [
        LevelMark(one.name, one.before, one.after, one.after_range.lower, one.after_range.upper)
        for one in found.projection.levels
    ]
    return {
        "found": found,
        "headline": words.headline(found),
        "sentences": words.sentences(found),
        "levers": list(words.lever_words(found)),
        "cards": list(cards(found, urls)),
        "pictures": [(size, drawn(levels_picture(marks, width))) for size, width in SIZES],
        "level_rows": level_rows(found, urls),
        "has_costs": found.projection.cost is not None,
        "saved_words": words.per_cent(found.question.saved),
        "key_rows": list(key_rows(found, urls, left)),
        "has_key_costs": any(one.per_cost is not None for one in found.key_levels),
        "counted": list(counted_words(found, asked)),
    }


def cards(found: WhatIfAnswer, urls: tuple[str, ...]) -> Iterator[KeyFigure]:
    """Yield the key figures: what is won, revenue, profit, cost of one more, the ratio.

    As long as no lever is moved the first two count what is there: ``urls``, of the levels, then
    lead to it.
    """
    projection, currency = found.projection, found.baseline.currency
    first, last = projection.levels[0], projection.levels[-1]
    if found.is_pulled:
        yield KeyFigure(
            last.name, words.figure(last.after), words.more(found.more_won),
            _with_range(words.span_of(projection.won_range)),
        )  # fmt: skip
    else:
        url = "".join(urls[len(projection.levels) - 1 : len(projection.levels)])
        yield KeyFigure(last.name, words.figure(last.after), "", "", url)
    if found.has_money and found.is_pulled:
        yield KeyFigure(
            _("Revenue"), words.amount(projection.money_after, currency),
            words.more_money(projection.gain, currency),
            _with_range(words.span_of(projection.gain_range, "money", currency)),
        )  # fmt: skip
        yield KeyFigure(
            _("Change in profit"), words.more_money(projection.profit, currency), "",
            _with_range(words.span_of(projection.profit_range, "money", currency)),
        )  # fmt: skip
    elif found.has_money:
        yield KeyFigure(_("Revenue"), words.amount(projection.money_after, currency), "", "", url)
    if found.cost_per_extra is not None:
        yield KeyFigure(
            _("Cost of one more"), words.amount(found.cost_per_extra, currency), "",
            _("%(cost)s in all") % {"cost": words.amount(projection.cost or 0.0, currency)},
        )  # fmt: skip
    now = _("now %(ratio)s") % {"ratio": words.ratio(first.before, last.before)}
    yield KeyFigure(
        _("First to last"), words.ratio(first.after, last.after), "", now if found.is_pulled else ""
    )


def _with_range(text: str) -> str:
    return _("95 %%: %(range)s") % {"range": text}


def level_rows(found: WhatIfAnswer, urls: tuple[str, ...]) -> list[LevelRow]:
    """Return the levels before and after."""
    costs = [level.unit_cost for level in found.baseline.levels]
    padded = urls + ("",) * len(costs)
    levels = zip(found.projection.levels, costs, padded, strict=False)
    return [_level_row(one, cost, url, found.baseline.currency) for one, cost, url in levels]


def _level_row(one: LevelAfter, cost: float | None, url: str, currency: str) -> LevelRow:
    added = one.after - one.before
    is_changed = abs(added) > 1e-9 * one.before
    span = _("%(lower)s to %(upper)s") % {
        "lower": words.figure(one.after_range.lower), "upper": words.figure(one.after_range.upper),
    }  # fmt: skip
    return LevelRow(
        one.name,
        words.figure(one.before),
        words.figure(one.after),
        words.share_of(one.after, one.before) if is_changed else "",
        span,
        "" if one.rate_before is None else rate(one.rate_before),
        "" if one.rate_after is None else rate(one.rate_after),
        "" if cost is None else words.amount(cost * added, currency),
        url,
        is_changed,
    )


def key_rows(found: WhatIfAnswer, urls: tuple[str, ...], left: tuple[str, ...]) -> Iterator[KeyRow]:
    """Yield the levels by what saving the same share of their losses brings.

    ``urls`` are the addresses behind each level's count, ``left`` of those who leave there.
    """
    currency, levels = found.baseline.currency, found.baseline.levels
    counted = [
        Counted(level.name, words.figure(level.count), url)
        for level, url in zip(levels, urls, strict=False)
    ]
    url_of = dict(zip((level.name for level in levels), left, strict=False))
    ends_of = {pair[0].name: pair for pair in pairwise(counted)}
    for one in found.key_levels:
        write = "money" if found.has_money else None
        lost_url = url_of.get(one.stage, "")
        yield KeyRow(
            one.stage,
            words.figure(one.lost),
            lost_url,
            () if lost_url else ends_of.get(one.stage, ()),
            f"{rate(one.rate_before)} → {rate(one.rate_after)}",
            words.more_money(one.gain, currency) if found.has_money else words.more(one.gain),
            words.span_of(one.gain_range, write, currency),
            "" if one.per_cost is None else count(round(one.per_cost, 2)),
        )


def counted_words(found: WhatIfAnswer, asked: AskedWhatIf) -> Iterator[str]:
    """Yield, in sentences, what the figures mean."""
    counts, baseline = found.baseline.counts, found.baseline
    if counts is None:
        yield _("The levels are your own figures; nothing was counted.")
    else:
        yield _("Counted are those who entered in this time: %(dates)s, as far as they had come "
                "by now.") % {"dates": asked.period.words()}  # fmt: skip
        if counts.full is not None:
            yield _("The full funnel up to the deals won; one is worth the average of those. What "
                    "the advertising cost is taken as the cost of its impressions.")  # fmt: skip
        if counts.amount and found.question.value is None:
            yield _("One at the last level is worth the average “%(property)s” of its events.") % {
                "property": counts.amount
            }
        if counts.missing:
            yield _("No event is known for: %(levels)s.") % {"levels": ", ".join(counts.missing)}
    if baseline.left_out:
        yield _("Nobody got to: %(levels)s. These are left out.") % {
            "levels": ", ".join(baseline.left_out)
        }
    yield _(
        "Rates are set first, then more come in. An elasticity of 1 says that newcomers are like "
        "the others, 0.5 that ten times as many bring about three times as much."
    )
    yield _(
        "Ranges are those of the counted rates (Beta, Jeffreys' prior, 95 %): they don't know "
        "whether the assumptions hold. A level with more than the one before has a certain ratio."
    )
    if found.has_money:
        yield _(
            "Change in profit: %(margin)s of the added revenue, less what the added units cost as "
            "far as that is known."
        ) % {"margin": rate(found.question.margin)}
