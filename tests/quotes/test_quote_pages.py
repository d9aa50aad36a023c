from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from quotes_support.quote_world import HUMAN, a_deal, a_sent_quote, set_letterhead, text_of, told
from suppilo.apps.letterhead.models import Drawing, Letterhead, Logo
from suppilo.apps.letterhead.words import LANGUAGES, words_in
from suppilo.apps.quotes import services
from suppilo.apps.quotes.links import link_token
from suppilo.apps.quotes.models import Quote
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    return make_user("salesperson")


@pytest.fixture
def page(seller):
    return client_for(seller)


@pytest.fixture
def deal(seller):
    set_letterhead()
    return a_deal(seller)


@pytest.fixture
def sent(seller, deal):
    return a_sent_quote(seller, deal)


@pytest.fixture
def visitor():
    return Client(headers={"user-agent": HUMAN})


def public(quote, name="public_quote"):
    return reverse(name, args=[link_token(quote)])


def picture(kind="PNG", size=(400, 100), **more):
    target = BytesIO()
    Image.new("RGB", size, "#2f5bea").save(target, kind, **more)
    return target.getvalue()


def test_a_quote_is_made_worded_and_sent_from_its_pages(page, deal):
    made = page.post(reverse("quote_new", args=[deal.pk]))
    quote = Quote.objects.get()
    assert made["Location"] == quote.get_absolute_url()
    data = {"customer_name": "Nordvik Oy", "valid_until": quote.valid_until, "language": "fi",
            "tax_rate": "25,5", "terms": "14 päivää"}  # fmt: skip
    page.post(quote.get_absolute_url(), data)
    page.post(
        reverse("quote_send", args=[quote.pk]), {"to": "anna@nordvik.example", "message": "Hei!"}
    )
    quote.refresh_from_db()
    assert (quote.state, quote.language, quote.sent_to) == ("sent", "fi", "anna@nordvik.example")
    assert len(mail.outbox) == 1
    text = page.get(quote.get_absolute_url()).content.decode()
    assert quote.number in text
    assert public(quote) in text
    assert "not yet" in text


def test_a_wrong_field_is_said_and_a_sent_quote_takes_no_words(page, deal, seller):
    quote = services.make_quote(seller, deal.pk)
    url = quote.get_absolute_url()
    assert page.post(url, {"customer_name": ""}).status_code == 422
    data = {"customer_name": "N", "valid_until": quote.valid_until, "language": "en"}
    services.send_quote(seller, quote.pk)
    response = page.post(url, data)
    assert response.status_code == 422
    assert "never changes" in response.content.decode()


def test_what_can_be_done_with_a_quote_is_done_by_its_buttons(page, sent):
    page.post(reverse("quote_link_revoke", args=[sent.pk]))
    assert "it was revoked" in page.get(sent.get_absolute_url()).content.decode()
    page.post(reverse("quote_link_renew", args=[sent.pk]))
    page.post(reverse("quote_mail", args=[sent.pk]), {"to": "nobody"})
    assert mail.outbox == []
    page.post(reverse("quote_mail", args=[sent.pk]), {"to": "anna@nordvik.example"})
    assert len(mail.outbox) == 1
    revised = page.post(reverse("quote_revise", args=[sent.pk]))
    draft = Quote.objects.get(version=2)
    assert revised["Location"] == draft.get_absolute_url()
    page.post(reverse("quote_lines", args=[draft.pk]))
    page.post(reverse("quote_delete", args=[draft.pk]))
    page.post(reverse("quote_withdraw", args=[sent.pk]), {"reason": ""})
    sent.refresh_from_db()
    assert sent.state == "sent"
    page.post(reverse("quote_withdraw", args=[sent.pk]), {"reason": "A mistake"})
    sent.refresh_from_db()
    assert sent.state == "withdrawn"


def test_quotes_are_listed_with_a_bounded_number_of_queries(
    page, seller, deal, django_assert_max_num_queries
):
    for _n in range(12):
        services.send_quote(seller, services.make_quote(seller, deal.pk).pk)
    with django_assert_max_num_queries(9):
        text = page.get(reverse("quotes")).content.decode()
    assert text.count("Nordvik") >= 12
    assert "No quote is like that" in page.get(reverse("quotes"), {"q": "zzz"}).content.decode()


def test_a_deals_quotes_are_a_part_of_its_page(page, sent):
    url = reverse("deal_quotes", args=[sent.deal_id])
    part = page.get(url, headers={"hx-request": "true"}).content.decode()
    assert part.lstrip().startswith("<ul")
    assert sent.number in page.get(url).content.decode()


def test_anothers_quote_is_404_and_who_may_only_look_is_403(sent):
    stranger, analyst = client_for("salesperson"), client_for("analyst")
    for name in ("quote", "quote_pdf"):
        assert stranger.get(reverse(name, args=[sent.pk])).status_code == 404
        assert analyst.get(reverse(name, args=[sent.pk])).status_code == 200
    assert stranger.get(reverse("deal_quotes", args=[sent.deal_id])).status_code == 404
    for name in ("quote_revise", "quote_withdraw", "quote_link_renew", "quote_mail"):
        assert stranger.post(reverse(name, args=[sent.pk])).status_code == 404
        assert analyst.post(reverse(name, args=[sent.pk])).status_code == 403


def test_the_customer_sees_the_quote_without_cookies_and_programs_are_kept_out(sent, visitor):
    response = visitor.get(public(sent))
    text = response.content.decode()
    assert response.status_code == 200
    assert "2,400.00" in text
    assert sent.number in text
    assert not response.cookies
    assert "noindex" in response["X-Robots-Tag"]
    assert response["Cache-Control"] == "no-store"
    assert "script-src" not in response["Content-Security-Policy"]
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "<script" not in text


def test_a_look_is_told_once_and_only_a_persons(sent, visitor, page):
    url = public(sent)
    visitor.head(url)
    visitor.get(url, headers={"sec-purpose": "prefetch"})
    visitor.get(url, headers={"sec-fetch-dest": "empty"})
    visitor.get(url, headers={"user-agent": "curl/8.0"})
    page.get(url, headers={"user-agent": HUMAN})
    assert told(sent.deal) == ["quote_sent"]
    visitor.get(url)
    visitor.get(url)
    assert told(sent.deal) == ["quote_sent", "quote_opened"]


def test_a_wrong_link_is_404_everywhere(sent, visitor):
    for token in ("x", link_token(sent)[:-2] + "xx", f"{sent.link_id}.{'a' * 43}"):
        for name in ("public_quote", "public_quote_pdf"):
            assert visitor.get(reverse(name, args=[token])).status_code == 404
        for name in ("public_quote_accept", "public_quote_refuse"):
            assert visitor.post(reverse(name, args=[token]), {"name": "x"}).status_code == 404


def test_the_customer_accepts_with_name_and_tick(sent, visitor):
    url = public(sent, "public_quote_accept")
    for data in ({"name": "Anna"}, {"name": " ", "agreed": "on"}):
        response = visitor.post(url, data)
        assert response.status_code == 422
        assert "tick the box" in response.content.decode()
    response = visitor.post(url, {"name": "Anna Niemi", "agreed": "on"})
    assert (response.status_code, response["Location"]) == (302, public(sent))
    assert not response.cookies
    text = visitor.get(public(sent)).content.decode()
    assert "Thank you" in text
    assert "Anna Niemi" in text
    assert "<form" not in text


def test_the_customer_declines_with_a_reason(sent, visitor):
    assert visitor.post(public(sent, "public_quote_refuse")).status_code == 422
    visitor.post(public(sent, "public_quote_refuse"), {"reason": "Too dear"})
    sent.refresh_from_db()
    assert (sent.state, sent.reason) == ("refused", "Too dear")
    response = visitor.post(public(sent, "public_quote_accept"), {"name": "A", "agreed": "on"})
    assert response.status_code == 422


def test_another_sites_form_accepts_nothing(sent):
    strict = Client(enforce_csrf_checks=True, headers={"user-agent": HUMAN})
    data = {"name": "Anna", "agreed": "on"}
    url = public(sent, "public_quote_accept")
    assert strict.post(url, data, headers={"origin": "https://evil.example"}).status_code == 403
    sent.refresh_from_db()
    assert sent.state == "sent"
    assert strict.post(url, data).status_code == 302


def test_an_expired_quote_says_so(sent, visitor):
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        text = visitor.get(public(sent)).content.decode()
    assert "no longer valid" in text
    assert "<form" not in text


def test_what_people_wrote_is_text_on_the_page(seller, deal, visitor):
    draft = services.make_quote(seller, deal.pk)
    evil = "<script>alert(1)</script>"
    texts = services.QuoteTexts(evil, draft.valid_until, terms=evil)
    services.change_quote(seller, draft.pk, texts)
    sent = services.send_quote(seller, draft.pk)
    assert "<script" not in visitor.get(public(sent)).content.decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_has_every_letter_of_its_language(seller, deal, page, language):
    written = {
        "en": "Widgets – “best” €5", "lv": "Ķēžu sūkņi, glāžšķūņu rūķīši",
        "hu": "Árvíztűrő tükörfúrógép",
        "ru": "Съешь ещё этих мягких булок, ёж", "fi": "Törkylempijävongahdus, Åland",
    }[language]  # fmt: skip
    draft = services.make_quote(seller, deal.pk)
    texts = services.QuoteTexts(
        written, draft.valid_until, introduction="#evil[x] $1$ *b* @a \\", language=language
    )
    services.change_quote(seller, draft.pk, texts)
    text = text_of(page.get(reverse("quote_pdf", args=[draft.pk])).content)
    assert written in text
    assert "#evil[x] $1$ *b* @a \\" in text
    assert "Sūknis ar ķēdi" in text
    assert words_in(language)["quote"] in text
    assert words_in(language)["draft"] in text


def test_a_sent_quotes_pdf_is_the_same_for_ever(seller, sent, page, visitor):
    first = visitor.get(public(sent, "public_quote_pdf")).content
    set_letterhead(name="Another company")
    assert page.get(reverse("quote_pdf", args=[sent.pk])).content == first
    assert "SIA Ķēde" in text_of(first)
    assert Drawing.objects.count() == 1


def test_a_long_quote_goes_on_over_pages(seller, page):
    from suppilo.apps.deals.services import NewItem

    set_letterhead()
    items = tuple(
        NewItem(description=f"Line {n} " + "y" * 250, unit_price=n + 1) for n in range(90)
    )
    quote = services.make_quote(seller, a_deal(seller, items=items).pk)
    text = text_of(page.get(reverse("quote_pdf", args=[quote.pk])).content)
    assert "Line 89" in text
    assert "Page 2" in text


def upload(page, content, name="logo.png"):
    return page.post(reverse("letterhead_logo"), {"logo": SimpleUploadedFile(name, content)})


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_logo_is_drawn_anew_and_shown(kind, seller, deal):
    head = client_for("head_of_sales")
    assert upload(head, picture(kind, (2400, 600)), "evil.html").status_code == 302
    logo = Logo.objects.get()
    assert (logo.width, logo.height) == (1200, 300)
    shown = head.get(reverse("letterhead_logo_picture"))
    assert shown["Content-Type"] == "image/png"
    assert shown.content.startswith(b"\x89PNG")
    sent = a_sent_quote(seller, deal)
    assert sent.logo == logo
    assert b"data:image/png;base64," in Client().get(public(sent)).content
    head.post(reverse("letterhead_logo_remove"))
    assert Letterhead.objects.get().logo is None
    assert head.get(reverse("letterhead_logo_picture")).status_code == 404


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a\1\0\1\0", b"\x89PNG\r\n\x1a\n" + bytes(40), b"x" * ((2 << 20) + 1), b"\0",
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused(content):
    response = upload(client_for("head_of_sales"), content)
    assert response.status_code == 422
    assert not Logo.objects.exists()


def test_a_picture_that_unpacks_to_too_many_pixels_is_refused():
    response = upload(client_for("head_of_sales"), picture(size=(5100, 5000)))
    assert response.status_code == 422


def test_hidden_words_in_a_picture_are_not_kept():
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Author", "somebody's secret")
    upload(client_for("head_of_sales"), picture(pnginfo=info))
    assert b"secret" not in bytes(Logo.objects.get().picture)


def test_company_details_are_kept_and_checked():
    head = client_for("head_of_sales")
    url = reverse("letterhead")
    data = {"name": "SIA Ķēde", "language": "lv", "tax_rate": "21", "quote_days": "30",
            "payment_days": "14"}  # fmt: skip
    assert head.post(url, {**data, "email": "x"}).status_code == 422
    assert head.post(url, data).status_code == 302
    assert str(Letterhead.objects.get().tax_rate) == "0.2100"
    assert 'value="21"' in head.get(url).content.decode()
    assert client_for("salesperson").get(url).status_code == 403


@pytest.mark.parametrize("name", ["quotes", "letterhead", "invoices"])
def test_the_navigation_shows_where_quotes_and_invoices_are(page, name):
    groups = page.get(reverse(name)).context["navigation"]
    current = [entry.url for group in groups for entry in group.entries if entry.is_current]
    assert current == [reverse("invoices")]
