"""Coming in: who may, how often one may try, and where one goes on to."""

import statistics
import time
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone

from suppilo.apps.accounts.models import Attempt, User
from suppilo.apps.accounts.services.login import check_login
from suppilo.apps.accounts.services.throttle import PERIOD
from web_support.accounts import PASSWORD, make_user

pytestmark = pytest.mark.django_db
WRONG = "E-mail or password is wrong"


@pytest.fixture
def user():
    return make_user("analyst", "anna@example.com", "Anna")


def try_login(client, email="anna@example.com", password=PASSWORD, **more):
    return client.post("/login/", {"email": email, "password": password, **more})


def test_right_password_lets_in_whatever_the_case_of_the_address(user):
    client = Client()
    assert try_login(client, "Anna@Example.com").headers["Location"] == "/"
    assert client.get("/account/").status_code == 200


def test_wrong_password_and_unknown_account_get_the_same_answer(user):
    wrong = try_login(Client(), password="nothing of the kind")
    unknown = try_login(Client(), "nobody@example.com")
    assert wrong.status_code == unknown.status_code == 422
    assert WRONG in wrong.content.decode()
    assert WRONG in unknown.content.decode()


def test_unknown_account_costs_a_hash_as_a_known_one_does(user, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    User.objects.filter(pk=user.pk).update(password=make_password(PASSWORD))

    def median_s(email):
        times = []
        for turn in range(5):
            began = time.perf_counter()
            check_login(email, "wrong password", f"192.0.2.{turn}", timezone.now())
            times.append(time.perf_counter() - began)
        return statistics.median(times)

    known, unknown = median_s("anna@example.com"), median_s("nobody@example.com")
    assert 0.4 < unknown / known < 2.5


def test_deactivated_user_gets_the_answer_of_an_unknown_account(user):
    User.objects.update(is_active=False)
    assert WRONG in try_login(Client()).content.decode()


def test_sixth_try_within_a_quarter_hour_is_refused_even_with_the_right_password(user):
    client = Client()
    for _ in range(5):
        try_login(client, password="wrong password")
    answer = try_login(client)
    assert answer.status_code == 422
    assert "Too many attempts" in answer.content.decode()


def test_unknown_account_is_throttled_likewise(user):
    client = Client()
    for _ in range(5):
        try_login(client, "nobody@example.com")
    assert "Too many attempts" in try_login(client, "nobody@example.com").content.decode()


def test_an_account_is_not_locked_for_its_owner_at_another_address(user):
    for _ in range(6):
        try_login(Client(), password="wrong password")
    assert try_login(Client(REMOTE_ADDR="198.51.100.7")).status_code == 302


def test_many_accounts_from_one_address_are_throttled(user):
    for number in range(50):
        Attempt.objects.create(kind="login", account=f"{number}", address="127.0.0.1")
    assert "Too many attempts" in try_login(Client()).content.decode()


def test_one_account_from_many_addresses_is_throttled(user):
    try_login(Client(), password="wrong password")
    account = Attempt.objects.get().account
    for number in range(50):
        Attempt.objects.create(kind="login", account=account, address=f"203.0.113.{number}")
    assert "Too many attempts" in try_login(Client()).content.decode()


def test_a_forged_forwarded_address_does_not_get_around_the_throttle(user):
    for number in range(5):
        try_login(Client(headers={"x-forwarded-for": f"203.0.113.{number}"}), password="wrong one")
    answer = try_login(Client(headers={"x-forwarded-for": "203.0.113.99"}))
    assert "Too many attempts" in answer.content.decode()


def test_tries_are_forgotten_after_a_quarter_hour(user):
    for _ in range(6):
        try_login(Client(), password="wrong password")
    Attempt.objects.update(at=timezone.now() - PERIOD)
    assert try_login(Client()).status_code == 302


def test_tries_by_a_clock_that_was_put_back_lock_nobody_out(user):
    for _ in range(6):
        try_login(Client(), password="wrong password")
    Attempt.objects.update(at=timezone.now() + timedelta(days=20_000))
    assert try_login(Client()).status_code == 302


def test_attempts_do_not_hold_the_address_of_the_account(user):
    try_login(Client(), password="wrong password")
    assert "anna" not in str(Attempt.objects.values_list().get())


def test_session_key_changes_at_login(user):
    client = Client()
    client.get("/login/")
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    before = session.session_key
    try_login(client)
    assert client.session.session_key != before


def test_login_form_needs_its_csrf_token(user):
    client = Client(enforce_csrf_checks=True)
    assert try_login(client).status_code == 403


def test_logout_takes_a_post_and_ends_the_session(user):
    client = Client()
    try_login(client)
    cookie = client.cookies["session"].value
    assert client.get("/logout/").status_code == 405
    client.post("/logout/")
    stale = Client()
    stale.cookies["session"] = cookie
    assert stale.get("/account/").status_code == 302


def test_cookies_are_http_only_and_lax(user):
    client = Client()
    client.get("/login/")
    try_login(client)
    for name in ("session", "csrf"):
        assert client.cookies[name]["httponly"]
        assert client.cookies[name]["samesite"] == "Lax"


def test_login_leads_back_to_where_one_was_going(user):
    client = Client()
    asked = client.get("/account/tokens/?page=2")
    assert asked.headers["Location"] == "/login/?next=/account/tokens/%3Fpage%3D2"
    answer = try_login(client, next="/account/tokens/?page=2")
    assert answer.headers["Location"] == "/account/tokens/?page=2"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https:/evil.example",
        "http://localhost@evil.example/",
        "/\t/evil.example",
        "\thttps://evil.example",
        "\x01https://evil.example",
        "http://good\t.evil.example",
        "//evil\uff47.example",
        "/\uff0fevil.example",
        "%2f%2fevil.example",
        "/%2f%2fevil.example",
        "/%5cevil.example",
        "/%09/evil.example",
        "javascript:alert(1)",
        "/ok\r\nSet-Cookie: a=b",
        "",
        "account/",
        "/" + "a" * 3000,
    ],
)
def test_login_never_leads_to_another_site(user, target):
    assert try_login(Client(), next=target).headers["Location"] == "/"
