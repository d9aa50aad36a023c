"""Next best action on the server: learned by the worker, shown with deals and in the day."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reports_support.pipeline_world import add_deal, day, make_pipeline
from suppilo.analytics.stages import trace_deals
from suppilo.apps.activities.models import Activity
from suppilo.apps.activities.services import NewActivity, add_activity
from suppilo.apps.deals.models import Deal, FieldChange
from suppilo.apps.forecasts.books import open_book
from suppilo.apps.kept import Kept
from suppilo.apps.next_action import advice as advice_module
from suppilo.apps.next_action.advice import AdviceState, advise, advise_many
from suppilo.apps.next_action.behind import find_deals_compared
from suppilo.apps.next_action.content import read_content, write_content
from suppilo.apps.next_action.learning import amounts_then, learn_pipeline
from suppilo.apps.next_action.models import Lesson
from suppilo.apps.next_action.worker import NextActionWorker, find_due
from suppilo.apps.people.values import as_us
from suppilo.apps.salesbook.models import Usage
from suppilo.apps.salesbook.services import EntryDraft, archive_entry, write_entry
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
NOW = day(90)
PAST = 72
"""Deals of the past: 24 with a demo on the second day, of which 20 moved on, and 48 without."""


@pytest.fixture(autouse=True)
def nothing_read_yet(monkeypatch):
    """Forget what another test's lesson of the same number and moment said."""
    monkeypatch.setattr(advice_module, "_learned", Kept(50))


@pytest.fixture
def seller():
    return make_user("salesperson")


@pytest.fixture
def pipeline(seller):
    made = make_pipeline()
    deals = [_past_deal(made, seller, number) for number in range(PAST)]
    Activity.objects.bulk_create(
        Activity(kind="demo", subject="Demo", deal=deal, owner=seller, done_at=day(number / 8 + 2))
        for number, deal in enumerate(deals) if not number % 3
    )  # fmt: skip
    return made


def _past_deal(pipeline, seller, number):
    opened = number / 8
    moves = [(opened, "new")]
    if not number % 3:
        moves.append((opened + 4, "quote" if number % 18 else "lost"))
    elif not number % 4:
        moves.append((opened + 4, "quote"))
    else:
        moves.append((opened + 25, "lost"))
    return add_deal(pipeline, *moves, owner=seller, amount=100 + number)


def open_deal(pipeline, seller, **fields):
    made = add_deal(pipeline, (88, "new"), owner=seller, amount=120, **fields)
    return Deal.objects.select_related("stage").get(pk=made.pk)


@pytest.fixture
def lesson(pipeline):
    return learn_pipeline(pipeline, NOW)


def test_what_worked_is_advised_until_it_was_done(pipeline, lesson, seller):
    deal = open_deal(pipeline, seller)
    advice = advise(deal, NOW)
    assert (advice.state, advice.best.name) == (AdviceState.ADVICE, "demo")
    assert (advice.lesson.horizon_days, advice.best.lesson.deals) == (7, 24)
    moved = advice.best.group.moved
    assert moved.interval.lower > 0.2
    assert moved.without < 0.5 < moved.with_it
    Activity.objects.create(kind="demo", subject="x", deal=deal, owner=seller, due_at=day(95))
    assert advise(deal, NOW).best.is_planned
    Activity.objects.update(done_at=day(89))
    after = advise(deal, NOW)
    assert (after.state, after.best, after.options[0].is_done) == (AdviceState.NOTHING, None, True)


def test_every_count_of_a_comparison_opens_its_deals(pipeline, lesson, seller):
    deal, client = open_deal(pipeline, seller), client_for(make_user("head_of_sales"))
    option = advise(deal, NOW).best
    page = reverse("next_action_deals", args=[deal.pk]) + "?action=demo"
    counts = {"": option.lesson.deals, "&side=without": option.lesson.others}
    for query, number in counts.items():
        answer = client.get(page + query)
        assert (answer.context["total"], answer.context["hidden"]) == (number, 0)
    shown = client.get(page).context["page"].items
    assert all(one.activities.filter(kind="demo").exists() for one in shown)
    advice = advise(deal, NOW)
    alike = [
        find_deals_compared(advice, option, side, is_alike=True) for side in ("with", "without")
    ]
    assert [len(ids) for ids in alike] == [option.group.deals, option.group.others]
    assert 0 < option.group.others < option.lesson.others
    now = advise(deal, timezone.now()).options[0].group
    assert client.get(f"{page}&alike=1").context["total"] == now.deals
    other = make_user("salesperson")
    hers = open_deal(pipeline, other)
    mine = client_for(other).get(reverse("next_action_deals", args=[hers.pk]) + "?action=demo")
    assert (mine.context["total"], mine.context["hidden"]) == (0, option.lesson.deals)
    assert f"{option.lesson.deals} more are others" in mine.content.decode()
    links = re.findall(r'href="([^"]*next/deals/[^"]*)">(\d+)</a>', _page(seller, deal))
    assert len(links) >= 2
    for url, number in links:
        assert client.get(unescape(url)).context["total"] == int(number)
    with CaptureQueriesContext(connection) as found:
        client.get(page)
    assert len(found) <= 30
    for wrong in ("?action=visit", "?action=demo&side=both", ""):
        assert client.get(page.partition("?")[0] + wrong).status_code == 404


def test_api_lists_the_deals_behind_each_count_part_by_part(pipeline, lesson, seller):
    deal, head = open_deal(pipeline, seller), make_user("head_of_sales")
    Deal.objects.filter(pk=deal.pk).update(entered_at=timezone.now() - timedelta(days=2))
    page = reverse("next_action_deals", args=[deal.pk])
    address = f"/api/deals/{deal.pk}/next-action"
    shown = client_for(head).get(address).json()["actions"][0]
    for side, alike, number in (
        ("with", "", shown["deals"]), ("without", "", shown["others"]),
        ("with", "&alike=1", shown["deals_like_this"]),
    ):  # fmt: skip
        query = f"?action={shown['action']}&side={side}{alike}"
        parts, following = [], ""
        for _part in range(number // 7 + 1):
            part = client_for(head).get(f"{address}/deals{query}&limit=7&page={following}").json()
            assert (part["total"], part["hidden"]) == (number, 0)
            parts += [one["id"] for one in part["deals"]]
            following = part["next"]
        assert (len(parts), following, number > 7) == (number, "", True)
        first = client_for(head).get(page + query).context["page"].items
        assert parts[:50] == [one.pk for one in first]
    with CaptureQueriesContext(connection) as few:
        client_for(head).get(f"{address}/deals?action=demo&limit=2")
    with CaptureQueriesContext(connection) as many:
        client_for(head).get(f"{address}/deals?action=demo&limit=20")
    assert len(many) == len(few) <= 30
    other = make_user("salesperson")
    hers = open_deal(pipeline, other)
    theirs = client_for(other).get(f"/api/deals/{hers.pk}/next-action/deals?action=demo").json()
    assert theirs == {"deals": [], "next": "", "total": 0, "hidden": shown["deals"]}
    assert client_for(other).get(f"{address}/deals?action=demo").status_code == 404
    assert client_for(head).get(f"{address}/deals?action=visit").status_code == 404
    for wrong in ("", "?action=demo&side=both", "?action=demo&limit=0"):
        assert client_for(head).get(f"{address}/deals{wrong}").status_code == 422


def test_what_was_done_in_an_earlier_stage_does_not_count_as_done(pipeline, lesson, seller):
    deal = open_deal(pipeline, seller)
    Activity.objects.create(kind="demo", subject="x", deal=deal, owner=seller, done_at=day(80))
    assert advise(deal, NOW).best.name == "demo"


def test_stages_of_which_nothing_is_known_say_so(pipeline, seller):
    deal = open_deal(pipeline, seller)
    assert advise(deal, NOW).state == AdviceState.NEW
    Activity.objects.filter(deal__lt=deal.pk - 20).delete()
    learn_pipeline(pipeline, NOW)
    few = advise(deal, NOW)
    assert (few.state, few.few) == (AdviceState.TOO_FEW, (("demo", 6),))
    text = _page(seller, deal)
    assert "Too little history to advise anything in this stage." in text
    assert "So far: a demo at 6 deals." in text
    later = add_deal(pipeline, (80, "contract"), owner=seller)
    assert advise(Deal.objects.get(pk=later.pk), NOW).state == AdviceState.NEW
    won = add_deal(pipeline, (80, "won"), owner=seller)
    assert advise(Deal.objects.get(pk=won.pk), NOW).state == AdviceState.CLOSED


def test_entries_of_the_sales_book_are_compared_as_activities_are(pipeline, seller):
    head = make_user("head_of_sales")
    entry = write_entry(head, pipeline.pk, "new", "script", EntryDraft("Ask for the budget"))
    demos = list(Activity.objects.order_by("pk"))
    Usage.objects.bulk_create(
        Usage(entry=entry, version=entry.current, deal_id=one.deal_id, by=head, at=one.done_at)
        for one in demos
    )
    Activity.objects.all().delete()
    learn_pipeline(pipeline, NOW)
    deal = open_deal(pipeline, seller)
    best = advise(deal, NOW).best
    assert (best.name, best.entry) == (f"entry:{entry.pk}", entry)
    assert "Do next: “Ask for the budget”." in _page(seller, deal)
    archive_entry(head, entry.pk)
    assert advise(deal, NOW).options == ()


def test_lesson_is_kept_whole_but_for_its_last_digits(lesson):
    learned = read_content(lesson.content)
    assert read_content(write_content(learned)) == learned
    assert learned.names[:2] == ("call", "meeting")


def test_amounts_are_those_of_the_day_on_which_a_deal_came_into_its_stage(pipeline, seller):
    deal = add_deal(pipeline, (0, "new"), (10, "quote"), (20, "contract"), amount=900)
    for number, old in ((5, "100"), (8, "200"), (15, "400")):
        FieldChange.objects.create(
            deal=deal, field="amount", old=old, new="x", source="page", at=day(number)
        )
    book = open_book(pipeline)
    traces = trace_deals(book.world.ledger, as_us(NOW))
    mine = traces.deal == np.searchsorted(book.world.ids, deal.pk)
    assert (amounts_then(book, traces)[mine] // 10_000).tolist() == [100, 400, 900]


def test_deals_are_alike_by_channel_and_thirds_of_amounts(lesson, pipeline, seller):
    likeness = read_content(lesson.content).likeness
    deal = open_deal(pipeline, seller)
    kinds = []
    for amount in ("0", "101", "130", "171"):
        deal.amount = Decimal(amount)
        kinds.append(likeness.kind_of(deal) % 4)
    assert kinds == [0, 1, 2, 3]
    assert likeness.limits_of(deal) == (pytest.approx(Decimal("147.33"), abs=Decimal("0.01")), None)


def test_worker_learns_from_each_pipeline_and_again_after_hours(pipeline):
    clock = [NOW]
    worker = NextActionWorker(lambda: clock[0])
    assert not worker.step()
    assert Lesson.objects.get().learned_at == NOW
    assert not find_due(NOW + timedelta(hours=5)).exists()
    clock[0] += timedelta(hours=7)
    worker.step()
    assert Lesson.objects.get().learned_at == clock[0]


def test_worker_learns_again_after_the_clock_was_put_back(lesson):
    assert not find_due(lesson.learned_at - timedelta(hours=1)).exists()
    assert find_due(lesson.learned_at - timedelta(days=20_000)).exists()


def _page(user, deal):
    return client_for(user).get(reverse("deal_next_action", args=[deal.pk])).content.decode()


def test_deal_page_brings_the_part_and_the_page_shows_all_that_was_compared(
    pipeline, lesson, seller
):
    deal = open_deal(pipeline, seller)
    client, url = client_for(seller), reverse("deal_next_action", args=[deal.pk])
    assert f'hx-get="{url}"' in client.get(deal.get_absolute_url()).content.decode()
    part = client.get(url, headers=HTMX).content.decode()
    assert "Do next: a demo." in part
    assert "went on within 7 days after a demo" in part
    assert "not what brought it about" in part
    assert "Plan it" in part
    text = client.get(url).content.decode()
    assert "<table" in text
    assert "do it" in text
    assert client_for("salesperson").get(url).status_code == 404


def test_api_says_the_same_with_its_figures(pipeline, lesson, seller):
    deal = open_deal(pipeline, seller)
    answer = client_for(seller).get(f"/api/deals/{deal.pk}/next-action").json()
    assert (answer["state"], answer["horizon_days"], answer["deal_id"]) == ("advice", 7, deal.pk)
    (demo,) = answer["actions"]
    assert (demo["action"], demo["deals"], demo["is_advised"]) == ("demo", 24, True)
    assert demo["moved"]["lower"] > 0.2
    assert demo["text"] in answer["text"]
    stranger = client_for("salesperson").get(f"/api/deals/{deal.pk}/next-action")
    assert stranger.status_code == 404


def test_day_asks_as_often_for_many_deals_and_says_what_worked(
    pipeline, lesson, seller, django_assert_max_num_queries
):
    deals = [open_deal(pipeline, seller, next_step="Call") for _ in range(12)]
    for deal in deals:
        at = timezone.now() + timedelta(hours=1)
        add_activity(seller, NewActivity("call", "Call", due_at=at, deal_id=deal.pk))
    advise(deals[0], NOW)  # What was learned is read once.
    with django_assert_max_num_queries(2):
        advice = advise_many(deals, NOW)
    assert all(found.best.name == "demo" for found in advice.values())
    client = client_for(seller)
    client.get(reverse("my_day"))
    with django_assert_max_num_queries(13):
        text = client.get(reverse("my_day")).content.decode()
    assert text.count("Worked at deals like this:") >= 12
