"""CSV and TSV: what is read, and how it is typed."""

import datetime as dt
import subprocess
import sys

import pyarrow as pa
import pytest
import zstandard

from io_support.io_files import GOOD, HEADER, gz, message, read_one, write
from suppilo.io.mapping import Mapping
from suppilo.io.read import content_digest, guess_mapping, read_events
from suppilo.io.rejects import RejectLog

ROWS = HEADER + GOOD + "u2,buy,2026-01-31T11:30:00.5+02:00\n"


def test_rows_come_in_file_order_with_times_in_utc(tmp_path):
    found = read_one(write(tmp_path, ROWS))
    assert found.column("path") == ["u1", "u2"]
    assert found.column("event") == ["view", "buy"]
    assert found.times() == ["2026-01-31T10:00:00+00:00", "2026-01-31T09:30:00.500000+00:00"]
    assert found.column("event_id") == [None, None]


@pytest.mark.parametrize(
    ("name", "pack"),
    [("e.csv.gz", gz), ("e.csv.zst", zstandard.compress), ("e.csv", bytes), ("e.dat", gz)],
)
def test_compression_is_found_from_the_bytes_and_not_from_the_name(tmp_path, name, pack):
    found = read_one(write(tmp_path, pack(ROWS.encode()), name))
    assert found.column("path") == ["u1", "u2"]


def test_tab_and_pipe_are_found_as_delimiters(tmp_path):
    for sign in "\t|;":
        assert read_one(write(tmp_path, ROWS.replace(",", sign))).column("path") == ["u1", "u2"]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    found = read_one(write(tmp_path, b"\xef\xbb\xbf" + ROWS.encode()))
    assert found.column("path") == ["u1", "u2"]


def test_utf16_with_a_mark_is_read(tmp_path):
    text = ROWS.replace("u2", "Jānis")
    assert read_one(write(tmp_path, text.encode("utf-16"))).column("path") == ["u1", "Jānis"]


def test_latin_1_is_read_when_named(tmp_path):
    file = write(tmp_path, (HEADER + "é,view,2026-01-31T10:00:00Z\n").encode("latin-1"))
    assert read_one(file, Mapping(encoding="latin-1")).column("path") == ["é"]


def test_semicolons_with_decimal_commas_give_numbers(tmp_path):
    text = "user_id;event;timestamp;price;big\nu;v;2026-01-31T10:00:00Z;1,5;1.234,5\n"
    found = read_one(write(tmp_path, text))
    assert found.property("price") == [1.5]
    assert found.property("big") == [1234.5]


def test_a_decimal_comma_between_commas_needs_to_be_said(tmp_path):
    file = write(tmp_path, HEADER.strip() + ',price\nu,v,2026-01-31T10:00:00Z,"1,5"\n')
    assert read_one(file).property("price") == ["1,5"]
    assert read_one(file, Mapping(decimal=",")).property("price") == [1.5]


def test_quoted_cells_may_hold_newlines_delimiters_and_quotes(tmp_path):
    file = write(
        tmp_path,
        HEADER.strip() + ',note\nu1,v,2026-01-31T10:00:00Z,"a\n""b"", c"\n' + GOOD.strip() + ",x\n",
    )
    assert read_one(file).property("note") == ['a\n"b", c', "x"]


def test_newlines_in_cells_at_the_seams_of_blocks_change_nothing(tmp_path):
    rows = [f'u{i},v,2026-01-31T10:00:00Z,"line\n{i}\n"" 5"" x"\n' for i in range(40_000)]
    file = write(tmp_path, HEADER.strip() + ",note\n" + "".join(rows) * 20)
    found = [row for batch in read_events([file]) for row in batch.properties["note"].to_pylist()]
    assert len(found) == 800_000
    assert found[:40_000] == [f'line\n{i}\n" 5" x' for i in range(40_000)]
    assert found[-1] == 'line\n39999\n" 5" x'


def test_stray_quotes_are_letters_wherever_a_block_ends(tmp_path):
    line = 'u1,v,2026-01-31T10:00:00Z,5" pipe\nu2,v,2026-01-31T10:00:00Z,"two\nlines"\n'
    file = write(tmp_path, HEADER.strip() + ",note\n" + line * 300_000)
    notes = pa.chunked_array(
        [chunk for batch in read_events([file]) for chunk in batch.properties["note"].chunks]
    )
    assert notes.value_counts().to_pylist() == [
        {"values": '5" pipe', "counts": 300_000},
        {"values": "two\nlines", "counts": 300_000},
    ]


def test_properties_have_their_natural_types(tmp_path):
    text = (
        "user_id,event,timestamp,flag,n,x,zip,phone,id20,when,mixed,empty\n"
        "u,v,2026-01-31T10:00:00Z,true,1,1.5,01234,+371 2,12345678901234567890,"
        "2026-01-01T00:00:00Z,a,\n"
        "u,v,2026-01-31T10:00:00Z,FALSE,,2,09999,,2,2026-01-02T00:00:00Z,1,NULL\n"
    )
    (batch,) = read_events([write(tmp_path, text)])
    utc = pa.timestamp("us", "UTC")
    assert batch.properties.schema.types == [
        pa.bool_(), pa.int64(), pa.float64(), pa.string(), pa.string(), pa.string(), utc,
        pa.string(), pa.null(),
    ]  # fmt: skip
    assert batch.properties["zip"].to_pylist() == ["01234", "09999"]
    assert batch.properties["n"].to_pylist() == [1, None]


def test_a_type_only_widens_from_batch_to_batch(tmp_path):
    values = ["1", "2", "3.5", "4", "x", "6"]
    text = HEADER.strip() + ",n\n" + "".join(GOOD.strip() + f",{v}\n" for v in values)
    types = [b.properties["n"].type for b in read_events([write(tmp_path, text)], batch_rows=2)]
    assert types == [pa.string()] * 3  # One block holds all six rows: its type is found at once.
    found = read_one(write(tmp_path, text), batch_rows=2)
    assert found.property("n") == values


def test_paths_are_compared_as_they_are_written(tmp_path):
    text = HEADER + "".join(f"{p},v,2026-01-31T10:00:00Z\n" for p in ("1", "1.0", "01", " 1"))
    assert read_one(write(tmp_path, text)).column("path") == ["1", "1.0", "01", " 1"]


def test_batches_hold_at_most_the_rows_asked_for(tmp_path):
    file = write(tmp_path, HEADER + GOOD * 25)
    assert [b.core.num_rows for b in read_events([file], batch_rows=10)] == [10, 10, 5]


def test_globs_are_read_in_the_order_of_their_names(tmp_path):
    for name in ("b.csv", "a.csv"):
        write(tmp_path, HEADER + GOOD.replace("u1", name), name)
    assert read_one(str(tmp_path / "*.csv")).column("path") == ["a.csv", "b.csv"]


def test_blank_separated_columns_without_a_header(tmp_path):
    file = write(tmp_path, " 0004  19970101  2   29.33\r\n 0021  19970118  3   63.34\r\n", "c.txt")
    mapping = Mapping(
        columns=("id", "date", "n", "value"), delimiter="whitespace", event_name="purchase",
        timezone="UTC",
    )  # fmt: skip
    found = read_one(file, mapping)
    assert found.column("path") == ["0004", "0021"]
    assert found.times() == ["1997-01-01T00:00:00+00:00", "1997-01-18T00:00:00+00:00"]
    assert found.property("value") == [29.33, 63.34]
    assert "--columns" in message(file)


def test_a_role_can_be_inside_the_json_of_a_column(tmp_path):
    text = (
        "user_id,timestamp,action,tx\n"
        'u,2026-01-31T10:00:00Z,"{""type"": ""view"", ""a"": {""b"": 7}}","[{""id"": ""s1""}]"\n'
        'u,2026-01-31T10:00:00Z,"{""type"": null}",[]\n'
        "u,2026-01-31T10:00:00Z,not json,[]\n"
    )
    file = write(tmp_path, text)
    found = read_one(file, Mapping(event="action.type", session="tx.id"))
    assert (found.column("event"), found.column("session_id")) == (["view"], ["s1"])
    assert found.counts == {"no event": 2}
    assert read_one(file, Mapping(event="action.a.b")).column("event") == ["7"]
    assert read_one(file, Mapping(event="action.type", session="tx.0.id")).column("session_id") == [
        "s1"
    ]
    assert "action" in found.properties[0]


def test_guesses_are_said_in_sentences(tmp_path):
    text = "lead_id,created_at,stage\n1,31/01/2026,new\n"
    guessed = guess_mapping([write(tmp_path, text)], Mapping(timezone="UTC"))
    assert guessed.mapping.path == "lead_id"
    assert guessed.mapping.dayfirst is True
    assert guessed.sentences == (
        "at = created_at (name, and its values are times)",
        "path = lead_id (name)",
        "event = stage (name)",
        "dates in created_at have the day first (such as 31/01/2026)",
    )


def test_a_time_column_is_found_by_its_values(tmp_path):
    text = "person,what_type,moment\np,click,1700000000\n"
    guessed = guess_mapping([write(tmp_path, text)], Mapping(event="what_type"))
    assert guessed.mapping.at == "moment"
    assert "at = moment (its values are times)" in guessed.sentences


def test_the_same_bytes_and_mapping_have_the_same_digest(tmp_path):
    first, copy = write(tmp_path, ROWS, "a.csv"), write(tmp_path, ROWS, "b.csv")
    other = write(tmp_path, ROWS + GOOD, "c.csv")
    mapping = Mapping(path="user_id")
    assert content_digest([first], mapping) == content_digest([copy], mapping)
    assert content_digest([first], mapping) != content_digest([other], mapping)
    assert content_digest([first], mapping) != content_digest([first], Mapping(timezone="UTC"))


def test_rejected_rows_are_written_to_a_csv_as_they_come(tmp_path):
    file = write(tmp_path, HEADER + GOOD + ",view,2026-01-31T10:00:00Z\n" * 3 + "u,v,soon\n")
    reject_csv = tmp_path / "rejected.csv"
    found = read_one(file, reject_csv=reject_csv)
    assert found.counts == {"no path": 3, "not a time": 1}
    lines = reject_csv.read_text().splitlines()
    assert lines[0] == "file,row,column,reason,value"
    assert lines[1:] == [f"{file},{n},user_id,no path," for n in (3, 4, 5)] + [
        f"{file},6,timestamp,not a time,soon"
    ]


def test_at_most_a_thousand_rejected_rows_are_kept_in_memory(tmp_path):
    file = write(tmp_path, HEADER + GOOD + ",view,2026-01-31T10:00:00Z\n" * 5000)
    found = read_one(file)
    assert found.counts == {"no path": 5000}
    assert len(found.rows) == 1000
    assert RejectLog().take().total == 0


def test_progress_counts_rows_and_files(tmp_path):
    seen = []
    read_one(write(tmp_path, HEADER + GOOD * 3 + ",v,1\n"), on_progress=seen.append)
    assert (seen[-1].rows, seen[-1].rejected, seen[-1].files_done, seen[-1].files) == (3, 1, 1, 1)


def test_session_and_event_id_come_along(tmp_path):
    text = "user_id,event,timestamp,event_id,session_id\nu,v,2026-01-31T10:00:00Z,e1,s1\n"
    (row,) = read_one(write(tmp_path, text)).core
    at = dt.datetime(2026, 1, 31, 10, tzinfo=dt.UTC)
    assert row == {"path": "u", "at": at, "event": "v", "event_id": "e1", "session_id": "s1"}


def test_memory_does_not_grow_with_the_file(tmp_path):
    code = (
        "import resource, sys; from suppilo.io.read import read_events\n"
        "rows = sum(b.core.num_rows for b in read_events([sys.argv[1]], batch_rows=100_000))\n"
        "print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks = []
    million = gz((GOOD * 1_000_000).encode())
    for millions in (3, 9):
        file = write(tmp_path, gz(HEADER.encode()) + million * millions, "e.csv.gz")
        done = subprocess.run(
            [sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True
        )
        rows, peak = map(int, done.stdout.split())
        assert rows == millions * 1_000_000
        peaks.append(peak)
    # In KiB. The larger file has 174 MB more; allocators keep some of what they once had.
    assert peaks[1] - peaks[0] < 100 << 10
