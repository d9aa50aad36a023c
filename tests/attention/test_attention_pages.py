"""Pages of attention: the list with what mends each deal, what counts, the daily mail."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from deals_support.deal_world import deal_in, pipeline_of
from suppilo.apps.attention.models import DigestChoice, Reason, Snooze, Thresholds
from suppilo.apps.deals.models import Deal
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    return make_user("salesperson")


@pytest.fixture
def deal(seller):
    deal = deal_in(pipeline_of(), seller, name="Roof <panels>")
    Deal.objects.update(next_step="", next_step_at=None)
    return deal


def test_list_shows_why_and_what_mends_it(seller, deal):
    text = client_for(seller).get(reverse("attention")).content.decode()
    assert "Roof &lt;panels&gt;" in text
    assert "nothing is planned" in text
    assert reverse("deal_next_step", args=[deal.pk]) in text


def test_list_says_all_is_well_only_where_there_are_open_deals(seller, deal):
    text = client_for("head_of_sales").get(reverse("attention"), {"whose": "mine"}).content.decode()
    assert "You have no open deals" in text
    assert "All is well" not in text
    planned = timezone.now() + timedelta(days=2)
    Deal.objects.update(next_step="Call", next_step_at=planned)
    assert "All is well" in client_for(seller).get(reverse("attention")).content.decode()
    Deal.objects.all().delete()
    text = client_for(seller).get(reverse("attention"), {"whose": "all"}).content.decode()
    assert "There are no open deals" in text
    assert reverse("deal_new") in text


def test_every_reason_has_its_remedy(seller, deal):
    far = timezone.now() - timedelta(days=90)
    Deal.objects.update(
        next_step="Call", next_step_at=far, entered_at=far, opened_at=far, expected_close=far.date()
    )
    client = client_for(seller)
    text = client.get(reverse("attention")).content.decode()
    assert f"{deal.get_absolute_url()}#field-expected_close" in text
    Deal.objects.update(expected_close=None)
    text = client.get(reverse("attention"), {"reason": Reason.STALE}).content.decode()
    assert f'href="{reverse("quick_entry")}?deal={deal.pk}" data-quick' in text


def test_putting_aside_and_looking_again(seller, deal):
    client = client_for(seller)
    url = reverse("snooze_deal", args=[deal.pk])
    day = (timezone.localdate() + timedelta(days=5)).isoformat()
    client.post(url, {"until": day, "reason": "Holiday"})
    assert client.get(reverse("attention")).context["found"].total == 0
    text = client.get(reverse("attention"), {"snoozed": "1"}).content.decode()
    assert "Holiday" in text
    client.post(reverse("wake_deal", args=[deal.pk]))
    assert client.get(reverse("attention")).context["found"].total == 1
    for wrong in ({}, {"until": "31.2.", "reason": "x"}, {"until": "2026-02-31", "reason": "x"}):
        assert client.post(url, wrong).status_code == 302
    assert Snooze.objects.count() == 1
    assert client_for("salesperson").post(url, {"until": day, "reason": "x"}).status_code == 404


def test_badge_counts_ones_own_and_is_kept_for_a_minute(seller, deal):
    answer = client_for(seller).get(reverse("attention_badge"))
    assert ">1<" in answer.content.decode()
    assert answer["Cache-Control"] == "private, max-age=60"
    assert client_for("head_of_sales").get(reverse("attention_badge")).content.strip() == b""


def test_thresholds_are_set_on_their_page(seller, deal):
    client = client_for("head_of_sales")
    url = reverse("thresholds")
    form = {
        "stale_days": 9, "stuck_percent": 90, "stuck_least": 30, "gate_days": 2,
        "change_amount": "500.50", "change_days": 3, "switched_on": ["stale", "stuck"],
    }  # fmt: skip
    assert client.post(url, form).status_code == 302
    kept = Thresholds.objects.get()
    assert (kept.stale_days, str(kept.change_amount)) == (9, "500.5000")
    assert "no_next_step" in kept.switched_off
    assert 'value="9"' in client.get(url).content.decode()
    assert client.post(url, {**form, "stuck_percent": 100}).status_code == 422
    assert client_for(seller).get(url).status_code == 403


def test_daily_mail_is_chosen_on_its_page(seller):
    client = client_for(seller)
    assert client.post(reverse("digest"), {"hour": "6"}).status_code == 302
    choice = DigestChoice.objects.get()
    assert (choice.user, choice.is_on, choice.hour) == (seller, False, 6)
    assert client.post(reverse("digest"), {"hour": "25"}).status_code == 422


@pytest.mark.parametrize(
    "query", ["reason=nonsense", "page=0", "page=99999999", "whose=all", "snoozed=1&reason=stale"]
)
def test_odd_addresses_show_a_list(seller, deal, query):
    assert client_for(seller).get(f"{reverse('attention')}?{query}").status_code == 200
