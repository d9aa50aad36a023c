"""What a goal, or a quota, measures: apart from how much it asks for, and how often."""

from __future__ import annotations

from dataclasses import dataclass, replace

from suppilo.apps.goals.models import IN_MONEY, Goal, Measure
from suppilo.apps.quotas.models import Measure as QuotaMeasure
from suppilo.apps.quotas.models import Quota

_OF_QUOTAS = {
    QuotaMeasure.WON_AMOUNT: Measure.WON_AMOUNT,
    QuotaMeasure.WON_COUNT: Measure.WON_COUNT,
}


@dataclass(frozen=True, slots=True)
class Aim:
    """A measure with its scope; :class:`Goal` says what each part means. Equal aims are one."""

    measure: Measure
    event: str = ""
    funnel_id: int | None = None
    step: int = 0
    to_step: int = 0
    pipeline_id: int | None = None
    stage_key: str = ""
    user_id: int | None = None
    team_id: int | None = None
    channel: str = ""
    currency: str = ""
    segment_id: int | None = None

    @property
    def is_money(self) -> bool:
        """Whether it is an amount."""
        return self.measure in IN_MONEY

    @property
    def is_rate(self) -> bool:
        """Whether it is a share."""
        return self.measure == Measure.CONVERSION

    @property
    def is_limit(self) -> bool:
        """Whether less is better: spend."""
        return self.measure == Measure.SPEND

    @property
    def is_level(self) -> bool:
        """Whether it is how many there are, rather than how many came."""
        return self.measure == Measure.MEMBERS

    @property
    def everybodys(self) -> Aim:
        """The same of all owners, teams, channels and segments."""
        return replace(self, user_id=None, team_id=None, channel="", segment_id=None)


def aim_of(goal: Goal) -> Aim:
    """Return what a goal measures."""
    return Aim(
        Measure(goal.measure), goal.event, goal.funnel_id, goal.step or 0, goal.to_step or 0,
        goal.pipeline_id, goal.stage_key, goal.user_id, goal.team_id, goal.channel, goal.currency,
        goal.segment_id,
    )  # fmt: skip


def is_known(measure: str) -> bool:
    """Return whether goals know what a quota measures."""
    return measure in _OF_QUOTAS


def aim_of_quota(quota: Quota) -> Aim | None:
    """Return what a quota measures; None of what goals don't know: new deals and activities."""
    measure = _OF_QUOTAS.get(QuotaMeasure(quota.measure))
    if measure is None:
        return None
    return Aim(
        measure, pipeline_id=quota.pipeline_id, user_id=quota.user_id, team_id=quota.team_id,
        currency=quota.currency,
    )  # fmt: skip
