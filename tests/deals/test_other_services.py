"""What else is done with deals: items, people, approvals, documents, hand-overs, corrections."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from deals_support.deal_world import (
    PAGE,
    ago,
    asks,
    deal_in,
    draft,
    field,
    fresh,
    lose,
    move,
    pipeline_of,
    stage,
    where,
)
from people_support.people_world import evidence, seen, user
from suppilo.apps.catalogue.models import DiscountLimit, Product
from suppilo.apps.deals.errors import GateClosedError, MoveRefusedError
from suppilo.apps.deals.gates import judge
from suppilo.apps.deals.models import Deal, Document, FieldChange, Waiver
from suppilo.apps.deals.selectors import find_unsound, read_moves, replay
from suppilo.apps.deals.selectors.gates import judge_next
from suppilo.apps.deals.selectors.ledger import position_of
from suppilo.apps.deals.services import (
    NewDeal,
    NewItem,
    NewParticipant,
    PastMove,
    add_document,
    add_participant,
    answer_approval,
    ask_approval,
    assign_deals,
    change_deal,
    change_participant,
    correct_move,
    find_similar,
    hand_over_deal,
    import_history,
    is_suggested,
    move_deals,
    open_deal,
    open_deals,
    open_document,
    remove_document,
    remove_participant,
    renew_version,
    set_items,
    tag_deals,
    tick,
)
from suppilo.apps.deals.services.documents import document_path
from suppilo.apps.outbox.models import DomainEvent
from suppilo.apps.people.evidence import Grouping
from suppilo.apps.people.models import Company, Person
from suppilo.apps.people.services import merge_people, record_evidence
from suppilo.apps.pipelines.models import LostReason
from suppilo.apps.pipelines.services import add_field, edit_pipeline
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    return make_user("salesperson")


@pytest.fixture
def head():
    return make_user("head_of_sales")


def item(price: str, quantity: str = "1", discount: str = "0", **more) -> NewItem:
    values = {"description": "Thing", "unit_price": Decimal(price)} | more
    return NewItem(quantity=Decimal(quantity), discount=Decimal(discount), **values)


# --- money


def test_the_amount_is_the_sum_of_lines_each_rounded_half_away_from_zero(seller, head):
    deal = deal_in(pipeline_of(), seller)
    set_items(
        head, deal.pk,
        [item("0.335", unit_cost=Decimal("0.1")), item("0.335"), item("100", "3", "0.15")],
        source=PAGE,
    )  # fmt: skip
    now = fresh(deal)
    assert (now.amount, now.cost, now.discount) == (
        Decimal("255.68"), None, Decimal("0.1497"),
    )  # fmt: skip
    assert not now.is_amount_typed
    with pytest.raises(ValidationError, match="line items"):
        change_deal(seller, deal.pk, {"amount": 1}, source=PAGE)
    set_items(seller, deal.pk, [], source=PAGE)
    change_deal(seller, deal.pk, {"amount": 1}, source=PAGE)
    assert fresh(deal).amount == 1


def test_a_line_that_can_t_be_used_is_named(seller):
    deal = deal_in(pipeline_of(), seller)
    with pytest.raises(ValidationError) as refused:
        set_items(seller, deal.pk, [item("1"), item("1", "0"), NewItem()], source=PAGE)
    messages = refused.value.message_dict["items"]
    assert [text[:6] for text in messages] == ["Line 2", "Line 3"]


def test_a_discount_beyond_the_limit_needs_approval_that_holds_up_to_its_rate(seller, head):
    product = Product.objects.create(name="Saw", sku="s", category="tools")
    DiscountLimit.objects.create(role="salesperson", rate=Decimal("0.1"))
    DiscountLimit.objects.create(role="salesperson", category="tools", rate=Decimal("0.2"))
    pipeline = pipeline_of(stage("new"), stage("offer", asks("discount")))
    deal = deal_in(pipeline, seller)
    saw = {"product_id": product.pk, "description": ""}
    set_items(seller, deal.pk, [item("10", discount="0.2", **saw)], source=PAGE)
    move(deal, "offer", seller)
    move(deal, "new", seller, reason="again")
    set_items(seller, deal.pk, [item("10", discount="0.3", **saw)], source=PAGE)
    with pytest.raises(GateClosedError, match="30 %"):
        move(deal, "offer", seller)

    asked = ask_approval(seller, deal.pk, "discount", reason="a friend")
    assert asked.rate == Decimal("0.3")
    with pytest.raises(PermissionDenied):
        answer_approval(seller, asked.pk, True)
    with pytest.raises(ValidationError, match="why"):
        answer_approval(head, asked.pk, False)
    answer_approval(head, asked.pk, True, "fine")
    assert move(deal, "offer", seller).evidence[0]["by"] == str(head)

    move(deal, "new", seller, reason="again")
    set_items(seller, deal.pk, [item("10", discount="0.31", **saw)], source=PAGE)
    asked.refresh_from_db()
    assert asked.state == "superseded"
    with pytest.raises(GateClosedError):
        move(deal, "offer", seller)
    names = DomainEvent.objects.filter(deal_id=deal.pk).values_list("name", flat=True)
    assert "discount_approved" in names


def test_who_approves_is_bound_by_the_limit_of_their_own_role(seller, head):
    for role, rate in (("salesperson", "0.1"), ("head_of_sales", "0.2")):
        DiscountLimit.objects.create(role=role, rate=Decimal(rate))
    deal = deal_in(pipeline_of(), seller)
    set_items(seller, deal.pk, [item("10", discount="0.3")], source=PAGE)
    asked = ask_approval(seller, deal.pk, "discount")
    with pytest.raises(PermissionDenied, match="your own role"):
        answer_approval(head, asked.pk, True, "fine")
    assert answer_approval(make_user("owner"), asked.pk, True).state == "approved"


def test_an_approval_of_more_than_one_may_give_opens_the_gate_no_further_than_that(seller, head):
    for role, rate in (("salesperson", "0.1"), ("head_of_sales", "0.2")):
        DiscountLimit.objects.create(role=role, rate=Decimal(rate))
    dear = Product.objects.create(name="Press", sku="p", category="presses")
    DiscountLimit.objects.create(role="head_of_sales", product=dear, rate=Decimal("0.12"))
    deal = deal_in(pipeline_of(stage("new"), stage("offer", asks("discount"))), seller)
    set_items(seller, deal.pk, [item("10", discount="0.15")], source=PAGE)
    asked = ask_approval(seller, deal.pk, "discount", rate=Decimal("0.9"))
    answer_approval(head, asked.pk, True, "fine")
    for given, product in (("0.5", {}), ("0.15", {"product_id": dear.pk})):
        set_items(seller, deal.pk, [item("10", discount=given, **product)], source=PAGE)
        with pytest.raises(GateClosedError):
            move(deal, "offer", seller)
        assert judge_next([fresh(deal)], timezone.now())[deal.pk].missing
    set_items(seller, deal.pk, [item("10", discount="0.2")], source=PAGE)
    assert not judge_next([fresh(deal)], timezone.now())[deal.pk].missing
    move(deal, "offer", seller)


def test_a_stage_is_approved_by_a_role_and_again_after_moving_back(seller, head):
    pipeline = pipeline_of(stage("new"), stage("offer", asks("approval", roles=["analyst"])))
    deal = deal_in(pipeline, seller)
    with pytest.raises(GateClosedError, match="Analyst"):
        move(deal, "offer", seller)
    asked = ask_approval(seller, deal.pk, "stage", "approval")
    with pytest.raises(PermissionDenied):
        answer_approval(head, asked.pk, True)
    answer_approval(make_user("analyst"), asked.pk, True)
    move(deal, "offer", seller)
    move(deal, "new", seller, reason="again")
    with pytest.raises(GateClosedError):
        move(deal, "offer", seller)


# --- people


def test_a_new_address_makes_a_person_and_a_known_one_is_found(seller):
    record_evidence("source:1", evidence(
        seen("device", 5, channel="paid_search"), user("anna@nordvik.example", 9),
        Grouping("anna@nordvik.example", "nordvik", 9, {"name": "Nordvik AS"}),
    ))  # fmt: skip
    anna = Person.objects.get(identifier="anna@nordvik.example")
    merge_people(seller, anna.pk, [Person.objects.get(identifier="device").pk])
    deal = deal_in(
        pipeline_of(), seller,
        contacts=(NewParticipant("new@x.example", name="New One"),
                  NewParticipant("ANNA@nordvik.example", role="decision_maker", is_main=True)),
    )  # fmt: skip
    assert (deal.company.name, deal.channel) == ("Nordvik AS", "paid_search")
    people = {str(one.contact.person): (one.role, one.is_main) for one in deal.participants.all()}
    assert people == {"New One": ("contact", False), str(anna): ("decision_maker", True)}
    assert Person.objects.get(identifier="new@x.example").company is None


def test_participants_are_added_changed_and_removed_with_one_main_one_always(seller):
    deal = deal_in(pipeline_of(), seller)
    first = add_participant(seller, deal.pk, NewParticipant("a@x.example"), source=PAGE)
    second = add_participant(seller, deal.pk, NewParticipant("b@x.example"), source=PAGE)
    assert (first.is_main, second.is_main) == (True, False)
    with pytest.raises(ValidationError, match="already"):
        add_participant(seller, deal.pk, NewParticipant("A@x.example"), source=PAGE)
    with pytest.raises(ValidationError, match="names nobody"):
        add_participant(seller, deal.pk, NewParticipant("null"), source=PAGE)
    with pytest.raises(ValidationError, match="no role"):
        change_participant(seller, deal.pk, first.pk, role="boss", source=PAGE)
    change_participant(seller, deal.pk, second.pk, role="buyer", is_main=True, source=PAGE)
    remove_participant(seller, deal.pk, second.pk, source=PAGE)
    left = deal.participants.get()
    assert (left.pk, left.is_main) == (first.pk, True)
    assert "x.example" not in str(list(FieldChange.objects.values_list("old", "new")))


# --- checklist, documents


def test_a_checklist_item_opens_its_gate_and_is_only_that_stage_s(seller):
    pipeline = pipeline_of(stage("new"), stage("offer", asks("checklist", "sent", label="Sent")))
    deal = deal_in(pipeline, seller)
    with pytest.raises(ValidationError):
        tick(seller, deal.pk, "new", "sent", True)
    tick(seller, deal.pk, "offer", "sent", True)
    move(deal, "offer", seller)
    assert fresh(deal).changes.last().evidence[0]["by"] == str(seller)


def test_a_document_lies_under_another_name_and_goes_with_its_row(
    seller, django_capture_on_commit_callbacks
):
    pipeline = pipeline_of(stage("new"), stage("offer", asks("document", kind="contract")))
    deal = deal_in(pipeline, seller)
    file = io.BytesIO(b"signed")
    file.name = "../../etc/passwd"
    row = add_document(seller, deal.pk, "Contract", file=file)
    assert (row.name, row.size_bytes) == ("passwd", 6)
    stored = open_document(seller, row.pk)
    assert stored.path.read_bytes() == b"signed"
    assert "passwd" not in str(stored.path)
    move(deal, "offer", seller)
    with pytest.raises(Document.DoesNotExist):
        open_document(make_user("salesperson"), row.pk)
    with django_capture_on_commit_callbacks(execute=True):
        remove_document(seller, row.pk)
    assert not stored.path.exists()


def test_a_document_too_large_or_refused_leaves_no_file(seller, monkeypatch):
    deal = deal_in(pipeline_of(), seller)
    folder = document_path("xx").parent.parent
    before = sorted(folder.rglob("*")) if folder.exists() else []
    monkeypatch.setattr("suppilo.apps.deals.services.documents.LARGEST_BYTES", 3)
    with pytest.raises(ValidationError, match="at most"):
        add_document(seller, deal.pk, "", "x", file=io.BytesIO(b"four"))
    with pytest.raises(ValidationError, match="http"):
        add_document(seller, deal.pk, "", "x", url="javascript:alert(1)")
    with pytest.raises(Deal.DoesNotExist):
        add_document(make_user("salesperson"), deal.pk, "", "x", file=io.BytesIO(b"1"))
    after = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    assert after == [path for path in before if Path(path).is_file()]


# --- by itself


def suggests(deal, key):
    deal = fresh(deal)
    to = deal.version.stages.get(key=key)
    return is_suggested(deal, to, judge(deal, to, timezone.now()))


def test_a_deal_moves_by_itself_when_it_meets_what_the_next_stage_asks(seller):
    pipeline = pipeline_of(
        stage("new"), stage("offer", field("amount"), advance="move"),
        stage("signing", field("expected_close"), advance="suggest"),
    )  # fmt: skip
    deal = deal_in(pipeline, seller)
    change_deal(seller, deal.pk, {"amount": 5}, source=PAGE)
    entry = fresh(deal).changes.last()
    assert (entry.to_stage.key, entry.source, entry.actor) == ("offer", "automation", None)
    assert entry.evidence[0]["met"]
    assert not suggests(deal, "signing")
    change_deal(seller, deal.pk, {"expected_close": "2027-01-01"}, source=PAGE)
    assert suggests(deal, "signing")
    assert where(deal) == "offer"
    move(deal, "signing", seller)
    move(deal, "offer", seller, reason="too early")
    assert not suggests(deal, "signing"), "somebody moved it back, and nothing is new since"


def test_what_somebody_moved_back_stays_there_until_something_new_happens(seller):
    pipeline = pipeline_of(stage("new"), stage("offer", field("amount"), advance="move"))
    deal = deal_in(pipeline, seller, amount=5)
    assert where(deal) == "offer"
    move(deal, "new", seller, reason="too early")
    change_deal(seller, deal.pk, {"campaign": "x"}, source=PAGE)
    assert where(deal) == "new"
    change_deal(seller, deal.pk, {"amount": 6}, source=PAGE)
    assert where(deal) == "offer"


# --- other pipelines, versions, corrections


def test_a_hand_over_asks_the_other_pipeline_s_gates(seller):
    deal = deal_in(pipeline_of(), seller)
    other = pipeline_of(stage("start", field("company")), stage("next"), name="Other")
    with pytest.raises(MoveRefusedError, match="“Start” comes first"):
        hand_over_deal(seller, deal.pk, other.pk, "next", source=PAGE)
    with pytest.raises(GateClosedError):
        hand_over_deal(seller, deal.pk, other.pk, "start", source=PAGE)
    company = Company.objects.create(key="n", name="N", name_key=b"n", created_at=ago(0))
    change_deal(seller, deal.pk, {"company": company.pk}, source=PAGE)
    change = hand_over_deal(seller, deal.pk, other.pk, "start", source=PAGE)
    assert (change.kind, fresh(deal).pipeline, fresh(deal).version) == (
        "hand_over", other, other.current,
    )  # fmt: skip
    lose(fresh(deal), seller)
    with pytest.raises(MoveRefusedError, match="open deal"):
        hand_over_deal(seller, deal.pk, pipeline_of(name="Third").pk, source=PAGE)


def test_deals_stay_in_their_version_until_they_are_brought_over(seller, head):
    pipeline = pipeline_of(stage("a"), stage("b"), stage("c"))
    old, mid = deal_in(pipeline, seller), deal_in(pipeline, seller, name="Mid")
    move(mid, "b", seller)
    edit_pipeline(head, pipeline.pk, draft(stage("a", field("amount")), stage("c")))
    pipeline.refresh_from_db()
    assert pipeline.current.number == 2
    move(old, "b", seller)
    move(old, "a", seller, reason="back")
    assert fresh(old).version.number == 1

    with pytest.raises(PermissionDenied):
        renew_version(seller, pipeline.pk, "all", {"b": "a"}, source=PAGE)
    with pytest.raises(MoveRefusedError, match="“b”"):
        renew_version(head, pipeline.pk, "all", {}, source=PAGE)
    since = fresh(old).entered_at
    assert renew_version(head, pipeline.pk, "all", {"b": "c"}, source=PAGE) == 1
    assert (fresh(old).version.number, fresh(old).entered_at) == (2, since)
    assert (fresh(mid).version.number, where(mid)) == (1, "b")
    assert renew_version(head, pipeline.pk, "all", {"b": "c"}, source=PAGE, waiver="old") == 1
    assert where(mid) == "c"
    assert [one.criterion_key for one in fresh(mid).changes.last().waivers.all()] == ["amount"]
    # Who was put into another stage has entered it; who stayed has not.
    for deal, entered in ((mid, 1), (old, 0)):
        told = DomainEvent.objects.filter(deal_id=deal.pk, name="deal_stage_entered")
        renewed = [one.properties for one in told if one.properties["kind"] == "renew_version"]
        assert [(one["from_stage"], one["stage"]) for one in renewed] == [("b", "c")] * entered
    assert find_unsound() == []


def test_a_correction_takes_the_wrong_entry_s_place_and_is_no_way_past_a_gate(seller):
    pipeline = pipeline_of(stage("a"), stage("b"), stage("c", field("amount")))
    deal = deal_in(pipeline, seller, opened_at=ago(9))
    move(deal, "b", seller, at=ago(5))
    with pytest.raises(MoveRefusedError, match="“B” comes first"):
        correct_move(seller, deal.pk, 2, "c", at=ago(5), reason="meant c", source=PAGE)
    with pytest.raises(MoveRefusedError, match="what was wrong"):
        correct_move(seller, deal.pk, 2, "b", at=ago(6), reason="", source=PAGE)
    with pytest.raises(MoveRefusedError, match="between"):
        correct_move(seller, deal.pk, 2, "b", at=ago(10), reason="x", source=PAGE)
    at = ago(6)
    change = correct_move(seller, deal.pk, 2, "b", at=at, reason="was earlier", source=PAGE)
    assert (change.kind, change.corrects.number, fresh(deal).entered_at) == ("correct", 2, at)
    with pytest.raises(MoveRefusedError, match="still counts"):
        correct_move(seller, deal.pk, 2, "b", at=at, reason="x", source=PAGE)

    correct_move(seller, deal.pk, 3, "a", at=at, reason="never moved", source=PAGE)
    assert (where(deal), len(read_moves(fresh(deal)))) == ("a", 1)
    correct_move(seller, deal.pk, 1, "a", at=ago(12), reason="older", source=PAGE)
    assert fresh(deal).opened_at < ago(11)
    assert deal.changes.count() == 5
    assert replay(fresh(deal)) == position_of(fresh(deal))


def test_a_win_that_was_a_loss_is_corrected_with_its_reason(seller):
    deal = deal_in(pipeline_of(stage("a")), seller)
    move(deal, "won", seller)
    with pytest.raises(MoveRefusedError, match="list of reasons"):
        correct_move(seller, deal.pk, 2, "lost", at=fresh(deal).entered_at, reason="x",
                     source=PAGE)  # fmt: skip
    reason = LostReason.objects.first()
    correct_move(seller, deal.pk, 2, "lost", at=fresh(deal).entered_at, reason="x", source=PAGE,
                 lost_reason_id=reason.pk)  # fmt: skip
    assert (fresh(deal).state, fresh(deal).lost_reason) == ("lost", reason)
    assert read_moves(fresh(deal))[-1].kind == "lose"


# --- imports, bulk, similar


def test_an_import_brings_deals_with_their_past_in_few_statements(
    head, django_assert_max_num_queries
):
    pipeline = pipeline_of(stage("a"), stage("b", field("expected_close")))
    news = [
        NewDeal(
            f"Deal {n}", pipeline.pk, owner_id=head.pk, amount=Decimal(n), origin="import:1",
            external_id=str(n), contacts=(NewParticipant(f"p{n % 50}@x.example"),),
            history=(PastMove("a", ago(9)), PastMove("b", ago(8)),
                     PastMove("lost", ago(7), lost_reason="too dear", lost_note="n")),
        )
        for n in range(300)
    ]  # fmt: skip
    with django_assert_max_num_queries(90):
        deals = open_deals(head, news, source="import", waiver="So it was.")
    assert Waiver.objects.count() == 300
    assert [deal.name for deal in deals[:2]] == ["Deal 0", "Deal 1"]
    assert find_unsound() == []
    one = Deal.objects.get(name="Deal 7")
    assert (one.state, one.lost_reason.name, one.number, one.closed_at) == (
        "lost", "too dear", 8, one.changes.last().at,
    )  # fmt: skip
    assert set(one.changes.values_list("source", flat=True)) == {"import"}
    names = list(DomainEvent.objects.filter(deal_id=one.pk).order_by("id")
                 .values_list("name", flat=True))  # fmt: skip
    assert names == ["deal_created", *["deal_stage_entered"] * 3, "deal_lost", "gate_waived"]
    assert one.participants.get().contact.value == "p7@x.example"


def test_an_import_names_each_deal_that_can_t_be_used_and_opens_none(head):
    pipeline = pipeline_of()
    wrong = [
        NewDeal("fine", pipeline.pk),
        NewDeal("x", pipeline.pk, history=(PastMove("a", ago(1)), PastMove("b", ago(2)))),
        NewDeal("", 10**6),
        NewDeal("", pipeline.pk),
    ]
    with pytest.raises(ValidationError) as refused:
        open_deals(head, wrong, source="import")
    assert set(refused.value.message_dict) == {"1.history", "2.pipeline", "3.name"}
    assert not Deal.objects.exists()
    with pytest.raises(ValueError, match="only an import"):
        open_deals(head, wrong, source="api")


def test_history_is_brought_in_only_while_nobody_moved_the_deal_here(head):
    pipeline = pipeline_of(stage("a"), stage("b", field("amount")))
    (deal,) = open_deals(head, [NewDeal("x", pipeline.pk, opened_at=ago(5))], source="import")
    with pytest.raises(GateClosedError):
        import_history(head, deal.pk, [PastMove("b", ago(3))], "import:2")
    import_history(head, deal.pk, [PastMove("b", ago(3))], "import:2", waiver="So it was.")
    assert where(deal) == "b"
    move(deal, "a", head, reason="back")
    with pytest.raises(MoveRefusedError, match="moved here"):
        import_history(head, deal.pk, [PastMove("b", ago(0))], "import:3")


def test_bulk_changes_go_through_the_same_services_with_an_answer_for_each(seller, head):
    pipeline = pipeline_of(stage("a"), stage("b", field("amount")))
    mine = deal_in(pipeline, seller, amount=5)
    poor = deal_in(pipeline, seller, name="Poor")
    foreign = deal_in(pipeline, make_user("salesperson"), name="Foreign")
    done = move_deals(seller, [mine.pk, poor.pk, foreign.pk, 10**9], "b")
    assert [one.is_done for one in done] == [True, False, False, False]
    assert "amount" in done[1].message
    assert done[2].message == done[3].message
    assert all(one.is_done for one in tag_deals(seller, [mine.pk, poor.pk], add=["hot"]))
    assert fresh(poor).tags == ["hot"]
    other = make_user("salesperson")
    assert [one.is_done for one in assign_deals(head, [mine.pk], other.pk)] == [True]
    assert fresh(mine).owner == other
    with pytest.raises(ValidationError):
        tag_deals(head, range(501), add=["x"])
    with pytest.raises(PermissionDenied):
        tag_deals(make_user("analyst"), [mine.pk], add=["x"])


def test_deals_that_may_be_the_same_are_offered(seller):
    pipeline = pipeline_of()
    record_evidence("source:1", evidence(
        user("anna@n.example", 1), Grouping("anna@n.example", "nord", 1, {"name": "Nordvik AS"})
    ))  # fmt: skip
    deal = deal_in(pipeline, seller, "Nordvik renewal 2027",
                   contacts=(NewParticipant("anna@n.example"),))  # fmt: skip
    deal_in(pipeline, seller, "Quite another")
    deal_in(pipeline, make_user("salesperson"), "Nordvik renewal")

    def found(*args, **more):
        return [(one.deal, one.score) for one in find_similar(seller, *args, **more)]

    assert [one for one, _score in found("renewal nordvik 2027")] == [deal]
    assert [one for one, _score in found("x", "NORDVIK  As.")] == [deal]
    assert found("x", identifiers=["Anna@n.example"]) == [(deal, 100.0)]
    assert found("x", company_id=deal.company_id) == [(deal, 95.0)]
    assert found("Baltic mill") == []


def test_custom_fields_are_typed(seller, head):
    pipeline = pipeline_of()
    add_field(head, pipeline.pk, "Seats", "number")
    add_field(head, pipeline.pk, "Plan", "choice", choices=["basic", "pro"])
    deal = deal_in(pipeline, seller, custom={"seats": "12.50", "plan": "pro"})
    assert deal.custom == {"seats": "12.5", "plan": "pro"}
    with pytest.raises(ValidationError) as refused:
        change_deal(seller, deal.pk, {"custom.seats": "many", "custom.plan": "gold"}, source=PAGE)
    assert set(refused.value.message_dict) == {"custom.seats", "custom.plan"}
    change_deal(seller, deal.pk, {"custom.seats": ""}, source=PAGE)
    assert fresh(deal).custom == {"plan": "pro"}


def test_a_gate_judges_without_moving(seller):
    pipeline = pipeline_of(
        stage("a"),
        stage("b", field("amount", "gte", 100), asks("participant", role="decision_maker")),
    )
    deal = deal_in(pipeline, seller, amount=50)
    findings = judge(deal, pipeline.current.stages.get(key="b"), ago(0))
    assert [(one.key, one.is_met, one.fix.anchor) for one in findings] == [
        ("amount", False, "field-amount"), ("participant", False, "participants"),
    ]  # fmt: skip
    assert findings[0].text == "The field “amount” must be at least 100."


def test_opening_asks_the_first_stage_s_gate_too(seller):
    pipeline = pipeline_of(stage("a", field("amount")))
    with pytest.raises(GateClosedError):
        deal_in(pipeline, seller)
    assert not Deal.objects.exists()
    deal_in(pipeline, seller, amount=4)
    with pytest.raises(PermissionDenied):
        open_deal(make_user("analyst"), NewDeal("x", pipeline.pk), source=PAGE)
