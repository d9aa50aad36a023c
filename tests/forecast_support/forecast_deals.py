"""A pipeline with enough history to forecast from, written as rows."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

from reports_support.pipeline_world import make_pipeline
from suppilo.apps.deals.models import Deal, StageChange
from suppilo.apps.people.values import search_key


def fill(owners, *, deals=90, days=250, until=None, amount=1_000, seed=3, pipeline=None):
    """Return a pipeline whose deals came over some days until a moment; about half are won."""
    pipeline = pipeline or make_pipeline()
    end = until or datetime.now(UTC)
    stages = {stage.key: stage for stage in pipeline.current.stages.all()}
    chance, first = Random(seed), Deal.objects.count() + 1
    courses = [
        _course(chance, end - timedelta(days=days * (1 - place / deals)), end)
        for place in range(deals)
    ]
    made = Deal.objects.bulk_create(
        _deal(pipeline, stages, first + place, moves, owners[place % len(owners)], end, amount)
        for place, moves in enumerate(courses)
    )
    StageChange.objects.bulk_create(
        StageChange(
            deal=deal, number=number, kind="advance" if before else "open", at=at, source="page",
            from_stage=stages[before[1]] if before else None, to_stage=stages[key],
            version=pipeline.current,
        )
        for deal, moves in zip(made, courses, strict=True)
        for number, (before, (at, key)) in enumerate(pairwise([None, *moves]), 1)
    )  # fmt: skip
    return pipeline


def _course(chance, at, end):
    """Return one deal's moves until a moment: when, and to which stage."""
    moves = [(at, "new")]
    for there, odds in (("quote", 0.8), ("won", 0.6)):
        at += timedelta(days=chance.uniform(6, 20))
        if at >= end:
            break
        goes_on = chance.random() < odds
        moves.append((at, there if goes_on else "lost"))
        if not goes_on:
            break
    return moves


def _deal(pipeline, stages, number, moves, owner, end, amount):
    last, name = stages[moves[-1][1]], f"Deal {number}"
    return Deal(
        number=number, name=name, name_key=search_key(name), pipeline=pipeline,
        version=pipeline.current, stage=last, state=last.kind, entered_at=moves[-1][0],
        opened_at=moves[0][0], closed_at=None if last.is_open else moves[-1][0], owner=owner,
        amount=Decimal(amount), expected_close=end.date() if last.is_open else None,
    )  # fmt: skip
