"""Where deals come from, by the first touch of their people, whoever makes them."""

import json

import pytest
from django.urls import reverse

from deals_support.deal_world import PAGE, SOON, ago, deal_in, fresh, pipeline_of
from leads_support.leads_world import hand_over, make_team
from people_support.people_world import SOURCE, evidence
from suppilo.apps.accounts.services.tokens import make_token
from suppilo.apps.deals.models import Deal, FieldChange
from suppilo.apps.deals.services import (
    NewDeal,
    NewParticipant,
    add_participant,
    change_deal,
    open_deals,
)
from suppilo.apps.deals.services.first_touch import learn_late_touches
from suppilo.apps.deals.worker import DealWorker
from suppilo.apps.leads.models import Lead
from suppilo.apps.leads.services import DealWanted, accept_lead, add_lead, touches
from suppilo.apps.leads.services.intake import NewLead
from suppilo.apps.leads.worker import LeadWorker
from suppilo.apps.people.evidence import Sighting
from suppilo.apps.people.models import Identifier, Person
from suppilo.apps.people.services import merge_people, record_evidence
from suppilo.apps.people.values import as_us
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db
ADS = {"channel": "paid_search", "utm_source": "google", "utm_campaign": "autumn"}
LINK = {"channel": "referral", "referrer_host": "news.example"}


@pytest.fixture
def head():
    return make_user("head_of_sales", name="Hanna")


@pytest.fixture
def pipeline():
    return pipeline_of()


def came(identifier, days_ago, touch=None):
    """Make a person who came so many days ago through a touch, or without one."""
    at = as_us(ago(days_ago))
    said = Sighting(identifier, True, at, at, 1, touch or {}, touch or {})
    record_evidence(SOURCE, evidence(said))
    return Person.objects.get(identifier=identifier)


def person_of(identifier):
    return Identifier.objects.get(value=identifier).person


def origin_of(deal):
    """Return channel, source, campaign, whose first touch said which of them."""
    deal = fresh(deal)
    contact = deal.first_touch_of
    who = contact.value if contact is not None else ""
    return deal.channel, deal.source, deal.campaign, who, sorted(deal.first_touch_fields)


ALL = ["campaign", "channel", "source"]


def contacts(*identifiers, main=0):
    return tuple(
        NewParticipant(one, is_main=place == main) for place, one in enumerate(identifiers)
    )


def test_a_deal_takes_channel_source_and_campaign_from_its_main_person(head, pipeline):
    came("early@x.example", 9, LINK)
    came("main@x.example", 3, ADS)
    deal = deal_in(pipeline, head, contacts=contacts("early@x.example", "main@x.example", main=1))
    assert origin_of(deal) == ("paid_search", "google", "autumn", "main@x.example", ALL)


def test_where_the_main_person_has_no_touch_the_earliest_of_the_others_tells(head, pipeline):
    came("main@x.example", 12)
    came("late@x.example", 3, ADS)
    came("early@x.example", 9, LINK)
    people = contacts("main@x.example", "late@x.example", "early@x.example")
    deal = deal_in(pipeline, head, contacts=people)
    assert origin_of(deal) == (
        "referral", "news.example", "", "early@x.example", ["channel", "source"],
    )  # fmt: skip


def test_what_somebody_typed_stays_and_another_channel_leaves_the_rest_empty(head, pipeline):
    came("a@x.example", 3, ADS)
    people = contacts("a@x.example")
    deal = deal_in(pipeline, head, contacts=people, source="Fair")
    assert origin_of(deal) == (
        "paid_search", "Fair", "autumn", "a@x.example", ["campaign", "channel"],
    )  # fmt: skip
    deal = deal_in(pipeline, head, contacts=people, channel="partner")
    assert origin_of(deal) == ("partner", "", "", "", [])
    deal = deal_in(pipeline, head, contacts=people, channel="paid_search")
    assert origin_of(deal) == (
        "paid_search", "google", "autumn", "a@x.example", ["campaign", "source"],
    )  # fmt: skip


def test_somebody_who_is_added_later_tells_it_once_and_history_says_by_itself(head, pipeline):
    came("a@x.example", 3, ADS)
    came("b@x.example", 9, LINK)
    deal = deal_in(pipeline, head, contacts=contacts("new@x.example"))
    assert origin_of(deal) == ("", "", "", "", [])
    add_participant(head, deal.pk, NewParticipant("a@x.example"), source=PAGE)
    assert origin_of(deal) == ("paid_search", "google", "autumn", "a@x.example", ALL)
    rows = FieldChange.objects.filter(deal=deal, field__in=ALL).order_by("field")
    assert list(rows.values_list("field", "old", "new", "by", "source")) == [
        ("campaign", "", "autumn", None, "automation"),
        ("channel", "", "paid_search", None, "automation"),
        ("source", "", "google", None, "automation"),
    ]
    add_participant(head, deal.pk, NewParticipant("b@x.example", is_main=True), source=PAGE)
    assert origin_of(deal)[3] == "a@x.example"


def test_a_change_by_hand_is_nobody_s_touch_and_is_not_undone_by_new_people(head, pipeline):
    came("a@x.example", 3, ADS)
    came("b@x.example", 9, LINK)
    deal = deal_in(pipeline, head, contacts=contacts("a@x.example"))
    change_deal(head, deal.pk, {"source": ""}, source=PAGE)
    add_participant(head, deal.pk, NewParticipant("b@x.example"), source=PAGE)
    assert origin_of(deal) == (
        "paid_search", "", "autumn", "a@x.example", ["campaign", "channel"],
    )  # fmt: skip


def look_at_touches():
    worker = DealWorker()
    while worker.step():
        pass


def test_a_touch_that_is_known_after_the_lead_fills_what_is_empty(
    head, django_assert_max_num_queries
):
    names = ("merged", "late", "alone")
    merged, late, alone = (
        add_lead(head, NewLead(f"{name}@x.example"), now=ago(5)) for name in names
    )  # fmt: skip
    merge_people(head, person_of("merged@x.example").pk, [came("anon-1", 9, ADS).pk])
    came("late@x.example", 4, ADS)
    worker = LeadWorker()
    while worker.step():
        pass
    with django_assert_max_num_queries(2):
        assert touches.learn_late_touches() == alone.pk
    found = {lead.pk: (lead.channel, lead.source, lead.campaign) for lead in Lead.objects.all()}
    assert found[merged.pk] == ("paid_search", "google", "autumn")
    assert found[late.pk] == found[alone.pk] == ("", "", "")


def test_a_touch_that_is_known_after_the_deal_fills_what_is_empty(
    head, pipeline, django_assert_max_num_queries
):
    merged, typed, other, late, alone = (
        deal_in(pipeline, head, contacts=contacts(f"{name}@x.example"), **more)
        for name, more in (
            ("merged", {}), ("events", {"source": "Fair"}), ("events", {"channel": "partner"}),
            ("late", {}), ("alone", {}),
        )
    )  # fmt: skip
    Deal.objects.update(opened_at=ago(5))
    merge_people(head, person_of("merged@x.example").pk, [came("anon-1", 9, ADS).pk])
    came("events@x.example", 9, LINK)
    came("late@x.example", 4, ADS)
    before = fresh(late).revision
    look_at_touches()
    assert origin_of(merged) == ("paid_search", "google", "autumn", "merged@x.example", ALL)
    assert origin_of(typed) == ("referral", "Fair", "", "events@x.example", ["channel"])
    assert origin_of(other) == ("partner", "", "", "", [])
    assert [origin_of(deal) for deal in (late, alone)] == [("", "", "", "", [])] * 2
    assert fresh(late).revision == before
    rows = FieldChange.objects.filter(deal=merged, field="channel")
    assert list(rows.values_list("old", "new", "by", "source")) == [
        ("", "paid_search", None, "automation")
    ]
    with django_assert_max_num_queries(6):  # Nothing is left to be learned.
        assert learn_late_touches(learn_late_touches()) == 0


def test_an_import_says_the_same_as_deals_made_one_by_one(head, pipeline):
    came("main@x.example", 12)
    came("late@x.example", 3, ADS)
    came("early@x.example", 9, LINK)
    wanted = [
        (contacts("late@x.example", "early@x.example"), {}),
        (contacts("main@x.example", "late@x.example", "early@x.example"), {}),
        (contacts("late@x.example"), {"source": "Fair"}),
        (contacts("late@x.example"), {"channel": "partner"}),
        (contacts("nobody@x.example"), {}),
        ((), {}),
    ]
    one_by_one = [deal_in(pipeline, head, contacts=who, **more) for who, more in wanted]
    news = [NewDeal("x", pipeline.pk, contacts=who, **more) for who, more in wanted]
    at_once = open_deals(head, news, source="import")
    assert list(map(origin_of, at_once)) == list(map(origin_of, one_by_one))
    assert {origin_of(deal)[1] for deal in at_once} == {"google", "news.example", "Fair", ""}


def test_a_lead_that_becomes_a_deal_says_whose_first_touch_it_was(pipeline):
    came("ann@x.example", 3, ADS)
    _, (seller, _) = make_team()
    marketer = make_user("marketer")
    lead = hand_over(marketer, add_lead(marketer, NewLead("ann@x.example")), seller)
    deal = accept_lead(seller, lead.pk, deal=DealWanted(pipeline.pk), source="page").deal
    assert origin_of(deal) == ("paid_search", "google", "autumn", "ann@x.example", ALL)


def test_the_page_and_the_api_say_whose_first_touch_it_was(client, head, pipeline):
    person = came("a@x.example", 3, ADS)
    headers = {"Authorization": f"Bearer {make_token(head, 'Test')[1]}"}

    def call(method, path, body):
        answer = client.generic(method, f"/api{path}", json.dumps(body),
                                content_type="application/json", headers=headers)  # fmt: skip
        return answer.json()

    made = call("POST", "/deals", {
        "name": "Roof", "pipeline_id": pipeline.pk, "next_step": "Call",
        "next_step_at": SOON.isoformat(), "contacts": [{"person_id": person.pk}],
    })  # fmt: skip
    assert (made["channel"], made["source"]) == ("paid_search", "google")
    assert made["first_touch"] == {
        "person_id": person.pk, "fields": ["channel", "source", "campaign"],
    }  # fmt: skip

    def rows():
        page = client_for(head).get(reverse("deal", args=[made["id"]])).content.decode()
        return page.count(f'from the first touch of <a href="{person.get_absolute_url()}">')

    assert rows() == 3
    changed = call("PATCH", f"/deals/{made['id']}", {"source": "Fair"})
    assert changed["first_touch"]["fields"] == ["channel", "campaign"]
    assert rows() == 2
