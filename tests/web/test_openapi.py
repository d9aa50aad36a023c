"""The API does what its description says, whatever it is sent."""

from dataclasses import replace
from functools import cache as once
from typing import Any

import pytest
import schemathesis
from django.conf import settings
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import override_settings
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as examples_of
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from funnels_support.shop_lake import fill_lake
from people_support.people_pages import make_people
from suppilo.apps.people.models import Company, Person
from suppilo.apps.pipelines.models import Pipeline
from suppilo.web.api import api
from web_support.accounts import bearer
from web_support.deal_objects import a_participant, an_approval_alone
from web_support.lead_objects import a_lead_with_sales, a_routing_rule
from web_support.money_objects import (
    a_discount_limit,
    a_draft_invoice,
    a_draft_quote,
    a_price_book,
    a_product,
)
from web_support.route_objects import (
    a_job,
    a_merge,
    a_token,
    add_user,
    an_api_funnel,
    an_import,
)
from web_support.undoing import undone
from web_support.work_objects import a_book_entry, an_activity

pytestmark = pytest.mark.django_db

EXAMPLES = 12
"""Calls drawn for each operation, each made by the owner and by who may do least."""
WRONG_EXAMPLES = 8
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
DESCRIPTION = api.get_openapi_schema()
OPERATIONS = [
    (method.upper(), path)
    for path, operations in DESCRIPTION["paths"].items()
    for method in operations
]
FUNNELS = [
    {"steps": ["visit", "cart", "pay"]},
    {"steps": ["visit", "pay"], "by": "channel"},
    {"steps": ["visit", "never"], "order": "any"},
]


def any_of(examples: int) -> examples_of:
    return examples_of(
        max_examples=examples, derandomize=True, database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip


@once
def described() -> Any:
    """Return the API as its description says that it is; the tokens are ours, none is drawn."""
    found = schemathesis.openapi.from_wsgi("/api/openapi.json", get_wsgi_application())
    found.config.generation.update(with_security_parameters=False)
    return found


@pytest.fixture(scope="module")
def _one_connection():
    """Keep the tests' connection open between requests, as Django's own test client does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def world(_one_connection, django_db_setup, django_db_blocker, tmp_path_factory):
    """Return the users who call, and ids that are somebody's, by the name of the parameter.

    All tests share it: each call takes back what it wrote.
    """
    home = replace(settings.SUPPILO, home=tmp_path_factory.mktemp("shop"))
    with django_db_blocker.unblock(), undone(), override_settings(SUPPILO=home):
        fill_lake(home.lake)
        yield make_world()


def make_world() -> tuple[dict[str, dict[str, str]], dict[str, int]]:
    cache.clear()
    owner, viewer = add_user("owner"), add_user("viewer")
    make_people(3)
    people = Person.objects.filter(is_visible=True).order_by("pk")
    ids = {
        **an_api_funnel(owner), **a_token(owner), **a_job(owner), **a_merge(owner),
        **a_lead_with_sales(owner), **a_participant(owner), **an_approval_alone(owner),
        **an_activity(owner), "pipeline_id": Pipeline.objects.first().pk,
        "person_id": people[0].pk, "other_id": people[1].pk,
        "company_id": Company.objects.first().pk,
        **a_product(owner), **a_price_book(owner), **a_draft_quote(owner),
        **a_draft_invoice(owner), **a_book_entry(owner), **a_routing_rule(owner),
        **a_discount_limit(owner), **an_import(owner), "number": 1,
    }  # fmt: skip
    return {"owner": bearer(owner), "viewer": bearer(viewer)}, ids


def make_real(case: Any, ids: dict[str, int], funnel: dict[str, Any]) -> None:
    """Have a call be about what there is: drawn numbers and definitions hardly ever are."""
    for name in set(case.path_parameters) & set(ids):
        case.path_parameters[name] = ids[name]
    body = case.body if isinstance(case.body, dict) else {}
    if "definition" in body:
        body["definition"] = funnel
    if "others" in body:
        body["others"] = [ids["other_id"]]
    if "team_id" in body:
        body["team_id"] = None


def call(case: Any, headers: dict[str, str]) -> None:
    """Send a call, check its answer, and take back what it wrote."""
    with undone():
        case.call_and_validate(headers=headers, checks=CHECKS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_operation_answers_as_described(method, path, world):
    tokens, ids = world
    drawn = described()[path][method].as_strategy()

    @any_of(EXAMPLES)
    @given(case=drawn, is_real=st.integers(0, 2).map(bool), funnel=st.sampled_from(FUNNELS))
    def check(case, is_real, funnel):
        if is_real:
            make_real(case, ids, funnel)
        for headers in tokens.values():
            cache.clear()
            call(case, headers)

    check()


def may_be_wrong(method: str, path: str) -> bool:
    said = DESCRIPTION["paths"][path][method.lower()]
    return "requestBody" in said or any(one["in"] != "header" for one in said["parameters"])


def arrives_wrong(case: Any) -> bool:
    """Say whether a call is wrong as it arrives.

    The token is ours whatever was drawn, and a list or an object in a query arrives as plain
    values or not at all.
    """
    wrong = {
        place.value
        for place, drawn in case.meta.components.items()
        if drawn.mode is GenerationMode.NEGATIVE
    } - {"header", "cookie"}
    flat = not any(isinstance(value, list | dict) for value in (case.query or {}).values())
    return bool(wrong - {"query"}) or (bool(wrong) and flat)


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("method", "path"), [operation for operation in OPERATIONS if may_be_wrong(*operation)]
)
def test_operation_refuses_what_is_not_as_described(method, path, world):
    tokens, _ = world
    drawn = described()[path][method].as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @any_of(WRONG_EXAMPLES)
    @given(case=drawn)
    def check(case):
        assume(arrives_wrong(case))
        cache.clear()
        call(case, tokens["owner"])

    check()
