"""Whom a lead goes to: rules in order, territory, interest, turns, load, and who is free."""

from datetime import date, timedelta

import pytest

from leads_support.leads_world import (
    MONDAY,
    hand_over,
    make_hours,
    make_lead,
    make_person,
    make_rule,
    make_team,
)
from suppilo.apps.accounts.models import Role
from suppilo.apps.leads.calendars import CalendarBook
from suppilo.apps.leads.models import Absence, DayOff
from suppilo.apps.leads.routing import choose_owner
from suppilo.apps.leads.services import NewLead, add_lead
from suppilo.apps.people.evidence import Evidence, Grouping
from suppilo.apps.people.services import record_evidence
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db
SATURDAY = MONDAY - timedelta(days=2)


@pytest.fixture
def marketer():
    return make_user(Role.MARKETER, name="Mara")


@pytest.fixture(autouse=True)
def _hours(db):
    make_hours()


def choose(lead, now=MONDAY):
    return choose_owner(lead, CalendarBook(), now).user


def lead_of(actor, identifier, interest="", **traits):
    make_person(identifier, **traits)
    return add_lead(actor, NewLead(identifier, interest=interest))


def test_each_gets_a_lead_in_turn(marketer):
    _, sellers = make_team(sellers=3)
    make_rule(users=sellers)
    got = [hand_over(marketer, make_lead(marketer, f"p{n}")).owner for n in range(5)]
    assert got == [*sellers, *sellers[:2]]


def test_the_first_rule_that_fits_wins(marketer):
    _, (one, two) = make_team()
    make_rule("Latvia", [one], property="country", values=["LV", "Latvia"])
    make_rule("All", [two])
    assert choose(lead_of(marketer, "u1", country="latvia ")) == one
    assert choose(lead_of(marketer, "u2", country="FI")) == two
    assert choose(lead_of(marketer, "u3")) == two


def test_a_territory_may_be_the_companys(marketer):
    _, (one, _) = make_team()
    make_rule("North", [one], property_of="company", property="region", values=["north"])
    make_person("u1")
    make_person("u2")
    for identifier, region in (("u1", "North"), ("u2", "South")):
        said = Grouping(identifier, f"acme-{region}", 5, {"region": region})
        record_evidence("source:1", Evidence(groupings=[said]))
    assert choose(add_lead(marketer, NewLead("u1"))) == one
    assert choose(add_lead(marketer, NewLead("u2"))) is None


def test_an_interest_finds_its_people(marketer):
    _, (pumps, valves) = make_team()
    make_rule("Pumps", [pumps], interests=["Pumps"])
    make_rule("Valves", [valves], interests=["Valves", "Fittings"])
    assert choose(lead_of(marketer, "u1", interest="fittings")) == valves
    assert choose(lead_of(marketer, "u2", interest="other")) is None


def test_load_goes_to_who_has_least(marketer):
    _, (one, two) = make_team()
    make_rule(users=[one, two], method="load")
    hand_over(marketer, make_lead(marketer, "p1"), one)
    assert hand_over(marketer, make_lead(marketer, "p2")).owner == two
    hand_over(marketer, make_lead(marketer, "p3"), two)
    assert hand_over(marketer, make_lead(marketer, "p4")).owner == one


def test_a_teams_salespeople_get_its_leads_and_its_marketers_do_not(marketer):
    team, (one, two) = make_team()
    team.members.add(marketer)
    make_rule(team=team)
    got = {hand_over(marketer, make_lead(marketer, f"p{n}")).owner for n in range(3)}
    assert got == {one, two}


def test_who_has_left_gets_nothing(marketer):
    _, (one, two) = make_team()
    one.is_active = False
    one.save()
    make_rule(users=[one, two])
    assert choose(make_lead(marketer)) == two


def test_who_is_away_is_passed_over_from_the_first_to_the_last_day(marketer):
    _, (one, two) = make_team()
    Absence.objects.create(user=one, first_day=date(2026, 11, 23), last_day=date(2026, 11, 24))
    make_rule(users=[one])
    make_rule(users=[two])
    lead = make_lead(marketer)
    choice = choose_owner(lead, CalendarBook(), MONDAY)
    assert (choice.user, choice.passed_over) == (two, {"North 1": "absent"})
    assert choose(lead, MONDAY + timedelta(days=1)) == two
    assert choose(lead, MONDAY + timedelta(days=2)) == one


def test_nobody_gets_a_lead_at_the_weekend_unless_the_rule_says_so(marketer):
    _, (one, two) = make_team()
    make_rule(users=[one])
    lead = make_lead(marketer)
    assert choose(lead, SATURDAY) is None
    make_rule(users=[two], takes_after_hours=True)
    assert choose(lead, SATURDAY) == two


def test_a_rule_may_take_those_who_are_away(marketer):
    _, (one, _) = make_team()
    Absence.objects.create(user=one, first_day=date(2026, 11, 23), last_day=date(2026, 11, 23))
    make_rule(users=[one], takes_absent=True)
    assert choose(make_lead(marketer)) == one


def test_a_teams_own_hours_count_before_everybody_elses(marketer):
    team, (one, _) = make_team()
    make_hours(team, time_zone="America/New_York")
    make_rule(team=team)
    lead = make_lead(marketer)
    assert choose(lead, MONDAY) is None
    assert choose(lead, MONDAY + timedelta(hours=7)) == one


def test_a_public_holiday_and_an_own_day_off_are_no_days_of_work(marketer):
    team, (one, _) = make_team()
    hours = make_hours(team, country="LV")
    DayOff.objects.create(hours=hours, day=date(2026, 11, 24))
    make_rule(team=team)
    lead = make_lead(marketer)
    proclamation = MONDAY - timedelta(days=5)  # 18 November
    assert choose(lead, proclamation) is None
    assert choose(lead, MONDAY + timedelta(days=1)) is None
    assert choose(lead, MONDAY) == one


def test_a_rule_that_is_off_chooses_nobody(marketer):
    _, (one, _) = make_team()
    make_rule(users=[one], is_enabled=False)
    assert choose(make_lead(marketer)) is None


def test_who_has_it_already_does_not_get_it_again(marketer):
    _, (one, two) = make_team()
    make_rule(users=[one, two])
    lead = hand_over(marketer, make_lead(marketer))
    assert lead.owner == one
    assert hand_over(marketer, lead).owner == two
