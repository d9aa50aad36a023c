"""Where planned goals stand, in words and as a table of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor

from suppilo.analytics.goals import Light
from suppilo.analytics.goals.plan import PlannedGoal
from suppilo.analytics.goals.planned import PlanProgress
from suppilo.analytics.goals.standing import Basis, Flow, Standing
from suppilo.charts.i18n import _, ngettext
from suppilo.charts.words import MISSING, clean, number, rate, rate_range, shorten

_NAME_WIDTH = 28


def goal_table(found: Sequence[PlanProgress]) -> Iterator[str]:
    """Yield the lines of a table: a row for each goal and period, the present one first."""
    heading = (_("Goal"), _("Period"), _("Plan"), _("Fact"), _("Due by now"), _("Ends at"),
               _("Range"), _("Light"))  # fmt: skip
    rows: list[tuple[str, ...]] = [heading]
    for one in found:
        name = shorten(clean(one.goal.name), _NAME_WIDTH)
        for place, standing in enumerate(one.standings):
            rows.append((name if not place else "", *_cells(one.goal, standing)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        name, period, *figures, light = (
            cell.ljust(width) if place in (0, 1, 7) else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join((name, period, *figures, light)).rstrip()


def _cells(goal: PlannedGoal, one: Standing) -> tuple[str, ...]:
    due = None if one.due_amount is None or one.is_over else float(one.due_amount)
    fact = None if one.fact is None else float(one.fact)
    value = None if one.outlook is None else one.outlook.value
    return (
        one.period.key, figure(goal, float(one.target)), figure(goal, fact), figure(goal, due),
        figure(goal, value), range_words(goal, one), light_words(goal, one),
    )  # fmt: skip


def figure(goal: PlannedGoal, value: float | None) -> str:
    """Return a figure in a goal's unit: small counts to one digit, small amounts to two."""
    if value is None:
        return MISSING
    if goal.is_rate:
        return rate(value)
    if goal.is_money:
        return number(round(value, 2) if abs(value) < 1000 else round(value))
    return number(round(value, 1) if value < 10 else round(value))


def range_words(goal: PlannedGoal, one: Standing) -> str:
    """Return the range of a projection; counts are whole."""
    if one.outlook is None:
        return MISSING
    ends = (one.outlook.lower, one.outlook.upper)
    if goal.is_rate:
        return rate_range(*ends)
    if not goal.is_money:
        ends = (floor(ends[0] + 0.5), floor(ends[1] + 0.5))
    return "–".join(figure(goal, end) for end in ends)


def light_words(goal: PlannedGoal, one: Standing) -> str:
    """Return a light in a word or two; a period that still runs has not missed yet."""
    if one.light == Light.MISSED and not one.is_over:
        return _("over the limit") if goal.is_limit else _("out of reach")
    return {
        Light.REACHED: _("reached"), Light.ON_TRACK: _("on track"), Light.AT_RISK: _("at risk"),
        Light.MISSED: _("missed"), Light.TOO_EARLY: _("too early to say"),
    }[one.light]  # fmt: skip


def goal_sentences(goal: PlannedGoal, one: Standing) -> Iterator[str]:
    """Yield where a goal stands in a period, what that rests on, and what to do."""
    said = {"fact": figure(goal, None if one.fact is None else float(one.fact)),
            "plan": figure(goal, float(one.target)), "range": range_words(goal, one),
            "outlook": figure(goal, one.outlook.value if one.outlook else None),
            "day": one.period.last_day.isoformat()}  # fmt: skip
    if goal.is_rate:
        yield from _rate_sentences(one, said)
        return
    yield (_limit_text(one) if goal.is_limit else _plan_text(one)).format(**said)
    if one.light == Light.REACHED:
        return
    if one.flow is not None:
        yield from _flow_sentences(goal, one, one.flow)
    elif one.basis == Basis.PACE:
        yield _("It goes on at the pace so far, drawn a little to what is usual.")
    if one.due is not None and not one.is_over and not one.rhythm_weeks:
        yield _("Of what is due all days weigh the same: the weekdays have too little history.")


def _plan_text(one: Standing) -> str:
    return {
        Light.REACHED: _("{fact} of {plan}: reached."),
        Light.ON_TRACK: _("{fact} of {plan} so far; as it goes, {outlook} by {day} ({range})."),
        Light.AT_RISK: _("{fact} of {plan} so far; as it goes, {outlook} by {day}. Only the upper "
                         "end of the range, {range}, gets there."),
        Light.MISSED: _("{fact} of {plan} so far; as it goes, {outlook} by {day}. Not even the "
                        "upper end of the range, {range}, gets there."),
        Light.TOO_EARLY: _("{fact} of {plan} so far: too little to say where it ends."),
    }[one.light]  # fmt: skip


def _rate_sentences(one: Standing, said: dict[str, str]) -> Iterator[str]:
    if one.fact is None:
        yield _("Nobody has entered yet.")
        return
    yield {
        Light.REACHED: _("{fact} of {plan}: reached."),
        Light.ON_TRACK: _("{fact} of {plan} so far; as it goes, {outlook} in the end ({range})."),
        Light.AT_RISK: _("{fact} of {plan} so far; as it goes, {outlook} in the end. Only the "
                         "upper end of the range, {range}, gets there."),
        Light.MISSED: _("{fact} of {plan} so far; as it goes, {outlook} in the end. Not even the "
                        "upper end of the range, {range}, gets there."),
        Light.TOO_EARLY: _("{fact} of {plan} so far: too little to say where it ends."),
    }[one.light].format(**said)  # fmt: skip
    yield _("{count} of {entered} who entered have converted; {open} still can.").format(
        count=number(one.pieces), entered=number(one.entered), open=number(one.still_open)
    )


def _limit_text(one: Standing) -> str:
    return {
        Light.REACHED: _("{fact} of at most {plan}: kept."),
        Light.ON_TRACK: _("{fact} of at most {plan} so far; as it goes, {outlook} by {day} "
                          "({range})."),
        Light.AT_RISK: _("{fact} of at most {plan} so far; as it goes, {outlook} by {day} "
                         "({range}). Slow down."),
        Light.MISSED: _("{fact} so far: as it goes, it ends above {plan}."),
        Light.TOO_EARLY: _("{fact} of at most {plan} so far: too little to say where it ends."),
    }[one.light]  # fmt: skip


def _flow_sentences(goal: PlannedGoal, one: Standing, flow: Flow) -> Iterator[str]:
    yield _("Of {open} under way {come} are still expected in time, and {new} of those who start "
            "yet.").format(open=number(flow.open_count), come=figure(goal, flow.under_way),
                           new=figure(goal, flow.from_new))  # fmt: skip
    if one.light in (Light.AT_RISK, Light.MISSED):
        if flow.needed_now is None:
            yield _("What starts now comes too late for this period.")
        elif flow.needed_now:
            yield _("For the plan {more} more would have to start today; {usual} usually start in "
                    "the time that is left.").format(
                more=number(flow.needed_now), usual=number(round(flow.expected_starts))
            )  # fmt: skip
    if flow.median_days >= 1:
        days = round(flow.median_days)
        yield _("Half of those who get there take {days}: most of what counts in this period "
                "starts by {day}.").format(
            days=ngettext("{n} day", "{n} days", days).format(n=number(days)),
            day=flow.last_call.isoformat(),
        )  # fmt: skip


def method_sentences() -> Iterator[str]:
    """Yield how the figures are meant, and how far they can be trusted."""
    yield _("Due by now goes by what each weekday brought in the 12 weeks before.")
    yield _("The range holds in 8 of 10 cases, if it goes on as before.")
