"""Events told to a real server: signed, once where all goes well, again where it doesn't."""

import json
import time
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.db.models import F
from django.utils import timezone
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from deals_support.deal_world import deal_in, pipeline_of
from suppilo.apps.accounts.models import AuditEntry, User
from suppilo.apps.outbox.models import DomainEvent
from suppilo.apps.outbox.paths import deal_path
from suppilo.apps.outbox.services import record_event
from suppilo.apps.webhooks import services
from suppilo.apps.webhooks.models import Attempt, Delivery, DeliveryState, Endpoint
from suppilo.apps.webhooks.retries import find_pause, read_retry_after
from suppilo.apps.webhooks.telling import tell_waiting
from suppilo.apps.webhooks.worker import KEPT, WebhookWorker, claim, remove_old
from web_support.accounts import make_user
from webhooks_support.receivers import ok, receiving, say, silent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def receiver():
    with receiving() as made:
        yield made


@pytest.fixture
def owner(settings) -> User:
    settings.SUPPILO = replace(settings.SUPPILO, webhook_networks=("127.0.0.0/8",))
    return make_user("owner")


def happen(name: str = "deal_won", deal_id: int | None = None, **properties) -> DomainEvent:
    path = deal_path(deal_id or 0)
    return record_event(name, path, timezone.now(), properties, deal_id=deal_id)


def work(worker: WebhookWorker | None = None, within_s: float = 10.0) -> WebhookWorker:
    """Work until there is nothing to do now."""
    worker = worker or WebhookWorker(chance=lambda: 0.5)
    end_s = time.monotonic() + within_s
    while worker.step():
        assert time.monotonic() < end_s
    return worker


def skip(period: timedelta) -> None:
    """Let time pass for what waits."""
    Delivery.objects.update(next_at=F("next_at") - period)
    Endpoint.objects.update(closed_until=None)


def test_an_event_arrives_signed_as_standard_webhooks_verify_it(receiver, owner):
    _made, secret = services.make_webhook(owner, receiver.url())
    event = happen(amount=12.5, stage="won")
    work()
    (_path, headers, body), = receiver.received  # fmt: skip
    said = Webhook(secret).verify(body, headers)
    assert said == json.loads(body)
    assert (said["type"], said["data"]["amount"]) == ("deal_won", 12.5)
    assert headers["webhook-id"] == event.event_id == said["data"]["event_id"]
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.tries) == (DeliveryState.DELIVERED, 1)
    attempt = delivery.attempts.get()
    assert (attempt.status, attempt.answer) == (200, "thanks")


def test_a_changed_body_is_not_verified(receiver, owner):
    _made, secret = services.make_webhook(owner, receiver.url())
    happen()
    work()
    (_path, headers, body), = receiver.received  # fmt: skip
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body.replace(b"deal_won", b"deal_lost"), headers)


def test_a_renewed_secret_and_the_one_before_both_verify_for_a_day(receiver, owner):
    made, old = services.make_webhook(owner, receiver.url())
    new = services.renew_secret(owner, made.pk)
    happen()
    work()
    (_path, headers, body), = receiver.received  # fmt: skip
    for secret in (old, new):
        Webhook(secret).verify(body, headers)
    Endpoint.objects.update(old_secret_until=timezone.now() - timedelta(seconds=1))
    happen()
    work()
    _path, headers, body = receiver.received[-1]
    Webhook(new).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(body, headers)


def test_each_address_is_told_what_it_asks_for_and_once(receiver, owner):
    services.make_webhook(owner, receiver.url("/all"))
    services.make_webhook(owner, receiver.url("/won"), ["deal_won"])
    for name in ("deal_won", "deal_lost", "quote_opened"):
        happen(name)
    work()
    work()
    assert sorted(receiver.paths()) == ["/all"] * 3 + ["/won"]


def test_events_recorded_long_after_they_happened_are_no_news(receiver, owner):
    services.make_webhook(owner, receiver.url())
    record_event("deal_won", deal_path(1), timezone.now() - timedelta(days=2))
    work()
    assert receiver.received == []
    assert DomainEvent.objects.get().announced_at is not None


def test_without_addresses_events_are_announced_to_nobody(owner):
    for _ in range(3):
        happen()
    work()
    assert not Delivery.objects.exists()
    assert not DomainEvent.objects.filter(announced_at=None).exists()


def test_a_failure_is_tried_again_with_longer_pauses_and_the_same_id(receiver, owner):
    services.make_webhook(owner, receiver.url())
    receiver.answers["/hook"] = say(500, "broken")
    happen()
    work()
    delivery = Delivery.objects.get()
    assert delivery.state == DeliveryState.WAITING
    assert delivery.next_at - timezone.now() > timedelta(seconds=3)
    receiver.answers["/hook"] = ok
    skip(timedelta(hours=1))
    work()
    ids = {headers["webhook-id"] for _path, headers, _body in receiver.received}
    assert (len(receiver.received), len(ids)) == (2, 1)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries) == (DeliveryState.DELIVERED, 2)
    statuses = list(Attempt.objects.order_by("id").values_list("status", "number"))
    assert statuses == [(500, 1), (200, 2)]
    assert Endpoint.objects.get().failures == 0


def test_a_clock_that_was_put_back_keeps_no_message_waiting(receiver, owner):
    services.make_webhook(owner, receiver.url())
    happen()
    worker = WebhookWorker()
    tell_waiting(timezone.now())
    ahead = timezone.now() + timedelta(days=20_000)
    Delivery.objects.update(next_at=ahead, claimed_until=ahead)
    Endpoint.objects.update(closed_until=ahead)
    work(worker)
    assert len(receiver.received) == 1
    assert Delivery.objects.get().state == DeliveryState.DELIVERED


def test_pauses_grow_and_differ():
    pauses = [find_pause(tries, 0.5) for tries in range(1, 12)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(hours=12)
    assert find_pause(3, 0.0) < find_pause(3, 0.5) < find_pause(3, 1.0)


def test_a_busy_server_is_left_alone_as_long_as_it_asks(receiver, owner):
    services.make_webhook(owner, receiver.url())
    receiver.answers["/hook"] = say(503, Retry_After="3600")
    happen()
    work()
    assert Delivery.objects.get().next_at - timezone.now() > timedelta(minutes=59)
    now = timezone.now()
    assert read_retry_after(503, "999999999999", now) == timedelta(hours=12)
    assert read_retry_after(503, "soon", now) == timedelta(0)
    assert read_retry_after(500, "60", now) == timedelta(0)


def test_an_address_that_is_gone_is_turned_off_at_once(receiver, owner):
    services.make_webhook(owner, receiver.url())
    receiver.answers["/hook"] = say(410)
    happen()
    work()
    endpoint = Endpoint.objects.get()
    assert not endpoint.is_enabled
    assert "410" in endpoint.disabled_because
    assert Delivery.objects.get().state == DeliveryState.FAILED
    happen()
    work()
    assert len(receiver.received) == 1


def test_five_days_of_failures_turn_an_address_off(receiver, owner):
    services.make_webhook(owner, receiver.url())
    receiver.answers["/hook"] = say(500)
    happen()
    work()
    began = timezone.now() - timedelta(days=5)
    Endpoint.objects.update(failing_since=began)
    skip(timedelta(days=1))
    work()
    assert not Endpoint.objects.get().is_enabled
    assert AuditEntry.objects.filter(verb="disable_webhook", actor=None).exists()


def test_a_message_is_given_up_after_five_days_and_can_be_replayed(receiver, owner):
    endpoint, _secret = services.make_webhook(owner, receiver.url())
    receiver.answers["/hook"] = say(500)
    happen()
    Delivery.objects.update(retry_until=timezone.now())
    work()
    Delivery.objects.update(retry_until=timezone.now())
    skip(timedelta(days=1))
    work()
    delivery = Delivery.objects.get()
    assert delivery.state == DeliveryState.FAILED
    receiver.answers["/hook"] = ok
    services.replay_delivery(owner, endpoint.pk, delivery.pk)
    skip(timedelta(0))
    work()
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DELIVERED
    assert receiver.received[0][1]["webhook-id"] == receiver.received[-1][1]["webhook-id"]


def test_an_address_that_fails_often_is_closed_for_a_while(receiver, owner):
    endpoint, _secret = services.make_webhook(owner, receiver.url("/bad"))
    services.make_webhook(owner, receiver.url("/good"))
    receiver.answers["/bad"] = say(500)
    for _ in range(12):
        happen()
    work()
    endpoint.refresh_from_db()
    assert endpoint.closed_until > timezone.now()
    assert receiver.paths().count("/good") == 12
    tried = receiver.paths().count("/bad")
    assert tried < 12
    Endpoint.objects.update(closed_until=timezone.now() - timedelta(seconds=1))
    work()
    assert receiver.paths().count("/bad") == tried + 1  # one goes first
    receiver.answers["/bad"] = ok
    skip(timedelta(days=1))
    work()
    assert not Delivery.objects.exclude(state=DeliveryState.DELIVERED).exists()


def test_a_slow_address_keeps_no_other_waiting(receiver, owner):
    services.make_webhook(owner, receiver.url("/slow"))
    services.make_webhook(owner, receiver.url("/quick"))
    receiver.answers["/slow"] = silent
    for _ in range(20):
        happen()
    worker = WebhookWorker()
    began = time.monotonic()
    while receiver.paths().count("/quick") < 20:
        worker.step()
        assert time.monotonic() - began < 60
    assert receiver.paths().count("/slow") <= 3


def test_two_workers_send_a_message_once(receiver, owner):
    services.make_webhook(owner, receiver.url())
    happen()
    worker = WebhookWorker()
    worker.step()
    delivery = Delivery.objects.get()
    assert not claim(delivery, timezone.now())
    work(worker)
    assert len(receiver.received) == 1


def test_what_a_dead_worker_had_in_hand_is_sent_again_after_a_minute(receiver, owner):
    services.make_webhook(owner, receiver.url())
    happen()
    from suppilo.apps.webhooks.telling import tell_waiting

    tell_waiting(timezone.now())
    assert claim(Delivery.objects.get(), timezone.now())
    work()
    assert receiver.received == []
    Delivery.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    work()
    assert len(receiver.received) == 1


def test_nobody_is_told_of_deals_that_they_do_not_see(receiver, owner):
    pipeline = pipeline_of()
    seller = make_user("salesperson")
    mine = deal_in(pipeline, owner_id=seller.pk, name="Mine")
    other = deal_in(pipeline, owner_id=make_user("salesperson").pk, name="Other")
    services.make_webhook(owner, receiver.url("/all"), ["quote_opened"])
    services.make_webhook(owner, receiver.url("/mine"), ["quote_opened"])
    Endpoint.objects.filter(url__endswith="/mine").update(owner=seller)
    for deal in (mine, other):
        happen("quote_opened", deal.pk)
    work()
    told = {
        path: {json.loads(body)["data"]["deal_id"] for one, _headers, body in receiver.received
               if one == path}
        for path in ("/all", "/mine")
    }  # fmt: skip
    assert told == {"/all": {mine.pk, other.pk}, "/mine": {mine.pk}}


def test_whose_owner_is_gone_is_told_nothing(receiver, owner):
    services.make_webhook(owner, receiver.url())
    User.objects.update(is_active=False)
    happen()
    work()
    assert receiver.received == []


def test_a_secret_sealed_under_another_key_is_told_in_words(receiver, owner, settings):
    services.make_webhook(owner, receiver.url())
    settings.SECRET_KEY = "another-" + "y" * 50
    happen()
    work()
    assert receiver.received == []
    assert "renew" in Attempt.objects.get().error


def test_secrets_and_addresses_are_not_on_record(receiver, owner, caplog):
    with caplog.at_level("DEBUG"):
        endpoint, secret = services.make_webhook(owner, receiver.url("/hook?token=hidden"))
        renewed = services.renew_secret(owner, endpoint.pk)
        happen()
        work()
    said = caplog.text + "".join(
        f"{entry.verb} {entry.target_name} {entry.detail}" for entry in AuditEntry.objects.all()
    )
    kept = bytes(Endpoint.objects.get().sealed_secret).decode()
    for hidden in (secret, renewed, "token=hidden"):
        assert hidden not in said
        assert hidden.removeprefix("whsec_") not in kept


def test_messages_go_after_a_month():
    now = timezone.now()
    endpoint = Endpoint.objects.create(url="https://a.example/", sealed_secret=b"x")
    for days in (29, 31):
        at = now - timedelta(days=days)
        Delivery.objects.create(
            endpoint=endpoint, message_id=f"m{days}", name="deal_won", body="{}", created_at=at,
            next_at=at, retry_until=at,
        )  # fmt: skip
    remove_old(now)
    assert Delivery.objects.get().message_id == "m29"
    assert timedelta(days=30) == KEPT


def test_the_clock_of_a_signature_is_the_servers(receiver, owner):
    services.make_webhook(owner, receiver.url())
    happen()
    with time_machine.travel(timezone.now(), tick=True):
        work()
    sent_s = int(receiver.received[0][1]["webhook-timestamp"])
    assert abs(sent_s - time.time()) < 60
