"""A funnel's definition in plain sentences, so that nobody has to guess what a figure means."""

from __future__ import annotations

from collections.abc import Sequence

from suppilo.analytics.funnel.definition import Exclusion, FunnelDefinition, Selector, Step
from suppilo.analytics.funnel.report import FunnelReport
from suppilo.charts import words
from suppilo.charts.i18n import _


def explain_report(report: FunnelReport) -> tuple[str, ...]:
    """Return the sentences that say how a report's figures came about."""
    return (*explain_definition(report.definition, report.as_of_us), _explain_ranges(report))


def explain_definition(
    definition: FunnelDefinition, as_of_us: int | None = None
) -> tuple[str, ...]:
    """Return the sentences that say what a funnel counts.

    ``as_of_us`` is the moment of observation that was used; without it the definition's own.
    """
    as_of_us = definition.as_of_us if as_of_us is None else as_of_us
    sentences = [
        _explain_order(definition),
        *_explain_unit(definition),
        *_explain_entry(definition),
        *_explain_optional(definition),
        *_explain_within(definition),
        *(_explain_exclusion(definition, item) for item in definition.exclude),
        *_explain_hold(definition),
        *_explain_dates(definition),
        *_explain_as_of(definition, as_of_us),
        *_explain_breakdown(definition),
    ]
    return tuple(sentences)


def explain_steps(definition: FunnelDefinition) -> tuple[str, ...]:
    """Return for each step which events it takes, and on what conditions."""
    return tuple(_explain_step(step) for step in definition.steps)


def says_more_than_name(step: Step) -> bool:
    """Return whether a step's name alone does not tell what it takes."""
    plain = Step(step.name, (step.name,), None, step.optional, step.within_us)
    return step != plain


def window_words(definition: FunnelDefinition) -> str:
    """Return the conversion window in a few words."""
    if definition.window_us is None:
        return _("no time limit")
    return _("{length} to convert").format(length=_length(definition.window_us))


def _length(length_us: int) -> str:
    return words.duration(length_us / 1_000_000)


def _names(items: Sequence[str]) -> str:
    quoted = [_quote(item) for item in items]
    if len(quoted) < 2:
        return "".join(quoted)
    return _("{some} and {last}").format(some=", ".join(quoted[:-1]), last=quoted[-1])


def _quote(name: str) -> str:
    return f"“{words.clean(name)}”"


def _select_words(selector: Selector) -> str:
    if selector.events is None:
        text = _("any event")
    else:
        text = _(" or ").join(_quote(name) for name in selector.events)
    if selector.where:
        text = _("{events} where {where}").format(events=text, where=words.clean(selector.where))
    if selector.first_ever:
        text = _("{events}, if it is the path's first ever").format(events=text)
    return text


def _explain_step(step: Step) -> str:
    text = _select_words(step.selector)
    if says_more_than_name(step):
        text = _("{name}: {events}").format(name=words.clean(step.name), events=text)
    return _("{text} (optional)").format(text=text) if step.optional else text


def _explain_order(definition: FunnelDefinition) -> str:
    who = _("Each attempt") if definition.count == "attempts" else _("Each path")
    if definition.order == "any":
        text = _("{who} counts at step k when it did k different steps, in any order, {window}.")
        return text.format(who=who, window=_explain_any_window(definition))
    if definition.order == "strict":
        text = _(
            "{who} counts at a step when it did the steps up to there in this order with nothing "
            "else in between, {window}; events at the same moment stand in the order of the rows."
        )
    elif definition.ties == "given":
        text = _(
            "{who} counts at a step when it did the steps up to there in this order, {window}; "
            "events at the same moment stand in the order of the rows."
        )
    else:
        text = _(
            "{who} counts at a step when it did the steps up to there in this order, {window}; "
            "events at the same moment may stand in either order."
        )
    return text.format(who=who, window=_explain_window(definition))


def _explain_unit(definition: FunnelDefinition) -> list[str]:
    if definition.unit == "company":
        return [_("A path is a company: what its people do, and what happens to its deals. Whoever "
                  "belongs to no company is left out.")]  # fmt: skip
    if definition.unit == "deal":
        return [_("A path is a deal: what happens to it, and what its people do. Somebody in "
                  "several deals counts for the one opened first; whoever is in none is left "
                  "out.")]  # fmt: skip
    return []


def _explain_window(definition: FunnelDefinition) -> str:
    if definition.window_us is None:
        return _("however long it took")
    return _("each within {length} of the first").format(length=_length(definition.window_us))


def _explain_any_window(definition: FunnelDefinition) -> str:
    if definition.window_us is None:
        return _("however long it took")
    return _("all within {length}").format(length=_length(definition.window_us))


def _explain_entry(definition: FunnelDefinition) -> list[str]:
    first = _quote(definition.steps[0].name)
    if definition.count == "attempts":
        text = _("A path may try several times: the next attempt begins at the first {first} after "
                 "the one before ended.")  # fmt: skip
    elif definition.entry == "first":
        text = _("The way begins at the path's first {first}.")
    elif definition.order == "any":
        return []
    else:
        text = _("Where a path has several tries, the one that got furthest counts.")
    return [text.format(first=first)]


def _explain_optional(definition: FunnelDefinition) -> list[str]:
    optional = [step.name for step in definition.steps if step.optional]
    if not optional:
        return []
    return [_("{names} may be left out.").format(names=_names(optional))]


def _explain_within(definition: FunnelDefinition) -> list[str]:
    text = _("{name} must come within {length} of the required step before.")
    return [
        text.format(name=_quote(step.name), length=_length(step.within_us))
        for step in definition.steps
        if step.within_us is not None
    ]


def _explain_exclusion(definition: FunnelDefinition, item: Exclusion) -> str:
    text = _("With {events} between {after} and {before} a path leaves the whole funnel, unless a "
             "try without it got as far.")  # fmt: skip
    if definition.on_exclusion == "stop":
        text = _("With {events} between {after} and {before} a path counts no further than its "
                 "best try without it.")  # fmt: skip
    return text.format(
        events=_select_words(item.selector),
        after=_quote(definition.steps[item.after - 1].name),
        before=_quote(definition.steps[item.before - 1].name),
    )


def _explain_hold(definition: FunnelDefinition) -> list[str]:
    if not definition.hold:
        return []
    text = _("All events of a try have the same {names}.")
    return [text.format(names=_names(definition.hold))]


def _explain_dates(definition: FunnelDefinition) -> list[str]:
    zone = definition.timezone
    since = None if definition.from_us is None else words.day(definition.from_us, zone)
    until = None if definition.to_us is None else words.day(definition.to_us, zone)
    if since and until:
        text = _("Entered from {since} to before {until} ({zone}); converting may come later.")
    elif since:
        text = _("Entered from {since} ({zone}) on.")
    elif until:
        text = _("Entered before {until} ({zone}); converting may come later.")
    else:
        return []
    return [text.format(since=since, until=until, zone=zone)]


def _explain_as_of(definition: FunnelDefinition, as_of_us: int | None) -> list[str]:
    if as_of_us is None:
        return []
    seen = words.moment(as_of_us, definition.timezone)
    text = _("As of {seen}: whoever still has time is open, not lost.")
    return [text.format(seen=seen)]


def _explain_breakdown(definition: FunnelDefinition) -> list[str]:
    if definition.by is None:
        return []
    text = {
        "first": _("Split by {by}: the value at the path's first event that has one."),
        "last": _("Split by {by}: the value at the path's last event that has one by then."),
        "all": _("Split by {by}: each value's events run through the funnel on their own."),
    }.get(definition.by_value, _("Split by {by}, as it was at step {step}."))
    step = definition.by_value.removeprefix("step:")
    return [text.format(by=_quote(definition.by), step=step)]


def _explain_ranges(report: FunnelReport) -> str:
    level = words.number(round(100 * report.steps[0].level, 4))
    return _("Ranges are {level} % Wilson intervals.").format(level=level)
