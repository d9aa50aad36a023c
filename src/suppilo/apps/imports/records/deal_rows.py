"""What a row says of a deal: where it stands, how it came there, what it is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from suppilo.apps.deals.drafts import NewItem, PastMove
from suppilo.apps.deals.route import Ladder
from suppilo.apps.imports.records.fields import CUSTOM_PREFIX, STAGE_PREFIX
from suppilo.apps.imports.records.makable import bare_name
from suppilo.apps.imports.records.report import Problem
from suppilo.apps.imports.records.rows import ParsedRow
from suppilo.apps.pipelines.models import Stage, StageKind

_TEXTS = ("source", "channel", "campaign", "next_step")
_LISTS = ("tags", "competitors")
_CENT = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class DealSaid:
    """What a row says of a deal.

    Attributes
    ----------
    fields
        Values by the names that :func:`suppilo.apps.deals.services.change_deal` takes, without
        the company, which is still a name.
    stage
        Where it stands; None where the row says nothing of it.
    closed_at
        When it was won or lost, or None.
    probability
        Of being won, 0..1; None where the row doesn't say, or says it of a deal that is closed.
    history
        Its moves from its opening on, the last into ``stage``.
    """

    row: ParsedRow
    name: str
    company: str
    pipeline_id: int
    fields: Mapping[str, Any]
    stage: Stage | None
    history: tuple[PastMove, ...] = ()
    closed_at: datetime | None = None
    lost_reason: str = ""
    lost_note: str = ""
    probability: Decimal | None = None
    notes: tuple[Problem, ...] = ()

    @property
    def amount(self) -> Decimal | None:
        """What it is worth; None where the row doesn't say."""
        return self.fields.get("amount")

    def override_for(self, stage: Stage) -> dict[str, Decimal | None]:
        """Return the probability to write beside a stage's own; None in it: the stage's counts."""
        if self.probability is None or not stage.is_open:
            return {}
        is_usual = self.probability == stage.probability
        return {"probability": None if is_usual else self.probability}


def read_deal(row: ParsedRow, ladder: Ladder, pipeline_id: int, zone: ZoneInfo) -> DealSaid:
    """Return what a row says of a deal of a pipeline."""
    stage = find_stage(row, ladder)
    closed_at = _closed_at(row, stage)
    opened_at = row.values.get("opened_at")
    notes = []
    if closed_at and opened_at and closed_at < opened_at:
        notes.append(_early(row))
        closed_at = opened_at
    probability = row.values.get("probability")
    if probability is not None and stage is not None and not stage.is_open:
        if probability != stage.probability:
            notes.append(_closed_odds(row, stage))
        probability = None
    expected = row.values.get("expected_close") or _expected(row, stage, zone)
    reason = bare_name(row.text("lost_reason"))
    lost_note = row.text("lost_note") or ("" if reason else row.text("lost_reason_text"))
    said = DealSaid(
        row=row,
        name=_name(row),
        company=" ".join(row.text("company").split()),
        pipeline_id=pipeline_id,
        fields=_fields(row, expected),
        stage=stage,
        closed_at=closed_at,
        lost_reason=reason,
        lost_note=lost_note,
        probability=probability,
        notes=tuple(notes),
    )
    return replace(said, history=tuple(_history(said, ladder, opened_at)))


def _early(row: ParsedRow) -> Problem:
    return Problem(
        "", row.values["opened_at"].isoformat(), _("closed before it was opened"),
        _("It counts as closed when it was opened. Mend the dates, if they are known."),
    )  # fmt: skip


def _closed_odds(row: ParsedRow, stage: Stage) -> Problem:
    return Problem(
        "", f"{row.values['probability']:.0%}", _("probability of a deal that is closed"),
        _("It is left out: “%s” says how the deal ended.") % stage.name,
    )  # fmt: skip


def _name(row: ParsedRow) -> str:
    """Return a deal's name: its own, or what it is about."""
    about = " – ".join(filter(None, [row.text("company"), row.text("product_text")]))
    number = row.text("external_id")
    return (row.text("name") or about or _("Deal %s") % number)[:200]


def find_stage(row: ParsedRow, ladder: Ladder) -> Stage | None:
    """Return where a deal stands: how it ended, if it did, else its stage."""
    state = row.text("state")
    if state and state != StageKind.OPEN:
        return ladder.ending(state)
    stage = ladder.find(row.text("stage")) if row.text("stage") else None
    if stage is None and not row.text("stage"):
        if row.values.get("lost_at"):
            return ladder.ending(StageKind.LOST)
        entered = [key for key, _at in _entered(row, ladder)]
        return ladder.find(entered[-1]) if entered else None
    return stage


def _closed_at(row: ParsedRow, stage: Stage | None) -> datetime | None:
    if stage is None or stage.is_open:
        return None
    values = row.values
    lost = values.get("lost_at") if stage.kind != StageKind.WON else None
    found = (lost, values.get("closed_at"), values.get("close_date"), values.get("stage_since"))
    return next((at for at in found if at is not None), None)


def _expected(row: ParsedRow, stage: Stage | None, zone: ZoneInfo) -> date | None:
    at: datetime | None = row.values.get("close_date")
    if at is None or (stage is not None and not stage.is_open):
        return None
    return at.astimezone(zone).date()


def _fields(row: ParsedRow, expected: date | None) -> dict[str, Any]:
    values = row.values
    found: dict[str, Any] = {"name": row.text("name")} if row.text("name") else {}
    found |= {name: row.text(name) for name in _TEXTS if row.text(name)}
    found |= {name: tuple(values[name]) for name in _LISTS if values.get(name)}
    found |= {name: int(row.text(name)) for name in ("owner", "team") if row.text(name)}
    found |= {name: value for name, value in values.items()
              if name.startswith(CUSTOM_PREFIX) and value != ""}  # fmt: skip
    if values.get("amount") is not None:
        found["amount"] = values["amount"]
    if expected is not None:
        found["expected_close"] = expected
    if values.get("next_step_at") is not None:
        found["next_step_at"] = values["next_step_at"]
        found["next_step_has_time"] = values["next_step_at_has_time"]
    return found


def _entered(row: ParsedRow, ladder: Ladder) -> list[tuple[str, datetime]]:
    """Return the stages whose dates a row has, in the order in which the deal came into them."""
    found = []
    for name, at in row.values.items():
        if name.startswith(STAGE_PREFIX) and not name.endswith("_has_time"):
            stage = ladder.find(name.removeprefix(STAGE_PREFIX))
            if stage is not None:
                found.append((at, stage.position, stage.key))
    return [(key, at) for at, _position, key in sorted(found)]


def _history(said: DealSaid, ladder: Ladder, opened_at: datetime | None) -> list[PastMove]:
    """Return the moves that a row tells of; the last is where the deal stands."""
    entered = [(key, at) for key, at in _entered(said.row, ladder) if ladder.find(key)]
    moves = [PastMove(key, at) for key, at in entered if _is_open(ladder, key)]
    stage = said.stage
    first = ladder.open_stages[0].key
    if opened_at is not None and (not moves or moves[0].at > opened_at):
        is_here = stage is not None and stage.is_open and not moves
        since = said.row.values.get("stage_since")
        alone = stage.key if is_here and stage and (since is None or since < opened_at) else first
        if not moves or moves[0].stage_key != alone:
            moves.insert(0, PastMove(alone, opened_at))
    moves = _rising(moves)
    if stage is None or (moves and moves[-1].stage_key == stage.key):
        return moves
    at = _last_moment(said, moves, dict(entered))
    if at is None:
        return moves
    if not moves and not stage.is_open:
        moves = [PastMove(first, at)]
    return [*moves, _closing(said, stage, max(at, moves[-1].at) if moves else at)]


def _is_open(ladder: Ladder, key: str) -> bool:
    stage = ladder.find(key)
    return stage is not None and stage.is_open


def _rising(moves: Sequence[PastMove]) -> list[PastMove]:
    """Return moves without those into the stage that the deal is in already."""
    kept: list[PastMove] = []
    for move in moves:
        if not kept or kept[-1].stage_key != move.stage_key:
            kept.append(move)
    return kept


def _last_moment(
    said: DealSaid, moves: Sequence[PastMove], entered: Mapping[str, datetime]
) -> datetime | None:
    stage = said.stage
    at = entered.get(stage.key) if stage is not None else None
    at = said.closed_at or at or said.row.values.get("stage_since")
    return at or (moves[-1].at if moves else None)


def undated_end(said: DealSaid, now: datetime) -> tuple[PastMove, ...]:
    """Return the one move of a deal that is closed and of which no date is known: it has a why."""
    stage = said.stage
    if stage is None or stage.is_open or said.history:
        return said.history
    return (_closing(said, stage, now),)


def _closing(said: DealSaid, stage: Stage, at: datetime) -> PastMove:
    is_lost = stage.kind in (StageKind.LOST, StageKind.DISQUALIFIED)
    return PastMove(
        stage.key, at,
        lost_reason=said.lost_reason if is_lost else "",
        lost_note=said.lost_note if is_lost else "",
    )  # fmt: skip


def make_items(
    said: DealSaid, product_id: int | None, described: str, price: Decimal | None
) -> tuple[NewItem, ...]:
    """Return the line item of a deal whose row names a product."""
    if product_id is None and not described:
        return ()
    quantity = said.row.values.get("quantity") or Decimal(1)
    amount = said.amount
    if amount is None:
        return (NewItem(product_id, described, quantity, price or Decimal(0)),)
    each = (amount / quantity).quantize(_CENT)
    if each * quantity != amount:
        quantity, each = Decimal(1), amount
    return (NewItem(product_id, described, quantity, each),)
