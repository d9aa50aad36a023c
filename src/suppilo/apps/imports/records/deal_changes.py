"""Deals that are here already: what a file has new of them, and whether they may move there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.deals.errors import DealError
from suppilo.apps.deals.models import Deal, MoveSource
from suppilo.apps.deals.route import read_ladder
from suppilo.apps.deals.services import change_deal, move_deal
from suppilo.apps.deals.services.passing import check_route, pass_gates
from suppilo.apps.deals.services.writing import Deed
from suppilo.apps.deals.values import value_of
from suppilo.apps.imports.models import RecordAction
from suppilo.apps.imports.records.deal_rows import DealSaid
from suppilo.apps.imports.records.making import NotMadeError
from suppilo.apps.imports.records.report import Problem
from suppilo.apps.imports.records.run import Run, find_news
from suppilo.apps.people.services.named import fold_name
from suppilo.apps.pipelines.models import LostReason, Stage, StageKind

_REASON = "probability_reason"
_IDS = {"owner": "owner_id", "team": "team_id", "company": "company_id"}


class DealChanger:
    """Changes and moves deals as a file says, where nobody has said otherwise since."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def take(
        self,
        said: DealSaid,
        deal: Deal,
        companies: Mapping[str, int],
        before: Mapping[str, Any],
    ) -> None:
        """Change a deal, and move it; one whose gate is closed stays, unless it is waived."""
        if not self._run.options.is_updating:
            self._run.report.count("same")
            return
        changed = self._change(said, deal, companies, before)
        try:
            moved = self._move(said, deal, before)
        except NotMadeError as error:
            self._run.reject(said.row, error.problem)
            return
        if not changed and moved is None:
            self._run.report.count("same")

    def _change(
        self,
        said: DealSaid,
        deal: Deal,
        companies: Mapping[str, int],
        before: Mapping[str, Any],
    ) -> bool:
        wanted = dict(said.fields)
        if said.company and fold_name(said.company) in companies:
            wanted["company"] = companies[fold_name(said.company)]
        if not deal.is_amount_typed:
            wanted.pop("amount", None)
        wanted |= _override(said, deal, before)
        current = {name: _current(deal, name) for name in (*wanted, _REASON)}
        news = find_news(wanted, current, before)
        if not news:
            return False
        if "probability" in news:
            is_usual = news["probability"] is None
            news[_REASON] = "" if is_usual else self._run.probability_reason
        if not self._run.is_dry:
            try:
                with transaction.atomic():
                    done = change_deal(self._run.actor, deal.pk, news, source=MoveSource.IMPORT)
            except (ValidationError, DealError) as error:
                self._run.reject(said.row, _refused(error))
                return True
            old = {name: current[name] for name in news}
            self._run.remember(
                RecordAction.CHANGED, deal.pk, said.row, news, old, done.revision
            )  # fmt: skip
        self._run.report.count("changed")
        return True

    def _move(self, said: DealSaid, deal: Deal, before: Mapping[str, Any]) -> Stage | None:
        """Move a deal where the file has it now; return that stage, or None where it is there."""
        to = said.stage
        if to is None or to.key in (deal.stage.key, before.get("stage")):
            return None
        if to.version.pipeline_id != deal.pipeline_id:
            self._run.note(said.row, _other_pipeline(deal))
            return to
        if to.version_id != deal.version_id:
            to = read_ladder(deal.version).find(to.key) or to
        self._run.makings.find_reason(said.row, to)
        self._go(said, deal, to)
        return to

    def _go(self, said: DealSaid, deal: Deal, to: Stage) -> None:
        """Move a deal; its gates are asked, and what it lacks is listed unless it is waived."""
        if self._run.is_dry:
            self._count_move(said, self._find_missing(deal, to))
            return
        try:
            with transaction.atomic():
                change = move_deal(
                    self._run.actor,
                    deal.pk,
                    to.key,
                    source=MoveSource.IMPORT,
                    reason=_("Import of “%s”") % self._run.source.name,
                    waiver=self._run.options.waiver,
                    lost_reason_id=_lost_reason(said, deal, to),
                    lost_note=said.lost_note,
                    at=self._moment(said, deal, to),
                )
        except (DealError, ValidationError, PermissionDenied) as error:
            self._count_move(said, _refused(error).reason)
            return
        self._count_move(said, "")
        revision = Deal.objects.values_list("revision", flat=True).get(pk=deal.pk)
        self._run.remember(
            RecordAction.MOVED, deal.pk, said.row, {"stage": to.key, "change": change.number},
            {"stage": deal.stage.key}, revision,
        )  # fmt: skip

    def _find_missing(self, deal: Deal, to: Stage) -> str:
        """Return why a deal could not move now; empty where it could."""
        ladder = read_ladder(to.version)
        route = ladder.route(ladder.find(deal.stage.key), to)
        deed = Deed(self._run.actor, MoveSource.IMPORT, self._run.now)
        try:
            check_route(ladder, route)
            pass_gates(deed, deal, route.asked, ladder, self._run.options.waiver)
        except (DealError, PermissionDenied) as error:
            return str(error)
        return ""

    def _moment(self, said: DealSaid, deal: Deal, to: Stage) -> datetime | None:
        """Return when a row says that its deal moved; None: now.

        One that only files have moved so far can't have left its stage before it came there.
        """
        at = said.history[-1].at if said.history and said.history[-1].stage_key == to.key else None
        is_own = deal.changes.exclude(source=MoveSource.IMPORT).exists()
        if is_own or at is None or not _has_date(said):
            return said.closed_at
        if at < deal.entered_at:
            self._run.note(said.row, _too_early(deal))
        return max(at, deal.entered_at)

    def _count_move(self, said: DealSaid, missing: str) -> None:
        if not missing:
            self._run.report.count("moved")
            return
        self._run.report.count("left")
        self._run.note(
            said.row,
            Problem("", said.row.text("stage_text"), _("left where it is: %s") % missing,
                    _("Fill in what is missing on the deal’s page; then move it there, or import"
                      " it with a reason to let it pass.")),
        )  # fmt: skip


def _override(said: DealSaid, deal: Deal, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the probability beside that of the stage where the file has the deal."""
    to = said.stage
    if to is None or to.version.pipeline_id != deal.pipeline_id or to.key == deal.stage.key:
        return said.override_for(deal.stage)
    is_left_closed = not deal.is_open and to.key == before.get("stage")
    return {} if is_left_closed else said.override_for(to)


def _has_date(said: DealSaid) -> bool:
    """Return whether the row itself says when the deal came where it is."""
    return said.closed_at is not None or said.row.values.get("stage_since") is not None


def _too_early(deal: Deal) -> Problem:
    return Problem(
        "", deal.entered_at.isoformat(), _("moved before it came to its stage"),
        _("It counts as moved when it came there. Mend the dates, if they are known."),
    )  # fmt: skip


def _current(deal: Deal, name: str) -> Any:
    return getattr(deal, _IDS[name]) if name in _IDS else value_of(deal, name)


def _lost_reason(said: DealSaid, deal: Deal, to: Stage) -> int | None:
    if to.kind not in (StageKind.LOST, StageKind.DISQUALIFIED):
        return None
    rows = LostReason.objects.filter(pipeline=deal.pipeline_id, name=said.lost_reason)
    return rows.values_list("pk", flat=True).first()


def _refused(error: DealError | ValidationError | PermissionDenied) -> Problem:
    text = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
    return Problem("", "", text, _("Mend the row in the file, and import it again."))


def _other_pipeline(deal: Deal) -> Problem:
    return Problem(
        "", deal.pipeline.name, _("the deal is in another pipeline here"),
        _("Hand it over on the deal’s page."),
    )  # fmt: skip
