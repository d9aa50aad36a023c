"""Rows of activities, brought in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.activities.models import ActivityKind
from suppilo.apps.activities.services import NewActivity, add_activity
from suppilo.apps.deals.errors import DealError
from suppilo.apps.deals.models import Deal
from suppilo.apps.imports.models import ImportedRecord, RecordAction
from suppilo.apps.imports.records.companies import scoped
from suppilo.apps.imports.records.deal_finding import find_by_reference
from suppilo.apps.imports.records.report import Problem
from suppilo.apps.imports.records.rows import ParsedRow
from suppilo.apps.imports.records.run import Run
from suppilo.apps.people.models import Identifier
from suppilo.apps.people.services.named import find_by_name, fold_name

_LONGEST_MIN = 24 * 60


class ActivityImporter:
    """Adds activities that no import has brought yet."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seen: dict[str, int] = {}

    def take(self, rows: Sequence[ParsedRow]) -> None:
        """Take some rows in."""
        kept = self._run.sift(rows, lambda row: (_email(row),))
        good = [row for row in kept if self._is_first(row)]
        brought = _find_brought([self._key(row) for row in good])
        news = [row for row in good if self._key(row) not in brought]
        if len(news) < len(good):
            self._run.report.count("same", len(good) - len(news))
        deals = find_by_reference(
            self._run.options.preset, [row.text("deal") for row in news if row.text("deal")],
            self._run.actor,
        )  # fmt: skip
        companies = find_by_name([row.text("company") for row in news if row.text("company")])
        contacts = _find_contacts(news)
        for row in news:
            new = self._draft(row, deals, companies, contacts)
            if new is not None:
                self._add(row, new)
        if not self._run.is_dry:
            self._run.flush()

    def finish(self) -> None:
        """Nothing is left to do."""

    def _is_first(self, row: ParsedRow) -> bool:
        first = self._seen.setdefault(self._key(row), row.number)
        if first != row.number:
            said = Problem("", row.text("subject"), _("the same activity stands in row %d") % first,
                           _("Keep one of the rows."))  # fmt: skip
            self._run.reject(row, said)
        return first == row.number

    def _key(self, row: ParsedRow) -> str:
        """Return what an activity is known by: its number elsewhere, else all that it is."""
        number = row.text("external_id")
        if number:
            return scoped(self._run.options.preset or "file", number)
        names = ("kind", "subject", "deal", "owner", "due_at", "done_at", "contact_email")
        return "|".join(row.text(name) for name in names)[:500]

    def _draft(
        self,
        row: ParsedRow,
        deals: Mapping[str, Deal],
        companies: Mapping[str, int],
        contacts: Mapping[str, int],
    ) -> NewActivity | None:
        deal = deals.get(row.text("deal"))
        if row.text("deal") and deal is None:
            self._run.note(row, _no_deal(row.text("deal")))
        due_at, done_at = row.values.get("due_at"), _done_at(row, self._run.now)
        if due_at is None and done_at is None:
            self._run.reject(row, _no_time())
            return None
        kind = row.text("kind") or ActivityKind.TASK
        return NewActivity(
            kind=kind,
            subject=row.text("subject") or str(ActivityKind(kind).label),
            note=row.text("note"),
            deal_id=deal.pk if deal else None,
            contact_id=contacts.get(_email(row)),
            company_id=companies.get(fold_name(row.text("company"))),
            owner_id=int(row.text("owner") or 0) or self._run.options.owner_id,
            due_at=due_at,
            has_time=bool(row.values.get("due_at_has_time")),
            duration_min=_minutes(row),
            is_high=bool(row.values.get("is_high")),
            tags=tuple(row.values.get("tags", ())),
            outcome=row.text("outcome"),
            done_at=done_at,
        )

    def _add(self, row: ParsedRow, new: NewActivity) -> None:
        if self._run.is_dry:
            self._run.report.count("made")
            return
        try:
            with transaction.atomic():
                made = add_activity(self._run.actor, new)
        except (ValidationError, DealError) as error:
            text = error.message if isinstance(error, DealError) else " ".join(error.messages)
            self._run.reject(row, Problem("", "", text, _("Mend the row in the file.")))
            return
        self._run.report.count("made")
        names = ("outcome", "note", "done_at", "due_at", "subject")
        after = {"number": self._key(row)} | {name: getattr(made, name) for name in names}
        self._run.remember(RecordAction.MADE, made.pk, row, after)


def _find_brought(keys: Sequence[str]) -> set[str]:
    """Return those of some activities that an import has brought already."""
    found: set[str] = set()
    rows = ImportedRecord.objects.filter(kind="activities")
    for first in range(0, len(keys), 100):
        some = rows.filter(after__number__in=keys[first : first + 100])
        found.update(some.values_list("after__number", flat=True))
    return found


def _find_contacts(rows: Sequence[ParsedRow]) -> dict[str, int]:
    wanted = {_email(row) for row in rows} - {""}
    return dict(Identifier.objects.filter(value__in=wanted).values_list("value", "id"))


def _email(row: ParsedRow) -> str:
    return row.text("contact_email").strip().lower()


def _done_at(row: ParsedRow, now: datetime) -> datetime | None:
    """Return when it was done; the day it was due where only is said that it was."""
    at: datetime | None = row.values.get("done_at")
    if at is None and row.values.get("is_done"):
        at = row.values.get("due_at") or now
    return min(at, now) if at is not None else None


def _minutes(row: ParsedRow) -> int | None:
    value: Any = row.values.get("duration_min")
    return int(value) if value is not None and 1 <= value <= _LONGEST_MIN else None


def _no_deal(text: str) -> Problem:
    return Problem(
        "", text, _("no such deal"),
        _("The activity is kept without it. Import the deals first, or mend its number."),
    )  # fmt: skip


def _no_time() -> Problem:
    return Problem("", "", _("no day"), _("Say when it is due, or when it was done."))
