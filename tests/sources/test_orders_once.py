"""Each order of a path counts once, as one would count by hand, however its events arrived."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.strategies import fixed_profile
from sources_support.joined_world import START_US, TAIL_ORDER, TIME, make_overrides
from suppilo.analytics.cohorts import CohortQuestion, run_cohorts
from suppilo.analytics.events import ALL_PATHS
from suppilo.analytics.funnel import FunnelDefinition, run_funnel
from suppilo.analytics.value.purchases import read_purchases
from suppilo.lake import ColumnCache, Lake, LakeSource
from suppilo.lake.keys import path_key
from suppilo.sources import open_sources, open_table
from suppilo.sources.joined import JoinedSource
from suppilo.sources.memory import MemorySource
from suppilo.sources.narrowed import NarrowedSource, PathSet
from suppilo.sources.orders import OrdersOnce, count_orders_once

PATHS = tuple(f"p{n}" for n in range(8))
BOUGHT, TOLD = "Order Completed", "order_completed"
NAMES = (BOUGHT, TOLD, "view")
ORDERS = (None, "", "A", "B", "C", "17")


@dataclass(frozen=True)
class Row:
    """One event as drawn; ``order`` is the number of the order that it tells of."""

    path: str
    second: int
    name: str
    order: str | None
    total: float


def to_tables(rows: list[Row], first: int = 0) -> tuple[pa.Table, pa.Table]:
    ids = [str(first + number) for number in range(len(rows))]
    return pa.table({
        "path": pa.array([row.path for row in rows], pa.string()),
        "at": pa.array([START_US + r.second * 1_000_000 for r in rows], pa.int64()).view(TIME),
        "event": pa.array([row.name for row in rows], pa.string()),
        "event_id": pa.array(ids, pa.string()),
    }), pa.table({
        "order_id": pa.array([row.order for row in rows], pa.string()),
        "total": pa.array([row.total for row in rows], pa.float64()),
    })  # fmt: skip


def count_by_hand(rows: list[Row], mapping: dict[str, str]) -> dict[str, list[tuple]]:
    """Return path, second, place and total of the events that count, by name, sorted."""
    counted: dict[str, list[tuple]] = {name: [] for name in NAMES}
    seen = set()
    for place, row in sorted(enumerate(rows), key=lambda one: (one[1].second, one[0])):
        path = mapping.get(row.path, row.path)
        if row.name in (BOUGHT, TOLD) and row.order:
            if (path, row.order) in seen:
                continue
            seen.add((path, row.order))
        counted[row.name].append((path_key(path), row.second, place, row.total))
    return {name: sorted(found) for name, found in counted.items()}


def read_all(source, name: str) -> list[tuple]:
    """Return the same of what a source shows, its conditions' rows checked beside."""
    found = []
    for paths in source.path_ranges():
        table = source.read(name, paths)
        count = len(table.path)
        if not count:
            continue
        values = table.values("total")
        totals = [values.labels[code] for code in values.codes.tolist()]
        assert table.matches("total > 10").tolist() == [total > 10 for total in totals]
        said = source.describe_rows(np.arange(count) + table.first_row)
        assert said["event"] == [name] * count
        assert said["at"] == table.at.tolist()
        seconds = ((table.at - START_US) // 1_000_000).tolist()
        rows = list(zip(table.path.tolist(), seconds, map(int, said["event_id"]), totals,
                        strict=True))  # fmt: skip
        assert rows == sorted(rows)
        assert np.all(np.diff(table.order()[np.lexsort((table.at, table.path))]) != 0)
        found += rows
    return found


def draw(random: np.random.Generator, count: int) -> list[Row]:
    return [
        Row(
            PATHS[random.integers(len(PATHS))],
            int(random.integers(25)),
            NAMES[random.integers(3)],
            ORDERS[random.integers(len(ORDERS))],
            [2.5, 3.0, 12.0][random.integers(3)],
        )
        for _ in range(count)
    ]


FLUSHED = draw(np.random.default_rng(3), 90)


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    made = Lake.create(tmp_path_factory.mktemp("orders") / "lake")
    for number in range(3):
        events, properties = to_tables(FLUSHED[number * 30 : number * 30 + 30], number * 30)
        made.write(events, f"b{number}", properties)
    return made


rows = st.lists(
    st.builds(
        Row, st.sampled_from(PATHS), st.integers(0, 24), st.sampled_from(NAMES),
        st.sampled_from(ORDERS), st.sampled_from((2.5, 3.0, 40.0)),
    ),
    max_size=15,
)  # fmt: skip
mappings = st.dictionaries(st.sampled_from(PATHS[:5]), st.sampled_from((*PATHS[5:], "person")))


@pytest.mark.parametrize("ranges", [1, 4])
def test_orders_are_those_counted_by_hand_in_tables_and_tail_whoever_was_merged(lake, ranges):
    # One cache for all examples: merges come and go as people are merged and taken apart.
    limit = 2 << 30 if ranges == 1 else 90 * 48 // ranges
    main, cache = LakeSource(lake, ColumnCache(), limit), ColumnCache()
    assert len(main.path_ranges()) == ranges

    @fixed_profile(60 if ranges == 1 else 25)
    @given(rows, mappings, st.sets(st.sampled_from((*PATHS, "person"))))
    def check(tail, mapping, only):
        waiting = MemorySource(*to_tables(tail, 90), TAIL_ORDER + np.arange(len(tail)))
        joined = JoinedSource([main, waiting], make_overrides(mapping), cache)
        once = count_orders_once(joined, cache)
        assert isinstance(once, OrdersOnce)
        wanted = count_by_hand(FLUSHED + tail, mapping)
        assert {name: read_all(once, name) for name in NAMES} == wanted
        assert once.count_paths() == joined.count_paths()
        keys = sorted(map(path_key, only))
        some = NarrowedSource(once, PathSet(np.array(keys, np.int64)), cache=cache)
        for name in NAMES:
            assert read_all(some, name) == [row for row in wanted[name] if row[0] in keys]

    check()


@fixed_profile(20)
@given(rows)
def test_funnels_purchases_and_cohorts_count_the_same_orders(drawn):
    drawn = [*drawn, Row("witness", 0, BOUGHT, "A", 1.0)]
    source = count_orders_once(MemorySource(*to_tables(drawn)))
    bought = count_by_hand(drawn, {})[BOUGHT]
    asked = {"steps": [BOUGHT], "count": "attempts", "as_of": "2023-11-15"}
    assert run_funnel(source, FunnelDefinition.from_dict(asked)).report().steps[0].count == len(
        bought
    )
    purchases = read_purchases(source, [BOUGHT], "total")
    assert sorted(purchases.amount.tolist()) == sorted(row[3] for row in bought)
    question = CohortQuestion((BOUGHT,), (BOUGHT,), amount="total", as_of_us=START_US + 10**9)
    report = run_cohorts(source, question).report
    assert report.members == len({row[0] for row in bought})
    paid = [cell.money.revenue for one in report.cohorts for cell in one.cells if cell]
    assert sum(paid) == sum(row[3] for row in bought)


def test_who_arrived_last_may_be_who_happened_first():
    late = [Row("p1", 9, BOUGHT, "A", 5.0), Row("p1", 2, TOLD, "A", 7.0)]
    source = count_orders_once(MemorySource(*to_tables(late)))
    assert len(source.read(BOUGHT, ALL_PATHS).path) == 0
    assert read_all(source, TOLD) == [(path_key("p1"), 2, 1, 7.0)]


def test_the_same_number_counts_for_each_of_two_people():
    two = [Row("p1", 1, BOUGHT, "A", 5.0), Row("p2", 2, BOUGHT, "A", 7.0)]
    source = count_orders_once(MemorySource(*to_tables(two)))
    assert len(source.read(BOUGHT, ALL_PATHS).path) == 2


@pytest.mark.parametrize(
    ("numbers", "kept"),
    [
        ([1, 1, 2, None, None], [0, 2, 3, 4]),
        ([1.5, 1.5, float("nan"), float("nan"), 2.0], [0, 2, 3, 4]),
        (["x" * 80, "x" * 80, "", "", "y"], [0, 2, 3, 4]),
        ([None, None, None, None, None], [0, 1, 2, 3, 4]),
    ],
)
def test_numbers_of_any_type_tell_orders_apart(numbers, kept):
    events, _ = to_tables([Row("p", n, BOUGHT, None, 1.0) for n in range(5)])
    source = count_orders_once(MemorySource(events, pa.table({"order_id": pa.array(numbers)})))
    table = source.read(BOUGHT, ALL_PATHS)
    found = source.describe_rows(np.arange(len(table.path)) + table.first_row)["event_id"]
    assert list(map(int, found)) == kept


def test_number_is_the_same_order_as_text_and_as_a_whole_number():
    number = to_tables([Row("p", 1, BOUGHT, None, 1.0)])[0]
    text = to_tables([Row("p", 2, TOLD, None, 1.0)], 1)[0]
    source = count_orders_once(JoinedSource([
        MemorySource(number, pa.table({"order_id": pa.array([1042])})),
        MemorySource(text, pa.table({"order_id": pa.array(["1042"])}), np.array([9])),
    ], make_overrides({})))  # fmt: skip
    assert [len(source.read(name, ALL_PATHS).path) for name in (BOUGHT, TOLD)] == [1, 0]


def test_events_without_order_numbers_are_read_as_they_are():
    events, properties = to_tables([Row("p", n, BOUGHT, None, 1.0) for n in range(3)])
    plain = MemorySource(events, properties.drop_columns("order_id"))
    assert count_orders_once(plain) is plain
    others = MemorySource(*to_tables([Row("p", n, "view", "A", 1.0) for n in range(3)]))
    assert count_orders_once(others) is others
    numbered = MemorySource(*to_tables([Row("p", n, BOUGHT, str(n), 1.0) for n in range(3)]))
    once = count_orders_once(numbered)
    assert once.read(BOUGHT, ALL_PATHS) is numbered.read(BOUGHT, ALL_PATHS)


def test_files_frames_and_lakes_count_orders_once(tmp_path):
    twice = [Row("p", n, BOUGHT, "A", 5.0) for n in range(2)]
    events, properties = to_tables(twice)
    whole = events.append_column("order_id", properties["order_id"])
    lake = Lake.create(tmp_path / "lake")
    lake.write(events, "b", properties)
    file = tmp_path / "orders.csv"
    file.write_text("path,at,event,order_id\np,2026-01-05T00:00:00Z,Order Completed,A\n"
                    "p,2026-01-06T00:00:00Z,Order Completed,A\n")  # fmt: skip
    for opened in (open_table(whole), open_sources([file]), open_sources([tmp_path / "lake"])):
        with opened:
            assert len(opened.events.read(BOUGHT, ALL_PATHS).path) == 1
