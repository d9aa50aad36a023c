"""Scores in words: what was learned, how good it is, and why somebody has theirs."""

from __future__ import annotations

from collections.abc import Mapping

from suppilo.analytics.scores import (
    LearnedReason,
    ModelCard,
    RuleReason,
    ScoreQuestion,
    TooFew,
)
from suppilo.charts.i18n import _
from suppilo.charts.words import clean, number, rate

_SPANS = ("30d", "90d", "7d", "ever")


def refusal(found: TooFew) -> str:
    """Return why nothing can be learned yet, and what to do."""
    text = {
        "moments": _("The history has {have} days; to learn what comes within {days} days, and "
                     "to be tested on a later time, it takes {need}. Take a shorter horizon, or "
                     "wait."),
        "outcomes": _("The goal came {have} times within {days} days of the moments to learn from; "
                      "it takes {need}: with fewer the base rate alone is unsure by more than a "
                      "quarter. Take a goal that comes more often, or a longer horizon."),
        "others": _("All but {have} reached the goal; it takes {need} who did not. Take a goal "
                    "that comes more seldom, or a shorter horizon."),
    }[found.lack]  # fmt: skip
    if found.lack == "outcomes" and found.part == "held":
        text = _("The goal came {have} times in the latest time, on which the score is tested; it "
                 "takes {need} to tell a good score from a useless one. Take a goal that comes "
                 "more often, or a longer horizon.")  # fmt: skip
    return text.format(have=found.have, need=found.need, days=found.horizon_days)


def card_sentence(card: ModelCard, question: ScoreQuestion) -> str:
    """Return how good a score was on later moments than it was learned from."""
    said = {"goal": clean(question.goal.event), "days": question.horizon_days,
            "base": rate(card.held.rate)}  # fmt: skip
    if not card.is_useful or card.auc is None:
        return _(
            "Nothing that is known tells who will do {goal} within {days} days: no model was "
            "better than saying the base rate of everybody, {learned}. (In the time it was tested "
            "on it was {base}.)"
        ).format(**said, learned=rate(card.learned.rate))
    best = card.bands[0]
    text = _(
        "Of the {share} likeliest to do {goal} within {days} days, {rate} did, against {base} of "
        "all: {lift} times as many. One who did it stood above one who did not in {auc} of pairs "
        "({lower} to {upper})."
    ).format(
        **said, share=rate(best.rows / card.held.rows), rate=rate(best.rate),
        lift=number(round(best.lift, 1)), auc=rate(card.auc.value), lower=rate(card.auc.lower),
        upper=rate(card.auc.upper),
    )  # fmt: skip
    return f"{text} {_bias_sentence(card)}" if card.is_biased else text


def _bias_sentence(card: ModelCard) -> str:
    """Return by how much the chances were too high, or too low, on the whole."""
    said = {"told": rate(card.held.rate + card.bias.value), "came": rate(card.held.rate)}
    if card.bias.value > 0:
        text = _("But the chances were too high on the whole: {told} on average, where {came} "
                 "came. The order holds; take the figures for less.")  # fmt: skip
    else:
        text = _("But the chances were too low on the whole: {told} on average, where {came} "
                 "came. The order holds; take the figures for more.")  # fmt: skip
    return text.format(**said)


def model_name(kind: str) -> str:
    """Return what a kind of model is called."""
    return {
        "base": _("the base rate"), "logistic": _("logistic regression"),
        "boosting": _("gradient boosting"),
    }[kind]  # fmt: skip


def subject_name(kind: str, subject: str) -> str:
    """Return what a model looks at."""
    named = {"time": _("first and last seen"), "sessions": _("sessions"),
             "channel": _("channels")}  # fmt: skip
    return named.get(kind, clean(subject))


def rule_reason(reason: RuleReason) -> str:
    """Return what a rule gave: its points and its name, with how often where that is more."""
    points = f"{reason.points:+.0f}" if abs(reason.points) >= 1 else f"{reason.points:+.2g}"
    times = f" ({reason.count}×)" if reason.count > 1 else ""
    return f"{points} {clean(reason.rule.name)}{times}"


def learned_reason(reason: LearnedReason) -> str:
    """Return what moves a probability up or down: ``+ price 4× in 30 days (usually 1×)``."""
    sign = "+" if reason.effect > 0 else "−"
    return f"{sign} {_fact(reason)}"


def _fact(reason: LearnedReason) -> str:
    name = subject_name(reason.kind, reason.subject)
    if reason.kind in ("event", "sessions"):
        return _frequency(name, reason.facts, reason.usual)
    if reason.kind == "time":
        return _("seen {days} days ago (usually {usual})").format(
            days=number(round(reason.facts["since_last"])),
            usual=number(round(reason.usual["since_last"])),
        )
    marked = next((detail for detail, value in reason.facts.items() if "=" in detail and value), "")
    value = clean(marked.partition("=")[2])
    if reason.kind == "channel":
        return _("first by {channel}").format(channel=value) if value else name
    if "number" in reason.facts:
        return f"{name} = {number(reason.facts['number'])}"
    return f"{name} = {value}" if value else _("another {name}").format(name=name)


def _frequency(name: str, facts: Mapping[str, float], usual: Mapping[str, float]) -> str:
    # The first span in which it differs from the usual says most.
    span = next((one for one in _SPANS if one in facts and facts[one] != usual[one]), "ever")
    when = {"7d": _("in 7 days"), "30d": _("in 30 days"), "90d": _("in 90 days"),
            "ever": _("ever")}[span]  # fmt: skip
    return _("{name} {count}× {when} (usually {usual}×)").format(
        name=name, count=number(facts[span]), when=when, usual=number(usual[span])
    )
