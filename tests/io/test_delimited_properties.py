"""The fast reader of CSV against Python's own, on random tables and with blocks of any size."""

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from suppilo.io.delimited import read_delimited
from suppilo.io.errors import InputError
from suppilo.io.formats import find_files
from suppilo.io.mapping import Mapping
from suppilo.io.rejects import RejectLog

CELLS = st.text(st.sampled_from("ab1\",\n\r;\té '\\"), max_size=8)
WIDTH = 3


def read_all(content: bytes, block_bytes: int, delimiter: str = ","):
    """Return rows with their numbers, and the rejected rows' numbers."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "t.csv"
        file.write_bytes(content)
        log = RejectLog()
        (source,) = find_files([file])
        found = []
        mapping = Mapping(delimiter=delimiter, encoding="utf-8")
        for block in read_delimited(source, mapping, log, block_bytes):
            rows = zip(*(column.to_pylist() for column in block.table.columns), strict=True)
            found += zip(block.rows.tolist(), map(list, rows), strict=True)
        return found, [row.row for row in log.take().rows]


@given(
    st.lists(st.lists(CELLS, min_size=WIDTH, max_size=WIDTH), max_size=12),
    st.integers(8, 200),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(",;\t"),
)
@example([["", "", ""]], 8, csv.QUOTE_MINIMAL, "\n", "\t")  # A row of nothing but delimiters.
@settings(max_examples=400, deadline=None)
def test_what_python_writes_is_read_whatever_the_blocks(rows, size, quoting, end, sign):
    if end == "\n":
        # Python leaves a lone CR unquoted here, and then it ends the row for every reader.
        rows = [[cell.replace("\r", "") for cell in row] for row in rows]
    sink = io.StringIO()
    writer = csv.writer(sink, delimiter=sign, quoting=quoting, lineterminator=end)
    writer.writerows([["one", "two", "three"], *rows])
    found, rejected = read_all(sink.getvalue().encode(), size, sign)
    assert found == [(number, row) for number, row in enumerate(rows, 2)]
    assert not rejected


@given(
    st.lists(
        st.sampled_from(["x,y,z\n", 'x,5" y,z\n', 'x,"y\nz",w\n', "a,b\n", "\n", 'x,"y""","z"\n']),
        max_size=25,
    ),
    st.integers(20, 120),
)
@settings(max_examples=400, deadline=None)
def test_blocks_make_no_difference_to_untidy_tables(lines, size):
    content = ("one,two,three\n" + "".join(lines)).encode()
    expected = [row for row in csv.reader(io.StringIO("".join(lines), newline="")) if row]
    found, rejected = read_all(content, size)
    numbered = list(enumerate(expected, 2))
    assert found == [(number, row) for number, row in numbered if len(row) == WIDTH]
    assert rejected == [number for number, row in numbered if len(row) != WIDTH]


@given(st.binary(max_size=300), st.integers(20, 120))
@settings(max_examples=400, deadline=None)
def test_no_bytes_make_the_reader_fail_otherwise_than_with_a_message(junk, size):
    assert refusal(b"one,two,three\n1,2,3\n" + junk, size) in {None, "t.csv"}


def refusal(content: bytes, size: int) -> str | None:
    try:
        read_all(content, size)
    except InputError as error:
        return "t.csv" if "t.csv" in str(error) else str(error)
    return None
