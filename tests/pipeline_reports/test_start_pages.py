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
    client.post("/account/start/", {"start": ""})
    assert client.get("/").url == "/reports/funnel/"


def test_a_page_that_the_role_may_not_open_is_no_choice():
    make_pipeline()
    client = client_for(make_user("salesperson"))
    client.post("/account/start/", {"start": "full_funnel"})
    assert client.get("/").url == "/day/"
    client.cookies["start"] = "full_funnel"
    assert client.get("/").url == "/day/"
