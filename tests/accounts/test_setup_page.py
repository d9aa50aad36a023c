"""The first user becomes the owner, and there is one first user only."""

import threading

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client

from suppilo.apps.accounts.models import AuditEntry, Role, User
from suppilo.apps.accounts.services.login import set_up_owner
from web_support.accounts import PASSWORD, make_user

OWNER = {"name": "Anna", "email": "Anna@Example.com", "password": PASSWORD}


@pytest.mark.django_db
def test_fresh_installation_leads_to_the_set_up_page():
    assert Client().get("/").headers["Location"] == "/setup/"
    assert Client().get("/login/").headers["Location"] == "/setup/"


@pytest.mark.django_db
def test_set_up_makes_the_owner_and_logs_them_in():
    client = Client()
    assert client.post("/setup/", OWNER).headers["Location"] == "/"
    assert client.get("/account/").status_code == 200
    owner = User.objects.get()
    assert (owner.role, owner.email) == (Role.OWNER, "anna@example.com")
    assert AuditEntry.objects.get().verb == "set_up"


@pytest.mark.django_db
def test_next_user_gets_a_key_of_their_own():
    owner = set_up_owner("anna@example.com", "Anna", PASSWORD)
    assert make_user("viewer").pk > owner.pk


@pytest.mark.django_db
def test_there_is_no_set_up_page_once_there_is_a_user():
    make_user("viewer")
    assert Client().get("/setup/").status_code == 404
    assert Client().post("/setup/", OWNER).status_code == 404
    assert not User.objects.filter(role=Role.OWNER).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["short", "password123", "anna@example.com", "1234567890"])
def test_weak_password_is_refused_with_a_reason(password):
    answer = Client().post("/setup/", OWNER | {"password": password})
    assert answer.status_code == 422
    assert "id_password_error" in answer.content.decode()
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_who_set_up_at_once_one_becomes_the_owner():
    together = threading.Barrier(8)
    outcomes = []

    def try_set_up(number):
        together.wait(timeout=20)
        try:
            outcomes.append(set_up_owner(f"u{number}@example.com", f"U{number}", PASSWORD).email)
        except PermissionDenied:
            outcomes.append(None)
        finally:
            connection.close()

    threads = [threading.Thread(target=try_set_up, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    made = [email for email in outcomes if email]
    assert len(outcomes) == 8
    assert made == [User.objects.get().email]
