"""Every role at every route: let in, refused, or asked to log in."""

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import UploadedFile
from django.test import Client

from suppilo.apps.accounts.models import Role, User
from suppilo.apps.accounts.permissions import GRANTS
from web_support.accounts import client_for
from web_support.route_matrix import LOGIN, PUBLIC, ROUTES
from web_support.route_objects import OWNED, add_user
from web_support.routes import Found, find_routes
from web_support.undoing import undone

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
FOUND = find_routes()
LISTED = [route for route in FOUND if route.key in ROUTES]
NOBODY = "nobody"


@pytest.fixture(autouse=True)
def _forget_rates():
    cache.clear()


def test_every_route_is_in_the_matrix():
    found = {route.key for route in FOUND}
    assert not found - set(ROUTES), f"not listed: {', '.join(sorted(found - set(ROUTES)))}"
    assert not set(ROUTES) - found, f"not there: {', '.join(sorted(set(ROUTES) - found))}"


@pytest.mark.parametrize("route", LISTED, ids=lambda route: route.key)
def test_route_lets_in_exactly_who_may(route):
    owner = add_user(Role.OWNER)
    users = {role: add_user(role) for role in Role.values}
    client = Client()
    wrong = {}
    for caller in [*users, NOBODY]:
        with undone():
            answer = ask(client, route, users.get(caller), owner)
        expected = expect(route, caller)
        if answer not in expected:
            wrong[caller] = f"answered {answer}, not {' or '.join(sorted(expected))}"
    assert not wrong, "; ".join(f"{caller}: {what}" for caller, what in wrong.items())


def test_what_is_another_users_own_is_not_there():
    keeper, stranger = add_user(Role.MARKETER), add_user(Role.MARKETER)
    client = client_for(stranger)
    found = {}
    for route in LISTED:
        if ROUTES[route.key].arguments in OWNED:
            with undone():
                found[route.key] = call(client, route, keeper).status_code
    assert len(found) > 20
    assert {key: status for key, status in found.items() if status != 404} == {}


def test_a_deactivated_user_is_nobody_at_once():
    owner, user = add_user(Role.OWNER), add_user(Role.OWNER)
    client = client_for(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    let_in = []
    for route in LISTED:
        if route.method == "GET" and ROUTES[route.key].needs != PUBLIC:
            with undone():
                answer = call(client, route, owner)
            if answer.status_code not in {302, 401}:
                let_in.append(route.key)
    assert let_in == []


def ask(client: Client, route: Found, user: User | None, owner: User) -> str:
    """Return what a route answers somebody, or nobody about an owner's object."""
    client.cookies.clear()
    if user is not None:
        client.force_login(user)
    answer = call(client, route, user or owner)
    if answer.status_code == 302 and answer["Location"].startswith("/login/?next="):
        return "log in"
    return str(answer.status_code)


def call(client: Client, route: Found, user: User):
    said = ROUTES[route.key]
    url = route.url(said.arguments(user))
    data = said.build_data(user)
    if route.method == "GET":
        return client.get(url, data)
    is_upload = any(isinstance(value, UploadedFile) for value in data.values())
    options = {"content_type": "application/json"} if route.is_api and not is_upload else {}
    return getattr(client, route.method.lower())(url, data, **options)


def expect(route: Found, caller: str) -> set[str]:
    """Return the answers that are right for a role or for nobody."""
    said = ROUTES[route.key]
    if said.needs == PUBLIC:
        return {str(status) for status in said.answers}
    if caller == NOBODY:
        return {"401"} if route.is_api else {"log in"}
    if said.needs == LOGIN or said.needs in GRANTS[caller]:
        return {str(status) for status in said.answers}
    return {"403"}
