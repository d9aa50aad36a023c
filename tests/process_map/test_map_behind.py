"""Who is behind each figure of a map, and two maps beside each other, against walking by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.bruteforce import Event
from oracle.memory import MemorySource
from suppilo.analytics.events import ALL_PATHS
from suppilo.analytics.funnel.compare import newcombe_interval
from suppilo.analytics.process_map import (
    MapQuestion,
    Spot,
    compare_maps,
    find_behind,
    name_events,
    read_parts,
    run_process_map,
)

NAMES = "abc"
SPLIT = ((ALL_PATHS[0], 2), (3, ALL_PATHS[1]))
happened = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(NAMES), st.integers(0, 12)),
    min_size=1, max_size=30,
)  # fmt: skip


def make(rows):
    return [Event(row=n, path=path, name=name, at=at, props={})
            for n, (path, name, at) in enumerate(rows)]  # fmt: skip


def walk(rows):
    """Return each path as a list of (name, time)."""
    ordered = sorted(enumerate(rows), key=lambda one: (one[1][2], one[0]))
    paths = {}
    for _row, (path, name, at) in ordered:
        paths.setdefault(path, []).append((name, at))
    return paths


def when(path, spot):
    """Return the moment at which a path does what a figure counts; None where it does not."""
    names = [name for name, _at in path]
    if spot.figure == "all":
        return path[0][1]
    if spot.figure == "variant":
        return path[0][1] if tuple(names) == spot.events else None
    if spot.figure == "start":
        return path[0][1] if names[0] == spot.events[0] else None
    if spot.figure == "end":
        return path[-1][1] if names[-1] == spot.events[0] else None
    if spot.figure == "edge":
        pairs = zip(path, path[1:], strict=False)
        return next((b[1] for a, b in pairs if (a[0], b[0]) == spot.events), None)
    times = [at for name, at in path if name == spot.events[0]]
    place = 1 if spot.figure == "again" else 0
    return times[place] if len(times) > place else None


@given(rows=happened, ranges=st.sampled_from([(ALL_PATHS,), SPLIT]), data=st.data())
@settings(max_examples=100, deadline=None)
def test_paths_behind_a_figure_are_those_that_did_it(rows, ranges, data):
    source, paths = MemorySource(make(rows), ranges), walk(rows)
    names, parts = name_events(source, MapQuestion()), read_parts(
        source, MapQuestion(), with_rows=True
    )  # fmt: skip
    name = st.sampled_from(names)
    spot = data.draw(
        st.one_of(
            st.just(Spot()),
            st.builds(Spot, st.sampled_from(["event", "start", "end", "again"]), st.tuples(name)),
            st.builds(Spot, st.just("edge"), st.tuples(name, name)),
            st.sampled_from([tuple(n for n, _ in path) for path in paths.values()]).map(
                lambda events: Spot("variant", events)
            ),
        )
    )
    found = find_behind(parts, names, spot)
    wanted = {key: at for key, path in paths.items() if (at := when(path, spot)) is not None}
    assert dict(zip(found.path.tolist(), found.at.tolist(), strict=True)) == wanted
    assert found.at.tolist() == sorted(found.at.tolist(), reverse=True)
    assert source.describe_rows(found.row)["path"] == found.path.tolist()


@given(rows=happened)
@settings(max_examples=50, deadline=None)
def test_figures_of_a_map_count_the_paths_behind_them(rows):
    source = MemorySource(make(rows))
    names, parts = name_events(source, MapQuestion()), read_parts(source, MapQuestion())
    found = run_process_map(source, MapQuestion())

    def count(figure, *events):
        return len(find_behind(parts, names, Spot(figure, events)))

    for node in found.nodes:
        figures = [count(figure, node.name) for figure in ("event", "start", "end", "again")]
        assert figures == [node.paths, node.starts, node.ends, node.repeated]
    for edge in found.edges:
        assert count("edge", edge.source, edge.target) == edge.paths
    for variant in found.variants:
        assert count("variant", *variant.events) == variant.paths
    assert count("all") == found.paths


def test_a_figure_that_makes_no_sense_is_refused():
    parts = read_parts(MemorySource(make([(1, "a", 1)])), MapQuestion())
    with pytest.raises(ValueError, match="takes 2 events"):
        Spot("edge", ("a",))
    with pytest.raises(ValueError, match="no event 'z' on the map"):
        find_behind(parts, ("a",), Spot("event", ("z",)))


def ways(counts):
    """Return events in which so many paths go each way, with a wait for every step of theirs."""
    rows, path = [], 0
    for way, waits in counts.items():
        for wait in waits:
            rows += [(path, name, place * wait) for place, name in enumerate(way)]
            path += 1
    return run_process_map(MemorySource(make(rows)), MapQuestion())


def test_maps_differ_in_what_is_done_more_often_and_in_what_takes_longer():
    won = ways({"abc": [2] * 60, "ac": [5] * 40})
    lost = ways({"abc": [9] * 10, "ac": [5] * 90})
    found = compare_maps(won, lost)
    assert found.edges[0].is_clear
    assert abs(found.edges[0].walked.difference) == 0.5
    by_way = {(edge.source, edge.target): edge for edge in found.edges}
    assert by_way["a", "b"].walked.rate_a == 0.6
    expected = newcombe_interval((60, 100), (10, 100), 1 - 0.05 / 3)
    assert by_way["a", "b"].walked == expected
    assert by_way["a", "b"].slower == "b"
    assert by_way["a", "b"].times_longer == 4.5
    assert by_way["a", "c"].slower == ""
    assert found.slowest is by_way["a", "b"]
    assert found.to_dict()["edges"][0]["walked"]["is_clear"]


def test_same_maps_have_nothing_to_tell_apart():
    one = ways({"abc": [1, 2, 3, 4] * 5})
    found = compare_maps(one, one)
    assert not any(edge.is_clear for edge in found.edges)
    assert found.slowest is None
    nobody = run_process_map(MemorySource(make([(1, "a", 5)])), MapQuestion(as_of_us=1))
    assert compare_maps(one, nobody) is None


def test_range_of_a_median_covers_it_nine_times_in_ten_and_more():
    random = np.random.default_rng(5)
    covered = 0
    for _ in range(300):
        waits = np.round(random.lognormal(8, 1, 40)).astype(int).tolist()
        edge = ways({"ab": waits}).edges[0]
        assert edge.median_low_us <= edge.median_us <= edge.median_high_us
        covered += edge.median_low_us <= np.exp(8) <= edge.median_high_us
    assert covered / 300 > 0.93
