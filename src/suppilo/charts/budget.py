"""A budget's plan in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from suppilo.analytics.budget import BudgetPlan, Doubt, DoubtKind, Spread, Verdict
from suppilo.charts.i18n import _
from suppilo.charts.words import MINUS, clean, number, shorten

NameOf = Callable[[str], str]


def plain_name(name: str) -> str:
    """Return what to call a channel: its own name."""
    return shorten(clean(name), 40)


def figure(value: float) -> str:
    """Return an estimate with as many digits as it deserves: whole from 100 on, else three.

    Examples
    --------
    >>> figure(12345.6), figure(-3.14159), figure(0.0)
    ('12,346', '−3.14', '0')
    """
    return number(float(round(value)) if abs(value) >= 100 else float(f"{value:.3g}"))


def gain(value: float) -> str:
    """Return a difference with its sign.

    Examples
    --------
    >>> gain(250.2), gain(-3)
    ('+250', '−3')
    """
    text = figure(value)
    return text if text.startswith(MINUS) or text == "0" else f"+{text}"


def whole_share(share: float) -> str:
    """Return a share 0..1 of draws in whole per cent: there are too few of them for more.

    Examples
    --------
    >>> whole_share(0.8979), whole_share(0.998), whole_share(1.0)
    ('90 %', '99 %', '100 %')
    """
    return f"{round(100 * share) if share == 1 else min(99, round(100 * share))} %"


def span(found: Spread) -> str:
    """Return the range of a figure."""
    return _("{lower} to {upper}").format(lower=figure(found.lower), upper=figure(found.upper))


def plan_sentence(plan: BudgetPlan, name: NameOf = plain_name, unit: str = "") -> str:
    """Return what to do now; ``unit`` is what the outcome is counted in."""
    told = [one for one in plan.channels if one.verdict is not Verdict.CANT_TELL]
    if not told:
        return _("The data can't tell what any channel brings: keep the split, and find out as "
                 "said below.")  # fmt: skip
    change = plan.budget - plan.now
    if abs(change) > 0.01 * max(plan.now, 1.0):
        return _change_sentence(plan, unit)
    if len(told) == 1:
        return _("The data tell of {name} alone, so there is nothing to compare it with: keep the "
                 "split.").format(name=name(told[0].name))  # fmt: skip
    if not plan.moves:
        return _("The present split is about the best that the data know of.")
    if not plan.is_sure:
        return _("No better split can be told from this history. The best guess gains {gain} a "
                 "week ({span}), and gains at all in {share} of what is likely: keep the split, or "
                 "try it with a small part.").format(**_gains(plan, unit))  # fmt: skip
    return _move_sentence(plan, name, unit)


def _gains(plan: BudgetPlan, unit: str) -> dict[str, str]:
    return {
        "gain": f"{figure(plan.gain.median)} {unit}".rstrip(), "span": span(plan.gain),
        "share": whole_share(plan.gains),
    }  # fmt: skip


def _change_sentence(plan: BudgetPlan, unit: str) -> str:
    text = _("With {budget} a week in place of {now}, split best, the outcome changes by {gain} a "
             "week ({span}).")  # fmt: skip
    return text.format(
        budget=figure(plan.budget), now=figure(plan.now),
        gain=f"{gain(plan.gain.median)} {unit}".rstrip(),
        span=span(plan.gain),
    )  # fmt: skip


def _move_sentence(plan: BudgetPlan, name: NameOf, unit: str) -> str:
    up = max(plan.channels, key=lambda one: one.best - one.now)
    down = min(plan.channels, key=lambda one: one.best - one.now)
    text = _("Spend more on {up} ({up_now} → {up_best} a week) and less on {down} ({down_now} → "
             "{down_best}): the best split gains {gain} a week ({span}), and gains at all in "
             "{share} of what is likely.")  # fmt: skip
    return text.format(
        up=name(up.name), down=name(down.name), up_now=figure(up.now), up_best=figure(up.best),
        down_now=figure(down.now), down_best=figure(down.best), **_gains(plan, unit),
    )  # fmt: skip


def warnings_of(plan: BudgetPlan, name: NameOf = plain_name) -> Iterator[str]:
    """Yield what else must be known before money is moved."""
    beyond = [name(one.name) for one in plan.channels if one.is_beyond]
    if beyond:
        yield _("Beyond what was ever spent in a week: {names}. The curve is a guess there; go in "
                "small steps.").format(names=", ".join(beyond))  # fmt: skip
    if plan.unspent > 0.005 * plan.budget:
        yield _("{money} a week stay unspent: the upper bounds are reached.").format(
            money=figure(plan.unspent)
        )


def verdict_word(verdict: Verdict) -> str:
    """Return a verdict in a word or two."""
    return {
        Verdict.MORE: _("spend more"), Verdict.LESS: _("spend less"), Verdict.KEEP: _("keep"),
        Verdict.CANT_TELL: _("can't tell"),
    }[verdict]  # fmt: skip


def doubt_sentence(doubt: Doubt, name: NameOf = plain_name) -> str:
    """Return why the data can't tell, and what would."""
    reasons = {
        DoubtKind.CONSTANT: _("its spend hardly varied: raise or halve it for four weeks"),
        DoubtKind.RARE: _("there was spend in fewer than four weeks: spend on, and vary it"),
        DoubtKind.TOGETHER: _("it moved together with {other}: change one of the two alone for "
                              "four weeks, or stop it in one region"),
        DoubtKind.SEASON: _("it moved with the season or the trend: vary it against them, or stop "
                            "it in one region (a hold-out test)"),
        DoubtKind.WEAK: _("the outcome hardly shows its ups and downs: vary it more, for longer, "
                          "or stop it in one region (a hold-out test)"),
    }  # fmt: skip
    return reasons[doubt.kind].format(other=name(doubt.other))


def doubts_of(plan: BudgetPlan, name: NameOf = plain_name) -> Iterator[str]:
    """Yield, for each channel that can't be told, why not and what would tell."""
    for one in plan.channels:
        for doubt in one.doubts:
            yield _("{name}: {why}.").format(name=name(one.name), why=doubt_sentence(doubt, name))
