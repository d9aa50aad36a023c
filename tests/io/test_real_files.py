"""Real files that nobody of this project wrote, with what is known of them."""

from collections import Counter
from pathlib import Path

import pytest

from io_support.io_files import message, read_one
from suppilo.io.mapping import Mapping
from suppilo.io.read import guess_mapping

DATA = Path(__file__).parents[3] / "shared" / "data"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"the real data sets are not at {DATA}; they may not be shipped"
)

SNOWPLOW = DATA / "snowplow_ecommerce_apache" / "source" / "snowplow_ecommerce_events.csv"
ACTION = "unstruct_event_com_snowplowanalytics_snowplow_ecommerce_snowplow_ecommerce_action_1_0_0"
TRANSACTION = "contexts_com_snowplowanalytics_snowplow_ecommerce_transaction_1_0_0"


def counts(found, name="event"):
    return Counter(found.column(name))


def test_olist_leads_and_deals_join_by_lead():
    files = [
        DATA / "olist_funnel" / f"olist_{name}_dataset.csv"
        for name in ("marketing_qualified_leads", "closed_deals")
    ]
    mapping = Mapping(wide="first_contact_date=lead,won_date=won", timezone="UTC")
    found = read_one(files, mapping)
    assert counts(found) == {"lead": 8000, "won": 842}
    assert len(set(found.column("path"))) == 8000
    assert not found.counts
    origins = Counter(row["origin"] for row in found.properties[:8000])
    assert (origins["organic_search"], origins["email"]) == (2296, 493)
    won = Counter(row["origin"] for row in found.properties[8000:])
    assert (won["organic_search"], won["email"]) == (271, 15)
    lead_at = dict(zip(found.column("path"), found.column("at"), strict=True))
    contact = {row["path"]: row["at"] for row in found.core[:8000]}
    assert sum(row["at"] < contact[row["path"]] for row in found.core[8000:]) == 1
    assert len(lead_at) == 8000
    assert "add --timezone" in message(files, Mapping(wide=mapping.wide))


def test_retentioneering_clicks_are_guessed():
    file = DATA / "retentioneering_ecom" / "ecom.csv.gz"
    mapping = guess_mapping([file], Mapping(timezone="UTC")).mapping
    assert (mapping.path, mapping.event, mapping.at, mapping.session) == (
        "user_id", "event", "timestamp", "session_id",
    )  # fmt: skip
    found = read_one(file, mapping)
    assert len(found.core) == 31_106
    assert len(set(found.column("path"))) == 600
    assert len(set(found.column("session_id"))) == 3605


def test_takehome_flags_happen_on_the_users_day():
    wide = "home_page=home,search_page=search,payment_page=payment,payment_confirmation_page=paid"
    found = read_one(str(DATA / "takehome_funnel" / "*.csv.gz"), Mapping(wide=wide, timezone="UTC"))
    assert counts(found) == {"home": 90_400, "search": 45_200, "payment": 6_030, "paid": 452}
    assert set(found.property("device")) == {"Desktop", "Mobile"}
    assert not found.counts


def test_snowplow_events_take_their_name_from_inside_a_column():
    mapping = Mapping(
        path="domain_sessionid", event=f"{ACTION}.type", at="derived_tstamp", timezone="UTC",
        event_id="event_id",
    )  # fmt: skip
    found = read_one(SNOWPLOW, mapping)
    total = len(found.core) + sum(found.counts.values())
    assert total == 834
    assert counts(found)["product_view"] > 0
    by_sessions = read_one(
        SNOWPLOW, Mapping(path="event_id", event=f"{ACTION}.type", timezone="UTC")
    )
    assert len(by_sessions.core) + sum(by_sessions.counts.values()) == 834


def test_snowplow_values_come_from_inside_a_list():
    mapping = Mapping(path="event_id", event=f"{TRANSACTION}.0.revenue", timezone="UTC")
    first = counts(read_one(SNOWPLOW, mapping))
    assert first == counts(
        read_one(SNOWPLOW, Mapping(path="event_id", event=f"{TRANSACTION}.revenue", timezone="UTC"))
    )
    assert sum(first.values()) >= 14


def test_maven_deals_are_a_wide_table():
    file = DATA / "maven_crm" / "sales_pipeline.csv"
    found = read_one(file, Mapping(wide="engage_date=engaged,close_date=closed", timezone="UTC"))
    assert counts(found) == {"engaged": 8300, "closed": 6711}
    closed = Counter(row["deal_stage"] for row in found.properties[8300:])
    assert closed == {"Won": 4238, "Lost": 2473}
    assert sum(row["close_value"] or 0 for row in found.properties[8300:]) == 10_005_534


def test_cdnow_purchases_have_no_header():
    mapping = Mapping(
        columns=("id", "sample_id", "date", "quantity", "value"), event_name="purchase",
        path="id", timezone="UTC",
    )  # fmt: skip
    found = read_one(DATA / "cdnow" / "CDNOW_sample.txt", mapping)
    assert len(found.core) == 6919
    assert len(set(found.column("path"))) == 2357


def test_facebook_ads_have_the_day_first():
    file = DATA / "kag_fb_ads" / "KAG_conversion_data.csv"
    given = Mapping(path="ad_id", event_name="shown", timezone="UTC")
    assert "the day first (such as 31-08-2023)" in guess_mapping([file], given).sentences[-1]
    assert len(read_one(file, given).core) == 1143
