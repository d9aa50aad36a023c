"""The list of deals: filters, pages, views, bulk, files; and a new deal."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from deals_support.deal_world import deal_in, fresh, lose, move, pipeline_of
from suppilo.apps.accounts.models import AuditEntry, Team
from suppilo.apps.deals.models import Deal, SavedView
from suppilo.apps.deals.selectors.listing import ORDERS, DealFilter, count_deals, each_deal
from suppilo.apps.people.services import make_company
from suppilo.apps.people.values import search_key
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db
SOON = {"next_step": "Call", "date": "2099-02-01"}


@pytest.fixture
def head():
    return make_user("head_of_sales", name="Hanna")


@pytest.fixture
def pipeline():
    return pipeline_of()


@pytest.fixture
def client(head):
    return client_for(head)


def names(client, **query):
    return [row.deal.name for row in client.get(reverse("deals"), query).context["page"].items]


def download(client, kind, **query):
    response = client.get(reverse("deals_export", args=[kind]), query)
    return b"".join(response.streaming_content)


def test_filters_find_what_they_say(client, head, pipeline):
    company = make_company(head, "Nordvik Oy")
    deal_in(pipeline, head, "Roof panels", amount=Decimal(500), company_id=company.pk)
    pump = deal_in(pipeline, head, "Pump", amount=Decimal(90), channel="email")
    gone = deal_in(pipeline, head, "Gone", owner_id=make_user("salesperson").pk)
    move(pump, "b", head)
    lose(gone, head)
    other = pipeline_of(name="Other")
    deal_in(other, head, "Elsewhere", expected_close="2020-01-01")
    Deal.objects.filter(name="Elsewhere").update(owner=None)
    wanted = [
        ({"q": "oof"}, ["Roof panels"]),
        ({"q": "nord"}, ["Roof panels"]),
        ({"stage": "b"}, ["Pump"]),
        ({"state": "lost"}, ["Gone"]),
        ({"owner": "me"}, ["Pump", "Roof panels"]),
        ({"owner": "none"}, ["Elsewhere"]),
        ({"p": other.pk}, ["Elsewhere"]),
        ({"channel": "email"}, ["Pump"]),
        ({"need": "overdue"}, ["Elsewhere"]),
        ({"amount_from": "100", "amount_to": "600"}, ["Roof panels"]),
        ({"company": company.pk}, ["Roof panels"]),
        ({"opened_to": "2001-01-01"}, []),
    ]
    for query, found in wanted:
        assert sorted(names(client, **query)) == found, query


@pytest.mark.parametrize("order", ORDERS)
def test_pages_of_every_order_have_each_deal_once_there_and_back(client, head, pipeline, order):
    start = timezone.now()
    for n in range(53):
        deal = deal_in(pipeline, None, f"Deal {n % 7} {n:02}", owner_id=head.pk)
        Deal.objects.filter(pk=deal.pk).update(
            amount=Decimal(n % 5), next_step_at=start + timedelta(days=n % 4) if n % 3 else None,
            expected_close=start.date() + timedelta(days=n % 4) if n % 2 else None,
        )  # fmt: skip
    first = client.get(reverse("deals"), {"order": order}).context["page"]
    second = client.get(reverse("deals"), {"order": order, "page": first.next}).context["page"]
    back = client.get(reverse("deals"), {"order": order, "page": second.previous}).context["page"]
    ids = [row.deal.pk for row in (*first.items, *second.items)]
    assert (len(ids), len(set(ids)), second.next) == (53, 53, "")
    assert [row.deal.pk for row in back.items] == ids[:50]
    column, falling = ORDERS[order]
    values = [getattr(row.deal, column) for row in (*first.items, *second.items)]
    values = [bytes(one) if isinstance(one, memoryview) else one for one in values]
    filled = [one for one in values if one is not None]
    assert filled == sorted(filled, reverse=falling)
    assert None not in values[: len(filled)]


def test_a_row_costs_no_query(client, head, pipeline, django_assert_max_num_queries):
    for n in range(12):
        deal_in(pipeline, head, f"Deal {n}")
    with django_assert_max_num_queries(14):
        assert len(names(client)) == 12


def test_a_search_finds_the_same_deals_however_many_they_are(head, pipeline):
    company = make_company(head, "Nordvik Oy")
    one = fresh(deal_in(pipeline, head, "Pump", company_id=company.pk))
    copied = ("pipeline", "version", "stage", "entered_at", "opened_at", "owner")
    same = {name: getattr(one, name) for name in copied}
    names = [f"{('Roof', 'Nordvik roof')[n % 3 == 0]} {n}" for n in range(2_100)]
    Deal.objects.bulk_create(
        Deal(number=n + 10, name=name, name_key=search_key(name),
             company=company if n % 50 == 0 else None, **same)
        for n, name in enumerate(names)
    )  # fmt: skip
    every = list(Deal.objects.select_related("company"))
    for text in ("roof", "ROOF 20", "nord", "nordvik roof", "#11", "9", "roofs"):
        key = text.casefold()
        expected = [
            deal.pk for deal in every
            if key in deal.name.casefold()
            or (deal.company is not None and deal.company.name.casefold().startswith(key))
            or str(deal.number) == key.removeprefix("#")
        ]  # fmt: skip
        asked = DealFilter(search=text)
        found = [deal.pk for deal in each_deal(head, asked, "name")]
        assert sorted(found) == sorted(expected), text
        assert count_deals(head, asked) == len(expected)


def test_a_cell_reads_the_same_before_and_after_it_is_edited(client, head, pipeline):
    when = {"next_step_at": timezone.now() - timedelta(days=3), "expected_close": "2099-01-02"}
    deal = deal_in(pipeline, head, "Roof & wall", next_step="Call <Ann>", **when)
    page = client.get(reverse("deals")).content.decode()
    for name in ("amount", "next_step", "owner", "expected_close"):
        url = reverse("deal_field", args=[deal.pk, name])
        kept = client.get(url, {"keep": 1, "cell": 1}, headers={"HX-Request": "true"})
        cell = kept.content.decode().strip()
        assert cell.startswith("<td")
        assert cell in page
    assert 'Call &lt;Ann&gt; · <b class="bad">3 days late</b>' in page


def test_a_view_is_kept_shared_with_a_team_and_deleted(client, head, pipeline):
    mate, stranger = make_user("salesperson"), make_user("salesperson")
    team = Team.objects.create(name="East")
    team.members.add(head, mate)
    form = {"name": "Late", "query": "need=late&page=x", "shared": "on"}
    assert client.post(reverse("deal_view_save"), form)["Location"].endswith("?need=late")
    view = SavedView.objects.get()
    assert (view.query, view.team) == ("need=late", team)
    client.post(reverse("deal_view_save"), {"name": "Late", "query": "need=no_step"})
    assert SavedView.objects.get().query == "need=no_step"
    client.post(reverse("deal_view_save"), form)
    deal_in(pipeline, mate)
    deal_in(pipeline, stranger)
    assert "Late" in client_for(mate).get(reverse("deals")).content.decode()
    assert "Late</a>" not in client_for(stranger).get(reverse("deals")).content.decode()
    url = reverse("deal_view_delete", args=[view.pk])
    assert client_for(stranger).post(url).status_code == 404
    assert client.post(url).status_code == 302
    assert not SavedView.objects.exists()


def test_many_are_tagged_assigned_and_moved_each_with_its_result(client, head, pipeline):
    seller = make_user("salesperson", name="Sam")
    deals = [deal_in(pipeline, head, name) for name in ("Roof", "Pump")]
    move(deals[1], "b", head)
    chosen = {"deals": [deal.pk for deal in deals], "query": "state=open"}
    bulk = reverse("deals_bulk")
    client.post(bulk, chosen | {"what": "tag", "tag": "renewal"})
    client.post(bulk, chosen | {"what": "assign", "owner": seller.pk})
    said = client.post(bulk, chosen | {"what": "move", "stage": "b"}).content.decode()
    assert [(fresh(deal).tags, fresh(deal).owner, fresh(deal).stage.key) for deal in deals] == [
        (["renewal"], seller, "b"), (["renewal"], seller, "b"),
    ]  # fmt: skip
    assert "1 deal changed" in said
    assert "The deal is in the stage “B” already." in said
    assert client.post(bulk, {"what": "tag", "tag": "x", "query": "q=a"})["Location"].endswith(
        "q=a"
    )


def test_many_are_moved_only_to_stages_of_one_pipeline(client, head, pipeline):
    def offered(**query):
        return [name for _key, name in client.get(url, query).context["move_stages"]]

    deal_in(pipeline, head, "Roof")
    url, own = reverse("deals"), [stage.name for stage in pipeline.current.stages.all()]
    assert offered() == own
    other = pipeline_of(name="Other")
    assert offered(p=pipeline.pk) == own
    assert offered(p=other.pk) == [stage.name for stage in other.current.stages.all()]
    assert offered() == []
    assert "Choose a pipeline above to move deals." in client.get(url).content.decode()


def test_bulk_changes_no_deal_that_one_may_not_see(head, pipeline):
    deal = deal_in(pipeline, head, "Roof")
    client = client_for("salesperson")
    form = {"deals": [deal.pk], "what": "tag", "tag": "mine"}
    assert "Roof" not in client.post(reverse("deals_bulk"), form).content.decode()
    assert fresh(deal).tags == []


def test_files_have_every_deal_that_is_shown_and_no_formula(client, head, pipeline):
    deal_in(pipeline, head, "=1+1", amount=Decimal("10.5"), tags=("a", "b"))
    deal_in(pipeline, head, "Roof", source="@evil")
    text = download(client, "csv", order="name").decode("utf-8-sig")
    lines = text.splitlines()
    assert lines[0].startswith("number,name,pipeline,stage")
    assert ",'=1+1," in lines[1]
    assert ",'@evil," in lines[2]
    sheet = CalamineWorkbook.from_filelike(BytesIO(download(client, "xlsx", order="name")))
    rows = sheet.get_sheet_by_index(0).to_python()
    assert len(rows) == 3
    assert rows[1][1].lstrip("'") == "=1+1"
    assert len(download(client, "csv", q="roof").splitlines()) == 2
    assert AuditEntry.objects.filter(verb="export_deals").count() == 3
    assert client.get(reverse("deals_export", args=["pdf"])).status_code == 404
    assert client_for("salesperson").get(reverse("deals_export", args=["csv"])).status_code == 403


def test_a_deal_is_made_with_company_and_contact(client, head, pipeline):
    form = {
        "name": "Roof panels", "company": "Nordvik Oy", "contact": "nora@example.com",
        "contact_name": "Nora", "amount": "1 200,50".replace(" ", ""), "currency": "eur",
        "expected_close": "2099-03-01", "owner": head.pk, "tags": "east, roof", **SOON,
    }  # fmt: skip
    response = client.post(reverse("deal_new"), form)
    deal = Deal.objects.get()
    assert response["Location"] == deal.get_absolute_url()
    assert (deal.amount, deal.currency, deal.owner, deal.tags) == (
        Decimal("1200.50"), "EUR", head, ["east", "roof"],
    )  # fmt: skip
    assert (deal.company.name, deal.expected_close.isoformat()) == ("Nordvik Oy", "2099-03-01")
    assert [str(one.contact.person) for one in deal.participants.all()] == ["Nora"]


def test_what_is_wrong_with_a_new_deal_is_said_beside_its_field(client, pipeline):
    form = {"name": "", "amount": "many", "next_step": "Call", "date": "2099-01-01"}
    said = client.post(reverse("deal_new"), form)
    assert said.status_code == 422
    assert "“many” is no number." in said.content.decode()
    form = {"name": "Roof", "next_step": "", "date": ""}
    said = client.post(reverse("deal_new"), form).content.decode()
    assert "Say what is to be done next." in said
    assert "Say by when the next step is to be done." in said
    assert not Deal.objects.exists()


def test_a_deal_that_is_there_is_offered_first(client, head, pipeline):
    company = make_company(head, "Nordvik Oy")
    deal = deal_in(pipeline, head, "Roof panels", company_id=company.pk)
    form = {"name": "Roof panel", "company": "Nordvik", **SOON}
    said = client.get(reverse("deal_similar"), form).content.decode()
    assert deal.get_absolute_url() in said
    held = client.post(reverse("deal_new"), form)
    assert (held.status_code, 'name="anyway"' in held.content.decode()) == (422, True)
    assert client.post(reverse("deal_new"), form | {"anyway": "1"}).status_code == 302
    assert Deal.objects.count() == 2


def test_companies_are_completed(client, head):
    make_company(head, "Nordvik Oy")
    ask = reverse("deal_companies")
    assert "Nordvik Oy" in client.get(ask, {"company": "nor"}).content.decode()
    assert "Nordvik" not in client.get(ask, {"company": "x"}).content.decode()
    assert client.get(ask).content.decode().strip() == ""
