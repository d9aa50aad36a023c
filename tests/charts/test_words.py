import doctest

import pytest

from suppilo.charts import csv_out, words
from suppilo.charts.i18n import _, language, ngettext, use_language


@pytest.mark.parametrize("module", [words, csv_out])
def test_examples_in_docstrings_are_true(module):
    outcome = doctest.testmod(module)
    assert outcome.attempted
    assert not outcome.failed


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (8000, "8,000"),
        (2**63, "9,223,372,036,854,775,808"),
        (-5, "−5"),
        (1234.0, "1,234"),
        (0.25, "0.25"),
        (0.000123456789, "0.000123457"),
        (1234567.5, "1,234,568"),
        (1234.56, "1,234.56"),
        (None, "—"),
        (float("nan"), "—"),
        (float("-inf"), "−∞"),
    ],
)
def test_number_shows_whole_numbers_whole(value, text):
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.895, "89.5 %"),
        (0.9996, "99.96 %"),
        (0.999999, ">99.99 %"),
        (0.0199, "1.99 %"),
        (0.0000042, "0.00042 %"),
        (None, "—"),
    ],
)
def test_rate_never_rounds_to_all_or_nothing(share, text):
    assert words.rate(share) == text


def test_range_has_the_digits_of_its_upper_end():
    assert words.rate_range(0.09871, 0.11216) == "9.9–11.2 %"
    assert words.rate_range(0.0, 0.242) == "0–24.2 %"
    assert words.rate_range(None, None) == "—"


def test_range_up_to_the_whole_still_shows_its_lower_end():
    assert words.rate_range(0.9612, 1.0) == "96.1–100 %"
    assert words.rate_range(0.9999575, 1.0) == "99.996–100 %"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.0042, "0.0042 s"),
        (4.5, "4.5 s"),
        (45, "45 s"),
        (59.97, "1 min"),
        (90, "1 min 30 s"),
        (3599.8, "1 h"),
        (12_000, "3 h 20 min"),
        (86_399, "1 d"),
        (86_400, "1 d"),
        (14.6 * 86_400, "14.6 d"),
        (99.97 * 86_400, "100 d"),
        (12_345 * 86_400, "12,345 d"),
        (-14 * 86_400, "−14 d"),
        (None, "—"),
        (float("inf"), "—"),
    ],
)
def test_duration_takes_the_unit_that_suits(seconds, text):
    assert words.duration(seconds) == text


def test_times_carry_their_zone():
    assert words.moment(0, "Europe/Riga") == "1970-01-01 03:00 Europe/Riga"
    assert words.day(0, "UTC") == "1970-01-01"
    assert words.day(0, "Europe/Riga") == "1970-01-01 03:00 Europe/Riga"


def test_local_time_beyond_the_calendar_is_shown_in_utc():
    last_moment_us = 253_402_300_799_000_000
    assert words.moment(last_moment_us, "Europe/Riga") == "9999-12-31 23:59 UTC"


def test_names_can_not_act_on_a_terminal_or_turn_the_line():
    cleaned = words.clean("a\x1b[2J\x07\u202eb\nc\td\ud800\uffff\x9b")
    assert cleaned == "a�[2J��b c d���"


def test_emoji_and_right_to_left_letters_stay():
    assert words.clean("🧑‍🚀 سلة") == "🧑‍🚀 سلة"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "(none)"),
        ("", "(empty)"),
        (True, "yes"),
        (12.5, "12.5"),
        (12345, "12345"),
        ("x", "x"),
    ],
)
def test_every_value_of_a_property_has_a_name(value, text):
    assert words.name_of(value) == text


def test_text_without_translation_stays_english():
    with use_language("lv"):
        assert language() == "lv"
        assert _("Step") == "Step"
        assert ngettext("{n} row", "{n} rows", 2) == "{n} rows"
    assert language() == "en"
