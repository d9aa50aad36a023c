"""Reading sources, their accounts and quarantine, for pages and the API."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.capture import known
from suppilo.apps.capture.models import (
    Inbox,
    Quarantined,
    QuarantineState,
    Source,
    SourceCount,
    Suppression,
)
from suppilo.apps.capture.suppression import identifier_digest

MOST = 200


@dataclass(frozen=True, slots=True)
class Account:
    """How many events came, and what became of them; ``conflicting`` is part of ``duplicate``."""

    received: int = 0
    stored: int = 0
    duplicate: int = 0
    conflicting: int = 0
    quarantined: int = 0
    suppressed: int = 0
    filtered: int = 0
    last_us: int = 0

    @property
    def adds_up(self) -> bool:
        """Whether the parts are all that was received; always so."""
        parts = (self.stored, self.duplicate, self.quarantined, self.suppressed, self.filtered)
        return self.received == sum(parts)


@dataclass(frozen=True, slots=True)
class QuarantineFilter:
    """Which quarantined events to show; empty fields leave all in.

    ``text`` is looked for in names, details and ids; the period ``[since, until)`` is that of
    arrival.
    """

    source_id: int | None = None
    reason: str = ""
    name: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    state: str = QuarantineState.OPEN


@dataclass(frozen=True, slots=True)
class InboxStatus:
    """How many events wait for the event tables, and since when the oldest does."""

    waiting: int
    oldest_us: int | None


def list_sources(actor: User) -> list[Source]:
    """Return all sources with their keys, by name; two queries."""
    require(actor, Permission.SEE_SOURCES)
    return list(Source.objects.prefetch_related("keys"))


def read_accounts(actor: User, since: date, until: date) -> Mapping[int, Account]:
    """Return each source's account over the days ``[since, until)``, by source."""
    require(actor, Permission.SEE_SOURCES)
    rows = SourceCount.objects.filter(day__gte=since, day__lt=until).values("source_id")
    found = rows.annotate(**_totals()).values_list("source_id", *(f"all_{c}" for c in _COLUMNS))
    return {source_id: Account(*counts) for source_id, *counts in found}


def read_account_days(
    actor: User, source: Source, since: date, until: date
) -> list[tuple[date, Account]]:
    """Return one source's account of each day in ``[since, until)`` on which anything came."""
    require(actor, Permission.SEE_SOURCES)
    rows = SourceCount.objects.filter(source=source, day__gte=since, day__lt=until)
    found = rows.order_by("day").values_list("day", *_COLUMNS)
    return [(day, Account(*counts)) for day, *counts in found]


def search_quarantine(
    actor: User, wanted: QuarantineFilter, before: int | None = None, limit: int = 50
) -> list[Quarantined]:
    """Return quarantined events, the latest first.

    Parameters
    ----------
    before
        For the next page: the number of the last event of this one.
    """
    require(actor, Permission.SEE_SOURCES)
    rows = _filter(wanted).select_related("source").order_by("-id")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows[: max(1, min(limit, MOST))])


def count_reasons(actor: User, wanted: QuarantineFilter) -> Sequence[tuple[str, str, int]]:
    """Return how many events there are of each reason and name, the most frequent first."""
    require(actor, Permission.SEE_SOURCES)
    groups = _filter(wanted).values_list("reason", "name").annotate(count=Count("id"))
    return list(groups.order_by("-count", "reason", "name")[:MOST])


def read_inbox_status() -> InboxStatus:
    """Return what waits in the inbox; for health checks and metrics."""
    found = Inbox.objects.aggregate(rows=Count("seq"), oldest=Min("received_us"))
    return InboxStatus(found["rows"], found["oldest"])


def check_ids() -> list[str]:
    """Return what is wrong with the files of event ids, as sentences; nothing if all is well."""
    home: Path = settings.SUPPILO.home
    return known.check_ids(home / "ids")


_COLUMNS = ("received", "stored", "duplicate", "conflicting", "quarantined", "suppressed",
            "filtered", "last_us")  # fmt: skip


def _totals() -> dict[str, Sum | Max]:
    return {f"all_{name}": Max(name) if name == "last_us" else Sum(name) for name in _COLUMNS}


def _filter(wanted: QuarantineFilter) -> QuerySet[Quarantined]:
    rows = Quarantined.objects.all()
    exact = {
        "source_id": wanted.source_id,
        "reason": wanted.reason,
        "name": wanted.name,
        "state": wanted.state,
        "received_us__gte": wanted.since and _to_us(wanted.since),
        "received_us__lt": wanted.until and _to_us(wanted.until),
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if wanted.text:
        rows = rows.filter(
            Q(name__icontains=wanted.text)
            | Q(detail__icontains=wanted.text)
            | Q(event_id=wanted.text)
        )
    return rows


def list_suppressed() -> QuerySet[Suppression]:
    """Return the hashes of which nothing is kept, the latest first."""
    return Suppression.objects.order_by("-pk")


def find_suppressed(identifiers: Collection[str]) -> dict[str, Suppression]:
    """Return those of some identifiers of which nothing is kept."""
    digests = {identifier_digest(identifier): identifier for identifier in identifiers}
    found = Suppression.objects.filter(digest__in=list(digests))
    return {digests[bytes(one.digest)]: one for one in found}


def _to_us(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)
