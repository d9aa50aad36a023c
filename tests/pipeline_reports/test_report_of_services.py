"""What the services of deals write is what the report counts."""

from datetime import UTC, datetime, timedelta

import pytest

from deals_support.deal_world import PAGE, ago, deal_in, fresh, lose, move, pipeline_of
from suppilo.analytics.stages import Outcome
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.selectors import counting_changes, read_moves, replay
from suppilo.apps.deals.services import correct_move, hand_over_deal
from suppilo.apps.people.values import as_us
from suppilo.apps.pipeline_reports.ask import Cell, ReportQuestion, ask_pipeline, deals_behind
from suppilo.apps.pipelines.models import Stage
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db

OUTCOMES = {
    "open": Outcome.OPEN, "won": Outcome.WON, "lost": Outcome.LOST,
    "disqualified": Outcome.DISQUALIFIED,
}  # fmt: skip


def ask(pipeline):
    now = as_us(datetime.now(UTC) + timedelta(minutes=1))
    return ask_pipeline(make_user("owner"), ReportQuestion(pipeline, now))


def test_deals_stand_where_their_ledgers_say():
    pipeline, other = pipeline_of(), pipeline_of(name="Renewals")
    won, lost, back, again, wrong, over, never = (
        deal_in(pipeline, name=name, opened_at=ago(20))
        for name in ("Won", "Lost", "Back", "Again", "Wrong", "Over", "Never")
    )
    for key in ("b", "c", "won"):
        move(won, key)
    move(lost, "b")
    lose(lost)
    move(back, "b")
    move(back, "a", reason="They asked for it")
    lose(again)
    move(again, "a", reason="They called")
    for key in ("b", "c"):
        move(wrong, key)
    mistaken = lose(wrong)
    correct_move(
        make_user("owner"), wrong.pk, mistaken.number, "won", at=datetime.now(UTC),
        reason="Was signed", source=PAGE,
    )  # fmt: skip
    hand_over_deal(None, over.pk, other.pk, "a", source=PAGE, reason="A renewal")
    for change in reversed([move(never, key) for key in ("b", "c")]):
        correct_move(
            make_user("owner"), never.pk, change.number, change.from_stage.key, at=change.at,
            reason="Another deal", source=PAGE,
        )  # fmt: skip
    assert [move.to_stage.key for move in read_moves(never)] == ["a"]
    assert counting_changes().filter(deal=never).count() == 1
    answer = ask(pipeline)
    outcome = dict(zip(answer.world.ids.tolist(), answer.traces.outcome.tolist(), strict=True))
    place = dict(zip(answer.world.ids.tolist(), answer.traces.place.tolist(), strict=True))
    for deal in Deal.objects.filter(pipeline=pipeline):
        said = replay(fresh(deal))
        assert outcome[deal.pk] == OUTCOMES[said.state]
        stage = Stage.objects.get(pk=said.stage_id)
        if said.state in ("open", "won"):
            assert answer.world.stages.places[place[deal.pk]].key == stage.key
    assert outcome[over.pk] == Outcome.HANDED_OVER
    assert deals_behind(answer, Cell(stage="b", fate="moved_back")).tolist() == [back.pk]
    assert deals_behind(answer, Cell(outcome="won")).tolist() == [wrong.pk, won.pk]
    assert [one.entered for one in ask(other).report.stages][:2] == [1, 0]
