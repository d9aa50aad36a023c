"""The ledger read into columns: corrections, versions, hand-overs, and what is kept in memory."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports_support.pipeline_world import (
    STAGES,
    add_change,
    add_deal,
    add_version,
    day,
    make_pipeline,
    stage_of,
)
from suppilo.analytics.stages import Outcome, StageQuestion
from suppilo.apps.deals.models import Deal, StageChange
from suppilo.apps.pipeline_reports.ask import (
    Cell,
    ReportQuestion,
    ask_pipeline,
    deals_behind,
    list_waivers,
)
from suppilo.apps.pipeline_reports.columns import read_columns
from suppilo.apps.pipeline_reports.stages import read_stages
from suppilo.apps.pipelines.models import Visibility
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def pipeline():
    return make_pipeline()


@pytest.fixture
def head():
    return make_user("head_of_sales")


def us(moment):
    from suppilo.apps.people.values import as_us

    return as_us(moment)


def ask(user, pipeline, days=100.0, question=None, **fields):
    return ask_pipeline(
        user, ReportQuestion(pipeline, us(day(days)), question or StageQuestion(), **fields)
    )


def entered(answer):
    return [stage.entered for stage in answer.report.stages]


def test_the_report_counts_what_the_ledger_says(pipeline, head):
    add_deal(pipeline, (0, "new"), (3, "quote"), (8, "won"), amount="100.50")
    add_deal(pipeline, (1, "new"), (2, "lost"), reason="Price")
    add_deal(pipeline, (2, "new"))
    answer = ask(head, pipeline)
    # The first passed Contract on its way to Won.
    assert entered(answer) == [3, 1, 1, 1]
    new = answer.report.stages[0]
    assert (new.advanced, new.lost, new.still_there) == (1, 1, 1)
    assert answer.report.won_value == (1_005_000,)
    assert answer.world.reasons[answer.report.lost_reasons[0].reason] == "Price"


def test_what_happens_after_the_moment_of_observation_is_unknown(pipeline, head):
    add_deal(pipeline, (0, "new"), (3, "quote"), (8, "won"))
    add_deal(pipeline, (9, "new"))
    answer = ask(head, pipeline, days=5)
    assert entered(answer) == [1, 1, 0, 0]
    assert answer.report.win_rate.open == 1


def test_a_correction_stands_where_the_wrong_entry_stood(pipeline, head):
    deal = add_deal(pipeline, (0, "new"), (3, "won"))
    quote = stage_of(pipeline.current, "quote")
    wrong = deal.changes.get(number=2)
    again = add_change(deal, 3, wrong.from_stage, quote, day(4), "correct", wrong)
    assert entered(ask(head, pipeline)) == [1, 1, 0, 0]
    contract = stage_of(pipeline.current, "contract")
    add_change(deal, 4, wrong.from_stage, contract, day(2), "correct", again)
    answer = ask(head, pipeline)
    assert entered(answer) == [1, 1, 1, 0]
    assert answer.report.times[0].total_s == timedelta(days=2).total_seconds()


def test_stages_keep_their_place_through_versions(pipeline, head):
    add_deal(pipeline, (0, "new"), (1, "quote"), (2, "contract"), (5, "won"))
    demo = ("demo", "Demo", "open", "middle", "0.3")
    renamed = ("new", "Fresh", "open", "top", "0.1")
    # Without Contract, with a Demo before Quote.
    pipeline.current = add_version(pipeline, (renamed, demo, STAGES[1], *STAGES[3:]))
    pipeline.save()
    add_deal(pipeline, (0, "new"), (1, "demo"), (2, "quote"))
    answer = ask(head, pipeline)
    places = answer.world.stages.places
    assert [place.name for place in places] == ["Fresh", "Demo", "Quote", "Contract", "Won"]
    assert [place.key for place in places if place.is_gone] == ["contract"]
    assert entered(answer) == [2, 2, 2, 1, 1]


def test_a_renewed_version_is_no_move(pipeline, head):
    deal = add_deal(pipeline, (0, "new"))
    later = add_version(pipeline, STAGES)
    add_change(deal, 2, deal.stage, stage_of(later, "new"), day(4), "renew_version")
    answer = ask(head, pipeline, days=10)
    assert len(answer.traces.deal) == 1
    assert answer.report.times[0].total_s == timedelta(days=10).total_seconds()


def test_a_deal_that_was_handed_over_counts_in_both_pipelines(pipeline, head):
    other = make_pipeline("Renewals")
    deal = add_deal(pipeline, (0, "new"), (1, "quote"))
    add_change(deal, 3, deal.stage, stage_of(other.current, "new"), day(5), "hand_over")
    add_change(deal, 4, None, stage_of(other.current, "won"), day(9), "win")
    Deal.objects.filter(pk=deal.pk).update(pipeline=other, version=other.current)
    quote = ask(head, pipeline).report.stages[1]
    assert (quote.entered, quote.handed_over) == (1, 1)
    there = ask(head, other)
    assert there.report.win_rate.won == 1
    assert there.traces.began[0] == us(day(5))


def test_a_salesperson_gets_the_figures_of_own_and_team_deals(pipeline, head):
    from suppilo.apps.accounts.models import Team

    ann, bob, eve = (make_user("salesperson") for _ in range(3))
    north = Team.objects.create(name="North")
    north.members.set([ann, bob])
    for owner in (ann, bob, eve):
        add_deal(pipeline, (0, "new"), owner=owner)
    assert entered(ask(head, pipeline))[0] == 3
    assert entered(ask(ann, pipeline))[0] == 2
    pipeline.visibility = Visibility.OWN
    pipeline.save()
    assert entered(ask(ann, pipeline))[0] == 1
    assert entered(ask(eve, pipeline))[0] == 1


def test_owner_team_and_channel_narrow_it(pipeline, head):
    ann = make_user("salesperson")
    add_deal(pipeline, (0, "new"), owner=ann, channel="email")
    add_deal(pipeline, (0, "new"), channel="direct")
    assert entered(ask(head, pipeline, owner=ann.pk))[0] == 1
    assert entered(ask(head, pipeline, owner=0))[0] == 1
    assert entered(ask(head, pipeline, channel="direct"))[0] == 1
    assert entered(ask(head, pipeline, channel=""))[0] == 0
    assert entered(ask(head, pipeline, team=5))[0] == 0


def test_each_figure_leads_to_its_deals(pipeline, head):
    won = add_deal(pipeline, (0, "new"), (3, "won"))
    lost = add_deal(pipeline, (0, "new"), (1, "quote"), (3, "lost"), reason="Price")
    gone = add_deal(pipeline, (0, "new"), (3, "disqualified"))
    there = add_deal(pipeline, (0, "new"))
    answer = ask(head, pipeline)

    def ids(**cell):
        return deals_behind(answer, Cell(**cell)).tolist()

    assert ids() == [there.pk, gone.pk, lost.pk, won.pk]
    assert ids(stage="new", fate="advanced") == [lost.pk, won.pk]
    assert ids(stage="new", fate="lost") == [gone.pk]
    assert ids(stage="quote", fate="entered") == [lost.pk, won.pk]
    assert ids(outcome="decided") == [lost.pk, won.pk]
    assert ids(outcome="open") == [there.pk]
    assert ids(reason=answer.world.reasons.index("Price")) == [lost.pk]
    assert ids(reason=-1) == [gone.pk]
    for wrong in ({"stage": "x"}, {"stage": "new", "fate": "x"}, {"outcome": "x"}):
        with pytest.raises(KeyError):
            ids(**wrong)


def test_only_what_is_new_is_read_again(pipeline):
    add_deal(pipeline, (0, "new"))
    first = read_columns()
    assert read_columns() is first
    deal = add_deal(pipeline, (0, "new"), (1, "won"))
    second = read_columns()
    assert second.ledger.deal.tolist()[-2:] == [deal.pk, deal.pk]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        read_columns()
    assert len(queries) == 2


def test_entries_that_go_are_forgotten(pipeline, head):
    kept = add_deal(pipeline, (0, "new"))
    gone = add_deal(pipeline, (0, "new"), (1, "won"))
    assert entered(ask(head, pipeline))[0] == 2
    StageChange.objects.filter(deal=gone)._raw_delete("default")
    gone.delete()
    answer = ask(head, pipeline)
    assert answer.world.ids.tolist() == [kept.pk]


def test_a_deal_that_changes_hands_is_read_again(pipeline, head):
    ann = make_user("salesperson")
    deal = add_deal(pipeline, (0, "new"))
    assert entered(ask(head, pipeline, owner=ann.pk))[0] == 0
    deal.owner, deal.revision = ann, deal.revision + 1
    deal.save()
    assert entered(ask(head, pipeline, owner=ann.pk))[0] == 1


def test_a_pipeline_without_deals_has_an_empty_report(pipeline, head):
    answer = ask(head, pipeline)
    assert entered(answer) == [0, 0, 0, 0]
    assert answer.report.ending.curves == (None,) * 4
    assert list(list_waivers(head, answer)) == []


def test_microseconds_are_kept(pipeline):
    deal = add_deal(pipeline, (0, "new"))
    moment = day(1).replace(microsecond=7)
    add_change(deal, 2, deal.stage, stage_of(pipeline.current, "won"), moment)
    assert us(moment) in read_columns().ledger.at.tolist()


def test_a_state_that_the_ledger_tells_is_the_deals(pipeline, head):
    deal = add_deal(pipeline, (0, "new"), (1, "lost"), (2, "quote"))
    answer = ask(head, pipeline)
    assert answer.traces.outcome.tolist() == [Outcome.OPEN]
    assert read_stages(pipeline).find(answer.world.ids * 0 - 5).tolist() == [-3]
    assert deal.state == "open"
