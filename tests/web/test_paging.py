"""Pages of lists: clamped numbers, cursors that can't be forged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suppilo.apps.accounts.models import AuditEntry
from suppilo.web.paging import clamp, number_page, read_cursor, sign_cursor


@pytest.mark.parametrize(
    ("text", "expected"),
    [("7", 7), ("1e9", 50), ("1000000000", 200), ("-5", 1), ("", 50), (None, 50), ("x", 50)],
)
def test_size_stays_within_its_limits(text, expected):
    assert clamp(text, 1, 200, 50) == expected


@given(st.text())
def test_any_text_gives_a_size_within_the_limits(text):
    assert 1 <= clamp(text, 1, 200, 50) <= 200


@given(st.lists(st.one_of(st.integers(), st.text(), st.none()), max_size=4))
def test_cursor_leads_back_to_the_values_it_was_made_of(values):
    assert read_cursor(sign_cursor(values)) == tuple(values)


@given(st.text())
def test_cursor_of_somebodys_own_making_is_none(text):
    assert read_cursor(text) is None


def test_changed_cursor_is_none():
    cursor = sign_cursor([12, "Anna"])
    assert read_cursor("x" + cursor) is None
    assert read_cursor(cursor[:-1]) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("number", "first", "previous", "following"),
    [
        (None, 119, "", "2"),
        ("2", 69, "1", "3"),
        ("3", 19, "2", ""),
        ("-1", 119, "", "2"),
        ("x", 119, "", "2"),
    ],
)
def test_pages_by_number_join_without_gap(number, first, previous, following):
    AuditEntry.objects.bulk_create(AuditEntry(verb=str(at)) for at in range(120))
    page = number_page(AuditEntry.objects.order_by("-id"), number)
    assert page.items[0].verb == str(first)
    assert (page.previous, page.next) == (previous, following)


@pytest.mark.django_db
def test_page_far_beyond_the_end_is_empty_and_bounded():
    page = number_page(AuditEntry.objects.order_by("-id"), "99999999999999999999")
    assert (list(page.items), page.previous, page.next) == ([], "999", "")
