"""Lengths of time as people write them, moments near the calendar's ends, and calendar buckets."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suppilo.analytics.periods import (
    MAX_BUCKETS,
    MAX_DURATION_US,
    bucket_start,
    day_edges,
    find_timezone,
    format_duration,
    format_moment,
    next_bucket,
    parse_duration,
    parse_moment,
    to_local,
    to_microseconds,
)

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
FIRST_US = to_microseconds(datetime.min.replace(tzinfo=UTC))
LAST_US = to_microseconds(datetime.max.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30s", 30 * SECOND),
        ("15m", 900 * SECOND),
        ("8h", 8 * HOUR),
        ("7d", 7 * DAY),
        ("2w", 14 * DAY),
        ("1.5h", 90 * 60 * SECOND),
        (" 7 d ", 7 * DAY),
        ("7D", 7 * DAY),
        ("0s", 0),
        ("0.000001s", 1),
        ("P7D", 7 * DAY),
        ("P2W", 14 * DAY),
        ("PT8H", 8 * HOUR),
        ("PT15M", 900 * SECOND),
        ("PT30S", 30 * SECOND),
        ("PT0.5S", SECOND // 2),
        ("P1DT2H3M4.5S", DAY + 2 * HOUR + 3 * 60 * SECOND + 4_500_000),
        ("p1dt2h", DAY + 2 * HOUR),
    ],
)
def test_durations_are_read_in_every_form(text, length):
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "7", "d", "-7d", "7 days", "1d2h", "1M", "3mo", "1y", "P", "PT", "P1DT", "P1M",
        "P1Y", "P1Y2D", "-P1D", "1,5h", "nan s", "1e3s", "0x7d", "P1D2H",
    ],
)  # fmt: skip
def test_what_is_no_duration_is_refused_with_the_forms_that_are(text):
    with pytest.raises(ValueError, match=r"is not a duration; write 30s, 15m, 8h, 7d, 2w or ISO"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["36601d", "P9999W", "9" * 400 + "d"])
def test_a_duration_of_more_than_a_century_is_refused(text):
    with pytest.raises(ValueError, match="longer than 100 years; leave the window out"):
        parse_duration(text)


@given(st.integers(0, MAX_DURATION_US))
def test_a_written_duration_is_read_back_exactly(length):
    assert parse_duration(format_duration(length)) == length


@given(st.integers(0, 36_600), st.sampled_from([SECOND, 60 * SECOND, HOUR, DAY]))
def test_round_durations_are_written_short(count, unit):
    text = format_duration(count * unit)
    assert parse_duration(text) == count * unit
    assert len(text) <= 6


def test_a_duration_is_written_in_its_largest_unit():
    lengths = (14 * DAY, 36 * HOUR, 90 * 60 * SECOND, 61 * SECOND, 1_500_000, 0)
    assert [format_duration(length) for length in lengths] == [
        "14d", "36h", "90m", "61s", "PT1.5S", "PT0S",
    ]  # fmt: skip


def test_an_unknown_time_zone_is_refused_with_an_example():
    for name in ("Mars/Olympus", "", "../etc/passwd", "europe\0riga"):
        with pytest.raises(ValueError, match="is not a time zone; write an IANA name such as"):
            find_timezone(name)


def test_a_date_is_its_first_moment_in_the_zone():
    assert parse_moment("2026-01-31", "UTC") == to_microseconds(datetime(2026, 1, 31, tzinfo=UTC))
    assert parse_moment("2026-01-31", "Europe/Riga") == parse_moment("2026-01-30T22:00:00Z", "UTC")
    assert parse_moment("2026-07-31", "Europe/Riga") == parse_moment("2026-07-30T21:00:00Z", "UTC")


def test_an_offset_in_the_text_is_stronger_than_the_zone():
    expected = to_microseconds(datetime(2026, 1, 31, 16, tzinfo=UTC))
    assert parse_moment(" 2026-01-31T18:00:00+02:00 ", "America/New_York") == expected
    assert parse_moment("2026-01-31 16:00:00.000000Z", "America/New_York") == expected


def test_a_moment_has_its_microseconds():
    assert parse_moment("1969-12-31T23:59:59.999999Z", "UTC") == -1
    assert parse_moment("1970-01-01T00:00:00.000001Z", "UTC") == 1


@pytest.mark.parametrize("text", ["", "soon", "31.01.2026", "2026-02-30", "2026-01-31T25:00"])
def test_what_is_no_moment_is_refused_with_the_forms_that_are(text):
    with pytest.raises(ValueError, match="is not a date or time; write 2026-01-31 or"):
        parse_moment(text, "UTC")


def test_a_moment_outside_of_the_years_1_to_9999_in_utc_is_refused():
    assert parse_moment("0001-01-01", "UTC") == FIRST_US
    assert parse_moment("9999-12-31T23:59:59.999999", "UTC") == LAST_US
    for text, zone in (("0001-01-01", "Europe/Riga"), ("9999-12-31T23:00", "America/New_York")):
        with pytest.raises(ValueError, match="outside the years 1 to 9999 in UTC"):
            parse_moment(text, zone)


def test_moments_are_written_in_their_zone():
    at_us = parse_moment("2026-07-01T12:00:00Z", "UTC")
    assert format_moment(at_us) == "2026-07-01T12:00:00+00:00"
    assert format_moment(at_us, "Europe/Riga") == "2026-07-01T15:00:00+03:00"


def test_a_moment_that_its_zone_moves_off_the_calendar_stays_in_utc():
    assert format_moment(FIRST_US, "America/New_York") == "0001-01-01T00:00:00+00:00"
    assert format_moment(LAST_US, "Europe/Riga") == "9999-12-31T23:59:59.999999+00:00"
    assert to_local(LAST_US, "Europe/Riga").tzinfo is UTC
    # On the other side there is room.
    assert format_moment(LAST_US, "America/New_York").startswith("9999-12-31T18:59:59")
    assert format_moment(FIRST_US, "Europe/Riga").startswith("0001-01-01T01:36:34")


@given(
    st.integers(FIRST_US, LAST_US),
    st.sampled_from(["UTC", "Europe/Riga", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"]),
)
def test_a_written_moment_is_read_back_exactly(at_us, zone):
    assert parse_moment(format_moment(at_us, zone), "UTC") == at_us


def test_weeks_begin_on_monday_and_months_on_the_first():
    assert bucket_start(date(2026, 3, 29), "week") == date(2026, 3, 23)
    assert bucket_start(date(2026, 3, 23), "week") == date(2026, 3, 23)
    assert bucket_start(date(2026, 3, 29), "month") == date(2026, 3, 1)
    assert bucket_start(date(2026, 3, 29), "day") == date(2026, 3, 29)


def test_months_follow_each_other_over_the_years_end_and_leap_days():
    assert next_bucket(date(2025, 12, 1), "month") == date(2026, 1, 1)
    assert next_bucket(date(2024, 2, 1), "month") == date(2024, 3, 1)
    assert next_bucket(date(2024, 2, 28), "day") == date(2024, 2, 29)
    assert next_bucket(date(2025, 12, 29), "week") == date(2026, 1, 5)


def test_the_days_on_which_clocks_change_have_23_and_25_hours():
    for first, hours in ((date(2026, 3, 28), [24, 23, 24]), (date(2026, 10, 24), [24, 25, 24])):
        last = date(first.year, first.month, first.day + 3)
        starts, edges_us = day_edges(first, last, "day", "Europe/Riga")
        assert starts[0] == first
        assert [(b - a) // HOUR for a, b in zip(edges_us, edges_us[1:], strict=False)] == hours


def test_the_week_and_month_of_a_clock_change_begin_at_local_midnight():
    starts, edges_us = day_edges(date(2026, 3, 25), date(2026, 4, 3), "week", "Europe/Riga")
    assert starts == [date(2026, 3, 23), date(2026, 3, 30)]
    assert [format_moment(edge, "Europe/Riga") for edge in edges_us] == [
        "2026-03-23T00:00:00+02:00", "2026-03-30T00:00:00+03:00",
    ]  # fmt: skip
    starts, edges_us = day_edges(date(2026, 10, 31), date(2026, 11, 1), "month", "Europe/Riga")
    assert starts == [date(2026, 10, 1), date(2026, 11, 1)]
    assert (edges_us[1] - edges_us[0]) // HOUR == 31 * 24 + 1


def test_a_day_whose_midnight_was_skipped_begins_when_the_clock_went_on():
    # São Paulo put its clocks forward at midnight: the day began at 01:00.
    _, edges_us = day_edges(date(2017, 10, 15), date(2017, 10, 15), "day", "America/Sao_Paulo")
    assert format_moment(edges_us[0], "America/Sao_Paulo") == "2017-10-15T01:00:00-02:00"


def test_a_day_that_never_was_takes_no_time():
    # Samoa crossed the date line: there was no 30 December 2011.
    starts, edges_us = day_edges(date(2011, 12, 29), date(2011, 12, 31), "day", "Pacific/Apia")
    assert len(starts) == 3
    assert edges_us[1] - edges_us[0] == DAY
    assert edges_us[2] == edges_us[1]


def test_buckets_reach_to_both_ends_of_the_calendar():
    for every in ("day", "week", "month"):
        first, last = date(1, 1, 1), date(9999, 12, 31)
        starts, edges_us = day_edges(first, date(1, 2, 1), every, "America/New_York")
        assert starts[0] == first
        assert edges_us == sorted(edges_us)
        starts, edges_us = day_edges(date(9999, 11, 30), last, every, "Europe/Riga")
        assert starts[-1] == bucket_start(last, every)


def test_more_buckets_than_anyone_reads_are_refused():
    starts, _ = day_edges(date(2000, 1, 1), date(2027, 5, 18), "day", "UTC")
    assert len(starts) == MAX_BUCKETS
    with pytest.raises(ValueError, match="more than 10,000 days; take a longer unit, or fewer"):
        day_edges(date(1, 1, 1), date(9999, 12, 31), "day", "UTC")
