"""One row per path, a column per stage."""

import pytest

from io_support.io_files import message, read_one, write, write_xlsx
from suppilo.io.errors import InputError
from suppilo.io.mapping import Mapping

LEADS = "lead_id,contacted,origin,won\n1,2026-01-01,ads,2026-02-01\n2,2026-01-02,mail,\n"


def wide(stages, **options):
    return Mapping(wide=stages, timezone="UTC", **options)


def events(found):
    return [(row["path"], row["event"], row["at"].date().isoformat()) for row in found.core]


def test_each_date_is_an_event_of_its_stage(tmp_path):
    found = read_one(write(tmp_path, LEADS), wide("contacted=lead, won=won"))
    assert events(found) == [
        ("1", "lead", "2026-01-01"), ("2", "lead", "2026-01-02"), ("1", "won", "2026-02-01"),
    ]  # fmt: skip
    assert found.properties == [{"origin": "ads"}, {"origin": "mail"}, {"origin": "ads"}]


def test_files_are_joined_by_the_path(tmp_path):
    leads = write(
        tmp_path, "lead_id,contacted,origin\n1,2026-01-01,ads\n2,2026-01-02,mail\n", "a.csv"
    )
    deals = write(
        tmp_path, "lead_id,won,value,origin\n2,2026-02-02,9.5,\n3,2026-02-03,7,tv\n", "b.csv"
    )
    found = read_one([leads, deals], wide("contacted=lead,won=won"))
    assert events(found) == [
        ("1", "lead", "2026-01-01"), ("2", "lead", "2026-01-02"),
        ("2", "won", "2026-02-02"), ("3", "won", "2026-02-03"),
    ]  # fmt: skip
    assert found.property("value") == [None, 9.5, 9.5, 7.0]
    assert found.property("origin") == ["ads", "mail", "mail", "tv"]


def test_a_flag_happened_at_the_time_of_the_row(tmp_path):
    users = write(tmp_path, "user_id,date,sex\n1,2026-01-01,f\n2,2026-01-02,m\n", "users.csv")
    home = write(tmp_path, "user_id,home\n1,home\n2,home\n9,home\n", "home.csv")
    pay = write(tmp_path, "user_id,pay\n2,yes\n1,no\n", "pay.csv")
    found = read_one([users, home, pay], wide("home=home,pay=paid"))
    assert events(found) == [
        ("1", "home", "2026-01-01"), ("2", "home", "2026-01-02"), ("2", "paid", "2026-01-02"),
    ]  # fmt: skip
    assert found.property("sex") == ["f", "m", "m"]
    assert found.counts == {"no time": 1}
    assert (found.rows[0].row, found.rows[0].column) == (4, "date")


def test_numbers_1_and_0_are_flags_and_no_times(tmp_path):
    text = "lead_id,date,won\n1,2026-01-01,1\n2,2026-01-02,0\n"
    assert events(read_one(write(tmp_path, text), wide("won=won"))) == [("1", "won", "2026-01-01")]


def test_a_flag_without_any_time_asks_for_it(tmp_path):
    text = message(write(tmp_path, "user_id,home\n1,home_page\n"), wide("home=home"))
    assert "column home is a stage without times ('home_page'); name the column" in text
    assert "--at" in text


def test_a_bad_date_leaves_out_its_event_only(tmp_path):
    file = write(
        tmp_path,
        LEADS.replace("2026-02-01", "in spring")
        + ",2026-01-03,tv,2026-01-04\n3,2026-01-01,,2026-01-05\n",
    )
    found = read_one(file, wide("contacted=lead,won=won"))
    assert events(found) == [
        ("1", "lead", "2026-01-01"), ("2", "lead", "2026-01-02"), ("3", "lead", "2026-01-01"),
        ("3", "won", "2026-01-05"),
    ]  # fmt: skip
    assert found.counts == {"not a time": 1, "no path": 1}
    assert [(row.row, row.column, row.value) for row in found.rows] == [
        (4, "lead_id", ""), (2, "won", "in spring"),
    ]  # fmt: skip


def test_a_row_that_is_won_before_its_first_contact_is_kept_as_it_is(tmp_path):
    file = write(tmp_path, "lead_id,contacted,won\n1,2026-01-02,2026-01-01\n")
    assert events(read_one(file, wide("contacted=lead,won=won"))) == [
        ("1", "lead", "2026-01-02"), ("1", "won", "2026-01-01"),
    ]  # fmt: skip


def test_a_stage_that_no_file_has_is_named(tmp_path):
    text = message(write(tmp_path, LEADS), wide("contacted=lead,wonn=won"))
    assert "there is no column wonn; did you mean won?" in text


def test_stages_are_written_as_column_and_event():
    assert Mapping(wide="a=x, b c=y z").stages == (("a", "x"), ("b c", "y z"))
    with pytest.raises(InputError, match="write --wide column=event"):
        Mapping(wide="a,b=c")
    with pytest.raises(InputError, match="leave out --event"):
        Mapping(wide="a=b", event="c")


def test_a_workbook_can_be_wide(tmp_path):
    import datetime as dt

    rows = [
        ["lead id", "contacted", "won"],
        [
            1,
            dt.datetime.fromisoformat("2026-01-01 00:00"),
            dt.datetime.fromisoformat("2026-01-03 00:00"),
        ],
        [2.5, dt.datetime.fromisoformat("2026-01-02 00:00"), None],
    ]
    found = read_one(write_xlsx(tmp_path / "crm.xlsx", rows), wide("contacted=lead,won=won"))
    assert events(found) == [
        ("1", "lead", "2026-01-01"), ("2.5", "lead", "2026-01-02"), ("1", "won", "2026-01-03"),
    ]  # fmt: skip
