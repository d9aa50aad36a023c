"""Two funnels beside each other as sheets of a workbook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from suppilo.analytics.funnel.compare import Decomposition, RateDifference, StepComparison
from suppilo.analytics.funnel.report import StepResult
from suppilo.charts import words
from suppilo.charts.i18n import _

Cell = tuple[Any, str]
_WHOLE, _SHARE = "#,##0", "0.0%"


class Book(Protocol):
    """What a workbook does here."""

    def add_sheet(self, name: str, headings: Sequence[str], widths: Sequence[int]) -> Any:
        """Return a new sheet."""

    def put_row(self, sheet: Any, row: int, cells: Iterable[Cell]) -> None:
        """Write a row of (value, number format) cells."""


@dataclass(frozen=True, slots=True)
class ComparedFunnels:
    """Two funnels beside each other, ``a`` the one to compare with, and what to call them.

    ``mix`` says what of the difference the mix of a property's values did.
    """

    names: tuple[str, str]
    steps: tuple[StepComparison, ...]
    mix: Decomposition | None = None


def write_compared(book: Book, found: ComparedFunnels) -> None:
    """Write the sheets Comparison and Mix; the latter where the difference is split."""
    rates = [_("Of first"), _("Of previous")]
    apart = [_("Difference"), _("from"), _("to")]
    headings = [_("Step")]
    for name in found.names:
        headings += [f"{name}: {text}" for text in (_("Paths"), *rates)]
    for rate in rates:
        headings += [f"{rate}: {text}" for text in apart]
    sheet = book.add_sheet("Comparison", headings, [34] + [14] * (len(headings) - 1))
    for row, step in enumerate(found.steps, 1):
        cells = [*_side(step.a), *_side(step.b), *_apart(step.overall), *_apart(step.step)]
        book.put_row(sheet, row, [(step.name, ""), *cells])
    if found.mix is not None:
        _write_mix(book, found.names, found.mix)


def _side(step: StepResult) -> list[Cell]:
    rates = (step.conversion_rate, step.step_conversion_rate)
    return [(step.count, _WHOLE), *((rate, _SHARE) for rate in rates)]


def _apart(found: RateDifference | None) -> list[Cell]:
    if found is None:
        return [(None, "")] * 3
    return [(share, _SHARE) for share in (found.difference, found.lower, found.upper)]


def _write_mix(book: Book, names: tuple[str, str], mix: Decomposition) -> None:
    headings = [mix.by, *(f"{name}: {_('Share')}" for name in names),
                *(f"{name}: {_('Rate')}" for name in names), _("By mix"), _("By rate")]  # fmt: skip
    sheet = book.add_sheet("Mix", headings, [34] + [14] * (len(headings) - 1))
    for row, group in enumerate(mix.values, 1):
        shares = (group.share_a, group.share_b, group.rate_a, group.rate_b, group.mix, group.rate)
        cells = [(None if share is None else float(share), _SHARE) for share in shares]
        book.put_row(sheet, row, [(words.name_of(group.value), ""), *cells])
    whole = [(None, "")] * 4 + [(float(mix.mix), _SHARE), (float(mix.rate), _SHARE)]
    book.put_row(sheet, len(mix.values) + 1, [(_("All"), ""), *whole])
