"""What a check or an import found: counts, rows left out, rows to look at, texts to map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from suppilo.io.row_file import RowFile

SHOWN = 50
"""So many rows of each kind stand on the page; more are in the files."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0", "|", "＝")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row, where, and what to do about it."""

    column: str
    value: str
    reason: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A row as the page lists it."""

    row: int
    name: str
    column: str
    value: str
    reason: str
    remedy: str


class Report:
    """Counts rows by what becomes of them, and writes those left out, or noted, to two files.

    The file of rejected rows has the columns of the original, so it can be mended and uploaded.
    """

    def __init__(self, columns: Sequence[str], rejects: Path, notes: Path) -> None:
        self._columns = list(columns)
        self._stack = ExitStack()
        self._files = {"rejected": rejects, "noted": notes}
        self._opened: dict[str, RowFile] = {}
        self._listed: dict[str, list[ListedRow]] = {"rejected": [], "noted": []}
        self.done: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.notes: Counter[str] = Counter()
        self.lacking: Counter[str] = Counter()

    def __enter__(self) -> Self:
        for path in self._files.values():
            path.unlink(missing_ok=True)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def count(self, what: str, number: int = 1) -> None:
        """Count rows by what becomes of them: ``made``, ``changed``, ``same`` and the like."""
        self.done[what] += number

    def lack(self, what: str, texts: Iterable[str]) -> None:
        """Count a deal that lacks what is asked for, and each thing that it lacks.

        Parameters
        ----------
        what
            What becomes of it: ``closed`` gates leave it out, or it is ``waived``.
        """
        self.count(what)
        self.lacking.update(set(texts))

    def reject(self, row: int, cells: Mapping[str, str], problem: Problem, name: str = "") -> None:
        """List a row that is left out."""
        self.done["rejected"] += 1
        self.reasons[problem.reason] += 1
        self._list("rejected", row, cells, problem, name)

    def note(self, row: int, cells: Mapping[str, str], problem: Problem, name: str = "") -> None:
        """List a row that is used, though something about it should be looked at."""
        self.notes[problem.reason] += 1
        self._list("noted", row, cells, problem, name)

    def _list(
        self, which: str, row: int, cells: Mapping[str, str], problem: Problem, name: str
    ) -> None:
        if len(self._listed[which]) < SHOWN:
            self._listed[which].append(
                ListedRow(row, name, problem.column, problem.value[:200], problem.reason,
                          problem.remedy)
            )  # fmt: skip
        original = [cells.get(column, "") for column in self._columns]
        said = [str(row), problem.column, problem.reason, problem.remedy]
        self._file(which).write([_harmless(cell) for cell in (*original, *said)])

    def _file(self, which: str) -> RowFile:
        if which not in self._opened:
            # The first bytes tell spreadsheets that it is UTF-8.
            header = [*self._columns, "(row)", "(column)", "(problem)", "(what to do)"]
            file = RowFile(self._files[which], header, told_in=-2, encoding="utf-8-sig")
            self._opened[which] = self._stack.enter_context(closing(file))
        return self._opened[which]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "done": dict(self.done),
            "rejected": self.done["rejected"],
            "reasons": dict(self.reasons.most_common(SHOWN)),
            "notes": dict(self.notes.most_common(SHOWN)),
            "lacking": dict(self.lacking.most_common(SHOWN)),
            "rejected_rows": [asdict(row) for row in self._listed["rejected"]],
            "noted_rows": [asdict(row) for row in self._listed["noted"]],
        }


def _harmless(cell: str) -> str:
    """Return a cell that no spreadsheet runs; a plain negative number stays one."""
    is_number = cell[:1] in "+-" and cell[1:].replace(".", "", 1).replace(",", "", 1).isdigit()
    return f"'{cell}" if cell.startswith(_FORMULA) and not is_number else cell
