"""Moves that are suggested: on the card, on the page, by the API; set aside, and back again."""

import json

import pytest
from django.db import DatabaseError, NotSupportedError, transaction
from django.urls import reverse
from django.utils import timezone

from deals_support.deal_world import PAGE, asks, deal_in, field, fresh, move, pipeline_of, stage
from suppilo.apps.accounts.models import AuditEntry
from suppilo.apps.accounts.services.tokens import make_token
from suppilo.apps.deals.errors import MoveRefusedError
from suppilo.apps.deals.gates import judge
from suppilo.apps.deals.models import Deal, Dismissal
from suppilo.apps.deals.selectors.gates import judge_next
from suppilo.apps.deals.selectors.suggested import find_suggested
from suppilo.apps.deals.services import (
    NewItem,
    add_document,
    change_deal,
    dismiss_suggestion,
    is_suggested,
    set_items,
    tick,
)
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


@pytest.fixture
def head():
    return make_user("head_of_sales", name="Hanna")


@pytest.fixture
def pipeline():
    return pipeline_of(
        stage("a"),
        stage("b", field("amount", "gte", 1), asks("checklist", "papers", label="Papers"),
              asks("discount"), advance="suggest"),
        stage("c", asks("document", kind="contract"), advance="suggest"),
    )  # fmt: skip


def ready(head, pipeline, name="Roof"):
    deal = deal_in(pipeline, head, name, amount=5)
    return tick(head, deal.pk, "b", "papers", True)


def dismiss(head, deal, **more):
    return dismiss_suggestion(head, deal.pk, source=PAGE, **more)


def alone(deal):
    """Return whether a deal's move is suggested, as its own page finds it."""
    deal = fresh(deal)
    to = deal.version.stages.filter(kind="open", position__gt=deal.stage.position).first()
    return to is not None and is_suggested(deal, to, judge(deal, to, timezone.now()))


def card_of(client, deal):
    lanes = client.get(reverse("pipeline"), {"p": deal.pipeline_id}).context["lanes"]
    return next(card for lane in lanes for card in lane.cards if card.deal.pk == deal.pk)


def test_a_suggestion_is_on_the_card_and_the_page_until_it_is_set_aside(head, pipeline):
    client, deal = client_for(head), ready(head, pipeline)
    assert (card_of(client, deal).badge.kind, card_of(client, deal).badge.text) == (
        "suggested", "suggested → B",
    )  # fmt: skip
    for name in ("deal", "deal_sheet"):
        said = client.get(reverse(name, args=[deal.pk])).content.decode()
        assert "All that B asks for is there" in said
        assert "Set the suggestion aside" in said
    url = reverse("deal_suggestion_dismiss", args=[deal.pk])
    assert client.post(url, {"stage": "b", "reason": "They are <b>away</b>"}).status_code == 302
    assert card_of(client, deal).badge.text == "ready → B"
    said = client.get(reverse("deal", args=[deal.pk])).content.decode()
    assert "All that B asks for is there" not in said
    assert "Hanna set the suggestion aside" in said
    assert "They are &lt;b&gt;away&lt;/b&gt;" in said
    assert "Suggestions set aside" in said
    assert client.post(url, headers=HX).headers["HX-Refresh"] == "true"
    assert Dismissal.objects.count() == 1, "what is not suggested is not set aside"
    move(deal, "b", head)


def test_it_is_set_aside_on_its_card_which_then_says_only_that_it_may_go_on(head, pipeline):
    client, deal = client_for(head), ready(head, pipeline)
    url = reverse("deal_suggestion_dismiss", args=[deal.pk])
    board = client.get(reverse("pipeline")).content.decode()
    assert f'action="{url}"' in board
    assert f'href="{deal.get_absolute_url()}move/?stage=b"' in board
    asked = {"stage": "b", "board": ""}
    answer = client.post(url, asked, headers=HX)
    assert json.loads(answer.headers["HX-Trigger"])["deal:placed"] == {
        "deal": str(deal.pk), "stage": "a", "asks": False,
    }  # fmt: skip
    card = answer.content.decode()
    assert "ready → B" in card
    assert url not in card
    assert Dismissal.objects.get().by == head
    again = client.post(url, asked, headers=HX).content.decode()
    assert "there is nothing to set aside" in again
    watcher = client_for(make_user("analyst")).get(reverse("pipeline")).content.decode()
    assert "ready → B" in watcher
    assert "move/?stage=b" not in watcher


def test_what_was_set_aside_comes_back_with_new_evidence_only(head, pipeline):
    deal = ready(head, pipeline)
    row = dismiss(head, deal)
    assert (row.stage.key, row.reason, row.by, len(row.evidence)) == ("b", "", head, 3)
    assert AuditEntry.objects.filter(verb="dismiss_suggestion", actor=head).exists()
    change_deal(head, deal.pk, {"tags": "x"}, source=PAGE)
    assert not alone(deal), "nobody asks for tags"
    with pytest.raises(MoveRefusedError, match="nothing to set aside"):
        dismiss(head, deal)
    change_deal(head, deal.pk, {"amount": 9}, source=PAGE)
    assert alone(deal)
    with pytest.raises(MoveRefusedError, match="nothing to set aside"):
        dismiss(head, deal, stage_key="c")
    dismiss(head, deal, stage_key="b", reason="Still not")
    assert not alone(deal)
    move(deal, "b", head)
    add_document(head, deal.pk, "contract", "Contract", url="https://x.example/c", source=PAGE)
    assert alone(deal), "another stage was not set aside"


def test_all_deals_together_are_judged_as_each_alone_in_one_query(
    head, pipeline, django_assert_num_queries
):
    deals = {name: ready(head, pipeline, name) for name in (
        "plain", "aside", "field", "tick", "lines", "back", "forth", "open",
    )}  # fmt: skip
    for name in ("aside", "field", "tick", "lines"):
        dismiss(head, deals[name])
    change_deal(head, deals["field"].pk, {"amount": 7}, source=PAGE)
    for done in (False, True):
        tick(head, deals["tick"].pk, "b", "papers", done)
    set_items(head, deals["lines"].pk, [NewItem(description="x", unit_price=9)], source=PAGE)
    for name in ("back", "forth"):
        move(deals[name], "b", head)
        move(deals[name], "a", head, reason="Too early")
    change_deal(head, deals["forth"].pk, {"amount": 8}, source=PAGE)
    tick(head, deals["open"].pk, "b", "papers", False)
    rows = list(Deal.objects.select_related("pipeline", "version", "stage").order_by("pk"))
    gates = judge_next(rows, timezone.now())
    with django_assert_num_queries(1):
        found = find_suggested(rows, gates)
    expected = {deal.pk for deal in rows if alone(deal)}
    assert {deal.name for deal in rows if deal.pk in expected} == {
        "plain", "field", "tick", "lines", "forth",
    }  # fmt: skip
    assert found == expected
    with django_assert_num_queries(0):
        assert find_suggested([rows[-1]], gates) == set()


def test_programs_set_suggestions_aside_and_read_who_did(client, head, pipeline):
    deal = ready(head, pipeline)
    headers = {"Authorization": f"Bearer {make_token(head, 'Test')[1]}"}
    path = f"/api/deals/{deal.pk}/dismissed-moves"

    def post(**body):
        return client.post(path, json.dumps(body), content_type="application/json",
                           headers=headers)  # fmt: skip

    def suggested():
        moves = client.get("/api/suggested-moves", headers=headers).json()["moves"]
        return [one["deal"]["id"] for one in moves]

    assert suggested() == [deal.pk]
    assert post(stage="c").status_code == 409
    made = post(stage="b", reason="Later")
    assert made.status_code == 201
    assert suggested() == []
    assert client.get(path, headers=headers).json() == [made.json()]
    shown = {name: made.json()[name] for name in ("stage", "reason", "by_id", "source")}
    assert shown == {"stage": "b", "reason": "Later", "by_id": head.pk, "source": "api"}
    assert post().status_code == 409
    change_deal(head, deal.pk, {"amount": 6}, source=PAGE)
    assert suggested() == [deal.pk]


def test_that_it_was_set_aside_is_never_changed_and_goes_with_its_deal(head, pipeline):
    deal = ready(head, pipeline)
    row, refused = dismiss(head, deal), (DatabaseError, NotSupportedError)
    for do in (row.save, row.delete, Dismissal.objects.all().delete,
               lambda: Dismissal.objects.update(reason="another")):  # fmt: skip
        with pytest.raises(refused, match="only ever added to"), transaction.atomic():
            do()
    deal.delete()
    assert not Dismissal.objects.exists()
