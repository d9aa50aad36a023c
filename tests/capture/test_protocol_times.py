"""When an event happened, for every way in which clients say it."""

from datetime import UTC, datetime

import pytest

from suppilo.apps.capture.protocol.moments import find_skew, read_time, settle_time

NOW = datetime(2026, 11, 21, 22, 10, 35, tzinfo=UTC)
MINUTE_US = 60_000_000


def us(moment: datetime) -> int:
    return round(moment.timestamp() * 1e6)


NOW_US = us(NOW)
NEW_YEAR = us(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-01-01T00:00:00.000Z", NEW_YEAR),
        ("2026-01-01T00:00:00.000+00:00", NEW_YEAR),
        ("2026-01-01T03:00:00+03", NEW_YEAR),
        ("2026-01-01T03:00:00+03:00", NEW_YEAR),
        ("2026-01-01T03:00:00+0300", NEW_YEAR),
        ("2025-12-31T19:00:00-05:00", NEW_YEAR),
        ("2026-01-01", NEW_YEAR),
        ("2026-01-01T00:00:00", NEW_YEAR),
        ("2026-01-01 00:00:00", NEW_YEAR),
        ("2026-01-01T00:00:00z", NEW_YEAR),
        ("2026-01-01 00:00:00 UTC", NEW_YEAR),
        ("2026-01-01T00:00:00.123456789Z", NEW_YEAR + 123_456),
        ("2026-01-01T00:00:00.1Z", NEW_YEAR + 100_000),
        ("2025-12-31T23:59:60Z", NEW_YEAR - 1_000_000),
        ("Thu, 01 Jan 2026 00:00:00 GMT", NEW_YEAR),
        ("Thu, 01 Jan 2026 03:00:00 +0300", NEW_YEAR),
        ("Thu Jan 01 2026 03:00:00 GMT+0300 (Eastern European Time)", NEW_YEAR),
        ("1767225600", NEW_YEAR),
        ("1767225600.25", NEW_YEAR + 250_000),
        ("1767225600000", NEW_YEAR),
        (1767225600, NEW_YEAR),
        (1767225600.25, NEW_YEAR + 250_000),
        (1767225600000, NEW_YEAR),
        (1767225600000000, NEW_YEAR),
        (1767225600000000000, NEW_YEAR),
        (0, 0),
        ("10000-01-01T00:00:00Z", None),
        ("yesterday", None),
        ("", None),
        ("2026-13-45", None),
        (1e30, None),
        (float("inf"), None),
        (True, None),
        ({"year": 2026}, None),
        (None, None),
        ([], None),
    ],
)
def test_time_is_read(given, expected):
    assert read_time(given) == expected


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(0, 0), (2.4, 0), (-2.4, 0), (2.5, 5), (-2.5, -5), (7.4, 5), (7.5, 10), (60, 60), (-61, -60)],
)
def test_skew_is_rounded_to_five_minutes(minutes, expected):
    assert find_skew(NOW_US + round(minutes * MINUTE_US), NOW_US) == expected * MINUTE_US


@pytest.mark.parametrize("sent_us", [None, 0, us(datetime(1989, 12, 31, tzinfo=UTC))])
def test_sending_time_that_cannot_be_one_corrects_nothing(sent_us):
    assert find_skew(sent_us, NOW_US) == 0


@pytest.mark.parametrize(
    ("given", "expected", "warning"),
    [
        (None, NOW_US, []),
        ("2026-01-01T00:00:00Z", NEW_YEAR, []),
        ("1989-12-31T23:59:59Z", NOW_US, ["time_too_early"]),
        ("1970-01-01T00:00:00Z", NOW_US, ["time_too_early"]),
        ("rubbish", NOW_US, ["time_unreadable"]),
        ("10000-01-01T00:00:00Z", NOW_US, ["time_unreadable"]),
        ("2026-11-22T21:00:00Z", us(datetime(2026, 11, 22, 21, tzinfo=UTC)), []),
        ("2026-11-22T21:11:00Z", NOW_US, ["time_in_future"]),
        ("2100-01-01T00:00:00Z", NOW_US, ["time_in_future"]),
    ],
)
def test_time_that_cannot_be_is_replaced_by_the_arrival(given, expected, warning):
    warnings: list[str] = []
    assert settle_time(given, NOW_US, 0, warnings) == expected
    assert warnings == warning


def test_fast_clock_is_corrected():
    warnings: list[str] = []
    assert settle_time(NOW_US / 1e6 + 3600, NOW_US, 60 * MINUTE_US, warnings) == NOW_US
    assert warnings == ["clock_corrected"]
