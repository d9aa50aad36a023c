"""A narrowed source shows what plainly dropping the other paths' events would."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.strategies import fixed_profile
from sources_support.joined_world import (
    NAMES,
    PATHS,
    TAIL_ORDER,
    Drawn,
    list_rows,
    make_overrides,
    to_tables,
)
from suppilo.analytics.events import ALL_PATHS
from suppilo.analytics.funnel import FunnelDefinition, run_funnel
from suppilo.lake import ColumnCache, Lake, LakeSource, WhereError
from suppilo.lake.keys import path_key
from suppilo.sources.joined import JoinedSource
from suppilo.sources.memory import MemorySource
from suppilo.sources.narrowed import Mark, NarrowedSource, PathSet

FUNNELS = [
    {"steps": ["view", "cart", "pay"], "window": "20s"},
    {"steps": ["view", "pay"], "order": "strict", "by": "channel"},
    {"steps": ["cart where price > 3", "pay"], "order": "any"},
    {"steps": ["view", "cart", "pay"], "count": "attempts", "by": "channel", "by_value": "all"},
]

rows = st.lists(
    st.builds(
        Drawn,
        st.sampled_from(PATHS),
        st.integers(0, 29),
        st.sampled_from(NAMES),
        st.sampled_from((None, 2.5, 3.0, 40.0)),
        st.sampled_from((None, "ads", "friend")),
    ),
    min_size=1,
    max_size=25,
)
WITNESS = Drawn("witness", 0, "view", 40.0, "ads")
"""Whoever has every property: of nobody's events no property is known."""
chosen = st.sets(st.sampled_from((*PATHS, "nobody")))


def path_set(paths) -> PathSet:
    return PathSet(np.array(sorted(map(path_key, paths)), np.int64))


@fixed_profile(30)
@given(rows, chosen)
def test_tables_and_funnels_are_those_of_the_chosen_paths_events(drawn, only):
    drawn, only = [*drawn, WITNESS], {*only, WITNESS.path}
    plain = MemorySource(*to_tables([row for row in drawn if row.path in only]))
    narrowed = NarrowedSource(MemorySource(*to_tables(drawn)), path_set(only))
    assert narrowed.count_paths() == plain.count_paths()
    assert narrowed.unique_paths().tolist() == plain.unique_paths().tolist()
    for name in NAMES:
        got, wanted = (list_rows(one, name, ALL_PATHS) for one in (narrowed, plain))
        assert [row[:2] + row[3:] for row in got] == [row[:2] + row[3:] for row in wanted]
        # The rows' own numbers lead to the same events, which have other ids in each.
        numbers = narrowed.read(name, ALL_PATHS).first_row + np.arange(len(got))
        assert [drawn[int(row[2])].path for row in got] == list(
            narrowed.describe_rows(numbers)["path"]
        )
    for asked in FUNNELS:
        definition = FunnelDefinition.from_dict(asked | {"as_of": "2023-11-15"})
        found = [run_funnel(one, definition).report().to_dict() for one in (narrowed, plain)]
        assert found[0] == found[1]


@fixed_profile(30)
@given(rows, chosen)
def test_a_mark_says_of_each_event_whether_its_path_is_among_some(drawn, marked):
    source = NarrowedSource(
        MemorySource(*to_tables([*drawn, WITNESS])), None, [Mark("segment:1", path_set(marked))]
    )
    keys = {path_key(path) for path in marked}
    for name in NAMES:
        table = source.read(name, ALL_PATHS)
        values = table.values("segment:1")
        inside = [key in keys for key in table.path.tolist()]
        assert [values.labels[code] for code in values.codes.tolist()] == inside
        assert table.matches('"segment:1" = true').tolist() == inside
        dear = table.matches("price > 3").tolist()
        both = table.matches('"segment:1" = true and price > 3').tolist()
        assert both == [one and other for one, other in zip(inside, dear, strict=True)]


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """Event tables in four ranges, a tail, and two people who turned out to be one."""
    random = np.random.default_rng(3)
    drawn = [
        Drawn(PATHS[random.integers(12)], int(random.integers(30)), NAMES[random.integers(3)],
              2.5, "ads")
        for _ in range(90)
    ]  # fmt: skip
    lake = Lake.create(tmp_path_factory.mktemp("narrowed") / "lake")
    lake.write(*to_tables(drawn[:70])[:1], "b0", to_tables(drawn[:70])[1])
    tail = MemorySource(*to_tables(drawn[70:], 70), TAIL_ORDER + np.arange(20))
    main = LakeSource(lake, ColumnCache(), 90 * 48 // 4)
    overrides = make_overrides({"p1": "p0"})
    return drawn, JoinedSource([main, tail], overrides, ColumnCache())


def test_people_are_chosen_by_what_they_turned_out_to_be_in_every_range_of_paths(live):
    drawn, joined = live
    assert len(joined.path_ranges()) > 1
    narrowed = NarrowedSource(joined, path_set(["p0", "p5"]), cache=ColumnCache())
    seen = [
        row for name in NAMES for paths in joined.path_ranges()
        for row in list_rows(narrowed, name, paths)
    ]  # fmt: skip
    wanted = [number for number, row in enumerate(drawn) if row.path in ("p0", "p1", "p5")]
    assert sorted(int(row[2]) for row in seen) == wanted
    assert narrowed.count_paths() == 2


def test_observation_goes_on_while_nobody_of_the_chosen_does_anything():
    drawn = [Drawn("p1", 1, "view", None, None), Drawn("p2", 20, "view", None, None)]
    source = MemorySource(*to_tables(drawn))
    narrowed = NarrowedSource(source, path_set(["p1"]))
    assert narrowed.latest_at() == source.latest_at()
    asked = FunnelDefinition.from_dict({"steps": ["view", "pay"], "window": "10s"})
    assert run_funnel(narrowed, asked).report().steps[0].drop_off == 1


def test_tables_of_other_members_have_other_keys_and_of_the_same_ones_the_same():
    source = MemorySource(*to_tables([Drawn("p1", 1, "view", None, None)]))
    one, same, other = (
        NarrowedSource(source, path_set(paths)).read("view", ALL_PATHS).key
        for paths in (["p1"], ["p1"], ["p2"])
    )
    assert one == same != other


def test_a_condition_on_a_name_that_is_neither_property_nor_mark_is_refused():
    source = MemorySource(*to_tables([Drawn("p1", 1, "view", 1.0, None)]))
    marked = NarrowedSource(source, None, [Mark("segment:1", path_set([]))])
    with pytest.raises(WhereError, match="segment:2"):
        marked.read("view", ALL_PATHS).matches('"segment:2" = true')
