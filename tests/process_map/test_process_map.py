"""The process map of any events, against a plain program that walks one path after the other."""

import math
from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.bruteforce import Event
from oracle.memory import MemorySource
from suppilo.analytics.events import ALL_PATHS
from suppilo.analytics.process_map import (
    MapQuestion,
    choose_events,
    keep_edges,
    run_process_map,
)

NAMES = "abcd"
happened = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(NAMES), st.integers(0, 12)), max_size=40
)
few = st.lists(st.sampled_from(NAMES), unique=True, max_size=2).map(tuple)
questions = st.builds(
    MapQuestion, events=few, having=few, lacking=few,
    from_us=st.none() | st.integers(0, 6), to_us=st.none() | st.integers(4, 12),
    as_of_us=st.none() | st.integers(3, 12), variants=st.integers(0, 4),
)  # fmt: skip
RANGES = ((ALL_PATHS,), ((ALL_PATHS[0], 2), (3, 3), (4, ALL_PATHS[1])))


def make(rows):
    return [Event(row=n, path=path, name=name, at=at, props={})
            for n, (path, name, at) in enumerate(rows)]  # fmt: skip


def quantile(values, share):
    """Return the smallest value that at least this share does not exceed."""
    values = sorted(values)
    return values[max(0, math.ceil(share * len(values) - 1e-9) - 1)]


def walk_by_hand(events, question):
    """Return each path that is on the map as a list of (name, time)."""
    names = question.events or {event.name for event in events}
    as_of = question.as_of_us
    if as_of is None:
        as_of = max(event.at for event in events)
    paths = defaultdict(list)
    did = defaultdict(set)
    for event in sorted(events, key=lambda one: (one.at, one.row)):
        if event.at <= as_of:
            did[event.path].add(event.name)
            if event.name in names:
                paths[event.path].append((event.name, event.at))
    return [
        path for key, path in paths.items()
        if (not question.having or did[key] & set(question.having))
        and not did[key] & set(question.lacking)
        and (question.from_us is None or path[0][1] >= question.from_us)
        and (question.to_us is None or path[0][1] < question.to_us)
    ]  # fmt: skip


@given(rows=happened, question=questions, ranges=st.sampled_from(RANGES))
@settings(max_examples=200, deadline=None)
def test_every_figure_is_that_of_walking_the_paths(rows, question, ranges):
    events = make(rows)
    known = {event.name for event in events}
    source = MemorySource(events, ranges)
    if not known or not {*question.events, *question.having, *question.lacking} <= known:
        with pytest.raises(ValueError, match=r"there (are no events|is no event)"):
            run_process_map(source, question)
        return
    found, paths = run_process_map(source, question), walk_by_hand(events, question)
    assert (found.paths, found.events) == (len(paths), sum(map(len, paths)))
    check_nodes(found, paths)
    check_edges(found, paths)
    check_variants(found, paths, question.variants)


def check_nodes(found, paths):
    done = [Counter(name for name, _ in path) for path in paths]
    assert {node.name for node in found.nodes} == {name for one in done for name in one}
    for node in found.nodes:
        name = node.name
        assert node.events == sum(one[name] for one in done)
        assert node.paths == sum(name in one for one in done)
        assert node.repeated == sum(one[name] > 1 for one in done)
        assert node.starts == sum(path[0][0] == name for path in paths)
        assert node.ends == sum(path[-1][0] == name for path in paths)
    assert [node.paths for node in found.nodes] == sorted(
        (node.paths for node in found.nodes), reverse=True
    )


def check_edges(found, paths):
    waits, who = defaultdict(list), defaultdict(set)
    for number, path in enumerate(paths):
        for (one, at), (other, then) in zip(path, path[1:], strict=False):
            waits[one, other].append(then - at)
            who[one, other].add(number)
    assert {(edge.source, edge.target) for edge in found.edges} == set(waits)
    for edge in found.edges:
        key = edge.source, edge.target
        assert (edge.count, edge.paths) == (len(waits[key]), len(who[key]))
        assert (edge.median_us, edge.p90_us) == (
            quantile(waits[key], 0.5), quantile(waits[key], 0.9),
        )  # fmt: skip
        assert edge.is_loop == (edge.source == edge.target)


def check_variants(found, paths, most):
    lengths = defaultdict(list)
    for path in paths:
        lengths[tuple(name for name, _ in path)].append(path[-1][1] - path[0][1])
    assert found.variant_count == len(lengths)
    assert len(found.variants) == min(most, len(lengths))
    for variant in found.variants:
        assert variant.paths == len(lengths[variant.events])
        assert variant.median_us == quantile(lengths[variant.events], 0.5)
    ranked = sorted((len(one) for one in lengths.values()), reverse=True)
    assert [variant.paths for variant in found.variants] == ranked[:most]


def test_what_flows_in_flows_out():
    events = make([(n % 7, NAMES[(n * n) % 4], n % 11) for n in range(200)])
    found = run_process_map(MemorySource(events), MapQuestion())
    for node in found.nodes:
        into = sum(edge.count for edge in found.edges if edge.target == node.name)
        out = sum(edge.count for edge in found.edges if edge.source == node.name)
        assert into + node.starts == out + node.ends == node.events


def test_the_map_with_few_edges_leaves_no_event_alone():
    events = make([(n % 9, NAMES[(n * n + n // 3) % 4], n % 13) for n in range(300)])
    edges = run_process_map(MemorySource(events), MapQuestion()).edges
    sizes = [len(keep_edges(edges, level / 10)) for level in range(11)]
    assert sizes == sorted(sizes)
    assert sizes[-1] == len(edges)
    main = keep_edges(edges, 0)
    for name in NAMES:
        assert any(edge.target == name for edge in main if not edge.is_loop)
        assert any(edge.source == name for edge in main if not edge.is_loop)
    with pytest.raises(ValueError, match="from 0 to 1"):
        keep_edges(edges, 1.1)


def test_the_most_frequent_events_are_offered_first():
    source = MemorySource(make([(1, "b", 1), (2, "a", 1), (3, "b", 2), (3, "c", 2)]))
    assert choose_events(source, 2) == ("b", "a")


def test_a_question_that_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="stands twice"):
        MapQuestion(events=("a", "a"))
    with pytest.raises(ValueError, match="at most 200"):
        MapQuestion(events=tuple(map(str, range(201))))
    many = MemorySource(make([(1, f"e{n}", n) for n in range(201)]))
    with pytest.raises(ValueError, match="201 different events; choose some"):
        run_process_map(many, MapQuestion())
