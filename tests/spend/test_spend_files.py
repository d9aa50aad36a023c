"""Daily figures of advertising: read, checked, brought in once, replaced only when told, undone."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from reports_support.pipeline_world import START, add_deal, make_pipeline
from suppilo.apps.accounts.models import AuditEntry
from suppilo.apps.people.values import as_us
from suppilo.apps.spend.channels import find_spend_channel
from suppilo.apps.spend.models import AdSpend, FileState, SpendFile
from suppilo.apps.spend.reading import read_spend
from suppilo.apps.spend.selectors import SpendFilter, channel_economics, list_spend, sum_spend
from suppilo.apps.spend.services import (
    SpendRefusedError,
    bring_in,
    foresee,
    remove_file,
    set_reading,
    undo_spend,
    upload_spend,
)
from web_support.accounts import make_user

KAG = Path("/work/shared/data/kag_fb_ads/KAG_conversion_data.csv")
FILE = (
    "date,channel,campaign,impressions,clicks,cost,currency\n"
    "2026-03-02,google ads,Brand,1000,20,10.50,EUR\n"
    "2026-03-02,google ads,Brand,500,5,2.25,EUR\n"
    "2026-03-03,Facebook,Spring,2000,10,7,EUR\n"
)


def read(text, **options):
    return read_spend(text, options)


def test_rows_of_one_campaign_and_day_are_added_up():
    table = read(FILE)
    assert table.problems == []
    assert table.rows == 3
    figures = table.figures[date(2026, 3, 2), "paid_search", "Brand", "EUR"]
    assert (figures.impressions, figures.clicks, figures.cost) == (1500, 25, Decimal("12.75"))
    assert table.sums["EUR"].cost == Decimal("19.75")


@pytest.mark.parametrize(
    ("text", "channel"),
    [
        ("Google Ads", "paid_search"), ("adwords", "paid_search"), ("bing", "paid_search"),
        ("facebook", "paid_social"), ("Meta Ads", "paid_social"), ("LinkedIn Ads", "paid_social"),
        ("Paid social", "paid_social"), ("paid_search", "paid_search"), ("Display", "display"),
        ("Newsletter", "email"), ("organic search", "organic_search"), ("Radio Nord", None),
        ("", None),
    ],
)  # fmt: skip
def test_platforms_are_channels(text, channel):
    assert find_spend_channel(text) == channel


def test_mistakes_are_told_by_row_with_what_to_do():
    table = read(
        "date,channel,campaign,impressions,clicks,cost,currency\n"
        "2026-13-02,google,Brand,1,1,1,EUR\n"
        "2026-03-02,Radio Nord,Brand,1,1,1,EUR\n"
        "2026-03-02,google,Brand,-1,1,1,EUR\n"
        "2026-03-02,google,Brand,1.5,1,1,EUR\n"
        "2026-03-02,google,Brand,1,1,ten,EUR\n"
        "2026-03-02,google,Brand,1,1,1,euro\n"
        "2026-03-02,google,Brand,1,1,1,eur\n"
    )
    assert table.rows == 1
    assert table.wrong == 6
    for number, words in enumerate(
        ("is no day", "is no channel that we know", "can't be a number of impressions",
         "is no whole number", "is no number", "is no currency"), 2,
    ):  # fmt: skip
        assert table.problems[number - 2].startswith(f"Row {number}: ")
        assert words in table.problems[number - 2]
    assert not table.may_come_in
    assert read(FILE.replace("google ads", "Radio Nord"), other_channel="other").may_come_in


def test_a_file_without_a_column_says_what_to_write():
    table = read("Date,Spend\n2026-03-02,3\n")
    assert len(table.problems) == 3
    assert "impressions, clicks" in table.problems[0]
    ready = read(
        "Tag;Kosten;Views;Klicks\n02.03.2026;1.234,50;10;1\n", day="Tag", cost="Kosten",
        clicks="Klicks", all_channel="display", all_currency="EUR", all_campaign="Spring",
        dayfirst="yes",
    )  # fmt: skip
    assert ready.problems == []
    ((key, figures),) = ready.figures.items()
    assert key == (date(2026, 3, 2), "display", "Spring", "EUR")
    assert figures.cost == Decimal("1234.50")


def test_days_that_may_be_read_in_two_ways_are_not_guessed():
    text = FILE.replace("2026-03-02", "03/02/2026").replace("2026-03-03", "03/03/2026")
    assert "may be read in two ways" in read(text).problems[0]
    assert (date(2026, 3, 2), "paid_search", "Brand", "EUR") in read(text, dayfirst="no").figures
    told = read(text.replace("03/03/2026", "03/31/2026"))
    assert (date(2026, 3, 31), "paid_social", "Spring", "EUR") in told.figures


@pytest.mark.skipif(not KAG.exists(), reason="the data set is not here")
def test_the_facebook_campaigns_cost_what_is_known_of_them():
    # Known truths of the file: Spent by xyz_campaign_id is 149.71, 2,893.37 and 55,662.15.
    table = read(KAG.read_text(), all_channel="paid_social", all_currency="USD")
    assert table.problems == []
    assert table.rows == 1143
    costs: dict[str, Decimal] = {}
    for (_day, _channel, campaign, _currency), figures in table.figures.items():
        costs[campaign] = costs.get(campaign, Decimal(0)) + figures.cost
    assert {name: round(cost, 2) for name, cost in costs.items()} == {
        "916": Decimal("149.71"), "936": Decimal("2893.37"), "1178": Decimal("55662.15"),
    }  # fmt: skip


pytestmark = pytest.mark.django_db


@pytest.fixture
def mia():
    return make_user("marketer")


def add(user, text=FILE, *, replace=False, **options):
    made = upload_spend(user, "march.csv", text.encode())
    set_reading(user, made.pk, options)
    return bring_in(user, made.pk, replace=replace)


def costs():
    return {(row["channel"], row["currency"]): row["all_cost"] for row in sum_spend(SpendFilter())}


def test_a_file_counts_once_it_is_brought_in(mia):
    made = upload_spend(mia, "C:\\ads\\march.csv", FILE.encode())
    assert made.name == "march.csv"
    assert not AdSpend.objects.exists()
    done = bring_in(mia, made.pk)
    assert done.counts == {"new": 2, "same": 0, "replaced": 0}
    assert done.content == ""
    assert costs() == {("paid_search", "EUR"): Decimal("12.75"), ("paid_social", "EUR"): 7}
    verbs = AuditEntry.objects.values_list("verb", flat=True)
    assert {"upload_spend", "bring_in_spend"} <= set(verbs)


def test_the_same_file_twice_changes_nothing(mia):
    add(mia)
    before = list(AdSpend.objects.values())
    again = add(mia)
    assert again.counts == {"new": 0, "same": 2, "replaced": 0}
    assert list(AdSpend.objects.values()) == before


def test_other_figures_for_the_same_day_replace_only_when_told(mia):
    add(mia)
    other = FILE.replace("10.50", "20.50")
    with pytest.raises(SpendRefusedError, match="1 figure is there already"):
        add(mia, other)
    assert costs()["paid_search", "EUR"] == Decimal("12.75")
    done = add(mia, other, replace=True)
    assert done.counts == {"new": 0, "same": 1, "replaced": 1}
    assert costs()["paid_search", "EUR"] == Decimal("22.75")


def test_undo_brings_back_what_was_replaced(mia):
    first = add(mia)
    second = add(mia, FILE.replace("10.50", "20.50"), replace=True)
    with pytest.raises(SpendRefusedError, match="Undo that one first"):
        undo_spend(mia, first.pk)
    assert undo_spend(mia, second.pk).state == FileState.UNDONE
    assert costs()["paid_search", "EUR"] == Decimal("12.75")
    undo_spend(mia, first.pk)
    assert costs() == {}
    remove_file(mia, first.pk)
    assert list(SpendFile.objects.values_list("pk", flat=True)) == [second.pk]


def test_a_file_with_mistakes_does_not_come_in(mia):
    made = upload_spend(mia, "x.csv", FILE.replace("20,10.50", "x,10.50").encode())
    with pytest.raises(SpendRefusedError, match="Mend the rows"):
        bring_in(mia, made.pk)
    with pytest.raises(SpendRefusedError, match="can't be done now"):
        undo_spend(mia, made.pk)


def test_what_is_no_table_is_refused(mia):
    for content in (b"", b"\xff\xfe\x00", b"a\0b"):
        with pytest.raises(ValidationError):
            upload_spend(mia, "x.csv", content)


def test_only_who_manages_spend_brings_it_in(mia):
    for role in ("salesperson", "analyst", "head_of_sales", "viewer"):
        with pytest.raises(PermissionDenied):
            upload_spend(make_user(role), "x.csv", FILE.encode())


def test_what_would_happen_is_foreseen(mia):
    add(mia)
    more = FILE.replace("10.50", "11.50") + "2026-03-04,email,,10,1,1,EUR\n"
    effect = foresee(read(more))
    assert (effect.new, effect.same, effect.replaced) == (1, 1, 1)


def test_currencies_stand_apart_and_channels_meet_their_deals(mia):
    add(mia, FILE + "2026-03-03,google,Brand,100,1,50,SEK\n")
    pipeline = make_pipeline()
    add_deal(pipeline, (0, "new"), (3, "won"), channel="paid_search", amount=100, cost=40)
    add_deal(pipeline, (1, "new"), channel="paid_search", amount=100)
    add_deal(pipeline, (1, "new"), (2, "won"), channel="paid_search", amount=500, currency="SEK")
    add_deal(pipeline, (1, "new"), channel="referral")
    rows = {(row.channel, row.currency): row for row in channel_economics(mia, SpendFilter())}
    euros = rows["paid_search", "EUR"].figures
    assert (euros.leads, euros.customers, euros.revenue) == (2, 1, 100)
    assert euros.cpl == Decimal("6.375")
    assert euros.cac == Decimal("12.75")
    assert euros.romi == pytest.approx((60 - 12.75) / 12.75)
    crowns = rows["paid_search", "SEK"]
    assert (crowns.without_cost, crowns.figures.romi) == (1, None)
    assert crowns.figures.rpm == 5000
    referral = rows["referral", "EUR"].figures
    assert (referral.impressions, referral.cost, referral.leads, referral.cpl) == (
        None, None, 1, None,
    )  # fmt: skip


def test_dates_narrow_cost_and_deals(mia):
    add(mia)
    asked = SpendFilter(as_us(START) - 9 * 3600 * 10**6, as_us(START) + 3600 * 10**6)
    assert [row.campaign for row in list_spend(asked)] == ["Brand"]
    pipeline = make_pipeline()
    add_deal(pipeline, (0, "new"), channel="email")
    add_deal(pipeline, (5, "new"), channel="email")
    found = {row.channel: row.figures.leads for row in channel_economics(mia, asked)}
    assert found == {"paid_search": 0, "email": 1}
