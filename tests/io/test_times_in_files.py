"""Times in all the forms that files hold them."""

import datetime as dt
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from io_support.io_files import HEADER, message, read_one, write
from suppilo.io.mapping import Mapping
from suppilo.io.times import AmbiguousDateError, NaiveTimesError, TimeRule, parse_times
from suppilo.io.zones import localize

UTC = ZoneInfo("UTC")
RIGA = ZoneInfo("Europe/Riga")
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def moments(values, zone=UTC, dayfirst=None):
    array = values if isinstance(values, pa.Array) else pa.array(values)
    times = parse_times(array, TimeRule(zone, dayfirst))
    return [
        (EPOCH + dt.timedelta(microseconds=int(us))).isoformat() if ok else None
        for us, ok in zip(times.us, times.valid, strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022-12-22 13:25:48.718000+00:00", "2022-12-22T13:25:48.718000+00:00"),
        ("2022-12-22 13:25:48.718000 UTC", "2022-12-22T13:25:48.718000+00:00"),
        ("2022-12-22T13:25:48Z", "2022-12-22T13:25:48+00:00"),
        ("2022-12-22T13:25+0200", "2022-12-22T11:25:00+00:00"),
        ("2022-12-22 13:25:48 +02:00", "2022-12-22T11:25:48+00:00"),
        ("2022-12-22T13:25:48.123456789Z", "2022-12-22T13:25:48.123456+00:00"),
        ("2022-12-22 13:25:48,718", "2022-12-22T13:25:48.718000+00:00"),
        ("2022/12/22 13:25", "2022-12-22T13:25:00+00:00"),
        ("2022-12-22", "2022-12-22T00:00:00+00:00"),
        (" 2022-12-22 ", "2022-12-22T00:00:00+00:00"),
        ("20221222", "2022-12-22T00:00:00+00:00"),
        ("1671715548", "2022-12-22T13:25:48+00:00"),
        ("1671715548.5", "2022-12-22T13:25:48.500000+00:00"),
        ("1671715548718", "2022-12-22T13:25:48.718000+00:00"),
        ("1671715548718001", "2022-12-22T13:25:48.718001+00:00"),
        ("1671715548718001999", "2022-12-22T13:25:48.718001+00:00"),
        ("-86400", "1969-12-31T00:00:00+00:00"),
        ("31.12.2025 23:59", "2025-12-31T23:59:00+00:00"),
        ("1.2.2025", "2025-02-01T00:00:00+00:00"),
        ("12/31/2025 11:59 PM", "2025-12-31T23:59:00+00:00"),
        ("12/31/2025 12:05:06.5 am", "2025-12-31T00:05:06.500000+00:00"),
        ("31-12-2025", "2025-12-31T00:00:00+00:00"),
        ("31 Dec 2025", "2025-12-31T00:00:00+00:00"),
        ("Dec 31, 2025 23:59", "2025-12-31T23:59:00+00:00"),
        ("Wed, 31 Dec 2025 23:59:00 +0200", "2025-12-31T21:59:00+00:00"),
        ("0001-01-01", "0001-01-01T00:00:00+00:00"),
        ("9999-12-31 23:59:59.999999", "9999-12-31T23:59:59.999999+00:00"),
        ("2026-02-30", None),
        ("30.02.2026", None),
        ("31.12.2025 25:00", None),
        ("13:25", None),
        ("soon", None),
        ("1e300", None),
        ("99999999999999999999999", None),
        ("-9223372036854775808", None),
    ],
)
def test_each_form_of_time_is_read(text, expected):
    assert moments([text]) == [expected]
    # The same beside a value of another form, which keeps it from the fast way.
    assert moments([text, "2000-01-01", "x"]) == [expected, "2000-01-01T00:00:00+00:00", None]


def test_typed_columns_are_read_as_what_they_are():
    stamp = dt.datetime.fromisoformat("2026-01-31 12:00")
    expected = ["2026-01-31T10:00:00+00:00"]
    assert moments(pa.array([stamp], pa.timestamp("ns")), RIGA) == expected
    assert moments(pa.array([stamp], pa.timestamp("s", "UTC")), RIGA) == [
        "2026-01-31T12:00:00+00:00"
    ]
    assert moments(pa.array([stamp.date()]), RIGA) == ["2026-01-30T22:00:00+00:00"]
    assert moments(pa.array([1769853600]), RIGA) == expected
    assert moments(pa.array([1769853600.25, float("nan"), None])) == [
        "2026-01-31T10:00:00.250000+00:00", None, None,
    ]  # fmt: skip


@given(
    st.lists(
        st.datetimes(
            dt.datetime.fromisoformat("1900-01-01 00:00"),
            dt.datetime.fromisoformat("2100-01-01 00:00"),
            timezones=st.just(dt.UTC),
        ),
        min_size=1,
        max_size=20,
    )
)
@settings(max_examples=200, deadline=None)
def test_what_python_writes_is_read_back(whens):
    exact = [when.isoformat() for when in whens]
    assert moments(exact) == exact
    local = [when.astimezone(RIGA) for when in whens]
    assert moments([when.isoformat(" ") for when in local]) == exact


@given(
    st.lists(
        st.datetimes(
            dt.datetime.fromisoformat("1890-01-01 00:00"),
            dt.datetime.fromisoformat("2037-01-01 00:00"),
        ),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from(["Europe/Riga", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]),
)
@settings(max_examples=300, deadline=None)
def test_local_times_agree_with_zoneinfo(whens, name):
    zone = ZoneInfo(name)
    array = pa.array(whens, pa.timestamp("us"))
    expected = [when.replace(tzinfo=zone).astimezone(dt.UTC).isoformat() for when in whens]
    assert moments(array, zone) == expected


def test_times_around_clock_changes_are_settled_and_counted():
    array = pa.array(["2026-03-29 03:30:00", "2026-10-25 03:30:00", "2026-10-25 05:00:00"]).cast(
        pa.timestamp("us")
    )
    us, doubled, skipped = localize(array.cast(pa.int64()).to_numpy(), RIGA)
    found = [(EPOCH + dt.timedelta(microseconds=int(n))).isoformat() for n in us]
    assert found == [
        "2026-03-29T01:30:00+00:00", "2026-10-25T00:30:00+00:00", "2026-10-25T03:00:00+00:00",
    ]  # fmt: skip
    assert (doubled, skipped) == (1, 1)


def test_clock_changes_are_noted_with_the_column(tmp_path):
    text = HEADER + "u,v,2026-03-29 03:30:00\nu,v,2026-10-25 03:30:00\n"
    found = read_one(write(tmp_path, text), Mapping(timezone="Europe/Riga"))
    assert found.notes == {
        "timestamp: local time shown twice, the earlier taken": 1,
        "timestamp: local time skipped by the clocks, moved on": 1,
    }
    assert not found.counts


def test_naive_times_without_a_zone_are_not_guessed():
    with pytest.raises(NaiveTimesError, match="2026-01-31"):
        moments(["2026-01-31"], zone=None)
    assert moments(["2026-01-31T00:00:00Z", "1769853600"], zone=None)[0] is not None


def test_naive_times_ask_for_the_time_zone(tmp_path):
    text = message(write(tmp_path, HEADER + "u,v,2026-01-31 10:00:00\n"))
    assert "column timestamp has times without a time zone (2026-01-31 10:00:00)" in text
    assert "add --timezone, e.g. --timezone Europe/Riga" in text


def test_an_unknown_time_zone_is_refused(tmp_path):
    text = message(write(tmp_path, HEADER + "u,v,2026-01-31\n"), Mapping(timezone="Europe/Rigga"))
    assert "'Europe/Rigga' is not a time zone" in text


def test_year_1_and_9999_are_times_like_others(tmp_path):
    file = write(tmp_path, HEADER + "u,v,0001-01-01\nu,v,9999-12-31 23:59:59\nu,v,2026-01-31\n")
    found = read_one(file, Mapping(timezone="UTC"))
    assert found.times()[:2] == ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"]
    east = read_one(file, Mapping(timezone="Europe/Riga"))
    assert east.counts == {"not a time": 1}  # Midnight of year 1 in Riga lies before year 1 UTC.
    assert east.rows[0].row == 2
    west = read_one(file, Mapping(timezone="America/New_York"))
    assert west.rows[0].row == 3


def test_mixed_forms_in_one_column_are_read_value_by_value(tmp_path):
    values = ["2026-01-31T10:00:00Z", "31.01.2026 12:00", "1769853600", "soon", "", "20260131"]
    file = write(tmp_path, HEADER + "".join(f"u,v,{value}\n" for value in values))
    found = read_one(file, Mapping(timezone="Europe/Riga"))
    assert found.times()[:3] == ["2026-01-31T10:00:00+00:00"] * 3
    assert found.counts == {"not a time": 1, "no time": 1}
    assert [(row.row, row.value) for row in found.rows] == [(6, ""), (5, "soon")]


def test_infinite_and_missing_numbers_are_no_times(tmp_path):
    file = write(
        tmp_path, HEADER + "u,v,1769853600\nu,v,nan\nu,v,inf\nu,v,NULL\nnan,v,1769853600\n"
    )
    assert read_one(file).counts == {"no time": 1, "not a finite number": 3}


def test_day_and_month_are_told_apart_by_the_whole_column(tmp_path):
    day = HEADER + "u,v,03/04/2025\n" * 100_000 + "u,v,31/12/2025\n"
    found = read_one(write(tmp_path, day), Mapping(timezone="UTC"))
    assert found.times()[0] == "2025-04-03T00:00:00+00:00"
    month = HEADER + "u,v,03/04/2025\nu,v,12/31/2025\n"
    found = read_one(write(tmp_path, month), Mapping(timezone="UTC"))
    assert found.times()[0] == "2025-03-04T00:00:00+00:00"


def test_dates_that_can_be_read_both_ways_are_asked_about(tmp_path):
    file = write(tmp_path, HEADER + "u,v,03/04/2025\nu,v,05/06/2025\n")
    text = message(file, Mapping(timezone="UTC"))
    assert "column timestamp has dates such as 03/04/2025" in text
    assert "add --dayfirst or --monthfirst" in text
    for dayfirst, month in ((True, 4), (False, 3)):
        found = read_one(file, Mapping(timezone="UTC", dayfirst=dayfirst))
        assert found.core[0]["at"].month == month
    with pytest.raises(AmbiguousDateError):
        moments(["03/04/2025"])


def test_dates_that_contradict_each_other_are_asked_about(tmp_path):
    file = write(tmp_path, HEADER + "u,v,31/12/2025\nu,v,12/31/2025\n")
    text = message(file, Mapping(timezone="UTC"))
    assert "(31/12/2025) and with the month first (12/31/2025)" in text
    found = read_one(file, Mapping(timezone="UTC", dayfirst=True))
    assert found.counts == {"not a time": 1}
