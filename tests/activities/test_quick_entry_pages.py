"""Quick entry's page and part: what was understood is shown, then saved."""

import pytest
from django.urls import reverse

from deals_support.deal_world import deal_in, fresh, pipeline_of
from people_support.people_pages import make_people
from suppilo.apps.accounts.models import User
from suppilo.apps.activities.models import Activity
from suppilo.apps.activities.selectors import find_assignee, find_matches
from suppilo.apps.people.services import make_company
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
URL = "/activities/quick/"


@pytest.fixture
def seller():
    return make_user("salesperson", name="Anna Berzina")


@pytest.fixture
def deal(seller):
    owner = User.objects.filter(role="owner").first() or make_user("owner")
    company = make_company(owner, "Nordvik Oy")
    return deal_in(pipeline_of(), seller, name="Annual supply", company_id=company.pk)


def send(seller, text, **more):
    return client_for(seller).post(URL, {"q": text, **more}, headers=HTMX)


def test_company_with_one_open_deal_means_the_deal(seller, deal):
    assert [match.kind for match in find_matches(seller, ("Nordvik",))] == ["deal", "company"]
    answer = send(seller, "call Nordvik tomorrow 15:00 !high #renewal")
    made = Activity.objects.get()
    assert (made.deal, made.kind, made.tags, made.is_high) == (deal, "call", ["renewal"], True)
    assert made.has_time
    assert answer["HX-Trigger-After-Swap"] == "activitiesChanged"


def test_of_several_deals_the_user_chooses(seller, deal):
    other = deal_in(deal.pipeline, seller, name="Spare parts", company_id=deal.company_id)
    answer = send(seller, "call Nordvik tomorrow")
    assert "What is it about?" in answer.content.decode()
    assert not Activity.objects.exists()
    send(seller, "call Nordvik tomorrow", about=f"deal:{other.pk}")
    assert Activity.objects.get().deal == other


def test_none_of_these_is_an_answer(seller, deal):
    send(seller, "call Nordvik", about="none")
    made = Activity.objects.get()
    assert (made.deal, made.subject) == (None, "Call Nordvik")


def test_line_on_a_deals_page_is_about_the_deal(seller, deal):
    send(seller, "called, wants it in May", deal=deal.pk)
    made = Activity.objects.get()
    assert (made.deal, made.note, made.outcome) == (deal, "wants it in May", "done")


def test_something_done_is_noted_and_the_next_step_asked_for(seller, deal):
    answer = send(seller, "called Nordvik, wants monthly delivery", outcome="reached")
    made = Activity.objects.get()
    assert (made.note, made.outcome, made.due_at) == ("wants monthly delivery", "reached", None)
    assert fresh(deal).last_activity_at == made.done_at
    assert "What comes next for Annual supply?" in answer.content.decode()


def test_without_script_what_was_understood_is_shown_first(seller, deal):
    client = client_for(seller)
    shown = client.post(URL, {"q": "call Nordvik tomorrow"})
    text = shown.content.decode()
    assert shown.status_code == 200
    assert 'name="seen" value="call Nordvik tomorrow"' in text
    assert not Activity.objects.exists()
    answer = client.post(URL, {
        "q": "call Nordvik tomorrow", "seen": "call Nordvik tomorrow",
        "about": f"deal:{deal.pk}", "is_next_step": "on",
    })  # fmt: skip
    assert answer.url == reverse("my_day")
    assert fresh(deal).next_step == "Call Nordvik"


def test_preview_names_what_it_understood(seller, deal):
    client = client_for(seller)
    answer = client.get(f"{URL}preview/", {"q": "visit Nordvik friday 3pm for 45min #a @anna"})
    text = answer.content.decode()
    for part in ("Visit", "15:00", "45 min", "#a", "for Anna Berzina", "Annual supply"):
        assert part in text
    assert (
        "nobody, or more than one"
        in client.get(f"{URL}preview/", {"q": "call x @nobody"}).content.decode()
    )


def test_people_and_companies_are_found_by_name_and_last_name(seller):
    make_people(3)
    found = find_matches(seller, ("ask", "Kalniņa"))
    assert not found
    assert [match.kind for match in find_matches(seller, ("Anna", "Kalniņa"))] == ["person"]
    assert [match.name for match in find_matches(seller, ("acme", "1"))] == ["Acme 1"]
    send(seller, "call Acme 1 today")
    assert Activity.objects.get().company.name == "Acme 1"


def test_another_persons_deals_are_not_offered(deal):
    stranger = make_user("salesperson")
    assert [match.kind for match in find_matches(stranger, ("Nordvik",))] == ["company"]
    send(stranger, "call x", deal=deal.pk)
    assert Activity.objects.get().deal is None


def test_owner_is_found_by_the_beginning_of_a_name_if_it_is_one_person(seller):
    assert find_assignee("anna") == seller
    assert find_assignee("berz") == seller
    make_user("salesperson", name="Anna Nagy")
    assert find_assignee("anna") is None
    assert find_assignee(seller.email) == seller


@pytest.mark.parametrize("text", ["", "   ", "!", "#", "@x", ",", "x" * 600])
def test_odd_lines_never_break_the_page(seller, text):
    assert send(seller, text).status_code in {200, 422}
    assert client_for(seller).get(f"{URL}preview/", {"q": text}).status_code == 200


def test_matching_asks_a_handful_of_questions(seller, deal, django_assert_max_num_queries):
    make_people(9)
    with django_assert_max_num_queries(4):
        find_matches(seller, ("send", "the", "offer", "Nordvik", "Acme", "Carla", "Eva"))
