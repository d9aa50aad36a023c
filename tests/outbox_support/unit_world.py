"""People, companies and deals drawn at random, and what each identifier counts for, plainly."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from django.utils import timezone

from people_support.people_world import evidence, link, user
from suppilo.apps.deals.models import Deal, Participant
from suppilo.apps.outbox.paths import deal_path
from suppilo.apps.people.evidence import Grouping
from suppilo.apps.people.models import Company, Identifier
from suppilo.apps.people.services import record_evidence
from suppilo.apps.pipelines.models import Pipeline
from suppilo.lake import Lake

START = datetime(2026, 3, 2, tzinfo=UTC)
NAMES = ("visit", "deal_created", "deal_won")


def make_people(chance: random.Random, count: int) -> None:
    """Make users, some with a device, some of one of four companies."""
    said = []
    for number in range(count):
        said.append(user(f"user-{number}", number))
        if chance.random() < 0.5:
            said.append(link(f"device-{number}", f"user-{number}", number))
        if chance.random() < 0.6:
            said.append(Grouping(f"user-{number}", f"company-{chance.randrange(4)}", number, {}))
    record_evidence("source:1", evidence(*said))


def make_deals(chance: random.Random, pipeline: Pipeline, count: int) -> None:
    """Make deals with none to three people, and with a company or without."""
    people = list(Identifier.objects.order_by("pk"))
    companies = [None, *Company.objects.order_by("pk")]
    for number in range(1, count + 1):
        deal = bare_deal(pipeline, number, chance.randrange(30), chance.choice(companies))
        for place, contact in enumerate(chance.sample(people, chance.randrange(4))):
            Participant.objects.create(
                deal=deal, contact=contact, is_main=place == 0, added_at=timezone.now()
            )


def bare_deal(
    pipeline: Pipeline, number: int, opened_day: int, company: Company | None = None
) -> Deal:
    """Make a deal in the first stage, without anybody being told."""
    stage = pipeline.current.stages.first()
    return Deal.objects.create(
        number=number, name=f"Deal {number}", name_key=b"", pipeline=pipeline,
        version=pipeline.current, stage=stage, entered_at=START,
        opened_at=START + timedelta(days=opened_day), company=company,
    )  # fmt: skip


def draw_events(chance: random.Random, count: int) -> list[tuple[str, datetime, str]]:
    """Return events of identifiers, of deals, and of visitors whom nobody knows."""
    paths = list(Identifier.objects.values_list("value", flat=True))
    paths += [deal_path(pk) for pk in Deal.objects.values_list("pk", flat=True)]
    paths += ["stranger-1", "stranger-2"]
    return [
        (chance.choice(paths), START + timedelta(hours=chance.randrange(24 * 20)),
         chance.choice(NAMES))
        for _ in range(count)
    ]  # fmt: skip


def counts_for(unit: str, path: str) -> str | None:
    """Return what a path counts for, one look at a time; None where it is left out."""
    deal = Deal.objects.filter(pk=path.removeprefix("suppilo:deal:")).first() if (
        path.startswith("suppilo:deal:")) else None  # fmt: skip
    main = deal.participants.filter(is_main=True).first() if deal else None
    known = Identifier.objects.filter(value=path).first() if deal is None else None
    person = main.contact.person if main else known.person if known else None
    if unit == "person":
        return path if person is None else f"person {person.pk}"
    if unit == "company":
        company = deal.company if deal and deal.company else person and person.company
        return f"company {company.pk}" if company else None
    if deal is not None:
        return f"deal {deal.pk}"
    taken = (
        Participant.objects.filter(contact__person=person) if person else Participant.objects.none()
    )
    first = min(taken, key=lambda one: (one.deal.opened_at, one.deal_id), default=None)
    return f"deal {first.deal_id}" if first else None


def write_events(settings, folder: Path, rows: list[tuple[str, datetime, str]]) -> None:
    """Put events into event tables of their own, and let the server read these."""
    table = pa.table(
        {
            "path": [row[0] for row in rows],
            "at": pa.array([row[1] for row in rows], pa.timestamp("us", "UTC")),
            "event": [row[2] for row in rows],
        }
    )
    Lake.create(folder / "lake").write(table, "test")
    settings.SUPPILO = replace(settings.SUPPILO, home=folder)
