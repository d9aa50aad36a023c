"""Files into a lake."""

from __future__ import annotations

import gzip

import pytest

from suppilo.io.mapping import Mapping
from suppilo.io.read import guess_mapping
from suppilo.lake import Lake
from suppilo.sources import SourceError, record_files

HEADER = "user_id,event,at\n"


def test_fault_after_some_events_says_how_many_are_recorded(tmp_path):
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv.gz"
    good.write_text(HEADER + "u1,view,2026-01-01T00:00:00Z\n" * 3)
    whole = gzip.compress((HEADER + "u2,view,2026-01-01T00:00:00Z\n" * 200_000).encode())
    bad.write_bytes(whole[: len(whole) // 2])
    lake = Lake.create(tmp_path / "lake")
    mapping = guess_mapping([good], Mapping()).mapping
    with pytest.raises(SourceError, match="3 events before this are in the lake"):
        record_files([good, bad], mapping, lake)
    assert [event.rows for event in lake.events()] == [3]


def test_files_recorded_twice_are_there_once(tmp_path):
    file = tmp_path / "events.csv"
    file.write_text(HEADER + "u1,view,2026-01-01T00:00:00Z\n" * 3)
    lake, mapping = Lake.create(tmp_path / "lake"), guess_mapping([file], Mapping()).mapping
    assert record_files([file], mapping, lake).written == 3
    again = record_files([file], mapping, lake)
    assert (again.read, again.written) == (3, 0)
    assert [event.rows for event in lake.events()] == [3]
