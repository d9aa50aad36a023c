from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from deals_support.deal_world import PAGE, asks, deal_in, lose, move, pipeline_of, stage
from suppilo.apps.accounts.models import Role
from suppilo.apps.catalogue.services import NewProduct, make_product, set_limit
from suppilo.apps.deals.services import NewItem, ask_approval
from suppilo.apps.discounts.report import DiscountQuestion, report_discounts
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def head():
    return make_user("head_of_sales")


@pytest.fixture
def seller():
    return make_user("salesperson", name="Sam Seller")


@pytest.fixture
def pipeline():
    return pipeline_of()


@pytest.fixture
def pump(head):
    return make_product(head, NewProduct("Pump", "P-1", "Pumps"))


def this_year():
    today = timezone.localdate()
    return DiscountQuestion(today - timedelta(days=30), today + timedelta(days=1))


def a_deal(seller, pipeline, pump, discount="0", price="100", currency="EUR", name="Nordvik"):
    items = (NewItem(pump.pk, "Pump", Decimal(3), Decimal(price), discount=Decimal(discount)),)
    return deal_in(pipeline, seller, name, items=items, currency=currency)


def win(deal):
    for key in ("b", "c", "won"):
        move(deal, key)


def test_what_was_given_is_counted_on_won_deals_only(head, seller, pipeline, pump):
    win(a_deal(seller, pipeline, pump, "0.1"))
    win(a_deal(seller, pipeline, pump, "0.333", "9.99"))
    win(a_deal(seller, pipeline, pump))
    lose(a_deal(seller, pipeline, pump, "0.5"))
    a_deal(seller, pipeline, pump, "0.5")
    report = report_discounts(head, this_year())
    [total] = report.totals
    assert (total.currency, total.deals, total.highest) == ("EUR", 2, Decimal("0.333"))
    assert (total.listed, total.given) == (Decimal("329.97"), Decimal("39.98"))
    assert total.rate == Decimal("0.1212")
    assert (report.discounted.count, report.discounted.total) == (3, 4)
    assert (report.won_with.count, report.won_with.total) == (2, 3)
    assert (report.won_without.count, report.won_without.total) == (1, 1)
    assert report.won_with.interval.lower == pytest.approx(0.2077, abs=1e-4)
    assert [(row.label, row.given) for row in report.by_owner] == [("Sam Seller", total.given)]
    assert [row.label for row in report.by_product] == ["Pump"]
    assert [row.key for row in report.by_month] == [timezone.localdate().strftime("%Y-%m")]


def test_currencies_are_not_added(head, seller, pipeline, pump):
    win(a_deal(seller, pipeline, pump, "0.1"))
    win(a_deal(seller, pipeline, pump, "0.1", currency="USD"))
    report = report_discounts(head, this_year())
    assert [(row.currency, row.given) for row in report.totals] == [("EUR", 30), ("USD", 30)]
    assert len(report.by_owner) == 2


def test_nothing_closed_is_no_rate(head):
    report = report_discounts(head, this_year())
    assert report.discounted.rate is None
    assert report.won_with.interval is None
    assert report.totals == ()
    with pytest.raises(ValidationError):
        report_discounts(head, DiscountQuestion(date(2026, 1, 2), date(2026, 1, 2)))


def test_a_seller_sees_own_discounts_only(seller, pipeline, pump):
    other = make_user("salesperson")
    win(a_deal(other, pipeline, pump, "0.1"))
    assert report_discounts(seller, this_year()).discounted.total == 0
    assert report_discounts(other, this_year()).discounted.total == 1


def test_the_report_opens_the_deals_behind_its_figures(
    head, seller, pipeline, pump, django_assert_max_num_queries
):
    for n in range(6):
        win(a_deal(seller, pipeline, pump, "0.1", name=f"Deal {n}"))
    lose(a_deal(seller, pipeline, pump, name="Lost one"))
    page = client_for(head)
    with django_assert_max_num_queries(9):
        text = page.get(reverse("discounts")).content.decode()
    assert "€180" in text
    assert "6 of 7 deals" in text
    url = reverse("discount_deals")
    asked = {"discount": "with", "state": "won", "owner": seller.pk, "product": pump.pk}
    with django_assert_max_num_queries(9):
        text = page.get(url, asked).content.decode()
    assert text.count("Deal ") >= 6
    assert "Lost one" not in text
    assert "Lost one" in page.get(url, {"discount": "without"}).content.decode()
    assert "No deal is like" in page.get(url, {"owner": ""}).content.decode()
    assert "No deal is like" in page.get(url, {"product": "x"}).content.decode()


def test_a_period_that_is_none_is_said(head):
    page = client_for(head)
    bad = {"start": "2026-02-01", "last": "2026-01-01"}
    assert page.get(reverse("discounts"), bad).status_code == 422
    assert page.get(reverse("discounts"), {"start": "x"}).status_code == 422
    assert page.get(reverse("discount_deals"), bad).status_code == 302
    assert page.get(reverse("discount_export"), bad).status_code == 302


def test_the_discounts_are_given_as_a_file(head, seller, pipeline, pump):
    win(a_deal(seller, pipeline, pump, "0.1", name="=evil()"))
    response = client_for(head).get(reverse("discount_export"))
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    header, row = text.strip().splitlines()
    assert header.startswith("closed,deal_id,deal,owner")
    assert row.endswith("EUR,300.00,0.1000,30.00")
    assert ",=evil" not in row
    assert client_for("salesperson").get(reverse("discount_export")).status_code == 403


@pytest.fixture
def asked(head, seller, pipeline, pump):
    set_limit(head, Role.SALESPERSON, Decimal("0.05"))
    deal = a_deal(seller, pipeline, pump, "0.2")
    return ask_approval(seller, deal.pk, "discount", reason="A big customer")


def test_a_discount_is_approved_on_the_page_of_approvals(head, seller, asked):
    page, url = client_for(head), reverse("approvals")
    text = page.get(url).content.decode()
    assert "A big customer" in text
    assert "20\u00a0%" in text
    page.post(reverse("approval_answer", args=[asked.pk]), {"answer": "approve"})
    asked.refresh_from_db()
    assert (asked.state, asked.answered_by) == ("approved", head)
    assert "Nothing is asked for" in page.get(url).content.decode()
    assert "Approved" in page.get(url, {"view": "answered"}).content.decode()


def test_a_refusal_needs_a_reason(head, asked):
    page, url = client_for(head), reverse("approval_answer", args=[asked.pk])
    text = page.post(url, {"answer": "refuse"}, follow=True).content.decode()
    assert "why" in text
    page.post(url, {"answer": "refuse", "reason": "Too much"})
    asked.refresh_from_db()
    assert (asked.state, asked.answer_reason) == ("refused", "Too much")


def test_only_who_may_answers_and_strangers_see_nothing(seller, asked):
    own, stranger = client_for(seller), client_for("salesperson")
    assert "Somebody else answers" in own.get(reverse("approvals")).content.decode()
    url = reverse("approval_answer", args=[asked.pk])
    assert own.post(url, {"answer": "approve"}).status_code == 403
    assert "Nothing is asked" in stranger.get(reverse("approvals")).content.decode()
    assert stranger.post(url, {"answer": "approve"}).status_code == 404


def test_leave_for_a_stage_is_answered_by_the_roles_it_names(head, seller):
    wanted = asks("approval", key="board", roles=["owner"], text="The board agrees")
    deal = deal_in(pipeline_of(stage("a"), stage("b", wanted)), seller)
    ask_approval(seller, deal.pk, "stage", "b.board")
    text = client_for(head).get(reverse("approvals")).content.decode()
    assert "The board agrees" in text
    assert "Somebody else answers" in text
    assert 'value="approve"' in client_for("owner").get(reverse("approvals")).content.decode()


def test_approvals_are_listed_with_few_questions(
    head, seller, pipeline, pump, django_assert_max_num_queries
):
    set_limit(head, Role.SALESPERSON, Decimal("0.05"))
    for n in range(12):
        deal = a_deal(seller, pipeline, pump, "0.2", name=f"Deal {n}")
        ask_approval(seller, deal.pk, "discount", source=PAGE)
    page = client_for(head)
    with django_assert_max_num_queries(12):
        assert page.get(reverse("approvals")).content.decode().count("Approve<") == 12
