"""Texts of a file that become new products and lost reasons: who may, how many, and the undo."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied

from import_support.bringing import check, map_texts, run, undo, upload, work
from suppilo.apps.accounts.models import Role, User
from suppilo.apps.catalogue.models import PriceBook, Product
from suppilo.apps.catalogue.services import change_product, make_book, remove_product, set_price
from suppilo.apps.catalogue.services.products import NewProduct
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.services import change_deal
from suppilo.apps.imports import services
from suppilo.apps.imports.models import Import, ImportedRecord
from suppilo.apps.imports.records.makable import list_makable, require_making
from suppilo.apps.imports.records.suggest import list_mappings
from suppilo.apps.pipelines.models import LostReason, Pipeline
from suppilo.apps.pipelines.services import make_pipeline, remove_lost_reason
from web_support.accounts import client_for

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "+new"
DEALS = (
    b"Deal name,Stage,Owner,Amount,Product,Lost reason\n"
    b"Pumps,New,Hedda,4514,GTXPro,\n"
    b"Valves,New,Hedda,12,Wide Belt,\n"
    b"Hoses,Lost,Hedda,7,wide  belt,Too slow\n"
    b"Nuts,Lost,Hedda,9,Short Belt,Too slow\n"
    b"Bolts,New,Hedda,9,,Odd\n"
)


@pytest.fixture
def pipeline(head: User) -> Pipeline:
    Product.objects.create(name="GTX Pro", sku="GTX-P")
    return make_pipeline(head, "Business", "b2b")


@pytest.fixture
def salesperson(transactional_db) -> User:
    return User.objects.create(email="s@example.com", name="S", role=Role.SALESPERSON)


def say(head: User, made: Import, **options: object) -> Import:
    return services.set_options(head, made.pk, {**made.options, **options})


def names(model: type) -> set[str]:
    return set(model.objects.values_list("name", flat=True))


def test_one_text_is_made_new_and_others_are_left_open(head, pipeline):
    before = names(LostReason)
    made = check(head, upload(head, DEALS))
    made = check(head, map_texts(head, made, "product", {"Wide Belt": NEW}))
    assert made.counts["new_named"] == {
        "product": {"count": 1, "rows": 1, "texts": [{"text": "Wide Belt", "rows": 1}]}
    }
    assert names(Product) == {"GTX Pro"}
    made = run(head, made)
    assert (made.state, names(Product)) == ("done", {"GTX Pro", "Wide Belt"})
    assert Deal.objects.get(name="Valves").items.get().product.sku == "WIDE-BELT"
    assert Deal.objects.get(name="Hoses").items.get().product is None
    assert names(LostReason) - before == {"Not known"}


def test_all_that_is_like_nothing_is_made_new_and_the_alike_is_still_offered(head, pipeline):
    before = names(LostReason)
    made = check(head, say(head, upload(head, DEALS), new=["product", "lost_reason"]))
    found = made.counts["new_named"]
    assert (found["product"]["count"], found["product"]["rows"]) == (2, 3)
    assert found["lost_reason"] == {
        "count": 1, "rows": 2, "texts": [{"text": "Too slow", "rows": 2}]
    }  # fmt: skip
    (offered,) = made.counts["unmatched"]["product"]
    assert (offered["text"], offered["offered"]) == ("GTXPro", str(Product.objects.get().pk))
    made = run(head, made)
    assert made.counts["done"]["made"] == 5
    assert names(Product) == {"GTX Pro", "Wide Belt", "Short Belt"}
    # The reason of a deal that is not lost is not needed.
    assert names(LostReason) - before == {"Too slow"}
    belts = [Deal.objects.get(name=name).items.get().product for name in ("Valves", "Hoses")]
    assert belts[0] == belts[1]
    assert Deal.objects.get(name="Nuts").lost_reason.name == "Too slow"


def test_undo_removes_what_nothing_uses(head, pipeline):
    before = names(LostReason)
    made = run(head, say(head, upload(head, DEALS), new=["product", "lost_reason"]))
    made = undo(head, made)
    assert not Deal.objects.exists()
    assert names(Product) == {"GTX Pro"}
    assert names(LostReason) == before
    assert not ImportedRecord.objects.exists()
    assert made.counts["undone"]["kept"] == 0


def test_undo_keeps_what_is_used_or_was_changed_since_and_says_why(head, pipeline):
    made = run(head, say(head, upload(head, DEALS), new=["product", "lost_reason"]))
    book = make_book(head, "Prices", "EUR")
    wide, short = (Product.objects.get(name=name) for name in ("Wide Belt", "Short Belt"))
    set_price(head, book.pk, wide.pk, Decimal(5))
    change_product(head, short.pk, NewProduct("Short Belt", "SB-1"))
    change_deal(head, Deal.objects.get(name="Nuts").pk, {"source": "Fair"}, source="page")
    made = undo(head, made)
    assert names(Product) == {"GTX Pro", "Wide Belt", "Short Belt"}
    assert "Too slow" in names(LostReason)
    why = {row["name"]: row["why"] for row in made.counts["undone"]["kept_rows"]}
    assert why["Wide Belt"].startswith("It is in use: ")
    assert why["Short Belt"] == "changed since"
    assert why["Too slow"] == "It is in use: deals."
    assert PriceBook.objects.count() == 1


def test_import_that_begins_again_makes_nothing_twice(head, pipeline):
    made = say(head, upload(head, DEALS), new=["product", "lost_reason"])
    run(head, made)
    again = run(head, say(head, upload(head, DEALS, "copy.csv"), new=["product", "lost_reason"]))
    assert again.counts["new_named"] == {}
    assert Product.objects.count() == 3
    undo(head, again)
    assert Product.objects.count() == 3


def test_deal_that_is_lost_by_a_later_file_gets_its_new_reason(head, pipeline):
    rows = b"Deal ID,Deal name,Stage,Owner,Amount,Lost reason\n1,Pumps,New,Hedda,5,\n"
    run(head, upload(head, rows))
    later = rows.replace(b"New,Hedda,5,", b"Lost,Hedda,5,Too slow")
    made = run(head, say(head, upload(head, later, "later.csv"), new=["lost_reason"]))
    assert Deal.objects.get().lost_reason.name == "Too slow"
    undo(head, made)
    assert (Deal.objects.get().stage.key, "Too slow" in names(LostReason)) == ("new", False)


def test_reasons_of_a_history_file_are_made(head, pipeline):
    run(head, upload(head, b"Deal ID,Deal name,Stage,Owner,Amount\n1,Pumps,New,Hedda,5\n"))
    history = b"Deal ID,Old stage,New stage,Date,Lost reason\n1,New,Lost,2030-01-05,Too slow\n"
    history = history.replace(b"2030", b"2026")
    Deal.objects.update(entered_at="2026-01-01T00:00:00Z")
    made = run(head, say(head, upload(head, history, "h.csv", "stages"), new=["lost_reason"]))
    assert made.counts["new_named"]["lost_reason"]["count"] == 1
    assert Deal.objects.get().lost_reason.name == "Too slow"


def test_name_too_long_to_be_made_rejects_its_row(head, pipeline):
    rows = b"Deal name,Stage,Owner,Product\nPumps,New,Hedda," + b"x" * 201 + b"\n"
    made = check(head, say(head, upload(head, rows), new=["product"]))
    assert made.counts["rejected"] == 1
    assert "at most 200 characters" in made.counts["rejected_rows"][0]["reason"]


def test_full_list_of_reasons_takes_no_more(head, pipeline):
    LostReason.objects.bulk_create(
        LostReason(pipeline=pipeline, name=f"Reason {n}", position=n)
        for n in range(100 - pipeline.lost_reasons.count())
    )
    rows = b"Deal name,Stage,Owner,Lost reason\nPumps,Lost,Hedda,Zzz\n"
    made = check(head, say(head, upload(head, rows), new=["lost_reason"]))
    assert made.counts["reasons"] == {"can't be made new: A pipeline has at most 100 reasons.": 1}


def test_new_is_offered_only_to_who_may_make_it(head, pipeline, salesperson):
    made = check(head, upload(head, DEALS))
    offered = {one.field: one.may_make for one in list_mappings(made, made.options, head)}
    assert offered == {"product": True, "lost_reason": True}
    assert {one.may_make for one in list_mappings(made, made.options, salesperson)} == {False}
    assert list_makable(salesperson) == list_makable(None) == set()


def test_making_is_refused_without_the_right(head, pipeline, salesperson):
    for options in ({"new": ["product"]}, {"values": {"lost_reason": {"Odd": NEW}}}):
        with pytest.raises(PermissionDenied):
            require_making(salesperson, options)
    require_making(salesperson, {"values": {"lost_reason": {"Odd": "Price"}}})
    with pytest.raises(PermissionDenied):
        remove_product(salesperson, Product.objects.get().pk)
    with pytest.raises(PermissionDenied):
        remove_lost_reason(salesperson, LostReason.objects.first().pk)


def test_services_refuse_to_say_to_check_and_to_run_without_the_right(head, pipeline, monkeypatch):
    from suppilo.apps.accounts import permissions

    made = say(head, upload(head, DEALS), new=["product"])
    services.start_import(head, made.pk)
    granted = permissions.GRANTS[Role.HEAD_OF_SALES]
    allowed = granted - {permissions.Permission.MANAGE_CATALOGUE}
    monkeypatch.setitem(permissions.GRANTS, Role.HEAD_OF_SALES, allowed)
    work()
    made = services.close_ended(Import.objects.get(pk=made.pk))
    assert (made.state, "may not add products" in made.error) == ("failed", True)
    for verb in (services.start_check, services.start_import):
        with pytest.raises(PermissionDenied):
            verb(head, made.pk)
    with pytest.raises(PermissionDenied):
        say(head, made, new=["product"])
    assert names(Product) == {"GTX Pro"}


def test_form_says_what_is_made_new(head, pipeline):
    made = check(head, upload(head, DEALS))
    client = client_for(head)
    page = client.get(f"/imports/{made.pk}/").content.decode()
    assert 'name="new-product"' in page
    client.post(f"/imports/{made.pk}/", {
        "timezone": "UTC", "shown_for": "", "new-lost_reason": "1",
        "text-product-0": "Wide Belt", "value-product-0": NEW,
        "text-product-1": "Short Belt", "value-product-1": "-",
    })  # fmt: skip
    made.refresh_from_db()
    assert made.options["new"] == ["lost_reason"]
    assert made.options["values"]["product"] == {"Wide Belt": NEW, "Short Belt": ""}
    assert f'<option value="{NEW}" selected>' in client.get(f"/imports/{made.pk}/").content.decode()
