"""A call that is sent again, because its answer was lost, is done once."""

import pytest
from django.test import Client

from suppilo.apps.accounts.models import Role
from suppilo.apps.calls.models import KeyedCall
from suppilo.apps.invoices.models import Payment
from suppilo.web.api import api
from web_support.accounts import bearer
from web_support.money_objects import a_discount_limit, a_payment, an_open_invoice
from web_support.program import Program
from web_support.route_objects import add_user

pytestmark = pytest.mark.django_db

WITHOUT_KEY = {
    "/api/funnels/ask", "/api/pipelines/{pipeline_id}/preview", "/api/segments/count",
    "/api/insights/scores/rules/preview",  # questions
    "/api/tokens", "/api/webhooks", "/api/webhooks/{webhook_id}/secret",  # answer with a secret
    "/api/deals/duplicates",  # a question
    "/api/deals/moves",  # each deal by itself: one that has moved is refused the second time
}  # fmt: skip


def test_every_call_that_writes_may_carry_a_key():
    paths = api.get_openapi_schema()["paths"]
    keyed = {
        (method, path)
        for path, operations in paths.items()
        for method, said in operations.items()
        if any(one["name"] == "Idempotency-Key" for one in said.get("parameters", []))
    }
    writing = {(method, path) for path, operations in paths.items() for method in operations} - {
        ("get", path) for path in paths
    }
    assert writing - keyed == {("post", path) for path in WITHOUT_KEY}


def test_change_and_removal_sent_twice_under_one_key_are_done_once():
    owner = add_user(Role.OWNER)
    program, limit = Program(Client(), owner), a_discount_limit(owner)["limit_id"]
    body = {"role": "salesperson", "rate": "0.1"}
    first, again = (program.put("/discount-limits", body, key="raise") for _ in range(2))
    assert (first.json(), again.json()) == (first.json(), first.json())
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    removals = [program.delete(f"/discount-limits/{limit}", key="remove") for _ in range(2)]
    assert [answer.status_code for answer in removals] == [204, 204]
    assert removals[1].content == b""
    assert program.delete(f"/discount-limits/{limit}").status_code == 404


def test_payment_sent_twice_under_one_key_counts_once():
    owner = add_user(Role.OWNER)
    url = f"/api/invoices/{an_open_invoice(owner)['invoice_id']}/payments"
    headers = bearer(owner) | {"Idempotency-Key": "bank-4711"}
    first, again = (
        Client().post(url, a_payment(owner), content_type="application/json", headers=headers)
        for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Payment.objects.count() == 1


def test_secret_is_not_kept_with_the_answers():
    owner = add_user(Role.OWNER)
    headers = bearer(owner) | {"Idempotency-Key": "once"}
    body = {"name": "For the shop"}
    answer = Client().post("/api/tokens", body, content_type="application/json", headers=headers)
    assert answer.status_code == 201
    assert not KeyedCall.objects.exists()
