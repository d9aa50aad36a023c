"""What cards of the board say of days."""

from datetime import UTC, datetime

import pytest

from suppilo.web.views.deals.cards import day_words

NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)


@pytest.mark.parametrize(("day", "said"), [
    (datetime(2026, 3, 4, 15, tzinfo=UTC), "today 15:00"),
    (datetime(2026, 3, 5, 15, tzinfo=UTC), "tomorrow 15:00"),
    (datetime(2026, 3, 8, 15, tzinfo=UTC), "Sun 15:00"),
    (datetime(2026, 11, 23, 15, tzinfo=UTC), "23 Nov 15:00"),
    (datetime(2027, 1, 2, 15, tzinfo=UTC), "2 Jan 2027 15:00"),
])  # fmt: skip
def test_days_are_said_as_short_as_they_are_clear(day, said):
    assert day_words(day, NOW, has_time=True) == said
