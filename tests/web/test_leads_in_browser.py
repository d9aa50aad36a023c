"""Leads in a real browser: in place, by keyboard, on a phone, without barriers."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import resolve
from django.utils import timezone

from deals_support.deal_world import deal_in, pipeline_of
from leads_support.leads_world import hand_over, make_hours, make_lead, make_reason, make_team
from suppilo.apps.accounts.models import Role, User
from suppilo.apps.goals.services import NewGoal, make_goal
from suppilo.apps.leads.models import Lead
from suppilo.apps.leads.services import accept_lead, return_lead
from suppilo.apps.leads.services.rules import (
    IntakeDraft,
    RoutingDraft,
    save_intake_rule,
    save_routing_rule,
)
from suppilo.apps.quotas.models import Measure, Span
from suppilo.apps.quotas.periods import period_of
from suppilo.apps.quotas.services import NewTarget, set_targets
from web_support.accounts import make_user
from web_support.browser import (
    SIZES,
    assert_accessible,
    assert_fits,
    log_in_browser,
    screenshots,
)

pytestmark = pytest.mark.django_db(transaction=True)
ALWAYS = {str(day): [["00:00", "24:00"]] for day in range(7)}


@pytest.fixture
def world(transactional_db):
    """Make leads of every kind, with rules and hours."""
    resolve("/")  # What the first page would have to wait for: all pages' code.
    marketer = make_user(Role.MARKETER, name="Mara Liepa")
    team, (anna, bert) = make_team("North")
    hours = make_hours(week=ALWAYS)
    pipeline = pipeline_of(name="B2B sales")
    reason = make_reason()
    make_reason("Wrong details")
    save_intake_rule(marketer, IntakeDraft("Contact form", ["form_submitted"]))
    save_routing_rule(marketer, RoutingDraft("Baltics", [anna.pk, bert.pk], property="country",
                                             values=["LV", "EE", "LT"]))  # fmt: skip
    save_routing_rule(marketer, RoutingDraft("All", team_id=team.pk, answer_min=30))
    now = timezone.now()
    for n, name in enumerate(["ilze", "janis", "kaspars"]):
        make_lead(marketer, name, now=now - timedelta(hours=n), name=f"{name.title()} Ozols",
                  company="Nordvik Oy", interest="Pump retrofit")  # fmt: skip
    for n, hours_ago in enumerate((0.2, 0.8, 5, 30)):
        at = now - timedelta(hours=hours_ago)
        lead = make_lead(marketer, f"sales{n}", now=at, name=f"Person {n}", interest="Valves")
        hand_over(marketer, lead, [anna, bert][n % 2], now=at)
        if n == 2:
            accept_lead(anna, lead.pk, source="page", now=at + timedelta(minutes=20))
        if n == 3:
            return_lead(bert, lead.pk, reason.pk, now=at + timedelta(hours=2))
    month = period_of(Span.MONTH, timezone.localdate())
    head = make_user(Role.HEAD_OF_SALES, name="Olga Head")
    set_targets(head, [
        NewTarget(month, Measure.NEW_DEALS, Decimal(n + 1), user_id=one.pk)
        for n, one in enumerate((anna, bert))
    ])  # fmt: skip
    for n in range(3):
        deal_in(pipeline, anna, name=f"Deal {n}")
    return marketer, anna, hours


def test_pages_of_leads_have_no_barriers_and_fit_every_screen(browser_page, live_server, world):
    marketer, _anna, hours = world
    log_in_browser(browser_page, live_server.url, marketer)
    lead = Lead.objects.get(state="returned")
    addresses = {
        "leads": "/leads/?tray=all", "lead": lead.get_absolute_url(), "lead-new": "/leads/new/",
        "lead-rules": "/leads/rules/", "lead-routing": "/leads/rules/routing/new/",
        "lead-hours": "/leads/hours/", "lead-hours-edit": f"/leads/hours/{hours.pk}/",
        "people-leads": lead.contact.person.get_absolute_url(),
        "handoffs": "/reports/handoffs/", "handoffs-leads": "/reports/handoffs/leads/",
    }  # fmt: skip
    for name, address in addresses.items():
        browser_page.goto(address)
        screenshots(browser_page, name)
        for wide, high in SIZES.values():
            browser_page.set_viewport_size({"width": wide, "height": high})
            assert_fits(browser_page)
            assert_accessible(browser_page)


def test_a_lead_is_qualified_and_handed_over_in_place_by_keyboard(browser_page, live_server, world):
    marketer, anna, _hours = world
    log_in_browser(browser_page, live_server.url, marketer)
    browser_page.goto("/leads/")
    browser_page.keyboard.press("j")
    browser_page.keyboard.press("j")
    browser_page.keyboard.press("k")
    browser_page.keyboard.press("a")
    browser_page.keyboard.press("Enter")
    row = browser_page.locator("tr", has_text="Ilze Ozols")
    row.get_by_text("Qualified", exact=True).wait_for()
    assert browser_page.locator("#lead-trays li").first.inner_text() == "New 2"
    row.get_by_text("Hand over").first.click()
    row.get_by_label("To", exact=True).select_option(label=str(anna))
    row.locator("form[action$='/hand-over/'] button").click()
    row.get_by_text("Handed over", exact=True).wait_for()
    assert Lead.objects.get(contact__value="ilze@example.com").owner == anna


def test_a_salesperson_accepts_and_returns_in_place(browser_page, live_server, world):
    _marketer, anna, _hours = world
    log_in_browser(browser_page, live_server.url, anna)
    browser_page.goto("/leads/")
    row = browser_page.locator("tr", has_text="Person 0")
    row.get_by_text("Accept", exact=True).first.click()
    row.locator("form[action$='/accept/'] button").click()
    row.get_by_text("Became a deal").wait_for()
    assert Lead.objects.get(contact__value="sales0@example.com").deal.owner == anna
    row = browser_page.locator("tr", has_text="Person 1")
    row.get_by_text("Return", exact=True).click()
    row.get_by_label("Why", exact=True).select_option(label="Wrong details")
    row.get_by_role("button", name="Return to marketing").click()
    browser_page.get_by_text("This lead is not yours any more.").wait_for()
    assert Lead.objects.get(contact__value="sales1@example.com").state == "returned"


def test_quotas_and_goals_have_no_barriers_and_fit_every_screen(browser_page, live_server, world):
    head = User.objects.get(name="Olga Head")
    year = timezone.localdate().replace(month=1, day=1)
    goal = make_goal(head, NewGoal("leads", "week", Decimal(5), starts_on=year))
    log_in_browser(browser_page, live_server.url, head)
    for name, address in {
        "quotas": "/team/quotas/?measure=new_deals",
        "quotas-set": "/team/quotas/set/?measure=new_deals",
        "goals": "/goals/",
        "goal": f"/goals/{goal.pk}/",
        "goal-new": "/goals/new/?measure=won_amount",
        "goal-behind": f"/goals/{goal.pk}/behind/",
    }.items():
        browser_page.goto(address)
        screenshots(browser_page, name)
        for wide, high in SIZES.values():
            browser_page.set_viewport_size({"width": wide, "height": high})
            assert_fits(browser_page)
            assert_accessible(browser_page)
