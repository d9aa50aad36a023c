"""Quick entry's grammar: what a line is read as."""

from datetime import UTC, date, datetime, time

import pytest
from django.utils.translation import get_language, override
from hypothesis import example, given
from hypothesis import strategies as st

from suppilo.apps.activities.models import ActivityKind
from suppilo.apps.activities.quick import parse_entry, words

NOW = datetime(2026, 11, 25, 10, 30, tzinfo=UTC)  # A Wednesday.


def read(text):
    return parse_entry(text, NOW)


def test_line_of_the_manual_is_read_whole():
    entry = read("call Nordvik tomorrow 15:00 !high #renewal")
    assert (entry.kind, entry.subject) == ("call", "Call Nordvik")
    assert (entry.due_on, entry.at_time) == (date(2026, 11, 26), time(15))
    assert (entry.is_high, entry.tags, entry.names) == (True, ("renewal",), ("Nordvik",))
    assert not entry.is_done
    assert [part.kind for part in entry.parts] == ["kind", "day", "time", "high", "tag"]


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("today", date(2026, 11, 25)),
        ("tomorrow", date(2026, 11, 26)),
        ("friday", date(2026, 11, 27)),
        ("by Fri", date(2026, 11, 27)),
        ("wednesday", date(2026, 12, 2)),
        ("on Tuesday,", date(2026, 12, 1)),
        ("next week", date(2026, 11, 30)),
        ("next friday", date(2026, 12, 4)),
        ("1.12.", date(2026, 12, 1)),
        ("on 1.12.", date(2026, 12, 1)),
        ("24.11.", date(2027, 11, 24)),
        ("29.2.", date(2028, 2, 29)),
        ("1.2.27", date(2027, 2, 1)),
        ("1.12.2027", date(2027, 12, 1)),
        ("2026-12-01", date(2026, 12, 1)),
        ("in 3 days", date(2026, 11, 28)),
        ("in a week", date(2026, 12, 2)),
        ("in 2 weeks", date(2026, 12, 9)),
    ],
)
def test_days_are_read_as_people_type_them(words, day):
    entry = read(f"visit Acme {words}")
    assert (entry.due_on, entry.subject) == (day, "Visit Acme")


CATALOGUE = {
    ("begins a call to be made", "call phone ring"): "zvanīt piezvanīt",
    ("begins a call that was made", "called phoned rang"): "zvanīju",
    ("a day", "tomorrow"): "rīt",
    ("before a day", "on by until for"): "līdz",
    ("before a time of the day", "at by until"): "plkst.",
    ("before “3 days”", "in"): "pēc",
    ("a unit of time", "day days"): "dienas dienām",
    ("marks what is urgent", "!high !important !urgent"): "!svarīgi",
}


@pytest.fixture
def latvian(monkeypatch):
    """Translate quick entry's words; Django itself knows the names of days and months."""

    def translated(context, message):
        return CATALOGUE.get((context, message), message) if get_language() == "lv" else message

    monkeypatch.setattr(words, "pgettext", translated)
    words._read_words.cache_clear()
    with override("lv"):
        yield
    monkeypatch.undo()
    words._read_words.cache_clear()
    words.words_in_use()  # read here, not within what is timed


@pytest.mark.usefixtures("latvian")
def test_a_line_is_read_in_the_language_in_use_and_in_english():
    entry = read("piezvanīt Nordvik rīt 15:00 !svarīgi #renewal")
    assert (entry.kind, entry.due_on, entry.at_time) == ("call", date(2026, 11, 26), time(15))
    assert (entry.is_high, entry.names) == (True, ("Nordvik",))
    assert read("zvanīju Nordvik").is_done
    assert read("visit Acme pēc 3 dienām").due_on == date(2026, 11, 28)
    assert read("visit Acme līdz piektdiena").due_on == date(2026, 11, 27)
    assert read("visit Acme 1. decembris").due_on == date(2026, 12, 1)
    assert read("call Acme tomorrow !high").due_on == date(2026, 11, 26)


def test_a_day_may_be_written_with_its_month_or_as_the_language_does():
    assert read("visit Acme on 1 December").due_on == date(2026, 12, 1)
    assert read("visit Acme 12/24/2026").due_on == date(2026, 12, 24)
    with override("de"):
        assert read("visit Acme 24.12.2026").due_on == date(2026, 12, 24)
    assert read("piezvanīt Nordvik rīt").due_on is None


@pytest.mark.parametrize(
    ("words", "clock"),
    [("15:00", time(15)), ("at 9:05", time(9, 5)), ("3pm", time(15)), ("12am", time(0)),
     ("at 3:30pm", time(15, 30)), ("12pm", time(12))],
)  # fmt: skip
def test_times_are_read_as_people_type_them(words, clock):
    assert read(f"call Acme friday {words}").at_time == clock


@pytest.mark.parametrize(
    ("words", "minutes"),
    [("45min", 45), ("for 45 min", 45), ("1h", 60), ("1h30", 90), ("2 hours", 120)],
)
def test_durations_are_read(words, minutes):
    entry = read(f"demo Acme friday 9:00 {words}")
    assert (entry.duration_min, entry.subject) == (minutes, "Demo Acme")


@pytest.mark.parametrize("text", ["31.2.", "2026-13-01", "25:00", "13pm", "in 5 years", "3.5"])
def test_what_is_no_day_stays_in_the_subject(text):
    entry = read(f"task look {text}")
    assert (entry.due_on, entry.at_time) == (None, None)
    assert entry.subject == f"Task look {text.rstrip(',')}"


def test_time_alone_is_the_next_time_it_is_so_late():
    assert read("call Acme 15:00").due_on == date(2026, 11, 25)
    assert read("call Acme 9:00").due_on == date(2026, 11, 26)
    assert read("call Acme in 2 hours").at_time == time(12, 30)


def test_something_done_is_noted_with_what_was_said():
    entry = read("called Nordvik, wants monthly delivery by friday #renewal")
    assert (entry.kind, entry.is_done, entry.subject) == ("call", True, "Called Nordvik")
    assert entry.note == "wants monthly delivery by friday"
    assert (entry.due_on, entry.tags) == (None, ("renewal",))


def test_days_of_something_done_lie_in_the_past():
    assert read("visited Acme friday").due_on == date(2026, 11, 20)
    assert read("visited Acme 24.12.").due_on == date(2025, 12, 24)
    assert read("met Acme 9:00").due_on == date(2026, 11, 25)
    assert read("met Acme 15:00").due_on == date(2026, 11, 24)


def test_other_lines_are_tasks_and_names_are_left_to_look_for():
    entry = read("send the offer to Baltic Steel tomorrow @anna")
    assert (entry.kind, entry.owner) == ("task", "anna")
    assert entry.subject == "Send the offer to Baltic Steel"
    assert entry.names == ("send", "offer", "Baltic", "Steel")


def test_what_is_said_twice_is_taken_once():
    entry = read("call Acme tomorrow friday")
    assert (entry.due_on, entry.subject) == (date(2026, 11, 26), "Call Acme friday")


@given(st.text(max_size=700), st.datetimes(timezones=st.just(UTC)))
@example("in 9999 weeks", datetime.max.replace(tzinfo=UTC))
@example("9:00", datetime.max.replace(tzinfo=UTC))
@example("called yesterday 23:59", datetime.min.replace(tzinfo=UTC))
def test_any_text_is_read_as_something(text, now):
    entry = parse_entry(text, now)
    assert entry.kind in ActivityKind.values
    assert len(entry.subject) <= 300
    assert len(entry.tags) <= 10
    for part in entry.parts:
        assert text[part.start : part.end].split() == part.text.split()


WORDS = st.sampled_from(
    ["call", "called", "Nordvik", "tomorrow", "15:00", "3pm", "1.12.", "in", "3", "days", "!high",
     "#a", "@anna", "45min", "for", "on", "next", "friday", "2026-12-01", "at", ",", "Oy,"]
)  # fmt: skip


@given(st.lists(WORDS, max_size=12).map(" ".join))
def test_nothing_typed_is_lost(text):
    entry = parse_entry(text, NOW)
    kept = f"{entry.subject} {entry.note}".casefold()
    understood = " ".join(part.text for part in entry.parts).casefold()
    for word in text.casefold().split():
        assert word.strip(",") in kept or word in understood
