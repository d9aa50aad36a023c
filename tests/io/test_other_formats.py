"""Parquet, Excel, JSON lines and XES."""

import datetime as dt
import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from io_support.io_files import gz, message, read_one, write, write_xlsx
from suppilo.io.mapping import Mapping
from suppilo.io.read import guess_mapping, read_events

AT = dt.datetime(2026, 1, 31, 10, tzinfo=dt.UTC)


def test_parquet_keeps_its_types(tmp_path):
    table = pa.table(
        {
            "user_id": pa.array([1, 2], pa.int32()),
            "event": pa.array(["view", "buy"]).dictionary_encode(),
            "at": pa.array([AT, AT], pa.timestamp("ns", "Europe/Riga")),
            "price": pa.array([Decimal("1.50"), None], pa.decimal128(10, 2)),
            "tags": pa.array([["a"], None]),
            "day": pa.array([AT.date(), None]),
            "code": pa.array(["007", "1"]),
        }
    )
    pq.write_table(table, tmp_path / "e.parquet")
    found = read_one(tmp_path / "e.parquet")
    assert found.column("path") == ["1", "2"]
    assert found.column("at") == [AT, AT]
    assert found.properties == [
        {"price": 1.5, "tags": '["a"]', "day": "2026-01-31", "code": "007"},
        {"price": None, "tags": None, "day": None, "code": "1"},
    ]


def test_path_keys_of_many_types_become_text(tmp_path):
    for values, expected in (
        (pa.array([1.0, 2.0]), ["1", "2"]),
        (pa.array([1.5, 2.0]), ["1.5", "2"]),
        (pa.array(["1", "1.0"]), ["1", "1.0"]),
        (pa.array([True, False]), ["true", "false"]),
        (pa.array([2**63, 1], pa.uint64()), [str(2**63), "1"]),
    ):
        pq.write_table(
            pa.table({"path": values, "event": ["a", "b"], "at": [AT, AT]}), tmp_path / "p.parquet"
        )
        assert read_one(tmp_path / "p.parquet").column("path") == expected


def test_bytes_in_parquet_are_text_where_they_can_be(tmp_path):
    columns = {"path": [b"p"], "event": [b"buy"], "at": [b"2026-01-31T10:00:00Z"], "x": [b"\xff"]}
    pq.write_table(pa.table(columns), tmp_path / "p.parquet")
    found = read_one(tmp_path / "p.parquet")
    assert (found.column("path"), found.column("event")) == (["p"], ["buy"])
    assert found.property("x") == ["ff"]


def test_paths_that_are_null_or_not_finite_are_left_out(tmp_path):
    path = pa.array([1.0, None, float("nan"), float("inf")])
    pq.write_table(
        pa.table({"path": path, "event": ["a"] * 4, "at": [AT] * 4}), tmp_path / "p.parquet"
    )
    found = read_one(tmp_path / "p.parquet")
    assert found.column("path") == ["1"]
    assert found.counts == {"no path": 1, "not a finite number": 2}
    assert [row.row for row in found.rows] == [2, 3, 4]


def test_large_parquet_files_come_in_batches(tmp_path):
    count = 300_000
    table = pa.table({"path": range(count), "event": ["a"] * count, "at": [AT] * count})
    pq.write_table(table, tmp_path / "p.parquet")
    sizes = [b.core.num_rows for b in read_events([tmp_path / "p.parquet"], batch_rows=200_000)]
    assert sum(sizes) == count
    assert max(sizes) <= 200_000


def test_excel_dates_numbers_and_text(tmp_path):
    rows = [
        ["user id", "event", "timestamp", "price", "paid", "note"],
        [7, "view", dt.datetime.fromisoformat("2026-01-31 12:00"), 1.5, True, "x"],
        [None] * 6,
        ["u8", "buy", dt.datetime.fromisoformat("2026-01-31 12:30"), 2, False, None],
    ]
    file = write_xlsx(tmp_path / "e.xlsx", rows)
    found = read_one(file, Mapping(timezone="Europe/Riga"))
    assert found.column("path") == ["7", "u8"]
    assert found.times() == ["2026-01-31T10:00:00+00:00", "2026-01-31T10:30:00+00:00"]
    assert found.properties == [
        {"price": 1.5, "paid": True, "note": "x"}, {"price": 2.0, "paid": False, "note": None},
    ]  # fmt: skip
    assert "add --timezone" in message(file)


def test_excel_rows_keep_the_numbers_of_the_sheet(tmp_path):
    rows = [["user_id", "event", "at"], [], [1, "a", "soon"], [1, "a", "2026-01-31T10:00:00Z"]]
    found = read_one(write_xlsx(tmp_path / "e.xlsx", rows))
    assert [(row.row, row.column, row.value) for row in found.rows] == [(3, "at", "soon")]


def test_excel_sheet_is_chosen_by_name(tmp_path):
    rows = [["user_id", "event", "at"], [1, "a", "2026-01-31T10:00:00Z"]]
    file = write_xlsx(tmp_path / "e.xlsx", rows, "Data")
    assert read_one(file, Mapping(sheet="Data")).column("path") == ["1"]
    assert "has no sheet 'Other'; its sheets are Data" in message(file, Mapping(sheet="Other"))


LINES = [
    {"user_id": 1, "event": "view", "ts": 1769853600, "price": 1, "geo": {"city": "Rīga"}},
    {"user_id": "u2", "event": "buy", "ts": "2026-01-31T10:00:00Z", "price": 2.5},
]


@pytest.mark.parametrize("pack", [bytes, gz, zstandard.compress])
def test_json_lines(tmp_path, pack):
    content = "\n".join(json.dumps(line) for line in LINES).encode()
    found = read_one(write(tmp_path, pack(content), "e.jsonl"))
    assert found.column("path") == ["1", "u2"]
    assert found.times() == ["2026-01-31T10:00:00+00:00"] * 2
    assert found.properties == [
        {"price": 1.0, "geo": '{"city": "Rīga"}'}, {"price": 2.5, "geo": None},
    ]  # fmt: skip


def test_bad_json_lines_are_left_out_with_their_numbers(tmp_path):
    good = json.dumps(LINES[0])
    content = f'{good}\n{{"user_id": \n\n[1]\n{good}\n'.encode() + b'{"user_id": "\xff"}\n'
    found = read_one(write(tmp_path, content, "e.ndjson"))
    assert len(found.core) == 2
    assert [(row.row, row.reason) for row in found.rows] == [
        (2, "not a JSON object"), (4, "not a JSON object"),
        (6, "bytes that are no text in this encoding"),
    ]  # fmt: skip


def test_one_json_array_is_refused_with_advice(tmp_path):
    assert "one object a line" in message(write(tmp_path, "[\n{}\n]", "e.json"))


def test_json_lines_whose_keys_change_keep_all_rows(tmp_path):
    lines = [{"user_id": n, "event": "a", "ts": 1769853600, f"p{n % 3}": n} for n in range(9)]
    found = read_one(write(tmp_path, "\n".join(map(json.dumps, lines)), "e.jsonl"))
    assert found.property("p1") == [None, 1, None, None, 4, None, None, 7, None]


XES = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
 <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
 <global scope="event"><string key="concept:name" value="?"/></global>
 <string key="concept:name" value="whole log"/>
 <trace>
  <string key="concept:name" value="case 1"/><string key="channel" value="ads"/>
  <event>
   <string key="concept:name" value="register"><string key="meta" value="no"/></string>
   <date key="time:timestamp" value="2026-01-31T12:00:00.000+02:00"/>
   <int key="cost" value="50"/><float key="x" value="1.5"/><boolean key="ok" value="true"/>
  </event>
  <event><string key="concept:name" value="decide"/></event>
 </trace>
 <trace><event><string key="concept:name" value="register"/>
   <date key="time:timestamp" value="2026-01-31T12:00:00Z"/></event></trace>
</log>"""


@pytest.mark.parametrize("pack", [bytes, gz])
def test_xes_traces_are_paths(tmp_path, pack):
    found = read_one(write(tmp_path, pack(XES.encode()), "log.xes"))
    assert [(row["path"], row["event"]) for row in found.core] == [("case 1", "register")]
    assert found.times() == ["2026-01-31T10:00:00+00:00"]
    assert found.properties == [{"case:channel": "ads", "cost": 50, "x": 1.5, "ok": True}]
    assert [(row.row, row.reason) for row in found.rows] == [(3, "no path"), (2, "no time")]


def test_xes_needs_no_mapping(tmp_path):
    guessed = guess_mapping([write(tmp_path, XES, "log.xes")])
    assert guessed.mapping.path == "case:concept:name"


def test_xes_entities_are_refused(tmp_path):
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><log>&b;</log>'
    )
    assert "declares a document type or entities" in message(write(tmp_path, bomb, "log.xes"))


def test_xes_that_is_cut_off_names_the_line(tmp_path):
    text = message(write(tmp_path, XES[:700], "log.xes"))
    assert "line " in text
    assert "not well-formed XML" in text


def test_xml_that_is_no_log_is_refused(tmp_path):
    assert "no XES log: it begins with <html>" in message(write(tmp_path, "<html></html>", "x.xes"))
