"""Several people at once, and how much a move asks of the database."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from deals_support.deal_world import (
    PAGE,
    SOON,
    asks,
    deal_in,
    field,
    fresh,
    move,
    pipeline_of,
    stage,
)
from suppilo.apps.deals.errors import DealChangedError, DealError, MoveRefusedError
from suppilo.apps.deals.models import Deal, StageChange
from suppilo.apps.deals.route import read_ladders
from suppilo.apps.deals.selectors import find_unsound, visible_deals
from suppilo.apps.deals.services import (
    NewDeal,
    NewParticipant,
    change_deal,
    move_deal,
    open_deal,
)
from web_support.accounts import make_user

MANY = 6


def at_once(*verbs: Callable[[], object]) -> list[BaseException | None]:
    """Run these in threads that start together, each with a connection of its own."""
    barrier = Barrier(len(verbs))

    def run(verb: Callable[[], object]) -> BaseException | None:
        try:
            barrier.wait(30)
            verb()
        except DealError as error:
            return error
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(len(verbs)) as pool:
        return list(pool.map(run, verbs))


@pytest.mark.django_db(transaction=True)
def test_of_those_who_move_one_deal_at_once_one_wins_and_the_others_are_told():
    pipeline = pipeline_of()
    head, other = make_user("head_of_sales", name="Hilda"), make_user("owner", name="Olaf")
    deal = deal_in(pipeline)
    reason = pipeline.lost_reasons.first().pk
    seen = fresh(deal).revision
    results = at_once(
        *[lambda: move_deal(head, deal.pk, "b", source=PAGE, revision=seen)] * 3,
        *[lambda: move_deal(other, deal.pk, "lost", source="api", lost_reason_id=reason,
                            revision=seen)] * 3,
    )  # fmt: skip
    told = [one for one in results if one is not None]
    assert len(told) == MANY - 1
    assert {type(one) for one in told} == {DealChangedError}
    winner = fresh(deal).changes.last().actor
    assert {one.by for one in told} == {winner}
    assert deal.changes.count() == 2
    assert find_unsound() == []


@pytest.mark.django_db(transaction=True)
def test_moves_at_once_without_a_revision_leave_no_number_twice():
    deal = deal_in(pipeline_of())
    results = at_once(*[lambda: move_deal(None, deal.pk, "b", source=PAGE)] * MANY)
    assert results.count(None) == 1
    assert all(isinstance(one, MoveRefusedError) for one in results if one is not None)
    assert list(deal.changes.values_list("number", flat=True)) == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_an_edit_does_not_undo_a_move_made_at_the_same_time():
    deal = deal_in(pipeline_of())
    results = at_once(
        lambda: move_deal(None, deal.pk, "b", source=PAGE),
        *[lambda: change_deal(None, deal.pk, {"amount": 7}, source=PAGE)] * 3,
    )
    assert results == [None] * 4
    now = fresh(deal)
    assert (now.stage.key, now.amount) == ("b", 7)
    assert find_unsound() == []


@pytest.mark.django_db(transaction=True)
def test_deals_opened_at_once_have_numbers_of_their_own():
    pipeline = pipeline_of()
    new = NewDeal("x", pipeline.pk, next_step="y", next_step_at=SOON,
                  contacts=(NewParticipant("same@x.example"),))  # fmt: skip
    assert at_once(*[lambda: open_deal(None, new, source="api")] * MANY) == [None] * MANY
    assert sorted(Deal.objects.values_list("number", flat=True)) == list(range(1, MANY + 1))


# --- how much is asked of the database


@pytest.fixture
def busy():
    """Return a deal before a stage with a gate of each kind, all met but for the last."""
    pipeline = pipeline_of(
        stage("a"),
        stage(
            "b", field("amount"), field("name", key="named"), asks("participant", role="buyer"),
            asks("checklist", label="x"), asks("discount"), asks("document"),
            asks("event", event="quote_opened", scope="company"),
        ),
        stage("c"),
    )  # fmt: skip
    contacts = tuple(NewParticipant(f"p{n}@x.example", role="buyer") for n in range(5))
    return deal_in(pipeline, amount=4, contacts=contacts)


@pytest.mark.django_db
def test_a_move_through_every_kind_of_gate_takes_few_queries(busy, django_assert_max_num_queries):
    head = make_user("head_of_sales")
    with django_assert_max_num_queries(35):
        move(busy, "b", head, waiver="all of it")
    with django_assert_max_num_queries(19):
        move(busy, "c", head)
    assert StageChange.objects.filter(deal=busy).count() == 3


@pytest.mark.django_db
def test_ladders_are_read_in_one_query_each_stage_with_what_it_asks_for_in_order(
    busy, django_assert_num_queries
):
    other = pipeline_of(stage("x", field("amount")), stage("y"), name="Other")
    versions = [busy.version, other.current]
    with django_assert_num_queries(1):
        found = read_ladders(versions)
        told = [
            [(one.key, one.version.pk, [asked.key for asked in ladder.criteria_of(one)])
             for one in ladder.stages]
            for ladder in found.values()
        ]  # fmt: skip
    assert told == [
        [
            (
                one.key,
                version.pk,
                list(one.criteria.order_by("position").values_list("key", flat=True)),
            )
            for one in version.stages.order_by("position")
        ]
        for version in versions
    ]
    assert max(len(keys) for _key, _version, keys in told[0]) == 7


@pytest.mark.django_db
def test_how_much_a_move_asks_does_not_grow_with_deals_or_history(django_assert_max_num_queries):
    head = make_user("head_of_sales")
    pipeline = pipeline_of()
    deals = [deal_in(pipeline, name=f"Deal {n}") for n in range(20)]
    for _ in range(10):
        move(deals[0], "b", head)
        move(deals[0], "a", head, reason="again")
    with django_assert_max_num_queries(19):
        move(deals[0], "b", head)
    analyst = make_user("analyst")
    with django_assert_max_num_queries(1):
        assert len(list(visible_deals(analyst))) == 20
    with django_assert_max_num_queries(12):
        change_deal(head, deals[0].pk, {"amount": 4}, source=PAGE)
