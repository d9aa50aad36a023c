"""Products and lost reasons that a file brings with it: made once, counted, remembered."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.utils.translation import gettext as _

from suppilo.apps.catalogue.models import Product
from suppilo.apps.catalogue.services import NewProduct, free_sku, make_product, remove_product
from suppilo.apps.imports.models import ImportedRecord, MadeBeside
from suppilo.apps.imports.records.makable import bare_name, is_new
from suppilo.apps.imports.records.report import Problem
from suppilo.apps.imports.records.values import plain_value
from suppilo.apps.pipelines.models import LostReason, Stage, StageKind
from suppilo.apps.pipelines.services import add_lost_reason, remove_lost_reason
from suppilo.apps.pipelines.services.lists import MOST_REASONS

if TYPE_CHECKING:
    from suppilo.apps.imports.models import Import
    from suppilo.apps.imports.records.rows import ParsedRow
    from suppilo.apps.imports.records.run import Run

MOST_SHOWN = 200
_LONGEST = {"product": 200, "lost_reason": 100}
_WRITTEN = {
    MadeBeside.PRODUCTS: ("name", "sku", "category", "unit", "unit_cost", "is_archived"),
    MadeBeside.LOST_REASONS: ("name", "is_archived"),
}
"""What is compared before one is taken back: whoever changed it has made it theirs."""


class NotMadeError(Exception):
    """Something new can't be made of a row's text."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.reason)
        self.problem = problem


class Makings:
    """Makes what rows name that is not here yet; in a check only counts it."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._rows: dict[str, Counter[str]] = defaultdict(Counter)
        self._products: dict[str, int | None] = {}
        self._reasons: dict[int, set[str]] = {}

    def find_product(self, row: ParsedRow, currency: str) -> int | None:
        """Return the id of a row's product, made now if it is to be; None where it has none.

        Raises
        ------
        NotMadeError
            If it can't be made.
        """
        value = row.text("product")
        if not is_new(value):
            return int(value) if value else None
        name = self._checked("product", value)
        if name not in self._products:
            self._products[name] = self._make_product(row, name, currency)
        self._rows["product"][name] += 1
        return self._products[name]

    def _make_product(self, row: ParsedRow, name: str, currency: str) -> int | None:
        if self._run.is_dry:
            return None
        try:
            new = NewProduct(name, free_sku(name), currency=currency)
            made = make_product(self._run.actor, new)
        except ValidationError as error:
            raise NotMadeError(_refused(name, " ".join(error.messages))) from error
        self._remember(MadeBeside.PRODUCTS, row, made)
        return made.pk

    def find_reason(self, row: ParsedRow, to: Stage | None) -> None:
        """Make the reason for which a row's deal is lost, if it is to be made, in its pipeline.

        Raises
        ------
        NotMadeError
            If it can't be made.
        """
        value = row.text("lost_reason")
        if not is_new(value) or to is None:
            return
        if to.kind not in (StageKind.LOST, StageKind.DISQUALIFIED):
            return
        name, pipeline_id = self._checked("lost_reason", value), to.version.pipeline_id
        known = self._known_reasons(pipeline_id)
        if name.casefold() not in known:
            if len(known) >= MOST_REASONS:
                said = _("A pipeline has at most %d reasons.") % MOST_REASONS
                raise NotMadeError(_refused(name, said))
            if not self._run.is_dry:
                made = add_lost_reason(self._run.actor, pipeline_id, name)
                self._remember(MadeBeside.LOST_REASONS, row, made)
            known.add(name.casefold())
        self._rows["lost_reason"][name] += 1

    def _known_reasons(self, pipeline_id: int) -> set[str]:
        if pipeline_id not in self._reasons:
            names = LostReason.objects.filter(pipeline=pipeline_id).values_list("name", flat=True)
            self._reasons[pipeline_id] = {name.casefold() for name in names}
        return self._reasons[pipeline_id]

    def _checked(self, field: str, value: str) -> str:
        name = bare_name(value)
        if len(name) > _LONGEST[field] or "\0" in name:
            said = _("a name of at most %d characters is needed") % _LONGEST[field]
            raise NotMadeError(_refused(name, said))
        return name

    def _remember(self, kind: MadeBeside, row: ParsedRow, made: models.Model) -> None:
        after = {name: getattr(made, name) for name in _WRITTEN[kind]}
        self._run.remember_beside(kind, made.pk, row, after)

    def to_dict(self) -> dict[str, Any]:
        """Return by field how many are made, of how many rows, and the most frequent."""
        return {
            field: {
                "count": len(found),
                "rows": found.total(),
                "texts": [{"text": name, "rows": rows}
                          for name, rows in found.most_common(MOST_SHOWN)],
            }
            for field, found in self._rows.items()
        }  # fmt: skip


def take_beside_back(found: Import, rows: Sequence[ImportedRecord]) -> tuple[int, list[Any]]:
    """Remove products and reasons that an import made and nothing uses any more.

    Returns
    -------
    tuple
        How many went; and of each that stays the row, what it is called and why it stays.
    """
    removed, kept = 0, []
    for row in rows:
        model: Any = Product if row.kind == MadeBeside.PRODUCTS else LostReason
        one = model.objects.filter(pk=row.record_id).first()
        if one is None:
            continue
        if why := _remove(found, row, one):
            kept.append((row, str(one), why))
        else:
            removed += 1
    return removed, kept


def _remove(found: Import, row: ImportedRecord, one: Product | LostReason) -> str:
    """Remove what a row made; return why it stays."""
    if any(plain_value(getattr(one, name)) != value for name, value in row.after.items()):
        return _("changed since")
    remove = remove_product if isinstance(one, Product) else remove_lost_reason
    try:
        remove(found.owner, one.pk)
    except ValidationError as error:
        return " ".join(error.messages)
    except PermissionDenied:
        return _("whoever imported the file may not remove it any more")
    return ""


def _refused(name: str, reason: str) -> Problem:
    return Problem(
        "", name, _("can't be made new: %s") % reason,
        _("Say of “%s” what it stands for, or mend it in the file.") % name[:80],
    )  # fmt: skip
