"""The picture of a process map: nothing covers anything, and foreign text stays text."""

import re

import pytest

from suppilo.analytics.process_map import MapEdge, MapNode, ProcessMap, Variant
from suppilo.charts.graph_layout import Arrow, Box, lay_out
from suppilo.charts.page.flow import flow_picture
from suppilo.charts.page.flow_labels import place_labels
from suppilo.charts.process_map import (
    MOST_ARROWS,
    MOST_BOXES,
    flow_of,
    map_sentence,
    rework_sentences,
)

NAMES = [f"event {n:02}" for n in range(12)]


def shop():
    """Return a map of twelve events with loops, ways back and ways past."""
    ways = [(n, n + 1, 1000 - 70 * n) for n in range(11)]
    ways += [(n, n, 40 + n) for n in range(0, 12, 3)]
    ways += [(n, n - 2, 90 - n) for n in range(3, 12, 4)] + [(0, 5, 300), (2, 8, 120), (11, 0, 60)]
    edges = [
        MapEdge(NAMES[a], NAMES[b], count, count, 3_600_000_000 * (a + 1), 9_000_000_000 * (a + 1),
                1, 2)
        for a, b, count in ways
    ]  # fmt: skip
    nodes = [
        MapNode(name, 1200, 900 - n, 500 // (n + 1), 20 * n, 30) for n, name in enumerate(NAMES)
    ]
    return ProcessMap(1500, 9000, nodes, edges, [Variant(("a", "b"), 300, 1)], 40, 1)


def arrows(count=12):
    return [Arrow(n, n + 1, 10.0, 2.0, (60, 16)) for n in range(count - 1)] + [
        Arrow(5, 2, 3.0, 2.0, (60, 16)), Arrow(4, 4, 2.0, 2.0, (60, 16)),
    ]  # fmt: skip


def test_no_box_covers_another_and_the_main_way_goes_down():
    boxes = [Box(140, 42)] * 12
    layout = lay_out(boxes, arrows())
    heights = [y for _x, y in layout.boxes]
    assert heights == sorted(heights)
    for n, (x, y) in enumerate(layout.boxes):
        for other_x, other_y in layout.boxes[n + 1 :]:
            assert abs(x - other_x) >= 140 or abs(y - other_y) >= 42
    assert layout == lay_out(boxes, arrows())
    assert lay_out([], []).boxes == ()


def test_arrows_lead_from_box_to_box():
    layout = lay_out([Box(140, 42)] * 12, arrows())
    for arrow, way in zip(arrows(), layout.ways, strict=True):
        for end, point in ((arrow.source, way[0]), (arrow.target, way[-1])):
            x, y = layout.boxes[end]
            assert abs(point[0] - x) <= 70.01
            assert abs(point[1] - y) <= 21.01


def test_labels_keep_clear_of_boxes_and_each_other():
    ways = [[(0, 0), (0, 200)], [(10, 0), (10, 200)], [(20, 0), (20, 200)]]
    found = place_labels(ways, [(60, 16)] * 3, [(-80, 90, 80, 110)])
    for place, (_x, y) in enumerate(found):
        assert abs(y - 100) >= 18
        for _other_x, other_y in found[place + 1 :]:
            assert abs(y - other_y) >= 18


@pytest.mark.parametrize("detail", [0, 0.5, 1])
def test_every_event_is_drawn_at_any_detail_and_loops_with_all(detail):
    boxes, drawn = flow_of(shop(), detail)
    picture = flow_picture(boxes, drawn)
    for name in NAMES:
        assert f">{name}</text>" in picture
    loops = [arrow for arrow in drawn if arrow.source == arrow.target]
    assert (len(loops) == 4) == (detail == 1)
    assert picture.count('class="f-head"') == len(drawn)
    assert len(re.findall("half within .*?, nine of ten within", picture)) >= 11


def test_marks_lead_where_they_are_told():
    boxes, drawn = flow_of(shop(), 1, lambda figure, *events: f"/{figure}/{'/'.join(events)}?a&b")
    picture = flow_picture(boxes, drawn)
    assert 'href="/edge/event 00/event 01?a&amp;b"' in picture
    assert 'href="/start/event 00?a&amp;b"' in picture


def test_names_of_events_are_text():
    hostile = "<script>alert(1)</script>\u202e"
    found = ProcessMap(1, 1, [MapNode(hostile, 1, 1, 1, 1, 0)], [], [], 0, 1)
    picture = flow_picture(*flow_of(found, 1))
    assert "<script" not in picture
    assert "\u202e" not in picture


def test_map_is_told_in_words():
    said = map_sentence(shop(), lambda n: f"{n} people")
    assert said.startswith("The most frequent way of 1500 people is a → b: 20.0 % go exactly so.")
    assert "Most time passes between “event 07” and “event 08”" in said
    again = [one.text for one in rework_sentences(shop())]
    assert "“event 00” is done more than once by 3.33 % of those who do it (30)." in again


def test_map_that_nobody_could_read_is_drawn_without_its_rarest_parts():
    names = [f"event {n:03}" for n in range(MOST_BOXES + 20)]
    edges = [
        MapEdge(names[a], names[b], 1000 - a, 1000 - a, 1, 2, 1, 1)
        for a in range(len(names)) for b in range(a, min(a + 5, len(names)))
    ]  # fmt: skip
    nodes = [MapNode(name, 9, 900 - n, 5, 5, 0) for n, name in enumerate(names)]
    boxes, drawn = flow_of(ProcessMap(900, 9000, nodes, edges, [], 0, 1), 1)
    assert len(boxes) == MOST_BOXES + 2
    assert sum(not arrow.kind for arrow in drawn) == MOST_ARROWS
