from datetime import date
from decimal import Decimal

import pytest
import xlsxwriter
from django.core.exceptions import PermissionDenied, ValidationError

from suppilo.apps.accounts.models import AuditEntry, Role
from suppilo.apps.catalogue import services
from suppilo.apps.catalogue.models import PriceBook, Product
from suppilo.apps.catalogue.selectors import (
    NoRateError,
    ProductFilter,
    allowed_discount,
    convert,
    list_products,
    prices_in,
    read_limits,
    read_rates,
)
from suppilo.apps.catalogue.services import NewProduct
from suppilo.apps.catalogue.services.numbers import read_number
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)


@pytest.fixture
def head():
    return make_user("head_of_sales")


@pytest.fixture
def pump(head):
    return services.make_product(head, NewProduct("Pump", "P-1", "Pumps", "pc", "EUR", Decimal(60)))


@pytest.fixture
def book(head):
    return services.make_book(head, "List 2026", "eur")


def test_a_product_is_made_changed_and_archived_with_a_trace(head, pump):
    services.change_product(head, pump.pk, NewProduct("Pump XL", "P-1", "Pumps", "pc", "EUR"))
    services.archive_product(head, pump.pk)
    assert list(list_products()) == []
    assert list(list_products(ProductFilter("p-1", is_archived=True))) == [pump]
    services.restore_product(head, pump.pk)
    assert list_products(ProductFilter("XL", "Pumps")).get().unit_cost is None
    verbs = AuditEntry.objects.filter(target_kind="product").values_list("verb", flat=True)
    assert sorted(verbs) == ["archive_product", "change_product", "make_product", "restore_product"]


def test_two_products_never_share_a_number(head, pump):
    with pytest.raises(ValidationError, match="Another product"):
        services.make_product(head, NewProduct("Other", "P-1"))
    services.change_product(head, pump.pk, NewProduct("Same number", "P-1"))


@pytest.mark.parametrize(
    "new",
    [
        NewProduct("", "X"),
        NewProduct("X", " "),
        NewProduct("X", "X", currency="ZZZ"),
        NewProduct("X", "X", unit_cost=Decimal(-1)),
        NewProduct("X", "X", unit_cost=Decimal("0.00001")),
        NewProduct("X", "X", unit_cost=Decimal("NaN")),
        NewProduct("X", "X", unit="x" * 21),
    ],
)
def test_what_no_product_can_be_is_refused(head, new):
    with pytest.raises(ValidationError):
        services.make_product(head, new)


def test_a_salesperson_may_not_change_the_catalogue(pump, book):
    seller = make_user("salesperson")
    for verb in (
        lambda: services.make_product(seller, NewProduct("X", "X")),
        lambda: services.archive_product(seller, pump.pk),
        lambda: services.set_price(seller, book.pk, pump.pk, Decimal(1)),
        lambda: services.set_rate(seller, DAY, "USD", "EUR", Decimal(1)),
        lambda: services.set_limit(seller, Role.SALESPERSON, Decimal(1)),
        lambda: services.import_price_list(seller, book.pk, b"number,price\n"),
    ):
        with pytest.raises(PermissionDenied):
            verb()


def test_the_first_book_of_a_currency_is_offered_first(head, pump, book):
    other = services.make_book(head, "Partners", "EUR")
    services.set_price(head, book.pk, pump.pk, Decimal(100))
    services.set_price(head, other.pk, pump.pk, Decimal(80))
    assert prices_in("EUR", [pump.pk]) == {pump.pk: 100}
    assert prices_in("EUR", [pump.pk], other.pk) == {pump.pk: 80}
    services.set_default_book(head, other.pk)
    assert prices_in("EUR", [pump.pk]) == {pump.pk: 80}
    assert prices_in("USD", [pump.pk]) == {}
    services.archive_book(head, other.pk)
    assert prices_in("EUR", [pump.pk]) == {}
    with pytest.raises(ValidationError, match="archived"):
        services.set_default_book(head, other.pk)


def test_a_price_is_set_over_and_taken_out(head, pump, book):
    services.set_price(head, book.pk, pump.pk, Decimal(100))
    services.set_price(head, book.pk, pump.pk, Decimal("99.5"))
    assert prices_in("EUR", [pump.pk]) == {pump.pk: Decimal("99.5")}
    assert services.set_prices(head, book.pk, {pump.pk: Decimal("99.5")}) == 0
    assert services.set_prices(head, book.pk, {pump.pk: None}) == 1
    assert prices_in("EUR", [pump.pk]) == {}
    with pytest.raises(Product.DoesNotExist):
        services.set_price(head, book.pk, 999, Decimal(1))


def test_an_amount_is_converted_by_that_days_rate_or_not_at_all(head):
    services.set_rate(head, DAY, "usd", "EUR", Decimal("0.92"))
    assert convert(Decimal("10.00"), "USD", "EUR", DAY) == Decimal("9.20")
    assert convert(Decimal("9.20"), "EUR", "USD", DAY) == Decimal("10.00")
    assert convert(Decimal("10.004"), "EUR", "EUR", DAY) == Decimal("10.00")
    with pytest.raises(NoRateError, match="USD to EUR"):
        convert(Decimal(10), "USD", "EUR", date(2026, 3, 3))
    with pytest.raises(NoRateError):
        convert(Decimal(10), "USD", "GBP", DAY)


def test_the_rate_that_was_set_goes_before_the_one_turned_round(head):
    services.set_rate(head, DAY, "EUR", "USD", Decimal(2))
    services.set_rate(head, DAY, "USD", "EUR", Decimal("0.6"))
    assert convert(Decimal(10), "USD", "EUR", DAY) == 6
    assert convert(Decimal(10), "EUR", "USD", DAY) == 20


def test_many_amounts_are_converted_with_one_query(head, django_assert_num_queries):
    services.set_rate(head, DAY, "USD", "EUR", Decimal("0.5"))
    with django_assert_num_queries(1):
        rates = read_rates("EUR", [DAY])
        assert [rates.convert(Decimal(n), "USD", DAY) for n in (1, 2)] == [Decimal("0.5"), 1]
    assert read_rates("EUR", []).by_day == {}


@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "Infinity", "0.000000001"])
def test_what_is_no_rate_is_refused(head, rate):
    with pytest.raises(ValidationError, match="above zero"):
        services.set_rate(head, DAY, "USD", "EUR", Decimal(rate))


def test_a_currency_has_no_rate_to_itself(head):
    with pytest.raises(ValidationError, match="two different"):
        services.set_rate(head, DAY, "EUR", "EUR", Decimal(1))


def test_the_most_particular_limit_holds(head, pump):
    pipe = services.make_product(head, NewProduct("Pipe", "P-2", "Pipes"))
    other = services.make_product(head, NewProduct("Pump 2", "P-3", "Pumps"))
    services.set_limit(head, Role.SALESPERSON, Decimal("0.05"))
    services.set_limit(head, Role.SALESPERSON, Decimal("0.10"), category="Pumps")
    services.set_limit(head, Role.SALESPERSON, Decimal("0.02"), product_id=pump.pk)
    limits = read_limits(Role.SALESPERSON)
    found = [limits.allowed(one) for one in (pump, other, pipe, None)]
    assert found == [Decimal("0.02"), Decimal("0.10"), Decimal("0.05"), Decimal("0.05")]
    assert allowed_discount(Role.SALESPERSON, pump) == Decimal("0.02")


def test_where_no_limit_is_set_there_is_none(head, pump):
    assert allowed_discount(Role.SALESPERSON) == 1
    services.set_limit(head, Role.SALESPERSON, Decimal("0.1"), category="Pumps")
    assert allowed_discount(Role.SALESPERSON, pump) == Decimal("0.1")
    assert allowed_discount(Role.SALESPERSON) == 1


def test_a_limit_is_set_over_and_removed(head):
    first = services.set_limit(head, Role.SALESPERSON, Decimal("0.05"))
    second = services.set_limit(head, Role.SALESPERSON, Decimal("0.07"))
    assert first.pk == second.pk
    services.remove_limit(head, first.pk)
    assert allowed_discount(Role.SALESPERSON) == 1


def test_a_limit_that_means_nothing_is_refused(head, pump):
    with pytest.raises(ValidationError, match="between 0 and 100"):
        services.set_limit(head, Role.SALESPERSON, Decimal("1.2"))
    with pytest.raises(ValidationError, match="not both"):
        services.set_limit(head, Role.SALESPERSON, Decimal(0), product_id=pump.pk, category="Pumps")
    with pytest.raises(ValidationError, match="no such role"):
        services.set_limit(head, "king", Decimal(0))


LIST = "Number;Name;Category;Cost;Price\nP-1;Pump;Pumps;61,50;1 200,00\nP-9;Pumpis ķēde;;;5\n"


def test_a_price_list_makes_products_and_sets_prices(head, pump, book):
    result = services.import_price_list(head, book.pk, ("\ufeff" + LIST).encode())
    assert (result.rows, result.made, result.changed, result.prices) == (2, 1, 1, 2)
    chain = Product.objects.get(sku="P-9")
    assert (chain.name, chain.currency, chain.unit_cost) == ("Pumpis ķēde", "EUR", None)
    assert prices_in("EUR", [pump.pk, chain.pk]) == {pump.pk: 1200, chain.pk: 5}
    pump.refresh_from_db()
    assert pump.unit_cost == Decimal("61.5")
    again = services.import_price_list(head, book.pk, LIST.encode())
    assert (again.made, again.changed, again.prices) == (0, 0, 0)


def test_a_price_list_may_be_a_workbook(head, pump, book, tmp_path):
    path = tmp_path / "prices.xlsx"
    rows = [["Number", "Name", "Cost", "Price"], ["P-1", "Pump", 61.5, 1200], [1201, "Ķēde", "", 5]]
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet()
        for at, cells in enumerate(rows):
            sheet.write_row(at, 0, cells)
    result = services.import_price_list(head, book.pk, path.read_bytes())
    assert (result.rows, result.made, result.prices, result.problems) == (2, 1, 2, ())
    chain = Product.objects.get(sku="1201")
    assert prices_in("EUR", [pump.pk, chain.pk]) == {pump.pk: 1200, chain.pk: 5}
    pump.refresh_from_db()
    assert pump.unit_cost == Decimal("61.5")


def test_a_damaged_workbook_and_a_row_of_words_are_named(head, book, tmp_path):
    with pytest.raises(ValidationError, match="can't be read"):
        services.import_price_list(head, book.pk, b"PK\x03\x04 and no workbook")
    path = tmp_path / "prices.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, ["number", "price"])
        sheet.write_row(2, 0, ["P-1", "ten"])
    [problem] = services.import_price_list(head, book.pk, path.read_bytes()).problems
    assert "Row 3" in problem
    assert not Product.objects.exists()


def test_a_trial_says_what_would_happen_and_leaves_no_trace(head, book):
    result = services.import_price_list(head, book.pk, LIST.encode(), is_trial=True)
    assert (result.made, result.prices) == (2, 2)
    assert not Product.objects.exists()
    assert not AuditEntry.objects.filter(verb="import_price_list").exists()


def test_a_wrong_row_stops_the_whole_list_and_is_named(head, book):
    text = "number,price\nP-1,10\nP-2,ten\n,5\nP-1,11\nP-3,-1\n"
    result = services.import_price_list(head, book.pk, text.encode())
    assert len(result.problems) == 4
    assert "Row 3" in result.problems[0]
    assert "row 2 too" in result.problems[2]
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no table"),
        (b"name,price\nx,1\n", "lacks the column number"),
        ("number,price\nķ,1".encode("cp1257"), "UTF-8"),
        (b"number,price\n\0,1", "no table"),
        (b"x" * (5 << 20) + b"x", "larger"),
    ],
)
def test_what_is_no_price_list_is_refused_in_words(head, book, content, said):
    with pytest.raises(ValidationError, match=said):
        services.import_price_list(head, book.pk, content)


def test_a_price_list_for_a_book_that_is_gone_is_not_found(head):
    with pytest.raises(PriceBook.DoesNotExist):
        services.import_price_list(head, 999, LIST.encode())


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1234.5", "1234.5"), ("1 234,50", "1234.50"), ("1.234,50", "1234.50"), ("0,125", "0.125"),
        ("1,234.50", "1234.50"), ("1,234,567", "1234567"), ("1'200", "1200"), ("-3", "-3"),
        ("1\u202f200,5", "1200.5"),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text, number):
    assert read_number(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "1,234", "ten", "1e5", "--1", "1.2.3,4,5", "NaN", "٣"])
def test_what_is_no_number_or_two_is_refused(text):
    with pytest.raises(ValidationError):
        read_number(text)
