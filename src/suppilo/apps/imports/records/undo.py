"""Taking an import back: what it made goes, what it changed is as before.

What people have changed since is kept, and listed with who did it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from suppilo.apps.activities.models import Activity
from suppilo.apps.deals.errors import DealError
from suppilo.apps.deals.models import Deal, MoveSource
from suppilo.apps.deals.selectors.ledger import read_moves
from suppilo.apps.deals.services import change_deal, correct_move
from suppilo.apps.deals.values import value_of
from suppilo.apps.imports.models import ImportedRecord, ImportKind, MadeBeside, RecordAction
from suppilo.apps.imports.records.making import take_beside_back
from suppilo.apps.imports.records.removing import remove_deals
from suppilo.apps.imports.records.telling import remove_history, write_history
from suppilo.apps.imports.records.values import plain_value
from suppilo.apps.people.models import Company, Identifier
from suppilo.apps.people.services import forget_origin

if TYPE_CHECKING:
    from suppilo.apps.imports.models import Import

AT_ONCE = 500
SHOWN = 100
_IDS = {"owner": "owner_id", "team": "team_id", "company": "company_id"}


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """A record that an undo left as it is, and why."""

    kind: str
    record_id: int
    name: str
    why: str


@dataclass(slots=True)
class Undone:
    """What an undo did."""

    removed: int = 0
    restored: int = 0
    kept: list[KeptRecord] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "removed": self.removed,
            "restored": self.restored,
            "kept": len(self.kept),
            "kept_rows": [asdict(one) for one in self.kept[:SHOWN]],
        }


def take_back(
    found: Import,
    *,
    guard: Callable[[], AbstractContextManager[None]],
    on_progress: Callable[[int], None] | None = None,
) -> Undone:
    """Take out what an import brought, some hundreds of records at a time."""
    undone, done = Undone(), 0
    while rows := list(found.records.order_by("-id")[:AT_ONCE]):
        if on_progress is not None:
            on_progress(done)
        with guard():
            _take_rows_back(found, rows, undone)
            ImportedRecord.objects.filter(pk__in=[row.pk for row in rows]).delete()
        done += len(rows)
    if found.kind == ImportKind.DEALS:
        kept = [one.record_id for one in undone.kept if one.kind == "deal"]
        if kept:
            write_history(found.origin, kept)
        else:
            remove_history(found.origin)
    _forget(found, undone, guard)
    return undone


def _take_rows_back(found: Import, rows: Sequence[ImportedRecord], undone: Undone) -> None:
    beside = [row for row in rows if row.kind in MadeBeside.values]
    own = [row for row in rows if row.kind not in MadeBeside.values]
    _take_records_back(found, own, undone)
    removed, kept = take_beside_back(found, beside)
    undone.removed += removed
    undone.kept += [KeptRecord(row.kind, row.record_id, name, why) for row, name, why in kept]


def _take_records_back(found: Import, rows: Sequence[ImportedRecord], undone: Undone) -> None:
    if found.kind in (ImportKind.DEALS, ImportKind.STAGES):
        made = [row for row in rows if row.action == RecordAction.MADE]
        for row in rows:
            if row.action != RecordAction.MADE:
                _restore(found, row, undone)
        _remove_deals(made, undone)
    elif found.kind == ImportKind.ACTIVITIES:
        _remove_activities(rows, undone)
    else:
        undone.removed += sum(row.action == RecordAction.MADE for row in rows)
        undone.restored += sum(row.action == RecordAction.CHANGED for row in rows)


def _remove_deals(rows: Sequence[ImportedRecord], undone: Undone) -> None:
    """Remove deals that nobody has touched since; a deal's later imports are taken back first."""
    deals = Deal.objects.in_bulk([row.record_id for row in rows])
    spoken_of = _find_spoken_of(list(deals))
    free = []
    for row in rows:
        deal = deals.get(row.record_id)
        if deal is None:
            continue
        why = _why_kept(deal, row, spoken_of)
        if why:
            undone.kept.append(KeptRecord("deal", deal.pk, deal.name, why))
        else:
            free.append(deal.pk)
    remove_deals(free)
    undone.removed += len(free)


def _why_kept(deal: Deal, row: ImportedRecord, spoken_of: dict[int, str]) -> str:
    if deal.revision == row.revision:
        return spoken_of.get(deal.pk, "")
    later = deal.field_changes.filter(at__gt=deal.created_at).exclude(source=MoveSource.IMPORT)
    by_hand = deal.changes.exclude(source=MoveSource.IMPORT).order_by("-number").first()
    change = later.select_related("by").first()
    who = change.by if change is not None else by_hand.actor if by_hand is not None else None
    if change is not None or by_hand is not None:
        return _("changed since by %s") % (who or _("the server"))
    return spoken_of.get(deal.pk, "")


def _find_spoken_of(numbers: Sequence[int]) -> dict[int, str]:
    """Return why deals can't go: rows of other apps that speak of them."""
    found: dict[int, str] = {}
    for relation in Deal._meta.related_objects:
        other: Any = relation.related_model
        if other._meta.app_label == "deals":
            continue
        name = relation.field.attname
        rows = other._default_manager.filter(**{f"{name}__in": numbers})
        for number in rows.values_list(name, flat=True).distinct():
            found[number] = _("it has: %s") % other._meta.verbose_name_plural
    return found


def _restore(found: Import, row: ImportedRecord, undone: Undone) -> None:
    """Put back what a deal's fields were, where they are still as the import wrote them."""
    deal = Deal.objects.select_related("stage").filter(pk=row.record_id).first()
    if deal is None:
        return
    if row.action == RecordAction.MOVED:
        if why := _move_back(found, deal, row):
            undone.kept.append(KeptRecord("deal", deal.pk, deal.name, why))
        else:
            undone.restored += 1
        return
    back = {name: row.before.get(name) for name, value in row.after.items()
            if plain_value(_current(deal, name)) == value}  # fmt: skip
    if "probability" not in back:
        back.pop("probability_reason", None)  # The reason of a probability that stays.
    changed = sorted(set(row.after) - set(back))
    if back and not _change_back(found, deal, back):
        changed = sorted(row.after)
    elif back:
        undone.restored += 1
    if changed:
        why = _("changed since: %s") % ", ".join(changed)
        undone.kept.append(KeptRecord("deal", deal.pk, deal.name, why))


def _move_back(found: Import, deal: Deal, row: ImportedRecord) -> str:
    """Correct the moves that the import made of a deal, the last first; return why one stays.

    The ledger is only added to: a correction to where the deal came from says that it never moved.
    """
    mine = set(deal.changes.filter(origin=found.origin).values_list("number", flat=True))
    mine.add(row.after.get("change"))
    try:
        with transaction.atomic():
            while (last := read_moves(deal)[-1]).change.number in mine and last.from_stage:
                correct_move(
                    found.owner, deal.pk, last.change.number, last.from_stage.key, at=last.at,
                    reason=_("The import of “%s” was taken back.") % found.name,
                    source=MoveSource.IMPORT,
                )  # fmt: skip
            is_left = any(move.change.number in mine for move in read_moves(deal))
    except (ValidationError, DealError, PermissionDenied, Deal.DoesNotExist) as error:
        return str(error)
    return _("moved since; move it back by hand if it was wrong") if is_left else ""


def _change_back(found: Import, deal: Deal, back: dict[str, Any]) -> bool:
    try:
        with transaction.atomic():
            change_deal(found.owner, deal.pk, back, source=MoveSource.IMPORT)
    except (ValidationError, DealError, PermissionDenied, Deal.DoesNotExist):
        return False
    return True


def _current(deal: Deal, name: str) -> Any:
    return getattr(deal, _IDS[name]) if name in _IDS else value_of(deal, name)


def _remove_activities(rows: Sequence[ImportedRecord], undone: Undone) -> None:
    found = Activity.objects.in_bulk([row.record_id for row in rows])
    free = []
    for row in rows:
        activity = found.get(row.record_id)
        if activity is None:
            continue
        same = all(plain_value(getattr(activity, name)) == value
                   for name, value in row.after.items() if name != "number")  # fmt: skip
        if same and activity.cancelled_at is None:
            free.append(activity.pk)
        else:
            why = _("changed since")
            undone.kept.append(KeptRecord("activity", activity.pk, activity.subject, why))
    Activity.objects.filter(pk__in=free).delete()
    undone.removed += len(free)


def _forget(
    found: Import, undone: Undone, guard: Callable[[], AbstractContextManager[None]]
) -> None:
    """Take back what the file said of people and companies; list those that stay."""
    people = _named_by(Identifier, "sightings__origin", found.origin)
    companies = _named_by(Company, "traits__origin", found.origin)
    forget_origin(found.origin, guard=guard)
    if found.kind not in (ImportKind.PEOPLE, ImportKind.COMPANIES):
        return
    for kind, model, numbers in (("person", Identifier, people), ("company", Company, companies)):
        for one in model._default_manager.filter(pk__in=numbers).order_by("pk"):
            why = _("others speak of it: deals, activities, events or another file")
            undone.kept.append(KeptRecord(kind, one.pk, str(one), why))
    undone.removed = max(0, undone.removed - len(undone.kept))


def _named_by(model: type[models.Model], path: str, origin: str) -> list[int]:
    rows = model._default_manager.filter(**{path: origin})
    return list(rows.values_list("pk", flat=True).distinct()[:100_000])
