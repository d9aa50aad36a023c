"""Where somebody begins: by role, as chosen, and what fits an empty installation."""

import pytest

from reports_support.pipeline_world import make_pipeline
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("role", "page"),
    [
        ("salesperson", "/day/"),
        ("marketer", "/leads/"),
        ("head_of_sales", "/reports/pipeline/"),
        ("owner", "/reports/funnel/"),
        ("admin", "/reports/funnel/"),
        ("analyst", "/funnels/new/"),
        ("viewer", "/funnels/new/"),
    ],
)
def test_each_role_begins_at_its_own_work(role, page):
    make_pipeline()
    client = client_for(role)
    assert client.get("/").url == page
    assert client.get(page).status_code == 200


def test_without_a_pipeline_everybody_begins_at_funnels():
    assert client_for("owner").get("/").url == "/funnels/new/"


def test_another_page_can_be_chosen_and_taken_back():
    make_pipeline()
    client = client_for("owner")
    assert "Where to begin" in client.get("/account/start/").content.decode()
    client.post("/account/start/", {"start": "my_day"})
    assert client.get("/").url == "/day/"
    assert 'value="my_day" selected' in client.get("/account/start/").content.decode()
    client.post("/account/start/", {"start": ""})
    assert client.get("/").url == "/reports/funnel/"


def test_the_choice_goes_with_the_account_into_another_browser():
    make_pipeline()
    owner = make_user("owner")
    client_for(owner).post("/account/start/", {"start": "leads"})
    assert client_for(owner).get("/").url == "/leads/"
    assert client_for("admin").get("/").url == "/reports/funnel/"


def test_a_page_that_the_role_may_not_open_is_no_choice():
    make_pipeline()
    seller = make_user("salesperson")
    client = client_for(seller)
    client.post("/account/start/", {"start": "full_funnel"})
    assert client.get("/").url == "/day/"
    seller.start_page = "full_funnel"  # as it was before the role became a smaller one
    seller.save()
    assert client.get("/").url == "/day/"
