"""Deals move as their pipeline has it, and the ledger keeps how."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from deals_support.deal_world import (
    PAGE,
    SOON,
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
from suppilo.apps.accounts.models import AuditEntry
from suppilo.apps.deals.errors import DealChangedError, GateClosedError, MoveRefusedError
from suppilo.apps.deals.models import Deal, FieldChange, Waiver
from suppilo.apps.deals.selectors import replay
from suppilo.apps.deals.services import NewDeal, change_deal, open_deal
from suppilo.apps.outbox.models import DomainEvent
from suppilo.apps.pipelines.models import LostReason
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    return make_user("salesperson")


@pytest.fixture
def gated():
    return pipeline_of(
        stage("new"), stage("offer", field("amount")), stage("signing", field("expected_close"))
    )


def events(deal) -> list[str]:
    return list(
        DomainEvent.objects.filter(deal_id=deal.pk).order_by("id").values_list("name", flat=True)
    )


def test_a_new_deal_stands_in_the_first_stage_with_its_first_entry(seller, gated):
    deal = deal_in(gated, seller)
    assert (deal.stage.key, deal.state, deal.owner, deal.number) == ("new", "open", seller, 1)
    entry = deal.changes.get()
    assert (entry.number, entry.kind, entry.from_stage, entry.to_stage.key, entry.actor) == (
        1, "open", None, "new", seller,
    )  # fmt: skip
    assert events(deal) == ["deal_created", "deal_stage_entered", "deal_assigned"]
    assert AuditEntry.objects.get(verb="open_deal").target_id == str(deal.pk)


def test_a_closed_gate_says_what_is_missing_and_lets_nothing_through(seller, gated):
    deal = deal_in(gated, seller)
    with pytest.raises(GateClosedError) as refused:
        move(deal, "offer", seller)
    assert "Fill in the field “amount”." in refused.value.message
    (finding,) = refused.value.findings
    assert (finding.key, finding.fix.anchor, finding.stage_name) == (
        "amount", "field-amount", "Offer",
    )  # fmt: skip
    assert where(deal) == "new"
    assert deal.changes.count() == 1

    change_deal(seller, deal.pk, {"amount": "1200.50"}, source=PAGE)
    change = move(deal, "offer", seller)
    assert (change.kind, change.evidence[0]["met"], change.evidence[0]["by"]) == (
        "advance", True, "1200.5",
    )  # fmt: skip
    assert replay(fresh(deal)).stage_id == change.to_stage_id


def test_stages_can_t_be_skipped_unless_the_pipeline_says_so(seller, gated):
    deal = deal_in(gated, seller, amount=5)
    for key in ("signing", "won"):
        with pytest.raises(MoveRefusedError, match="“Offer” comes first"):
            move(deal, key, seller)
    assert where(deal) == "new"


def test_where_stages_may_be_skipped_their_gates_are_asked_all_the_same(seller):
    pipeline = pipeline_of(
        stage("new"), stage("offer", field("amount")), stage("signing"), skipping="allowed"
    )
    deal = deal_in(pipeline, seller)
    with pytest.raises(GateClosedError, match="amount"):
        move(deal, "won", seller)
    change_deal(seller, deal.pk, {"amount": 10}, source=PAGE)
    assert move(deal, "won", seller).kind == "win"
    assert (fresh(deal).state, fresh(deal).closed_at) == ("won", fresh(deal).entered_at)


def test_a_waiver_needs_a_role_and_a_reason_and_is_recorded(seller, gated):
    head = make_user("head_of_sales")
    deal = deal_in(gated, seller)
    with pytest.raises(PermissionDenied, match="may waive"):
        move(deal, "offer", seller, waiver="they are in a hurry")
    change = move(deal, "offer", head, waiver="they are in a hurry")
    waiver = Waiver.objects.get()
    assert (waiver.change, waiver.criterion_key, waiver.reason, waiver.by) == (
        change, "amount", "they are in a hurry", head,
    )  # fmt: skip
    assert change.evidence[0] | {"at": None} == {
        "key": "amount", "stage": "offer", "kind": "field", "moment": "enter", "met": False,
        "text": "Fill in the field “amount”.", "by": "", "at": None, "waived": True,
    }  # fmt: skip
    assert "gate_waived" in events(deal)
    assert AuditEntry.objects.filter(verb="waive_gate").count() == 1


def test_a_waiver_of_a_gate_that_is_met_leaves_no_trace(gated):
    deal = deal_in(gated, amount=5)
    move(deal, "offer", make_user("head_of_sales"), waiver="just in case")
    assert not Waiver.objects.exists()
    assert "gate_waived" not in events(deal)


def test_moving_back_needs_a_reason_and_going_on_asks_again(seller, gated):
    deal = deal_in(gated, seller, amount=5)
    move(deal, "offer", seller)
    with pytest.raises(MoveRefusedError, match="why the deal moves back"):
        move(deal, "new", seller, reason="  ")
    assert move(deal, "new", seller, reason="They want to think").kind == "back"
    change_deal(seller, deal.pk, {"amount": 0}, source=PAGE)
    with pytest.raises(GateClosedError):
        move(deal, "offer", seller)


def test_losing_needs_a_reason_of_the_pipeline_s_own_list(seller, gated):
    deal = deal_in(gated, seller)
    other = pipeline_of(name="Other")
    wrong = LostReason.objects.filter(pipeline=other).first()
    for number in (None, wrong.pk, 10**9):
        with pytest.raises(MoveRefusedError, match="list of reasons"):
            move(deal, "lost", seller, lost_reason_id=number)
    change = lose(deal, seller, lost_note="Too dear, says Anna")
    lost = fresh(deal)
    assert (change.kind, lost.state, lost.lost_note) == ("lose", "lost", "Too dear, says Anna")
    assert events(deal)[-2:] == ["deal_stage_entered", "deal_lost"]
    assert DomainEvent.objects.get(name="deal_lost").properties["reason"] == "Price"


def test_a_lost_deal_opens_again_with_a_reason_and_not_further_than_it_was(seller, gated):
    deal = deal_in(gated, seller, amount=5)
    move(deal, "offer", seller)
    lose(deal, seller, lost_note="Too late")
    with pytest.raises(MoveRefusedError, match="Open the deal again first"):
        move(deal, "won", seller)
    with pytest.raises(MoveRefusedError, match="why the deal is opened again"):
        move(deal, "offer", seller)
    with pytest.raises(MoveRefusedError, match="did not get further"):
        move(deal, "signing", seller, reason="They called")
    assert move(deal, "offer", seller, reason="They called").kind == "reopen"
    again = fresh(deal)
    assert (again.state, again.lost_reason, again.lost_note, again.closed_at) == (
        "open", None, "", None,
    )  # fmt: skip
    assert events(deal)[-1] == "deal_reopened"
    # Why it was lost stays in its history.
    reason = LostReason.objects.filter(pipeline=deal.pipeline).order_by("id").first()
    noted = FieldChange.objects.filter(deal=deal, field__startswith="lost").order_by("id")
    assert list(noted.values_list("field", "old", "new")) == [
        ("lost_reason", "", reason.name), ("lost_note", "", "Too late"),
        ("lost_reason", reason.name, ""), ("lost_note", "Too late", ""),
    ]  # fmt: skip
    assert set(noted.values_list("by", flat=True)) == {seller.pk}


def test_a_deal_that_is_there_already_or_a_stage_that_is_none_is_refused(seller, gated):
    deal = deal_in(gated, seller)
    with pytest.raises(MoveRefusedError, match="already"):
        move(deal, "new", seller)
    with pytest.raises(MoveRefusedError, match="there are new, offer"):
        move(deal, "nowhere", seller)


def test_who_saw_an_older_deal_is_told_who_changed_it(seller, gated):
    head = make_user("head_of_sales", name="Hilda Head")
    deal = deal_in(gated, seller, amount=5)
    seen = deal.revision
    move(deal, "offer", head, revision=seen)
    with pytest.raises(DealChangedError, match="Hilda Head changed “Nordvik”") as told:
        move(deal, "signing", seller, revision=seen)
    assert told.value.by == head
    with pytest.raises(DealChangedError):
        change_deal(seller, deal.pk, {"amount": 7}, source=PAGE, revision=seen)


def test_a_move_can_be_dated_back_to_when_the_deal_came_and_no_further(seller, gated):
    deal = deal_in(gated, seller, amount=5, opened_at=ago(10))
    assert fresh(deal).opened_at < ago(9)
    with pytest.raises(MoveRefusedError, match="only at"):
        move(deal, "offer", seller, at=ago(11))
    with pytest.raises(MoveRefusedError, match="future"):
        move(deal, "offer", seller, at=ago(-1))
    move(deal, "offer", seller, at=ago(3))
    assert ago(4) < fresh(deal).entered_at < ago(2)


def test_an_open_deal_needs_a_next_step_and_its_date_where_people_or_programs_write(gated):
    for source in ("page", "api"):
        with pytest.raises(ValidationError) as refused:
            open_deal(None, NewDeal("x", gated.pk), source=source)
        assert set(refused.value.message_dict) == {"next_step", "next_step_at"}
    deal = open_deal(None, NewDeal("x", gated.pk), source="import")
    change_deal(None, deal.pk, {"amount": 3}, source="page")
    with pytest.raises(ValidationError):
        change_deal(None, deal.pk, {"next_step": "Call"}, source="page")
    change_deal(None, deal.pk, {"next_step": "Call", "next_step_at": SOON}, source="page")
    with pytest.raises(ValidationError, match="to be done next"):
        change_deal(None, deal.pk, {"next_step": ""}, source="api")


def test_every_change_of_a_field_keeps_old_new_who_and_when(seller, gated):
    deal = deal_in(gated, seller)
    before = deal.revision
    change_deal(
        seller, deal.pk, {"amount": "10", "tags": "a, b", "expected_close": "2027-01-31",
                          "owner_id": make_user("head_of_sales", name="H").pk},
        source=PAGE,
    )  # fmt: skip
    found = {row.field: (row.old, row.new, row.by) for row in FieldChange.objects.all()}
    assert found == {
        "amount": ("0", "10", seller),
        "tags": ([], ["a", "b"], seller),
        "expected_close": (None, "2027-01-31", seller),
        "owner": (str(seller), "H", seller),
    }
    assert Deal.objects.get().revision == before + 1


def test_a_value_that_can_t_be_used_names_its_field_and_changes_nothing(seller, gated):
    deal = deal_in(gated, seller)
    wrong = {
        "amount": "many", "probability": "1.5", "expected_close": "tomorrow", "demand": 9,
        "currency": "Euros", "stage": "won", "state": "won", "custom.none": 1, "name": " ",
    }  # fmt: skip
    with pytest.raises(ValidationError) as refused:
        change_deal(seller, deal.pk, wrong | {"campaign": "fine"}, source=PAGE)
    assert set(refused.value.message_dict) == set(wrong)
    assert fresh(deal).campaign == ""
