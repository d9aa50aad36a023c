"""What keeps the ledger of moves as it was written: the database itself refuses to change a row.

Rows are added. Nothing of one is changed afterwards, but for who made the move, which goes when
that user is removed; and a row goes only with its deal. A later migration that has SQLite make one
of the tables anew must make these triggers again.
"""

from __future__ import annotations

from collections.abc import Mapping

SAID = "the ledger of deals is only ever added to: write a correction"
_CHANGE = (
    "id, deal_id, number, kind, from_stage_id, to_stage_id, version_id, at, recorded_at, source, "
    "reason, evidence, corrects_id, origin"
)

_SQLITE = (
    f"CREATE TRIGGER keep_stage_change BEFORE UPDATE OF {_CHANGE} ON deals_stagechange "
    f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END",
    "CREATE TRIGGER keep_stage_change_actor BEFORE UPDATE OF actor_id ON deals_stagechange "
    f"WHEN NEW.actor_id IS NOT NULL BEGIN SELECT RAISE(ABORT, '{SAID}'); END",
    "CREATE TRIGGER keep_waiver BEFORE UPDATE ON deals_waiver "
    f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END",
    "CREATE TRIGGER keep_dismissal BEFORE UPDATE ON deals_dismissal "
    f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END",
)
_POSTGRESQL = (
    "CREATE FUNCTION deals_keep_ledger() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE integrity_constraint_violation USING MESSAGE = '{SAID}'; END $$",
    f"CREATE TRIGGER keep_stage_change BEFORE UPDATE OF {_CHANGE} ON deals_stagechange "
    "FOR EACH ROW EXECUTE FUNCTION deals_keep_ledger()",
    "CREATE TRIGGER keep_stage_change_actor BEFORE UPDATE OF actor_id ON deals_stagechange "
    "FOR EACH ROW WHEN (NEW.actor_id IS NOT NULL) EXECUTE FUNCTION deals_keep_ledger()",
    "CREATE TRIGGER keep_waiver BEFORE UPDATE ON deals_waiver "
    "FOR EACH ROW EXECUTE FUNCTION deals_keep_ledger()",
    "CREATE TRIGGER keep_dismissal BEFORE UPDATE ON deals_dismissal "
    "FOR EACH ROW EXECUTE FUNCTION deals_keep_ledger()",
)

MAKING: Mapping[str, tuple[str, ...]] = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}
"""The statements that make the triggers, by the kind of database."""
