"""Files for the tests, written to real disk and read back by the real readers."""

import gzip
import zipfile
from pathlib import Path

import pytest

from suppilo.io.errors import InputError
from suppilo.io.mapping import Mapping
from suppilo.io.read import read_events

HEADER = "user_id,event,timestamp\n"
GOOD = "u1,view,2026-01-31T10:00:00Z\n"


def write(folder: Path, content: bytes | str, name: str = "events.csv") -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def read_one(sources, mapping: Mapping | None = None, **options):
    """Return core rows, property rows, counts of rejects, and rejected rows of a whole reading."""
    sources = sources if isinstance(sources, list) else [sources]
    core, properties, counts, rows, notes = [], [], {}, [], {}
    for batch in read_events(sources, mapping, **options):
        assert batch.core.num_rows == batch.properties.num_rows
        core += batch.core.to_pylist()
        properties += batch.properties.to_pylist()
        rows += batch.rejects.rows
        for target, source in ((counts, batch.rejects.counts), (notes, batch.rejects.notes)):
            for reason, count in source.items():
                target[reason] = target.get(reason, 0) + count
    return Reading(core, properties, counts, rows, notes)


class Reading:
    def __init__(self, core, properties, counts, rows, notes):
        self.core, self.properties = core, properties
        self.counts, self.rows, self.notes = counts, rows, notes

    def column(self, name):
        return [row[name] for row in self.core]

    def property(self, name):
        return [row[name] for row in self.properties]

    def times(self):
        return [row["at"].isoformat() for row in self.core]


def message(sources, mapping: Mapping | None = None) -> str:
    """Return the one-line message with which a reading is refused."""
    with pytest.raises(InputError) as caught:
        read_one(sources, mapping)
    text = str(caught.value)
    assert "\n" not in text
    return text


def write_xlsx(file: Path, rows, sheet: str = "Events") -> Path:
    import xlsxwriter

    with xlsxwriter.Workbook(str(file), {"default_date_format": "yyyy-mm-dd hh:mm:ss"}) as book:
        page = book.add_worksheet(sheet)
        for number, cells in enumerate(rows):
            page.write_row(number, 0, cells)
    return file


def zip_member(file: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file


def gz(content: bytes) -> bytes:
    return gzip.compress(content)
