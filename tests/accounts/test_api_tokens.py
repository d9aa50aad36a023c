"""Keys for programs, and the API of accounts."""

import json

import pytest
from django.core.cache import cache
from django.test import Client

from suppilo.apps.accounts.models import ApiToken, Team
from suppilo.apps.accounts.services.tokens import find_token_user, make_token, revoke_token
from suppilo.web.api import api
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return make_user("analyst", "anna@example.com", "Anna")


def test_token_has_256_bits_and_is_kept_as_a_hash(user):
    token, text = make_token(user, "Export")
    mark, prefix, secret = text.split("_", 2)
    assert (mark, prefix, len(secret)) == ("sup", token.prefix, 43)
    assert secret not in str(ApiToken.objects.values_list().get())


def test_token_is_shown_once(user):
    client = client_for(user)
    made = client.post("/account/tokens/", {"name": "Export"}).content.decode()
    prefix = ApiToken.objects.get().prefix
    secret = made.split(f"sup_{prefix}_")[1][:43]
    assert find_token_user(f"sup_{prefix}_{secret}") == user
    assert secret not in client.get("/account/tokens/").content.decode()


def test_token_acts_as_its_user_and_its_use_is_noted(user):
    answer = Client().get("/api/me", headers=bearer(user))
    assert answer.json()["email"] == "anna@example.com"
    assert "export_people" in answer.json()["permissions"]
    assert ApiToken.objects.get().last_used_at is not None


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1] + ("a" if text[-1] != "a" else "b"),
        lambda text: text + "a",
        lambda text: text.replace("sup_", "", 1),
        lambda text: text.rsplit("_", 1)[0],
        lambda text: "sup_" + text,
        lambda text: text.upper(),
        lambda _: "sup__",
        lambda _: "",
        lambda _: "é" * 100,
        lambda _: "x" * 5000,
    ],
)
def test_token_that_is_not_exactly_right_does_not_work(user, change):
    _, text = make_token(user, "Export")
    assert find_token_user(change(text)) is None


def test_revoked_token_does_not_work(user):
    token, text = make_token(user, "Export")
    revoke_token(user, token.pk)
    assert Client().get("/api/me", headers={"authorization": f"Bearer {text}"}).status_code == 401


def test_tokens_of_others_can_not_be_revoked(user):
    token, text = make_token(make_user("owner"), "Theirs")
    client = client_for(user)
    assert client.post(f"/account/tokens/{token.pk}/revoke/").status_code == 404
    assert Client().delete(f"/api/tokens/{token.pk}", headers=bearer(user)).status_code == 404
    assert find_token_user(text) is not None


def test_token_lists_show_ones_own_only(user):
    make_token(make_user("owner"), "Theirs")
    make_token(user, "Mine")
    names = [token["name"] for token in client_for(user).get("/api/tokens").json()["tokens"]]
    assert names == ["Mine"]


def test_api_makes_and_revokes_tokens(user):
    headers = bearer(user)
    made = Client().post(
        "/api/tokens", {"name": "New"}, content_type="application/json", headers=headers
    )
    assert made.status_code == 201
    assert find_token_user(made.json()["token"]) == user
    gone = Client().delete(f"/api/tokens/{made.json()['id']}", headers=headers)
    assert gone.status_code == 204
    assert find_token_user(made.json()["token"]) is None


def test_api_takes_no_field_that_it_does_not_know(user):
    headers = bearer(user)
    sent = {"name": "New", "user_id": 1, "prefix": "mine", "role": "owner"}
    answer = Client().post("/api/tokens", sent, content_type="application/json", headers=headers)
    assert answer.status_code == 422
    assert "role" in answer.json()["message"]
    assert not ApiToken.objects.filter(name="New").exists()


def test_members_see_their_own_teams_only(user):
    mine, theirs = Team.objects.create(name="Mine"), Team.objects.create(name="Theirs")
    mine.members.add(user)
    theirs.members.add(make_user("owner"))
    found = Client().get("/api/teams", headers=bearer(user)).json()["teams"]
    assert [team["name"] for team in found] == ["Mine"]


def test_session_needs_the_csrf_token_to_write(user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    options = {"content_type": "application/json"}
    assert client.post("/api/tokens", {"name": "x"}, **options).status_code == 403
    client.get("/account/")
    token = client.cookies["csrf"].value
    answer = client.post("/api/tokens", {"name": "x"}, headers={"x-csrftoken": token}, **options)
    assert answer.status_code == 201


def test_token_needs_no_csrf_token(user):
    client = Client(enforce_csrf_checks=True)
    answer = client.post(
        "/api/tokens", {"name": "x"}, content_type="application/json", headers=bearer(user)
    )
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/plain", '{"name": "x"}'),
        ("application/x-www-form-urlencoded", "name=x"),
        ("application/json", '{"name": "x", "name": "y"}'),
        ("application/json", '{"name": NaN}'),
        ("application/json", "{"),
        ("application/json", '{"name": "a\\u0000b"}'),
        ("application/json", '{"name": "a\\ud800b"}'),
        ("application/json", "\udcff".encode("utf-8", "surrogateescape")),
    ],
)
def test_body_that_is_not_plainly_json_is_refused(user, content_type, body):
    answer = Client().post("/api/tokens", body, content_type=content_type, headers=bearer(user))
    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed"


@pytest.mark.parametrize("part", ["limit=1e9", "limit=1000000000", f"page={'x' * 1001}", "limit=0"])
def test_api_lists_refuse_parts_without_measure(user, part):
    answer = Client().get(f"/api/tokens?{part}", headers=bearer(user))
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid"


def test_errors_have_one_form(user):
    for answer in (
        Client().get("/api/me"),
        Client().get("/api/members", headers=bearer(user)),
        Client().get("/api/nothing", headers=bearer(user)),
        Client().delete("/api/tokens/99", headers=bearer(user)),
    ):
        assert set(json.loads(answer.content)) == {"code", "message"}


def test_method_override_is_ignored(user):
    token, text = make_token(user, "Export")
    headers = {"authorization": f"Bearer {text}", "x-http-method-override": "DELETE"}
    answer = Client().post(f"/api/tokens/{token.pk}?_method=DELETE", headers=headers)
    assert answer.status_code == 405
    assert find_token_user(text) is not None


def test_api_says_no_cross_origin_welcome(user):
    headers = bearer(user) | {"origin": "https://evil.example"}
    answer = Client().get("/api/me", headers=headers)
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_too_many_requests_are_slowed_down(user):
    cache.clear()
    headers = bearer(user)
    throttle = api.throttle[0]
    before, throttle.num_requests = throttle.num_requests, 3
    try:
        answers = [Client().get("/api/me", headers=headers).status_code for _ in range(4)]
    finally:
        throttle.num_requests = before
    assert answers == [200, 200, 200, 429]
