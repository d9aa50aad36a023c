"""Rubbish in: each with the message it gives, or the rows it leaves out."""

import gzip
import io
import os
import resource
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from io_support.io_files import GOOD, HEADER, message, read_one, write, write_xlsx, zip_member
from suppilo.io import formats
from suppilo.io.mapping import Mapping
from suppilo.io.read import guess_mapping, read_events

AT = "2026-01-31T10:00:00Z"


def test_an_empty_file(tmp_path):
    assert message(write(tmp_path, "")).endswith("is empty; it needs a header and rows")
    assert message(write(tmp_path, "\n\n  \n")).endswith("is empty; it needs a header and rows")
    assert "is empty" in message(write(tmp_path, gzip.compress(b""), "e.csv.gz"))


def test_a_header_only(tmp_path):
    for header in (HEADER, HEADER.strip()):
        assert "a header and no rows" in message(write(tmp_path, header), Mapping(timezone="UTC"))


def test_no_such_column(tmp_path):
    text = message(write(tmp_path, HEADER + GOOD), Mapping(path="userid"))
    assert (
        "there is no column userid; did you mean user_id? set --path to one of: user_id, event"
        in text
    )


def test_a_second_file_without_the_column(tmp_path):
    first, second = write(tmp_path, HEADER + GOOD), write(tmp_path, "a,b\n1,2\n", "other.csv")
    text = message([first, second])
    assert "other.csv: there is no column" in text


def test_roles_that_cannot_be_told(tmp_path):
    text = message(write(tmp_path, "a,b,c\n1,2,3\n"))
    assert "can't tell which column is the time; name it with --at COLUMN" in text
    assert "The columns are: a, b, c" in text
    text = message(write(tmp_path, f"a,when,c\n1,{AT},3\n"))
    assert "can't tell which column is the path (who or what moves); name it with --path" in text
    text = message(write(tmp_path, f"user_id,when,c\n1,{AT},3\n"))
    assert "name it with --event COLUMN or --event-name NAME" in text


def test_latin_1_taken_for_utf_8_names_the_row(tmp_path):
    body = HEADER + GOOD + f"u2,caf\xe9,{AT}\n"
    text = message(write(tmp_path, body.encode("latin-1")))
    assert "row 3, column event: byte 0xe9 is not UTF-8" in text
    assert "--encoding latin-1" in text


def test_bytes_that_are_no_text_leave_out_their_row(tmp_path):
    body = (HEADER + GOOD).encode() + b"u2,caf\xe9," + AT.encode() + b"\n" + GOOD.encode()
    found = read_one(write(tmp_path, body), Mapping(encoding="utf-8"))
    assert len(found.core) == 2
    assert [(r.row, r.column, r.reason) for r in found.rows] == [
        (3, "event", "bytes that are no text in this encoding")
    ]


def test_bad_bytes_far_down_leave_out_their_row(tmp_path):
    body = (HEADER + GOOD * 50_000).encode() + b"u2,caf\xe9," + AT.encode() + b"\n" + GOOD.encode()
    found = read_one(write(tmp_path, body))
    assert len(found.core) == 50_001
    assert found.rows[0].row == 50_002


def test_rows_left_out_for_bad_bytes_can_be_written(tmp_path):
    body = (HEADER + GOOD).encode() + b"\xe9,v," + AT.encode() + b"\n"
    reject_csv = tmp_path / "rejected.csv"
    read_one(write(tmp_path, body), Mapping(encoding="utf-8"), reject_csv=reject_csv)
    assert reject_csv.read_text().splitlines()[1].endswith(",?")


def test_an_unknown_encoding(tmp_path):
    text = message(write(tmp_path, HEADER + GOOD), Mapping(encoding="utf-9"))
    assert "'utf-9' is no known encoding" in text


def test_utf_16_without_a_mark(tmp_path):
    text = message(write(tmp_path, (HEADER + GOOD).encode("utf-16-le")))
    assert "add --encoding utf-16-le" in text
    file = write(tmp_path, (HEADER + GOOD).encode("utf-16-le"))
    assert read_one(file, Mapping(encoding="utf-16-le")).column("path") == ["u1"]


def test_utf_16_cut_in_the_middle_of_a_letter(tmp_path):
    text = message(write(tmp_path, (HEADER + GOOD).encode("utf-16")[:-1]))
    assert "is not utf-16 text" in text


def test_binary_junk(tmp_path):
    junk = bytes((i * 7919 + i // 13) % 256 for i in range(5000))
    assert "is binary, not a table" in message(write(tmp_path, junk))
    elf = Path(sys.executable).resolve().read_bytes()[:100_000]
    assert "is binary, not a table" in message(write(tmp_path, elf))


def test_nul_bytes_leave_out_their_row(tmp_path):
    found = read_one(write(tmp_path, HEADER + GOOD + f"u\0,v,{AT}\n" + GOOD))
    assert len(found.core) == 2
    assert [(r.row, r.column, r.reason) for r in found.rows] == [(3, "user_id", "NUL byte")]


def test_a_wrong_number_of_cells_leaves_out_the_row(tmp_path):
    found = read_one(write(tmp_path, HEADER + GOOD + "u,v\n\n" + f"u,v,{AT},x\n" + GOOD))
    assert len(found.core) == 2
    assert [(r.row, r.reason, r.value) for r in found.rows] == [
        (3, "wrong number of cells", "2 instead of 3: u,v"),
        (4, "wrong number of cells", f"4 instead of 3: u,v,{AT},x"),
    ]


def test_rows_without_path_event_or_time_are_counted_by_reason(tmp_path):
    rows = [
        f",v,{AT}",
        f"NULL,v,{AT}",
        f"  ,v,{AT}",
        f"u,,{AT}",
        "u,v,",
        "u,v,yesterday",
        f"inf,v,{AT}",
    ]
    found = read_one(write(tmp_path, HEADER + GOOD + "\n".join(rows)))
    assert found.counts == {
        "no path": 3, "no event": 1, "no time": 1, "not a time": 1, "not a finite number": 1,
    }  # fmt: skip


def test_nothing_usable_says_why_and_where(tmp_path):
    text = message(write(tmp_path, HEADER + "u,v,soon\nu,v,later\n"))
    assert "no row could be used: not a time (2)" in text
    assert "row 2, column timestamp: not a time 'soon'" in text


def test_infinite_properties_are_emptied_and_noted(tmp_path):
    body = (
        HEADER.strip()
        + ",x\n"
        + "".join(GOOD.strip() + f",{x}\n" for x in ("1.5", "nan", "-inf", ""))
    )
    found = read_one(write(tmp_path, body))
    assert found.property("x") == [1.5, None, None, None]
    assert found.notes == {"x: not a finite number, left empty": 2}


def test_a_cell_of_10_mb_leaves_out_its_row(tmp_path):
    body = HEADER.strip() + ",note\n" + GOOD.strip() + ",a\n"
    body += GOOD.strip() + "," + "x" * 10_000_000 + "\n" + GOOD.strip() + ",b\n"
    found = read_one(write(tmp_path, body))
    assert found.property("note") == ["a", "b"]
    (row,) = found.rows
    assert (row.row, row.column, row.reason) == (3, "note", "cell larger than 1 MiB")
    assert row.value == "x" * 200


def test_a_row_without_an_end_is_refused(tmp_path):
    text = message(write(tmp_path, HEADER + GOOD + "x" * (70 << 20)))
    assert "a row is longer than 64 MiB; is it a table" in text


def test_a_quote_that_never_closes_leaves_out_one_row(tmp_path):
    body = HEADER + GOOD * 2 + f'"u2,v,{AT}\n' + GOOD * 3
    found = read_one(write(tmp_path, body))
    assert len(found.core) == 5
    assert [(r.row, r.reason) for r in found.rows] == [(4, "quote that is never closed")]


def test_names_that_stand_twice_in_the_header(tmp_path):
    text = message(write(tmp_path, "user_id,event,user_id,timestamp\n"))
    assert "row 1: the header names user_id more than once; rename the columns" in text
    file = write_xlsx(tmp_path / "e.xlsx", [["a", "b", "a"], [1, 2, 3]])
    assert "the header names a more than once" in message(file)
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    pq.write_table(table, tmp_path / "e.parquet")
    assert "names a more than once" in message(tmp_path / "e.parquet")


def test_half_a_parquet_file(tmp_path):
    sink = io.BytesIO()
    pq.write_table(pa.table({"user_id": range(10_000)}), sink)
    text = message(write(tmp_path, sink.getvalue()[: len(sink.getvalue()) // 2], "e.parquet"))
    assert "is not a whole Parquet file" in text
    assert "is not a whole Parquet file" in message(write(tmp_path, "hello", "e.parquet"))


def test_parquet_damaged_inside_is_refused(tmp_path):
    sink = io.BytesIO()
    table = pa.table(
        {
            "path": [str(i) for i in range(10_000)],
            "event": ["a"] * 10_000,
            "at": [1769853600] * 10_000,
        }
    )
    pq.write_table(table, sink)
    data = bytearray(sink.getvalue())
    data[40:2000] = b"\xff" * 1960
    assert "Parquet" in message(write(tmp_path, bytes(data), "e.parquet"))


def test_a_compressed_file_that_is_cut_off(tmp_path):
    body = (HEADER + "".join(f"u{i},v,{AT}\n" for i in range(100_000))).encode()
    for pack, name in ((gzip.compress, "e.csv.gz"), (zstandard.compress, "e.csv.zst")):
        packed = pack(body)
        text = message(write(tmp_path, packed[: len(packed) // 2], name))
        assert "data ends early or is damaged; copy or download the file again" in text


def test_a_gzip_bomb_is_refused_in_bounded_memory(tmp_path):
    sink = io.BytesIO()
    with gzip.GzipFile(fileobj=sink, mode="wb") as packer:
        packer.write((HEADER + GOOD).encode())
        for _ in range(1024):
            packer.write(b"\x20" * (1 << 20))
    file = write(tmp_path, sink.getvalue(), "e.csv.gz")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "a row is longer than 64 MiB" in message(file)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600 << 10


@pytest.mark.parametrize(
    ("pack", "name"), [(gzip.compress, "e.csv.gz"), (zstandard.compress, "e.csv.zst")]
)
def test_a_bomb_of_rows_is_refused_before_all_of_it_is_unpacked(tmp_path, monkeypatch, pack, name):
    monkeypatch.setattr(formats, "UNPACKED_SURE", 1 << 20)
    rows = pack((HEADER + GOOD * 1_000_000).encode())
    assert "unpacks to more than 200 times its size" in message(write(tmp_path, rows, name))
    plain = write(tmp_path, HEADER + GOOD * 100_000)
    assert read_one(plain) is not None


def workbook(sheet: bytes) -> dict[str, bytes]:
    return {
        "[Content_Types].xml": b"<x/>",
        "xl/workbook.xml": b"<x/>",
        "xl/worksheets/sheet1.xml": sheet,
    }


def test_a_zip_bomb_as_xlsx_is_refused_before_it_is_parsed(tmp_path):
    file = zip_member(tmp_path / "bomb.xlsx", workbook(b"\0" * (600 << 20)))
    assert file.stat().st_size < 1 << 20
    assert "such a workbook is refused, save it as CSV" in message(file)


def test_a_zip_bomb_that_lies_about_its_size_is_refused(tmp_path):
    file = zip_member(tmp_path / "bomb.xlsx", workbook(b"\0" * (300 << 20)))
    data = bytearray(file.read_bytes())
    with zipfile.ZipFile(file) as archive:
        name = archive.infolist()[-1].filename.encode()
    # The uncompressed size in the central directory: 22 bytes before the name.
    at = data.rfind(name) - 22
    assert struct.unpack_from("<I", data, at) == (300 << 20,)
    struct.pack_into("<I", data, at, 1000)
    file.write_bytes(data)
    text = message(file)
    assert "refused" in text or "damaged" in text


def test_a_sheet_that_spans_everything_is_refused(tmp_path):
    import xlsxwriter

    file = tmp_path / "far.xlsx"
    with xlsxwriter.Workbook(str(file)) as book:
        page = book.add_worksheet()
        page.write(0, 0, "user_id")
        page.write(1_048_575, 16_383, "far")
    assert "spans 1048576 rows and 16384 columns" in message(file)


def test_a_damaged_workbook_and_a_plain_zip(tmp_path):
    file = write_xlsx(tmp_path / "e.xlsx", [["user_id"], [1]])
    file.write_bytes(file.read_bytes()[:-200])
    assert "damaged" in message(file)
    assert "is a zip archive, not a table" in message(zip_member(tmp_path / "a.zip", {"a": b"b"}))
    assert "damaged" in message(zip_member(tmp_path / "e2.xlsx", workbook(b"<no>")))
    assert "old Excel" in message(write(tmp_path, b"\xd0\xcf\x11\xe0" + b"\0" * 600, "e.xls"))


def test_a_million_event_names_are_refused_with_advice(tmp_path):
    rows = "".join(f"u{i % 1000},e{i},{AT}\n" for i in range(1_000_000))
    file = write(tmp_path, HEADER + rows)
    text = message(file, Mapping(event="event"))
    assert "column event has more than 10,000 different event names; it looks like an id" in text
    assert "--event" in message(file)


@pytest.mark.parametrize("name", ["__proto__", "constructor", "__class__", "digest"])
def test_columns_named_as_parts_of_programs_are_properties_like_others(tmp_path, name):
    read = read_one(write(tmp_path, f"user_id,event,timestamp,{name}\nu1,visit,{AT},own\n"))
    assert read.property(name) == ["own"]


def test_ten_thousand_columns(tmp_path):
    names = ",".join(f"c{i}" for i in range(10_000))
    cells = ",".join(str(i) for i in range(10_000))
    body = f"{HEADER.strip()},{names}\n" + f"{GOOD.strip()},{cells}\n" * 5
    (batch,) = read_events([write(tmp_path, body)])
    assert batch.properties.num_columns == 10_000
    assert batch.properties["c9999"].to_pylist() == [9999] * 5


def test_a_folder_a_missing_file_and_a_pattern_without_match(tmp_path):
    assert "is a folder; name its files" in message(tmp_path)
    assert "there is no such file" in message(tmp_path / "none.csv")
    assert "no file matches" in message(str(tmp_path / "*.csv"))
    assert "no file was named" in message([])


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to read as another user")
def test_a_file_without_permission(tmp_path):
    # Root may read anything, so another user tries.
    file = write(tmp_path, HEADER + GOOD)
    file.chmod(0o000)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and folder.is_relative_to(tempfile.gettempdir()):
            folder.chmod(folder.stat().st_mode | 0o555)
    code = (
        "import os, sys; from suppilo.io.formats import find_files\n"
        "os.seteuid(65534)\n"
        "try: find_files([sys.argv[1]])\nexcept ValueError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().endswith("can't be read: Permission denied; check its permissions")


def test_settings_that_cannot_be(tmp_path):
    from suppilo.io.errors import InputError

    with pytest.raises(InputError, match=r"it can be \. or ,"):
        Mapping(decimal=";")
    with pytest.raises(InputError, match="not both"):
        Mapping(event="a", event_name="b")
    text = message(write(tmp_path, HEADER + GOOD), Mapping(delimiter="abc"))
    assert "must be one character" in text


def test_guessing_says_the_same_as_reading(tmp_path):
    file = write(tmp_path, HEADER + GOOD)
    mapping = guess_mapping([file]).mapping
    assert guess_mapping([file], mapping).sentences == ()
    assert read_one(file, mapping).core == read_one(file).core


def test_formulas_in_rejected_rows_are_defused(tmp_path):
    reject_csv = tmp_path / "rejected.csv"
    body = "user_id,event,at\n1,view,=cmd|' /C calc'!A0\n2,view,2026-01-01T00:00:00Z\n"
    read_one(write(tmp_path, body.encode()), reject_csv=reject_csv)
    assert reject_csv.read_text().splitlines()[1].endswith(",not a time,'=cmd|' /C calc'!A0")
