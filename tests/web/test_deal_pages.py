"""One deal's page: its gates, fields, people, lines, papers and history."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone

from deals_support.deal_world import asks, deal_in, field, fresh, lose, move, pipeline_of, stage
from suppilo.apps.activities.models import Activity
from suppilo.apps.catalogue.models import DiscountLimit, Price, PriceBook, Product
from suppilo.apps.deals.models import Approval
from suppilo.apps.deals.services import NewItem, NewParticipant, change_deal, set_items
from suppilo.apps.people.models import Company
from suppilo.apps.pipelines.services import add_field
from suppilo.web.paging import sign_cursor
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
        stage("b", field("expected_close"), asks("checklist", "papers", label="Papers are there"),
              asks("document", kind="contract")),
    )  # fmt: skip


@pytest.fixture
def deal(head, pipeline):
    person = NewParticipant("nora@example.com", name="Nora", role="buyer")
    return deal_in(pipeline, head, "Roof", amount=Decimal(1200), contacts=(person,))


@pytest.fixture
def client(head):
    return client_for(head)


def page_of(client, deal, name="deal", **query):
    return client.get(reverse(name, args=[deal.pk]), query)


def post(client, route, /, *args, **form):
    return client.post(reverse(route, args=args), form)


def set_field(client, deal, name, headers=None, **form):
    url = reverse("deal_field", args=[deal.pk, name])
    return client.post(url, {"revision": fresh(deal).revision, **form}, headers=headers)


def test_the_page_shows_where_the_deal_is_and_what_it_wants(
    client, deal, django_assert_max_num_queries
):
    with django_assert_max_num_queries(26):
        said = page_of(client, deal).content.decode()
    for text in ("Roof", "€1,200", "A since today", "To enter B", "Nora", "Papers are there"):
        assert text in said
    assert said.count('<li class="unmet">') == 3
    for anchor in ("field-expected_close", "checklist", "documents", "participants", "items",
                   "approvals", "timeline", "activities", "quotes"):  # fmt: skip
        assert f'id="{anchor}"' in said, anchor


def test_the_sheet_says_the_same_in_short(client, deal):
    sheet = client.get(reverse("deal_sheet", args=[deal.pk]), headers=HX).content.decode()
    assert "<html" not in sheet
    assert "To enter B" in sheet
    assert "<html" in page_of(client, deal, "deal_sheet").content.decode()


@pytest.mark.parametrize(
    ("name", "form", "attribute", "value"),
    [
        ("name", {"value": "Roof panels"}, "name", "Roof panels"),
        ("amount", {"value": "99.5", "currency": "usd"}, "amount", Decimal("99.5")),
        ("expected_close", {"value": "2099-02-01"}, "expected_close", "2099-02-01"),
        ("tags", {"value": "renewal, east"}, "tags", ["renewal", "east"]),
        ("competitors", {"value": "Acme, Nordvik"}, "competitors", ["Acme", "Nordvik"]),
        ("satisfaction", {"value": "4"}, "satisfaction", 4),
        ("demand", {"value": "2"}, "demand", 2),
        ("probability", {"value": "35 %", "reason": "They hurry"}, "probability", Decimal("0.35")),
        ("source", {"value": "Fair"}, "source", "Fair"),
    ],
)
def test_a_field_is_changed_in_its_place(client, deal, name, form, attribute, value):
    response = set_field(client, deal, name, HX, **form)
    assert response.status_code == 200, response.content.decode()
    found = getattr(fresh(deal), attribute)
    assert (found.isoformat() if name == "expected_close" else found) == value
    said = response.content.decode()
    assert f'id="field-{name}"' in said
    assert 'id="gates"' in said  # what the gate finds now comes with it


def test_a_next_step_has_a_date_and_perhaps_a_time(client, deal):
    set_field(client, deal, "next_step", value="Visit", date="2099-03-04", time="15:30")
    step = fresh(deal)
    assert (step.next_step, step.next_step_has_time) == ("Visit", True)
    assert timezone.localtime(step.next_step_at).strftime("%Y-%m-%d %H:%M") == "2099-03-04 15:30"
    said = set_field(client, deal, "next_step", HX, value="", date="").content.decode()
    assert "Say what is to be done next." in said
    bad = set_field(client, deal, "next_step", HX, value="Call", date="2099-99-99")
    assert bad.status_code == 422


def test_a_company_is_found_by_its_name_or_made(client, deal):
    set_field(client, deal, "company", value="Nordvik Oy")
    set_field(client, deal, "company", value="NORDVIK OY")
    assert fresh(deal).company.name == "Nordvik Oy"
    assert Company.objects.count() == 1


def test_a_field_keeps_what_it_said(client, head, deal):
    for source in ("Fair", "Friend"):
        change_deal(head, deal.pk, {"source": source}, source="page")
    said = page_of(client, deal).content.decode()
    assert "2 changes" in said
    assert "Fair → Friend" in said


def test_the_pipelines_own_fields_stand_beside_the_common_ones(client, head, deal, pipeline):
    add_field(head, pipeline.pk, "Delivery", "choice", choices=["May", "June"])
    add_field(head, pipeline.pk, "Insured", "yes_no")
    add_field(head, pipeline.pk, "Start", "date")
    for name, value in (("delivery", "June"), ("insured", "true"), ("start", "2099-05-01")):
        assert set_field(client, deal, f"custom.{name}", value=value).status_code == 302
    assert fresh(deal).custom == {"delivery": "June", "insured": True, "start": "2099-05-01"}
    said = page_of(client, deal).content.decode()
    assert "1 May 2099" in said
    assert "Insured" in said
    refused = set_field(client, deal, "custom.delivery", HX, value="July")
    assert (refused.status_code, "Choose one of" in refused.content.decode()) == (422, True)


def test_a_field_that_is_none_and_a_form_without_script(client, deal):
    url = reverse("deal_field", args=[deal.pk, "source"])
    assert "<html" in client.get(url).content.decode()
    assert client.post(url, {"value": "Fair"})["Location"].endswith("#field-source")
    assert client.get(reverse("deal_field", args=[deal.pk, "stage"])).status_code == 404


def test_a_field_that_somebody_else_changed_is_shown_as_it_is_now(client, deal):
    seen = fresh(deal).revision
    change_deal(make_user("owner", name="Olga"), deal.pk, {"source": "Fair"}, source="page")
    response = set_field(client, deal, "source", HX, value="Mine", revision=seen)
    said = response.content.decode()
    assert response.status_code == 422
    assert "Olga changed" in said
    assert 'value="Fair"' in said
    assert fresh(deal).source == "Fair"


def test_people_come_and_go_with_roles(client, deal):
    post(client, "deal_participant_add", deal.pk, identifier="Max@Example.com", name="Max")
    added = deal.participants.get(contact__value="max@example.com")
    post(client, "deal_participant", deal.pk, added.pk, role="decision_maker", influence="5",
         is_main="on")  # fmt: skip
    added.refresh_from_db()
    assert (added.role, added.influence, added.is_main) == ("decision_maker", 5, True)
    post(client, "deal_participant", deal.pk, added.pk, remove="1")
    assert [str(one.contact) for one in deal.participants.all()] == ["nora@example.com"]
    response = client.post(reverse("deal_participant_add", args=[deal.pk]),
                           {"identifier": "null"}, follow=True)  # fmt: skip
    assert "names nobody" in response.content.decode()


def test_lines_make_the_amount(client, deal):
    book = PriceBook.objects.create(name="List", currency="EUR", is_default=True)
    product = Product.objects.create(name="Panel", sku="P1", unit_cost=Decimal(60))
    Price.objects.create(book=book, product=product, unit_price=Decimal(100))
    form = {
        "product": [product.pk, "", ""], "description": ["", "Fitting", ""],
        "quantity": ["10", "1", ""], "price": ["", "250,50", ""], "cost": ["", "", ""],
        "discount": ["10", "", ""],
    }  # fmt: skip
    response = client.post(reverse("deal_items", args=[deal.pk]), form)
    assert response["Location"].endswith("#items")
    found = fresh(deal)
    assert (found.amount, found.is_amount_typed) == (Decimal("1150.50"), False)
    said = page_of(client, deal).content.decode()
    assert "€1,150.50" in said
    form["drop"] = ["1"]
    client.post(reverse("deal_items", args=[deal.pk]), form)
    assert fresh(deal).amount == 900
    said = page_of(client, deal).content.decode()
    assert "Margin" in said
    assert "€300" in said


def test_lines_that_can_not_be_read_are_named_and_kept(client, deal):
    form = {"description": ["Panels", "Fitting"], "price": ["10", "many"]}
    response = client.post(reverse("deal_items", args=[deal.pk]), form)
    assert response.status_code == 422
    assert "Line 2: “many” is no number." in response.content.decode()
    assert 'value="Panels"' in response.content.decode()
    more = client.post(reverse("deal_items", args=[deal.pk]), form | {"add": "1"})
    assert (more.status_code, deal.items.count()) == (200, 0)


def test_ticks_and_documents_open_the_gate(client, deal, settings, tmp_path):
    post(client, "deal_tick", deal.pk, "b", "papers", is_ticked="1")
    file = BytesIO(b"signed")
    file.name = "contract.pdf"
    post(client, "deal_document_add", deal.pk, kind="contract", file=file)
    document = deal.documents.get()
    assert page_of(client, deal).content.decode().count('<li class="unmet">') == 1
    given = client.get(reverse("deal_document", args=[deal.pk, document.pk]))
    assert b"".join(given.streaming_content) == b"signed"
    assert given["Content-Disposition"] == 'attachment; filename="contract.pdf"'
    assert given["Content-Type"] == "application/octet-stream"
    post(client, "deal_document_remove", deal.pk, document.pk)
    post(client, "deal_tick", deal.pk, "b", "papers", is_ticked="0")
    assert page_of(client, deal).content.decode().count('<li class="unmet">') == 3


@pytest.mark.parametrize(
    ("name", "heard"),
    [
        ('"; x="../../a.pdf', 'filename="a.pdf"'),
        ("..\\..\\win.ini", 'filename="win.ini"'),
        ('say "a" \\.pdf', 'filename=".pdf"'),
        ("a\r\nSet-Cookie: b=c", "filename*=utf-8''a%0D%0ASet-Cookie%3A%20b%3Dc"),
        ("Verträge.pdf", "filename*=utf-8''Vertr%C3%A4ge.pdf"),
    ],
)
def test_what_a_document_is_called_is_only_ever_a_name(
    client, deal, settings, tmp_path, name, heard
):
    file = BytesIO(b"signed")
    file.name = "contract.pdf"
    post(client, "deal_document_add", deal.pk, kind="contract", file=file, name=name)
    given = client.get(reverse("deal_document", args=[deal.pk, deal.documents.get().pk]))
    given.close()
    assert given["Content-Disposition"] == f"attachment; {heard}"
    assert given["X-Content-Type-Options"] == "nosniff"


def test_a_discount_is_asked_for_and_approved(head):
    seller = make_user("salesperson", name="Sam")
    DiscountLimit.objects.create(role="salesperson", rate="0.05")
    deal = deal_in(pipeline_of(stage("a"), stage("b", asks("discount"))), seller)
    line = NewItem(description="x", unit_price=Decimal(100), discount=Decimal("0.2"))
    set_items(seller, deal.pk, [line], source="page")
    client = client_for(seller)
    assert "Discount of 20 %" in page_of(client, deal).content.decode()
    post(client, "deal_approval_ask", deal.pk, kind="discount", reason="Volume")
    approval = Approval.objects.get()
    assert 'value="approve"' not in page_of(client, deal).content.decode()
    boss = client_for(head)
    assert 'value="approve"' in page_of(boss, deal).content.decode()
    post(boss, "deal_approval_answer", deal.pk, approval.pk, answer="approve", reason="Fine")
    assert "To enter B" in page_of(client, deal).content.decode()
    assert '<li class="unmet">' not in page_of(client, deal).content.decode()


def test_the_timeline_has_moves_and_work_newest_first_page_by_page(client, head, deal):
    start = timezone.now() - timedelta(days=40)
    Activity.objects.bulk_create(
        Activity(kind="call", subject=f"Call {n}", deal=deal, owner=head, outcome="reached",
                 done_at=start + timedelta(hours=n))
        for n in range(40)
    )  # fmt: skip
    first = page_of(client, deal, "deal_timeline").context["touches"]
    assert [line.kind for line in first.lines][:2] == ["move", "activity"]
    assert first.lines[1].text == "Call · Call 39: Reached"
    second = page_of(client, deal, "deal_timeline", page=first.next).context["touches"]
    texts = [line.text for line in (*first.lines, *second.lines)]
    assert (len(texts), len(set(texts)), second.next) == (41, 41, "")
    forged = page_of(client, deal, "deal_timeline", page=sign_cursor(["x"]))
    assert len(forged.context["touches"].lines) == 30


def test_moves_keep_their_reasons_waivers_and_evidence(client, head, deal):
    move(deal, "b", head, waiver="The client waits")
    move(deal, "a", head, reason="They changed their mind")
    said = page_of(client, deal).content.decode()
    for text in ("Stage A → B", "They changed their mind", "Waived by Hanna", "3 criteria waived"):
        assert text in said


def test_a_deal_is_handed_over_to_another_pipeline(client, deal):
    other = pipeline_of(name="Service")
    url = reverse("deal_move", args=[deal.pk])
    assert "Hand over to another pipeline" in client.get(url).content.decode()
    said = client.post(url, {"pipeline": other.pk, "reason": "Signed"}, follow=True)
    assert "Service" in said.content.decode()
    assert (fresh(deal).pipeline, fresh(deal).stage.key) == (other, "a")
    assert client.post(url, {"pipeline": 999}).status_code == 422
    asking = pipeline_of(stage("x", asks("document")), name="Asking")
    assert client.post(url, {"pipeline": asking.pk}).status_code == 422
    assert "Let it pass all the same" in client.get(url).content.decode()
    client.post(url, {"pipeline": asking.pk, "waiver": "They sent it by post"})
    assert fresh(deal).stage.key == "x"


def test_a_deal_is_handed_over_into_a_stage_that_its_gates_allow(client, deal):
    other = pipeline_of(stage("a"), stage("b"), stage("c"), name="Service", skipping="allowed")
    strict = pipeline_of(name="Strict", skipping="refused")
    url = reverse("deal_move", args=[deal.pk])
    text = client.get(url).content.decode()
    assert f'value="{other.pk}:b"' in text
    assert f'value="{strict.pk}:a"' in text
    assert f'value="{strict.pk}:b"' not in text
    assert client.post(url, {"pipeline": f"{other.pk}:won"}).status_code == 422
    client.post(url, {"pipeline": f"{other.pk}:b"})
    assert (fresh(deal).pipeline, fresh(deal).stage.key) == (other, "b")


def test_a_closed_deal_says_how_it_ended(client, head, deal):
    lose(deal, head, lost_note="Budget cut")
    said = page_of(client, deal).content.decode()
    assert "Budget cut" in said
    assert "To enter" not in said


def test_who_may_only_look_is_offered_no_change(deal):
    analyst = client_for("analyst")
    said = page_of(analyst, deal).content.decode()
    assert "To enter B" in said
    assert f"/deals/{deal.pk}/fields/" not in said
    assert f"/deals/{deal.pk}/move/" not in said
    assert analyst.get(reverse("deal_move", args=[deal.pk])).status_code == 403
