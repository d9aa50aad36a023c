"""Pages and API of webhooks: what they show, to whom, and the secret only once."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from suppilo.apps.accounts.models import AuditEntry
from suppilo.apps.outbox.names import DOMAIN_EVENTS
from suppilo.apps.webhooks import services
from suppilo.apps.webhooks.models import Attempt, Delivery, DeliveryState, Endpoint
from suppilo.apps.webhooks.secrets import unseal
from suppilo.apps.webhooks.telling import make_message
from web_support.accounts import bearer, client_for, make_user
from web_support.browser import assert_accessible, assert_fits, log_in_browser, screenshots

pytestmark = pytest.mark.django_db

ADDRESS = {"url": "https://books.example/hook?token=hidden", "events": ["deal_won", "invoice_paid"]}


@pytest.fixture
def owner():
    return make_user("owner", "olga@example.com", "Olga Ozola")


@pytest.fixture
def client(owner) -> Client:
    return client_for(owner)


@pytest.fixture
def endpoint(owner) -> Endpoint:
    return services.make_webhook(owner, ADDRESS["url"], ADDRESS["events"], "Bookkeeping")[0]


def message(endpoint: Endpoint, number: int, state: str = "delivered", status: int | None = 200):
    now = timezone.now() - timedelta(minutes=number)
    said = {"type": "deal_won", "timestamp": now.isoformat(), "data": {"deal_id": number,
            "amount": 1200.5, "company": "Nordvik <b>"}}  # fmt: skip
    made = make_message(endpoint, f"m{number}", "deal_won", said, now)
    made.state, made.tries = state, 1
    made.save()
    Attempt.objects.create(
        delivery=made, number=1, at=now, took_ms=84, status=status, content_type="text/plain",
        answer="<script>alert(1)</script>" if status else "",
        error="" if status else "No answer within 10 seconds.",
    )  # fmt: skip
    return made


def text_of(answer) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def test_a_secret_is_shown_once(client):
    answer = client.post("/webhooks/new/", ADDRESS)
    made = Endpoint.objects.get()
    secret = unseal(made.sealed_secret)
    assert answer.status_code == 201
    assert secret in answer.content.decode()
    assert secret not in client.get(f"/webhooks/{made.pk}/").content.decode()
    renewed = client.post(f"/webhooks/{made.pk}/secret/").content.decode()
    assert secret not in renewed
    made.refresh_from_db()
    assert unseal(made.sealed_secret) in renewed


@pytest.mark.parametrize("url", ["ftp://a.example/", "https://u:p@a.example/", "x", ""])
def test_what_is_no_address_is_refused_at_its_field(client, url):
    answer = client.post("/webhooks/new/", ADDRESS | {"url": url})
    assert answer.status_code in (200, 422)
    assert not Endpoint.objects.exists()
    assert "url" in answer.context["form"].errors


def test_the_list_counts_messages(client, endpoint, django_assert_max_num_queries):
    for number in range(3):
        message(endpoint, number)
    message(endpoint, 9, DeliveryState.FAILED, None)
    with django_assert_max_num_queries(8):
        said = text_of(client.get("/webhooks/"))
    assert "Bookkeeping books.example" in said
    assert "2 events" in said
    assert "token=hidden" not in said


def test_messages_are_listed_by_pages_and_by_state(client, endpoint, django_assert_max_num_queries):
    for number in range(60):
        message(endpoint, number)
    message(endpoint, 99, DeliveryState.FAILED, None)
    with django_assert_max_num_queries(10):
        first = client.get(f"/webhooks/{endpoint.pk}/")
    more = re.search(r'rel="next" href="([^"]+)"', first.content.decode())
    assert more is not None
    second = client.get(f"/webhooks/{endpoint.pk}/{unescape(more[1])}")
    assert len(second.context["page"].items) == 61 - len(first.context["page"].items)
    failed = text_of(client.get(f"/webhooks/{endpoint.pk}/?state=failed"))
    assert "No answer within 10 seconds." in failed
    assert "200" not in failed.split("Messages", 1)[1].split("Address")[0]


def test_a_message_shows_what_was_sent_and_each_answer_as_text(client, endpoint):
    made = message(endpoint, 1)
    answer = client.get(f"/webhooks/{endpoint.pk}/messages/{made.pk}/")
    assert b"<script>alert" not in answer.content
    assert b"<b>" not in answer.content.split(b"webhook-id")[1].split(b"</pre>")[0]
    assert '"amount": 1200.5' in text_of(answer)


def test_a_replay_makes_a_message_due_again(client, endpoint):
    made = message(endpoint, 1, DeliveryState.FAILED, 500)
    client.post(f"/webhooks/{endpoint.pk}/messages/{made.pk}/replay/")
    made.refresh_from_db()
    assert (made.state, made.next_at <= timezone.now()) == (DeliveryState.WAITING, True)
    services.disable_webhook(endpoint.owner, endpoint.pk)
    answer = client.post(f"/webhooks/{endpoint.pk}/messages/{made.pk}/replay/", follow=True)
    assert "Turn it on first" in text_of(answer)


def test_a_message_of_another_address_is_not_there(client, endpoint, owner):
    other, _secret = services.make_webhook(owner, "https://other.example/")
    made = message(other, 1)
    assert client.get(f"/webhooks/{endpoint.pk}/messages/{made.pk}/").status_code == 404
    answer = client.post(f"/webhooks/{endpoint.pk}/messages/{made.pk}/replay/")
    assert answer.status_code == 404
    assert client.get("/webhooks/999/").status_code == 404


def test_every_event_can_be_chosen(client):
    shown = client.get("/webhooks/new/").content.decode()
    for kind in DOMAIN_EVENTS:
        assert f'value="{kind.name}"' in shown


def test_the_api_sets_up_and_never_tells_the_secret_again(owner):
    program, headers = Client(), {"headers": bearer(owner)}
    answer = program.post(
        "/api/webhooks", json.dumps(ADDRESS), content_type="application/json", **headers
    )
    assert answer.status_code == 201
    made = answer.json()
    assert made["secret"] == unseal(Endpoint.objects.get().sealed_secret)
    number = made["webhook"]["id"]
    shown = program.get(f"/api/webhooks/{number}", **headers).content.decode()
    listed = program.get("/api/webhooks", **headers).content.decode()
    assert made["secret"] not in shown + listed
    assert "sealed" not in shown + listed
    refused = program.post(
        "/api/webhooks", '{"url": "ftp://a.example"}', content_type="application/json", **headers
    )
    assert refused.status_code == 422


def test_the_api_pages_through_messages(owner, endpoint):
    for number in range(5):
        message(endpoint, number)
    program, headers = Client(), {"headers": bearer(owner)}
    url = f"/api/webhooks/{endpoint.pk}/messages"
    first = program.get(f"{url}?limit=3", **headers).json()
    rest = program.get(f"{url}?limit=3&before={first[-1]['id']}", **headers).json()
    assert len(first) + len(rest) == Delivery.objects.count() == 5
    whole = program.get(f"{url}/{first[0]['id']}", **headers).json()
    assert whole["attempts"][0]["status"] == 200
    assert json.loads(whole["body"])["type"] == "deal_won"


def test_the_log_names_the_machine_and_no_more_of_an_address(client):
    client.post("/webhooks/new/", ADDRESS)
    entry = AuditEntry.objects.get(verb="make_webhook")
    assert entry.detail["host"] == "books.example"
    assert "hidden" not in f"{entry.detail} {entry.target_name}"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_have_no_barriers_and_fit(browser_page, live_server, owner, endpoint, scheme):
    log_in_browser(browser_page, live_server.url, owner)
    browser_page.emulate_media(color_scheme=scheme)
    for number in range(12):
        made = message(endpoint, number)
    message(endpoint, 20, DeliveryState.FAILED, None)
    message(endpoint, 21, DeliveryState.WAITING, 503)
    services.make_webhook(owner, "https://hooks.warehouse.example/very/long/path/to/some/place")
    Endpoint.objects.filter(pk=endpoint.pk).update(failures=3, failing_since=timezone.now())
    paths = {
        "list": "/webhooks/", "new": "/webhooks/new/", "one": f"/webhooks/{endpoint.pk}/",
        "message": f"/webhooks/{endpoint.pk}/messages/{made.pk}/",
    }  # fmt: skip
    for name, path in paths.items():
        browser_page.goto(path)
        assert_accessible(browser_page)
        for width in (390, 1440):
            browser_page.set_viewport_size({"width": width, "height": 900})
            assert_fits(browser_page)
        if scheme == "light":
            screenshots(browser_page, f"webhooks-{name}")
