"""Somebody who was logged out while a page stood open: what they learn, and what is kept."""

import pytest
from django.test import Client

from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("method", ["get", "post"])
def test_part_of_a_page_is_refused_without_leaving_the_page(method):
    make_user("owner")
    answer = getattr(Client(), method)("/account/", headers={"hx-request": "true"})
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer.headers


def test_page_has_what_it_says_to_who_was_logged_out():
    page = client_for("owner").get("/account/").content.decode()
    assert "What you typed stays here, and isn’t saved yet" in page
    assert 'data-session="/session/"' in page
    assert "data-user=" in page
    assert "data-user=" not in Client().get("/login/").content.decode()


def test_session_names_its_user_and_a_token_that_forms_are_taken_with():
    client = Client(enforce_csrf_checks=True)
    assert client.get("/session/").json()["user"] is None
    user = make_user("viewer")
    client.force_login(user)
    answer = client.get("/session/")
    assert answer.json()["user"] == user.pk
    assert "no-store" in answer.headers["Cache-Control"]
    sent = {"name": "Vera", "csrfmiddlewaretoken": answer.json()["token"]}
    assert client.post("/account/", sent).status_code == 302


@pytest.mark.parametrize(
    ("came_from", "back"),
    [
        ("http://testserver/team/?page=2", "/team/%3Fpage%3D2"),
        ("https://evil.example/team/", "/"),
        ("http://testserver//evil.example/", "/"),
        ("", "/"),
    ],
)
def test_form_sent_without_a_session_leads_back_to_its_page_and_says_it_was_not_saved(
    came_from, back
):
    make_user("owner")
    client = Client()
    answer = client.post("/team/teams/1/delete/", headers={"referer": came_from})
    assert answer.headers["Location"] == f"/login/?next={back}"
    assert "what you sent hasn’t been saved" in client.get("/login/").content.decode()


def test_address_that_only_takes_forms_says_so_on_a_page():
    answer = client_for("owner").get("/team/teams/1/delete/")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert "open the page with the form" in answer.content.decode()
