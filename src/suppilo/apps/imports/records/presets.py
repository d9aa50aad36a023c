"""How the exports of other systems call their columns, as their public documentation has it.

HubSpot
    https://knowledge.hubspot.com/crm-deals/hubspots-default-deal-properties,
    https://knowledge.hubspot.com/crm-setup/set-up-your-import-file. ``Date entered "Stage"`` is
    the day on which a deal came into a stage (:mod:`suppilo.apps.imports.records.guessing`).
Pipedrive
    https://support.pipedrive.com/en/article/exporting-data-from-pipedrive: columns are called
    ``Object - Field``; the fields are those of
    https://github.com/pipedrive/client-php/blob/master/docs/versions/v2/Model/Deal.md.
Odoo
    https://github.com/odoo/odoo/blob/master/addons/crm/models/crm_lead.py (the labels of
    ``crm.lead``, which an export has as its header).
Salesforce
    https://developer.salesforce.com/docs/atlas.en-us.228.0.sfFieldRef.meta/sfFieldRef/
    salesforce_field_reference_Opportunity.htm (labels and API names) and
    salesforce_field_reference_OpportunityHistory.htm of the same reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from suppilo.apps.imports.records.fields import RecordKind, column_key

_K = RecordKind
_ENOUGH = 3
"""So many of a preset's columns tell whose export a file is."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A system's columns by the kind of records, as :func:`column_key` writes them.

    ``sign`` is among the columns of every export of that kind; None of them are ours.
    """

    key: str
    name: str
    columns: Mapping[str, Mapping[str, str]]
    signs: frozenset[str]


def _keyed(columns: Mapping[str, str]) -> dict[str, str]:
    return {column_key(column): field for column, field in columns.items()}


_HUBSPOT = Preset(
    "hubspot",
    "HubSpot",
    {
        _K.DEALS: _keyed({
            "Record ID": "external_id", "Deal Name": "name", "Pipeline": "pipeline",
            "Deal Stage": "stage", "Amount": "amount", "Currency": "currency",
            "Close Date": "close_date", "Create Date": "opened_at", "Deal owner": "owner",
            "HubSpot Team": "team",
            "Associated Company": "company", "Associated Company (Primary)": "company",
            "Associated Contact": "contact_name", "Closed Lost Reason": "lost_reason",
            "Original Source Type": "source", "Original Traffic Source": "source",
            "Next step": "next_step", "Next Activity Date": "next_step_at",
            "Deal probability": "probability",
        }),
        _K.COMPANIES: _keyed({
            "Record ID": "external_id", "Company name": "name", "Company Domain Name": "domain",
            "Industry": "industry", "Number of Employees": "employees",
            "Annual Revenue": "revenue", "Phone Number": "phone", "Country/Region": "country",
            "City": "city", "Street Address": "address", "Parent Company": "parent",
        }),
        _K.PEOPLE: _keyed({
            "Record ID": "external_id", "First Name": "first_name", "Last Name": "last_name",
            "Email": "email", "Phone Number": "phone", "Job Title": "title",
            "Company Name": "company", "Associated Company": "company",
            "Country/Region": "country", "City": "city", "Create Date": "created_at",
        }),
        _K.ACTIVITIES: _keyed({
            "Record ID": "external_id", "Activity type": "kind", "Task Title": "subject",
            "Task type": "kind", "Due date": "due_at", "Completed at": "done_at",
            "Activity assigned to": "owner", "Task Status": "is_done", "Call outcome": "outcome",
            "Call notes": "note", "Task notes": "note", "Associated Deal": "deal",
            "Associated Company": "company",
        }),
    },
    frozenset(map(column_key, (
        "Record ID", "Deal Stage", "Deal owner", "Company Domain Name", "Contact owner",
        "Company owner", "Associated Company (Primary)", "Original Source Type",
        "Original Traffic Source", "Activity assigned to", "Deal Name", "HubSpot Team",
    ))),
)  # fmt: skip

_PIPEDRIVE = Preset(
    "pipedrive",
    "Pipedrive",
    {
        _K.DEALS: _keyed({
            "Deal - ID": "external_id", "Deal - Title": "name", "Deal - Pipeline": "pipeline",
            "Deal - Stage": "stage", "Deal - Status": "state", "Deal - Value": "amount",
            "Deal - Currency of Value": "currency", "Deal - Currency": "currency",
            "Deal - Owner": "owner", "Deal - Organization": "company",
            "Organization - Name": "company", "Deal - Contact person": "contact_name",
            "Person - Name": "contact_name", "Person - Email": "contact_email",
            "Person - Email - Work": "contact_email", "Deal - Deal created": "opened_at",
            "Deal - Won time": "closed_at", "Deal - Lost time": "lost_at",
            "Deal - Deal closed on": "closed_at", "Deal - Closed on": "closed_at",
            "Deal - Expected close date": "expected_close", "Deal - Lost reason": "lost_reason",
            "Deal - Last stage change": "stage_since", "Deal - Label": "tags",
            "Deal - Next activity date": "next_step_at", "Deal - Source channel": "channel",
            "Deal - Source origin": "source", "Deal - Product name": "product",
            "Deal - Product quantity": "quantity", "Deal - Probability": "probability",
        }),
        _K.COMPANIES: _keyed({
            "Organization - ID": "external_id", "Organization - Name": "name",
            "Organization - Address": "address", "Organization - Website": "domain",
            "Organization - Industry": "industry",
            "Organization - Number of employees": "employees",
            "Organization - Annual revenue": "revenue",
            "Organization - Country of Address": "country",
            "Organization - City/town/village/locality of Address": "city",
        }),
        _K.PEOPLE: _keyed({
            "Person - ID": "external_id", "Person - Name": "name",
            "Person - First name": "first_name", "Person - Last name": "last_name",
            "Person - Email": "email", "Person - Email - Work": "email",
            "Person - Phone": "phone", "Person - Phone - Work": "phone",
            "Person - Organization": "company", "Person - Job title": "title",
            "Person - Person created": "created_at",
        }),
        _K.ACTIVITIES: _keyed({
            "Activity - ID": "external_id", "Activity - Type": "kind",
            "Activity - Subject": "subject", "Activity - Note": "note",
            "Activity - Due date": "due_at", "Activity - Done": "is_done",
            "Activity - Marked as done time": "done_at", "Activity - Duration": "duration_min",
            "Activity - Assigned to user": "owner", "Activity - Deal": "deal",
            "Activity - Organization": "company", "Activity - Priority": "is_high",
            "Deal - Title": "deal", "Person - Email": "contact_email",
        }),
    },
    frozenset(map(column_key, (
        "Deal - ID", "Deal - Title", "Deal - Value", "Deal - Stage", "Deal - Status",
        "Deal - Owner", "Deal - Organization", "Organization - Name", "Organization - ID",
        "Organization - Address", "Person - Name", "Person - Email", "Person - Phone",
        "Person - ID", "Person - Organization", "Activity - ID", "Activity - Subject",
        "Activity - Type", "Activity - Due date", "Activity - Done",
    ))),
)  # fmt: skip

_ODOO = Preset(
    "odoo",
    "Odoo",
    {
        _K.DEALS: _keyed({
            "External ID": "external_id", "ID": "external_id", "Opportunity": "name",
            "Customer": "company", "Company Name": "company", "Contact Name": "contact_name",
            "Email": "contact_email", "Stage": "stage", "Salesperson": "owner",
            "Sales Team": "team", "Expected Revenue": "amount",
            "Expected Closing": "expected_close",
            "Last Stage Update": "stage_since", "Created on": "opened_at",
            "Closed Date": "closed_at",
            "Lost Reason": "lost_reason", "Tags": "tags", "Source": "source",
            "Medium": "channel", "Campaign": "campaign", "Probability": "probability",
        }),
        _K.COMPANIES: _keyed({
            "External ID": "external_id", "Display Name": "name", "Name": "name",
            "Website": "domain", "Website Link": "domain", "Industry": "industry",
            "Phone": "phone", "Country": "country", "City": "city", "Street": "address",
        }),
        _K.PEOPLE: _keyed({
            "External ID": "external_id", "Name": "name", "Email": "email", "Phone": "phone",
            "Mobile": "phone", "Job Position": "title", "Company Name": "company",
            "Related Company": "company", "Country": "country", "City": "city",
            "Created on": "created_at",
        }),
        _K.ACTIVITIES: _keyed({
            "External ID": "external_id", "Activity Type": "kind", "Summary": "subject",
            "Note": "note", "Due Date": "due_at", "Assigned to": "owner",
            "Document Name": "deal", "Done Date": "done_at",
        }),
    },
    frozenset(map(column_key, (
        "External ID", "Expected Revenue", "Expected Closing", "Salesperson", "Sales Team",
        "Related Company", "Job Position", "Document Name", "Activity Type", "Created on",
        "Website Link", "Display Name",
    ))),
)  # fmt: skip

_SALESFORCE = Preset(
    "salesforce",
    "Salesforce",
    {
        _K.DEALS: _keyed({
            "Id": "external_id", "Opportunity ID": "external_id", "Name": "name",
            "Opportunity Name": "name", "Account Name": "company", "Account.Name": "company",
            "StageName": "stage", "Stage": "stage", "Amount": "amount",
            "CurrencyIsoCode": "currency", "Opportunity Currency": "currency",
            "Amount Currency": "currency", "CloseDate": "close_date", "Close Date": "close_date",
            "CreatedDate": "opened_at", "Created Date": "opened_at",
            "Opportunity Owner": "owner", "Owner.Name": "owner",
            "Last Stage Change Date": "stage_since", "Lead Source": "source",
            "LeadSource": "source",
            "Primary Campaign Source": "campaign", "Next Step": "next_step",
            "NextStep": "next_step", "Loss Reason": "lost_reason",
            "Probability (%)": "probability", "Probability": "probability",
        }),
        _K.COMPANIES: _keyed({
            "Id": "external_id", "Account ID": "external_id", "Name": "name",
            "Account Name": "name", "Website": "domain", "Industry": "industry",
            "Employees": "employees", "NumberOfEmployees": "employees",
            "Annual Revenue": "revenue", "AnnualRevenue": "revenue", "Phone": "phone",
            "Billing Country": "country", "BillingCountry": "country", "Billing City": "city",
            "BillingCity": "city", "Billing Street": "address", "BillingStreet": "address",
            "Parent Account": "parent",
        }),
        _K.PEOPLE: _keyed({
            "Id": "external_id", "Contact ID": "external_id", "First Name": "first_name",
            "FirstName": "first_name", "Last Name": "last_name", "LastName": "last_name",
            "Email": "email", "Phone": "phone", "MobilePhone": "phone", "Title": "title",
            "Account Name": "company", "Account.Name": "company",
            "Mailing Country": "country", "MailingCountry": "country", "Mailing City": "city",
            "MailingCity": "city", "CreatedDate": "created_at", "Created Date": "created_at",
        }),
        _K.ACTIVITIES: _keyed({
            "Id": "external_id", "Activity ID": "external_id", "Subject": "subject",
            "TaskSubtype": "kind", "Type": "kind", "Description": "note",
            "ActivityDate": "due_at", "Date": "due_at", "Due Date": "due_at",
            "CompletedDateTime": "done_at", "Status": "is_done", "Assigned": "owner",
            "Owner.Name": "owner", "WhatId": "deal", "Opportunity": "deal",
            "Company / Account": "company", "Priority": "is_high",
        }),
        _K.STAGES: _keyed({
            "OpportunityId": "deal", "Opportunity ID": "deal", "Opportunity Name": "deal",
            "StageName": "stage", "Stage Name": "stage", "To Stage": "stage",
            "From Stage": "from_stage", "CreatedDate": "at", "Created Date": "at",
            "Last Modified": "at", "Last Modified Date": "at",
        }),
    },
    frozenset(map(column_key, (
        "StageName", "CloseDate", "Opportunity Name", "Opportunity Owner", "OpportunityId",
        "AccountId", "Account Name", "LeadSource", "Lead Source", "Account ID", "OwnerId",
        "BillingCountry", "Billing Country", "MailingCountry", "Mailing Country",
        "NumberOfEmployees", "CreatedDate", "ForecastCategory", "TaskSubtype", "WhatId",
        "From Stage", "To Stage", "Fiscal Period", "LastModifiedDate", "Probability (%)",
    ))),
)  # fmt: skip

PRESETS: dict[str, Preset] = {
    preset.key: preset for preset in (_HUBSPOT, _PIPEDRIVE, _ODOO, _SALESFORCE)
}
PERCENT_PRESETS = frozenset({"pipedrive", "odoo", "salesforce"})
"""Those that write 40 for 40 %; HubSpot writes 0.4."""


def guess_preset(columns: Iterable[str]) -> Preset | None:
    """Return whose export a file seems to be, by columns that nobody else calls so."""
    keys = {column_key(column) for column in columns}
    best = max(PRESETS.values(), key=lambda preset: len(keys & preset.signs))
    return best if len(keys & best.signs) >= _ENOUGH else None
