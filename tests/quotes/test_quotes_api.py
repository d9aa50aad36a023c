"""Quotes and invoices by programs: the same verbs, the same refusals."""

from decimal import Decimal

import pytest
from django.core import mail
from django.utils import timezone

from quotes_support.quote_world import a_deal, set_letterhead
from suppilo.apps.quotes.models import Quote
from suppilo.apps.quotes.services import accept_quote
from web_support.accounts import bearer, make_user

pytestmark = pytest.mark.django_db


class Program:
    """Calls the API as a user."""

    def __init__(self, client, user):
        self._client, self._headers = client, bearer(user)

    def __call__(self, method, path, data=None):
        options = {"content_type": "application/json"} if data is not None else {}
        call = getattr(self._client, method)
        return call(f"/api{path}", data, headers=self._headers, **options)


@pytest.fixture
def seller():
    return make_user("salesperson")


@pytest.fixture
def head(client):
    return Program(client, make_user("head_of_sales"))


@pytest.fixture
def program(client, seller):
    return Program(client, seller)


@pytest.fixture
def deal(seller):
    set_letterhead()
    return a_deal(seller)


def test_a_program_makes_sends_and_revises_a_quote(program, deal):
    made = program("post", "/quotes", {"deal_id": deal.pk}).json()
    assert (Decimal(made["total"]), made["state"], made["link"]) == (Decimal("3012.9"), "draft", "")
    url = f"/quotes/{made['id']}"
    texts = {"customer_name": "Nordvik Oy", "valid_until": made["valid_until"]}
    assert program("put", url, {**texts, "contact_email": "x"}).status_code == 422
    changed = program("put", url, {**texts, "tax_rate": "0.1"}).json()
    assert Decimal(changed["tax"]) == 249
    sent = program("post", f"{url}/send", {}).json()
    assert sent["number"].startswith("Q-")
    assert "/q/" in sent["link"]
    assert program("post", f"{url}/send", {}).status_code == 422
    revised = program("post", f"{url}/revise", {})
    assert (revised.status_code, revised.json()["version"]) == (201, 2)
    assert program("post", f"{url}/withdraw", {"reason": "Wrong"}).json()["state"] == "withdrawn"
    listed = program("get", "/quotes?state=withdrawn").json()["quotes"]
    assert [one["id"] for one in listed] == [made["id"]]


def test_a_program_invoices_and_records_a_payment_once(program, head, deal, seller):
    quote_id = program("post", "/quotes", {"deal_id": deal.pk}).json()["id"]
    program("post", f"/quotes/{quote_id}/send", {})
    accept_quote(Quote.objects.get(pk=quote_id).pk, "Anna", "")
    wanted = {"deal_id": deal.pk, "quote_id": quote_id}
    assert program("post", "/invoices", wanted).status_code == 403
    url = f"/invoices/{head('post', '/invoices', wanted).json()['id']}"
    assert head("post", f"{url}/send", {}).json()["standing"] == "open"
    mailed = head("post", f"{url}/mail", {"to": "books@nordvik.example"}).json()
    assert (mailed["mailed_to"], len(mail.outbox)) == ("books@nordvik.example", 1)
    assert head("post", f"{url}/mail", {"to": "nobody"}).status_code == 422
    assert program("post", f"{url}/mail", {"to": "books@nordvik.example"}).status_code == 403
    payment = {"amount": "3012.90", "paid_on": str(timezone.localdate()), "external_id": "B-1"}
    first, again = (head("post", f"{url}/payments", payment) for _n in range(2))
    assert first.json()["id"] == again.json()["id"]
    shown = program("get", url).json()
    assert (shown["standing"], Decimal(shown["paid"])) == ("paid", Decimal("3012.9"))
    refund = {"amount": "12.9", "paid_on": str(timezone.localdate())}
    assert head("post", f"{url}/refunds", refund).json()["amount"] == "-12.9"
    assert head("post", f"{url}/cancel", {"reason": "x"}).status_code == 422
    assert len(head("get", "/invoices?standing=open").json()["invoices"]) == 1


def test_what_is_anothers_or_not_there_is_404(client, program, deal):
    made = program("post", "/quotes", {"deal_id": deal.pk}).json()
    stranger = Program(client, make_user("salesperson"))
    assert stranger("get", f"/quotes/{made['id']}").status_code == 404
    assert stranger("post", f"/quotes/{made['id']}/send", {}).status_code == 404
    assert stranger("post", "/quotes", {"deal_id": deal.pk}).status_code == 404
    assert program("get", f"/quotes/{2**70}").status_code == 404
    assert program("get", f"/invoices/{2**70}").status_code == 404
