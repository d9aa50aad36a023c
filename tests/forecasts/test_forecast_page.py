"""The page of the forecast: what it says, whom it shows what, and where its figures lead."""

import csv
import re
from datetime import datetime, time, timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from forecast_support.forecast_deals import fill
from reports_support.pipeline_world import START, add_deal, make_pipeline
from segments_support.known_segments import make_segment
from suppilo.apps.deals.models import Deal
from suppilo.apps.forecasts.models import DealCall, FigureCall, MadeForecast, MadePeriod
from suppilo.apps.forecasts.scoring import score_periods
from suppilo.apps.quotas.models import Measure, Span
from suppilo.apps.quotas.periods import period_of
from suppilo.apps.quotas.services import NewTarget, set_targets
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db
PAGE = "/insights/forecast/"


@pytest.fixture
def owner():
    return make_user("owner")


@pytest.fixture
def seller():
    return make_user("salesperson")


@pytest.fixture
def world(owner, seller):
    return fill([owner, seller], deals=90)


def read(user, address=PAGE, wait="2"):
    sign = "&" if "?" in address else "?"
    answer = client_for(user).get(f"{address}{sign}wait={wait}")
    assert answer.status_code == 200, answer.content
    return unescape(re.sub(r"<[^>]+>", " ", answer.content.decode()))


def words(text):
    return " ".join(text.split())


def test_page_says_what_the_month_will_come_to_with_its_range(owner, world):
    text = words(read(owner))
    assert re.search(r"will come to about €[\d,]+; eight times in ten to between", text)
    assert "From deals to come" in text
    assert "Together" in text
    assert "how far sellers count on it" in text


def test_page_without_a_pipeline_or_without_deals_says_what_to_do(owner):
    assert "There is no pipeline yet" in read(owner)
    make_pipeline()
    assert "Open deals with an amount" in read(owner)


def test_too_little_history_is_said_and_the_weighted_pipeline_shown(owner):
    pipeline = make_pipeline()
    soon = timezone.localdate() + timedelta(days=1)
    add_deal(pipeline, (1, "quote"), amount=800, expected_close=soon, owner=owner)
    text = words(read(owner, PAGE + "?every=week"))
    assert "Too little history for ranges. Deals that have ended: 0," in text
    assert "by the weighted pipeline" in text
    assert "80 %" not in text.split("What was counted")[0].split("Weighted pipeline")[0]


def test_page_waits_and_asks_again(owner, world, monkeypatch):
    from suppilo.web.views.insights.forecast import page

    monkeypatch.setattr(page, "asked_wait", lambda _query: 0.0)
    answer = client_for(owner).get(PAGE)
    assert b"Counting" in answer.content
    assert b'hx-get="/insights/forecast/?every=month&amp;periods=6&amp;wait=1"' in answer.content


def test_record_says_how_good_past_forecasts_were_and_which_to_use(owner, world):
    text = words(read(owner, "/insights/forecast/record/"))
    assert "Tried on" in text
    assert "Use" in text
    assert "Pinball loss" in text
    assert "Period by period" in text
    answer = client_for(owner).get("/insights/forecast/record/?wait=2")
    trials, pictures = answer.context["trials"], dict(answer.context["pictures"])
    links = re.findall(r'<a class="c-hit" href="([^"]*)"', pictures["wide"])
    assert [unescape(url) for url in links] == [row.url for row in trials[::-1]]
    assert pictures["wide"].count("c-fan is-middle") == len(trials)
    assert pictures["narrow"].count("c-fan is-middle") == min(8, len(trials))


def test_figures_lead_to_their_deals(owner, world):
    html = client_for(owner).get(PAGE + "?wait=2").content.decode()
    best = re.search(r'href="([^"]+category=best_case[^"]*)">(\d+)</a>', html)
    listed = client_for(owner).get(unescape(best[1])).content.decode()
    assert re.search(rf"{best[2]}\s+deals", listed)
    assert "By history" in listed
    cards = html[html.index('class="cards"') : html.index("Won, and still to be won")]
    assert len(re.findall(r'class="card"', cards)) == 4
    assert len(re.findall(r'<p class="big"><a href="[^"]+">', cards)) == 4
    won = client_for(owner).get(f"{PAGE}deals/?won=1").content.decode()
    first = timezone.localdate().replace(day=1)
    count = Deal.objects.filter(state="won", closed_at__date__gte=first).count()
    assert f"{count} deal" in won


def test_what_was_called_by_hand_and_what_is_won_open_their_deals(owner, world):
    called = Deal.objects.filter(state="open", expected_close__isnull=False).first()
    Deal.objects.filter(pk=called.pk).update(expected_close=timezone.localdate())
    DealCall.objects.create(deal=called, category="best_case", by=owner)
    client = client_for(owner)
    html = client.get(PAGE + "?wait=2").content.decode()
    (url, number) = re.search(r'href="([^"]+called=1[^"]*)">(\d+)</a>', html).groups()
    answer = client.get(unescape(url))
    assert answer.context["total"] == int(number) == 1
    assert "called by hand" in answer.content.decode()
    table = html[html.index('id="categories"') :]
    won = re.search(r"(?s)<tbody><tr>.*?</tr>", table)[0]
    first, second = re.findall(r'<a href="([^"]*)">([^<]*)</a>', won)
    assert first == second
    rows = client.get(unescape(first[0])).context["rows"]
    assert sum(row.deal.amount for row in rows) == money_of(first[1])


def test_sums_of_categories_and_of_periods_open_what_they_add_up(owner, world):
    later = timezone.localdate() + timedelta(days=60)
    add_deal(world, (1, "quote"), owner=owner, expected_close=later)
    # One was won this month, on the month's first day as well.
    today = (timezone.now() - START) / timedelta(days=1)
    add_deal(world, (today - 9, "new"), (today - 1 / 1440, "won"), owner=owner)
    client = client_for(owner)
    html = client.get(PAGE + "?wait=2").content.decode()
    found = re.findall(r'<a href="([^"]*up_to=pipeline[^"]*)">([^<]*)</a>', html)
    (url, said) = (unescape(text) for text in found[0])
    rows = client.get(url).context["rows"]
    assert {row.deal.state for row in rows} == {"won", "open"}
    assert sum(row.deal.amount for row in rows) == money_of(said)
    assert all(row.deal.state == "open" for row in rows if row.may_call)
    whole = unescape(re.search(r'<a href="([^"]*through=[^"]*)"', html)[1])
    first = client.get(re.sub("&through=[^&]*", "", whole)).context["total"]
    months = client.get(whole).context
    assert months["total"] == first + 1
    assert " – " in months["name"]


def test_the_number_of_forecasts_scored_opens_them(owner, world):
    client = client_for(owner)
    html = client.get(f"{PAGE}record/?wait=2").content.decode()
    links = re.findall(r'<a href="([^"]*ahead=(\d+)#trials)">([\d,]+)</a>', html)
    assert links[0][1] == "1"
    assert links[-1][1] == "0"
    for url, _ahead, number in links:
        assert len(client.get(unescape(url)).context["trials"]) == int(number.replace(",", ""))


def money_of(text: str) -> Decimal:
    return Decimal(re.sub(r"[^\d.]", "", unescape(text)))


def test_what_was_won_in_a_kept_forecasts_month_opens_its_deals(owner, world):
    client = client_for(owner)
    client.post(f"{PAGE}keep/", {"every": "month", "periods": "1"})
    month = timezone.localdate().replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    midnights = [timezone.make_aware(datetime.combine(day, time())) for day in (before, month)]
    MadeForecast.objects.update(is_opening=True)
    MadePeriod.objects.update(starts_at=midnights[0], ends_at=midnights[1])
    assert score_periods(timezone.now() + timedelta(days=10)) == 1
    actual = MadePeriod.objects.get().actual
    html = client.get(f"{PAGE}record/?wait=2").content.decode()
    kept = html[html.index("Forecasts as they were made") :]
    url = unescape(re.search(r'href="([^"]*won=1[^"]*)"', kept)[1])
    assert f"start={before.isoformat()}" in url
    rows = client.get(url).context["rows"]
    assert rows
    assert sum(row.deal.amount for row in rows) == actual


def test_salespeople_see_only_their_own_deals_in_it(owner, seller, world):
    def listed(user):
        html = client_for(user).get(f"{PAGE}deals/?start=2026-01-01").content.decode()
        return set(map(int, re.findall(r'href="/deals/(\d+)/"', html)))

    add_deal(world, (1, "quote"), owner=owner, expected_close="2026-01-09")
    own = add_deal(world, (1, "quote"), owner=seller, expected_close="2026-01-09")
    assert listed(seller) == {own.pk}
    assert len(listed(owner)) == 2


def test_a_deal_is_called_from_the_list(seller, world):
    deal = Deal.objects.filter(owner=seller, state="open").first()
    back = f"{PAGE}deals/?category=best_case"
    answer = client_for(seller).post(
        f"{PAGE}deals/{deal.pk}/call/", {"category": "commit", "next": back}
    )
    assert (answer.status_code, answer["Location"]) == (302, back)
    assert DealCall.objects.get(deal=deal).category == "commit"
    html = client_for(seller).get(f"{PAGE}deals/?category=commit").content.decode()
    assert deal.name in html


def test_calls_of_deals_that_one_may_not_call_are_refused(owner, seller, world):
    strange = Deal.objects.filter(owner=owner, state="open").first()
    answer = client_for(seller).post(f"{PAGE}deals/{strange.pk}/call/", {"category": "commit"})
    assert answer.status_code == 404
    assert not DealCall.objects.exists()


def test_a_month_is_called_and_shown_with_who_said_it(owner, seller, world):
    form = {"currency": "EUR", "user": str(seller.pk), "amount": "12 500,50"}
    answer = client_for(seller).post(f"{PAGE}month/", form)
    assert answer["Location"].endswith("#calls")
    assert FigureCall.objects.get().amount == Decimal("12500.50")
    text = words(read(owner))
    assert "€12,500.50" in text
    assert (
        client_for(seller).post(f"{PAGE}month/", form | {"user": str(owner.pk)}).status_code == 403
    )
    refused = client_for(seller).post(f"{PAGE}month/", form | {"amount": "lots"}, follow=True)
    assert "is no amount" in refused.content.decode()


def test_quotas_stand_beside_what_open_deals_are_likely_to_add(owner, seller, world):
    period = period_of(Span.MONTH, timezone.localdate())
    target = NewTarget(period, Measure.WON_AMOUNT, Decimal(50_000), seller.pk, currency="EUR")
    set_targets(owner, [target])
    text = words(read(owner))
    assert "pace of the quotas" in text
    assert "€50,000" in text


def test_the_forecast_is_kept_on_demand(owner, seller, world):
    answer = client_for(owner).post(f"{PAGE}keep/", {"every": "month", "periods": "2"}, follow=True)
    assert "The forecast is kept" in answer.content.decode()
    made = MadeForecast.objects.get()
    assert (made.made_by, made.is_daily, made.periods.count()) == (owner, False, 2)
    assert client_for(seller).post(f"{PAGE}keep/", {}).status_code == 403


def test_the_table_is_a_file(owner, world):
    answer = client_for(owner).get(f"{PAGE}csv/?periods=3")
    rows = list(csv.DictReader(b"".join(answer).decode("utf-8-sig").splitlines()))
    assert len(rows) == 3
    assert float(rows[0]["lower_80"]) <= float(rows[0]["median"]) <= float(rows[0]["upper_80"])


def test_the_page_asks_no_more_for_more_deals(owner, seller, django_assert_max_num_queries):
    pipeline = fill([owner, seller], deals=40)
    client = client_for(owner)
    with django_assert_max_num_queries(45):
        client.get(PAGE + "?wait=2")
    fill([owner, seller], deals=80, pipeline=pipeline, seed=4)
    with django_assert_max_num_queries(45):
        client.get(PAGE + "?wait=2")
    with django_assert_max_num_queries(25):
        client.get(f"{PAGE}deals/?start=2027-01-01")


def test_api_says_what_the_page_says(owner, seller, world):
    client = client_for(owner)
    token = bearer(owner)
    answer = client.get("/api/insights/forecast?every=week&periods=3", **token)
    assert answer.status_code == 200, answer.content
    (found,) = answer.json()["forecasts"]
    assert found["currency"] == "EUR"
    assert len(found["periods"]) == 3
    assert found["track_record"]["advice"] in {"history", "weighted", "untried"}
    assert [one["category"] for one in found["categories"]] == [
        "commit", "best_case", "pipeline", "omitted",
    ]  # fmt: skip


def test_api_takes_calls(owner, seller, world):
    deal = Deal.objects.filter(owner=seller, state="open").first()
    body = {"deal_id": deal.pk, "category": "commit", "note": "Signed by Friday"}
    said = client_for(seller).post(
        "/api/insights/forecast/calls", body, content_type="application/json", **bearer(seller)
    )
    assert said.status_code == 201, said.content
    assert said.json()["category"] == "commit"
    strange = Deal.objects.filter(owner=owner, state="open").first()
    refused = client_for(seller).post(
        "/api/insights/forecast/calls", body | {"deal_id": strange.pk},
        content_type="application/json", **bearer(seller),
    )  # fmt: skip
    assert refused.status_code == 404
    wrong = client_for(seller).post(
        "/api/insights/forecast/calls", body | {"category": "surely"},
        content_type="application/json", **bearer(seller),
    )  # fmt: skip
    assert wrong.status_code == 422


def test_api_takes_figures(owner, seller, world):
    body = {
        "user_id": seller.pk, "pipeline_id": world.pk, "starts_on": "2026-12-01",
        "currency": "EUR", "amount": "900",
    }  # fmt: skip
    said = client_for(owner).post(
        "/api/insights/forecast/figures", body, content_type="application/json", **bearer(owner)
    )
    assert said.status_code == 201, said.content
    assert FigureCall.objects.get().by == owner
    wrong = client_for(owner).post(
        "/api/insights/forecast/figures", body | {"starts_on": "2026-12-02"},
        content_type="application/json", **bearer(owner),
    )  # fmt: skip
    assert wrong.status_code == 422


def test_page_of_a_segment_says_so_and_its_links_keep_it(owner, world):
    numbers = Deal.objects.values_list("pk", flat=True)[:60]
    segment = make_segment(owner, "deal", numbers, "Big & old")
    address = f"{PAGE}?segment={segment.pk}"
    page = client_for(owner).get(f"{address}&wait=2")
    text = unescape(page.content.decode())
    assert "Only deals of who is in the segment “Big & old” now" in text
    assert "called by hand</h2>" not in text
    links = re.findall(r'href="(/insights/forecast/[^"]*)"', page.content.decode())
    deals = [unescape(one) for one in links if "/deals/" in one]
    assert deals
    assert all(f"segment={segment.pk}" in one for one in deals)
    listed = client_for(owner).get(deals[0])
    assert "segment “Big & old”" in unescape(listed.content.decode())
    assert f"segment={segment.pk}" in page.context["csv_url"]
    answer = client_for(owner).post("/insights/forecast/keep/", {"segment": segment.pk})
    assert f"segment={segment.pk}" in answer["Location"]
    assert set(MadeForecast.objects.values_list("segment", flat=True)) == {segment.pk}
    record = client_for(owner).get(f"/insights/forecast/record/?segment={segment.pk}&wait=2")
    assert "Of the segment “Big & old” alone." in unescape(record.content.decode())


def test_a_segment_that_is_not_ones_to_see_has_no_forecast(owner, seller, world):
    hidden = make_segment(owner, "deal", [], visibility="private")
    for address in (PAGE, f"{PAGE}deals/", f"{PAGE}record/"):
        assert client_for(seller).get(f"{address}?segment={hidden.pk}").status_code == 404
    asked = {"segment": hidden.pk}
    answer = Client().get("/api/insights/forecast", asked, headers=bearer(seller))
    assert answer.status_code == 404


def test_api_forecasts_a_segment(owner, world):
    numbers = list(Deal.objects.order_by("-pk").values_list("pk", flat=True)[:40])
    segment = make_segment(owner, "deal", numbers)
    asked = {"segment": segment.pk}
    answer = Client().get("/api/insights/forecast", asked, headers=bearer(owner))
    (found,) = answer.json()["forecasts"]
    month = timezone.localdate().replace(day=1)
    won = Deal.objects.filter(pk__in=numbers, state="won", closed_at__date__gte=month)
    assert Decimal(found["periods"][0]["won"]) == sum(deal.amount for deal in won)
