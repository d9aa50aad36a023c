"""What belongs to a deal, through the API: checklist, documents, corrections, history, alike."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from deals_support.deal_world import asks, deal_in, field, move, pipeline_of, stage
from suppilo.apps.accounts.models import Role, User
from suppilo.apps.attention.models import Snooze
from suppilo.apps.deals.gates import judge
from suppilo.apps.deals.models import Deal, Document, FieldChange, StageChange
from suppilo.apps.deals.route import read_ladder
from suppilo.apps.deals.services import is_suggested
from web_support.program import Program

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    cache.clear()
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    return tmp_path


@pytest.fixture
def seller(client):
    user = User.objects.create(email="s@example.com", name="Selma", role=Role.SALESPERSON)
    return Program(client, user)


@pytest.fixture
def stranger(client):
    user = User.objects.create(email="o@example.com", name="Otto", role=Role.SALESPERSON)
    return Program(client, user)


@pytest.fixture
def deal(seller) -> Deal:
    papers = asks("checklist", "papers", label="Papers are there")
    return deal_in(pipeline_of(stage("a"), stage("b", papers), stage("c")), seller.user)


def test_checklist_is_ticked_and_opens_the_gate(seller, deal):
    url = f"/deals/{deal.pk}"
    (item,) = seller.get(f"{url}/checklist").json()
    assert (item["stage"], item["key"], item["is_ticked"]) == ("b", "papers", False)
    assert seller.post(f"{url}/moves", {"stage": "b"}).status_code == 409
    ticked = {"stage": "b", "key": "papers", "is_ticked": True}
    (item,) = seller.put(f"{url}/checklist", ticked).json()
    assert (item["is_ticked"], item["ticked_by"]) == (True, "Selma")
    seller.put(f"{url}/checklist", ticked)
    assert FieldChange.objects.filter(deal=deal).count() == 1
    assert seller.post(f"{url}/moves", {"stage": "b"}).status_code == 201
    unknown = seller.put(f"{url}/checklist", {**ticked, "key": "nothing"})
    assert (unknown.status_code, "nothing" in unknown.json()["message"]) == (422, True)


def test_file_is_attached_once_downloaded_and_removed(seller, stranger, deal, folder):
    url = f"/deals/{deal.pk}/documents"
    answers = [
        seller.upload(f"{url}/files?kind=contract", SimpleUploadedFile("a.pdf", b"%PDF-1"), "k")
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    other = seller.upload(f"{url}/files?kind=contract", SimpleUploadedFile("a.pdf", b"%PDF-2"), "k")
    assert other.status_code == 422
    made = answers[0].json()
    assert (made["name"], made["kind"], made["is_file"], made["size_bytes"]) == (
        "a.pdf", "contract", True, 6,
    )  # fmt: skip
    link = seller.post(url, {"url": "https://example.com/draft", "name": "Draft"}).json()
    assert [one["name"] for one in seller.get(url).json()] == ["Draft", "a.pdf"]
    file = seller.get(f"{url}/{made['id']}/file")
    assert b"".join(file.streaming_content) == b"%PDF-1"
    assert file["Content-Disposition"].startswith("attachment")
    assert seller.get(f"{url}/{link['id']}/file").status_code == 404
    for call in (stranger.get(f"{url}/{made['id']}/file"), stranger.delete(f"{url}/{made['id']}")):
        assert call.status_code == 404
    elsewhere = deal_in(deal.pipeline, seller.user, "Other")
    assert seller.delete(f"/deals/{elsewhere.pk}/documents/{made['id']}").status_code == 404
    assert seller.delete(f"{url}/{made['id']}").status_code == 204
    assert [one.name for one in Document.objects.all()] == ["Draft"]
    assert seller.post(url, {"url": "ftp://example.com"}).status_code == 422


def test_entry_of_the_ledger_is_corrected_by_another(seller, deal):
    way = pipeline_of(name="Free")
    found = deal_in(way, seller.user, "Free")
    move(found, "b", seller.user)
    was = found.changes.get(number=2)
    body = {"stage": "b", "at": (was.at - timedelta(milliseconds=1)).isoformat(), "reason": "Late"}
    answer = seller.post(f"/deals/{found.pk}/moves/2/correction", body)
    assert (answer.status_code, answer.json()["kind"]) == (201, "correct")
    assert StageChange.objects.get(deal=found, number=3).source == "api"
    gone = seller.post(f"/deals/{found.pk}/moves/2/correction", body)
    assert (gone.status_code, gone.json()["code"]) == (409, "move_refused")


def test_repeated_change_writes_no_second_entry_of_history(seller, deal):
    for name in ("Pumps", "Pumps", "Valves"):
        assert seller.patch(f"/deals/{deal.pk}", {"name": name}).status_code == 200
    first = seller.get(f"/deals/{deal.pk}/history?limit=1").json()
    rest = seller.get(f"/deals/{deal.pk}/history?limit=9&page={first['next']}").json()
    changes = [(one["field"], one["old"], one["new"]) for one in first["changes"] + rest["changes"]]
    assert changes == [("name", "Pumps", "Valves"), ("name", "Nordvik", "Pumps")]
    assert {one["source"] for one in first["changes"]} == {"api"}
    assert seller.get(f"/deals/{deal.pk}/history?field=amount").json()["changes"] == []


def test_deals_alike_are_told_before_one_is_opened(seller, stranger, deal):
    (found,) = seller.post("/deals/duplicates", {"name": "nordvik "}).json()
    assert (found["deal"]["id"], found["why"]) == (deal.pk, "Its name is alike.")
    assert stranger.post("/deals/duplicates", {"name": "Nordvik"}).json() == []
    assert seller.post("/deals/duplicates", {"name": "Something else"}).json() == []


def test_attention_is_listed_counted_and_put_aside(seller, stranger, deal):
    day = timezone.localdate() - timedelta(days=3)
    deals = [deal_in(deal.pipeline, seller.user, f"Deal {n}", amount=n) for n in range(4)]
    Deal.objects.update(expected_close=day)
    cursor, seen = "", []
    for _ in range(6):
        page = seller.get(f"/attention?limit=2&page={cursor}").json()
        seen += [one["deal_id"] for one in page["deals"]]
        cursor = page["next"]
        if not cursor:
            break
    ordered = Deal.objects.order_by("-amount", "pk")
    assert seen == [one.pk for one in ordered]
    counts = seller.get("/attention/counts").json()
    assert (counts["total"], counts["counts"]["close_overdue"]) == (5, 5)
    assert stranger.get("/attention/counts").json()["total"] == 0
    until = (timezone.localdate() + timedelta(days=3)).isoformat()
    body = {"until": until, "reason": "They are away"}
    assert seller.put(f"/deals/{deals[3].pk}/snooze", body).json()["until"] == until
    assert stranger.put(f"/deals/{deals[3].pk}/snooze", body).status_code == 404
    (aside,) = seller.get("/attention?snoozed=true").json()["deals"]
    assert aside["snooze"]["reason"] == "They are away"
    assert seller.delete(f"/deals/{deals[3].pk}/snooze").status_code == 204
    assert not Snooze.objects.filter(ended_at=None).exists()
    assert (
        seller.put(f"/deals/{deals[3].pk}/snooze", {**body, "until": "2020-01-01"}).status_code
        == 422
    )


def test_suggested_moves_are_listed_as_the_deals_pages_have_them(
    seller, stranger, django_assert_max_num_queries
):
    way = pipeline_of(
        stage("a"), stage("b", field("amount"), advance="suggest"), stage("c", field("tags")),
        name="Suggesting",
    )  # fmt: skip
    deals = [deal_in(way, seller.user, f"Deal {n}", amount=n % 3) for n in range(9)]
    for deal in deals[3:6]:
        move(deal, "b", seller.user) if deal.amount else None
    back = deals[4]
    move(back, "a", seller.user, reason="Too soon")
    ready = [
        deal.pk
        for deal in Deal.objects.filter(stage__key="a").order_by("pk")
        if is_suggested(deal, *next_gate(deal))
    ]
    assert back.pk not in ready
    assert len(ready) == 4
    with django_assert_max_num_queries(16):
        first = seller.get("/suggested-moves?limit=3").json()
    rest = seller.get(f"/suggested-moves?limit=3&page={first['next']}").json()
    listed = first["moves"] + rest["moves"]
    assert [one["deal"]["id"] for one in listed] == ready
    assert {(one["stage"], one["findings"][0]["is_met"]) for one in listed} == {("b", True)}
    assert rest["next"] == ""
    assert stranger.get("/suggested-moves").json() == {"moves": [], "next": ""}
    seller.patch(f"/deals/{back.pk}", {"amount": "7"})
    assert seller.post(f"/deals/{ready[0]}/moves", {"stage": listed[0]["stage"]}).status_code == 201
    now = [one["deal"]["id"] for one in seller.get("/suggested-moves").json()["moves"]]
    assert now == sorted([*ready[1:], back.pk])


def next_gate(deal: Deal):
    ladder = read_ladder(deal.version)
    after = ladder.after(ladder.find(deal.stage.key))
    return after, judge(deal, after, timezone.now())
