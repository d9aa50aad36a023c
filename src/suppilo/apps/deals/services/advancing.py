"""Deals that move by themselves, once they meet what the next stage asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from suppilo.apps.deals.gates import Finding, judge_asked
from suppilo.apps.deals.models import Deal, MoveSource, StageChange
from suppilo.apps.deals.route import Asked, Ladder, read_ladder
from suppilo.apps.deals.selectors.suggested import BY_HAND, is_news
from suppilo.apps.deals.services.moving import Said, make_move
from suppilo.apps.deals.services.writing import Deed, take_deal
from suppilo.apps.pipelines.models import Advance, Stage, StageKind


@dataclass(frozen=True, slots=True)
class _NextMove:
    """A stage that a deal may enter now, and what it met for that."""

    stage: Stage
    findings: tuple[Finding, ...]


@transaction.atomic
def advance_deal(deal_id: int, *, by: str) -> StageChange | None:
    """Move a deal on as far as it may by itself; return the last move, None where it stays.

    A stage is entered so if it says that deals move into it by themselves and the deal meets all
    that is asked for on the way, which must be something. The same service makes the move as for
    people, so the same gates hold. A deal that somebody moved back stays there until something
    new happens to it.

    Parameters
    ----------
    by
        What brought it about, in words: the ledger keeps it as the move's reason.

    Raises
    ------
    Deal.DoesNotExist
        If there is no such deal.
    """
    deal = take_deal(None, deal_id)
    return advance_taken(deal, read_ladder(deal.version), by)


def advance_after(deed: Deed, deal: Deal) -> Deal:
    """Let a deal move by itself after it was changed; return it as it is then."""
    if deed.source != MoveSource.AUTOMATION and deal.is_open:
        advance_taken(deal, read_ladder(deal.version), "")
    return deal


def advance_taken(deal: Deal, ladder: Ladder, by: str) -> StageChange | None:
    """Move a deal that was taken as :func:`advance_deal` does, on its version's ladder."""
    change: StageChange | None = None
    for _step in range(50):
        found = _next_move(deal, ladder)
        if found is None:
            break
        deed = Deed.begin(None, MoveSource.AUTOMATION)
        change = make_move(deed, deal, ladder, found.stage.key, Said(reason=by))
    return change


def is_suggested(deal: Deal, stage: Stage, findings: tuple[Finding, ...]) -> bool:
    """Say whether people are told that a deal may enter its next stage now.

    Parameters
    ----------
    stage, findings
        The next stage and what is asked for on the way; where that is nothing, none is told.
    """
    is_met = bool(findings) and all(one.is_met for one in findings)
    if stage.advance != Advance.SUGGEST or not is_met:
        return False
    dismissed = deal.dismissals.filter(stage__key=stage.key).aggregate(at=Max("at"))["at"]
    since = max(filter(None, (dismissed, _moved_back_at(deal))), default=None)
    return is_news(since, findings)


def _next_move(deal: Deal, ladder: Ladder) -> _NextMove | None:
    start, to = ladder.find(deal.stage.key), _next_stage(deal, ladder)
    if start is None or to is None or to.advance != Advance.MOVE:
        return None
    findings = _all_met(deal, ladder.route(start, to).asked)
    if findings is None or not is_news(_moved_back_at(deal), findings):
        return None
    return _NextMove(to, findings)


def _next_stage(deal: Deal, ladder: Ladder) -> Stage | None:
    if not deal.is_open:
        return None
    ahead = (stage for stage in ladder.stages if stage.position > deal.stage.position)
    return next((one for one in ahead if one.kind in (StageKind.OPEN, StageKind.WON)), None)


def _all_met(deal: Deal, asked: tuple[Asked, ...]) -> tuple[Finding, ...] | None:
    findings = judge_asked(deal, asked, timezone.now())
    return findings if findings and all(one.is_met for one in findings) else None


def _moved_back_at(deal: Deal) -> datetime | None:
    """Return when somebody took a deal back, if that is the last that happened to it."""
    last = deal.changes.order_by("-number").values_list("kind", "recorded_at").first()
    return last[1] if last is not None and last[0] in BY_HAND else None
