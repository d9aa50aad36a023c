"""Messages of the reader of files, as who has a form before them hears them."""

from suppilo.apps.imports.wording import name_fields


def test_options_are_named_as_the_forms_fields():
    said = "several columns may be the time; name one with --at, or --event-name NAME"
    assert name_fields(said) == (
        "several columns may be the time; name one with “Time”, or “One name for all events” NAME"
    )


def test_missing_zone_is_asked_for_in_the_form():
    said = (
        "times without a time zone; add --timezone, e.g. --timezone Europe/Riga or --timezone UTC"
    )
    assert "--" not in name_fields(said)
    assert "write their time zone below" in name_fields(said)


def test_what_the_form_has_not_keeps_its_name():
    assert name_fields("name it with --delimiter") == "name it with --delimiter"
