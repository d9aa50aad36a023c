"""The webhooks' share of the worker: events become messages, messages are sent."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from suppilo.apps.jobs.pauses import Pause, has_come
from suppilo.apps.net import parse_networks
from suppilo.apps.webhooks.models import Delivery, DeliveryState, Endpoint
from suppilo.apps.webhooks.retries import BREAK_AFTER, JITTER, LONGEST_BREAK, LONGEST_PAUSE
from suppilo.apps.webhooks.secrets import SecretUnreadableError, sign, unseal
from suppilo.apps.webhooks.sending import DEADLINE_S, Answer, launch, post
from suppilo.apps.webhooks.settling import settle
from suppilo.apps.webhooks.telling import tell_waiting

log = logging.getLogger(__name__)

AT_A_TIME = 12
"""Messages under way at once; half of what would be too many connections."""
OF_ONE_ENDPOINT = 3
KEPT = timedelta(days=30)
_CLAIM = timedelta(seconds=6 * DEADLINE_S)
_LISTEN_S = 0.1
_REMOVE_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Flight:
    """A message under way."""

    delivery: Delivery
    answer: Future[Answer]


class WebhookWorker:
    """Tells other systems of events, several at once; a slow one keeps no other waiting.

    Parameters
    ----------
    now
        The time.
    chance
        Returns a random number 0..1, by which pauses differ.
    """

    def __init__(
        self,
        now: Callable[[], datetime] = timezone.now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._now, self._chance = now, chance
        self._allowed = parse_networks(settings.SUPPILO.webhook_networks)
        self._flights: list[_Flight] = []
        self._removing = Pause(_REMOVE_EVERY)

    def step(self) -> bool:
        """Do what is to be done now, and return whether there is more."""
        now = self._now()
        told = tell_waiting(now)
        self._start(now)
        landed = self._land()
        if self._removing.is_over(now):
            remove_old(now)
        return bool(told or landed or self._flights)

    def _start(self, now: datetime) -> None:
        """Send messages that are due, as many as there is room for, of each address a few."""
        room = AT_A_TIME - len(self._flights)
        if room <= 0:
            return
        busy = Counter(flight.delivery.endpoint_id for flight in self._flights)
        for endpoint in sorted(find_ready(now), key=lambda one: busy[one.pk]):
            # One that has failed often is tried with one message first.
            most = 1 if endpoint.failures >= BREAK_AFTER else OF_ONE_ENDPOINT
            for delivery in find_due(endpoint, now)[: max(0, min(room, most - busy[endpoint.pk]))]:
                if claim(delivery, now):
                    self._flights.append(_Flight(delivery, self._send(delivery, now)))
                    room -= 1
            if not room:
                return

    def _send(self, delivery: Delivery, now: datetime) -> Future[Answer]:
        body = delivery.body.encode()
        try:
            headers = sign_headers(delivery, body, now)
        except SecretUnreadableError as error:
            failed: Future[Answer] = Future()
            failed.set_result(Answer(0, error=str(error)))
            return failed
        url = delivery.endpoint.url
        return launch(lambda: post(url, headers, body, self._allowed), "webhook")

    def _land(self) -> int:
        """Note what came of messages whose answers are there."""
        if not self._flights:
            return 0
        wait([flight.answer for flight in self._flights], _LISTEN_S, FIRST_COMPLETED)
        landed = [flight for flight in self._flights if flight.answer.done()]
        for flight in landed:
            self._flights.remove(flight)
            settle(flight.delivery.pk, _read_answer(flight.answer), self._now(), self._chance())
        return len(landed)


def find_ready(now: datetime) -> list[Endpoint]:
    """Return the addresses that have messages due and may be sent some."""
    opened = Q(closed_until=None) | has_come("closed_until", now, LONGEST_BREAK)
    due = _due(now).filter(endpoint=OuterRef("pk"))
    return list(Endpoint.objects.filter(opened, Exists(due), disabled_at=None))


def find_due(endpoint: Endpoint, now: datetime) -> list[Delivery]:
    """Return an address's messages that may be sent now, those longest due first."""
    due = list(_due(now).filter(endpoint=endpoint).order_by("next_at", "id")[:OF_ONE_ENDPOINT])
    for delivery in due:
        delivery.endpoint = endpoint
    return due


def _due(now: datetime) -> QuerySet[Delivery]:
    ready = has_come("next_at", now, LONGEST_PAUSE * (1 + JITTER))
    return Delivery.objects.filter(ready, _is_free(now), state=DeliveryState.WAITING)


def _is_free(now: datetime) -> Q:
    return Q(claimed_until=None) | has_come("claimed_until", now, _CLAIM)


def claim(delivery: Delivery, now: datetime) -> bool:
    """Take a message for this worker, and return whether no other has it."""
    waiting = Delivery.objects.filter(_is_free(now), pk=delivery.pk, state=DeliveryState.WAITING)
    return bool(waiting.update(claimed_until=now + _CLAIM, tries=F("tries") + 1))


def sign_headers(delivery: Delivery, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers of an attempt, signed as Standard Webhooks says.

    Raises
    ------
    SecretUnreadableError
        If the secret can't be read any more.
    """
    endpoint, at_s = delivery.endpoint, int(now.timestamp())
    secrets = [unseal(endpoint.sealed_secret)]
    if (
        endpoint.sealed_old_secret
        and endpoint.old_secret_until
        and (now < endpoint.old_secret_until)
    ):
        secrets.append(unseal(endpoint.sealed_old_secret))
    return {
        "Content-Type": "application/json",
        "User-Agent": "Suppilo-Webhooks",
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": sign(secrets, delivery.message_id, at_s, body),
    }


def remove_old(now: datetime) -> None:
    """Remove messages of a month ago with their attempts."""
    old = Delivery.objects.filter(created_at__lt=now - KEPT)
    while numbers := list(old.order_by("pk").values_list("pk", flat=True)[:500]):
        Delivery.objects.filter(pk__in=numbers).delete()


def _read_answer(answer: Future[Answer]) -> Answer:
    error = answer.exception()
    if error is None:
        return answer.result()
    log.error("a webhook's attempt broke off", exc_info=error)
    return Answer(0, error="the attempt broke off")
