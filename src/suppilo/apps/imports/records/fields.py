"""What a column of a file of deals, companies, people or activities can be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class RecordKind(models.TextChoices):
    """What the rows of a file are."""

    DEALS = "deals", _("Deals")
    COMPANIES = "companies", _("Companies")
    PEOPLE = "people", _("People")
    ACTIVITIES = "activities", _("Activities")
    STAGES = "stages", _("Stage history of deals")


class ValueKind(StrEnum):
    """How a column's cells are read."""

    TEXT = "text"
    MONEY = "money"
    NUMBER = "number"
    SHARE = "share"
    DATE = "date"
    TIME = "time"
    YES_NO = "yes_no"
    LIST = "list"
    NAMED = "named"


@dataclass(frozen=True, slots=True)
class Field:
    """Something that a column can be.

    Attributes
    ----------
    also
        What columns of it are often called, as :func:`column_key` writes it.
    tells
        Whether a column of this name tells what kind of records a file holds.
    """

    name: str
    label: str | Promise
    kind: ValueKind = ValueKind.TEXT
    also: tuple[str, ...] = ()
    tells: bool = False


STAGE_PREFIX, CUSTOM_PREFIX, PROPERTY_PREFIX = "stage:", "custom.", "property:"
"""``stage:KEY``: when the deal came into a stage. ``custom.KEY``: a field of the pipeline's own.
``property:NAME``: kept as a property of the person or company."""

_V = ValueKind
_ID = ("id", "record_id", "external_id")

_DEALS = (
    Field("external_id", _("Number in the other system"), also=(*_ID, "deal_id", "opportunity_id",
          "mql_id", "lead_id", "system_id"), tells=True),
    Field("name", _("Name"), also=("name", "title", "deal", "deal_name", "deal_title",
          "opportunity", "opportunity_name", "subject")),
    Field("company", _("Company"), also=("company", "company_name", "account", "account_name",
          "organization", "organisation", "organization_name", "customer", "client",
          "associated_company", "partner_name")),
    Field("contact_email", _("Contact’s e-mail"), also=("email", "e_mail", "contact_email",
          "person_email", "email_from")),
    Field("contact_name", _("Contact’s name"), also=("contact", "contact_name", "contact_person",
          "person", "person_name", "associated_contact")),
    Field("pipeline", _("Pipeline"), _V.NAMED, ("pipeline", "deal_pipeline")),
    Field("stage", _("Stage"), _V.NAMED, ("stage", "deal_stage", "stage_name", "dealstage",
          "sales_stage", "phase"), tells=True),
    Field("state", _("Open, won or lost"), _V.NAMED, ("status", "deal_status", "state")),
    Field("owner", _("Owner"), _V.NAMED, ("owner", "deal_owner", "opportunity_owner",
          "salesperson", "sales_agent", "sales_rep", "assigned_to"), tells=True),
    Field("team", _("Team"), _V.NAMED, ("team", "sales_team", "deal_team")),
    Field("amount", _("Amount"), _V.MONEY, ("amount", "value", "deal_value", "close_value",
          "expected_revenue", "deal_amount", "price", "sum"), tells=True),
    Field("probability", _("Probability"), _V.SHARE, ("probability", "deal_probability",
          "win_probability", "probability_of_winning"), tells=True),
    Field("currency", _("Currency"), also=("currency", "currency_code", "deal_currency",
          "currency_of_value", "amount_currency", "opportunity_currency")),
    Field("product", _("Product"), _V.NAMED, ("product", "product_name")),
    Field("quantity", _("Quantity"), _V.NUMBER, ("quantity", "product_quantity", "qty")),
    Field("opened_at", _("Opened"), _V.TIME, ("created", "created_at", "created_date",
          "create_date", "created_on", "engage_date", "deal_created", "add_time",
          "first_contact_date", "opened", "opened_at", "creation_date"), tells=True),
    Field("closed_at", _("Closed"), _V.TIME, ("closed", "closed_at", "closed_date", "closed_on",
          "deal_closed_on", "won_time", "won_date", "date_closed", "closing_date"), tells=True),
    Field("lost_at", _("Lost at"), _V.TIME, ("lost_time", "lost_date")),
    Field("close_date", _("Close date: expected while open"), _V.TIME, ("close_date", "closedate"),
          tells=True),
    Field("expected_close", _("Expected close"), _V.DATE, ("expected_close",
          "expected_close_date", "expected_closing", "forecast_close_date"), tells=True),
    Field("stage_since", _("In this stage since"), _V.TIME, ("stage_since", "last_stage_change",
          "last_stage_change_date", "last_stage_update", "stage_change_time")),
    Field("source", _("Source"), also=("source", "lead_source", "origin", "original_source",
          "original_traffic_source")),
    Field("channel", _("Channel"), also=("channel", "marketing_channel", "medium")),
    Field("campaign", _("Campaign"), also=("campaign", "utm_campaign", "primary_campaign_source")),
    Field("lost_reason", _("Lost reason"), _V.NAMED, ("lost_reason", "closed_lost_reason",
          "loss_reason", "reason_lost"), tells=True),
    Field("lost_note", _("Note on the loss"), also=("lost_note", "closed_lost_note")),
    Field("next_step", _("Next step"), also=("next_step", "next_action")),
    Field("next_step_at", _("Next step by"), _V.TIME, ("next_step_at", "next_activity_date",
          "next_step_date", "next_action_due")),
    Field("tags", _("Tags"), _V.LIST, ("tags", "label", "labels")),
    Field("competitors", _("Competitors"), _V.LIST, ("competitors", "main_competitor_s")),
)  # fmt: skip

_COMPANIES = (
    Field("external_id", _("Number in the other system"), also=(*_ID, "company_id", "account_id",
          "organization_id")),
    Field("name", _("Name"), also=("name", "company", "company_name", "account", "account_name",
          "organization", "organization_name")),
    Field("domain", _("Web address"), also=("domain", "website", "website_url", "web",
          "company_domain_name"), tells=True),
    Field("industry", _("Industry"), also=("industry", "sector", "branch"), tells=True),
    Field("employees", _("Employees"), _V.NUMBER, ("employees", "number_of_employees",
          "employee_count", "people"), tells=True),
    Field("revenue", _("Revenue"), _V.NUMBER, ("revenue", "annual_revenue"), tells=True),
    Field("phone", _("Phone"), also=("phone", "phone_number")),
    Field("country", _("Country"), also=("country", "country_region", "billing_country",
          "office_location", "address_country")),
    Field("city", _("City"), also=("city", "billing_city", "address_city")),
    Field("address", _("Address"), also=("address", "street", "street_address",
          "billing_street")),
    Field("parent", _("Part of"), also=("parent_company", "parent_account", "subsidiary_of"),
          tells=True),
)  # fmt: skip

_PEOPLE = (
    Field("external_id", _("Number in the other system"), also=(*_ID, "contact_id", "person_id")),
    Field("email", _("E-mail"), also=("email", "e_mail", "email_address", "email_work",
          "work_email", "mail"), tells=True),
    Field("name", _("Name"), also=("name", "full_name", "contact", "contact_name", "person")),
    Field("first_name", _("First name"), also=("first_name", "firstname", "given_name"),
          tells=True),
    Field("last_name", _("Last name"), also=("last_name", "lastname", "surname", "family_name"),
          tells=True),
    Field("phone", _("Phone"), also=("phone", "phone_number", "mobile", "mobile_phone",
          "mobile_phone_number", "phone_work")),
    Field("title", _("Job"), also=("title", "job_title", "job_position", "position", "function"),
          tells=True),
    Field("company", _("Company"), also=("company", "company_name", "account", "account_name",
          "organization", "organization_name", "associated_company")),
    Field("country", _("Country"), also=("country", "country_region", "mailing_country")),
    Field("city", _("City"), also=("city", "mailing_city")),
    Field("created_at", _("Known since"), _V.TIME, ("created", "created_at", "create_date",
          "created_date", "person_created")),
)  # fmt: skip

_ACTIVITIES = (
    Field("external_id", _("Number in the other system"), also=(*_ID, "activity_id")),
    Field("kind", _("Kind"), _V.NAMED, ("kind", "type", "activity_type", "task_subtype"),
          tells=True),
    Field("subject", _("Subject"), also=("subject", "title", "summary", "activity", "task_title",
          "activity_subject"), tells=True),
    Field("note", _("Note"), also=("note", "notes", "description", "comments", "body",
          "full_description")),
    Field("deal", _("Deal: its number there, or its name"), also=("deal", "deal_id", "deal_title",
          "deal_name", "opportunity", "opportunity_id", "related_to", "associated_deal",
          "related_document", "what_id")),
    Field("contact_email", _("Contact’s e-mail"), also=("email", "contact_email",
          "person_email")),
    Field("company", _("Company"), also=("company", "organization", "account", "account_name",
          "company_account")),
    Field("owner", _("Owner"), _V.NAMED, ("owner", "assigned_to", "assigned_to_user",
          "activity_assigned_to", "activity_owner", "user")),
    Field("due_at", _("Due"), _V.TIME, ("due", "due_at", "due_date", "due_date_time", "deadline",
          "date"), tells=True),
    Field("done_at", _("Done at"), _V.TIME, ("done_at", "done_time", "marked_as_done_time",
          "completed_date", "completed_at", "completed_date_time"), tells=True),
    Field("is_done", _("Done"), _V.YES_NO, ("done", "is_done", "completed", "status",
          "activity_status"), tells=True),
    Field("outcome", _("Outcome"), _V.NAMED, ("outcome", "result", "call_result",
          "call_outcome")),
    Field("duration_min", _("Duration in minutes"), _V.NUMBER, ("duration", "duration_min",
          "duration_minutes")),
    Field("is_high", _("Important"), _V.YES_NO, ("important", "is_high", "priority")),
    Field("tags", _("Tags"), _V.LIST, ("tags", "label", "labels")),
)  # fmt: skip

_STAGES = (
    Field("deal", _("Deal: its number there, or its name"), also=("deal", "deal_id",
          "opportunity_id", "opportunity", "opportunity_name", "deal_name", "deal_title",
          "mql_id", "record_id"), tells=True),
    Field("stage", _("New stage"), _V.NAMED, ("stage", "to_stage", "stage_name", "new_stage",
          "new_value", "to"), tells=True),
    Field("at", _("When"), _V.TIME, ("at", "date", "changed_at", "created_date", "created_at",
          "moved_at", "last_modified", "last_modified_date", "timestamp", "entered_at"),
          tells=True),
    Field("from_stage", _("Stage before"), _V.NAMED, ("from_stage", "old_stage", "old_value",
          "previous_stage", "from"), tells=True),
    Field("lost_reason", _("Lost reason"), _V.NAMED, ("lost_reason", "closed_lost_reason")),
)  # fmt: skip

FIELDS: dict[str, tuple[Field, ...]] = {
    RecordKind.DEALS: _DEALS,
    RecordKind.COMPANIES: _COMPANIES,
    RecordKind.PEOPLE: _PEOPLE,
    RecordKind.ACTIVITIES: _ACTIVITIES,
    RecordKind.STAGES: _STAGES,
}

REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {
    RecordKind.DEALS: (("external_id", "name", "company"),),
    RecordKind.COMPANIES: (("name",),),
    RecordKind.PEOPLE: (("email", "external_id"),),
    RecordKind.ACTIVITIES: (("subject", "kind"),),
    RecordKind.STAGES: (("deal",), ("stage",), ("at",)),
}
"""Of each group a column is needed, or a value for all rows."""


def find_field(kind: str, name: str) -> Field | None:
    """Return what a column was said to be; None for a name that means nothing."""
    if kind == RecordKind.DEALS and name.startswith(STAGE_PREFIX):
        return Field(name, _("Came into a stage"), ValueKind.TIME)
    if name.startswith(CUSTOM_PREFIX) or name.startswith(PROPERTY_PREFIX):
        return Field(name, name)
    return next((field for field in FIELDS[kind] if field.name == name), None)


def column_key(name: str) -> str:
    """Return a column's name in small letters and underscores, for comparison.

    Examples
    --------
    >>> column_key("Deal - Currency of Value"), column_key("closeDate"), column_key("Title*")
    ('deal_currency_of_value', 'close_date', 'title')
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[^0-9a-z]+", "_", spaced.lower()).strip("_")
