"""What sales is set up with, through the API: fields, limits, book, rules, views, exports."""

import csv
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from deals_support.deal_world import deal_in, move, pipeline_of
from suppilo.apps.accounts.models import Role, Team, User
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.services import NewItem
from suppilo.apps.leads.models import IntakeRule, RoutingRule
from web_support.money_objects import an_open_invoice
from web_support.program import Program

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forget_rates():
    cache.clear()


@pytest.fixture
def head(client):
    user = User.objects.create(email="h@example.com", name="Hedda", role=Role.HEAD_OF_SALES)
    return Program(client, user)


@pytest.fixture
def seller(client):
    user = User.objects.create(email="s@example.com", name="Selma", role=Role.SALESPERSON)
    return Program(client, user)


def test_own_field_is_added_filled_and_archived(head, seller):
    pipeline = pipeline_of()
    url = f"/pipelines/{pipeline.pk}/fields"
    field = {"label": "Colour", "kind": "choice", "choices": ["red", "blue"]}
    assert seller.post(url, field).status_code == 403
    made = head.post(url, field).json()
    assert (made["key"], made["choices"]) == ("colour", ["red", "blue"])
    deal = deal_in(pipeline, head.user)
    painted = head.patch(f"/deals/{deal.pk}", {"custom": {"colour": "red"}})
    assert painted.json()["custom"] == {"colour": "red"}
    wrong = head.patch(f"/deals/{deal.pk}", {"custom": {"colour": "green"}})
    assert wrong.status_code == 422
    changed = head.patch(f"{url}/{made['id']}", {"label": "Paint", "is_archived": True}).json()
    assert (changed["label"], changed["is_archived"], changed["choices"]) == (
        "Paint", True, ["red", "blue"],
    )  # fmt: skip
    assert [one["id"] for one in seller.get(url).json()] == [made["id"]]
    assert head.patch(f"/deals/{deal.pk}", {"custom": {"colour": "blue"}}).status_code == 422
    other = pipeline_of(name="Other")
    stray = head.patch(f"/pipelines/{other.pk}/fields/{made['id']}", {"label": "x"})
    assert stray.status_code == 404


def test_reason_of_loss_is_added_and_used(head):
    pipeline = pipeline_of()
    url = f"/pipelines/{pipeline.pk}/lost-reasons"
    made = head.post(url, {"name": "Too  late"}).json()
    assert made["name"] == "Too late"
    assert head.post(url, {"name": "too late"}).status_code == 422
    deal = deal_in(pipeline, head.user)
    lost = {"stage": "lost", "lost_reason_id": made["id"]}
    assert head.post(f"/deals/{deal.pk}/moves", lost).status_code == 201
    assert head.patch(f"{url}/{made['id']}", {"is_archived": True}).json()["is_archived"]
    assert head.get(f"/deals/{deal.pk}").json()["lost_reason"]["name"] == "Too late"


def test_discounts_are_limited_and_reported(head, seller):
    limit = head.put("/discount-limits", {"role": "salesperson", "rate": "0.05"}).json()
    assert seller.get("/discount-limits").json()["limits"] == [limit]
    assert head.put("/discount-limits", {"role": "king", "rate": "0.05"}).status_code == 422
    deal = deal_in(
        pipeline_of(), head.user,
        items=(NewItem(description="Pump", quantity=2, unit_price=100, discount=Decimal("0.1")),),
    )  # fmt: skip
    for key in ("b", "c", "won"):
        move(deal, key, head.user)
    today = timezone.localdate().isoformat()
    report = head.get(f"/reports/discounts?from={today}&to={today}").json()
    assert (report["discounted"]["count"], report["won_with"]["rate"]) == (1, 1.0)
    assert 0 < report["won_with"]["interval"]["lower"] < 1
    (row,) = report["by_owner"]
    assert (row["label"], Decimal(row["given"]), Decimal(row["rate"])) == (
        "Hedda", 20, Decimal("0.1"),
    )  # fmt: skip
    assert head.get(f"/reports/discounts?from={today}&to=2020-01-01").status_code == 422
    assert head.get("/reports/discounts").status_code == 422
    theirs = seller.get(f"/reports/discounts?from={today}&to={today}").json()
    assert theirs["discounted"]["total"] == Deal.objects.filter(owner=seller.user).count() == 0


def test_sales_book_is_written_in_versions_and_used(head, seller):
    pipeline = pipeline_of()
    entry = {"pipeline_id": pipeline.pk, "stage": "a", "kind": "objection",
             "title": "Too dear", "answers": ["It lasts"]}  # fmt: skip
    assert seller.post("/sales-book/entries", entry).status_code == 403
    made = head.post("/sales-book/entries", entry).json()
    url = f"/sales-book/entries/{made['id']}"
    changed = head.put(url, {"title": "Too dear!", "answers": ["It lasts", "It saves"]}).json()
    assert [one["number"] for one in changed["versions"]] == [2, 1]
    assert changed["current"]["answers"] == ["It lasts", "It saves"]
    deal = deal_in(pipeline, seller.user)
    used = f"/deals/{deal.pk}/script/{made['id']}/use"
    assert [seller.put(used).status_code for _ in range(2)] == [204, 204]
    (line,) = seller.get(f"/deals/{deal.pk}/script").json()
    assert (line["use"]["deals"], line["used_at"] is not None) == (1, True)
    assert seller.delete(used).status_code == 204
    assert seller.get(url).json()["use"]["deals"] == 0
    assert head.post(f"{url}/archive").json()["is_archived"]
    book = f"/pipelines/{pipeline.pk}/sales-book"
    first, _second, *_rest = seller.get(f"{book}?archived=true").json()
    assert [one["id"] for one in first["entries"]] == [made["id"]]
    assert seller.get(book).json()[0]["entries"] == []
    assert head.put(f"{url}", {"title": ""}).status_code == 422


def test_materials_of_the_sales_book_are_sent_listed_replaced_and_downloaded(head, seller):
    pipeline = pipeline_of()
    asked = f"/sales-book/entries/files?pipeline_id={pipeline.pk}&stage=a&text=Two+pages"

    def a_file(content, name="flyer.pdf"):
        return SimpleUploadedFile(name, content)

    assert seller.upload(asked, a_file(b"%PDF-1")).status_code == 403
    made = head.upload(asked, a_file(b"%PDF-1"))
    assert made.status_code == 201
    entry = made.json()
    said = entry["current"]
    assert (entry["kind"], said["title"], said["text"], said["file_name"], said["size_bytes"]) == (
        "material", "flyer.pdf", "Two pages", "flyer.pdf", 6,
    )  # fmt: skip
    url = f"/sales-book/entries/{entry['id']}"
    assert seller.upload(f"{url}/files", a_file(b"x")).status_code == 403
    assert head.upload("/sales-book/entries/999/files", a_file(b"x")).status_code == 404
    other = head.upload(f"{url}/files", a_file(b"%PDF-22", "new.pdf")).json()
    listed = [(one["number"], one["file_name"], one["text"]) for one in other["versions"]]
    assert listed == [(2, "new.pdf", "Two pages"), (1, "flyer.pdf", "Two pages")]
    for number, content in ((1, b"%PDF-1"), (2, b"%PDF-22")):
        got = seller.get(f"{url}/versions/{number}/file")
        assert b"".join(got.streaming_content) == content
        assert got.headers["Content-Type"] == "application/octet-stream"
    book = seller.get(f"/pipelines/{pipeline.pk}/sales-book").json()
    assert book[0]["entries"][0]["current"]["file_name"] == "new.pdf"
    script = {"pipeline_id": pipeline.pk, "stage": "a", "kind": "script", "title": "Say it"}
    of_words = head.post("/sales-book/entries", script).json()["id"]
    refused = head.upload(f"/sales-book/entries/{of_words}/files", a_file(b"x"))
    assert (refused.status_code, "Only material has a file" in refused.content.decode()) == (
        422, True,
    )  # fmt: skip
    large = a_file(bytes(8 * 2**20 + 1))
    assert "8 MB at most" in head.upload(f"{url}/files", large).content.decode()


def test_rules_of_leads_are_made_ordered_switched_and_removed(head, seller):
    url, user = "/lead-routing-rules", seller.user.pk
    assert seller.get(url).status_code == 403
    one, two = (
        head.post(url, {"name": name, "user_ids": [user]}).json() for name in ("One", "Two")
    )
    assert (one["user_ids"], one["method"], one["is_enabled"]) == ([user], "round_robin", True)
    assert head.post(url, {"name": "Nobody"}).status_code == 422
    assert head.put(f"{url}/{two['id']}/place", {"place": 1}).status_code == 204
    assert [rule["name"] for rule in head.get(url).json()] == ["Two", "One"]
    body = {"name": "One", "user_ids": [user], "property": "country", "values": ["LV"]}
    assert head.put(f"{url}/{one['id']}", body).json()["values"] == ["LV"]
    assert head.put(f"{url}/{one['id']}/switch", {"is_enabled": False}).status_code == 204
    assert not RoutingRule.objects.get(pk=one["id"]).is_enabled
    assert head.delete(f"{url}/{one['id']}").status_code == 204
    assert head.delete(f"{url}/{one['id']}").status_code == 404
    intake = head.post("/lead-intake-rules", {"name": "Forms", "events": ["form"]}).json()
    handed = {"name": "Forms", "events": ["form"], "is_handed_over": True}
    assert head.put(f"/lead-intake-rules/{intake['id']}", handed).status_code == 422
    assert head.put(
        f"/lead-intake-rules/{intake['id']}", {**handed, "is_qualified": True}
    ).json()["is_handed_over"]  # fmt: skip
    assert head.delete(f"/lead-intake-rules/{intake['id']}").status_code == 204
    assert not IntakeRule.objects.exists()
    reason = head.post("/lead-return-reasons", {"name": "On holiday"}).json()
    assert reason in head.get("/lead-return-reasons").json()
    assert head.delete(f"/lead-return-reasons/{reason['id']}").status_code == 204
    assert reason not in head.get("/lead-return-reasons").json()


def test_list_is_kept_and_shared_with_the_team_only(client, head, seller):
    team = Team.objects.create(name="North")
    team.members.add(head.user, seller.user)
    stranger = User.objects.create(email="o@example.com", name="Otto", role=Role.SALESPERSON)
    own = seller.post("/deals/views", {"name": "Late", "query": "need=late"}).json()
    shared = seller.post(
        "/deals/views", {"name": "Big", "query": "order=amount", "is_shared": True}
    ).json()
    assert (own["is_shared"], shared["is_shared"]) == (False, True)
    for program, names in (
        (seller, ["Big", "Late"]), (head, ["Big"]), (Program(client, stranger), []),
    ):  # fmt: skip
        assert [one["name"] for one in program.get("/deals/views").json()["views"]] == names
    assert head.delete(f"/deals/views/{shared['id']}").status_code == 404
    assert seller.delete(f"/deals/views/{own['id']}").status_code == 204
    of_people = seller.post("/people/views", {"name": "Known", "query": "known=1"}).json()
    assert seller.get("/people/views").json()["views"] == [of_people]


def test_accounting_is_exported_as_csv(head, seller):
    an_open_invoice(head.user)
    today = timezone.localdate().isoformat()
    answer = head.get(f"/invoices/export?from={today}&to={today}")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(b"".join(answer).decode("utf-8-sig").splitlines()))
    assert {row["kind"] for row in rows} == {"invoice"}
    assert seller.get(f"/invoices/export?from={today}&to={today}").status_code == 403
    assert head.get("/invoices/export?from=2026-01-01").status_code == 422
