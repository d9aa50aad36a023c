"""Working time, against a count of every minute."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suppilo.apps.leads.worktime import WorkingTime, read_span

RIGA = ZoneInfo("Europe/Riga")
NINE_TO_FIVE = (((9 * 60, 17 * 60),),) * 5 + ((), ())
MINUTE = timedelta(minutes=1)
OFFICE = WorkingTime(RIGA, NINE_TO_FIVE)
HARD_ZONES = [
    "Europe/Riga", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Beirut",
    "Africa/Casablanca", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "Antarctica/Troll",
    "UTC",
]  # fmt: skip
"""Half-hour changes, changes at midnight, a day left out (Apia 2011), two hours (Troll)."""


def riga(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=RIGA)


def count_minutes(worktime: WorkingTime, start: datetime, end: datetime) -> int:
    """Count the minutes at which a clock on the wall shows working time."""
    counted = 0
    while start < end:
        local = start.astimezone(worktime.zone)
        minute = local.hour * 60 + local.minute
        spans = () if local.date() in worktime.days_off else worktime.week[local.weekday()]
        counted += any(since <= minute < until for since, until in spans)
        start += MINUTE
    return counted


def test_an_hour_from_friday_afternoon_ends_on_monday():
    assert OFFICE.add(riga("2026-11-20 16:30"), 60) == riga("2026-11-23 09:30")


def test_time_before_work_begins_does_not_count():
    assert OFFICE.add(riga("2026-11-23 06:00"), 15) == riga("2026-11-23 09:15")


def test_the_last_minute_of_a_day_belongs_to_it():
    assert OFFICE.add(riga("2026-11-23 16:00"), 60) == riga("2026-11-23 17:00")


def test_no_minutes_end_at_the_next_working_moment():
    assert OFFICE.add(riga("2026-11-21 12:00"), 0) == riga("2026-11-23 09:00")


def test_a_day_off_is_passed_over():
    worktime = WorkingTime(RIGA, NINE_TO_FIVE, frozenset({date(2026, 11, 18)}))
    assert worktime.add(riga("2026-11-17 16:45"), 30) == riga("2026-11-19 09:15")
    assert not worktime.is_working(riga("2026-11-18 10:00"))


def test_seconds_are_kept():
    assert OFFICE.between(riga("2026-11-23 09:00:30"), riga("2026-11-23 09:01:10")) == timedelta(
        seconds=40
    )


def test_there_is_no_time_between_an_end_and_a_start():
    assert OFFICE.between(riga("2026-11-23 12:00"), riga("2026-11-23 10:00")) == timedelta()


def test_who_never_works_never_answers():
    nobody = WorkingTime(RIGA, ((),) * 7)
    assert nobody.add(riga("2026-11-23 12:00"), 1) is None
    assert nobody.next_working(riga("2026-11-23 12:00")) is None


def test_an_hour_that_the_spring_leaves_out_is_nobodys():
    nights = WorkingTime(RIGA, (((2 * 60, 6 * 60),),) * 7)
    assert nights.between(riga("2026-03-29 00:00"), riga("2026-03-29 12:00")) == timedelta(hours=3)


def test_an_hour_that_the_autumn_gives_twice_counts_twice():
    nights = WorkingTime(RIGA, (((2 * 60, 6 * 60),),) * 7)
    assert nights.between(riga("2026-10-25 00:00"), riga("2026-10-25 12:00")) == timedelta(hours=5)


spans = st.lists(st.integers(0, 1440), min_size=2, max_size=4, unique=True).map(
    lambda found: tuple(zip(*[iter(sorted(found)[: len(found) // 2 * 2])] * 2, strict=True))
)
weeks = st.tuples(*[spans] * 7)
changes = [
    datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC),
    datetime(2026, 4, 4, tzinfo=UTC), datetime(2026, 9, 5, tzinfo=UTC),
    datetime(2026, 3, 7, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC),
    datetime(2011, 12, 29, tzinfo=UTC), datetime(2026, 2, 14, tzinfo=UTC),
]  # fmt: skip


@st.composite
def questions(draw):
    zone = ZoneInfo(draw(st.sampled_from(HARD_ZONES)))
    start = draw(st.sampled_from(changes)) + MINUTE * draw(st.integers(0, 3 * 1440))
    off = frozenset(
        start.date() + timedelta(days=day) for day in draw(st.sets(st.integers(0, 4), max_size=2))
    )
    return WorkingTime(zone, draw(weeks), off), start, draw(st.integers(0, 2 * 1440))


@settings(max_examples=150, deadline=None)
@given(questions())
def test_working_time_is_what_counting_every_minute_finds(question):
    worktime, start, minutes = question
    end = start + MINUTE * minutes
    assert worktime.between(start, end) == MINUTE * count_minutes(worktime, start, end)


@settings(max_examples=150, deadline=None)
@given(questions())
def test_so_much_working_time_lies_before_the_due_moment(question):
    worktime, start, minutes = question
    due = worktime.add(start, minutes % 600 + 1)
    if due is not None:
        assert worktime.between(start, due) == MINUTE * (minutes % 600 + 1)
        assert worktime.is_working(due - MINUTE)


@pytest.mark.parametrize("name", ["Asia/Kolkata", "Europe/London", "America/Sao_Paulo"])
def test_a_year_of_minutes_adds_up(name):
    assert name in available_timezones()
    worktime = WorkingTime(ZoneInfo(name), NINE_TO_FIVE)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    end = start + timedelta(days=365)
    assert worktime.between(start, end) == MINUTE * count_minutes(worktime, start, end)


@pytest.mark.parametrize(("start", "end"), [("9", "17:00"), ("09:60", "10:00"), ("24:01", "24:02"),
                                        ("17:00", "09:00"), ("09:00", "09:00"), ("x:y", "10:00"),
                                        ("²:00", "10:00"), ("", "")])  # fmt: skip
def test_a_span_that_is_none_is_refused(start, end):
    with pytest.raises(ValueError, match="is no"):
        read_span(start, end)


def test_a_span_may_last_until_midnight():
    assert read_span("18:30", "24:00") == (1110, 1440)
