"""The pages of record imports in a real browser: without a barrier, on a phone too."""

import pytest

from import_support.bringing import check, run, upload, work
from suppilo.apps.catalogue.models import Product
from suppilo.apps.pipelines.services import make_pipeline
from web_support.browser import assert_accessible, assert_fits, log_in_browser, screenshots

pytestmark = pytest.mark.django_db(transaction=True)

DEALS = (
    b"Deal name,Stage,Owner,Amount,Product,Account\n"
    b"Pumps,New,Hedda,4514,GTXPro,Nordvik\n"
    b"Valves,Proposed,Nobody,12,GTXPro,\n"
    b"Hoses,New,Hedda,soon,GTX Pro,Acme\n"
)


@pytest.fixture
def world(transactional_db, head):
    make_pipeline(head, "Business", "b2b")
    Product.objects.create(name="GTX Pro", sku="GTX-P")
    return head


def test_pages_of_record_imports_have_no_barriers_and_fit_a_phone(browser_page, live_server, world):
    log_in_browser(browser_page, live_server.url, world)
    made = check(world, upload(world, DEALS))
    look(browser_page, "import-deals-checked", f"/imports/{made.pk}/")
    run(world, made)
    look(browser_page, "import-deals-done", f"/imports/{made.pk}/")
    look(browser_page, "import-new", "/imports/new/")


def test_offered_product_is_taken_over_and_the_deals_imported(browser_page, live_server, world):
    log_in_browser(browser_page, live_server.url, world)
    made = check(world, upload(world, DEALS))
    browser_page.goto(f"/imports/{made.pk}/")
    chosen = browser_page.get_by_label("GTXPro").evaluate("one => one.selectedOptions[0].text")
    assert chosen == "GTX Pro"
    browser_page.get_by_role("button", name="Import 1 row").click()
    browser_page.wait_for_load_state()
    made.refresh_from_db()
    assert made.options["values"]["product"]["GTXPro"] == str(Product.objects.get().pk)
    assert made.state == "running"


def test_text_is_made_a_new_product_and_the_check_counts_it(browser_page, live_server, world):
    log_in_browser(browser_page, live_server.url, world)
    made = check(world, upload(world, DEALS.replace(b"Hedda,4514,GTXPro", b"Hedda,4514,Wide Belt")))
    browser_page.goto(f"/imports/{made.pk}/")
    browser_page.get_by_label("Wide Belt", exact=True).select_option(label="new: make it")
    browser_page.get_by_role("button", name="Check the whole file").click()
    browser_page.wait_for_load_state()
    work()
    look(browser_page, "import-deals-new-product", f"/imports/{made.pk}/")
    browser_page.get_by_text("New products", exact=True).wait_for()
    made.refresh_from_db()
    assert made.counts["new_named"]["product"]["count"] == 1


def look(page, name, path):
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(path)
    assert_accessible(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert_fits(page)
    screenshots(page, name)
