"""The board: what stands where, what it comes to, and moves from it."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from deals_support.deal_world import (
    asks,
    deal_in,
    draft,
    field,
    fresh,
    lose,
    move,
    pipeline_of,
    stage,
)
from suppilo.apps.accounts.models import Team
from suppilo.apps.catalogue.models import DiscountLimit
from suppilo.apps.deals.gates import judge
from suppilo.apps.deals.models import Deal, StageChange, Waiver
from suppilo.apps.deals.selectors.gates import judge_next
from suppilo.apps.deals.services import NewItem, NewParticipant, change_deal, set_items, tick
from suppilo.apps.people.services import make_company
from suppilo.apps.pipelines.models import LostReason
from suppilo.apps.pipelines.services import edit_pipeline
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


@pytest.fixture
def head():
    return make_user("head_of_sales", name="Hanna")


@pytest.fixture
def gated():
    return pipeline_of(
        stage("first", odds="0.1"),
        stage("second", field("expected_close"), asks("participant", role="buyer"), odds="0.5"),
        stage("third", asks("checklist", "papers", label="Papers are there"), odds="0.9"),
    )


def lanes(response):
    return {
        lane.column.stage.key: [card.deal.name for card in lane.cards]
        for lane in response.context["lanes"]
    }


def open_board(client, **query):
    return client.get(reverse("pipeline"), query)


def send(client, deal, **form):
    """Move a deal as the board does."""
    form = {"revision": fresh(deal).revision, "board": "", **form}
    return client.post(reverse("deal_move", args=[deal.pk]), form, headers=HX)


def placed(response):
    return json.loads(response["HX-Trigger"])["deal:placed"]


def test_columns_have_counts_sums_and_weighted_sums_by_currency(head, gated):
    deal_in(gated, head, "Roof", amount=Decimal(1000))
    deal_in(gated, head, "Wall", amount=Decimal(500), currency="USD")
    sure = deal_in(gated, head, "Door", amount=Decimal(200))
    change_deal(head, sure.pk, {"probability": "0.5", "probability_reason": "x"}, source="page")
    board = open_board(client_for(head)).context["board"]
    first = board.columns[0]
    assert first.count == 3
    assert [(one.currency, one.count, one.amount, one.weighted) for one in first.totals] == [
        ("EUR", 2, 1200, 200), ("USD", 1, 500, 50),
    ]  # fmt: skip
    assert [column.count for column in board.columns[1:]] == [0, 0]
    assert board.count == 3


def test_late_deals_come_first_and_those_without_a_step_last(head, gated):
    now = timezone.now()
    for name, days in (("soon", 2), ("late", -3), ("later", 9), ("none", None)):
        deal = deal_in(gated, head, name)
        at = None if days is None else now + timedelta(days=days)
        Deal.objects.filter(pk=deal.pk).update(next_step_at=at)
    response = open_board(client_for(head))
    assert lanes(response)["first"] == ["late", "soon", "later", "none"]
    kinds = [card.step.kind for card in response.context["lanes"][0].cards]
    assert kinds == ["late", "planned", "planned", "none"]
    assert "3 days late" in response.content.decode()
    assert lanes(open_board(client_for(head), need="no_step"))["first"] == ["none"]
    assert lanes(open_board(client_for(head), need="late"))["first"] == ["late"]


def test_filters_narrow_cards_and_sums_alike(head, gated):
    seller, team = make_user("salesperson", name="Sam"), Team.objects.create(name="East")
    company = make_company(head, "Nordvik Oy")
    deal_in(gated, head, "Roof panels", company_id=company.pk, amount=Decimal(10))
    deal_in(gated, head, "Pumps", owner_id=seller.pk, team_id=team.pk, tags=("renewal",))
    client = client_for(head)
    wanted = {
        "Roof panels": [{"q": "PANEL"}, {"q": "nordv"}, {"q": "#1"}, {"owner": "me"}],
        "Pumps": [{"owner": seller.pk}, {"team": team.pk}, {"tag": "renewal"}],
    }
    for name, queries in wanted.items():
        for query in queries:
            response = open_board(client, **query)
            assert lanes(response)["first"] == [name], query
            assert response.context["board"].count == 1
    assert open_board(client, tag="renew").context["board"].count == 0


def test_badges_say_what_is_wanting(head, gated):
    seller = make_user("salesperson")
    DiscountLimit.objects.create(role="salesperson", rate="0.05")
    own = pipeline_of(stage("a"), stage("b", asks("discount")), name="Discounts")
    cheap = deal_in(own, seller, "Cheap")
    line = NewItem(description="x", unit_price=Decimal(100), discount=Decimal("0.18"))
    set_items(seller, cheap.pk, [line], source="page")
    deal_in(gated, head, "Half", contacts=(NewParticipant("b@example.com", role="buyer"),))
    deal_in(gated, head, "Whole", contacts=(NewParticipant("b@example.com", role="buyer"),),
            expected_close="2099-01-01")  # fmt: skip
    client = client_for(head)
    cards = open_board(client, p=gated.pk).context["lanes"][0].cards
    assert {card.deal.name: card.badge.text for card in cards} == {
        "Half": "1 of 2", "Whole": "ready → Second",
    }  # fmt: skip
    assert open_board(client, p=own.pk).context["lanes"][0].cards[0].badge.text == (
        "discount 18 %: approve"
    )


def test_gates_judged_together_find_the_same_as_one_by_one(head):
    pipeline = pipeline_of(
        stage("a", asks("checklist", "left", "leave", label="Done")),
        stage("b", asks("participant", count=2), asks("document"),
              asks("activity", activity="call"),
              asks("event", event="quote_opened", scope="company"),
              field("items", key="lines"),
              asks("approval", roles=["head_of_sales"])),
    )  # fmt: skip
    people = (NewParticipant("a@example.com"), NewParticipant("b@example.com"))
    company = make_company(head, "Nordvik Oy")
    deals = [
        deal_in(pipeline, head, "bare"),
        deal_in(pipeline, head, "people", contacts=people, company_id=company.pk),
        deal_in(pipeline, head, "lines", items=(NewItem(description="x", unit_price=1),)),
    ]
    tick(head, deals[2].pk, "a", "left", True)
    now = timezone.now()
    target = pipeline.current.stages.get(key="b")
    found = judge_next([fresh(deal) for deal in deals], now)
    for deal in deals:
        alone = [(one.key, one.is_met) for one in judge(fresh(deal), target, now)]
        assert [(one.key, one.is_met) for one in found[deal.pk].findings] == alone
        assert any(is_met for _key, is_met in alone) == (deal.name != "bare")


def test_queries_do_not_grow_with_cards(head, gated, django_assert_max_num_queries):
    client = client_for(head)
    people = (NewParticipant("buyer@example.com", role="buyer"),)
    for n in range(12):
        deal_in(gated, head, f"Deal {n}", contacts=people)
    with django_assert_max_num_queries(26):
        assert len(open_board(client).context["lanes"][0].cards) == 12


def test_a_long_column_goes_on_where_it_ended(head, gated):
    for n in range(28):
        deal_in(gated, None, f"Deal {n:02}", owner_id=head.pk)
    client = client_for(head)
    response = open_board(client, order="name")
    lane = response.context["lanes"][0]
    assert (len(lane.cards), lane.left, lane.column.count) == (20, 8, 28)
    url = reverse("pipeline_column", args=[gated.pk, "first"])
    more = client.get(url, {"order": "name", "page": lane.more}, headers=HX)
    assert [card.deal.name for card in more.context["cards"]] == [
        f"Deal {n}" for n in range(20, 28)
    ]
    assert client.get(reverse("pipeline_column", args=[999, "first"])).status_code == 404


def test_deals_of_older_versions_stand_with_their_key_or_in_a_column_of_their_own(head, gated):
    deal_in(gated, head, "Stays")
    gone = deal_in(gated, head, "Gone", expected_close="2099-01-01",
                   contacts=(NewParticipant("b@example.com", role="buyer"),))  # fmt: skip
    move(gone, "second", head)
    edit_pipeline(None, gated.pk, draft(stage("first"), stage("third")))
    response = open_board(client_for(head))
    columns = response.context["board"].columns
    assert [(one.stage.key, one.is_old, one.count) for one in columns] == [
        ("first", False, 1), ("third", False, 0), ("second", True, 1),
    ]  # fmt: skip
    assert "older version" in response.content.decode()


def test_a_card_shows_what_people_wrote_as_text(head, gated):
    hostile = "<b>\"'&{0}{name}%s</b>"
    deal = deal_in(gated, head, hostile, next_step=hostile)
    text = open_board(client := client_for(head)).content.decode()
    assert "<b>" not in text
    assert text.count(escape(hostile)) >= 3
    answer = send(client, deal, stage="second")
    assert "<b>" not in answer.content.decode()


def test_a_move_from_the_board_answers_with_card_and_sums(head, gated):
    deal = deal_in(pipeline_of(name="Free"), head, "Roof", amount=Decimal(70))
    response = send(client_for(head), deal, stage="b")
    assert placed(response) == {"deal": str(deal.pk), "stage": "b", "asks": False}
    said = response.content.decode()
    assert f'id="deal-{deal.pk}"' in said
    assert "“Roof” is in “B” now." in said
    assert fresh(deal).stage.key == "b"


def test_a_closed_gate_says_what_is_missing_and_leaves_the_deal(head, gated):
    deal = deal_in(gated, head, "Roof")
    response = send(client_for(make_user("admin")), deal, stage="second")
    assert response.status_code == 422
    assert placed(response) == {"deal": str(deal.pk), "stage": "first", "asks": True}
    said = response.content.decode()
    assert "Fill in the field “expected close”." in said
    assert f"/deals/{deal.pk}/#field-expected_close" in said
    assert f"/deals/{deal.pk}/#participants" in said
    assert 'name="waiver"' not in said  # the pipeline names owner and head of sales
    assert fresh(deal).stage.key == "first"


def test_who_may_waives_with_a_reason(head, gated):
    deal = deal_in(gated, head, "Roof")
    client = client_for(head)
    assert 'name="waiver"' in send(client, deal, stage="second").content.decode()
    response = send(client, deal, stage="second", waiver="The client waits")
    assert placed(response)["stage"] == "second"
    assert {one.reason for one in Waiver.objects.all()} == {"The client waits"}


def test_going_back_asks_why_and_losing_asks_for_the_reason(head):
    pipeline = pipeline_of()
    deal = deal_in(pipeline, head)
    move(deal, "b", head)
    client = client_for(head)
    assert 'name="reason"' in send(client, deal, stage="a").content.decode()
    assert placed(send(client, deal, stage="a", reason="Too soon"))["stage"] == "a"
    answer = send(client, deal, stage="lost")
    assert (answer.status_code, 'name="lost_reason"' in answer.content.decode()) == (422, True)
    reason = LostReason.objects.filter(pipeline=pipeline)[0]
    done = send(client, deal, stage="lost", lost_reason=reason.pk, lost_note="Budget cut")
    assert placed(done) == {"deal": str(deal.pk), "stage": "", "asks": False}
    assert (fresh(deal).state, fresh(deal).lost_note) == ("lost", "Budget cut")
    assert f'id="deal-{deal.pk}"' not in done.content.decode()


def test_who_comes_second_is_told_who_was_first(head):
    deal = deal_in(pipeline_of(), head, "Roof")
    seen = fresh(deal).revision
    move(deal, "b", make_user("owner", name="Olga"))
    response = send(client_for(head), deal, stage="c", revision=seen)
    assert placed(response) == {"deal": str(deal.pk), "stage": "b", "asks": False}
    said = response.content.decode()
    assert "Olga changed “Roof” in the meantime" in said
    assert "It is in “B” now." in said
    assert StageChange.objects.filter(deal=deal).count() == 2


def test_without_script_a_deal_moves_by_a_plain_form(head, gated):
    deal = deal_in(gated, head, "Roof")
    client, url = client_for(head), reverse("deal_move", args=[deal.pk])
    assert 'type="radio"' in client.get(url).content.decode()
    refused = client.post(url, {"stage": "second", "revision": fresh(deal).revision})
    assert refused.status_code == 422
    assert "Fill in the field" in refused.content.decode()
    done = client.post(url, {"stage": "second", "waiver": "Agreed"}, follow=True)
    assert "“Roof” is in “Second” now." in done.content.decode()
    assert client.post(url, {"stage": "nowhere"}).status_code == 422


def test_a_salesperson_sees_own_and_team_deals_only(head):
    pipeline = pipeline_of()
    sam, tina = make_user("salesperson", name="Sam"), make_user("salesperson", name="Tina")
    team = Team.objects.create(name="East")
    deal_in(pipeline, sam, "own")
    deal_in(pipeline, tina, "mate's", team_id=team.pk)
    foreign = deal_in(pipeline, head, "foreign")
    team.members.add(sam, tina)
    client = client_for(sam)
    response = open_board(client)
    assert sorted(lanes(response)["a"]) == ["mate's", "own"]
    assert response.context["board"].count == 2
    for name in ("deal", "deal_sheet", "deal_move", "deal_timeline", "deal_items"):
        assert client.get(reverse(name, args=[foreign.pk])).status_code == 404
    assert send(client, foreign, stage="b").status_code == 404


def test_a_server_without_pipelines_explains_itself(head):
    assert "Choose a pipeline" in open_board(client_for(head)).content.decode()
    said = open_board(client_for("salesperson")).content.decode()
    assert "Whoever heads sales" in said


def test_closed_deals_of_the_month_stand_at_the_end(head):
    pipeline = pipeline_of(stage("a"))
    deal = deal_in(pipeline, head, "Roof", amount=Decimal(900))
    move(deal, "won", head)
    endings = {one.stage.key: one for one in open_board(client_for(head)).context["board"].endings}
    assert (endings["won"].count, endings["won"].totals[0].amount) == (1, 900)
    assert endings["lost"].count == 0


def test_closed_deals_are_summed_by_stage_and_currency_however_they_are_mixed(head):
    pipeline = pipeline_of(stage("a"))
    for name, end, amount, currency in (
        ("Roof", "won", 900, "EUR"), ("Wall", "won", 70, "USD"), ("Door", "won", 30, "EUR"),
        ("Pump", "lost", 5, "USD"), ("Pipe", "lost", 6, "USD"),
    ):  # fmt: skip
        deal = deal_in(pipeline, head, name, amount=Decimal(amount), currency=currency)
        if end == "won":
            move(deal, "won", head)
        else:
            lose(deal, head)
    board = open_board(client_for(head)).context["board"]
    assert {
        one.stage.key: [(total.currency, total.count, total.amount, total.weighted)
                        for total in one.totals]
        for one in board.endings
    } == {
        "won": [("EUR", 2, 930, 930), ("USD", 1, 70, 70)],
        "lost": [("USD", 2, 11, 0)],
        "disqualified": [],
    }  # fmt: skip
