"""Advice in plain words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from suppilo.analytics.next_action import FEWEST_DEALS, PHASE_DAYS, StageLesson
from suppilo.apps.activities.models import ActivityKind
from suppilo.apps.next_action.advice import Advice, AdviceState, Option
from suppilo.apps.salesbook.models import Entry
from suppilo.charts.words import points

_A_KIND = {
    ActivityKind.CALL: gettext_lazy("a call"),
    ActivityKind.MEETING: gettext_lazy("a meeting"),
    ActivityKind.EMAIL: gettext_lazy("an e-mail"),
    ActivityKind.VISIT: gettext_lazy("a visit"),
    ActivityKind.DEMO: gettext_lazy("a demo"),
}


def name_action(name: str, entry: Entry | None = None) -> str:
    """Return what to do, as a phrase: a demo; “Ask for the budget”. Empty where it is gone."""
    if entry is not None:
        return _("“%s”") % entry
    return str(_A_KIND[ActivityKind(name)]) if name in ActivityKind.values else ""


def headline(advice: Advice) -> str:
    """Return in one sentence what to do now."""
    if advice.state == AdviceState.ADVICE and advice.best is not None:
        return _("Do next: %s.") % name_action(advice.best.name, advice.best.entry)
    return {
        AdviceState.CLOSED: _("The deal is closed: there is nothing to do next."),
        AdviceState.NEW: _("Nothing has been learned of this stage yet."),
        AdviceState.TOO_FEW: _("Too little history to advise anything in this stage."),
    }.get(advice.state, _("Nothing stands out for deals like this."))


def explanation(advice: Advice) -> str:
    """Return what the advice rests on, or why there is none and what would help."""
    if advice.state == AdviceState.ADVICE and advice.best is not None and advice.lesson is not None:
        return option_sentence(advice.best, advice.lesson)
    if advice.state == AdviceState.TOO_FEW:
        return _too_few(advice)
    if advice.state == AdviceState.NEW:
        return _(
            "It is learned every few hours, from deals that went on from this stage. Note what "
            "you do for deals: that is what it learns from."
        )
    if advice.state == AdviceState.NOTHING:
        return _nothing(advice)
    return ""


def _nothing(advice: Advice) -> str:
    if any(option.is_worth for option in advice.options):
        return _("What deals like this moved on after more often was done already in this stage.")
    return _(
        "Nothing that was done at them was followed by moving on more often than chance explains."
    )


def _too_few(advice: Advice) -> str:
    text = _(
        "An activity is judged once it was noted at %(n)d deals in this stage, and as many were "
        "there without it."
    ) % {"n": FEWEST_DEALS}
    named = [(name_action(name), deals) for name, deals in advice.few]
    most = max((one for one in named if one[0]), key=lambda one: one[1], default=None)
    if most is None:
        return text
    what, deals = most
    so_far = ngettext("So far: %(what)s at %(n)d deal.", "So far: %(what)s at %(n)d deals.", deals)
    return f"{text} {so_far % {'what': what, 'n': deals}}"


def option_sentence(option: Option, lesson: StageLesson) -> str:
    """Return what followed an action: shares with and without, the difference, how many deals."""
    moved = option.group.moved
    compared = _(
        "Of deals like this %(with)s went on within %(days)d days after %(what)s, %(without)s "
        "without it: %(points)s points (%(low)s to %(high)s)."
    ) % {
        "with": _percent(moved.with_it),
        "without": _percent(moved.without),
        "days": lesson.horizon_days,
        "what": name_action(option.name, option.entry),
        "points": whole_points(moved.difference),
        "low": whole_points(moved.interval.lower),
        "high": whole_points(moved.interval.upper),
    }
    return f"{compared} {rests_on(option)}"


def rests_on(option: Option) -> str:
    """Return how many deals a comparison rests on."""
    here = ngettext("%(n)d deal like this", "%(n)d deals like this", option.group.deals)
    there = ngettext("%(n)d in this stage", "%(n)d in this stage", option.lesson.deals)
    return _("Seen at %(here)s, %(there)s.") % {
        "here": here % {"n": option.group.deals},
        "there": there % {"n": option.lesson.deals},
    }


def phase_words(phase: int) -> str:
    """Return for how long deals of a phase are in their stage."""
    first, second = PHASE_DAYS
    return (
        _("less than %d days in the stage") % first,
        _("%(from)d to %(to)d days in the stage") % {"from": first, "to": second},
        _("more than %d days in the stage") % second,
    )[phase]


def caveat() -> str:
    """Return what the figures can't say."""
    return _(
        "This is what went together, not what brought it about: people choose what they do, and "
        "for which deals."
    )


def whole_points(share: float) -> str:
    """Return a difference of shares in whole points, with its sign: +25, −3."""
    return points(share, 0)


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")
