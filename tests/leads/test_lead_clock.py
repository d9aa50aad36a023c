"""The service level: when an answer is due, what counts as one, what happens when it is missed."""

from datetime import date, timedelta

import pytest

from leads_support.leads_world import (
    MONDAY,
    hand_over,
    make_activity,
    make_hours,
    make_lead,
    make_rule,
    make_team,
)
from suppilo.apps.accounts.models import Role
from suppilo.apps.leads.clock import step_clock
from suppilo.apps.leads.models import DayOff, HandOver, Lead, LeadChange
from suppilo.apps.leads.overdue_mail import mail_overdue
from suppilo.apps.leads.services import accept_lead
from suppilo.apps.outbox.models import DomainEvent
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def marketer():
    return make_user(Role.MARKETER, name="Mara")


@pytest.fixture
def handed(marketer):
    """Return a lead that was handed to a salesperson on Monday at ten."""
    make_hours()
    _, (seller, _) = make_team()
    return hand_over(marketer, make_lead(marketer), seller)


def test_an_answer_is_due_in_working_time(marketer):
    make_hours(answer_min=120)
    _, (seller, _) = make_team()
    friday = MONDAY - timedelta(days=3) + 6 * HOUR  # 16:00 in Riga
    hand_over(marketer, make_lead(marketer), seller, now=friday)
    assert HandOver.objects.get().due_at == MONDAY  # An hour on Friday, an hour on Monday.


def test_a_rules_own_service_level_counts_before_the_teams(marketer):
    make_hours(answer_min=120)
    _, (seller, _) = make_team()
    make_rule(users=[seller], answer_min=15)
    hand_over(marketer, make_lead(marketer))
    assert HandOver.objects.get().due_at == MONDAY + 15 * MINUTE


def test_a_call_with_the_person_is_the_first_answer(handed):
    person = handed.contact.person
    make_activity(handed.owner, person, MONDAY - HOUR)
    make_activity(handed.owner, person, None)
    make_activity(handed.owner, person, MONDAY + 5 * MINUTE, kind="task")
    make_activity(handed.owner, person, MONDAY + 20 * MINUTE)
    make_activity(handed.owner, person, MONDAY + 30 * MINUTE)
    step_clock(MONDAY + HOUR)
    found = HandOver.objects.get()
    assert (found.answered_at, found.answer_s) == (MONDAY + 20 * MINUTE, 20 * 60)
    assert Lead.objects.get().state == "handed_over"


def test_acceptance_is_an_answer_and_a_call_before_it_stays_the_first(marketer, handed):
    make_activity(handed.owner, handed.contact.person, MONDAY + 5 * MINUTE)
    step_clock(MONDAY + 6 * MINUTE)
    accept_lead(handed.owner, handed.pk, source="page", now=MONDAY + HOUR)
    assert HandOver.objects.get().answer_s == 300
    other = hand_over(marketer, make_lead(marketer, "bert"), handed.owner)
    accept_lead(handed.owner, other.pk, source="page", now=MONDAY + HOUR)
    assert HandOver.objects.get(lead=other).answer_s == 3600


def test_an_answer_outside_working_hours_took_no_working_time_of_the_night(marketer):
    hours = make_hours()
    DayOff.objects.create(hours=hours, day=date(2026, 11, 24))
    _, (seller, _) = make_team()
    lead = hand_over(marketer, make_lead(marketer), seller, now=MONDAY + 6 * HOUR)
    make_activity(seller, lead.contact.person, MONDAY + timedelta(days=2))
    step_clock(MONDAY + timedelta(days=3))
    assert HandOver.objects.get().answer_s == 2 * 3600  # 16 to 17 on Monday, 9 to 10 on Wednesday.


def test_an_overdue_lead_goes_to_somebody_else_once(marketer):
    make_hours(on_overdue="reroute")
    _, (one, two) = make_team()
    head = make_user(Role.HEAD_OF_SALES)
    make_rule(users=[one, two])
    lead = hand_over(marketer, make_lead(marketer))
    step_clock(MONDAY + 59 * MINUTE)
    assert Lead.objects.get().owner == one
    for hours in (1, 3, 6):
        step_clock(MONDAY + hours * HOUR)
    lead = Lead.objects.get()
    assert (lead.owner, lead.state) == (two, "handed_over")
    assert head.leads.count() == 0
    assert list(LeadChange.objects.filter(kind="escalate").values_list("owner", flat=True)) == [
        two.pk
    ]
    first, second = HandOver.objects.order_by("pk")
    assert (first.end, first.escalated_at, first.watched_s) == ("passed_on", MONDAY + HOUR, 3600)
    assert second.due_at == MONDAY + 2 * HOUR
    assert DomainEvent.objects.filter(name="lead_escalated").count() == 1


def test_an_overdue_lead_goes_to_the_head_of_sales(marketer):
    make_hours(on_overdue="head")
    team, (one, _) = make_team()
    make_user(Role.HEAD_OF_SALES, name="Other head")
    head = make_user(Role.HEAD_OF_SALES, name="Team's head")
    team.members.add(head)
    hand_over(marketer, make_lead(marketer), one)
    step_clock(MONDAY + HOUR)
    assert Lead.objects.get().owner == head


def test_an_overdue_lead_stays_where_it_is_if_there_is_nobody_else(marketer):
    make_hours(on_overdue="reroute")
    _, (one, _) = make_team()
    lead = hand_over(marketer, make_lead(marketer), one)
    step_clock(MONDAY + HOUR)
    step_clock(MONDAY + 2 * HOUR)
    assert Lead.objects.get().owner == one
    assert lead.changes.filter(kind="escalate").count() == 1


def test_the_head_of_sales_is_mailed_of_an_overdue_lead_once(marketer, mailoutbox):
    make_hours(on_overdue="reroute")
    team, (one, two) = make_team()
    make_user(Role.HEAD_OF_SALES, "other@example.com")
    team.members.add(make_user(Role.HEAD_OF_SALES, "head@example.com", "Hanna"))
    make_rule(users=[one, two])
    lead = hand_over(marketer, make_lead(marketer))
    step_clock(MONDAY + 59 * MINUTE)
    assert mail_overdue(MONDAY + 59 * MINUTE) == 0
    step_clock(MONDAY + HOUR)
    assert [mail_overdue(MONDAY + hours * HOUR) for hours in (1, 2)] == [1, 0]
    (sent,) = mailoutbox
    assert sent.to == ["head@example.com"]
    assert str(lead) in sent.subject
    assert f"{one} was to answer" in sent.body
    assert f"{two} has it now" in sent.body
    assert lead.get_absolute_url() in sent.body


def test_a_mail_that_was_not_taken_is_sent_again_later(marketer, mailoutbox, monkeypatch):
    make_hours(on_overdue="head")
    _, (one, _) = make_team()
    make_user(Role.HEAD_OF_SALES, "head@example.com")
    hand_over(marketer, make_lead(marketer), one)
    now = MONDAY + HOUR
    step_clock(now)
    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
        assert mail_overdue(now) == 0
    assert mail_overdue(now + MINUTE) == 0
    assert mail_overdue(now + 11 * MINUTE) == 1
    assert len(mailoutbox) == 1


def refuse(*_arguments):
    raise OSError("the mail server is away")


def test_an_answered_lead_is_never_overdue(marketer):
    make_hours(on_overdue="head")
    make_user(Role.HEAD_OF_SALES)
    _, (one, _) = make_team()
    lead = hand_over(marketer, make_lead(marketer), one)
    make_activity(one, lead.contact.person, MONDAY + 50 * MINUTE)
    step_clock(MONDAY + 2 * HOUR)
    assert Lead.objects.get().owner == one


def test_a_waiting_lead_goes_to_the_first_who_comes_to_work(marketer):
    make_hours()
    _, (one, _) = make_team()
    make_rule(users=[one])
    night = MONDAY - 8 * HOUR
    hand_over(marketer, make_lead(marketer), now=night)
    step_clock(night + HOUR)
    assert Lead.objects.get().owner is None
    step_clock(MONDAY - HOUR)
    lead, found = Lead.objects.get(), HandOver.objects.get()
    assert (lead.owner, lead.route_since) == (one, None)
    assert (found.waited_since, found.at) == (night, MONDAY - HOUR)


def test_the_clocks_step_costs_the_same_however_many_wait(marketer, django_assert_max_num_queries):
    make_hours()
    _, (one, _) = make_team()
    for n in range(6):
        hand_over(marketer, make_lead(marketer, f"p{n}"), one)
    with django_assert_max_num_queries(6):
        step_clock(MONDAY + 10 * MINUTE)
