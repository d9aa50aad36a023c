"""Costs and margins are for owners, administrators and heads of sales, wherever they stand."""

import io
import re
import zipfile
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.test import Client

from deals_support.deal_world import deal_in, field, pipeline_of, stage
from quotes_support.quote_world import set_letterhead
from suppilo.apps.accounts.models import Role, User
from suppilo.apps.accounts.permissions import GRANTS, Permission
from suppilo.apps.catalogue.models import PriceBook, Product
from suppilo.apps.catalogue.services import NewProduct, make_product, set_price
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.services import NewItem, set_items
from suppilo.apps.invoices.services import make_invoice
from suppilo.apps.quotes.services import make_quote
from web_support.program import Program
from web_support.route_matrix import PUBLIC, ROUTES
from web_support.route_objects import add_user
from web_support.routes import Found, find_routes
from web_support.undoing import undone

pytestmark = pytest.mark.django_db

COST, PRICE = Decimal("753137.37"), Decimal(900_000)
FIGURES = ("753137", "146862", "146863")
"""The cost, and what is left of the price after it: nothing else is like these."""
BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s,.'’](?=\d)")
ALL = [route for route in find_routes() if route.method == "GET" and route.key in ROUTES]
EXPORTS = [route for route in ALL if ROUTES[route.key].needs == Permission.EXPORT_DEALS]
SHOWN_TO_THE_HEAD = {
    "GET product", "GET products", "GET deal", "GET deal_items", "GET api/products",
    "GET api/products/<int:product_id>", "GET api/deals", "GET api/deals/<int:deal_id>",
    "GET api/deals/<int:deal_id>/items",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _forget_rates():
    cache.clear()


@pytest.fixture
def owner():
    return add_user(Role.OWNER)


@pytest.fixture
def seller():
    return User.objects.create(email="s@example.com", name="Selma", role=Role.SALESPERSON)


@pytest.fixture
def product(owner) -> Product:
    made = make_product(owner, NewProduct("Pump", "P-1", unit_cost=COST))
    book = PriceBook.objects.create(name="List", currency="EUR", is_default=True)
    set_price(owner, book.pk, made.pk, PRICE)
    return made


@pytest.fixture
def deal(seller, product) -> Deal:
    """Return a deal of the seller's with the product, whose next gate asks for a margin."""
    margin = field("margin", "gte", 10)
    way = pipeline_of(stage("a"), stage("b", margin), stage("c"), visibility="all", name="Margins")
    return deal_in(way, seller, items=(NewItem(product_id=product.pk),))


def figures_in(answer) -> list[str]:
    content = b"".join(answer) if answer.streaming else answer.content
    if content.startswith(b"PK"):
        packed = zipfile.ZipFile(io.BytesIO(content))
        content = b" ".join(packed.read(name) for name in packed.namelist())
    text = BETWEEN_DIGITS.sub("", content.decode("utf-8", "replace"))
    return [figure for figure in FIGURES if figure in text]


def look(user: User, routes: list[Found], own: dict[str, int]) -> tuple[set[str], int]:
    """Open routes about the deal; return where a figure stands, and how many were shown."""
    client = Client()
    client.force_login(user)
    told, shown = set(), 0
    for route in routes:
        said = ROUTES[route.key]
        if said.needs == PUBLIC:
            continue
        cache.clear()
        with undone():
            names = re.findall(r"<(?:\w+:)?(\w+)>", route.path)
            made = {} if own.keys() >= set(names) else said.arguments(user)
            there = {name: own.get(name, made.get(name)) for name in names}
            answers = [client.get(route.url(there), said.build_data(user))]
            if "kind" in there:
                answers.append(client.get(route.url(there | {"kind": "xlsx"})))
            shown += answers[0].status_code == 200
            if any(figures_in(answer) for answer in answers):
                told.add(route.key)
    return told, shown


def test_no_route_tells_a_cost_to_who_may_not_see_it(owner, seller, product, deal):
    set_letterhead()
    own = {
        "deal_id": deal.pk, "product_id": product.pk, "pipeline_id": deal.pipeline_id,
        "book_id": PriceBook.objects.get().pk, "quote_id": make_quote(seller, deal.pk).pk,
        "invoice_id": make_invoice(owner, deal.pk).pk,
    }  # fmt: skip
    told, shown = look(seller, ALL, own)
    assert told == set()
    assert shown > 100
    told, shown = look(add_user(Role.ANALYST), EXPORTS, own)
    assert (told, shown > 2) == (set(), True)
    some = [route for route in ALL if route.key in SHOWN_TO_THE_HEAD]
    assert look(add_user(Role.HEAD_OF_SALES), some, own)[0] == SHOWN_TO_THE_HEAD


def test_margin_meets_a_gate_without_being_told(seller, deal):
    program = Program(Client(), seller)
    (finding,) = program.get(f"/deals/{deal.pk}/gates?stage=b").json()
    assert (finding["is_met"], finding["proof"]) == (True, "")
    moved = program.post(f"/deals/{deal.pk}/moves", {"stage": "b"})
    assert (moved.status_code, figures_in(moved)) == (201, [])


def test_program_of_a_salesperson_reads_and_writes_no_costs(seller, product, deal):
    program, url = Program(Client(), seller), f"/deals/{deal.pk}"
    assert program.get(url).json()["cost"] is None
    assert program.patch(url, {"name": "Pumps"}).json()["cost"] is None
    line = {"description": "Work", "quantity": "1", "unit_price": "10"}
    refused = program.put(f"{url}/items", {"items": [{**line, "unit_cost": "1"}]})
    assert (refused.status_code, "unit_cost" in refused.json()["message"]) == (422, True)
    new = {"name": "Other", "pipeline_id": deal.pipeline_id, "items": [{**line, "unit_cost": "1"}],
           "next_step": "Call", "next_step_at": "2099-01-02T10:00:00Z"}  # fmt: skip
    assert program.post("/deals", new).status_code == 422
    assert program.get(f"/products/{product.pk}").json()["unit_cost"] is None


def test_lines_written_by_who_sees_no_costs_keep_theirs(owner, seller, product, deal):
    lines = (
        NewItem(product_id=product.pk, unit_cost=Decimal(7)),
        NewItem(description="Work", unit_price=Decimal(10), unit_cost=Decimal(3)),
        NewItem(description="Travel", unit_price=Decimal(20), unit_cost=Decimal(4)),
    )
    set_items(owner, deal.pk, lines, source="page")
    body = {"items": [
        {"description": "Travel by train", "unit_price": "20"},
        {"description": "Works", "unit_price": "12"},
        {"product_id": product.pk, "quantity": "2"},
        {"description": "Something new", "unit_price": "5"},
    ]}  # fmt: skip
    answer = Program(Client(), seller).put(f"/deals/{deal.pk}/items", body)
    assert {one["unit_cost"] for one in answer.json()} == {None}
    costs = list(deal.items.order_by("position").values_list("unit_cost", flat=True))
    assert costs == [None, 3, 7, None]
    page = Client()
    page.force_login(seller)
    page.post(f"/deals/{deal.pk}/items/", {
        "product": ["", str(product.pk)], "description": ["Works", ""],
        "quantity": ["1", "1"], "price": ["12", ""], "discount": ["", ""],
    })  # fmt: skip
    assert list(deal.items.order_by("position").values_list("unit_cost", flat=True)) == [3, 7]
    deal.refresh_from_db()
    assert deal.cost == 10


def test_who_writes_costs_sees_them():
    writes, sees = Permission.MANAGE_CATALOGUE, Permission.SEE_COSTS
    roles = {role for role, granted in GRANTS.items() if sees in granted}
    assert roles == {role for role, granted in GRANTS.items() if writes in granted}
    assert roles == {Role.OWNER, Role.ADMIN, Role.HEAD_OF_SALES}
