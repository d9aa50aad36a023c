"""What the logs of tables said is kept beside the lake, and is never believed too long."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from lake.lake_world import START_US, make_batch
from suppilo.analytics.events import ALL_PATHS
from suppilo.lake import Lake, LakeSource
from suppilo.lake.folder import table_folder
from suppilo.lake.snapshot import FILE

READ = """
import sys
from suppilo.analytics.events import ALL_PATHS
from suppilo.lake import Lake, LakeSource
source = LakeSource(Lake.open(sys.argv[1]))
print(len(source.read("view", ALL_PATHS).path), "deltalake" in sys.modules)
"""


@pytest.fixture
def lake(tmp_path):
    lake = Lake.create(tmp_path / "lake")
    lake.write(make_batch([("a", 1, "view"), ("a", 2, "buy"), ("b", 3, "view")]), "first")
    return lake


def count_rows(lake, event="view"):
    return len(LakeSource(lake).read(event, ALL_PATHS).path)


def read_in_new_process(lake):
    command = [sys.executable, "-c", READ, str(lake.folder)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def test_second_process_opens_no_log(lake):
    assert read_in_new_process(lake) == ["2", "True"]
    assert read_in_new_process(lake) == ["2", "False"]


def test_writes_after_it_was_kept_are_seen(lake):
    assert count_rows(lake) == 2
    lake.write(make_batch([("c", 4, "view"), ("c", 5, "new")]), "second")
    assert count_rows(lake) == 3
    assert count_rows(lake, "new") == 1
    lake.compact()
    assert count_rows(lake) == 3


def test_kept_snapshot_is_the_opened_one(lake):
    lake.write(make_batch([("c", 4, "view")]), "second")
    opened, kept = LakeSource(lake), LakeSource(lake)
    assert kept._tables == opened._tables
    assert kept.latest_at() == START_US + 4_000_000


def test_table_made_anew_is_not_taken_for_the_old_one(lake):
    assert count_rows(lake) == 2
    shutil.rmtree(table_folder(lake.folder, "view"))
    lake.write(make_batch([("z", 1, "view")]), "another")
    assert count_rows(lake) == 1


@pytest.mark.parametrize("text", ["", "[]", "{", '{"view": 1}', '{"view": {"log": []}}'])
def test_damaged_copy_is_made_anew(lake, text):
    assert count_rows(lake) == 2
    whole = (lake.folder / FILE).read_text()
    (lake.folder / FILE).write_text(text)
    assert count_rows(lake) == 2
    assert (lake.folder / FILE).read_text() == whole


def test_lake_that_moved_is_read_where_it_is(lake, tmp_path):
    assert count_rows(lake) == 2
    moved = lake.folder.rename(tmp_path / "elsewhere")
    assert count_rows(Lake.open(moved)) == 2
