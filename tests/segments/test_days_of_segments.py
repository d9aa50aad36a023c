"""Who was in a segment on a day that is over, who came and who left, on its page and by the API."""

import random
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leads_support.leads_world import make_person
from segments_support.known_segments import make_segment
from suppilo.apps.accounts.models import Role
from suppilo.apps.people.models import Person
from suppilo.apps.segments.models import Segment
from suppilo.apps.segments.past import Moved, list_past
from suppilo.apps.segments.refreshing import write_members
from suppilo.apps.segments.worker import KEPT, SegmentWorker
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db
FIRST = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def analyst():
    return make_user(Role.ANALYST)


def put(segment: Segment, numbers: set[int], at: datetime) -> None:
    """Have exactly these be in a segment from a moment on."""
    write_members(Segment.objects.get(pk=segment.pk), np.array(sorted(numbers), np.int64), at)


def whom(segment: Segment, day: int, moved: Moved) -> list[int]:
    found = list_past(segment, (FIRST + day * DAY).date(), moved)
    assert found is not None
    parts = [
        one.number for start in range(0, found.known, 3) for one in found.take(start, start + 3)
    ]
    assert len(parts) == found.known == found.counted
    assert found.missing == 0
    return sorted(parts)


@pytest.mark.parametrize("seed", range(3))
def test_each_figure_of_a_past_day_lists_whom_it_counted_also_by_earlier_rules(analyst, seed):
    luck, segment = random.Random(seed), make_segment(analyst, "person", ())
    inside: set[int] = set()
    diary: list[tuple[list[int], list[int], list[int]]] = []
    for day in range(9):
        came: list[int] = []
        left: list[int] = []
        if day == 5:  # other rules: whom they bring has not come, whom they put out has not left
            Segment.objects.update(settled_at=None)
        for step in range(3):
            now = {number for number in range(20) if luck.random() < 0.5}
            put(segment, now, FIRST + day * DAY + step * timedelta(hours=5))
            if (day, step) not in ((0, 0), (5, 0)):
                came += now - inside
                left += inside - now
            inside = now
        diary.append((sorted(inside), sorted(came), sorted(left)))
    for day, known in enumerate(diary):
        assert tuple(whom(segment, day, one) for one in Moved) == known


def test_the_table_of_days_leads_to_lists_that_pages_and_programs_read_alike(analyst):
    one, other, gone = (make_person(f"user-{n}").pk for n in range(3))
    segment = make_segment(analyst, "person", ())
    now = datetime.now(UTC)
    put(segment, {one, gone}, now - 2 * DAY)
    put(segment, {one, other, gone}, now - DAY)
    put(segment, {other}, now)
    Person.objects.filter(pk=gone).delete()
    client, program = client_for(analyst), Client(headers=bearer(analyst))
    page = client.get(segment.get_absolute_url()).content.decode()
    links = re.findall(r'href="(/segments/\d+/day/[^"]*)">([\d,]+)</a>', page)
    assert [int(count) for _link, count in links] == [1, 2, 3, 1, 2]
    for link, count in links:
        shown = client.get(unescape(link)).content.decode()
        told = program.get("/api" + unescape(link).replace("/?", "?")).json()
        assert (told["total"], told["hidden"]) == (int(count), 0)
        assert [name for row in told["rows"] if (name := row["name"]) not in shown] == []
        assert all((row["id"] is None) == ("deleted" in row["name"]) for row in told["rows"])
    assert "/day/" not in client_for(Role.VIEWER).get(segment.get_absolute_url()).content.decode()


def test_whom_nobody_keeps_any_more_is_counted_in_words(analyst):
    segment = make_segment(analyst, "deal", ())
    now = datetime.now(UTC)
    put(segment, {1, 2, 3}, now - KEPT - 3 * DAY)
    put(segment, {1}, now - KEPT - DAY)
    SegmentWorker(lambda: now).step()
    day = timezone.localdate(now - KEPT - 3 * DAY)
    found = list_past(segment, day, Moved.SIZE)
    assert (found.counted, found.known, found.missing) == (3, 1, 2)
    asked = {"day": day.isoformat(), "what": "size"}
    url = reverse("segment_day", args=[segment.pk])
    assert "2 deals of that day are not known any more" in (
        client_for(analyst).get(url, asked).content.decode()
    )
    answer = Client(headers=bearer(analyst)).get(f"/api/segments/{segment.pk}/day", asked)
    assert (answer.json()["total"], answer.json()["hidden"]) == (1, 2)


@pytest.mark.parametrize("day", ["", "2026-02-30", "soon", "1900-01-01"])
def test_a_day_that_is_none_or_had_no_round_is_not_found(analyst, day):
    segment = make_segment(analyst, "person", ())
    url = reverse("segment_day", args=[segment.pk])
    assert client_for(analyst).get(url, {"day": day}).status_code == 404
