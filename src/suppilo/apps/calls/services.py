"""Doing a call once, however often it is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from suppilo.apps.accounts.models import User
from suppilo.apps.calls.models import KeyedCall

KEPT = timedelta(hours=24)
"""So long a key stands for the call that it came with."""
_REFUSED_FROM = 400


class KeyReusedError(Exception):
    """The key came with another call before."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program is answered; ``is_repeated`` where the call had been done before."""

    status: int
    body: str
    is_repeated: bool = False


def answer_once(user: User, key: str, digest: str, do: Callable[[], Answer]) -> Answer:
    """Do a call, unless it was done under this key before: then give the answer that it got.

    A call that is refused leaves nothing behind, its key neither: it may be sent again. Of two
    at once the second waits for the first.

    Raises
    ------
    KeyReusedError
        If the key stands for another call.
    """
    with transaction.atomic():
        KeyedCall.objects.filter(at__lt=timezone.now() - KEPT).delete()
        KeyedCall.objects.bulk_create(
            [KeyedCall(user=user, key=key, digest=digest)], ignore_conflicts=True
        )
        call = KeyedCall.objects.select_for_update().get(user=user, key=key)
        if call.digest != digest:
            raise KeyReusedError
        if call.status:
            return Answer(call.status, call.body, is_repeated=True)
        answer = do()
        if answer.status >= _REFUSED_FROM:
            transaction.set_rollback(True)
            return answer
        call.status, call.body = answer.status, answer.body
        call.save(update_fields=["status", "body"])
    return answer
