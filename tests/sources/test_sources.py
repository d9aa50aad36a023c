"""Opening events: files in memory, larger ones through a lake, and the same rows behind both."""

from __future__ import annotations

import gc
import tempfile
from pathlib import Path

import numpy as np
import pytest

from cli.cli_calls import SHOP
from suppilo.analytics.events import ALL_PATHS
from suppilo.analytics.funnel import FunnelDefinition
from suppilo.io.mapping import Mapping
from suppilo.lake import Lake, LakeSource
from suppilo.sources import SourceError, ask_funnel, open_sources
from suppilo.sources import open as opening

FUNNEL = FunnelDefinition.from_dict(
    {"steps": ["view", "cart where price > 10", "pay"], "by": "source", "every": "day"}
)


@pytest.fixture
def shop(tmp_path):
    file = tmp_path / "shop.csv"
    file.write_text(SHOP)
    return file


def ask(source, mapping=None):
    with open_sources([source] if isinstance(source, Path) else source, mapping) as opened:
        return ask_funnel(opened, FUNNEL)[1].to_dict()


def test_opening_says_guesses_and_counts_what_was_left_out(shop):
    with open_sources([shop]) as opened:
        assert opened.guesses[1] == "path = user_id (name)"
        assert opened.rejected.to_dict() == {"rows": 1, "reasons": {"not a time": 1}}
        (row,) = opened.rejected_rows
        assert (row.row, row.column, row.value) == (13, "timestamp", "soon")
    given = Mapping("user_id", "event", "timestamp")
    with open_sources([shop], given) as opened:
        assert opened.guesses == ()


def test_values_that_were_changed_are_noted(tmp_path):
    file = tmp_path / "e.csv"
    file.write_text("user_id,event,timestamp,x\n" + "u,a,2026-01-01T10:00:00Z,inf\n" * 3)
    with open_sources([file]) as opened:
        assert opened.notes == (("x: not a finite number, left empty", 3),)


def test_a_file_too_large_for_memory_goes_through_a_lake_and_counts_alike(
    shop, tmp_path, monkeypatch
):
    expected = ask(shop)
    monkeypatch.setattr(opening, "IN_MEMORY_BYTES", 0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with open_sources([shop]) as opened:
        assert isinstance(opened.events, LakeSource)
        assert len(list(tmp_path.glob("suppilo-*"))) == 1
        assert ask_funnel(opened, FUNNEL)[1].to_dict() == expected
    del opened
    gc.collect()
    assert not list(tmp_path.glob("suppilo-*"))


def test_a_reading_that_fails_leaves_no_lake_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "IN_MEMORY_BYTES", 0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name, content in (("a.csv", SHOP), ("b.csv", "x,y\n1,2\n")):
        (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=r"b\.csv"):
        open_sources([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert not list(tmp_path.glob("suppilo-*"))


def test_a_property_that_is_a_number_in_one_file_and_text_in_another_is_text(tmp_path):
    header = "user_id,event,timestamp,size\n"
    (tmp_path / "a.csv").write_text(header + "u1,view,2026-01-01T10:00:00Z,40\n")
    (tmp_path / "b.csv").write_text(header + "u2,view,2026-01-01T10:00:00Z,XL\n")
    with open_sources([str(tmp_path / "*.csv")]) as opened:
        values = opened.events.read("view", ALL_PATHS).values("size")
        assert sorted(values.labels) == ["40", "XL"]


def test_files_with_different_columns_are_put_under_each_other(tmp_path):
    (tmp_path / "a.csv").write_text("user_id,event,timestamp,price\nu1,a,2026-01-01T10:00:00Z,3\n")
    (tmp_path / "b.csv").write_text("user_id,event,timestamp,shop\nu2,a,2026-01-01T10:00:00Z,R\n")
    (tmp_path / "c.csv").write_text("user_id,event,timestamp\nu3,a,2026-01-01T10:00:00Z\n")
    with open_sources([str(tmp_path / "*.csv")]) as opened:
        assert opened.events.property_names() == ["price", "shop"]
        table = opened.events.read("a", ALL_PATHS)
        assert (len(table.path), int(table.matches("price = 3").sum())) == (3, 1)
        assert int(table.matches("shop is null").sum()) == 2


def test_a_file_without_properties_can_be_asked(tmp_path):
    (tmp_path / "a.csv").write_text("user_id,event,timestamp\nu1,view,2026-01-01T10:00:00Z\n")
    with open_sources([tmp_path / "a.csv"]) as opened:
        assert opened.events.property_names() == []
        funnel = FunnelDefinition.from_dict({"steps": ["view"]})
        assert ask_funnel(opened, funnel)[1].steps[0].count == 1


def test_memory_and_lake_describe_the_same_rows(shop, tmp_path):
    with open_sources([shop]) as opened:
        lake = Lake.create(tmp_path / "lake")
        from suppilo.io.read import read_events

        for number, batch in enumerate(read_events([shop])):
            lake.write(batch.core, "file", batch.properties, sequence=number)
        sources = (opened.events, LakeSource(lake))
        found = []
        for source in sources:
            rows = []
            for name in sorted(source.event_names()):
                table = source.read(name, ALL_PATHS)
                numbers = table.first_row + np.arange(len(table.path))
                described = source.describe_rows(numbers)
                assert described["at"] == table.at.tolist()
                rows += zip(*(described[key] for key in ("path", "event", "at")), strict=True)
            found.append(rows)
        assert found[0] == found[1]
        assert [source.count_paths() for source in sources] == [6, 6]
        assert sources[0].latest_at() == sources[1].latest_at()
        assert sorted(sources[0].property_names()) == sorted(sources[1].property_names())


def test_rows_of_several_tables_are_described_in_the_order_asked(shop):
    with open_sources([shop]) as opened:
        tables = [opened.events.read(name, ALL_PATHS) for name in ("pay", "view", "cart")]
        rows = np.array([table.first_row for table in tables])
        assert opened.events.describe_rows(rows)["event"] == ["pay", "view", "cart"]
        assert opened.events.describe_rows(rows[:0])["path"] == []


def test_an_event_never_seen_is_an_empty_table(shop):
    with open_sources([shop]) as opened:
        table = opened.events.read("never", ALL_PATHS)
        assert (len(table.path), len(table.order()), table.values("price")) == (0, 0, None)
        assert table.matches("price > 1").tolist() == []


def test_a_lake_takes_a_time_zone_and_no_columns(shop, tmp_path):
    lake = Lake.create(tmp_path / "lake")
    from suppilo.io.read import read_events

    for batch in read_events([shop]):
        lake.write(batch.core, "file", batch.properties)
    assert ask(tmp_path / "lake", Mapping(timezone="Europe/Riga"))["paths"] == 6
    for mapping in (Mapping(at="timestamp"), Mapping(wide="a=b"), Mapping(dayfirst=False)):
        with pytest.raises(SourceError, match="is a lake, whose columns have their roles"):
            ask(tmp_path / "lake", mapping)
    with pytest.raises(SourceError, match="is a lake: ask it alone"):
        ask([tmp_path / "lake", shop])
