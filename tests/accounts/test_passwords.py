"""Changing a password, and choosing one anew by a mailed link."""

import re
from concurrent.futures import Future
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from suppilo.apps.accounts.models import Attempt, AuditEntry, User
from suppilo.apps.accounts.services import passwords
from suppilo.apps.accounts.services.passwords import (
    ask_for_reset,
    make_reset_link,
    reset_password,
)
from web_support.accounts import PASSWORD, client_for, make_user

NEW = "vier neue lange worte"
pytestmark = pytest.mark.django_db


def without_token(answer):
    return re.sub(r'"X-CSRFToken": "\w+"', "", answer.content.decode())


def path_of(link):
    return link.removeprefix("http://localhost:8000")


@pytest.mark.django_db(transaction=True)
class TestMailedLink:
    def ask(self, email, host="localhost"):
        answer = Client(headers={"host": host}).post("/password/forgotten/", {"email": email})
        passwords._mailer.submit(lambda: None).result(timeout=20)
        return answer

    def test_link_is_mailed_and_made_of_the_configured_address(self):
        make_user("viewer", "anna@example.com")
        self.ask("Anna@example.com", host="evil.example")
        (message,) = mail.outbox
        assert message.to == ["anna@example.com"]
        assert "http://localhost:8000/password/reset/" in message.body
        assert "evil" not in message.body

    def test_answer_is_the_same_for_an_account_that_does_not_exist(self):
        make_user("viewer", "anna@example.com")
        known, unknown = self.ask("anna@example.com"), self.ask("nobody@example.com")
        assert without_token(known) == without_token(unknown)
        assert len(mail.outbox) == 1

    def test_deactivated_user_gets_no_link(self):
        make_user("viewer", "anna@example.com")
        User.objects.update(is_active=False)
        self.ask("anna@example.com")
        assert mail.outbox == []

    def test_asking_is_throttled(self):
        for _ in range(3):
            self.ask("anna@example.com")
        assert self.ask("anna@example.com").status_code == 422

    def test_request_does_not_wait_for_the_mail(self):
        assert isinstance(ask_for_reset("nobody@example.com", "192.0.2.1", timezone.now()), Future)


def test_link_lets_one_choose_a_password_once():
    user = make_user("viewer")
    path = path_of(make_reset_link(user))
    assert Client().get(path).status_code == 200
    assert Client().post(path, {"password": NEW}).headers["Location"] == "/login/"
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert Client().get(path).status_code == 404
    assert Client().post(path, {"password": PASSWORD}).status_code == 404
    assert AuditEntry.objects.get().verb == "reset_password"


def test_link_ends_after_an_hour():
    path = path_of(make_reset_link(make_user("viewer")))
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert Client().get(path).status_code == 404


def test_link_of_another_user_or_with_a_changed_token_does_not_work():
    anna, bert = make_user("viewer"), make_user("owner")
    key, token = path_of(make_reset_link(anna)).strip("/").split("/")[-2:]
    other, _ = path_of(make_reset_link(bert)).strip("/").split("/")[-2:]
    for pair in ((other, token), (key, token[:-1] + "x"), ("!", token), ("", token)):
        assert reset_password(*pair, NEW) is None


def test_link_ends_with_a_login_or_a_new_password():
    user = make_user("viewer")
    path = path_of(make_reset_link(user))
    user.set_password(NEW)
    user.save()
    assert Client().get(path).status_code == 404


def test_every_session_ends_when_a_password_is_reset():
    user = make_user("viewer")
    client = client_for(user)
    Client().post(path_of(make_reset_link(user)), {"password": NEW})
    assert client.get("/account/").status_code == 302


def test_changing_the_password_keeps_this_session_and_ends_the_others():
    user = make_user("viewer")
    here, elsewhere = client_for(user), client_for(user)
    before = here.session.session_key
    answer = here.post("/account/password/", {"current": PASSWORD, "password": NEW})
    assert answer.status_code == 302
    assert here.get("/account/").status_code == 200
    assert here.session.session_key != before
    assert elsewhere.get("/account/").status_code == 302


def test_changing_the_password_needs_the_one_so_far_and_guessing_it_is_throttled():
    client = client_for("viewer")
    for _ in range(5):
        answer = client.post("/account/password/", {"current": "a guess", "password": NEW})
        assert "not your password" in answer.content.decode()
    answer = client.post("/account/password/", {"current": PASSWORD, "password": NEW})
    assert "Too many attempts" in answer.content.decode()
    assert Attempt.objects.count() == 6


def test_passwords_are_kept_as_argon2(settings):
    from suppilo.web import settings as real

    settings.PASSWORD_HASHERS = real.PASSWORD_HASHERS
    user = make_user("viewer")
    assert user.password.startswith("argon2$argon2id$")
