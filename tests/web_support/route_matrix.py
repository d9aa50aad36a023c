"""Every route, and who may use it. A route that is not here fails ``test_route_matrix``.

A page's key is its method and its URL's name (``GET team``), an API operation's its method and
path (``DELETE api/tokens/<int:token_id>``). Its value says what it needs: ``PUBLIC``, ``LOGIN`` or
a permission; the answers that count as let in; how to make a real object for the caller, as the
URL's arguments; and what to send.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission
from web_support.deal_objects import (
    a_checklist_item,
    a_deal,
    a_deal_to_open,
    a_deal_view,
    a_document,
    a_field_of_a_deal,
    a_field_of_a_pipeline,
    a_file,
    a_line,
    a_link,
    a_lost_reason,
    a_move,
    a_new_deal,
    a_participant,
    a_pipeline,
    a_snooze,
    a_stage_of_a_pipeline,
    an_approval,
    an_approval_alone,
    an_edited_pipeline,
    an_entry_of_a_deal,
    deals_to_tag,
    somebody_by_mail,
)
from web_support.forecast_objects import an_api_made_forecast
from web_support.goal_objects import (
    A_GOAL_IN_FORM,
    A_GOAL_IN_JSON,
    a_goal,
    a_quota_behind,
    an_api_goal,
    an_api_quota_behind,
)
from web_support.lead_objects import (
    HOURS_FORM,
    INTAKE_FORM,
    a_day_off,
    a_deal_wanted,
    a_lead,
    a_lead_pipeline,
    a_lead_receiver,
    a_lead_with_sales,
    a_qualified_lead,
    a_receiver_in_json,
    a_return,
    a_return_in_json,
    a_return_reason,
    a_routing_form,
    a_routing_in_json,
    a_routing_rule,
    a_target_in_json,
    an_absence,
    an_absence_form,
    an_accepted_lead,
    an_intake_rule,
    an_own_absence,
    people_to_be_leads,
    some_hours,
)
from web_support.money_objects import (
    a_deal_in_json,
    a_deal_with_products,
    a_discount_asked_for,
    a_discount_limit,
    a_draft_invoice,
    a_draft_quote,
    a_logo,
    a_paid_invoice,
    a_payment,
    a_price_book,
    a_price_list,
    a_product,
    a_public_quote,
    a_rate,
    a_waiting_quote,
    an_open_invoice,
    invoice_texts,
    quote_texts,
    with_a_logo,
)
from web_support.route_objects import (
    a_company,
    a_dashboard,
    a_device_of_the_person,
    a_funnel,
    a_job,
    a_level_of_a_scenario,
    a_member,
    a_merge,
    a_person,
    a_pin,
    a_refused_event,
    a_refused_event_in_form,
    a_reset_link,
    a_rule,
    a_scenario,
    a_source,
    a_source_key,
    a_spend_file,
    a_suppression,
    a_team,
    a_token,
    a_view,
    an_api_funnel,
    an_api_scenario,
    an_import,
    an_invitation,
    an_invitation_link,
    an_upload,
    another_in_form,
    another_person,
    as_csv,
    nothing,
    people_in_a_new_company,
    two_people,
)
from web_support.score_objects import (
    A_SHEET_IN_FORM,
    A_SHEET_IN_JSON,
    a_score_sheet,
    a_scored_person,
)
from web_support.score_objects import RULES as SCORE_RULES
from web_support.segment_objects import (
    A_DAY_OF_A_SEGMENT,
    A_SEGMENT_IN_FORM,
    A_SEGMENT_IN_JSON,
    SOME_RULES,
    a_segment,
    a_segment_day,
    an_api_segment,
    an_api_segment_day,
)
from web_support.watch_objects import (
    a_watch_alert,
    a_watched_figure,
    an_api_watch_alert,
    an_api_watched_figure,
)
from web_support.webhook_objects import (
    ADDRESS,
    a_message,
    a_webhook,
    an_api_message,
    an_api_webhook,
)
from web_support.work_objects import (
    a_book_entry,
    a_book_entry_in_json,
    a_book_material,
    a_calendar,
    a_deals_book_entry,
    a_line_of_work,
    a_next_step,
    a_pipeline_of_sales,
    a_worked_deal,
    an_activity,
    an_activity_in_form,
    an_item_of_the_day,
)

TWICE = "of=own&level=Visits&level=Sales&count=200&count=4&times=2"
PUBLIC, LOGIN = "public", "login"
OK = frozenset({200})
DONE = frozenset({302})
REFUSED_INPUT = frozenset({422})
MISSING = frozenset({404})
A_FIGURE = {
    "user_id": 987_654, "pipeline_id": 987_654, "starts_on": "2026-11-01", "currency": "EUR",
    "amount": "1",
}  # fmt: skip
NOT_THERE = frozenset({404})

Build = Callable[[User], dict[str, Any]]
P = Permission


@dataclass(frozen=True)
class Route:
    """What a route needs, what it answers those who may, and how to call it."""

    needs: str | Permission
    answers: frozenset[int] = OK
    arguments: Build = nothing
    data: dict[str, Any] | Build = field(default_factory=dict)

    def build_data(self, user: User) -> dict[str, Any]:
        """Return what to send; what it names is there once the arguments have been made."""
        return self.data(user) if callable(self.data) else self.data


ROUTES: dict[str, Route] = {
    # Coming in
    "GET home": Route(LOGIN, DONE),
    "GET setup": Route(PUBLIC, NOT_THERE),
    "POST setup": Route(PUBLIC, NOT_THERE),
    "GET login": Route(PUBLIC),
    "POST login": Route(PUBLIC, REFUSED_INPUT, data={"email": "x"}),
    "POST logout": Route(PUBLIC, DONE),
    "GET session": Route(PUBLIC),
    "GET password_forgotten": Route(PUBLIC),
    "POST password_forgotten": Route(PUBLIC, REFUSED_INPUT, data={"email": "x"}),
    "GET password_reset": Route(PUBLIC, arguments=a_reset_link),
    "POST password_reset": Route(PUBLIC, REFUSED_INPUT, a_reset_link, {"password": "x"}),
    "GET join": Route(PUBLIC, arguments=an_invitation_link),
    "POST join": Route(PUBLIC, REFUSED_INPUT, an_invitation_link, {"name": "x"}),
    # One's own account
    "GET account": Route(LOGIN),
    "POST account": Route(LOGIN, DONE, data={"name": "Anna"}),
    "GET account_password": Route(LOGIN),
    "POST account_password": Route(LOGIN, REFUSED_INPUT, data={"current": "x"}),
    "GET account_start": Route(LOGIN),
    "POST account_start": Route(LOGIN, DONE, data={"start": "funnels"}),
    "GET account_tokens": Route(LOGIN),
    "POST account_tokens": Route(LOGIN, data={"name": "Export"}),
    "POST account_token_revoke": Route(LOGIN, DONE, a_token),
    # The team
    "GET team": Route(P.MANAGE_TEAM),
    "POST member_role": Route(P.MANAGE_TEAM, DONE, a_member, {"role": "analyst"}),
    "POST member_deactivate": Route(P.MANAGE_TEAM, DONE, a_member),
    "POST member_reactivate": Route(P.MANAGE_TEAM, DONE, a_member),
    "GET audit_log": Route(P.MANAGE_TEAM),
    "GET teams": Route(P.MANAGE_TEAM),
    "POST teams": Route(P.MANAGE_TEAM, DONE, data={"name": "North"}),
    "GET team_edit": Route(P.MANAGE_TEAM, arguments=a_team),
    "POST team_edit": Route(P.MANAGE_TEAM, DONE, a_team, {"name": "South"}),
    "POST team_delete": Route(P.MANAGE_TEAM, DONE, a_team),
    "GET invitations": Route(P.MANAGE_TEAM),
    "POST invitations": Route(P.MANAGE_TEAM, data={"email": "n@example.com", "role": "viewer"}),
    "POST invitation_revoke": Route(P.MANAGE_TEAM, DONE, an_invitation),
    # Sources and quarantine
    "GET sources": Route(P.SEE_SOURCES),
    "GET source_new": Route(P.MANAGE_SOURCES),
    "POST source_new": Route(P.MANAGE_SOURCES, DONE, data={"name": "Shop", "kind": "website"}),
    "GET source": Route(P.SEE_SOURCES, arguments=a_source),
    "GET source_counts": Route(P.SEE_SOURCES, arguments=a_source),
    "GET source_change": Route(P.MANAGE_SOURCES, arguments=a_source),
    "POST source_change": Route(P.MANAGE_SOURCES, DONE, a_source, {"name": "Shop"}),
    "POST source_enable": Route(P.MANAGE_SOURCES, DONE, a_source),
    "POST source_disable": Route(P.MANAGE_SOURCES, DONE, a_source),
    "POST source_key_add": Route(P.MANAGE_SOURCES, DONE, a_source),
    "POST source_key_revoke": Route(P.MANAGE_SOURCES, DONE, a_source_key),
    "GET source_rules": Route(P.MANAGE_SOURCES, arguments=a_source),
    "POST source_rules": Route(P.MANAGE_SOURCES, arguments=a_source, data={"action": "drop"}),
    "POST source_rule_remove": Route(P.MANAGE_SOURCES, DONE, a_rule),
    "GET quarantine": Route(P.SEE_SOURCES),
    "GET quarantined": Route(P.SEE_SOURCES, arguments=a_refused_event),
    "POST quarantine_replay": Route(P.MANAGE_SOURCES, DONE, data=a_refused_event_in_form),
    "POST quarantine_discard": Route(P.MANAGE_SOURCES, DONE, data=a_refused_event_in_form),
    # Imports
    "GET imports": Route(P.IMPORT_FILES),
    "GET import_new": Route(P.IMPORT_FILES),
    "POST import_new": Route(P.IMPORT_FILES),
    "GET import": Route(P.IMPORT_FILES, arguments=an_import),
    "POST import": Route(P.IMPORT_FILES, DONE, an_import, {"known": "yes"}),
    "GET import_progress": Route(P.IMPORT_FILES, frozenset({286}), an_import),
    "GET import_rejects": Route(P.IMPORT_FILES, NOT_THERE, an_import),
    "GET import_notes": Route(P.IMPORT_FILES, NOT_THERE, an_import),
    "POST import_kind": Route(P.IMPORT_FILES, DONE, an_import, {"kind": "events"}),
    "POST import_check": Route(P.IMPORT_FILES, DONE, an_import),
    "POST import_run": Route(P.IMPORT_FILES, DONE, an_import),
    "POST import_cancel": Route(P.IMPORT_FILES, DONE, an_import),
    "POST import_undo": Route(P.IMPORT_FILES, DONE, an_import),
    "POST import_delete": Route(P.IMPORT_FILES, DONE, an_import),
    # Funnels and dashboards
    "GET funnels": Route(P.SEE_REPORTS),
    "GET new_funnel": Route(P.SEE_REPORTS),
    "POST save_funnel": Route(P.SAVE_REPORTS, DONE, data={"name": "Shop", "query": "s1=a"}),
    "GET suggest_names": Route(P.SEE_REPORTS),
    "GET funnel_people": Route(P.SEE_PEOPLE),
    "GET export_funnel_people": Route(P.EXPORT_PEOPLE, DONE, as_csv),
    "GET what_if": Route(P.SEE_REPORTS),
    "GET export_what_if": Route(P.SEE_REPORTS, frozenset({400})),
    "POST save_scenario": Route(P.SAVE_REPORTS, DONE, data={"name": "A", "query": TWICE}),
    "GET scenarios": Route(P.SEE_REPORTS),
    "GET compare_scenarios": Route(P.SEE_REPORTS, DONE),
    "GET scenario": Route(P.SEE_REPORTS, arguments=a_scenario),
    "GET scenario_before": Route(P.SEE_REPORTS, DONE, a_level_of_a_scenario),
    "GET scenario_settings": Route(P.SAVE_REPORTS, arguments=a_scenario),
    "POST scenario_settings": Route(P.SAVE_REPORTS, DONE, a_scenario, {"name": "B"}),
    "POST delete_scenario": Route(P.SAVE_REPORTS, DONE, a_scenario),
    "GET api/insights/what-if": Route(P.SEE_REPORTS, REFUSED_INPUT),
    "GET api/insights/scenarios": Route(P.SEE_REPORTS),
    "POST api/insights/scenarios": Route(
        P.SAVE_REPORTS, REFUSED_INPUT, data={"name": "A", "definition": {"of": "own"}}
    ),
    "GET api/insights/scenarios/<int:scenario_id>": Route(P.SEE_REPORTS, arguments=an_api_scenario),
    "GET api/insights/scenarios/<int:scenario_id>/check": Route(
        P.SEE_REPORTS, arguments=an_api_scenario
    ),
    "DELETE api/insights/scenarios/<int:scenario_id>": Route(
        P.SAVE_REPORTS, frozenset({204}), an_api_scenario
    ),
    "GET api/funnels/people": Route(P.SEE_PEOPLE, REFUSED_INPUT),
    "GET api/insights/attribution/people": Route(P.SEE_PEOPLE, REFUSED_INPUT),
    "GET api/insights/channels/deals": Route(P.SEE_ALL_DEALS),
    "GET api/insights/channels/people": Route(P.SEE_PEOPLE),
    "GET api/insights/cohorts/people": Route(P.SEE_PEOPLE, REFUSED_INPUT),
    "GET api/insights/forecast/deals": Route(P.SEE_DEALS, MISSING),
    "GET api/insights/process-map/deals": Route(P.SEE_DEALS, MISSING),
    "GET api/insights/process-map/people": Route(P.SEE_PEOPLE, MISSING),
    "GET api/insights/scores/model/cases": Route(P.SEE_PEOPLE, MISSING),
    "GET api/insights/value/customers": Route(P.SEE_PEOPLE, REFUSED_INPUT),
    "GET api/reports/pipeline/deals": Route(P.SEE_DEALS, MISSING),
    "GET attribution": Route(P.SEE_REPORTS),
    "GET attribution_people": Route(P.SEE_PEOPLE, DONE),
    "GET attribution_csv": Route(P.SEE_REPORTS, DONE),
    "GET channels": Route(P.SEE_ALL_DEALS),
    "GET channel_deals": Route(P.SEE_ALL_DEALS),
    "GET channel_people": Route(P.SEE_PEOPLE),
    "GET channels_csv": Route(P.EXPORT_DEALS),
    "GET api/insights/channels": Route(P.SEE_ALL_DEALS),
    "GET api/reports/pipeline": Route(P.SEE_DEALS, MISSING),
    "GET api/reports/full-funnel": Route(P.SEE_ALL_DEALS, MISSING),
    "GET budget": Route(P.SEE_ALL_DEALS),
    "GET budget_csv": Route(P.EXPORT_DEALS, DONE),
    "GET api/insights/budget": Route(P.SEE_ALL_DEALS, REFUSED_INPUT),
    "GET api/insights/attribution": Route(P.SEE_REPORTS, REFUSED_INPUT),
    "GET value": Route(P.SEE_REPORTS),
    "GET value_customers": Route(P.SEE_PEOPLE),
    "GET export_value_customers": Route(P.EXPORT_PEOPLE, DONE, as_csv),
    "GET api/insights/value": Route(P.SEE_REPORTS, REFUSED_INPUT),
    "GET cohorts": Route(P.SEE_REPORTS),
    "GET export_cohorts": Route(P.SEE_REPORTS, DONE),
    "GET cohort_people": Route(P.SEE_PEOPLE),
    "GET export_cohort_people": Route(P.EXPORT_PEOPLE, DONE),
    "GET api/insights/cohorts": Route(P.SEE_REPORTS, REFUSED_INPUT),
    "GET forecast": Route(P.SEE_DEALS),
    "GET forecast_record": Route(P.SEE_DEALS),
    "GET forecast_deals": Route(P.SEE_DEALS, DONE),
    "GET forecast_csv": Route(P.EXPORT_DEALS, DONE),
    "POST forecast_call": Route(P.EDIT_DEALS, DONE, a_deal, {"category": "commit"}),
    "POST forecast_month": Route(P.EDIT_DEALS, MISSING),
    "POST forecast_keep": Route(P.SAVE_REPORTS, MISSING),
    "GET api/insights/forecast": Route(P.SEE_DEALS, MISSING),
    "GET api/insights/forecast/made": Route(P.SEE_ALL_DEALS),
    "POST api/insights/forecast/made": Route(
        P.SAVE_REPORTS, MISSING, data={"pipeline_id": 987_654}
    ),
    "GET api/insights/forecast/made/<int:made_id>": Route(
        P.SEE_ALL_DEALS, arguments=an_api_made_forecast
    ),
    "GET api/insights/forecast/record": Route(
        P.SEE_ALL_DEALS, MISSING, data={"pipeline_id": 987_654}
    ),
    "POST api/insights/forecast/calls": Route(
        P.EDIT_DEALS, MISSING, data={"deal_id": 987_654, "category": "commit"}
    ),
    "POST api/insights/forecast/figures": Route(P.EDIT_DEALS, MISSING, data=A_FIGURE),
    "GET process_map": Route(P.SEE_REPORTS),
    "GET process_map_csv": Route(P.SEE_REPORTS, DONE),
    "GET process_map_people": Route(P.SEE_PEOPLE, DONE),
    "GET process_map_deals": Route(P.SEE_DEALS, DONE),
    "GET api/insights/process-map": Route(P.SEE_REPORTS, REFUSED_INPUT),
    "GET api/insights/process-map/comparison": Route(P.SEE_REPORTS, REFUSED_INPUT),
    "GET api/insights/process-map/conformance": Route(P.SEE_DEALS, REFUSED_INPUT),
    "GET export_funnel": Route(P.SEE_REPORTS, frozenset({400}), as_csv),
    "GET funnel": Route(P.SEE_REPORTS, arguments=a_funnel),
    "GET bottlenecks": Route(P.SEE_REPORTS),
    "GET change": Route(P.SEE_REPORTS),
    "GET change_csv": Route(P.SEE_REPORTS, DONE),
    "GET api/insights/change": Route(P.SEE_REPORTS, frozenset({422})),
    "GET scores": Route(P.SEE_REPORTS, arguments=a_score_sheet),
    "GET export_scores": Route(P.EXPORT_PEOPLE),
    "GET score_rules": Route(P.MANAGE_LEADS, arguments=a_score_sheet),
    "POST score_rules": Route(P.MANAGE_LEADS, DONE, data=A_SHEET_IN_FORM),
    "GET guess_score_rules": Route(P.MANAGE_LEADS),
    "GET score_model": Route(P.SEE_REPORTS),
    "GET score_cases": Route(P.SEE_PEOPLE, MISSING),
    "POST learn_scores": Route(P.MANAGE_LEADS, DONE),
    "GET api/insights/scores": Route(P.SEE_PEOPLE),
    "GET api/insights/scores/people/<int:person_id>": Route(
        P.SEE_PEOPLE, arguments=a_scored_person
    ),
    "GET api/insights/scores/rules": Route(P.SEE_REPORTS, arguments=a_score_sheet),
    "PUT api/insights/scores/rules": Route(P.MANAGE_LEADS, data=A_SHEET_IN_JSON),
    "POST api/insights/scores/rules/preview": Route(P.MANAGE_LEADS, data={"rules": SCORE_RULES}),
    "GET api/insights/scores/model": Route(P.SEE_REPORTS, MISSING),
    "POST api/insights/scores/model/learn": Route(P.MANAGE_LEADS, REFUSED_INPUT),
    "GET watch": Route(P.SEE_REPORTS),
    "GET add_watched": Route(P.SAVE_REPORTS),
    "POST add_watched": Route(P.SAVE_REPORTS, REFUSED_INPUT, data={"kind": "events"}),
    "POST watch_what_matters": Route(P.SAVE_REPORTS, DONE),
    "POST watch_now": Route(P.SAVE_REPORTS, DONE),
    "POST leave_out_day": Route(P.SAVE_REPORTS, DONE, data={"day": "2026-12-25"}),
    "POST take_day_back": Route(P.SAVE_REPORTS, DONE, data={"day": "2026-12-25"}),
    "GET watched": Route(P.SEE_REPORTS, arguments=a_watched_figure),
    "GET watched_csv": Route(P.SEE_REPORTS, arguments=a_watched_figure),
    "POST follow_watched": Route(P.SEE_REPORTS, DONE, a_watched_figure, {"on": "1"}),
    "POST remove_watched": Route(P.SAVE_REPORTS, DONE, a_watched_figure),
    "POST acknowledge_alert": Route(P.SAVE_REPORTS, DONE, a_watch_alert, {"note": "Ads"}),
    "POST reopen_alert": Route(P.SAVE_REPORTS, DONE, a_watch_alert),
    "GET api/watch/figures": Route(P.SEE_REPORTS),
    "POST api/watch/figures": Route(P.SAVE_REPORTS, REFUSED_INPUT, data={"kind": "events"}),
    "GET api/watch/figures/<int:figure_id>": Route(P.SEE_REPORTS, arguments=an_api_watched_figure),
    "DELETE api/watch/figures/<int:figure_id>": Route(
        P.SAVE_REPORTS, frozenset({204}), an_api_watched_figure
    ),
    "PUT api/watch/figures/<int:figure_id>/follow": Route(
        P.SEE_REPORTS, frozenset({204}), an_api_watched_figure, {"is_on": True}
    ),
    "GET api/watch/alerts": Route(P.SEE_REPORTS),
    "POST api/watch/alerts/<int:alert_id>/acknowledge": Route(
        P.SAVE_REPORTS, arguments=an_api_watch_alert, data={"note": "Ads"}
    ),
    "POST api/watch/alerts/<int:alert_id>/reopen": Route(
        P.SAVE_REPORTS, arguments=an_api_watch_alert
    ),
    "POST change_funnel": Route(P.SAVE_REPORTS, DONE, a_funnel, {"query": "s1=a"}),
    "GET funnel_settings": Route(P.SAVE_REPORTS, arguments=a_funnel),
    "POST funnel_settings": Route(P.SAVE_REPORTS, DONE, a_funnel, {"name": "Shop"}),
    "POST duplicate_funnel": Route(P.SAVE_REPORTS, DONE, a_funnel),
    "POST delete_funnel": Route(P.SAVE_REPORTS, DONE, a_funnel),
    "POST pin_funnel": Route(P.SAVE_REPORTS, DONE, a_funnel, {"view": "steps"}),
    "GET dashboards": Route(P.SEE_REPORTS),
    "POST dashboards": Route(P.SAVE_REPORTS, DONE, data={"name": "Monday"}),
    "GET dashboard": Route(P.SEE_REPORTS, arguments=a_dashboard),
    "POST change_dashboard": Route(P.SAVE_REPORTS, DONE, a_dashboard, {"name": "Tuesday"}),
    "POST delete_dashboard": Route(P.SAVE_REPORTS, DONE, a_dashboard),
    "GET pinned_report": Route(P.SEE_REPORTS, arguments=a_pin),
    "POST move_pin": Route(P.SAVE_REPORTS, DONE, a_pin, {"place": "1"}),
    "POST remove_pin": Route(P.SAVE_REPORTS, DONE, a_pin),
    "GET api/funnels": Route(P.SEE_REPORTS),
    "POST api/funnels": Route(
        P.SAVE_REPORTS, frozenset({201}), data={"name": "Shop", "definition": {"steps": ["a"]}}
    ),
    "POST api/funnels/ask": Route(
        P.SEE_REPORTS, REFUSED_INPUT, data={"definition": {"steps": ["a"]}}
    ),
    "GET api/funnels/<int:funnel_id>": Route(P.SEE_REPORTS, arguments=an_api_funnel),
    "PUT api/funnels/<int:funnel_id>": Route(
        P.SAVE_REPORTS,
        arguments=an_api_funnel,
        data={"name": "Shop", "definition": {"steps": ["a"]}},
    ),
    "DELETE api/funnels/<int:funnel_id>": Route(P.SAVE_REPORTS, frozenset({204}), an_api_funnel),
    # Reports of pipelines
    "GET pipeline_report": Route(P.SEE_DEALS),
    "GET pipeline_report_figures": Route(P.SEE_DEALS),
    "GET pipeline_report_groups": Route(P.SEE_DEALS),
    "GET pipeline_report_discounts": Route(P.SEE_DEALS),
    "GET pipeline_report_deals": Route(P.SEE_DEALS, NOT_THERE),
    "GET full_funnel": Route(P.SEE_ALL_DEALS),
    "GET full_funnel_figures": Route(P.SEE_ALL_DEALS),
    "GET full_funnel_beside": Route(P.SEE_ALL_DEALS),
    "GET full_funnel_weeks": Route(P.SEE_ALL_DEALS),
    "GET export_full_funnel": Route(P.EXPORT_DEALS, DONE, as_csv),
    "GET export_pipeline_report": Route(P.EXPORT_DEALS, DONE, as_csv),
    "GET export_pipeline_report_deals": Route(P.EXPORT_DEALS, NOT_THERE, as_csv),
    # Spend
    "GET spend": Route(P.SEE_ALL_DEALS),
    "GET spend_rows": Route(P.SEE_ALL_DEALS),
    "GET spend_upload": Route(P.MANAGE_SPEND),
    "POST spend_upload": Route(P.MANAGE_SPEND),
    "GET spend_file": Route(P.MANAGE_SPEND, arguments=a_spend_file),
    "POST spend_file": Route(P.MANAGE_SPEND, DONE, a_spend_file, {"all_currency": "EUR"}),
    "POST spend_bring_in": Route(P.MANAGE_SPEND, DONE, a_spend_file),
    "POST spend_undo": Route(P.MANAGE_SPEND, DONE, a_spend_file),
    "POST spend_remove": Route(P.MANAGE_SPEND, DONE, a_spend_file),
    # Events
    "GET events": Route(P.SEE_REPORTS),
    "GET event_name": Route(P.SEE_REPORTS, NOT_THERE),
    "GET events_live": Route(P.SEE_PEOPLE),
    "GET events_live_rows": Route(P.SEE_PEOPLE),
    "GET event": Route(P.SEE_PEOPLE, NOT_THERE),
    "GET api/events": Route(P.SEE_REPORTS),
    "GET api/events/properties": Route(P.SEE_REPORTS, REFUSED_INPUT),
    "GET api/events/values": Route(P.SEE_REPORTS, REFUSED_INPUT),
    "GET api/events/latest": Route(P.SEE_PEOPLE),
    # People and companies
    "GET people": Route(P.SEE_PEOPLE),
    "GET people_export": Route(P.EXPORT_PEOPLE, arguments=as_csv),
    "POST people_export": Route(P.EXPORT_PEOPLE, OK, as_csv, two_people),
    "POST people_company": Route(P.EDIT_PEOPLE, DONE, data=people_in_a_new_company),
    "POST people_merge": Route(P.EDIT_PEOPLE, DONE, data=two_people),
    "POST people_merge_undo": Route(P.EDIT_PEOPLE, DONE, a_merge),
    "GET people_suppressed": Route(P.EDIT_PEOPLE),
    "POST people_suppressed": Route(P.EDIT_PEOPLE, DONE, data={"identifier": "u-17"}),
    "POST people_allow": Route(P.EDIT_PEOPLE, DONE, a_suppression),
    "GET people_suppress": Route(P.EDIT_PEOPLE, arguments=a_person),
    "POST people_suppress": Route(P.EDIT_PEOPLE, DONE, a_person, a_device_of_the_person),
    "POST people_view_save": Route(P.SEE_PEOPLE, DONE, data={"name": "Known", "query": "known=1"}),
    "POST people_view_delete": Route(P.SEE_PEOPLE, DONE, a_view),
    "GET person": Route(P.SEE_PEOPLE, arguments=a_person),
    "GET person_timeline": Route(P.SEE_PEOPLE, arguments=a_person),
    "POST person_property": Route(P.EDIT_PEOPLE, DONE, a_person, {"name": "plan", "value": "pro"}),
    "GET person_merge": Route(P.EDIT_PEOPLE, arguments=a_person),
    "POST person_merge": Route(P.EDIT_PEOPLE, DONE, a_person, another_in_form),
    "POST person_split": Route(P.EDIT_PEOPLE, DONE, a_person, a_device_of_the_person),
    "GET companies": Route(P.SEE_PEOPLE),
    "POST company_new": Route(P.EDIT_PEOPLE, DONE, data={"name": "Acme"}),
    "GET company": Route(P.SEE_PEOPLE, arguments=a_company),
    "POST company_rename": Route(P.EDIT_PEOPLE, DONE, a_company, {"name": "Acme Nordic"}),
    "POST company_add": Route(P.EDIT_PEOPLE, DONE, a_company, two_people),
    "POST company_remove": Route(P.EDIT_PEOPLE, DONE, a_company, two_people),
    "GET api/people": Route(P.SEE_PEOPLE),
    "GET api/people/<int:person_id>": Route(P.SEE_PEOPLE, arguments=a_person),
    "GET api/people/<int:person_id>/timeline": Route(P.SEE_PEOPLE, arguments=a_person),
    "POST api/people/<int:person_id>/merge": Route(P.EDIT_PEOPLE, OK, a_person, another_person),
    "POST api/people/merges/<int:merge_id>/undo": Route(P.EDIT_PEOPLE, arguments=a_merge),
    "GET api/companies": Route(P.SEE_PEOPLE),
    "GET api/companies/<int:company_id>": Route(P.SEE_PEOPLE, arguments=a_company),
    # The catalogue
    "GET products": Route(P.SEE_DEALS),
    "GET product_new": Route(P.MANAGE_CATALOGUE),
    "POST product_new": Route(
        P.MANAGE_CATALOGUE, DONE, data={"name": "Pump", "sku": "P-1", "currency": "EUR"}
    ),
    "GET product": Route(P.SEE_DEALS, arguments=a_product),
    "POST product": Route(
        P.MANAGE_CATALOGUE, DONE, a_product, {"name": "X", "sku": "X", "currency": "EUR"}
    ),
    "POST product_archive": Route(P.MANAGE_CATALOGUE, DONE, a_product),
    "POST product_restore": Route(P.MANAGE_CATALOGUE, DONE, a_product),
    "GET price_books": Route(P.SEE_DEALS),
    "POST price_books": Route(
        P.MANAGE_CATALOGUE, DONE, data={"name": "Partners", "currency": "EUR"}
    ),
    "GET price_book": Route(P.SEE_DEALS, arguments=a_price_book),
    "POST price_book": Route(P.MANAGE_CATALOGUE, DONE, a_price_book),
    "POST price_book_rename": Route(P.MANAGE_CATALOGUE, DONE, a_price_book, {"name": "2027"}),
    "POST price_book_default": Route(P.MANAGE_CATALOGUE, DONE, a_price_book),
    "POST price_book_archive": Route(P.MANAGE_CATALOGUE, DONE, a_price_book),
    "POST price_book_restore": Route(P.MANAGE_CATALOGUE, DONE, a_price_book),
    "POST price_book_import": Route(P.MANAGE_CATALOGUE, OK, a_price_book, a_price_list),
    "GET exchange_rates": Route(P.SEE_DEALS),
    "POST exchange_rates": Route(
        P.MANAGE_CATALOGUE,
        DONE,
        data={"day": "2026-03-02", "currency": "USD", "to": "EUR", "rate": "0.9"},
    ),
    "POST exchange_rate_remove": Route(P.MANAGE_CATALOGUE, DONE, a_rate),
    "GET discount_limits": Route(P.SEE_DEALS),
    "POST discount_limits": Route(
        P.MANAGE_CATALOGUE, DONE, data={"role": "salesperson", "rate": "5"}
    ),
    "POST discount_limit_remove": Route(P.MANAGE_CATALOGUE, DONE, a_discount_limit),
    "GET api/products": Route(P.SEE_DEALS),
    "POST api/products": Route(
        P.MANAGE_CATALOGUE, frozenset({201}), data={"name": "Pump", "sku": "P-1"}
    ),
    "GET api/products/<int:product_id>": Route(P.SEE_DEALS, arguments=a_product),
    "PUT api/products/<int:product_id>": Route(
        P.MANAGE_CATALOGUE, arguments=a_product, data={"name": "Pump", "sku": "P-2"}
    ),
    "GET api/products/<int:product_id>/allowed-discount": Route(P.SEE_DEALS, arguments=a_product),
    "GET api/price-books": Route(P.SEE_DEALS),
    "GET api/price-books/<int:book_id>/prices": Route(P.SEE_DEALS, arguments=a_price_book),
    "PUT api/price-books/<int:book_id>/prices": Route(
        P.MANAGE_CATALOGUE,
        arguments=a_price_book,
        data={"prices": [{"product_id": 999_999, "unit_price": None}]},
    ),
    "GET api/exchange-rates": Route(P.SEE_DEALS),
    "PUT api/exchange-rates": Route(
        P.MANAGE_CATALOGUE,
        data={"day": "2026-03-02", "currency": "USD", "to": "EUR", "rate": "0.9"},
    ),
    # The API of deals and what belongs to them
    "GET api/deals": Route(P.SEE_DEALS),
    "POST api/deals": Route(P.EDIT_DEALS, frozenset({201}), data=a_deal_to_open),
    "POST api/deals/moves": Route(P.EDIT_DEALS, data={"deals": [1], "stage": "won"}),
    "GET api/deals/<int:deal_id>": Route(P.SEE_DEALS, arguments=a_deal),
    "PATCH api/deals/<int:deal_id>": Route(P.EDIT_DEALS, OK, a_deal, {"tags": ["fair"]}),
    "GET api/deals/<int:deal_id>/gates": Route(P.SEE_DEALS, arguments=a_deal),
    "GET api/deals/<int:deal_id>/moves": Route(P.SEE_DEALS, arguments=a_deal),
    "POST api/deals/<int:deal_id>/moves": Route(
        P.EDIT_DEALS, frozenset({409}), a_deal, {"stage": "nowhere"}
    ),
    "POST api/deals/<int:deal_id>/hand-over": Route(
        P.EDIT_DEALS, frozenset({409}), a_deal, {"pipeline_id": 999_999, "stage": "x"}
    ),
    "GET api/deals/<int:deal_id>/next-action": Route(P.SEE_DEALS, arguments=a_deal),
    "GET api/deals/<int:deal_id>/next-action/deals": Route(
        P.SEE_DEALS, NOT_THERE, a_deal, {"action": "demo"}
    ),
    "GET api/deals/<int:deal_id>/participants": Route(P.SEE_DEALS, arguments=a_deal),
    "POST api/deals/<int:deal_id>/participants": Route(
        P.EDIT_DEALS, frozenset({201}), a_deal, {"identifier": "new@example.com"}
    ),
    "PATCH api/deals/<int:deal_id>/participants/<int:participant_id>": Route(
        P.EDIT_DEALS, OK, a_participant, {"role": "buyer"}
    ),
    "DELETE api/deals/<int:deal_id>/participants/<int:participant_id>": Route(
        P.EDIT_DEALS, frozenset({204}), a_participant
    ),
    "GET api/deals/<int:deal_id>/items": Route(P.SEE_DEALS, arguments=a_deal),
    "PUT api/deals/<int:deal_id>/items": Route(P.EDIT_DEALS, OK, a_deal, {"items": []}),
    "POST api/deals/<int:deal_id>/approvals": Route(
        P.EDIT_DEALS, REFUSED_INPUT, a_deal, {"kind": "stage", "key": "none"}
    ),
    "GET api/approvals": Route(P.SEE_DEALS),
    "POST api/approvals/<int:approval_id>/answer": Route(
        P.APPROVE_DISCOUNTS, OK, an_approval_alone, {"is_approved": False, "reason": "Too much"}
    ),
    "POST api/deals/duplicates": Route(P.SEE_DEALS, data={"name": "Nordvik"}),
    "GET api/deals/<int:deal_id>/checklist": Route(P.SEE_DEALS, arguments=a_deal),
    "PUT api/deals/<int:deal_id>/checklist": Route(
        P.EDIT_DEALS, OK, a_deal, {"stage": "c", "key": "papers", "is_ticked": True}
    ),
    "GET api/deals/<int:deal_id>/documents": Route(P.SEE_DEALS, arguments=a_deal),
    "POST api/deals/<int:deal_id>/documents": Route(
        P.EDIT_DEALS, frozenset({201}), a_deal, {"url": "https://example.com/draft"}
    ),
    "POST api/deals/<int:deal_id>/documents/files": Route(
        P.EDIT_DEALS, frozenset({201}), a_deal, a_file
    ),
    "GET api/deals/<int:deal_id>/documents/<int:document_id>/file": Route(
        P.SEE_DEALS, NOT_THERE, a_document
    ),
    "DELETE api/deals/<int:deal_id>/documents/<int:document_id>": Route(
        P.EDIT_DEALS, frozenset({204}), a_document
    ),
    "POST api/deals/<int:deal_id>/moves/<int:number>/correction": Route(
        P.EDIT_DEALS,
        frozenset({409}),
        an_entry_of_a_deal,
        {"stage": "nowhere", "at": "2026-11-02T10:00:00Z", "reason": "A slip"},
    ),
    "GET api/deals/<int:deal_id>/history": Route(P.SEE_DEALS, arguments=a_deal),
    "GET api/attention": Route(P.SEE_DEALS),
    "GET api/attention/counts": Route(P.SEE_DEALS),
    "GET api/suggested-moves": Route(P.SEE_DEALS),
    "GET api/deals/<int:deal_id>/dismissed-moves": Route(P.SEE_DEALS, arguments=a_deal),
    "POST api/deals/<int:deal_id>/dismissed-moves": Route(
        P.EDIT_DEALS, frozenset({409}), a_deal, {"reason": "Not yet"}
    ),
    "PUT api/deals/<int:deal_id>/snooze": Route(P.EDIT_DEALS, OK, a_deal, a_snooze),
    "DELETE api/deals/<int:deal_id>/snooze": Route(P.EDIT_DEALS, frozenset({204}), a_deal),
    "GET api/deals/views": Route(P.SEE_DEALS),
    "POST api/deals/views": Route(
        P.SEE_DEALS, frozenset({201}), data={"name": "Late", "query": "need=late"}
    ),
    "DELETE api/deals/views/<int:view_id>": Route(P.SEE_DEALS, frozenset({204}), a_deal_view),
    "GET api/people/views": Route(P.SEE_PEOPLE),
    "POST api/people/views": Route(
        P.SEE_PEOPLE, frozenset({201}), data={"name": "Known", "query": "known=1"}
    ),
    "DELETE api/people/views/<int:view_id>": Route(P.SEE_PEOPLE, frozenset({204}), a_view),
    "GET api/pipelines/<int:pipeline_id>/fields": Route(P.SEE_DEALS, arguments=a_pipeline),
    "POST api/pipelines/<int:pipeline_id>/fields": Route(
        P.MANAGE_PIPELINES, frozenset({201}), a_pipeline, {"label": "Colour", "kind": "text"}
    ),
    "PATCH api/pipelines/<int:pipeline_id>/fields/<int:field_id>": Route(
        P.MANAGE_PIPELINES, OK, a_field_of_a_pipeline, {"is_archived": True}
    ),
    "GET api/pipelines/<int:pipeline_id>/lost-reasons": Route(P.SEE_DEALS, arguments=a_pipeline),
    "POST api/pipelines/<int:pipeline_id>/lost-reasons": Route(
        P.MANAGE_PIPELINES, frozenset({201}), a_pipeline, {"name": "Too late"}
    ),
    "PATCH api/pipelines/<int:pipeline_id>/lost-reasons/<int:reason_id>": Route(
        P.MANAGE_PIPELINES, OK, a_lost_reason, {"name": "Much too late"}
    ),
    "GET api/discount-limits": Route(P.SEE_DEALS),
    "PUT api/discount-limits": Route(
        P.MANAGE_CATALOGUE, data={"role": "salesperson", "rate": "0.05"}
    ),
    "DELETE api/discount-limits/<int:limit_id>": Route(
        P.MANAGE_CATALOGUE, frozenset({204}), a_discount_limit
    ),
    "GET api/reports/discounts": Route(
        P.SEE_DEALS, data={"from": "2026-01-01", "to": "2026-12-31"}
    ),
    "GET api/pipelines/<int:pipeline_id>/sales-book": Route(
        P.SEE_DEALS, arguments=a_pipeline_of_sales
    ),
    "POST api/sales-book/entries": Route(
        P.MANAGE_SALES_BOOK, frozenset({201}), data=a_book_entry_in_json
    ),
    "POST api/sales-book/entries/files": Route(P.MANAGE_SALES_BOOK, REFUSED_INPUT, data=a_file),
    "POST api/sales-book/entries/<int:entry_id>/files": Route(
        P.MANAGE_SALES_BOOK, REFUSED_INPUT, a_book_entry, a_file
    ),
    "GET api/sales-book/entries/<int:entry_id>": Route(P.SEE_DEALS, arguments=a_book_entry),
    "PUT api/sales-book/entries/<int:entry_id>": Route(
        P.MANAGE_SALES_BOOK, OK, a_book_entry, {"title": "Say this"}
    ),
    "POST api/sales-book/entries/<int:entry_id>/archive": Route(
        P.MANAGE_SALES_BOOK, OK, a_book_entry
    ),
    "POST api/sales-book/entries/<int:entry_id>/restore": Route(
        P.MANAGE_SALES_BOOK, OK, a_book_entry
    ),
    "GET api/sales-book/entries/<int:entry_id>/versions/<int:number>/file": Route(
        P.SEE_DEALS, NOT_THERE, a_book_material
    ),
    "GET api/deals/<int:deal_id>/script": Route(P.SEE_DEALS, arguments=a_worked_deal),
    "PUT api/deals/<int:deal_id>/script/<int:entry_id>/use": Route(
        P.EDIT_DEALS, frozenset({204}), a_deals_book_entry
    ),
    "DELETE api/deals/<int:deal_id>/script/<int:entry_id>/use": Route(
        P.EDIT_DEALS, frozenset({204}), a_deals_book_entry
    ),
    "GET api/lead-routing-rules": Route(P.MANAGE_LEADS),
    "POST api/lead-routing-rules": Route(P.MANAGE_LEADS, frozenset({201}), data=a_routing_in_json),
    "PUT api/lead-routing-rules/<int:rule_id>": Route(
        P.MANAGE_LEADS, OK, a_routing_rule, a_routing_in_json
    ),
    "PUT api/lead-routing-rules/<int:rule_id>/switch": Route(
        P.MANAGE_LEADS, frozenset({204}), a_routing_rule, {"is_enabled": False}
    ),
    "PUT api/lead-routing-rules/<int:rule_id>/place": Route(
        P.MANAGE_LEADS, frozenset({204}), a_routing_rule, {"place": 1}
    ),
    "DELETE api/lead-routing-rules/<int:rule_id>": Route(
        P.MANAGE_LEADS, frozenset({204}), a_routing_rule
    ),
    "GET api/lead-intake-rules": Route(P.MANAGE_LEADS),
    "POST api/lead-intake-rules": Route(
        P.MANAGE_LEADS, frozenset({201}), data={"name": "Forms", "events": ["form_submitted"]}
    ),
    "PUT api/lead-intake-rules/<int:rule_id>": Route(
        P.MANAGE_LEADS, OK, an_intake_rule, {"name": "Forms", "events": ["form_submitted"]}
    ),
    "PUT api/lead-intake-rules/<int:rule_id>/switch": Route(
        P.MANAGE_LEADS, frozenset({204}), an_intake_rule, {"is_enabled": False}
    ),
    "DELETE api/lead-intake-rules/<int:rule_id>": Route(
        P.MANAGE_LEADS, frozenset({204}), an_intake_rule
    ),
    "POST api/lead-return-reasons": Route(
        P.MANAGE_LEADS, frozenset({201}), data={"name": "On holiday"}
    ),
    "DELETE api/lead-return-reasons/<int:reason_id>": Route(
        P.MANAGE_LEADS, frozenset({204}), a_return_reason
    ),
    "GET api/imports": Route(P.IMPORT_FILES),
    "POST api/imports": Route(P.IMPORT_FILES, frozenset({201}), data=an_upload),
    "GET api/imports/<int:import_id>": Route(P.IMPORT_FILES, arguments=an_import),
    "GET api/imports/<int:import_id>/mapping": Route(P.IMPORT_FILES, arguments=an_import),
    "PUT api/imports/<int:import_id>/kind": Route(
        P.IMPORT_FILES, OK, an_import, {"kind": "events"}
    ),
    "PUT api/imports/<int:import_id>/options": Route(
        P.IMPORT_FILES, OK, an_import, {"known": "yes"}
    ),
    "POST api/imports/<int:import_id>/check": Route(P.IMPORT_FILES, arguments=an_import),
    "POST api/imports/<int:import_id>/run": Route(P.IMPORT_FILES, arguments=an_import),
    "POST api/imports/<int:import_id>/cancel": Route(P.IMPORT_FILES, arguments=an_import),
    "POST api/imports/<int:import_id>/undo": Route(P.IMPORT_FILES, arguments=an_import),
    "DELETE api/imports/<int:import_id>": Route(P.IMPORT_FILES, frozenset({204}), an_import),
    "GET api/imports/<int:import_id>/rejected": Route(P.IMPORT_FILES, NOT_THERE, an_import),
    "GET api/imports/<int:import_id>/noted": Route(P.IMPORT_FILES, NOT_THERE, an_import),
    "GET api/invoices/export": Route(
        P.MANAGE_INVOICES, data={"from": "2026-01-01", "to": "2026-01-31"}
    ),
    "GET api/pipelines": Route(P.SEE_DEALS),
    "POST api/pipelines": Route(P.MANAGE_PIPELINES, REFUSED_INPUT, data={"draft": {"name": "X"}}),
    "GET api/pipelines/<int:pipeline_id>": Route(P.SEE_DEALS, arguments=a_pipeline),
    "PUT api/pipelines/<int:pipeline_id>": Route(
        P.MANAGE_PIPELINES, REFUSED_INPUT, a_pipeline, {"draft": {"name": "X"}}
    ),
    "POST api/pipelines/<int:pipeline_id>/preview": Route(
        P.MANAGE_PIPELINES, REFUSED_INPUT, a_pipeline, {"draft": {"name": "X"}}
    ),
    "GET api/activities": Route(P.SEE_DEALS),
    "POST api/activities": Route(
        P.EDIT_DEALS,
        frozenset({201}),
        data={"kind": "call", "subject": "Call", "due_at": "2026-12-01T10:00:00Z"},
    ),
    "GET api/activities/<int:activity_id>": Route(P.SEE_DEALS, arguments=an_activity),
    "PATCH api/activities/<int:activity_id>": Route(
        P.EDIT_DEALS, OK, an_activity, {"subject": "Another"}
    ),
    "POST api/activities/<int:activity_id>/finish": Route(P.EDIT_DEALS, OK, an_activity),
    "POST api/activities/<int:activity_id>/cancel": Route(P.EDIT_DEALS, OK, an_activity),
    "POST api/companies": Route(P.EDIT_PEOPLE, frozenset({201}), data={"name": "Acme"}),
    "PATCH api/companies/<int:company_id>": Route(
        P.EDIT_PEOPLE, OK, a_company, {"name": "Acme Nordic"}
    ),
    # Work: my day, activities, the calendar
    "GET my_day": Route(P.SEE_DEALS),
    "GET day_items": Route(P.SEE_DEALS, DONE),
    "POST finish_item": Route(P.EDIT_DEALS, DONE, an_item_of_the_day),
    "POST reschedule_item": Route(P.EDIT_DEALS, DONE, an_item_of_the_day, {"soon": "tomorrow"}),
    "GET my_calendar": Route(P.SEE_DEALS),
    "POST my_calendar": Route(P.SEE_DEALS),
    "POST revoke_calendar": Route(P.SEE_DEALS, DONE),
    "GET calendar_feed": Route(PUBLIC, arguments=a_calendar),
    "GET quick_entry": Route(P.EDIT_DEALS),
    "POST quick_entry": Route(P.EDIT_DEALS, DONE, data=a_line_of_work),
    "GET quick_preview": Route(P.EDIT_DEALS),
    "GET activity": Route(P.SEE_DEALS, arguments=an_activity),
    "POST activity": Route(P.EDIT_DEALS, DONE, an_activity, an_activity_in_form),
    "POST cancel_activity": Route(P.EDIT_DEALS, DONE, an_activity),
    "GET deal_activities": Route(P.SEE_DEALS, arguments=a_worked_deal),
    "GET deal_next_step": Route(P.EDIT_DEALS, arguments=a_worked_deal),
    "POST deal_next_step": Route(P.EDIT_DEALS, DONE, a_worked_deal, a_next_step),
    # The pipeline and its deals
    "GET pipeline": Route(P.SEE_DEALS),
    "GET pipeline_column": Route(P.SEE_DEALS, arguments=a_stage_of_a_pipeline),
    "GET pipelines": Route(P.MANAGE_PIPELINES),
    "POST pipeline_new": Route(
        P.MANAGE_PIPELINES, DONE, data={"name": "Renewals", "template": "renewal"}
    ),
    "GET pipeline_edit": Route(P.MANAGE_PIPELINES, arguments=a_pipeline),
    "POST pipeline_edit": Route(P.MANAGE_PIPELINES, DONE, a_pipeline, an_edited_pipeline),
    "POST pipeline_archive": Route(P.MANAGE_PIPELINES, DONE, a_pipeline),
    "GET pipeline_versions": Route(P.MANAGE_PIPELINES, arguments=a_pipeline),
    "POST pipeline_versions": Route(P.MANAGE_PIPELINES, DONE, a_pipeline),
    "GET deals": Route(P.SEE_DEALS),
    "GET deals_export": Route(P.EXPORT_DEALS, arguments=as_csv),
    "POST deals_bulk": Route(P.EDIT_DEALS, OK, data=deals_to_tag),
    "POST deal_view_save": Route(P.SEE_DEALS, DONE, data={"name": "Late", "query": "need=late"}),
    "POST deal_view_delete": Route(P.SEE_DEALS, DONE, a_deal_view),
    "GET deal_new": Route(P.EDIT_DEALS, arguments=nothing, data=a_new_deal),
    "POST deal_new": Route(P.EDIT_DEALS, DONE, data=a_new_deal),
    "GET deal_similar": Route(P.EDIT_DEALS),
    "GET deal_companies": Route(P.EDIT_DEALS),
    "GET deal": Route(P.SEE_DEALS, arguments=a_deal),
    "GET deal_sheet": Route(P.SEE_DEALS, arguments=a_deal),
    "GET deal_timeline": Route(P.SEE_DEALS, arguments=a_deal),
    "GET deal_move": Route(P.EDIT_DEALS, arguments=a_deal),
    "POST deal_move": Route(P.EDIT_DEALS, DONE, a_deal, a_move),
    "GET deal_move_correct": Route(P.EDIT_DEALS, arguments=an_entry_of_a_deal),
    "POST deal_move_correct": Route(P.EDIT_DEALS, frozenset({422}), an_entry_of_a_deal),
    "GET deal_field": Route(P.EDIT_DEALS, arguments=a_field_of_a_deal),
    "POST deal_field": Route(P.EDIT_DEALS, DONE, a_field_of_a_deal, {"value": "Fair"}),
    "GET deal_items": Route(P.EDIT_DEALS, arguments=a_deal),
    "POST deal_items": Route(P.EDIT_DEALS, DONE, a_deal, a_line),
    "POST deal_participant_add": Route(P.EDIT_DEALS, DONE, a_deal, somebody_by_mail),
    "POST deal_participant": Route(P.EDIT_DEALS, DONE, a_participant, {"role": "buyer"}),
    "POST deal_tick": Route(P.EDIT_DEALS, DONE, a_checklist_item, {"is_ticked": "1"}),
    "POST deal_document_add": Route(P.EDIT_DEALS, DONE, a_deal, a_link),
    "GET deal_document": Route(P.SEE_DEALS, NOT_THERE, a_document),
    "POST deal_document_remove": Route(P.EDIT_DEALS, DONE, a_document),
    "POST deal_suggestion_dismiss": Route(P.EDIT_DEALS, DONE, a_deal, {"reason": "Not yet"}),
    "POST deal_approval_ask": Route(P.EDIT_DEALS, DONE, a_deal, {"kind": "discount"}),
    "POST deal_approval_answer": Route(
        P.APPROVE_DISCOUNTS, DONE, an_approval, {"answer": "approve"}
    ),
    # Attention: what needs it, what counts, the daily mail
    "GET attention": Route(P.SEE_DEALS),
    "GET attention_badge": Route(P.SEE_DEALS),
    "POST snooze_deal": Route(P.EDIT_DEALS, DONE, a_worked_deal),
    "POST wake_deal": Route(P.EDIT_DEALS, DONE, a_worked_deal),
    "GET thresholds": Route(P.MANAGE_PIPELINES),
    "POST thresholds": Route(P.MANAGE_PIPELINES, REFUSED_INPUT, data={"gate_days": "x"}),
    "GET digest": Route(P.SEE_DEALS),
    "POST digest": Route(P.SEE_DEALS, DONE, data={"is_on": "on", "hour": "7"}),
    # Webhooks
    "GET webhooks": Route(P.MANAGE_WEBHOOKS),
    "GET webhook_new": Route(P.MANAGE_WEBHOOKS),
    "POST webhook_new": Route(P.MANAGE_WEBHOOKS, frozenset({201}), data=ADDRESS),
    "GET webhook": Route(P.MANAGE_WEBHOOKS, arguments=a_webhook),
    "GET webhook_change": Route(P.MANAGE_WEBHOOKS, arguments=a_webhook),
    "POST webhook_change": Route(P.MANAGE_WEBHOOKS, DONE, a_webhook, ADDRESS),
    "POST webhook_enable": Route(P.MANAGE_WEBHOOKS, DONE, a_webhook),
    "POST webhook_disable": Route(P.MANAGE_WEBHOOKS, DONE, a_webhook),
    "POST webhook_remove": Route(P.MANAGE_WEBHOOKS, DONE, a_webhook),
    "POST webhook_secret": Route(P.MANAGE_WEBHOOKS, arguments=a_webhook),
    "POST webhook_test": Route(P.MANAGE_WEBHOOKS, DONE, a_webhook),
    "POST webhook_replay_failed": Route(P.MANAGE_WEBHOOKS, DONE, a_webhook),
    "GET webhook_delivery": Route(P.MANAGE_WEBHOOKS, arguments=a_message),
    "POST webhook_replay": Route(P.MANAGE_WEBHOOKS, DONE, a_message),
    "GET api/webhooks": Route(P.MANAGE_WEBHOOKS),
    "POST api/webhooks": Route(P.MANAGE_WEBHOOKS, frozenset({201}), data=ADDRESS),
    "GET api/webhooks/<int:webhook_id>": Route(P.MANAGE_WEBHOOKS, arguments=an_api_webhook),
    "PUT api/webhooks/<int:webhook_id>": Route(P.MANAGE_WEBHOOKS, OK, an_api_webhook, ADDRESS),
    "DELETE api/webhooks/<int:webhook_id>": Route(
        P.MANAGE_WEBHOOKS, frozenset({204}), an_api_webhook
    ),
    "POST api/webhooks/<int:webhook_id>/enable": Route(P.MANAGE_WEBHOOKS, OK, an_api_webhook),
    "POST api/webhooks/<int:webhook_id>/disable": Route(P.MANAGE_WEBHOOKS, OK, an_api_webhook),
    "POST api/webhooks/<int:webhook_id>/secret": Route(P.MANAGE_WEBHOOKS, OK, an_api_webhook),
    "POST api/webhooks/<int:webhook_id>/test": Route(P.MANAGE_WEBHOOKS, OK, an_api_webhook),
    "GET api/webhooks/<int:webhook_id>/messages": Route(P.MANAGE_WEBHOOKS, OK, an_api_webhook),
    "GET api/webhooks/<int:webhook_id>/messages/<int:message_id>": Route(
        P.MANAGE_WEBHOOKS, arguments=an_api_message
    ),
    "POST api/webhooks/<int:webhook_id>/messages/<int:message_id>/replay": Route(
        P.MANAGE_WEBHOOKS, arguments=an_api_message
    ),
    # Leads
    "GET leads": Route(P.SEE_LEADS),
    "GET lead_new": Route(P.WORK_LEADS),
    "POST lead_new": Route(P.WORK_LEADS, DONE, data={"identifier": "new@example.com"}),
    "POST leads_from_people": Route(P.WORK_LEADS, DONE, data=people_to_be_leads),
    "GET lead": Route(P.SEE_LEADS, arguments=a_lead),
    "POST lead_edit": Route(P.WORK_LEADS, DONE, a_lead, {"interest": "Pumps"}),
    "POST lead_qualify": Route(P.WORK_LEADS, DONE, a_lead),
    "POST lead_hand_over": Route(P.WORK_LEADS, DONE, a_qualified_lead, a_lead_receiver),
    "POST lead_accept": Route(P.WORK_LEADS, DONE, a_lead_with_sales),
    "POST lead_return": Route(P.WORK_LEADS, DONE, a_lead_with_sales, a_return),
    "POST lead_disqualify": Route(P.WORK_LEADS, DONE, a_lead, {"reason": "A student"}),
    "GET lead_rules": Route(P.MANAGE_LEADS),
    "GET lead_intake_new": Route(P.MANAGE_LEADS),
    "POST lead_intake_new": Route(P.MANAGE_LEADS, DONE, data=INTAKE_FORM),
    "GET lead_intake": Route(P.MANAGE_LEADS, arguments=an_intake_rule),
    "POST lead_intake": Route(P.MANAGE_LEADS, DONE, an_intake_rule, INTAKE_FORM),
    "POST lead_intake_switch": Route(P.MANAGE_LEADS, DONE, an_intake_rule),
    "POST lead_intake_remove": Route(P.MANAGE_LEADS, DONE, an_intake_rule),
    "GET lead_routing_new": Route(P.MANAGE_LEADS),
    "POST lead_routing_new": Route(P.MANAGE_LEADS, DONE, data=a_routing_form),
    "GET lead_routing": Route(P.MANAGE_LEADS, arguments=a_routing_rule),
    "POST lead_routing": Route(P.MANAGE_LEADS, DONE, a_routing_rule, a_routing_form),
    "POST lead_routing_switch": Route(P.MANAGE_LEADS, DONE, a_routing_rule),
    "POST lead_routing_move": Route(P.MANAGE_LEADS, DONE, a_routing_rule, {"place": "1"}),
    "POST lead_routing_remove": Route(P.MANAGE_LEADS, DONE, a_routing_rule),
    "POST lead_reason_new": Route(P.MANAGE_LEADS, DONE, data={"name": "On holiday"}),
    "POST lead_reason_retire": Route(P.MANAGE_LEADS, DONE, a_return_reason),
    "GET account_absences": Route(P.WORK_LEADS),
    "POST account_absences": Route(
        P.WORK_LEADS, DONE, data={"first_day": "2099-12-28", "last_day": "2099-12-30"}
    ),
    "POST account_absence_remove": Route(P.WORK_LEADS, DONE, an_own_absence),
    "GET lead_hours": Route(P.MANAGE_LEADS),
    "GET lead_hours_new": Route(P.MANAGE_LEADS),
    "POST lead_hours_new": Route(P.MANAGE_LEADS, DONE, data=HOURS_FORM),
    "GET lead_hours_edit": Route(P.MANAGE_LEADS, arguments=some_hours),
    "POST lead_hours_edit": Route(P.MANAGE_LEADS, DONE, some_hours, HOURS_FORM),
    "POST lead_hours_remove": Route(P.MANAGE_LEADS, DONE, some_hours),
    "POST lead_day_off_new": Route(P.MANAGE_LEADS, DONE, some_hours, {"day": "2026-12-28"}),
    "POST lead_day_off_remove": Route(P.MANAGE_LEADS, DONE, a_day_off),
    "POST lead_absence_new": Route(P.MANAGE_LEADS, DONE, data=an_absence_form),
    "POST lead_absence_remove": Route(P.MANAGE_LEADS, DONE, an_absence),
    "GET handoffs": Route(P.SEE_LEADS),
    "GET handoffs_leads": Route(P.SEE_LEADS),
    "GET handoffs_csv": Route(P.SEE_LEADS),
    "GET api/leads": Route(P.SEE_LEADS),
    "PATCH api/leads/<int:lead_id>": Route(P.WORK_LEADS, OK, a_lead, {"note": "Call her"}),
    "POST api/leads": Route(P.WORK_LEADS, frozenset({201}), data={"identifier": "n@example.com"}),
    "GET api/leads/<int:lead_id>": Route(P.SEE_LEADS, arguments=a_lead),
    "POST api/leads/<int:lead_id>/qualify": Route(P.WORK_LEADS, OK, a_lead),
    "POST api/leads/<int:lead_id>/hand-over": Route(
        P.WORK_LEADS, OK, a_qualified_lead, a_receiver_in_json
    ),
    "POST api/leads/<int:lead_id>/accept": Route(P.WORK_LEADS, OK, a_lead_with_sales),
    "POST api/leads/<int:lead_id>/return": Route(
        P.WORK_LEADS, OK, a_lead_with_sales, a_return_in_json
    ),
    "POST api/leads/<int:lead_id>/disqualify": Route(
        P.WORK_LEADS, OK, a_lead, {"reason": "A student"}
    ),
    "GET api/lead-return-reasons": Route(P.SEE_LEADS),
    "POST lead_convert": Route(P.EDIT_DEALS, DONE, an_accepted_lead, a_lead_pipeline),
    "POST api/leads/<int:lead_id>/convert": Route(
        P.EDIT_DEALS, OK, an_accepted_lead, a_deal_wanted
    ),
    # Quotes
    "GET quotes": Route(P.SEE_DEALS),
    "GET letterhead": Route(P.MANAGE_INVOICES),
    "POST letterhead": Route(
        P.MANAGE_INVOICES,
        DONE,
        data={"name": "Acme", "language": "en", "quote_days": "30", "payment_days": "14"},
    ),
    "POST letterhead_logo": Route(P.MANAGE_INVOICES, DONE, data=a_logo),
    "POST letterhead_logo_remove": Route(P.MANAGE_INVOICES, DONE),
    "GET letterhead_logo_picture": Route(P.MANAGE_INVOICES, arguments=with_a_logo),
    "GET deal_quotes": Route(P.SEE_DEALS, arguments=a_deal_with_products),
    "POST quote_new": Route(P.EDIT_DEALS, DONE, a_deal_with_products),
    "GET quote": Route(P.SEE_DEALS, arguments=a_draft_quote),
    "POST quote": Route(P.EDIT_DEALS, DONE, a_draft_quote, quote_texts),
    "GET quote_pdf": Route(P.SEE_DEALS, arguments=a_draft_quote),
    "POST quote_lines": Route(P.EDIT_DEALS, DONE, a_draft_quote),
    "POST quote_send": Route(P.EDIT_DEALS, DONE, a_draft_quote),
    "POST quote_mail": Route(P.EDIT_DEALS, DONE, a_waiting_quote, {"to": "anna@example.com"}),
    "POST quote_revise": Route(P.EDIT_DEALS, DONE, a_waiting_quote),
    "POST quote_withdraw": Route(P.EDIT_DEALS, DONE, a_waiting_quote, {"reason": "Wrong"}),
    "POST quote_delete": Route(P.EDIT_DEALS, DONE, a_draft_quote),
    "POST quote_link_renew": Route(P.EDIT_DEALS, DONE, a_waiting_quote),
    "POST quote_link_revoke": Route(P.EDIT_DEALS, DONE, a_waiting_quote),
    "GET public_quote": Route(PUBLIC, arguments=a_public_quote),
    "GET public_quote_pdf": Route(PUBLIC, arguments=a_public_quote),
    "POST public_quote_accept": Route(
        PUBLIC, DONE, a_public_quote, {"name": "Anna", "agreed": "on"}
    ),
    "POST public_quote_refuse": Route(PUBLIC, DONE, a_public_quote, {"reason": "Too dear"}),
    "GET api/quotes": Route(P.SEE_DEALS),
    "POST api/quotes": Route(P.EDIT_DEALS, frozenset({201}), data=a_deal_in_json),
    "GET api/quotes/<int:quote_id>": Route(P.SEE_DEALS, arguments=a_draft_quote),
    "PUT api/quotes/<int:quote_id>": Route(P.EDIT_DEALS, OK, a_draft_quote, quote_texts),
    "POST api/quotes/<int:quote_id>/send": Route(P.EDIT_DEALS, arguments=a_draft_quote),
    "POST api/quotes/<int:quote_id>/revise": Route(P.EDIT_DEALS, frozenset({201}), a_waiting_quote),
    "POST api/quotes/<int:quote_id>/withdraw": Route(
        P.EDIT_DEALS, OK, a_waiting_quote, {"reason": "Wrong"}
    ),
    # Invoices
    "GET invoices": Route(P.SEE_DEALS),
    "GET invoice_export": Route(P.MANAGE_INVOICES, data={"from": "2026-01-01", "to": "2026-01-31"}),
    "POST invoice_new": Route(P.MANAGE_INVOICES, DONE, a_deal_with_products),
    "GET invoice": Route(P.SEE_DEALS, arguments=a_draft_invoice),
    "POST invoice": Route(P.MANAGE_INVOICES, DONE, a_draft_invoice, invoice_texts),
    "GET invoice_pdf": Route(P.SEE_DEALS, arguments=a_draft_invoice),
    "POST invoice_send": Route(P.MANAGE_INVOICES, DONE, a_draft_invoice),
    "POST invoice_mail": Route(
        P.MANAGE_INVOICES, DONE, an_open_invoice, {"to": "anna@nordvik.example"}
    ),
    "POST invoice_cancel": Route(P.MANAGE_INVOICES, DONE, an_open_invoice, {"reason": "Wrong"}),
    "POST invoice_delete": Route(P.MANAGE_INVOICES, DONE, a_draft_invoice),
    "POST invoice_payment": Route(P.MANAGE_INVOICES, DONE, an_open_invoice, a_payment),
    "POST invoice_refund": Route(P.MANAGE_INVOICES, DONE, a_paid_invoice, a_payment),
    "GET api/invoices": Route(P.SEE_DEALS),
    "POST api/invoices": Route(P.MANAGE_INVOICES, frozenset({201}), data=a_deal_in_json),
    "GET api/invoices/<int:invoice_id>": Route(P.SEE_DEALS, arguments=a_draft_invoice),
    "POST api/invoices/<int:invoice_id>/send": Route(P.MANAGE_INVOICES, arguments=a_draft_invoice),
    "POST api/invoices/<int:invoice_id>/mail": Route(
        P.MANAGE_INVOICES, OK, an_open_invoice, {"to": "anna@nordvik.example"}
    ),
    "POST api/invoices/<int:invoice_id>/cancel": Route(
        P.MANAGE_INVOICES, OK, an_open_invoice, {"reason": "Wrong"}
    ),
    "POST api/invoices/<int:invoice_id>/payments": Route(
        P.MANAGE_INVOICES, frozenset({201}), an_open_invoice, a_payment
    ),
    "POST api/invoices/<int:invoice_id>/refunds": Route(
        P.MANAGE_INVOICES, frozenset({201}), a_paid_invoice, a_payment
    ),
    # Discounts
    "GET approvals": Route(P.SEE_DEALS),
    "POST approval_answer": Route(
        P.APPROVE_DISCOUNTS, DONE, a_discount_asked_for, {"answer": "approve"}
    ),
    "GET discounts": Route(P.SEE_DEALS),
    "GET discount_deals": Route(P.SEE_DEALS),
    "GET discount_export": Route(P.EXPORT_DEALS),
    # The sales book
    "GET sales_book": Route(P.SEE_DEALS),
    "POST start_book": Route(P.MANAGE_SALES_BOOK, DONE, a_pipeline_of_sales),
    "GET new_book_entry": Route(P.MANAGE_SALES_BOOK, arguments=a_pipeline_of_sales),
    "POST new_book_entry": Route(
        P.MANAGE_SALES_BOOK, REFUSED_INPUT, a_pipeline_of_sales, {"title": ""}
    ),
    "GET book_entry": Route(P.SEE_DEALS, arguments=a_book_entry),
    "GET change_book_entry": Route(P.MANAGE_SALES_BOOK, arguments=a_book_entry),
    "POST change_book_entry": Route(P.MANAGE_SALES_BOOK, DONE, a_book_entry, {"title": "x"}),
    "POST archive_book_entry": Route(P.MANAGE_SALES_BOOK, DONE, a_book_entry),
    "GET book_material": Route(P.SEE_DEALS, NOT_THERE, a_book_material),
    "GET deal_script": Route(P.SEE_DEALS, arguments=a_worked_deal),
    "GET deal_next_action": Route(P.SEE_DEALS, arguments=a_worked_deal),
    "GET next_action_deals": Route(P.SEE_DEALS, NOT_THERE, a_worked_deal),
    "POST use_book_entry": Route(P.EDIT_DEALS, DONE, a_deals_book_entry),
    # Quotas
    "GET quotas": Route(P.SEE_DEALS),
    "GET quotas_set": Route(P.MANAGE_QUOTAS),
    "POST quotas_set": Route(P.MANAGE_QUOTAS, DONE),
    "POST quotas_copy": Route(P.MANAGE_QUOTAS, DONE),
    "GET api/quotas": Route(P.SEE_DEALS, data={"period": "2026-11"}),
    "POST api/quotas": Route(P.MANAGE_QUOTAS, data=a_target_in_json),
    # Segments
    "GET segments": Route(P.SEE_REPORTS),
    "GET new_segment": Route(P.SAVE_REPORTS),
    "POST new_segment": Route(P.SAVE_REPORTS, DONE, data=A_SEGMENT_IN_FORM),
    "POST preview_segment": Route(P.SAVE_REPORTS, data=A_SEGMENT_IN_FORM),
    "GET segment_names": Route(P.SAVE_REPORTS),
    "GET segment": Route(P.SEE_REPORTS, arguments=a_segment),
    "GET segment_day": Route(P.SEE_PEOPLE, arguments=a_segment_day, data=A_DAY_OF_A_SEGMENT),
    "GET api/segments/<int:segment_id>/day": Route(
        P.SEE_PEOPLE, arguments=an_api_segment_day, data=A_DAY_OF_A_SEGMENT
    ),
    "GET segment_csv": Route(P.SEE_REPORTS, arguments=a_segment),
    "GET edit_segment": Route(P.SAVE_REPORTS, arguments=a_segment),
    "POST edit_segment": Route(P.SAVE_REPORTS, DONE, a_segment, A_SEGMENT_IN_FORM),
    "POST refresh_segment": Route(P.SEE_REPORTS, DONE, a_segment),
    "POST delete_segment": Route(P.SAVE_REPORTS, DONE, a_segment),
    "GET api/segments": Route(P.SEE_REPORTS),
    "POST api/segments": Route(P.SAVE_REPORTS, frozenset({201}), data=A_SEGMENT_IN_JSON),
    "POST api/segments/count": Route(P.SAVE_REPORTS, data={"rules": SOME_RULES}),
    "GET api/segments/<int:segment_id>": Route(P.SEE_REPORTS, arguments=an_api_segment),
    "PUT api/segments/<int:segment_id>": Route(
        P.SAVE_REPORTS, arguments=an_api_segment, data=A_SEGMENT_IN_JSON
    ),
    "DELETE api/segments/<int:segment_id>": Route(P.SAVE_REPORTS, frozenset({204}), an_api_segment),
    "POST api/segments/<int:segment_id>/refresh": Route(P.SEE_REPORTS, arguments=an_api_segment),
    "GET api/segments/<int:segment_id>/members": Route(P.SEE_PEOPLE, arguments=an_api_segment),
    "GET api/segments/<int:segment_id>/sizes": Route(P.SEE_REPORTS, arguments=an_api_segment),
    # Goals
    "GET goals": Route(P.SEE_REPORTS),
    "GET new_goal": Route(P.MANAGE_GOALS),
    "POST new_goal": Route(P.MANAGE_GOALS, DONE, data=A_GOAL_IN_FORM),
    "GET goal": Route(P.SEE_REPORTS, arguments=a_goal),
    "GET goal_csv": Route(P.SEE_REPORTS, arguments=a_goal),
    "GET edit_goal": Route(P.MANAGE_GOALS, arguments=a_goal),
    "POST edit_goal": Route(P.MANAGE_GOALS, DONE, a_goal, {"target": "60"}),
    "POST end_goal": Route(P.MANAGE_GOALS, DONE, a_goal),
    "POST delete_goal": Route(P.MANAGE_GOALS, DONE, a_goal),
    "GET goal_behind": Route(P.SEE_PEOPLE, arguments=a_goal),
    "GET quota_behind": Route(P.SEE_DEALS, arguments=a_quota_behind),
    "GET api/goals/<int:goal_id>/behind": Route(P.SEE_PEOPLE, arguments=an_api_goal),
    "GET api/goals/quota/<int:quota_id>/behind": Route(P.SEE_DEALS, arguments=an_api_quota_behind),
    "GET api/goals": Route(P.SEE_REPORTS),
    "POST api/goals": Route(P.MANAGE_GOALS, frozenset({201}), data=A_GOAL_IN_JSON),
    "GET api/goals/progress": Route(P.SEE_REPORTS),
    "GET api/goals/<int:goal_id>": Route(P.SEE_REPORTS, arguments=an_api_goal),
    "GET api/goals/<int:goal_id>/progress": Route(P.SEE_REPORTS, arguments=an_api_goal),
    "PATCH api/goals/<int:goal_id>": Route(
        P.MANAGE_GOALS, arguments=an_api_goal, data={"target": "60"}
    ),
    "POST api/goals/<int:goal_id>/end": Route(P.MANAGE_GOALS, arguments=an_api_goal),
    "DELETE api/goals/<int:goal_id>": Route(P.MANAGE_GOALS, frozenset({204}), an_api_goal),
    # Jobs: one's own, and everybody's for who manages the team
    "GET jobs": Route(LOGIN),
    "GET job": Route(LOGIN, arguments=a_job),
    "GET job_progress": Route(LOGIN, arguments=a_job),
    "POST job_cancel": Route(LOGIN, DONE, a_job),
    "GET api/jobs": Route(LOGIN),
    "GET api/jobs/<int:job_id>": Route(LOGIN, arguments=a_job),
    "POST api/jobs/<int:job_id>/cancel": Route(LOGIN, arguments=a_job),
    # For monitors: not ready, as no worker runs beside the tests
    "GET health_live": Route(PUBLIC),
    "GET health_ready": Route(PUBLIC, frozenset({503})),
    "GET metrics": Route(PUBLIC),
    # The API: accounts
    "GET api/openapi.json": Route(PUBLIC),
    "GET api/": Route(PUBLIC, NOT_THERE),
    "GET api/me": Route(LOGIN),
    "GET api/members": Route(P.MANAGE_TEAM),
    "GET api/teams": Route(LOGIN),
    "GET api/tokens": Route(LOGIN),
    "POST api/tokens": Route(LOGIN, frozenset({201}), data={"name": "Export"}),
    "DELETE api/tokens/<int:token_id>": Route(LOGIN, frozenset({204}), a_token),
}
