"""The deals on the pages of companies and people: those that the user sees."""

import pytest
from django.urls import reverse

from deals_support.deal_world import deal_in, lose, pipeline_of
from people_support.people_pages import make_people, person_of
from suppilo.apps.deals.services import NewParticipant
from suppilo.apps.people.models import Company
from suppilo.apps.people.services import merge_people
from suppilo.apps.pipelines.models import Visibility
from web_support.accounts import client_for
from web_support.route_objects import add_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    """Two deals of one company, of two salespeople who see their own alone."""
    make_people(3)
    pipeline = pipeline_of(visibility=Visibility.OWN)
    company = Company.objects.first()
    person = person_of("visitor-1")
    sellers = [add_user("salesperson"), add_user("salesperson")]
    contact = NewParticipant(person_id=person.pk)
    deals = [
        deal_in(pipeline, seller, f"Deal of {number}", company_id=company.pk, contacts=(contact,))
        for number, seller in enumerate(sellers)
    ]
    return sellers, deals, company, person


def names(client, page, pk):
    return [deal.name for deal in client.get(reverse(page, args=[pk])).context["deals"]]


def test_head_of_sales_sees_all_deals_the_open_ones_first(world):
    _, deals, company, person = world
    lose(deals[1])
    client = client_for("head_of_sales")
    assert names(client, "company", company.pk) == ["Deal of 0", "Deal of 1"]
    assert names(client, "person", person.pk) == ["Deal of 0", "Deal of 1"]


def test_salesperson_sees_none_of_another(world, client):
    sellers, _, company, person = world
    client.force_login(sellers[0])
    assert names(client, "company", company.pk) == ["Deal of 0"]
    assert names(client, "person", person.pk) == ["Deal of 0"]


def test_deals_follow_a_person_who_is_merged(world):
    _, _, _, person = world
    other = person_of("visitor-2")
    merge_people(add_user("owner"), other.pk, [person.pk])
    assert len(names(client_for("head_of_sales"), "person", person_of("visitor-2").pk)) == 2


def test_more_deals_take_no_more_queries(world, django_assert_max_num_queries):
    sellers, deals, company, _ = world
    for number in range(8):
        deal_in(deals[0].pipeline, sellers[0], f"Further {number}", company_id=company.pk)
    client = client_for("head_of_sales")
    with django_assert_max_num_queries(14):
        client.get(reverse("company", args=[company.pk]))
