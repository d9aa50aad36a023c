"""What a hostile program may try: fields, sizes, names, cursors, headers."""

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from funnels_support.shop_lake import HOSTILE, use_shop
from people_support.people_pages import make_people
from suppilo.apps.accounts.models import Role
from suppilo.web.api import api
from suppilo.web.paging import sign_cursor
from web_support.accounts import bearer, client_for
from web_support.route_matrix import ROUTES
from web_support.route_objects import add_user
from web_support.routes import Found, find_routes
from web_support.undoing import undone

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def described_path(path: str) -> str:
    """Return a route's path as the description has it: ``/api/jobs/{job_id}``."""
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)


def fields_of(route: Found) -> set[str] | None:
    """Return the fields that an operation's description has for JSON; None: it takes none."""
    said = PATHS.get(described_path(route.path), {}).get(route.method.lower(), {})
    if "application/json" not in said.get("requestBody", {}).get("content", {}):
        return None
    schema = said["requestBody"]["content"]["application/json"]["schema"]
    names = [
        one["$ref"].rpartition("/")[2] for one in schema.get("anyOf", [schema]) if "$ref" in one
    ]
    schemas = DESCRIPTION["components"]["schemas"]
    return {field for name in names for field in schemas[name]["properties"]}


DESCRIPTION = api.get_openapi_schema()
PATHS = DESCRIPTION["paths"]
API = {route.key: route for route in find_routes() if route.is_api}
FIELDS = ["owner_id", "role", "id", "created_by", "__class__"]
UNOFFERED = [
    (key, field)
    for key, route in API.items()
    for field in FIELDS
    if (offered := fields_of(route)) is not None and field not in offered
]
LISTS = [
    path
    for path, operations in PATHS.items()
    if any(said["name"] == "limit" for said in operations.get("get", {}).get("parameters", []))
]
PAGED = [
    key
    for key, route in API.items()
    if route.method == "GET"
    and any(
        said["name"] == "page"
        for said in PATHS.get(described_path(route.path), {}).get("get", {}).get("parameters", [])
    )
]
FOREIGN: list[list[Any]] = [
    ["x"], [1], ["x", 1], [1, "x"], ["x", "y"], ["x", "y", "z"], [1, 2, 3], ["seen", "x", "y", 0],
]  # fmt: skip
"""Places in lists that there are not, rightly signed."""
NAMES = [HOSTILE, "'; DROP TABLE people_person; --", '"x"', "a\\'b", "$.a", "a->>'b'", "%s", "{0}"]


@pytest.fixture(autouse=True)
def _forget_rates():
    cache.clear()


@pytest.fixture
def owner():
    return add_user(Role.OWNER)


@pytest.mark.any_database
@pytest.mark.parametrize(("key", "field"), UNOFFERED)
def test_body_with_a_field_that_nobody_offers_is_refused(key, field, owner):
    route, said = API[key], ROUTES[key]
    url = route.url(said.arguments(owner))
    sent: dict[str, Any] = {**said.build_data(owner), field: 1}
    send = getattr(Client(), route.method.lower())
    answer = send(url, sent, content_type="application/json", headers=bearer(owner))
    assert answer.status_code == 422
    assert field in answer.json()["message"]


def test_profile_form_changes_nothing_but_the_profile():
    user = add_user(Role.VIEWER)
    client_for(user).post("/account/", {"name": "Vera", "role": "owner", "is_active": "", "id": 1})
    user.refresh_from_db()
    assert (user.name, user.role, user.is_active) == ("Vera", Role.VIEWER, True)


@pytest.mark.any_database
@pytest.mark.parametrize("limit", ["0", "-1", "1000000000", "1e9", "99999999999999999999", "x", ""])
@pytest.mark.parametrize("path", LISTS)
def test_list_takes_no_limit_without_measure(path, limit, owner):
    url = re.sub(r"{\w+}", "1", path)
    asked = {"limit": limit, "event": "visit", "property": "channel"}
    answer = Client().get(url, asked, headers=bearer(owner))
    assert answer.status_code == 422
    assert "limit" in answer.json()["message"]


def test_cursor_that_was_tampered_with_leads_to_the_first_page(owner):
    make_people(6)
    headers = bearer(owner)

    def ask(page: str) -> list[int]:
        said = Client().get("/api/people", {"limit": 2, "page": page}, headers=headers).json()
        return [person["id"] for person in said["people"]]

    first = Client().get("/api/people", {"limit": 2}, headers=headers).json()
    second = ask(first["next"])
    shown = [person["id"] for person in first["people"]]
    assert not set(second) & set(shown)
    forged = [first["next"][:-1], "x" + first["next"], sign_cursor([1, 2]), sign_cursor([])]
    assert [ask(page) for page in forged] == [shown] * len(forged)


@pytest.mark.parametrize("key", PAGED)
def test_cursor_of_another_list_leads_to_the_first_page(key, owner):
    route, said = API[key], ROUTES[key]
    url, headers, asked = route.url(said.arguments(owner)), bearer(owner), said.build_data(owner)
    first = Client().get(url, asked, headers=headers)
    for values in FOREIGN:
        page = {"page": sign_cursor(values)}
        answer = Client().get(url, asked | page, headers=headers)
        assert (answer.status_code, answer.content) == (first.status_code, first.content), values


@pytest.mark.parametrize(
    "url", ["/jobs/", "/events/live/", "/sources/quarantine/", "/people/", "/deals/"]
)
def test_page_of_another_list_is_the_first_one(url, owner):
    client = client_for(owner)
    for values in FOREIGN:
        assert client.get(url, {"page": sign_cursor(values)}).status_code == 200, values


@pytest.mark.parametrize("name", NAMES)
def test_name_from_outside_is_only_ever_a_name(name, owner, settings, tmp_path):
    use_shop(settings, tmp_path)
    make_people(2)
    headers = bearer(owner)
    for url, asked in [
        ("/api/events", {"q": name}),
        ("/api/events/properties", {"event": name}),
        ("/api/events/values", {"event": "visit", "property": name, "q": name}),
        ("/api/events/latest", {"event": name, "source": name}),
        ("/api/people", {"property": name, "value": name, "channel": name}),
        ("/api/companies", {"q": name}),
        ("/api/funnels", {"q": name}),
    ]:
        answer = Client().get(url, asked, headers=headers)
        assert answer.status_code == 200, url
    assert Client().get("/api/people", {"order": name}, headers=headers).status_code == 422
    people = Client().get("/api/people", {"property": "plan", "value": "pro"}, headers=headers)
    assert len(people.json()["people"]) == 1


def test_pages_and_the_api_never_welcome_other_origins(owner):
    client = client_for(owner)
    welcomed = []
    for route in find_routes():
        said = ROUTES[route.key]
        if route.method != "GET":
            continue
        for ask in (client.get, client.options):
            with undone():
                url = route.url(said.arguments(owner))
                answer = ask(url, headers={"origin": "https://evil.example"})
            if any(name.lower().startswith("access-control") for name in answer.headers):
                welcomed.append((ask.__name__, url))
    assert welcomed == []


@pytest.mark.parametrize(
    ("method", "url", "sent"),
    [
        ("get", "/people/?q=a%00b", None),
        ("get", "/api/people?q=a%00b", None),
        ("get", "/people/%00", None),
        ("post", "/companies/new/", {"name": "a\0b"}),
        ("post", "/people/views/", {"name": "a\0b", "query": ""}),
    ],
)
def test_nul_is_refused_before_it_gets_to_the_database(method, url, sent, owner):
    client = client_for(owner)
    body = "&".join(f"{name}={value}" for name, value in (sent or {}).items()).replace("\0", "%00")
    options = {"data": body, "content_type": "application/x-www-form-urlencoded"} if sent else {}
    assert getattr(client, method)(url, **options).status_code == 400
