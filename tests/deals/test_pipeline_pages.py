"""The documentation's examples are true: gates that can be set, a pipeline that adds up."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine

from deals_support.deal_world import PAGE, deal_in, field, lose, move, pipeline_of, stage
from suppilo.apps.activities.models import ActivityKind, Outcome
from suppilo.apps.deals.errors import GateClosedError
from suppilo.apps.deals.models import Deal, ParticipantRole
from suppilo.apps.deals.selectors import read_moves
from suppilo.apps.deals.services import change_deal, hand_over_deal
from suppilo.apps.pipelines.criteria import FIELDS, OPERATORS, check_criterion
from suppilo.apps.pipelines.drafts import CriterionDraft
from suppilo.apps.pipelines.models import CriterionKind

DOCS = Path(__file__).parents[2] / "docs"
GATES = (DOCS / "reference/gates.md").read_text("utf-8")
PIPELINE = (DOCS / "explanation/pipeline.md").read_text("utf-8")


def rows(heading: str) -> list[list[str]]:
    """Return the rows of the table that begins with this cell."""
    lines = PIPELINE.splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    found = []
    for line in lines[first + 2 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def test_each_kind_of_criterion_has_an_example_that_can_be_set():
    examples = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", GATES, re.S)]
    for example in examples:
        check_criterion(CriterionDraft.from_dict(example))
    assert {one["kind"] for one in examples} == set(CriterionKind.values)


def test_every_word_that_a_setting_may_have_is_listed():
    words = [*FIELDS, *OPERATORS, *ParticipantRole.values, *ActivityKind.values, *Outcome.values]
    assert [word for word in words if f"`{word}`" not in GATES] == []


@pytest.mark.django_db
def test_the_pipeline_on_paper_comes_out_as_its_page_says():
    pipeline = pipeline_of(stage("new"), stage("offer", field("amount")), stage("contract"))
    renewals = pipeline_of(stage("due"), name="Renewals")
    deals: dict[str, Deal] = {}
    for name, day, what, to in rows("deal"):
        with time_machine.travel(datetime(2026, 3, int(day), 9, tzinfo=UTC), tick=False):
            play(deals, pipeline, renewals, name, what, to)
    f = deals["F"]
    change_deal(None, f.pk, {"amount": 0}, source=PAGE)
    with pytest.raises(GateClosedError):
        move(f, "offer")
    assert count_stays(pipeline) == {
        row[0].lower(): [int(cell) for cell in row[1:]] for row in rows("stage")
    }
    states = Counter(Deal.objects.filter(pipeline=pipeline).values_list("state", flat=True))
    assert (states["won"], states["lost"]) == (1, 2)


def play(deals, pipeline, renewals, name: str, what: str, to: str) -> None:
    if what == "opened":
        deals[name] = deal_in(pipeline, name=name, amount=10)
    elif what == "handed over":
        hand_over_deal(None, deals[name].pk, renewals.pk, source=PAGE)
    elif what == "lost":
        lose(deals[name])
    else:
        kinds = {"moved on": "advance", "moved back": "back", "won": "win"}
        assert move(deals[name], to.lower(), reason="because").kind == kinds[what]


def count_stays(pipeline) -> dict[str, list[int]]:
    """Return for each open stage: entered, moved on, lost, moved back, handed over, still there."""
    ways = {"advance": 1, "win": 1, "lose": 2, "disqualify": 2, "back": 3, "hand_over": 4}
    counts = {one.key: [0] * 6 for one in pipeline.current.stages.filter(kind="open")}
    for deal in Deal.objects.all():
        moves = read_moves(deal)
        for one, after in zip(moves, [*moves[1:], None], strict=True):
            if one.to_stage.key in counts:
                mine = counts[one.to_stage.key]
                mine[0] += 1
                mine[ways[after.kind] if after is not None else 5] += 1
    return counts
