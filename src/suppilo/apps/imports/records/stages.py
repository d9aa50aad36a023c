"""A file of the stages that deals went through, brought into the ledgers of deals that are here."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.deals.drafts import PastMove
from suppilo.apps.deals.errors import DealError, GateClosedError
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.route import read_ladder
from suppilo.apps.deals.services import import_history
from suppilo.apps.imports.models import RecordAction
from suppilo.apps.imports.records.deal_finding import find_by_reference
from suppilo.apps.imports.records.makable import bare_name
from suppilo.apps.imports.records.making import NotMadeError
from suppilo.apps.imports.records.report import Problem
from suppilo.apps.imports.records.rows import ParsedRow
from suppilo.apps.imports.records.run import Run


class StageImporter:
    """Gathers the moves of each deal from the whole file, then writes them deal by deal."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._rows: dict[str, list[ParsedRow]] = {}

    def take(self, rows: Sequence[ParsedRow]) -> None:
        """Put some rows by: a deal's moves may stand anywhere in the file."""
        for row in self._run.sift(rows):
            if row.values.get("at") is None or not row.text("stage"):
                said = Problem("", "", _("no stage, or no time"), _("Mend the row in the file."))
                self._run.reject(row, said)
            else:
                self._rows.setdefault(row.text("deal"), []).append(row)

    def finish(self) -> None:
        """Write the moves of all deals."""
        found = find_by_reference(self._run.options.preset, self._rows, self._run.actor)
        for text, rows in self._rows.items():
            deal = found.get(text)
            if deal is None:
                for row in rows:
                    self._run.reject(row, _no_deal(text))
            else:
                self._write(deal, sorted(rows, key=lambda row: row.values["at"]))
        if not self._run.is_dry:
            self._run.flush()

    def _write(self, deal: Deal, rows: Sequence[ParsedRow]) -> None:
        """Add to a deal's past what came after all that is known of it."""
        news = [row for row in rows if row.values["at"] >= deal.entered_at
                and (row.text("stage") != deal.stage.key or row is not rows[0])]  # fmt: skip
        if not news or (len(news) == 1 and news[0].text("stage") == deal.stage.key):
            self._run.report.count("same", len(rows))
            return
        moves = [
            PastMove(
                row.text("stage"), row.values["at"], lost_reason=bare_name(row.text("lost_reason"))
            )
            for row in news
        ]
        ladder = read_ladder(deal.version)
        try:
            for row in news:
                self._run.makings.find_reason(row, ladder.find(row.text("stage")))
        except NotMadeError as error:
            self._run.reject(rows[0], error.problem)
            return
        try:
            with transaction.atomic():
                import_history(
                    self._run.actor, deal.pk, moves, self._run.source.origin,
                    waiver=self._run.options.waiver,
                )  # fmt: skip
                transaction.set_rollback(self._run.is_dry)
        except (DealError, ValidationError, PermissionDenied) as error:
            if isinstance(error, GateClosedError):
                self._run.report.lack("closed", [one.text for one in error.findings])
            self._run.reject(rows[0], _refused(deal, error))
            return
        self._run.report.count("moved")
        if self._run.is_dry:
            return
        before = {"stage": deal.stage.key}
        self._run.remember(
            RecordAction.MOVED, deal.pk, news[-1], {"stage": moves[-1].stage_key}, before
        )  # fmt: skip


def _refused(deal: Deal, error: DealError | ValidationError | PermissionDenied) -> Problem:
    text = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
    remedy = _("Mend the rows of this deal in the file.")
    if isinstance(error, GateClosedError | PermissionDenied):
        remedy = _(
            "Fill in what is missing on the deal’s page; then import the rows again. Or give a "
            "reason to let deals pass, for the whole file, if your role may."
        )
    return Problem("", deal.name, text, remedy)


def _no_deal(text: str) -> Problem:
    return Problem("", text, _("no such deal"), _("Import the deals first, or mend its number."))
