"""What a goal can be: which parts each measure has, and what is a quota rather than a goal."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.funnels.selectors import list_funnels
from suppilo.apps.goals.models import (
    IN_MONEY,
    OF_DEALS,
    OF_EVENTS,
    OF_FUNNELS,
    Cadence,
    Measure,
)
from suppilo.apps.pipelines.models import Pipeline, Stage
from suppilo.apps.segments.selectors import list_segments

if TYPE_CHECKING:
    from suppilo.apps.goals.services.goals import NewGoal

LARGEST = Decimal(10) ** 15
_LONGEST = {"event": 200, "stage_key": 60, "channel": 60}
_QUOTAS = (Measure.WON_COUNT, Measure.WON_AMOUNT)


def check_goal(actor: User, new: NewGoal) -> None:
    """Make sure that a goal can be.

    Raises
    ------
    ValidationError
        If it lacks something that its measure needs, has something that it can't have, names
        what isn't there, or is a quota.
    """
    if new.measure not in Measure.values:
        raise ValidationError(_("Choose what is counted."))
    if new.cadence not in Cadence.values:
        raise ValidationError(_("Choose day, week, month or quarter."))
    measure = Measure(new.measure)
    _check_parts(measure, new)
    _check_scope(measure, new)
    check_target(measure, new.target)
    _check_there(actor, new)
    if is_quota(new):
        raise ValidationError(
            _("What a person or a team is to win in a month or a quarter is a quota. Set it "
              "under Quotas: it is listed with the goals.")
        )  # fmt: skip


def is_quota(new: NewGoal) -> bool:
    """Return whether this is a quota: there it is one of a grid, with a leader board."""
    return (
        new.measure in _QUOTAS
        and new.cadence in (Cadence.MONTH, Cadence.QUARTER)
        and (new.user_id is not None or new.team_id is not None)
        and not new.channel
        and new.segment_id is None
    )


def check_target(measure: Measure, target: Decimal) -> None:
    """Make sure that a target is a figure that the measure can reach."""
    if not target.is_finite() or not 0 < target < LARGEST:
        raise ValidationError(_("A target is a number above zero."))
    if measure == Measure.CONVERSION and target > 1:
        raise ValidationError(_("A conversion is at most 100 %."))


def _check_parts(measure: Measure, new: NewGoal) -> None:
    parts = {
        "event": measure == Measure.EVENT,
        "funnel_id": measure in OF_FUNNELS,
        "step": measure in OF_FUNNELS,
        "to_step": measure == Measure.CONVERSION,
        "stage_key": measure == Measure.STAGE,
        "currency": measure in IN_MONEY,
    }
    wanting = {
        "event": _("Name the event that is counted."),
        "funnel_id": _("Choose a saved funnel."),
        "step": _("Choose the step."),
        "to_step": _("Choose the step up to which it counts."),
        "stage_key": _("Choose the stage."),
        "currency": _("An amount has a currency: three letters, such as EUR."),
    }
    for name, needed in parts.items():
        value = getattr(new, name)
        if needed and value in (None, ""):
            raise ValidationError(wanting[name])
        if not needed and value not in (None, ""):
            raise ValidationError(_("This measure has no “%s”. Leave it out.") % name)
    if new.pipeline_id is not None and measure not in OF_DEALS:
        raise ValidationError(_("Only deals have a pipeline."))
    if measure == Measure.STAGE and new.pipeline_id is None:
        raise ValidationError(_("Choose the pipeline of the stage."))
    if new.currency and not (len(new.currency) == 3 and new.currency.isascii()
                             and new.currency.isupper() and new.currency.isalpha()):  # fmt: skip
        raise ValidationError(wanting["currency"])
    for name, most in _LONGEST.items():
        if len(getattr(new, name)) > most:
            raise ValidationError(_("“%s” is too long.") % name)


def _check_scope(measure: Measure, new: NewGoal) -> None:
    has_somebody = new.user_id is not None or new.team_id is not None
    if new.user_id is not None and new.team_id is not None:
        raise ValidationError(_("A goal is of a person or of a team, not of both."))
    if has_somebody and measure in (*OF_EVENTS, Measure.SPEND, Measure.MEMBERS):
        raise ValidationError(_("Only deals, leads and payments are somebody's."))
    if new.channel and measure in OF_FUNNELS:
        raise ValidationError(_("A funnel's goal has no channel: put it into the funnel."))
    if measure == Measure.MEMBERS and new.segment_id is None:
        raise ValidationError(_("Choose the segment whose members are counted."))
    if new.channel and measure == Measure.MEMBERS:
        raise ValidationError(_("Members have no channel: put it into the segment's rules."))
    if new.segment_id is not None and measure in OF_FUNNELS:
        raise ValidationError(_("A funnel's goal has no segment: put it into the funnel."))
    if new.segment_id is not None and measure == Measure.SPEND:
        raise ValidationError(_("What was spent on a segment is not known."))


def _check_there(actor: User, new: NewGoal) -> None:
    gone: Mapping[str, tuple[bool, str]] = {
        "user": (
            new.user_id is None or User.objects.filter(pk=new.user_id).exists(),
            _("There is nobody of this id."),
        ),
        "team": (
            new.team_id is None or Team.objects.filter(pk=new.team_id).exists(),
            _("There is no such team."),
        ),
        "pipeline": (
            new.pipeline_id is None or Pipeline.objects.filter(pk=new.pipeline_id).exists(),
            _("There is no such pipeline."),
        ),
        "segment": (
            new.segment_id is None or list_segments(actor).filter(pk=new.segment_id).exists(),
            _("There is no such segment, or it is not shared with you."),
        ),
    }
    for is_there, text in gone.values():
        if not is_there:
            raise ValidationError(text)
    if (
        new.stage_key
        and not Stage.objects.filter(version__pipeline=new.pipeline_id, key=new.stage_key).exists()
    ):
        raise ValidationError(_("The pipeline has no such stage."))
    if new.funnel_id is not None:
        _check_steps(actor, new, new.funnel_id)


def _check_steps(actor: User, new: NewGoal, funnel_id: int) -> None:
    funnel = list_funnels(actor).filter(pk=funnel_id).first()
    if funnel is None:
        raise ValidationError(_("There is no such funnel, or it is not shared with you."))
    steps = len(funnel.read_definition().steps)
    first, last = new.step or 0, new.to_step
    if not 1 <= first <= steps or (last is not None and not first < last <= steps):
        raise ValidationError(
            _("The funnel has %(n)d steps; the later step comes after the first.") % {"n": steps}
        )
