"""Goals in words: what is counted, whose, in which period, where it stands, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from math import floor
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from suppilo.analytics.goals import Light
from suppilo.analytics.goals.calendar import Period
from suppilo.analytics.goals.standing import Basis, Flow, Standing
from suppilo.apps.goals.aims import Aim
from suppilo.apps.goals.models import Cadence, Goal, Measure
from suppilo.apps.goals.selectors import Asked
from suppilo.apps.pipelines.models import Stage
from suppilo.web.channels import channel_label
from suppilo.web.templatetags.funnel_words import count, localise
from suppilo.web.templatetags.money import money

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LIGHT_WORDS: dict[Light, StrOrPromise] = {
    Light.REACHED: gettext_lazy("reached"),
    Light.ON_TRACK: gettext_lazy("on track"),
    Light.AT_RISK: gettext_lazy("at risk"),
    Light.MISSED: gettext_lazy("missed"),
    Light.TOO_EARLY: gettext_lazy("too early to say"),
}
TONES = {
    Light.REACHED: "good", Light.ON_TRACK: "good", Light.AT_RISK: "warn", Light.MISSED: "bad",
    Light.TOO_EARLY: "",
}  # fmt: skip
StageNames = dict[tuple[int, str], str]


def read_stage_names(asked: Iterable[Asked]) -> StageNames:
    """Return what the stages of goals are called, as their newest versions have them; a query."""
    aims = [one.aim for one in asked if one.aim.stage_key]
    if not aims:
        return {}
    rows = Stage.objects.filter(
        key__in={aim.stage_key for aim in aims},
        version__pipeline__in={aim.pipeline_id for aim in aims},
    )
    named = rows.order_by("version__number").values_list("version__pipeline", "key", "name")
    return {(pipeline, key): name for pipeline, key, name in named}


def goal_title(asked: Asked, stages: StageNames) -> str:
    """Return what a goal is called: its own name, or what it counts."""
    goal, aim = asked.goal, asked.aim
    if goal is not None and goal.name:
        return goal.name
    if aim.measure == Measure.EVENT:
        return _("Event “%(name)s”") % {"name": aim.event}
    if aim.measure == Measure.STAGE:
        name = stages.get((aim.pipeline_id or 0, aim.stage_key), aim.stage_key)
        return _("Deals in “%(stage)s”") % {"stage": name}
    if goal is not None and aim.funnel_id is not None:
        return _funnel_title(goal, aim)
    return str(Measure(aim.measure).label)


def _funnel_title(goal: Goal, aim: Aim) -> str:
    if goal.funnel is None:
        return str(Measure(aim.measure).label)
    names = [step.name for step in goal.funnel.read_definition().steps]
    known = max(aim.step, aim.to_step) <= len(names)
    parts = [names[step - 1] if known else str(step) for step in (aim.step, aim.to_step) if step]
    return f"{goal.funnel.name}: {' → '.join(parts)}"


def goal_scope(asked: Asked) -> str:
    """Return whose a goal is, and of what: empty for all of it."""
    thing = asked.goal or asked.quota
    if thing is None:
        return ""
    whose = [str(one) for one in (thing.user, thing.team, thing.pipeline) if one is not None]
    channel = [channel_label(asked.aim.channel)] if asked.aim.channel else []
    return " · ".join([*whose, *channel, *_segment_words(asked)])


def _segment_words(asked: Asked) -> list[str]:
    if asked.goal is None or asked.goal.segment_id is None:
        return []
    segment = asked.goal.segment
    return [segment.name if segment else _("a segment that is not there any more")]


def figure(aim: Aim, value: Decimal | float | None) -> str:
    """Return a figure in an aim's unit; a dash for none."""
    if value is None:
        return "–"
    if aim.is_rate:
        return localise(f"{100 * value:.1f}\u00a0%")
    if aim.is_money:
        return money(value if value < 1000 else round(value), aim.currency)
    return count(round(float(value), 1 if value < 10 else 0))


def period_words(period: Period) -> str:
    """Return a period in words: 22 Nov 2026, 16 Nov – 22 Nov 2026, November 2026, Q4 2026."""
    if period.cadence == Cadence.MONTH:
        return date_format(period.starts_on, "F Y")
    if period.cadence == Cadence.QUARTER:
        return f"Q{(period.starts_on.month + 2) // 3} {period.starts_on.year}"
    last = date_format(period.last_day, "SHORT_DATE_FORMAT")
    if period.cadence == Cadence.DAY:
        return last
    is_same_year = period.starts_on.year == period.last_day.year
    first = date_format(period.starts_on, "j M" if is_same_year else "SHORT_DATE_FORMAT")
    return f"{first} – {last}"


def period_label(period: Period) -> str:
    """Return a period without its year, as short as an axis wants it: 22 Nov, Nov, Q4."""
    if period.cadence == Cadence.QUARTER:
        return f"Q{(period.starts_on.month + 2) // 3}"
    return date_format(period.starts_on, "M" if period.cadence == Cadence.MONTH else "j M")


def outlook_words(aim: Aim, standing: Standing) -> str:
    """Return a projection's range; empty where there is no projection."""
    found = standing.outlook
    if found is None:
        return ""
    ends = (found.lower, found.upper)
    if not aim.is_money and not aim.is_rate:
        ends = (floor(found.lower + 0.5), floor(found.upper + 0.5))
    return " – ".join(figure(aim, end) for end in ends)


def light_words(aim: Aim, standing: Standing) -> str:
    """Return a light in a word or two; a period that still runs has not missed yet."""
    if standing.light == Light.MISSED and not standing.is_over:
        return _("over the limit") if aim.is_limit else _("out of reach")
    return str(LIGHT_WORDS[standing.light])


def advise(aim: Aim, standing: Standing) -> list[str]:
    """Return where a goal stands and what to do now, in sentences."""
    if standing.failure:
        return [standing.failure]
    said = {"fact": figure(aim, standing.fact), "plan": figure(aim, standing.target)}
    if standing.is_over:
        return [_("%(fact)s of %(plan)s.") % said]
    lines = [_soon(aim, standing) % (said | _foreseen(aim, standing))]
    if standing.flow is not None and standing.light != Light.REACHED:
        lines += _flow_words(aim, standing, standing.flow)
    if standing.entered and standing.still_open:
        lines.append(
            _("%(open)s of %(entered)s who entered can still convert.")
            % {"open": count(standing.still_open), "entered": count(standing.entered)}
        )
    return lines


def _soon(aim: Aim, standing: Standing) -> str:
    if aim.is_rate and standing.fact is None:
        return _("Nobody has entered yet.")
    if aim.is_limit:
        return {
            Light.ON_TRACK: _("%(fact)s of at most %(plan)s so far; as it goes, %(outlook)s "
                              "%(by)s (%(range)s)."),
            Light.AT_RISK: _("%(fact)s of at most %(plan)s so far; as it goes, %(outlook)s %(by)s "
                             "(%(range)s). Slow down."),
            Light.MISSED: _("%(fact)s so far: as it goes, it ends above %(plan)s."),
        }.get(standing.light, _early())  # fmt: skip
    return {
        Light.REACHED: _("%(fact)s of %(plan)s: reached."),
        Light.ON_TRACK: _("%(fact)s of %(plan)s so far; as it goes, %(outlook)s %(by)s "
                          "(%(range)s)."),
        Light.AT_RISK: _("%(fact)s of %(plan)s so far; as it goes, %(outlook)s %(by)s. Only the "
                         "upper end of the range, %(range)s, gets there."),
        Light.MISSED: _("%(fact)s of %(plan)s so far; as it goes, %(outlook)s %(by)s. Not even "
                        "the upper end of the range, %(range)s, gets there."),
    }.get(standing.light, _early())  # fmt: skip


def _early() -> str:
    return _("%(fact)s of %(plan)s so far: too little to say where it ends.")


def _foreseen(aim: Aim, standing: Standing) -> dict[str, str]:
    found = standing.outlook
    day = date_format(standing.period.last_day, "SHORT_DATE_FORMAT")
    return {
        "outlook": figure(aim, found.value) if found else "",
        "range": outlook_words(aim, standing),
        "by": _("in the end") if aim.is_rate else _("by %(day)s") % {"day": day},
    }


def _flow_words(aim: Aim, standing: Standing, flow: Flow) -> list[str]:
    lines = [
        _("Of %(open)s under way %(come)s are still expected in time, and %(new)s of those who "
          "start yet.")
        % {"open": count(flow.open_count), "come": figure(aim, flow.under_way),
           "new": figure(aim, flow.from_new)}
    ]  # fmt: skip
    if standing.light in (Light.AT_RISK, Light.MISSED):
        if flow.needed_now is None:
            lines.append(_("What starts now comes too late for this period."))
        elif flow.needed_now:
            lines.append(
                ngettext(
                    "For the plan %(n)s more would have to start today; %(usual)s usually start "
                    "in the time that is left.",
                    "For the plan %(n)s more would have to start today; %(usual)s usually start "
                    "in the time that is left.",
                    flow.needed_now,
                )
                % {"n": count(flow.needed_now), "usual": count(round(flow.expected_starts))}
            )
    if flow.median_days >= 1:
        lines.append(_last_call(standing, flow))
    return lines


def _last_call(standing: Standing, flow: Flow) -> str:
    days = round(flow.median_days)
    said = {
        "days": ngettext("%(n)s day", "%(n)s days", days) % {"n": count(days)},
        "day": date_format(flow.last_call, "SHORT_DATE_FORMAT"),
    }
    if flow.last_call < standing.period.starts_on:
        return _("Half of those who get there take %(days)s or more: most of what counts in "
                 "this period started before it.") % said  # fmt: skip
    if flow.last_call < timezone.localdate():
        return _("Half of those who get there take %(days)s: the last call for this period "
                 "was %(day)s.") % said  # fmt: skip
    return _("Half of those who get there take %(days)s: the last call for this period is "
             "%(day)s.") % said  # fmt: skip


def method_words(standing: Standing) -> list[str]:
    """Return what a projection rests on, and its limits."""
    lines = []
    if standing.basis == Basis.FLOW and standing.flow is not None:
        lines.append(
            _(
                "The projection adds to the fact those under way, each by the chance to "
                "get there in the time that is left, and those who usually start."
            )
        )
        if standing.flow.is_borrowed:
            lines.append(
                _(
                    "How long it takes is everybody's: too few of this goal's own have "
                    "got there yet."
                )
            )
    elif standing.basis == Basis.PACE:
        lines.append(
            _("The projection goes on at the pace so far, drawn a little to what is usual.")
        )
    elif standing.basis == Basis.COHORT:
        lines.append(
            _(
                "Those who entered in the period get the whole of their time: a "
                "conversion may come after its end."
            )
        )
    elif standing.basis == Basis.GROWTH:
        lines.append(_("The projection goes on as the segment has grown in the last four weeks."))
    if standing.due is not None and not standing.is_over:
        lines.append(
            _("Due by now: by the weekdays of the last %(n)d weeks.") % {"n": standing.rhythm_weeks}
            if standing.rhythm_weeks
            else _("Due by now: all days alike, as there is too little history of weekdays.")
        )
    if standing.outlook is not None:
        lines.append(_("The range holds in 8 of 10 cases."))
    return lines  # fmt: skip
