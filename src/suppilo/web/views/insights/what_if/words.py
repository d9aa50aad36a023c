"""A what-if in words: amounts, changes, levers, and the sentence that sums it up."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from suppilo.analytics.whatif import Range, describe_ratio
from suppilo.apps.insights.what_if import WhatIfAnswer
from suppilo.charts.words import MINUS
from suppilo.web.templatetags.funnel_words import count, localise
from suppilo.web.templatetags.money import money


def figure(number: float) -> str:
    """Return a count that may be a fraction: whole from 100 on, to a tenth below.

    Examples
    --------
    >>> figure(4.04), figure(2000.4)
    ('4', '2,000')
    """
    return count(round(number, 1) if abs(number) < 100 else float(round(number)))


def amount(number: float, currency: str) -> str:
    """Return an amount, in a currency where there is one; without cents from 100 on."""
    rounded = round(number, 2) if abs(number) < 100 else float(round(number))
    return money(rounded, currency) if currency else count(rounded)


def signed(text: str, number: float) -> str:
    """Return a change with its sign; ``text`` is the number's size."""
    sign = MINUS if number < 0 else "+" if number > 0 else ""
    # A line may break between a sign and the sign of a currency, but not at a word joiner.
    return f"{sign}{text}" if text[:1].isdigit() else f"{sign}\u2060{text}"


def more(number: float) -> str:
    """Return a change of a count with its sign."""
    return signed(figure(abs(number)), round(number, 1))


def more_money(number: float, currency: str) -> str:
    """Return a change of an amount with its sign."""
    return signed(amount(abs(number), currency), round(number, 2))


def share_of(after: float, before: float) -> str:
    """Return by how much per cent something changed; empty where nothing was before."""
    if not before:
        return ""
    change = after / before - 1
    return signed(per_cent(abs(change)), round(change, 6))


def per_cent(share: float) -> str:
    """Return a share or a change in three figures or so, without zeros that say nothing.

    Examples
    --------
    >>> per_cent(0.6), per_cent(2 / 3), per_cent(9), per_cent(0.0041)
    ('60 %', '66.7 %', '900 %', '0.41 %')
    """
    number = 100 * share
    return f"{count(float(f'{number:.3g}') if number < 100 else float(round(number)))} %"


def span_of(found: Range, write: object = None, currency: str = "") -> str:
    """Return a range of changes of a count; of an amount where ``write`` says so."""
    if write == "money":
        lower, upper = more_money(found.lower, currency), more_money(found.upper, currency)
    else:
        lower, upper = more(found.lower), more(found.upper)
    return _("%(lower)s to %(upper)s") % {"lower": lower, "upper": upper}


def lever_words(answer: WhatIfAnswer) -> Iterator[str]:
    """Yield each lever that is moved in words, rates first, as they are applied."""
    levels, question = answer.projection.levels, answer.question
    for place, level in enumerate(levels[:-1]):
        set_to = question.at(place).rate
        if set_to is not None:
            yield _("%(then)s of “%(level)s” go on to “%(next)s”, not %(now)s") % {
                "level": level.name,
                "then": per_cent(set_to),
                "now": per_cent(level.rate_before or 0.0),
                "next": levels[place + 1].name,
            }
    for place, level in enumerate(levels):
        asked = question.at(place)
        if asked.times != 1:
            yield _times_words(level.name, asked.times, asked.elasticity, place == len(levels) - 1)


def _times_words(name: str, times: float, elasticity: float, is_last: bool) -> str:
    words = {"times": count(times), "level": name, "elasticity": count(elasticity),
             "effect": localise(f"{times**elasticity:,.4g}")}  # fmt: skip
    if is_last:
        return _("%(times)s times as many at “%(level)s”") % words
    if elasticity == 1:
        return (
            _("%(times)s times as many at “%(level)s”, who are like the others (elasticity 1)")
            % words
        )
    return (
        _("%(times)s times as many at “%(level)s”; with elasticity %(elasticity)s what follows "
          "grows %(effect)s times")
        % words
    )  # fmt: skip


def headline(answer: WhatIfAnswer) -> str:
    """Return what comes of the levers, in a line."""
    first, last = answer.projection.levels[0], answer.projection.levels[-1]
    if not answer.is_pulled:
        return _("%(first)s of “%(entry)s” make %(won)s of “%(last)s”: %(ratio)s.") % {
            "first": figure(first.before), "entry": first.name, "won": figure(last.before),
            "last": last.name, "ratio": ratio(first.before, last.before),
        }  # fmt: skip
    changed = share_of(last.after, last.before)
    return _("“%(last)s”: %(now)s → %(then)s (%(change)s)") % {
        "last": last.name, "now": figure(last.before), "then": figure(last.after),
        "change": changed or "0 %",
    }  # fmt: skip


def ratio(first: float, last: float) -> str:
    """Return how many of the first it takes for one of the last: ``1 : 80``."""
    return localise(describe_ratio(first, last))


def sentences(answer: WhatIfAnswer) -> list[str]:
    """Return what comes of it, in plain words."""
    found, currency = answer.projection, answer.baseline.currency
    said = []
    if answer.is_pulled:
        said.append(_change_words(answer))
        if answer.has_money:
            said.append(
                _("That is %(gain)s of revenue (95 %%: %(range)s).") % {
                    "gain": more_money(found.gain, currency),
                    "range": span_of(found.gain_range, "money", currency),
                }
            )  # fmt: skip
        if answer.cost_per_extra is not None:
            said.append(
                _("Each one more costs %(cost)s.")
                % {"cost": amount(answer.cost_per_extra, currency)}
            )
    else:
        said.append(_("Nothing is changed yet: move a slider, or write a figure beside it."))
    said.append(_key_words(answer))
    return said


def _change_words(answer: WhatIfAnswer) -> str:
    found = answer.projection
    last = found.levels[-1]
    return _("“%(last)s” would be %(then)s instead of %(now)s: %(more)s (95 %%: %(range)s).") % {
        "last": last.name, "then": figure(last.after), "now": figure(last.before),
        "more": more(answer.more_won), "range": span_of(found.won_range),
    }  # fmt: skip


def _key_words(answer: WhatIfAnswer) -> str:
    if not answer.key_levels:
        return _("No level loses anybody, so none is the key level.")
    best = answer.key_levels[0]
    words = {"level": best.stage, "share": per_cent(answer.question.saved),
             "gain": key_gain(answer, best.gain)}  # fmt: skip
    if best.per_cost is not None and all(one.per_cost is not None for one in answer.key_levels):
        return (
            _("The key level is “%(level)s”: keeping %(share)s of those who leave there pays best "
              "for what it costs further down: %(gain)s.")
            % words
        )  # fmt: skip
    return (
        _("The key level is “%(level)s”: keeping %(share)s of those who leave there brings most: "
          "%(gain)s.")
        % words
    )  # fmt: skip


def key_gain(answer: WhatIfAnswer, gain: float) -> str:
    """Return what saving brings: money where its worth is known, else units of the last level."""
    if answer.has_money:
        return more_money(gain, answer.baseline.currency)
    last = answer.projection.levels[-1].name
    return _("%(more)s of “%(last)s”") % {"more": more(gain), "last": last}
