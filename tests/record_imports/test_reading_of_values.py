"""Cells of foreign files: amounts of every locale, rates, names of columns."""

from decimal import Decimal

import pytest

from suppilo.apps.imports.records.fields import FIELDS, RecordKind
from suppilo.apps.imports.records.guessing import StageName, guess_columns, guess_kind
from suppilo.apps.imports.records.presets import PRESETS, guess_preset
from suppilo.apps.imports.records.values import (
    UnreadableError,
    find_decimal,
    plain_value,
    read_list,
    read_number,
)

STAGES = [StageName("qualified", "Qualified to buy"), StageName("quote", "Quote")]


@pytest.mark.parametrize(
    ("text", "sign", "amount"),
    [
        ("1.234,56", ",", "1234.56"), ("1,234.56", ".", "1234.56"), ("€ 1.234,56", ",", "1234.56"),
        ("1 234,56 kr", ",", "1234.56"), ("$12", ".", "12"), ("(1,200.50)", ".", "-1200.50"),
        ("-5,5", ",", "-5.5"), ("CHF 1'234.50", ".", "1234.50"), ("12,34,567.00", ".", "1234567"),
        ("1.234", ",", "1234"), ("EUR -3.5", ".", "-3.5"), (1234.5, ",", "1234.5"), (7, ".", "7"),
    ],
)  # fmt: skip
def test_amount_is_read_as_its_locale_writes_it(text, sign, amount):
    assert read_number(text, sign) == Decimal(amount)


@pytest.mark.parametrize("text", ["soon", "1.2.3", "12,34.5", "", "1e99", "1.234,56", True, None])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(UnreadableError):
        read_number(text, ".")


@pytest.mark.parametrize(
    ("cells", "sign"),
    [
        (["1.234,56"], ","), (["1,234.56"], "."), (["1.234"], ","), (["1,234"], "."),
        (["12.5", "1,234"], "."), (["100"], None), (["0.125"], "."), (["1.234.567"], ","),
        ([12.5, "3,5"], ","),
    ],
)  # fmt: skip
def test_decimal_sign_is_found_from_the_column(cells, sign):
    assert find_decimal(cells) == sign


@pytest.mark.parametrize(
    ("number", "text"),
    [("50", "50"), ("5E+1", "50"), ("1200.0000", "1200"), ("1.50", "1.5"), ("0.0000", "0"),
     ("-0.0001", "-0.0001"), ("1E-7", "0.0000001"),
     ("999999999999999.9999", "999999999999999.9999")],
)  # fmt: skip
def test_number_is_kept_as_it_is_read_without_a_power_of_ten(number, text):
    assert plain_value(Decimal(number)) == text
    assert Decimal(text) == Decimal(number)


def test_list_is_split_at_semicolons_first():
    assert read_list("red; blue, green;red") == ["red", "blue, green"]
    assert read_list("red, blue") == ["red", "blue"]


EXPORTS = {
    ("hubspot", "deals"): ["Record ID", "Deal Name", "Deal Stage", "Close Date", "Deal owner",
                           "Amount", 'Date entered "Qualified to buy (Sales Pipeline)"'],
    ("hubspot", "companies"): ["Record ID", "Company name", "Company owner", "City",
                               "Company Domain Name", "Industry"],
    ("pipedrive", "deals"): ["Deal - Title", "Deal - Value", "Deal - Stage", "Deal - Status",
                             "Deal - Won time", "Organization - Name", "Person - Name"],
    ("pipedrive", "people"): ["Person - Name", "Person - Email", "Person - Organization"],
    ("pipedrive", "activities"): ["Activity - Subject", "Activity - Type", "Activity - Due date",
                                  "Activity - Done", "Deal - Title"],
    ("odoo", "deals"): ["External ID", "Opportunity", "Customer", "Email", "Stage", "Salesperson",
                        "Expected Revenue", "Expected Closing", "Created on"],
    ("salesforce", "deals"): ["Id", "Name", "StageName", "Amount", "CloseDate", "CreatedDate",
                              "AccountId", "LeadSource", "OwnerId"],
    ("salesforce", "stages"): ["OpportunityId", "StageName", "CreatedDate", "Amount",
                               "ForecastCategory"],
    ("salesforce", "people"): ["Account Name", "First Name", "Last Name", "Title", "Email",
                               "Mailing Country", "Contact Owner", "Account ID"],
}  # fmt: skip


@pytest.mark.parametrize(("preset", "kind"), EXPORTS)
def test_export_of_another_system_is_recognised(preset, kind):
    columns = EXPORTS[preset, kind]
    found = guess_preset(columns)
    assert found is not None
    assert (found.key, guess_kind(columns)) == (preset, kind)


def test_hubspots_dates_of_stages_become_history():
    found = guess_columns(EXPORTS["hubspot", "deals"], "deals", stages=STAGES)
    assert found['Date entered "Qualified to buy (Sales Pipeline)"'] == "stage:qualified"
    assert found["Close Date"] == "close_date"


def test_columns_of_a_plain_table_are_guessed_once_each():
    columns = ["opportunity_id", "sales_agent", "product", "account", "deal_stage", "engage_date",
               "close_date", "close_value"]  # fmt: skip
    assert guess_kind(columns) == RecordKind.DEALS
    assert guess_columns(columns, "deals") == {
        "opportunity_id": "external_id", "sales_agent": "owner", "product": "product",
        "account": "company", "deal_stage": "stage", "engage_date": "opened_at",
        "close_date": "close_date", "close_value": "amount",
    }  # fmt: skip


def test_own_fields_of_the_pipeline_are_found_by_label():
    found = guess_columns(["Name", "Contract length"], "deals", custom={"Contract length": "term"})
    assert found == {"Name": "name", "Contract length": "custom.term"}


def test_other_columns_of_people_stay_as_properties():
    assert guess_columns(["Email", "Shoe size"], "people") == {
        "Email": "email", "Shoe size": "property:shoe_size",
    }  # fmt: skip


def test_files_of_events_are_not_taken_for_deals():
    assert guess_kind(["user_id", "event", "timestamp", "email", "channel"]) == ""
    assert guess_kind(["id", "event", "time"]) == ""


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_name_fields_that_there_are(preset):
    for kind, columns in PRESETS[preset].columns.items():
        assert set(columns.values()) <= {field.name for field in FIELDS[kind]}
