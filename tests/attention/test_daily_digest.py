"""The daily mail: once a day in the user's own time, whatever clocks and workers do."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection

from deals_support.deal_world import deal_in, pipeline_of
from suppilo.apps.accounts.models import User
from suppilo.apps.activities.services import NewActivity, add_activity
from suppilo.apps.attention.digest import send_digests
from suppilo.apps.attention.models import Digest
from suppilo.apps.attention.services import choose_digest
from suppilo.apps.attention.worker import AttentionWorker
from suppilo.apps.deals.models import Deal
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def seller():
    seller = make_user("salesperson", "anna@example.com", "Anna Bērziņa")
    deal = deal_in(pipeline_of(), seller, name="Roof <panels>")
    Deal.objects.filter(pk=deal.pk).update(expected_close=NOON.date() - DAY)
    new = NewActivity("call", "Call Nordvik", due_at=NOON - 30 * HOUR, has_time=True)
    add_activity(seller, new)
    return seller


def test_mail_tells_of_the_day_and_of_deals_in_text_and_html(seller):
    assert send_digests(NOON) == 1
    [sent] = mail.outbox
    assert sent.to == ["anna@example.com"]
    assert sent.subject == "Your day: 1 late, 0 today, 1 to look at"
    assert "- 24 Nov 06:00 Call Nordvik" in sent.body
    assert "Roof <panels>: was to close 1 day ago" in sent.body
    html, kind = sent.alternatives[0]
    assert kind == "text/html"
    assert "Roof &lt;panels&gt;" in html
    assert "http://localhost:8000/attention/mail/" in sent.body
    assert sent.extra_headers["List-Unsubscribe"] == "<http://localhost:8000/attention/mail/>"


def test_mail_waits_for_the_users_own_hour(seller):
    User.objects.filter(pk=seller.pk).update(time_zone="America/New_York")
    assert send_digests(NOON) == 0  # It is seven in the morning there.
    assert send_digests(NOON + HOUR) == 1


def test_a_day_is_mailed_once_and_the_next_one_again(seller):
    for minutes in range(0, 300, 30):
        send_digests(NOON + timedelta(minutes=minutes))
    assert len(mail.outbox) == 1
    send_digests(NOON + DAY)
    assert len(mail.outbox) == 2


def test_clock_that_goes_back_sends_nothing_twice(seller):
    send_digests(NOON)
    for back in (HOUR, DAY, 3 * DAY):
        send_digests(NOON - back)
        send_digests(NOON)
    days = [row.day for row in Digest.objects.order_by("day")]
    assert len(days) == len(set(days))
    of_today = [one for one in mail.outbox if "2026-11-25" in one.extra_headers["Message-ID"]]
    assert len(of_today) == 1


def test_day_of_the_change_of_the_clock_has_one_mail(seller):
    User.objects.filter(pk=seller.pk).update(time_zone="Europe/Riga")
    choose_digest(seller, is_on=True, hour=3)
    start = datetime(2027, 3, 27, 22, 30, tzinfo=UTC)  # 3:00 is skipped on 28 March.
    add_activity(seller, NewActivity("call", "Call", due_at=start - DAY))
    for minutes in range(0, 24 * 60, 20):
        send_digests(start + timedelta(minutes=minutes))
    sent = [one.extra_headers["Message-ID"] for one in mail.outbox]
    assert len(sent) == len(set(sent))
    assert sum("2027-03-28" in name for name in sent) == 1


def test_what_a_worker_left_half_done_is_taken_up_once(seller):
    Digest.objects.create(user=seller, day=NOON.date(), claimed_at=NOON)
    assert send_digests(NOON + timedelta(minutes=5)) == 0
    assert send_digests(NOON + timedelta(minutes=11)) == 1
    assert send_digests(NOON + timedelta(minutes=30)) == 0


def test_mail_that_the_server_refused_is_tried_again(seller, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 1
    assert send_digests(NOON) == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert send_digests(NOON + HOUR) == 1


def test_nothing_to_tell_is_not_mailed(seller):
    make_user("salesperson", "bert@example.com")
    assert send_digests(NOON) == 1
    assert [one.to for one in mail.outbox] == [["anna@example.com"]]
    assert Digest.objects.count() == 2


def test_who_wants_no_mail_or_left_gets_none(seller):
    choose_digest(seller, is_on=False, hour=8)
    assert send_digests(NOON) == 0
    choose_digest(seller, is_on=True, hour=8)
    User.objects.filter(pk=seller.pk).update(is_active=False)
    assert send_digests(NOON) == 0
    User.objects.filter(pk=seller.pk).update(is_active=True, role="viewer")
    assert send_digests(NOON) == 0


def test_worker_mails_by_the_minute_and_looks_at_gates(seller):
    moments = [NOON, NOON + timedelta(seconds=30), NOON + DAY]
    worker = AttentionWorker(now=lambda: moments[0])
    while worker.step():
        pass
    assert len(mail.outbox) == 1
    moments.pop(0)
    worker.step()
    moments.pop(0)
    worker.step()
    assert len(mail.outbox) == 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one_mail(seller):
    sent, barrier = [], threading.Barrier(2)

    def work():
        barrier.wait()
        sent.append(send_digests(NOON))
        connection.close()

    threads = [threading.Thread(target=work) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(sent) == [0, 1]
    assert len(mail.outbox) == 1
