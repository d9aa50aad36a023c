"""What is stored, read back: the ids in the event tables and in the tail."""

from pathlib import Path

from deltalake import DeltaTable

from suppilo.apps.capture.tail import read_tail
from suppilo.lake.folder import list_tables


def lake_ids(home: Path) -> list[str]:
    found: list[str] = []
    for folder in list_tables(home / "lake").values():
        table = DeltaTable(str(folder)).to_pyarrow_table(columns=["event_id"])
        found += table.column("event_id").to_pylist()
    return found


def tail_ids() -> list[str]:
    tables = read_tail().tables.values()
    return [event_id for table in tables for event_id in table.events["event_id"].to_pylist()]
