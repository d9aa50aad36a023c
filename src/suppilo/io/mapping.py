"""Which column of a file is what."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from suppilo.io.errors import InputError

Stages = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """How files are read; None means: find out.

    ``path``, ``event``, ``at``, ``event_id`` and ``session`` name columns, or a place in the JSON
    that a column holds: ``action.type``, ``transaction.0.revenue``. ``event_name`` names every
    event where no column does. ``timezone`` is the IANA zone of times without an offset.
    ``wide`` is ``column=event`` for each stage of a table with one row per path. ``dayfirst``
    reads 03/04/2025 as 3 April (True) or March 4 (False). ``columns`` are the names of a table
    without a header; ``delimiter`` may be ``"whitespace"``; ``sheet`` is a sheet's name in Excel.
    """

    path: str | None = None
    event: str | None = None
    at: str | None = None
    event_id: str | None = None
    session: str | None = None
    event_name: str | None = None
    timezone: str | None = None
    wide: str | Stages | None = None
    dayfirst: bool | None = None
    decimal: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    columns: tuple[str, ...] | None = None
    sheet: str | None = None
    stages: Stages = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        """Read ``wide``, and check what can be checked without a file."""
        object.__setattr__(self, "stages", _read_stages(self.wide))
        if self.decimal not in {None, ".", ","}:
            raise InputError(f"the decimal sign is {self.decimal!r}; it can be . or ,")
        if self.event is not None and self.event_name is not None:
            raise InputError("give a column with --event or one name with --event-name, not both")
        if self.stages and (self.event or self.event_name):
            raise InputError("a wide table's events are its stages; leave out --event")
        if self.stages and (self.event_id or self.session):
            raise InputError("a wide table has no event ids and no sessions; leave them out")

    def to_dict(self) -> dict[str, Any]:
        """Return the settings that were given, in a stable order."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        return given | {"stages": [list(stage) for stage in self.stages]}


@dataclass(frozen=True, slots=True)
class GuessedMapping:
    """A mapping with its roles found, and a sentence for each thing that was guessed."""

    mapping: Mapping
    sentences: tuple[str, ...] = ()


def _read_stages(wide: str | Stages | None) -> Stages:
    """Return (column, event) pairs of ``"first_contact_date=lead,won_date=won"``."""
    if wide is None:
        return ()
    if not isinstance(wide, str):
        pairs = [tuple(pair) for pair in wide]
    else:
        pairs = [tuple(part.strip().rsplit("=", 1)) for part in wide.split(",") if part.strip()]
    if not pairs or any(len(pair) != 2 or not all(map(str.strip, pair)) for pair in pairs):
        raise InputError(
            f"{wide!r} is not a list of stages; write --wide column=event,column=event, "
            "e.g. first_contact_date=lead,won_date=won"
        )
    return tuple((column.strip(), event.strip()) for column, event in pairs)
