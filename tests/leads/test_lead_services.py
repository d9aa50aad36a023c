"""A lead's way from the inbox to sales and back: who may, what is written, what is refused."""

from datetime import timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError

from deals_support.deal_world import pipeline_of
from leads_support.leads_world import (
    MONDAY,
    hand_over,
    make_hours,
    make_lead,
    make_person,
    make_reason,
    make_rule,
    make_team,
    make_visitor,
)
from suppilo.apps.accounts.models import AuditEntry, Role
from suppilo.apps.leads.models import HandOver, Lead, LeadChange
from suppilo.apps.leads.selectors.visible import visible_leads
from suppilo.apps.leads.services import (
    DealWanted,
    NewLead,
    accept_lead,
    add_lead,
    add_leads,
    convert_lead,
    disqualify_lead,
    edit_lead,
    hand_over_lead,
    qualify_lead,
    return_lead,
)
from suppilo.apps.outbox.models import DomainEvent
from suppilo.apps.people.models import MergeEntry, Person
from suppilo.apps.people.services import merge_people, undo_merge
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer():
    return make_user(Role.MARKETER, name="Mara")


def kinds(lead: Lead) -> list[str]:
    return list(lead.changes.order_by("number").values_list("kind", flat=True))


def told() -> list[tuple[str, str]]:
    return list(DomainEvent.objects.order_by("pk").values_list("name", "path"))


def test_an_address_nobody_knew_becomes_a_person_and_a_lead(marketer):
    lead = add_lead(marketer, NewLead("Anna@Example.com", "Anna Kalniņa", "Nordvik", "+371 2"))
    person = Person.objects.get(identifiers__value="anna@example.com")
    assert (person.name, person.email, person.company.name) == (
        "Anna Kalniņa", "anna@example.com", "Nordvik",
    )  # fmt: skip
    assert lead.contact.person == person
    assert (lead.state, kinds(lead)) == ("new", ["came"])
    assert told() == [("lead_created", "anna@example.com")]
    assert AuditEntry.objects.filter(verb="add_lead", actor=marketer).count() == 1


def test_somebody_known_by_the_address_is_the_same_person(marketer):
    person = make_person("u1", email="anna@example.com")
    assert add_lead(marketer, NewLead("anna@example.com")).contact.person == person


def test_source_and_channel_are_the_first_touchs(marketer):
    make_person("u1", email="anna@example.com")
    assert add_lead(marketer, NewLead("u1")).channel == "paid_search"


def test_a_person_has_one_open_lead(marketer):
    make_lead(marketer)
    with pytest.raises(ValidationError, match="open lead already"):
        make_lead(marketer)


def test_a_person_may_come_again_after_the_lead_is_closed(marketer):
    disqualify_lead(marketer, make_lead(marketer).pk, "A student")
    assert make_lead(marketer).state == "new"


@pytest.mark.parametrize("identifier", ["", "  ", "null", "not an@address", "@", "x" * 3000])
def test_what_is_nobodys_identifier_is_refused(marketer, identifier):
    with pytest.raises(ValidationError):
        add_lead(marketer, NewLead(identifier))
    assert not Lead.objects.exists()


def test_who_may_not_work_on_leads_adds_none():
    with pytest.raises(PermissionDenied):
        add_lead(make_user(Role.ANALYST), NewLead("anna@example.com"))


def test_many_people_become_leads_in_few_queries(marketer, django_assert_max_num_queries):
    people = [make_visitor(f"visitor-{n}").pk for n in range(12)]
    add_leads(marketer, people[:2])
    with django_assert_max_num_queries(20):
        added = add_leads(marketer, [*people, 999_999])
    assert (len(added.leads), added.had_one) == (10, 2)
    assert DomainEvent.objects.filter(name="lead_created").count() == 12


def test_each_step_stands_in_the_ledger_with_its_event(marketer):
    _, (seller, other) = make_team()
    lead = make_lead(marketer)
    qualify_lead(marketer, lead.pk, reason="Asked for a price")
    hand_over_lead(marketer, lead.pk, owner_id=seller.pk)
    return_lead(seller, lead.pk, make_reason().pk, note="twice")
    hand_over_lead(marketer, lead.pk, owner_id=other.pk)
    accept_lead(other, lead.pk, source="page")
    assert kinds(lead) == [
        "came", "qualify", "hand_over", "return", "qualify", "hand_over", "accept",
    ]  # fmt: skip
    assert [name for name, _ in told()] == [
        "lead_created", "lead_qualified", "lead_handed_over", "lead_returned", "lead_qualified",
        "lead_handed_over", "lead_accepted",
    ]  # fmt: skip
    returned = LeadChange.objects.get(kind="return")
    assert (returned.reason, returned.actor, returned.owner) == (
        "Not reached: twice", seller, None,
    )  # fmt: skip
    ends = list(HandOver.objects.order_by("pk").values_list("end", "to", "reason__name"))
    assert ends == [("returned", seller.pk, "Not reached"), ("accepted", other.pk, None)]


def test_an_edit_keeps_what_stood_there_before_who_and_when(marketer):
    lead = make_lead(marketer, interest="Pumps")
    edit_lead(marketer, lead.pk, interest=" Heat pumps ", note="Has a cellar", now=MONDAY)
    edit_lead(marketer, lead.pk, note="Has a cellar")  # as it is: no change
    last = lead.changes.order_by("-number").first()
    assert (last.kind, last.actor, last.at) == ("edit", marketer, MONDAY)
    assert last.from_state == last.to_state == "new"
    assert last.evidence == {
        "changed": {"interest": ["Pumps", "Heat pumps"], "note": ["", "Has a cellar"]}
    }
    assert kinds(lead) == ["came", "edit"]
    assert told() == [("lead_created", "anna@example.com")]


def test_an_edit_is_refused_of_a_closed_a_changed_and_anothers_lead(marketer):
    lead = make_lead(marketer)
    seen = lead.revision
    edit_lead(marketer, lead.pk, note="First", revision=seen)
    with pytest.raises(ValidationError, match="in the meantime"):
        edit_lead(marketer, lead.pk, note="Second", revision=seen)
    with pytest.raises(ValidationError):
        edit_lead(marketer, lead.pk, interest="x" * 201)
    with pytest.raises(ObjectDoesNotExist):
        edit_lead(make_user(Role.SALESPERSON), lead.pk, note="Mine")
    with pytest.raises(PermissionDenied):
        edit_lead(make_user(Role.VIEWER), lead.pk, note="Mine")
    disqualify_lead(marketer, lead.pk, "A student")
    with pytest.raises(ValidationError):
        edit_lead(marketer, lead.pk, note="Late")
    lead.refresh_from_db()
    assert lead.note == "First"


def test_a_lead_is_returned_with_a_reason_of_the_list_only(marketer):
    _, (seller, _) = make_team()
    lead = hand_over(marketer, make_lead(marketer), seller)
    retired = make_reason("Old")
    retired.is_active = False
    retired.save()
    for reason in (0, 999, retired.pk):
        with pytest.raises(ValidationError, match="Choose why"):
            return_lead(seller, lead.pk, reason)


def test_only_the_first_of_two_who_accept_has_it(marketer):
    _, (seller, other) = make_team()
    lead = hand_over(marketer, make_lead(marketer), seller)
    accept_lead(other, lead.pk, source="page")
    with pytest.raises(ValidationError, match="accepted \\(by North 2\\)"):
        accept_lead(seller, lead.pk, source="page")
    assert Lead.objects.get().owner == other


def test_a_closed_lead_stays_as_it_is(marketer):
    lead = make_lead(marketer)
    disqualify_lead(marketer, lead.pk, "A student")
    for act in (
        lambda: qualify_lead(marketer, lead.pk),
        lambda: hand_over_lead(marketer, lead.pk),
        lambda: disqualify_lead(marketer, lead.pk, "Again"),
    ):
        with pytest.raises(ValidationError, match="disqualified"):
            act()


def test_disqualifying_asks_for_a_reason(marketer):
    with pytest.raises(ValidationError):
        disqualify_lead(marketer, make_lead(marketer).pk, "  ")


def test_a_lead_goes_to_nobody_who_does_not_work_on_leads(marketer):
    lead = make_lead(marketer)
    left = make_user(Role.SALESPERSON)
    left.is_active = False
    left.save()
    for user in (make_user(Role.VIEWER), left):
        with pytest.raises(ValidationError):
            hand_over_lead(marketer, lead.pk, owner_id=user.pk)


def test_passing_on_ends_the_hand_over_before(marketer):
    make_hours()
    _, (seller, other) = make_team()
    lead = hand_over(marketer, make_lead(marketer), seller)
    hand_over_lead(seller, lead.pk, owner_id=other.pk, now=MONDAY + timedelta(hours=1))
    first, second = HandOver.objects.order_by("pk")
    assert (first.end, first.watched_s, second.ended_at) == ("passed_on", 3600, None)
    with pytest.raises(ValidationError, match="already"):
        hand_over_lead(seller, lead.pk, owner_id=other.pk)


def test_salespeople_see_their_own_and_their_teams_leads(marketer):
    _, (north, mate) = make_team("North")
    _, (south, _) = make_team("South")
    lead = hand_over(marketer, make_lead(marketer), north)
    own = make_lead(south, "bert")
    assert set(visible_leads(marketer)) == {lead, own}
    assert list(visible_leads(mate)) == [lead]
    assert list(visible_leads(south)) == [own]
    with pytest.raises(PermissionDenied):
        visible_leads(make_user(Role.ANALYST))


def test_anothers_lead_is_not_there(marketer):
    _, (north, _) = make_team("North")
    _, (south, _) = make_team("South")
    lead = hand_over(marketer, make_lead(marketer), north)
    for act in (
        lambda: accept_lead(south, lead.pk, source="page"),
        lambda: return_lead(south, lead.pk, make_reason("x").pk),
        lambda: disqualify_lead(south, lead.pk, "x"),
        lambda: hand_over_lead(south, lead.pk),
    ):
        with pytest.raises(Lead.DoesNotExist):
            act()


def test_merging_people_takes_their_leads_along_and_undoing_gives_them_back(marketer):
    owner = make_user(Role.OWNER)
    lead = make_lead(marketer)
    was, other = lead.contact.person, make_person("u2", name="Anna")
    merge_people(owner, other.pk, [was.pk])
    assert Lead.objects.get().contact.person == Person.objects.get(pk=other.pk)
    undo_merge(owner, MergeEntry.objects.get().pk)
    assert Lead.objects.get().contact.person == was


def test_after_a_merge_the_person_still_has_an_open_lead(marketer):
    owner = make_user(Role.OWNER)
    lead = make_lead(marketer)
    other = make_person("u2", name="Anna")
    merge_people(owner, other.pk, [lead.contact.person_id])
    with pytest.raises(ValidationError, match="open lead already"):
        add_lead(marketer, NewLead("u2"))


def test_a_lead_nobody_is_free_for_waits_and_says_so_once(marketer):
    make_hours()
    lead = make_lead(marketer, now=MONDAY - timedelta(hours=8))
    _, (seller, _) = make_team()
    make_rule(users=[seller])
    for _ in range(2):
        hand_over(marketer, lead, now=MONDAY - timedelta(hours=8))
        lead.refresh_from_db()
    assert (lead.state, lead.owner, lead.route_since) == (
        "qualified", None, MONDAY - timedelta(hours=8),
    )  # fmt: skip
    assert kinds(lead) == ["came", "qualify", "wait"]
    assert LeadChange.objects.get(kind="wait").evidence == {
        "passed_over": {"North 1": "after_hours"}
    }


def test_accepting_makes_a_deal_with_where_the_person_came_from(marketer):
    pipeline = pipeline_of()
    _, (seller, _) = make_team()
    make_person("u1", name="Anna", email="anna@example.com")
    lead = hand_over(marketer, add_lead(marketer, NewLead("u1", company="Nordvik")), seller)
    lead = accept_lead(seller, lead.pk, deal=DealWanted(pipeline.pk), source="page")
    deal = lead.deal
    assert (lead.state, kinds(lead)[-2:]) == ("converted", ["accept", "convert"])
    assert (deal.name, deal.owner, deal.channel, deal.company.name) == (
        "Nordvik", seller, "paid_search", "Nordvik",
    )  # fmt: skip
    assert deal.participants.get().contact.person == lead.contact.person
    assert ("lead_converted", "u1") in told()


def test_a_deal_that_cannot_be_made_leaves_the_lead_as_it_was(marketer):
    _, (seller, _) = make_team()
    lead = hand_over(marketer, make_lead(marketer), seller)
    with pytest.raises((ValidationError, ObjectDoesNotExist)):
        accept_lead(seller, lead.pk, deal=DealWanted(999), source="page")
    lead.refresh_from_db()
    assert (lead.state, kinds(lead)[-1]) == ("handed_over", "hand_over")
    assert HandOver.objects.get().ended_at is None


def test_a_lead_accepted_without_a_deal_becomes_one_later(marketer):
    pipeline = pipeline_of()
    _, (seller, _) = make_team()
    lead = hand_over(marketer, make_lead(marketer), seller)
    accept_lead(seller, lead.pk, source="page")
    lead = convert_lead(seller, lead.pk, DealWanted(pipeline.pk, "Pumps"), source="page")
    assert (lead.state, lead.deal.name) == ("converted", "Pumps")
    with pytest.raises(ValidationError):
        convert_lead(seller, lead.pk, DealWanted(pipeline.pk), source="page")
