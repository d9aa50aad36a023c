"""Funnels over real files that nobody of this project wrote, against what is known of them.

Where a figure is not published, it is counted again here in the plainest way.
"""

from __future__ import annotations

import csv
import gzip
import json
from bisect import bisect_left
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from statistics import median

import pytest

from cli.cli_calls import call

DATA = Path(__file__).parents[3] / "shared" / "data"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"the real data sets are not at {DATA}; not all may be shipped"
)


def ask(capsys, *arguments):
    answer = call(capsys, "funnel", *arguments, "--json")
    assert answer.code == 0, answer.err
    return json.loads(answer.out)


def counts(report):
    return [step["count"] for step in report["steps"]]


def read_csv(file):
    opened = gzip.open if file.suffix == ".gz" else open
    with opened(file, "rt", encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def moment(text):
    return datetime.fromisoformat(text.replace("+00:00", "").replace(" UTC", ""))


# --- Olist: leads of a marketplace and the deals won from them

OLIST = DATA / "olist_funnel"
LEADS = OLIST / "olist_marketing_qualified_leads_dataset.csv"
DEALS = OLIST / "olist_closed_deals_dataset.csv"
WON = (LEADS, DEALS, "--wide", "first_contact_date=lead,won_date=won", "--timezone", "UTC",
       "--step", "lead", "--step", "won", "--by", "origin")  # fmt: skip
BY_ORIGIN = {
    "organic_search": (2296, 271, 0.1180),
    "paid_search": (1586, 195, 0.1230),
    "social": (1350, 75, 0.0556),
    "unknown": (1099, 179, 0.1629),
    "direct_traffic": (499, 56, 0.1122),
    "email": (493, 15, 0.0304),
    "referral": (284, 24, 0.0845),
}


def test_of_8000_leads_842_are_won(capsys):
    report = ask(capsys, *WON, "--order", "any")
    assert counts(report) == [8000, 842]
    won = report["steps"][1]
    assert won["conversion_rate"] == 0.10525
    assert (round(won["lower"], 4), round(won["upper"], 4)) == (0.0987, 0.1122)
    assert report["paths"] == 8000
    assert report["rejected"]["rows"] == 0


def test_leads_by_origin_are_the_known_ones(capsys):
    breakdown = ask(capsys, *WON, "--order", "any")["breakdown"]
    found = {value["value"]: value["steps"] for value in breakdown["values"]}
    for origin, (leads, won, rate) in BY_ORIGIN.items():
        assert [step["count"] for step in found[origin]] == [leads, won]
        assert round(found[origin][1]["conversion_rate"], 4) == rate
    assert breakdown["none"] == 60
    assert sum(steps[0]["count"] for steps in found.values()) + 60 == 8000


def test_a_deal_won_before_its_first_contact_is_shown_as_what_it_is(capsys):
    report = ask(capsys, *WON)
    assert counts(report) == [8000, 841]
    assert [step["outside"] for step in report["steps"]] == [0, 1]
    answer = call(capsys, "funnel", *WON)
    assert "1 path has “won”, but not after “lead”: not counted there." in answer.out


def test_days_from_contact_to_won_are_those_of_the_files(capsys):
    contact = {row["mql_id"]: moment(row["first_contact_date"]) for row in read_csv(LEADS)}
    days = [
        (moment(row["won_date"]) - contact[row["mql_id"]]).total_seconds() / 86_400
        for row in read_csv(DEALS)
    ]
    # The published median of 14.65 days and mean of 49.1 are of all deals, the one won early too.
    assert (round(median(days), 2), round(sum(days) / len(days), 1)) == (14.65, 49.1)
    won = ask(capsys, *WON)["steps"][1]
    in_order = [length for length in days if length >= 0]
    assert len(in_order) == won["count"]
    assert won["median_seconds"] / 86_400 == pytest.approx(median(in_order))
    assert round(won["median_seconds"] / 86_400, 2) == 14.72
    assert won["mean_seconds"] / 86_400 == pytest.approx(sum(in_order) / len(in_order))


# --- Retentioneering: clicks in a shop

ECOM = DATA / "retentioneering_ecom" / "ecom.csv.gz"
SHOP = ("home", "catalog", "product_view", "add_to_cart", "purchase")


def recount(path_column, window_s):
    """Try every first step and go on to the nearest next one, as the definition says."""
    at = defaultdict(lambda: defaultdict(list))
    for row in read_csv(ECOM):
        at[row[path_column]][row["event"]].append(moment(row["timestamp"]).timestamp())
    levels = [0] * len(SHOP)
    for events in at.values():
        best = 0
        for start in events[SHOP[0]]:
            level, now = 1, start
            for name in SHOP[1:]:
                times = sorted(events[name])
                place = bisect_left(times, now)
                if place == len(times) or times[place] - start > window_s:
                    break
                level, now = level + 1, times[place]
            best = max(best, level)
        for level in range(best):
            levels[level] += 1
    return levels


@pytest.mark.parametrize(
    ("path_column", "window", "window_s"),
    [("user_id", "7d", 604_800), ("user_id", "1h", 3600), ("session_id", "30m", 1800)],
)
def test_a_five_step_shop_funnel_agrees_with_a_plain_recount(capsys, path_column, window, window_s):
    steps = [part for name in SHOP for part in ("--step", name)]
    report = ask(
        capsys, ECOM, *steps, "--timezone", "UTC", "--path", path_column, "--window", window
    )
    assert counts(report) == recount(path_column, window_s)
    assert report["paths"] == {"user_id": 600, "session_id": 3605}[path_column]
    assert counts(report) == sorted(counts(report), reverse=True)
    assert counts(report)[-1] > 0


def test_shop_funnels_of_channels_add_up(capsys):
    steps = [part for name in SHOP for part in ("--step", name)]
    report = ask(
        capsys, ECOM, *steps, "--timezone", "UTC", "--window", "7d", "--by", "acquisition_channel",
        "--by-value", "step:1",
    )  # fmt: skip
    values = report["breakdown"]["values"]
    assert [sum(found) for found in zip(*map(counts, values), strict=True)] == counts(report)


# --- A take-home exercise: four pages, each a table of who saw it

TAKEHOME = DATA / "takehome_funnel"
PAGES = "home_page=home,search_page=search,payment_page=payment,payment_confirmation_page=paid"


def test_90400_users_come_home_and_452_pay(capsys):
    steps = [part for page in PAGES.split(",") for part in ("--step", page.split("=")[1])]
    report = ask(
        capsys, TAKEHOME / "*.csv.gz", "--wide", PAGES, "--timezone", "UTC", *steps,
        "--by", "device",
    )  # fmt: skip
    assert counts(report) == [90_400, 45_200, 6_030, 452]
    devices = {value["value"]: counts(value) for value in report["breakdown"]["values"]}
    users = {row["user_id"]: row["device"] for row in read_csv(TAKEHOME / "user_table.csv.gz")}
    tables = ("home_page", "search_page", "payment_page", "payment_confirmation")
    pages = [read_csv(TAKEHOME / f"{name}_table.csv.gz") for name in tables]
    assert devices == {
        device: [sum(users[row["user_id"]] == device for row in rows) for rows in pages]
        for device in ("Desktop", "Mobile")
    }


# --- Snowplow: raw events of shops, and what its own package makes of them

SNOWPLOW = DATA / "snowplow_ecommerce_apache"
EVENTS = SNOWPLOW / "source" / "snowplow_ecommerce_events.csv"
ACTION = "unstruct_event_com_snowplowanalytics_snowplow_ecommerce_snowplow_ecommerce_action_1_0_0"
# The web says its session in a column, the app inside of a context.
SESSIONS = (
    "domain_sessionid",
    "contexts_com_snowplowanalytics_snowplow_client_session_1_0_1.sessionId",
)


def ask_sessions(capsys, *arguments, event=f"{ACTION}.type"):
    """Count by session, on the web and in the app, and add up: no session is of both."""
    reports = [
        ask(
            capsys, EVENTS, "--path", session, "--event", event, "--at", "derived_tstamp",
            "--event-id", "event_id", "--timezone", "UTC", *arguments,
        )
        for session in SESSIONS
    ]  # fmt: skip
    return [sum(found) for found in zip(*map(counts, reports), strict=True)]


def shop_steps(*names):
    # The package is told to leave one application out.
    return [part for name in names for part in ("--step", f"{name} where app_id <> 'skip-me'")]


def expected(name):
    return read_csv(SNOWPLOW / "expected" / "default" / f"snowplow_ecommerce_{name}_expected.csv")


def test_there_are_63_sessions(capsys):
    steps = shop_steps("snowplow_ecommerce_action")
    assert ask_sessions(capsys, *steps, event="event_name") == [63]
    assert len(expected("sessions")) == 63


def test_events_are_as_many_as_interactions(capsys):
    """One step counted in attempts is its events."""

    def count(*names):
        step = " | ".join(names)
        return ask_sessions(capsys, *shop_steps(step), "--count", "attempts")[0]

    carts, checkouts, products, transactions = map(
        expected,
        ("cart_interactions", "checkout_interactions", "product_interactions",
         "transaction_interactions"),
    )  # fmt: skip
    assert [len(rows) for rows in (carts, checkouts, products, transactions)] == [67, 52, 928, 14]
    # One transaction stands there twice, under two event ids; the package keeps one.
    assert count("transaction") == len(transactions) + 1
    assert count("add_to_cart", "remove_from_cart") + len(transactions) == len(carts)
    assert count("checkout_step") + len(transactions) == len(checkouts)
    for action in ("product_view", "list_click"):
        assert count(action) == sum(row["ecommerce_action_type"] == action for row in products)


def test_sessions_that_view_and_then_buy_are_those_of_the_package(capsys):
    sessions = expected("sessions")
    bought = [
        row
        for row in sessions
        if row["first_product_view"]
        and row["last_transaction_completed"]
        and moment(row["first_product_view"]) <= moment(row["last_transaction_completed"])
    ]
    viewed = sum(bool(row["first_product_view"]) for row in sessions)
    found = ask_sessions(capsys, *shop_steps("product_view", "transaction"))
    assert found == [viewed, len(bought)]
    assert len(bought) > 0


def test_sessions_that_view_add_and_buy_agree_with_a_plain_recount(capsys):
    at = defaultdict(lambda: defaultdict(list))
    for table, names in (
        ("product_interactions", {"product_view"}),
        ("cart_interactions", {"add_to_cart", "transaction"}),
    ):
        for row in expected(table):
            if row["ecommerce_action_type"] in names:
                name, session = row["ecommerce_action_type"], row["domain_sessionid"]
                at[session][name].append(moment(row["derived_tstamp"]))
    steps = ("product_view", "add_to_cart", "transaction")
    levels = [0, 0, 0]
    for events in at.values():
        now = datetime.min  # noqa: DTZ901 (all times here are UTC without saying so)
        for place, name in enumerate(steps):
            following = [time for time in events[name] if time >= now]
            if not following:
                break
            levels[place] += 1
            now = min(following)
    assert ask_sessions(capsys, *shop_steps(*steps)) == levels
