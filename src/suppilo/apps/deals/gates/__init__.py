"""Whether a deal may move: the one place that says so, whoever asks (docs/reference/gates.md)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from suppilo.apps.deals.gates.finding import Finding, Fix
from suppilo.apps.deals.gates.judges import JUDGES, Case
from suppilo.apps.deals.gates.proofs import Proofs
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.route import Asked, read_ladder
from suppilo.apps.pipelines.models import Stage

__all__ = ["Finding", "Fix", "judge", "judge_asked", "judge_proofs"]


def judge(deal: Deal, to_stage: Stage, now: datetime) -> tuple[Finding, ...]:
    """Return everything that is asked for on a deal's way to a stage, met or not.

    Moving on, that is what its stage asks for on leaving, what each stage between asks for, and
    what the stage itself asks for on entering. Moving back and opening again ask for nothing.

    Parameters
    ----------
    to_stage
        A stage of the deal's own version, or of the version that it is about to come to.
    now
        The moment of judgement; what is dated later doesn't count.
    """
    ladder = read_ladder(to_stage.version)
    start = ladder.find(deal.stage.key) if deal.version_id == to_stage.version_id else None
    target = ladder.find(to_stage.key) or to_stage
    return judge_asked(deal, ladder.route(start, target).asked, now)


def judge_asked(deal: Deal, asked: Iterable[Asked], now: datetime) -> tuple[Finding, ...]:
    """Return whether a deal meets each of some criteria."""
    return judge_proofs(Proofs(deal, now), asked)


def judge_proofs(proofs: Proofs, asked: Iterable[Asked]) -> tuple[Finding, ...]:
    """Return whether a deal meets each of some criteria, by what is known of it already."""
    return tuple(_judge_one(proofs, one) for one in asked)


def _judge_one(proofs: Proofs, asked: Asked) -> Finding:
    criterion, stage = asked.criterion, asked.stage
    case = Case(criterion.settings, criterion.key, stage.key, proofs)
    verdict = JUDGES[criterion.kind](case)
    return Finding(
        key=criterion.key,
        kind=criterion.kind,
        moment=criterion.moment,
        stage_name=stage.name,
        text=criterion.settings.get("text") or verdict.text,
        is_met=verdict.is_met,
        proof=verdict.proof,
        at=verdict.at,
        fix=None if verdict.is_met else verdict.fix,
        stage_key=stage.key,
        ref=verdict.ref,
    )
