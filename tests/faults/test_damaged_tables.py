"""Event tables that the disk does not give back: an error with the file's name, no wrong figure."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client

from cli.cli_calls import COMMAND, call, refusal
from suppilo.analytics.events import ALL_PATHS
from suppilo.apps.operations.checks.data import check_events
from suppilo.lake import ColumnCache, Lake, LakeError, LakeSource
from suppilo.lake.folder import table_folder
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db

NAMES = ("view", "buy")
CHANCE = random.Random(4)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def empty(file: Path) -> None:
    file.write_bytes(b"")


def fill_with_noise(file: Path) -> None:
    file.write_bytes(CHANCE.randbytes(file.stat().st_size))


def spoil_the_middle(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 4 : len(content) // 2] = CHANCE.randbytes(
        len(content) // 2 - len(content) // 4
    )
    file.write_bytes(content)


def put_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


DAMAGES: list[Callable[[Path], None]] = [
    cut, empty, fill_with_noise, spoil_the_middle, put_a_folder, Path.unlink,
]  # fmt: skip


@pytest.fixture
def lake(settings, tmp_path: Path) -> Iterator[Lake]:
    """Return a server's lake with three events of a hundred people, none of it read yet."""
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    made = Lake.create(settings.SUPPILO.lake)
    for place, name in enumerate((*NAMES, "other")):
        count = 100 - 20 * place
        made.write(pa.table({
            "path": [f"p{n}" for n in range(count)],
            "at": pa.array([10**15 + place * 10**6 + n for n in range(count)]).view(
                pa.timestamp("us", "UTC")
            ),
            "event": [name] * count,
            "event_id": [f"{name}-{n}" for n in range(count)],
        }), name, pa.table({"total": np.arange(float(count))}))  # fmt: skip
    return made


def file_of(lake: Lake, event: str) -> Path:
    (file,) = table_folder(lake.folder, event).glob("*.parquet")
    return file


def read_all(lake: Lake) -> list[object]:
    """Return everything that a lake's tables say."""
    source, found = LakeSource(lake, ColumnCache()), []
    for name in source.event_names():
        table = source.read(name, ALL_PATHS)
        values = table.values("total")
        numbers = np.arange(len(table.path)) + table.first_row
        found += [name, table.path.tolist(), table.at.tolist(), table.order().tolist()]
        found += [values and [values.labels[code] for code in values.codes.tolist()]]
        found += [dict(source.describe_rows(numbers))]
    return found


def count_in(answer) -> int:
    return answer.context["report"].steps[0].count


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda one: one.__name__)
def test_reports_name_the_file_and_the_remedy_and_others_go_on(damage, lake, settings, capsys):
    file = file_of(lake, "buy")
    damage(file)
    user = make_user("analyst")
    pages, api = client_for(user), Client(headers=bearer(user))
    shown = pages.get("/funnels/new/?s1=view&s2=buy&wait=2")
    assert (shown.status_code, shown.context.get("report")) == (200, None)
    said = shown.content.decode()
    asked = api.post(
        "/api/funnels/ask", {"definition": {"steps": ["buy"]}}, content_type="application/json"
    )
    assert asked.status_code == 503
    listed = pages.get("/events/")
    assert listed.status_code == 503
    call_said = refusal(capsys, "funnel", lake.folder, "--step", "buy")
    (finding,) = (one for one in check_events(settings.SUPPILO) if one.subject == "event tables")
    texts = (said, asked.json()["message"], listed.content.decode(), call_said, finding.text)
    for text in texts:
        assert file.name in text
    for text in texts[:4]:
        assert "suppilo check" in text
        assert "backup" in text
        assert "Traceback" not in text
    others = pages.get("/insights/cohorts/?start=view&back=other&every=day&dates=all&wait=2")
    assert others.context["report"].members == 100
    asked = ("--start", "view", "--back", "other", "--every", "day")
    assert call(capsys, "cohorts", lake.folder, *asked).code == 0


def places_in_pages(file: Path) -> Iterator[range]:
    """Yield where each column's last page has its values; what precedes them has no checksum."""
    metadata = pq.read_metadata(file)
    for place in range(metadata.num_columns):
        chunk = metadata.row_group(0).column(place)
        end = (chunk.dictionary_page_offset or chunk.data_page_offset) + chunk.total_compressed_size
        yield range((chunk.data_page_offset + end) // 2, end)


def test_flipped_bit_in_a_page_is_an_error_and_never_a_wrong_figure(lake):
    file, chance, right = file_of(lake, "buy"), random.Random(1), read_all(lake)
    content, refused = file.read_bytes(), 0
    for places in list(places_in_pages(file)):
        for place in chance.sample(places, min(8, len(places))):
            flipped = bytearray(content)
            flipped[place] ^= 1 << chance.randrange(8)
            file.write_bytes(flipped)
            found = read_or_refuse(lake)
            assert found == right or file.name in found
            refused += found != right
    assert refused > 30
    file.write_bytes(content)
    assert read_all(lake) == right


def check_tables(settings) -> list[tuple[str, str]]:
    """Return what the check says of the event tables."""
    found = check_events(settings.SUPPILO)
    return [(one.level, one.text) for one in found if one.subject == "event tables"]


def test_check_finds_a_flipped_bit_wherever_it_is_in_a_file(lake, settings):
    file, chance = file_of(lake, "buy"), random.Random(2)
    content = file.read_bytes()
    assert [level for level, _ in check_tables(settings)] == ["ok"]
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    places = chance.sample(range(footer), 12) + chance.sample(range(footer, len(content)), 12)
    for place in (0, *places, len(content) - 1):
        flipped = bytearray(content)
        flipped[place] ^= 1 << chance.randrange(8)
        file.write_bytes(flipped)
        ((level, text),) = check_tables(settings)
        assert level == "error", place
        assert file.name in text
    file.write_bytes(content)
    assert [level for level, _ in check_tables(settings)] == ["ok"]


def test_check_finds_a_log_that_says_other_than_the_file(lake, settings):
    file = file_of(lake, "buy")
    (entry,) = (file.parent / "_delta_log").glob("*.json")
    right = entry.read_text("utf-8")
    for said, other in ((r"numRecords\": 80", r"numRecords\": 81"), (r"at\": \"2", r"at\": \"1")):
        assert said in right
        entry.write_text(right.replace(said, other, 1), "utf-8")
        ((level, text),) = check_tables(settings)
        assert level == "error"
        assert file.name in text
        entry.write_text(right, "utf-8")


def test_files_without_a_digest_are_named_until_they_are_compacted(lake, settings):
    file = file_of(lake, "buy")
    bare = file.with_name(f"{file.name[:32]}.parquet")
    (entry,) = (file.parent / "_delta_log").glob("*.json")
    file.rename(bare)
    entry.write_text(entry.read_text("utf-8").replace(file.name, bare.name), "utf-8")
    (level, text), (good, _) = check_tables(settings)
    assert (level, good) == ("warning", "ok")
    assert bare.name in text
    assert lake.compact().tables == 1
    assert [level for level, _ in check_tables(settings)] == ["ok"]
    assert lake.compact().tables == 0


def test_kept_copy_of_the_logs_is_made_anew_when_a_bit_of_it_flips(lake):
    right, kept = read_all(lake), lake.folder / "_tables.json"
    content = kept.read_bytes()
    for place in range(0, len(content), len(content) // 12):
        flipped = bytearray(content)
        flipped[place] ^= 1
        kept.write_bytes(flipped)
        assert read_all(lake) == right
        assert kept.read_bytes() == content


def read_or_refuse(lake: Lake) -> list[object] | str:
    """Return everything that the tables say, or why they say nothing."""
    try:
        return read_all(lake)
    except LakeError as error:
        return str(error)


def test_server_reads_on_once_the_file_is_back(lake):
    file, pages = file_of(lake, "buy"), client_for(make_user("analyst"))
    content = file.read_bytes()
    cut(file)
    assert pages.get("/funnels/new/?s1=buy&wait=2").context.get("report") is None
    file.write_bytes(content)
    assert count_in(pages.get("/funnels/new/?s1=buy&window=9d&wait=2")) == 80


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_disk_that_can_not_read_a_file_is_said_in_one_line(lake):
    file = file_of(lake, "buy")
    asked = ["funnel", str(lake.folder), "--step", "view", "--step", "buy"]
    failing = ["-P", str(file), "-e", "trace=pread64", "-e", "inject=pread64:error=EIO"]
    done = subprocess.run(
        ["strace", "-f", "-qq", "-o", "/dev/null", *failing, *COMMAND, *asked],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    if "ptrace" in done.stderr:
        pytest.skip("this place allows no strace")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert file.name in done.stderr
    assert "Input/output error" in done.stderr
