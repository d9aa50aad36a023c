from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from deals_support.deal_world import PAGE, asks, pipeline_of, stage, where
from quotes_support.quote_world import (
    HUMAN,
    a_deal,
    a_sent_quote,
    set_letterhead,
    told,
)
from suppilo.apps.accounts.models import AuditEntry, Role
from suppilo.apps.catalogue.services import NewProduct, make_product, set_limit
from suppilo.apps.deals.models import Approval, Deal
from suppilo.apps.deals.services import NewItem, set_items
from suppilo.apps.letterhead.models import NumberRange
from suppilo.apps.outbox.models import DomainEvent
from suppilo.apps.quotes import services
from suppilo.apps.quotes.links import find_quote_id, link_token, link_url
from suppilo.apps.quotes.models import Quote, QuoteVisit
from suppilo.apps.quotes.selectors import get_quote, list_quotes
from suppilo.apps.quotes.services import AnswerRefusedError, QuoteTexts, Visitor
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db
PERSON = Visitor("203.0.113.7", HUMAN)


@pytest.fixture
def seller():
    return make_user("salesperson")


@pytest.fixture
def deal(seller):
    set_letterhead()
    return a_deal(seller)


@pytest.fixture
def draft(seller, deal):
    return services.make_quote(seller, deal.pk)


@pytest.fixture
def sent(seller, draft):
    return services.send_quote(seller, draft.pk)


def texts(quote, **more):
    values = {"customer_name": "Nordvik Oy", "valid_until": quote.valid_until, **more}
    return QuoteTexts(**values)


def test_a_draft_has_the_deals_lines_and_sums_that_add_up(draft):
    lines = list(draft.lines.all())
    assert [(line.net, line.tax) for line in lines] == [
        (Decimal(2400), Decimal(504)), (Decimal(90), Decimal("18.9")),
    ]  # fmt: skip
    sums = (draft.list_net, draft.net, draft.tax, draft.total)
    assert sums == (2500, 2490, Decimal("522.9"), Decimal("3012.9"))
    assert (draft.number, draft.state, draft.contact_email) == ("", "draft", "anna@nordvik.example")


def test_a_deal_without_products_has_no_quote(seller):
    with pytest.raises(ValidationError, match="no products"):
        services.make_quote(seller, a_deal(seller, items=()).pk)


def test_a_draft_is_worded_and_its_tax_changed(seller, draft):
    services.change_quote(seller, draft.pk, texts(draft, terms="Cash", tax_rate=Decimal("0.1")))
    draft.refresh_from_db()
    assert (draft.customer_name, draft.terms, draft.tax) == ("Nordvik Oy", "Cash", 249)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("customer_name", " "), ("terms", "x" * 5001), ("language", "xx"),
        ("tax_rate", Decimal("1.5")), ("contact_email", "nobody"),
        ("valid_until", timezone.localdate() - timedelta(days=1)),
    ],
)  # fmt: skip
def test_what_a_quote_can_not_say_is_refused_at_its_field(seller, draft, name, value):
    with pytest.raises(ValidationError) as caught:
        services.change_quote(seller, draft.pk, texts(draft, **{name: value}))
    assert list(caught.value.message_dict) == [name]


def test_a_sent_quote_never_changes(seller, deal, sent):
    set_items(seller, deal.pk, [NewItem(description="Other", unit_price=Decimal(1))], source=PAGE)
    set_letterhead(name="Another company")
    for verb in (
        lambda: services.change_quote(seller, sent.pk, texts(sent)),
        lambda: services.renew_lines(seller, sent.pk),
        lambda: services.delete_draft(seller, sent.pk),
        lambda: services.send_quote(seller, sent.pk),
    ):
        with pytest.raises(ValidationError):
            verb()
    sent.refresh_from_db()
    assert (sent.total, sent.seller["name"], sent.lines.count()) == (
        Decimal("3012.9"), "SIA Ķēde", 2,
    )  # fmt: skip


def test_numbers_go_on_without_gaps_and_drafts_use_none(seller, deal):
    year = timezone.localdate().year
    thrown = services.make_quote(seller, deal.pk)
    services.delete_draft(seller, thrown.pk)
    made = [services.make_quote(seller, deal.pk) for _n in range(3)]
    with transaction.atomic():
        services.send_quote(seller, made[0].pk)
        transaction.set_rollback(True)
    numbers = [services.send_quote(seller, one.pk).number for one in reversed(made)]
    assert numbers == [f"Q-{year}-{n:04d}" for n in (1, 2, 3)]


def test_each_year_begins_anew(seller, deal):
    first = services.send_quote(seller, services.make_quote(seller, deal.pk).pk)
    with time_machine.travel(timezone.now() + timedelta(days=366)):
        second = services.send_quote(seller, services.make_quote(seller, deal.pk).pk)
    assert first.number[-4:] == second.number[-4:] == "0001"
    assert NumberRange.objects.count() == 2


def test_the_database_itself_refuses_a_number_twice(seller, sent):
    with pytest.raises(IntegrityError), transaction.atomic():
        Quote.objects.create(deal=sent.deal, number=sent.number, version=1, currency="EUR",
                             customer_name="x", valid_until=sent.valid_until)  # fmt: skip


def test_the_next_version_has_the_deals_new_lines_and_withdraws_the_one_before(seller, deal, sent):
    set_items(seller, deal.pk, [NewItem(description="One", unit_price=Decimal(10))], source=PAGE)
    second = services.revise_quote(seller, sent.pk)
    assert services.revise_quote(seller, sent.pk).pk == second.pk
    assert (second.number, second.version, second.net) == (sent.number, 2, 10)
    sent.refresh_from_db()
    assert sent.state == "sent"
    services.send_quote(seller, second.pk)
    sent.refresh_from_db()
    assert sent.state == "withdrawn"
    assert second.title in sent.reason


def test_a_draft_takes_the_deals_lines_again(seller, deal, draft):
    set_items(seller, deal.pk, [NewItem(description="One", unit_price=Decimal(10))], source=PAGE)
    renewed = services.renew_lines(seller, draft.pk)
    assert (renewed.net, renewed.tax) == (10, Decimal("2.1"))


def test_nothing_is_sent_without_our_own_name_or_past_its_day(seller, draft):
    set_letterhead(name="")
    with pytest.raises(ValidationError, match="company's name"):
        services.send_quote(seller, draft.pk)
    set_letterhead()
    with (
        time_machine.travel(timezone.now() + timedelta(days=40)),
        pytest.raises(ValidationError, match="expired"),
    ):
        services.send_quote(seller, draft.pk)


def test_a_discount_beyond_the_limit_is_not_sent_until_it_is_approved(seller):
    head = make_user("head_of_sales")
    pump = make_product(head, NewProduct("Pump", "P-1"))
    set_limit(head, Role.SALESPERSON, Decimal("0.05"))
    set_letterhead()
    items = (NewItem(pump.pk, "Pump", unit_price=Decimal(100), discount=Decimal("0.2")),)
    deal = a_deal(seller, items=items)
    draft = services.make_quote(seller, deal.pk)
    with pytest.raises(ValidationError, match="20 % is beyond"):
        services.send_quote(seller, draft.pk)
    Approval.objects.create(deal=deal, kind="discount", rate=Decimal("0.2"), state="approved",
                            asked_by=seller, asked_at=timezone.now())  # fmt: skip
    assert services.send_quote(seller, draft.pk).state == "sent"


def test_what_is_another_sellers_is_not_there(deal, sent):
    stranger, analyst = make_user("salesperson"), make_user("analyst")
    for verb in (
        lambda: services.make_quote(stranger, deal.pk),
        lambda: services.revise_quote(stranger, sent.pk),
        lambda: services.withdraw_quote(stranger, sent.pk, "x"),
        lambda: get_quote(stranger, sent.pk),
    ):
        with pytest.raises((Quote.DoesNotExist, Deal.DoesNotExist)):
            verb()
    assert get_quote(analyst, sent.pk) == sent
    assert list(list_quotes(stranger)) == []
    with pytest.raises(PermissionDenied):
        services.make_quote(analyst, deal.pk)


def test_quotes_are_found_by_state_and_text(seller, deal, sent):
    assert list(list_quotes(seller, "sent", "nordvik")) == [sent]
    assert list(list_quotes(seller, "expired")) == []
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        assert list(list_quotes(seller, "expired", sent.number)) == [sent]
        assert list(list_quotes(seller, "sent")) == []


def test_a_link_opens_its_quote_until_it_is_renewed_or_revoked(seller, sent):
    first = link_token(sent)
    assert find_quote_id(first) == sent.pk
    assert first in link_url(sent)
    renewed = services.renew_link(seller, sent.pk)
    assert find_quote_id(first) is None
    assert find_quote_id(link_token(renewed)) == sent.pk
    revoked = services.revoke_link(seller, sent.pk)
    assert find_quote_id(link_token(renewed)) is None
    assert link_url(revoked) == ""


def test_a_link_that_somebody_made_up_opens_nothing(sent):
    token = link_token(sent)
    for wrong in ("", "x", ".", f".{token}", token[:-1], sent.link_id, f"{sent.link_id}.x",
                  "x" * 5000, token.swapcase()):  # fmt: skip
        assert find_quote_id(wrong) is None


def test_a_draft_has_no_link(seller, draft):
    with pytest.raises(ValidationError, match="draft"):
        services.renew_link(seller, draft.pk)
    with pytest.raises(ValidationError, match="no link"):
        services.mail_quote(seller, draft.pk, "a@example.com")


def test_the_link_is_mailed_with_a_message(seller, sent):
    assert services.mail_quote(seller, sent.pk, "anna@nordvik.example", "Hello Anna,")
    [mailed] = mail.outbox
    assert mailed.to == ["anna@nordvik.example"]
    assert sent.number in mailed.subject
    assert mailed.body.startswith("Hello Anna,")
    assert link_url(sent) in mailed.body
    assert AuditEntry.objects.filter(verb="mail_quote").exists()


def test_opening_is_one_event_for_each_visit(sent):
    assert services.note_visit(sent.pk, PERSON)
    assert not services.note_visit(sent.pk, PERSON)
    assert services.note_visit(sent.pk, Visitor("203.0.113.8", HUMAN))
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        assert services.note_visit(sent.pk, PERSON)
    sent.refresh_from_db()
    assert sent.state == "opened"
    assert told(sent.deal) == ["quote_sent", "quote_opened", "quote_opened", "quote_opened"]
    assert "203.0.113" not in str(list(QuoteVisit.objects.values()))


@pytest.mark.parametrize(
    "visitor",
    [
        Visitor("203.0.113.7", HUMAN, is_prefetch=True),
        Visitor("203.0.113.7", HUMAN, is_staff=True),
        Visitor("203.0.113.7", "Mozilla/5.0 (compatible; Googlebot/2.1)"),
        Visitor("203.0.113.7", ""),
    ],
)
def test_programs_and_our_own_people_do_not_open_a_quote(sent, visitor):
    assert not services.note_visit(sent.pk, visitor)
    assert told(sent.deal) == ["quote_sent"]


def test_a_customers_yes_is_kept_once_with_who_and_from_where(sent):
    services.accept_quote(sent.pk, " Anna Niemi ", "203.0.113.7")
    services.accept_quote(sent.pk, "Somebody else", "198.51.100.1")
    sent.refresh_from_db()
    assert (sent.state, sent.answered_by, sent.answered_from) == (
        "accepted", "Anna Niemi", "203.0.113.0",
    )  # fmt: skip
    assert told(sent.deal) == ["quote_sent", "quote_accepted"]
    event = DomainEvent.objects.get(name="quote_accepted")
    assert event.path == f"suppilo:deal:{sent.deal_id}"
    assert event.properties["quote_total"] == 3012.9
    assert "Anna" not in str(event.properties)
    with pytest.raises(AnswerRefusedError):
        services.refuse_quote(sent.pk, "Too late", "203.0.113.7")


def test_a_customers_no_needs_a_reason(sent):
    with pytest.raises(AnswerRefusedError, match="why not"):
        services.refuse_quote(sent.pk, " ", "")
    services.refuse_quote(sent.pk, "Too dear", "2001:db8:1:2::3")
    services.refuse_quote(sent.pk, "Again", "")
    sent.refresh_from_db()
    assert (sent.state, sent.reason, sent.answered_from) == ("refused", "Too dear", "2001:db8:1::")
    with pytest.raises(AnswerRefusedError, match="Declined"):
        services.accept_quote(sent.pk, "Anna", "")


def test_nobody_accepts_what_has_expired_or_was_withdrawn(seller, sent):
    with (
        time_machine.travel(timezone.now() + timedelta(days=31, hours=1)),
        pytest.raises(AnswerRefusedError, match="no longer valid"),
    ):
        services.accept_quote(sent.pk, "Anna", "")
    services.withdraw_quote(seller, sent.pk, "A mistake")
    with pytest.raises(AnswerRefusedError, match="withdrawn"):
        services.accept_quote(sent.pk, "Anna", "")
    with pytest.raises(ValidationError, match="waits"):
        services.withdraw_quote(seller, sent.pk, "Again")


def test_a_quote_may_be_accepted_on_its_last_day(sent):
    last = timezone.now() + timedelta(days=30)
    with time_machine.travel(last):
        assert services.accept_quote(sent.pk, "Anna", "").state == "accepted"


def test_an_acceptance_moves_a_deal_whose_next_stage_waits_for_it(seller):
    wanted = asks("event", event="quote_accepted", scope="deal", since="opened")
    pipeline = pipeline_of(stage("offer"), stage("contract", wanted, advance="move"))
    sent = a_sent_quote(seller, a_deal(seller, pipeline=pipeline))
    assert where(sent.deal) == "offer"
    services.accept_quote(sent.pk, "Anna", "203.0.113.7")
    assert where(sent.deal) == "contract"
