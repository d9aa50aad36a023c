"""Rubbish in, from the command line: exit code 2 and one line that names the file."""

from __future__ import annotations

import csv
import gzip
import io
import random
import subprocess
import sys
import zipfile

import pytest

from cli.cli_calls import call, refusal

HEADER = "user_id,event,timestamp\n"
GOOD = "u1,view,2026-01-31T10:00:00Z\n"
STEPS = ("--step", "view")
CELLS = "".join(f"u{i},view,2026-01-31T10:00:00Z\n" for i in range(20_000))


def half_a_parquet():
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(pa.table({"user_id": range(10_000)}), sink)
    return sink.getvalue()[: len(sink.getvalue()) // 2]


def zipped(members):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, mebibytes in members.items():
            with archive.open(name, "w") as member:
                for _ in range(mebibytes):
                    member.write(b"\0" * (1 << 20))
    return sink.getvalue()


RUBBISH = {
    "an empty file": ("e.csv", b"", "is empty; it needs a header and rows"),
    "a header only": ("e.csv", HEADER.encode(), "a header and no rows"),
    "binary junk": ("e.csv", random.Random(1).randbytes(5_000), "is binary, not a table"),
    "another encoding": (
        "e.csv", (HEADER + GOOD + "u2,café,2026-01-31T10:00:00Z\n").encode("latin-1"),
        "row 3, column event: byte 0xe9 is not UTF-8",
    ),
    "half a Parquet file": ("e.parquet", half_a_parquet(), "is not a whole Parquet file"),
    "half a gzip file": ("e.csv.gz", gzip.compress(CELLS.encode())[:9_000], "ends early"),
    "a zip archive": ("e.csv", zipped({"a": 1}), "is a zip archive, not a table"),
    "JSON lines that are none": ("e.jsonl", b"{]\n" * 10, "not a JSON object"),
    "times that are none": ("e.csv", f"{HEADER}u,view,soon\n".encode(), "not a time"),
    "naive times": ("e.csv", f"{HEADER}u,view,2026-01-31\n".encode(), "add --timezone"),
    "a column twice": ("e.csv", b"user_id,event,event,timestamp\n", "names event more than once"),
    "no columns that tell": ("e.csv", b"a,b\n1,2\n", "can't tell which column is the time"),
    "old Excel": ("e.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old Excel"),
    "XES with entities": (
        "e.xes", b'<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a "a">]><log>&a;</log>', "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", RUBBISH)
@pytest.mark.parametrize("command", ["funnel", "import"])
def test_rubbish_is_refused_in_one_line_that_names_the_file(capsys, tmp_path, kind, command):
    name, content, message = RUBBISH[kind]
    (tmp_path / name).write_bytes(content)
    if command == "funnel":
        text = refusal(capsys, "funnel", tmp_path / name, *STEPS)
    else:
        rejects = tmp_path / "rejected.csv"
        lake = tmp_path / "lake"
        answer = call(
            capsys, "import", tmp_path / name, "--lake", lake, "--rejects", rejects
        )  # fmt: skip
        assert (answer.code, answer.out) == (2, "")
        text = answer.err.splitlines()[-1]
        assert text.startswith("suppilo: ")
        assert not list(lake.rglob("*.parquet"))
    assert name in text
    assert message in text


def test_a_column_that_is_not_there(capsys, tmp_path):
    (tmp_path / "e.csv").write_text(HEADER + GOOD)
    text = refusal(capsys, "funnel", tmp_path / "e.csv", *STEPS, "--path", "userid")
    assert "e.csv: there is no column userid; did you mean user_id? set --path to one of" in text


def test_a_zip_bomb_as_workbook_is_refused_in_little_memory(tmp_path):
    file = tmp_path / "bomb.xlsx"
    file.write_bytes(zipped({"xl/workbook.xml": 0, "xl/worksheets/sheet1.xml": 600}))
    assert file.stat().st_size < 1 << 20
    code = (
        "import sys\nfrom suppilo.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "funnel", file, *STEPS], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "bomb.xlsx" in done.stderr
    assert "such a workbook is refused" in done.stderr
    assert int(done.stdout) < 300 << 10


def test_a_million_event_names_are_refused_with_advice(capsys, tmp_path):
    file = tmp_path / "ids.csv"
    rows = "".join(f"u{i % 1000},e{i},2026-01-31T10:00:00Z\n" for i in range(1_000_000))
    file.write_text(HEADER + rows)
    arguments = (file, "--event", "event")
    text = refusal(capsys, "funnel", *arguments, *STEPS)
    assert "ids.csv: column event has more than 10,000 different event names" in text
    assert "--event" in text
    answer = call(capsys, "import", *arguments, "--lake", tmp_path / "lake")
    assert answer.code == 2
    assert "more than 10,000 different event names" in answer.err


def test_a_mark_at_the_beginning_and_semicolons_and_commas_are_read(capsys, tmp_path):
    rows = "user_id;event;timestamp;price\n" + "u1;view;31.01.2026 10:00;1,5\n" * 2
    (tmp_path / "e.csv").write_bytes(b"\xef\xbb\xbf" + rows.encode())
    arguments = ("--timezone", "Europe/Riga", "--step", "view where price = 1.5", "--json")
    answer = call(capsys, "funnel", tmp_path / "e.csv", *arguments)
    assert '"count": 1' in answer.out


def test_a_cell_of_10_mb_is_left_out_and_written_with_its_place(capsys, tmp_path):
    huge = "x" * (10 << 20)
    (tmp_path / "e.csv").write_text(HEADER + GOOD + f"{huge},view,2026-01-31T10:00:00Z\n")
    rejects = tmp_path / "rejected.csv"
    answer = call(capsys, "funnel", tmp_path / "e.csv", *STEPS, "--rejects", rejects)
    assert answer.code == 0
    assert f"1 row rejected; they are in {rejects}" in answer.err
    (row,) = csv.DictReader(rejects.read_text().splitlines())
    assert (row["row"], row["column"], row["reason"], len(row["value"])) == (
        "3", "user_id", "cell larger than 1 MiB", 200,
    )  # fmt: skip


def test_a_second_file_that_is_rubbish_is_the_one_named(capsys, tmp_path):
    (tmp_path / "good.csv").write_text(HEADER + GOOD)
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    text = refusal(capsys, "funnel", tmp_path / "good.csv", tmp_path / "bad.csv", *STEPS)
    assert "bad.csv: there is no column" in text
