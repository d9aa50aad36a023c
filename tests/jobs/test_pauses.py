"""What is done every so often is done so, whatever the clock does."""

from datetime import UTC, datetime, timedelta

from suppilo.apps.jobs.pauses import Pause

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_it_is_time_at_once_and_then_after_each_pause():
    pause = Pause(MINUTE)
    asked = [NOON + timedelta(seconds=seconds) for seconds in (0, 1, 59, 60, 61, 119, 120)]
    assert [pause.is_over(at) for at in asked] == [True, False, False, True, False, False, True]


def test_a_clock_that_is_set_back_makes_no_longer_pause():
    pause = Pause(MINUTE)
    assert pause.is_over(NOON)
    yesterday = NOON - timedelta(days=1)
    assert pause.is_over(yesterday)
    assert not pause.is_over(yesterday + timedelta(seconds=30))
