"""Two who change segments at the same moment: no circle, and nothing asked that is gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from segments_support.known_segments import make_segment
from segments_support.segment_world import rules
from suppilo.apps.segments.models import Segment
from suppilo.apps.segments.services import SegmentDraft, change_segment, delete_segment
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db(transaction=True)
LOOKS_S = 1.0
"""So long does the first wait with its commit: the second has looked at the rules by then."""


@pytest.fixture
def owner():
    return make_user("owner")


@pytest.fixture
def pair(owner):
    return [make_segment(owner, "person", [], name) for name in ("One", "Two")]


def asks(owner, segment: Segment, other: Segment) -> Callable[[], object]:
    """Return the change that makes a segment ask another."""
    draft = SegmentDraft(segment.name, rules({"kind": "segment", "value": str(other.pk)}))
    return lambda: change_segment(owner, Segment.objects.get(pk=segment.pk), draft)


def refusal_beside(first: Callable[[], object], second: Callable[[], object]) -> str:
    """Do the second while the first is done and not committed yet; return why it was refused.

    Each has a connection of its own.
    """
    is_done = Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                first()
                is_done.set()
                time.sleep(LOOKS_S)
        finally:
            connection.close()

    def follow() -> str:
        try:
            assert is_done.wait(30)
            second()
        except ValidationError as error:
            return " ".join(error.messages)
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(2) as pool:
        held, refused = pool.submit(hold), pool.submit(follow)
        held.result(60)
        return refused.result(60)


def test_two_who_let_segments_ask_each_other_at_once_make_no_circle(owner, pair):
    one, two = pair
    words = refusal_beside(asks(owner, one, two), asks(owner, two, one))
    assert "A segment can't be asked for itself, nor by way of another." in words
    asked = [segment.read_rules().segments() for segment in Segment.objects.order_by("pk")]
    assert [len(some) for some in asked] == [1, 0]


def test_a_segment_that_is_deleted_meanwhile_is_not_asked(owner, pair):
    one, two = pair
    words = refusal_beside(lambda: delete_segment(owner, two), asks(owner, one, two))
    assert "There is no such segment" in words
    one.refresh_from_db()
    assert not one.read_rules().segments()


def test_a_segment_that_is_asked_meanwhile_is_not_deleted(owner, pair):
    one, two = pair
    words = refusal_beside(asks(owner, one, two), lambda: delete_segment(owner, two))
    assert "It is a condition of “One”" in words
    assert Segment.objects.filter(pk=two.pk).exists()
