"""A joined source shows what plain relabelling and sorting would, however it got there."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.strategies import fixed_profile
from sources_support.joined_world import (
    NAMES,
    PATHS,
    START_US,
    TAIL_ORDER,
    Drawn,
    list_rows,
    make_overrides,
    relabel,
    to_tables,
)
from suppilo.analytics.events import ALL_PATHS
from suppilo.analytics.funnel import FunnelDefinition, run_funnel
from suppilo.lake import ColumnCache, Lake, LakeSource, WhereError
from suppilo.sources.joined import JoinedSource, join_sources
from suppilo.sources.memory import MemorySource
from suppilo.sources.overrides import NO_OVERRIDES, Overrides, changed_keys

FUNNELS = [
    FunnelDefinition.from_dict(asked)
    for asked in (
        {"steps": ["view", "cart", "pay"], "window": "20s"},
        {"steps": ["view", "pay"], "order": "strict", "by": "channel"},
        {"steps": ["view", "cart"], "ties": "given", "hold": ["channel"]},
        {"steps": ["cart where price > 3", "pay"], "order": "any"},
        {"steps": ["view", "cart", "pay"], "count": "attempts", "by": "channel", "by_value": "all"},
    )
]


def draw(random: np.random.Generator, count: int, names=NAMES) -> list[Drawn]:
    return [
        Drawn(
            PATHS[random.integers(len(PATHS))],
            int(random.integers(30)),
            names[random.integers(len(names))],
            [None, 2.5, 3.0, 12.0][random.integers(4)],
            [None, "ads", "mail"][random.integers(3)],
        )
        for _ in range(count)
    ]


FLUSHED = draw(np.random.default_rng(7), 90)


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    made = Lake.create(tmp_path_factory.mktemp("joined") / "lake")
    for number in range(3):
        events, properties = to_tables(FLUSHED[number * 30 : number * 30 + 30], number * 30)
        made.write(events, f"b{number}", properties)
    return made


rows = st.lists(
    st.builds(
        Drawn,
        st.sampled_from(PATHS),
        st.integers(0, 29),
        st.sampled_from((*NAMES, "new")),
        st.sampled_from((None, 2.5, 3.0, 40.0)),
        st.sampled_from((None, "ads", "friend")),
    ),
    max_size=12,
)
mappings = st.dictionaries(st.sampled_from(PATHS[:8]), st.sampled_from((*PATHS[8:], "person")))


def assert_same(joined, plain, ranges):
    names = sorted({*joined.event_names(), *plain.event_names()})
    assert list(joined.event_names()) == names
    assert joined.count_paths() == plain.count_paths()
    assert joined.latest_at() == plain.latest_at()
    for name in names:
        got = list(chain.from_iterable(list_rows(joined, name, paths) for paths in ranges))
        assert got == list_rows(plain, name, ALL_PATHS)


@pytest.mark.parametrize("ranges", [1, 4])
def test_tables_are_those_of_relabelled_events_whatever_was_asked_before(lake, ranges):
    # One cache for all examples: each is patched together from what the last one left.
    limit = 2 << 30 if ranges == 1 else 90 * 48 // ranges
    main, cache = LakeSource(lake, ColumnCache(), limit), ColumnCache()
    assert len(main.path_ranges()) == ranges

    @fixed_profile(60)
    @given(rows, mappings)
    def check(tail, mapping):
        parts = [
            main,
            MemorySource(*to_tables(tail, len(FLUSHED)), TAIL_ORDER + np.arange(len(tail))),
        ]
        joined = JoinedSource(parts, make_overrides(mapping), cache)
        plain = relabel(FLUSHED + tail, mapping)
        assert_same(joined, plain, joined.path_ranges())
        for funnel in FUNNELS:
            got, wanted = run_funnel(joined, funnel).report(), run_funnel(plain, funnel).report()
            assert got.to_dict() == wanted.to_dict()

    check()


@fixed_profile(200)
@given(mappings, mappings)
def test_changed_keys_are_those_that_two_mappings_show_differently(one, other):
    changed = changed_keys(make_overrides(one), make_overrides(other)).tolist()
    keys = {p for p in PATHS if one.get(p, p) != other.get(p, p)}
    assert changed == sorted(make_overrides(dict.fromkeys(keys, "x")).from_key.tolist())


def test_single_source_without_overrides_is_passed_through(lake):
    main, empty = LakeSource(lake), MemorySource(*to_tables([]))
    assert join_sources([main, empty], NO_OVERRIDES) is main
    assert join_sources([LakeSource(Lake.create("/nonexistent/lake")), empty], NO_OVERRIDES)
    assert isinstance(join_sources([main, empty], make_overrides({"p1": "p9"})), JoinedSource)


def test_few_changes_are_patched_and_not_sorted_anew(lake, monkeypatch):
    from suppilo.sources import joined as module

    main, cache = LakeSource(lake, ColumnCache()), ColumnCache()
    landed = []
    land = module._land
    monkeypatch.setattr(module, "_land", lambda p, rows, *rest: landed.append(len(rows)) or land(
        p, rows, *rest))  # fmt: skip
    first = make_overrides({"p1": "p9", "p2": "p9"})
    JoinedSource([main], first, cache).read("view", ALL_PATHS).order()
    landed.clear()
    second = make_overrides({"p1": "p9", "p2": "p9", "p3": "p10"}, 2)
    table = JoinedSource([main], second, cache).read("view", ALL_PATHS)
    assert len(table.path)
    assert landed == [sum(row.name == "view" and row.path == "p3" for row in FLUSHED)]


def test_same_question_again_gives_the_same_arrays(lake):
    main, cache = LakeSource(lake, ColumnCache()), ColumnCache()
    overrides = make_overrides({"p1": "p9"})
    one = JoinedSource([main], overrides, cache).read("view", ALL_PATHS)
    other = JoinedSource([main], Overrides(2, overrides.from_key, overrides.to_key), cache)
    assert other.read("view", ALL_PATHS).path is one.path


def test_property_of_the_tail_alone_can_be_asked_of_every_event(lake):
    events, _ = to_tables([Drawn("p1", 3, "view", None, None)], 500)
    import pyarrow as pa

    tail = MemorySource(events, pa.table({"coupon": ["X"]}), np.array([TAIL_ORDER]))
    joined = JoinedSource([LakeSource(lake), tail], NO_OVERRIDES, ColumnCache())
    assert joined.read("view", ALL_PATHS).matches("coupon = 'X'").sum() == 1
    assert joined.read("cart", ALL_PATHS).matches("coupon = 'X'").sum() == 0
    assert joined.read("cart", ALL_PATHS).values("coupon") is None
    assert "coupon" in joined.property_names()
    with pytest.raises(WhereError, match="nothing"):
        joined.read("view", ALL_PATHS).matches("nothing = 1")


def test_values_of_another_type_count_as_the_lake_will_keep_them(lake):
    import pyarrow as pa

    events, _ = to_tables([Drawn("p1", 3, "view", None, None)] * 2, 500)
    tail = MemorySource(events, pa.table({"price": ["cheap", "dear"]}), TAIL_ORDER + np.arange(2))
    joined = JoinedSource([LakeSource(lake), tail], NO_OVERRIDES, ColumnCache())
    table = joined.read("view", ALL_PATHS)
    assert joined.property_types("view")["price"] == "float"
    assert table.matches("price is null").sum() == 2 + sum(
        row.name == "view" and row.price is None for row in FLUSHED
    )
    assert table.at.min() >= START_US
