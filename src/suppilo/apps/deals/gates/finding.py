"""What a gate found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Fix:
    """Where what is missing is filled in: a label, and an element's id on the deal's page."""

    label: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One criterion, and whether a deal meets it.

    Attributes
    ----------
    key, kind, moment
        The criterion's.
    stage_name, stage_key
        The stage that asks for it.
    text
        What is asked for, as a sentence.
    proof, at
        What meets it, and since when; empty where nothing does.
    fix
        Where to fill it in; None where it is met.
    ref
        What meets it, without anybody's name: so the ledger keeps it, and names can be erased.
    """

    key: str
    kind: str
    moment: str
    stage_name: str
    text: str
    is_met: bool
    proof: str = ""
    at: datetime | None = None
    fix: Fix | None = None
    stage_key: str = ""
    ref: str = ""

    def as_evidence(self, *, is_waived: bool = False) -> dict[str, Any]:
        """Return it as the ledger keeps it."""
        found: dict[str, Any] = {
            "key": self.key,
            "stage": self.stage_key,
            "kind": self.kind,
            "moment": self.moment,
            "text": self.text,
            "met": self.is_met,
            "by": self.ref or self.proof,
            "at": self.at.isoformat() if self.at else None,
        }
        return found | ({"waived": True} if is_waived else {})
