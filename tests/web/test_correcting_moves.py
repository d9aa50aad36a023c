"""Correcting an entry of a deal's ledger on a page, and being told that a deal may move on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from deals_support.deal_world import (
    ago,
    deal_in,
    field,
    fresh,
    lose,
    move,
    pipeline_of,
    stage,
    where,
)
from suppilo.apps.deals.services import change_deal
from suppilo.apps.pipelines.models import LostReason
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    return make_user("salesperson", name="Sam")


@pytest.fixture
def client(seller):
    return client_for(seller)


@pytest.fixture
def deal(seller):
    pipeline = pipeline_of(
        stage("a"), stage("b"), stage("c", field("campaign")), skipping="allowed"
    )
    return deal_in(pipeline, seller, "Roof")


def minute(moment) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def correct(client, deal, number, **form):
    url = reverse("deal_move_correct", args=[deal.pk, number])
    return client.post(url, {"revision": fresh(deal).revision, **form})


def test_the_last_move_is_given_its_true_stage_and_both_stay_to_be_seen(client, deal, seller):
    change = move(deal, "b", seller)
    page = client.get(reverse("deal", args=[deal.pk])).content.decode()
    assert reverse("deal_move_correct", args=[deal.pk, change.number]) in page
    form = client.get(reverse("deal_move_correct", args=[deal.pk, change.number]))
    assert minute(change.at) in form.content.decode()
    answer = correct(client, deal, change.number, stage="a", at=minute(change.at), reason="Typo")
    assert answer.status_code == 302, answer.content.decode()
    assert where(deal) == "a"
    assert fresh(deal).changes.last().at == change.at, "a time left alone stays as exact as it was"
    page = client.get(reverse("deal", args=[deal.pk])).content.decode()
    assert "Typo" in page
    assert reverse("deal_move_correct", args=[deal.pk, change.number]) not in page
    assert (
        client.get(reverse("deal_move_correct", args=[deal.pk, change.number])).status_code == 404
    )


def test_of_an_earlier_move_only_the_time_is_asked_and_must_lie_between_its_neighbours(
    client, deal, seller
):
    opened = fresh(deal).changes.get()
    move(deal, "b", seller)
    page = client.get(reverse("deal_move_correct", args=[deal.pk, opened.number])).content.decode()
    assert page.count("<option") == 1
    late = minute(timezone.now() + timedelta(days=2))
    refused = correct(client, deal, opened.number, stage="a", at=late, reason="x")
    assert refused.status_code == 422
    assert "must lie between" in refused.content.decode()
    before = ago(days=3)
    saved = correct(client, deal, opened.number, stage="a", at=minute(before), reason="x")
    assert saved.status_code == 302
    assert minute(fresh(deal).opened_at) == minute(before)


def test_a_correction_is_no_way_past_a_gate(client, deal, seller):
    change = move(deal, "b", seller)
    answer = correct(client, deal, change.number, stage="c", at=minute(change.at), reason="x")
    assert answer.status_code == 422
    assert "ampaign" in answer.content.decode()
    assert where(deal) == "b"


def test_a_waiver_by_who_may_not_waive_is_refused_in_the_form(client, deal, seller):
    change = move(deal, "b", seller)
    said = {"stage": "c", "at": minute(change.at), "reason": "x", "waiver": "please"}
    assert correct(client, deal, change.number, **said).status_code == 422
    assert where(deal) == "b"


def test_a_deal_that_was_lost_in_truth_gets_its_reason(client, deal, seller):
    change = move(deal, "b", seller)
    reason = LostReason.objects.filter(pipeline=deal.pipeline).first()
    said = {"stage": "lost", "at": minute(change.at), "reason": "They had told us"}
    assert correct(client, deal, change.number, **said).status_code == 422
    assert correct(client, deal, change.number, lost_reason=reason.pk, **said).status_code == 302
    assert fresh(deal).lost_reason == reason


@pytest.mark.parametrize(
    "form",
    [{}, {"stage": "nowhere"}, {"at": "yesterday"}, {"reason": ""}, {"lost_reason": "9" * 30}],
)
def test_rubbish_is_told_beside_its_field(client, deal, seller, form):
    change = move(deal, "b", seller)
    good = {"stage": "a", "at": minute(change.at), "reason": "x"}
    answer = correct(client, deal, change.number, **(good | form if form else {}))
    assert answer.status_code == 422
    assert "field-error" in answer.content.decode() or "errorlist" in answer.content.decode()
    assert where(deal) == "b"


def test_another_s_deal_and_entries_that_are_not_there_are_404(client, deal, seller):
    assert correct(client, deal, 99).status_code == 404
    stranger = client_for(make_user("salesperson"))
    deal.pipeline.visibility = "own"
    deal.pipeline.save()
    assert correct(stranger, deal, 1).status_code == 404


def test_an_entry_corrected_meanwhile_is_told_and_not_corrected_twice(client, deal, seller):
    change = move(deal, "b", seller)
    lose(deal, seller)
    said = {"stage": "b", "at": minute(change.at), "reason": "x", "revision": 1}
    answer = client.post(reverse("deal_move_correct", args=[deal.pk, change.number]), said)
    assert answer.status_code == 422


def test_the_page_says_when_a_deal_may_move_on(client, seller):
    pipeline = pipeline_of(stage("a"), stage("b", field("expected_close"), advance="suggest"))
    deal = deal_in(pipeline, seller)
    page, told = reverse("deal", args=[deal.pk]), "All that B asks for is there"
    assert told not in client.get(page).content.decode()
    change_deal(seller, deal.pk, {"expected_close": "2099-01-01"}, source="page")
    assert told in client.get(page).content.decode()
