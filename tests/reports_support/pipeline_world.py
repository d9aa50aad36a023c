"""A pipeline with deals and a ledger, written as rows: small ones by hand, large ones by chance."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.deals.models import Deal, StageChange
from suppilo.apps.people.values import search_key
from suppilo.apps.pipelines.models import LostReason, Pipeline, PipelineVersion, Stage

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday."""

STAGES = (
    ("new", "New", "open", "top", "0.1"),
    ("quote", "Quote", "open", "middle", "0.5"),
    ("contract", "Contract", "open", "bottom", "0.9"),
    ("won", "Won", "won", "after", "1"),
    ("lost", "Lost", "lost", "after", "0"),
    ("disqualified", "Disqualified", "disqualified", "after", "0"),
)


def day(number: float) -> datetime:
    """Return the moment so many days after the beginning."""
    return START + timedelta(days=number)


def make_pipeline(name: str = "Sales", stages: Sequence[tuple] = STAGES, **fields) -> Pipeline:
    """Make a pipeline with one version of these stages, and two reasons for losing."""
    pipeline = Pipeline.objects.create(name=name, **fields)
    pipeline.current = add_version(pipeline, stages)
    pipeline.save()
    for place, reason in enumerate(("Price", "No budget")):
        LostReason.objects.create(pipeline=pipeline, name=reason, position=place)
    return pipeline


def add_version(pipeline: Pipeline, stages: Sequence[tuple]) -> PipelineVersion:
    """Add a version to a pipeline; it becomes the current one only where that is said."""
    number = pipeline.versions.count() + 1
    version = PipelineVersion.objects.create(pipeline=pipeline, number=number)
    Stage.objects.bulk_create(
        Stage(
            version=version, key=key, name=name, kind=kind, group=group,
            probability=Decimal(odds), position=place,
        )
        for place, (key, name, kind, group, odds) in enumerate(stages)
    )  # fmt: skip
    return version


def stage_of(version: PipelineVersion, key: str) -> Stage:
    """Return a version's stage by its key."""
    return version.stages.get(key=key)


def add_deal(
    pipeline: Pipeline,
    *moves: tuple[float, str],
    owner: User | None = None,
    team: Team | None = None,
    amount: object = 100,
    currency: str = "EUR",
    channel: str = "",
    reason: str = "",
    name: str = "",
    cost: object = None,
    **fields,
) -> Deal:
    """Make a deal that was at each stage from a day on, ``(day, stage's key)``."""
    stages = {stage.key: stage for stage in pipeline.current.stages.all()}
    last = stages[moves[-1][1]]
    number = Deal.objects.count() + 1
    name = name or f"Deal {number}"
    deal = Deal.objects.create(
        number=number, name=name, name_key=search_key(name), pipeline=pipeline,
        version=pipeline.current, stage=last, state=last.kind, entered_at=day(moves[-1][0]),
        opened_at=day(moves[0][0]), closed_at=None if last.is_open else day(moves[-1][0]),
        owner=owner, team=team, amount=Decimal(str(amount)), currency=currency, channel=channel,
        cost=None if cost is None else Decimal(str(cost)),
        lost_reason=LostReason.objects.get(pipeline=pipeline, name=reason) if reason else None,
        **fields,
    )  # fmt: skip
    before = None
    for place, (at, key) in enumerate(moves, 1):
        add_change(deal, place, before, stages[key], day(at))
        before = stages[key]
    return deal


def add_change(deal, number, from_stage, to_stage, at, kind="advance", corrects=None):
    """Write one entry of the ledger."""
    return StageChange.objects.create(
        deal=deal, number=number, kind="open" if from_stage is None else kind,
        from_stage=from_stage, to_stage=to_stage, version_id=to_stage.version_id, at=at,
        source="page", corrects=corrects,
    )  # fmt: skip


def fill_pipeline(pipeline: Pipeline, deals: int, entries: int, owners: Sequence[User]) -> None:
    """Fill a pipeline with many deals of so many ledger entries each, by chance."""
    chance, numbers = Random(7), count(Deal.objects.count() + 1)
    stages = list(pipeline.current.stages.all())
    made = Deal.objects.bulk_create(
        (_any_deal(pipeline, stages, next(numbers), owners, chance) for _ in range(deals)),
        batch_size=2_000,
    )
    StageChange.objects.bulk_create(_histories(made, stages, entries, chance), batch_size=2_000)


def _any_deal(pipeline, stages, number, owners, chance) -> Deal:
    opened = START + timedelta(minutes=chance.randrange(525_600))
    stage = chance.choice(stages)
    name = f"Deal {number}"
    return Deal(
        number=number, name=name, name_key=search_key(name), pipeline=pipeline,
        version=pipeline.current, stage=stage, state=stage.kind, entered_at=opened,
        opened_at=opened, owner=chance.choice(owners), amount=Decimal(chance.randrange(100, 9999)),
        channel=chance.choice(("paid_search", "email", "direct", "")),
        next_step="Call", next_step_at=opened,
    )  # fmt: skip


def _histories(
    deals: Iterable[Deal], stages: Sequence[Stage], entries: int, chance: Random
) -> Iterator[StageChange]:
    for deal in deals:
        at, before = deal.opened_at, None
        for number in range(1, entries + 1):
            to = stages[0] if before is None else chance.choice(stages[:4])
            to = deal.stage if number == entries else to
            yield StageChange(
                deal=deal, number=number, kind="advance" if before else "open", from_stage=before,
                to_stage=to, version_id=deal.version_id, at=at, source="import",
            )  # fmt: skip
            before, at = to, at + timedelta(minutes=chance.randrange(1, 20_000))


def fill_lively(pipeline: Pipeline, owners: Sequence[User], deals: int = 160) -> None:
    """Fill a pipeline with a year of deals such as a company has: some won, most lost or open."""
    chance = Random(11)
    for number in range(deals):
        began = chance.uniform(-330, 20)
        add_deal(
            pipeline, *_course(chance, began, number), owner=owners[number % len(owners)],
            amount=chance.randrange(8, 220) * 125,
            channel=chance.choice(("paid_search", "organic_search", "email", "referral", "")),
            name=chance.choice(("Roof panels", "Service contract", "Cold store", "Spare parts"))
            + f" {number + 1}",
            currency="SEK" if number % 17 == 5 else "EUR",
        )  # fmt: skip
    lost = Deal.objects.filter(pipeline=pipeline, state="lost").order_by("pk")
    reasons = list(LostReason.objects.filter(pipeline=pipeline))
    for number, deal in enumerate(lost):
        deal.lost_reason = (*reasons, reasons[0], None)[number % (len(reasons) + 2)]
        deal.save(update_fields=["lost_reason"])


def _course(chance: Random, began: float, number: int) -> list[tuple[float, str]]:
    """Return one deal's moves: on with fair odds, else back, lost, or still there."""
    moves, at = [(began, "new")], began
    for here, there, odds in (("new", "quote", 0.7), ("quote", "contract", 0.6),
                              ("contract", "won", 0.7)):  # fmt: skip
        at += chance.expovariate(1 / 14)
        if at > 30:
            return moves
        if number % 19 == 7 and here == "contract":
            return [*moves, (at, "quote")]
        if chance.random() > odds:
            return [*moves, (at, "disqualified" if number % 6 == 0 else "lost")]
        moves.append((at, there))
    return moves
