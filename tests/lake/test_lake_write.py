"""Writing: names, types, values set aside, batches written again, folders refused."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pyarrow as pa
import pytest

from lake.lake_world import (
    START_US,
    TIME,
    assert_sorted,
    live_files,
    make_batch,
    random_batch,
    read_ids,
    read_tables,
    rests,
)
from suppilo.lake import Lake, LakeError, LakeSource, NotALakeError
from suppilo.lake.folder import list_tables, table_folder
from suppilo.lake.keys import path_key, path_keys
from suppilo.lake.names import folder_name

ODD_NAMES = [
    "Order Completed",
    "order completed",
    "ORDER COMPLETED",
    "order_completed",
    "a/b",
    "../../etc",
    "🛒 → 💸",
    "кошик",
    "x" * 300,
    "x" * 301,
    " ",
    ".",
    "CON",
    "a\nb",
    "é",
    "e\u0301",
    "%2F",
    "nul\\x",
]


@pytest.fixture
def lake(tmp_path):
    return Lake.create(tmp_path / "lake")


def write_one(lake, batch, event="e", **properties):
    rows = len(next(iter(properties.values())))
    events = make_batch([("p", row, event) for row in range(rows)])
    return lake.write(events, batch, pa.table(properties))


def test_names_are_kept_exactly(lake):
    lake.write(make_batch([("p", 0, name) for name in ODD_NAMES]), "b")
    assert lake.names() == tuple(sorted(ODD_NAMES))
    assert [event.name for event in lake.events()] == sorted(ODD_NAMES)
    for name, table in read_tables(lake).items():
        assert table.num_rows == 1, name


def test_folder_names_are_safe_and_differ_without_regard_to_case():
    folders = [folder_name(name) for name in ODD_NAMES]
    assert len({folder.lower() for folder in folders}) == len(ODD_NAMES)
    assert all(folder.isascii() and len(folder) <= 53 and "/" not in folder for folder in folders)


def test_delta_metadata_carries_the_exact_name(lake):
    from deltalake import DeltaTable

    lake.write(make_batch([("p", 0, "🛒 a/b")]), "b")
    assert DeltaTable(str(table_folder(lake.folder, "🛒 a/b"))).metadata().name == "🛒 a/b"


def test_path_key_is_the_first_eight_bytes_of_md5():
    texts = ["", "u1", "é☃" * 9, "x" * 54, "x" * 55, "x" * 56, "y" * 300, "42"]
    expected = [
        int.from_bytes(hashlib.md5(text.encode()).digest()[:8], "big", signed=True)
        for text in texts
    ]
    assert path_keys(pa.array(texts)).tolist() == expected
    assert path_keys(pa.array(["cut", *texts])[1:]).tolist() == expected
    assert [path_key(text) for text in texts] == expected


def test_many_path_keys_agree_with_one_by_one():
    texts = [f"user-{number * 7919}" for number in range(40_000)]
    assert path_keys(pa.array(texts)).tolist() == [path_key(text) for text in texts]


def test_files_are_sorted_by_path_time_and_order_given(lake):
    for seed in range(3):
        lake.write(random_batch(seed, 500)[0], f"b{seed}")
    for folder in list_tables(lake.folder).values():
        assert len(live_files(folder)) == 3
        for file in live_files(folder):
            assert_sorted(file)


def test_ties_keep_the_order_in_which_rows_were_given(lake):
    events = make_batch([("p", 0, "e")] * 5, event_id=["c", "a", "e", "b", "d"])
    lake.write(events, "b")
    assert read_tables(lake)["e"].column("event_id").to_pylist() == ["c", "a", "e", "b", "d"]


def test_properties_keep_their_types(lake):
    write_one(
        lake,
        "b",
        flag=pa.array([True, None]),
        count=pa.array([1, 2], pa.int16()),
        price=pa.array([1.5, None], pa.float32()),
        source=pa.array(["a", "b"]).dictionary_encode(),
        due=pa.array([0, 86_400], pa.timestamp("s")),
        day=pa.array([1, None], pa.date32()),
        empty=pa.nulls(2),
        tags=pa.array([["x", "y"], None]),
    )
    (event,) = lake.events()
    assert {p.name: p.type for p in event.properties} == {
        "flag": "bool",
        "count": "int",
        "price": "float",
        "source": "text",
        "due": "time",
        "day": "time",
        "tags": "text",
    }
    table = read_tables(lake)["e"]
    assert table.column("tags").to_pylist() == ['["x", "y"]', None]
    assert table.column("due").cast(pa.int64()).to_pylist() == [0, 86_400_000_000]


def test_property_names_that_collide_get_safe_columns_and_keep_their_names(lake):
    names = [
        "path",
        "at",
        "_rest",
        "Price",
        "price",
        "PRICE",
        "a,b",
        "a b",
        "",
        "{x}",
        "цена",
        "x" * 200,
    ]
    write_one(lake, "b1", **{name: pa.array([name]) for name in names})
    write_one(lake, "b2", **{name: pa.array([name]) for name in reversed(names)})
    (event,) = lake.events()
    assert [p.name for p in event.properties] == sorted(names)
    source = LakeSource(lake)
    table = source.read("e", source.path_ranges()[0])
    for name in names:
        assert list(table.values(name).labels) == [name]
    columns = [c.casefold() for c in read_tables(lake)["e"].column_names]
    assert len(set(columns)) == len(columns)


def test_values_that_do_not_fit_are_set_aside_and_counted(lake):
    write_one(lake, "b1", n=pa.array([1, 2]), t=pa.array(["x", "y"]))
    result = write_one(
        lake, "b2", n=pa.array(["three", None, "4"]), t=pa.array([1.5, None, True and 2.0])
    )
    assert (result.rows, result.set_aside) == (3, 4)
    (event,) = lake.events()
    assert (event.rows, event.set_aside) == (5, 4)
    found = [rest for rest in rests(read_tables(lake)["e"]) if rest]
    assert sorted(found, key=str) == [{"n": "4", "t": 2.0}, {"n": "three", "t": 1.5}]


def test_a_new_column_of_one_event_is_not_made_for_others(lake):
    events = make_batch([("p", 0, "a"), ("p", 1, "b")])
    lake.write(events, "b", pa.table({"only_a": [1, None], "only_b": [None, "x"]}))
    assert [[p.name for p in event.properties] for event in lake.events()] == [
        ["only_a"],
        ["only_b"],
    ]


def test_integers_are_widened_to_float_where_exact(lake):
    write_one(lake, "b1", n=pa.array([1, 2**53]))
    result = write_one(lake, "b2", n=pa.array([0.5]))
    assert result.set_aside == 0
    assert lake.events()[0].properties[0].type == "float"
    assert sorted(read_tables(lake)["e"].column("n").to_pylist()) == [0.5, 1.0, float(2**53)]
    assert write_one(lake, "b2", n=pa.array([0.5])).skipped_rows == 1


def test_integers_too_large_for_float_are_not_widened(lake):
    write_one(lake, "b1", n=pa.array([1, 2**53 + 1]))
    result = write_one(lake, "b2", n=pa.array([0.5, 7.0]))
    assert result.set_aside == 1
    assert lake.events()[0].properties[0].type == "int"
    assert sorted(v for v in read_tables(lake)["e"].column("n").to_pylist() if v) == [
        1,
        7,
        2**53 + 1,
    ]


def test_whole_floats_go_into_an_integer_column_as_they_are(lake):
    write_one(lake, "b1", n=pa.array([1]))
    assert write_one(lake, "b2", n=pa.array([2.0, None])).set_aside == 0
    assert lake.events()[0].properties[0].type == "int"


def test_large_integers_in_a_float_column_are_set_aside(lake):
    write_one(lake, "b1", n=pa.array([0.5]))
    assert write_one(lake, "b2", n=pa.array([2**53, 2**53 + 1])).set_aside == 1
    assert {"n": 2**53 + 1} in rests(read_tables(lake)["e"])


def test_nan_and_infinity_are_kept_and_widen(lake):
    write_one(lake, "b1", n=pa.array([1]))
    write_one(lake, "b2", n=pa.array([float("nan"), float("inf")]))
    values = np.array(read_tables(lake)["e"].column("n").to_pylist())
    assert np.isnan(values).sum() == np.isinf(values).sum() == 1


def test_a_batch_written_again_changes_nothing(lake):
    events, properties = random_batch(1, 300)
    assert lake.write(events, "b", properties).rows == 300
    again = lake.write(events, "b", properties)
    assert (again.rows, again.tables, again.skipped_rows) == (0, 0, 300)
    assert len(read_ids(lake)) == 300


def test_a_batch_that_broke_off_is_completed(lake, tmp_path):
    events, properties = random_batch(1, 300)
    lake.write(random_batch(0, 30)[0], "first")
    blocked = table_folder(lake.folder, "event 1") / "_lock"
    blocked.unlink()
    blocked.mkdir()
    with pytest.raises(LakeError, match="could not write"):
        lake.write(events, "b", properties)
    assert 30 < len(read_ids(lake)) < 330
    blocked.rmdir()
    result = lake.write(events, "b", properties)
    assert result.rows > 0
    assert result.skipped_rows > 0
    assert len(set(read_ids(lake))) == len(read_ids(lake)) == 330


def test_numbered_batches_of_a_source_are_written_once(lake):
    for number in (1, 2, 2, 3, 1):
        lake.write(
            make_batch([("p", number, "e")], event_id=[str(number)]), "queue", sequence=number
        )
    assert read_ids(lake) == ["1", "2", "3"]


def test_a_folder_with_other_content_is_refused_and_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    for method in (Lake.create, Lake.open):
        with pytest.raises(NotALakeError, match="holds other files and is not a lake"):
            method(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_folder_filled_after_it_was_opened_is_refused_too(tmp_path):
    lake = Lake.create(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(NotALakeError):
        lake.write(make_batch([("p", 0, "e")]), "b")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_newer_lake_is_refused(lake):
    lake.write(make_batch([("p", 0, "e")]), "b")
    (lake.folder / "suppilo-lake.json").write_text(json.dumps({"format": 2}))
    with pytest.raises(NotALakeError, match=r"format 2.*upgrade"):
        Lake.open(lake.folder)


def test_a_damaged_marker_is_said(lake):
    lake.write(make_batch([("p", 0, "e")]), "b")
    (lake.folder / "suppilo-lake.json").write_text("{")
    with pytest.raises(NotALakeError, match="damaged"):
        Lake.open(lake.folder)


def test_opening_what_is_not_there_says_so(tmp_path):
    with pytest.raises(NotALakeError, match="there is no lake in"):
        Lake.open(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(NotALakeError, match="is a file"):
        Lake.create(tmp_path / "file")


def test_too_many_event_names_are_refused_with_advice(lake):
    rows = [("p", 0, f"id-{number}") for number in range(10_001)]
    with pytest.raises(LakeError, match=r"10,001 different event names.*identifier"):
        lake.write(make_batch(rows), "b")
    assert lake.names() == ()


@pytest.mark.parametrize("name", ["path", "at", "event"])
def test_rows_without_path_time_or_name_are_refused_with_their_number(lake, name):
    events = make_batch([("p", 0, "e"), ("q", 1, "f")])
    column = pa.array([events.column(name)[0].as_py(), None], events.schema.field(name).type)
    broken = events.set_column(events.column_names.index(name), name, column)
    with pytest.raises(LakeError, match=f"row 2 has no {name}"):
        lake.write(broken, "b")


def test_times_of_the_first_and_last_year_are_kept(lake):
    first, last = -62_135_596_800_000_000, 253_402_300_799_999_999
    at = pa.array([last, first], pa.int64()).view(TIME)
    lake.write(pa.table({"path": ["p", "p"], "at": at, "event": ["e", "e"]}), "b")
    (event,) = lake.events()
    assert (event.first_at_us, event.last_at_us) == (first, last)
    beyond = pa.array([last + 1], pa.int64()).view(TIME)
    with pytest.raises(LakeError, match="row 1: at is not in the years 1 to 9999"):
        lake.write(pa.table({"path": ["p"], "at": beyond, "event": ["e"]}), "c")


def test_microseconds_of_the_last_event_are_exact(lake):
    at = pa.array([START_US + 1, START_US + 123_457], pa.int64()).view(TIME)
    lake.write(pa.table({"path": ["p", "p"], "at": at, "event": ["e", "e"]}), "b")
    assert LakeSource(lake).latest_at() == START_US + 123_457


def test_an_empty_batch_makes_an_empty_lake(lake):
    assert lake.write(make_batch([]), "b").rows == 0
    assert Lake.open(lake.folder).names() == ()


def test_chunked_and_dictionary_columns_are_written_alike(lake, tmp_path):
    events, properties = random_batch(3, 400)
    chunked = pa.concat_tables([events.slice(0, 150), events.slice(150)])
    coded = chunked.set_column(0, "path", chunked.column("path").dictionary_encode())
    coded = coded.set_column(2, "event", coded.column("event").dictionary_encode())
    other = Lake.create(tmp_path / "other")
    lake.write(events, "b", properties)
    other.write(coded, "b", pa.concat_tables([properties.slice(0, 7), properties.slice(7)]))
    for name, table in read_tables(lake).items():
        assert table.drop(["row_order"]) == read_tables(other)[name].drop(["row_order"])


def test_text_of_another_event_is_in_no_file_of_this_one(lake):
    events = make_batch([("p", 0, "a"), ("secret-path", 1, "b")])
    lake.write(events, "b", pa.table({"mail": ["x", "secret-mail"]}))
    for file in live_files(table_folder(lake.folder, "a")):
        assert b"secret" not in file.read_bytes()


def test_a_clock_can_be_given(tmp_path):
    lake = Lake(tmp_path / "lake", now_ns=lambda: 1_000)
    lake.write(make_batch([("p", 0, "e"), ("p", 0, "e")]), "b")
    assert read_tables(lake)["e"].column("row_order").to_pylist() == [1_000, 1_001]
