"""The sales book: written in versions, used on deals, held against what was won."""

from dataclasses import replace
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from deals_support.deal_world import deal_in, lose, move, pipeline_of
from suppilo.apps.deals.models import Deal
from suppilo.apps.pipelines.services import make_pipeline
from suppilo.apps.salesbook.models import Entry, EntryVersion, Usage
from suppilo.apps.salesbook.rates import read_baseline, read_uses
from suppilo.apps.salesbook.selectors import read_book, read_deal_chapter
from suppilo.apps.salesbook.services import (
    EntryDraft,
    add_starters,
    archive_entry,
    change_entry,
    use_entry,
    write_entry,
)
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def head():
    return make_user("head_of_sales")


@pytest.fixture
def pipeline():
    return pipeline_of()


def write(head, pipeline, title="Open the call", kind="script", stage="a", **more):
    return write_entry(head, pipeline.pk, stage, kind, EntryDraft(title, **more))


def test_edit_makes_a_version_and_the_old_one_stays_readable(head, pipeline):
    entry = write(head, pipeline, text="Say hello")
    change_entry(head, entry.pk, EntryDraft("Open it well", "Say good day"))
    entry.refresh_from_db()
    assert (entry.current.number, entry.current.title) == (2, "Open it well")
    client = client_for("salesperson")
    now = client.get(reverse("book_entry", args=[entry.pk])).content.decode()
    old = client.get(reverse("book_entry", args=[entry.pk]), {"v": "1"}).content.decode()
    assert "Say good day" in now
    assert "Say hello" in old
    assert "This is version 1" in old
    assert client.get(reverse("book_entry", args=[entry.pk]), {"v": "9"}).status_code == 404


@pytest.mark.parametrize(
    ("stage", "kind", "draft"),
    [
        ("z", "script", EntryDraft("x")),
        ("a", "song", EntryDraft("x")),
        ("a", "script", EntryDraft(" ")),
        ("a", "script", EntryDraft("x" * 201)),
        ("a", "material", EntryDraft("x")),
        ("a", "material", EntryDraft("x", url="javascript:alert(1)")),
        ("a", "material", EntryDraft("x", file=BytesIO(b"x" * (8 * 1024 * 1024 + 1)))),
    ],
)
def test_mistakes_are_named(head, pipeline, stage, kind, draft):
    with pytest.raises(ValidationError):
        write_entry(head, pipeline.pk, stage, kind, draft)
    assert not Entry.objects.exists()


def test_only_who_keeps_the_book_writes_it(head, pipeline):
    entry, seller = write(head, pipeline), make_user("salesperson")
    for act in (
        lambda: write(seller, pipeline),
        lambda: change_entry(seller, entry.pk, EntryDraft("x")),
        lambda: archive_entry(seller, entry.pk),
        lambda: add_starters(seller, pipeline.pk),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_material_is_kept_as_a_file_and_given_out_as_an_attachment(
    head, pipeline, settings, tmp_path
):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    entry = write(
        head, pipeline, "Price sheet", "material",
        file=BytesIO(b"<html>"), file_name="../../évil.html",
    )  # fmt: skip
    assert [path.name for path in (tmp_path / "salesbook").iterdir()] == [entry.current.stored_name]
    answer = client_for("salesperson").get(reverse("book_material", args=[entry.pk, 1]))
    assert b"".join(answer.streaming_content) == b"<html>"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    change_entry(head, entry.pk, EntryDraft("Price sheet 2027"))
    entry.refresh_from_db()
    assert entry.current.file_name == "évil.html"
    change_entry(head, entry.pk, EntryDraft("Online", url="https://example.com/a"))
    entry.refresh_from_db()
    assert (entry.current.stored_name, entry.current.url) == ("", "https://example.com/a")


def test_win_rate_counts_closed_deals_on_which_the_entry_was_used_before(head, pipeline):
    entry, other = write(head, pipeline), write(head, pipeline, "Never used")
    deals = [deal_in(pipeline, head, name=f"Deal {n}") for n in range(6)]
    for deal in deals[:4]:
        use_entry(head, entry.pk, deal.pk)
    for deal in deals[:2]:
        for key in ("b", "c", "won"):
            move(deal, key, head)
    lose(deals[2], head)
    lose(deals[4], head)
    use_entry(head, entry.pk, deals[4].pk)  # It is lost already: nothing came of that.
    uses = read_uses([entry, other])
    assert list(uses) == [entry.pk]
    assert uses[entry.pk].deals == 5
    rate = uses[entry.pk].win_rate
    assert (rate.won, rate.closed) == (2, 3)
    # Wilson (1927) for 2 of 3 at 95 %, reckoned by hand: 0.2077 to 0.9385.
    assert (round(rate.interval.lower, 4), round(rate.interval.upper, 4)) == (0.2077, 0.9385)
    assert (read_baseline(pipeline.pk).won, read_baseline(pipeline.pk).closed) == (2, 4)


def test_entry_is_used_once_on_a_deal_and_that_can_be_taken_back(head, pipeline):
    entry, deal = write(head, pipeline), deal_in(pipeline, head)
    first = use_entry(head, entry.pk, deal.pk)
    assert first.version == entry.current
    assert use_entry(head, entry.pk, deal.pk) == first
    use_entry(head, entry.pk, deal.pk, is_used=False)
    assert not Usage.objects.exists()


def test_another_persons_deal_or_another_pipelines_entry_is_not_there(head, pipeline):
    entry, deal = write(head, pipeline), deal_in(pipeline, head)
    with pytest.raises(Deal.DoesNotExist):
        use_entry(make_user("salesperson"), entry.pk, deal.pk)
    strange = deal_in(pipeline_of(name="Other"), head)
    with pytest.raises(Entry.DoesNotExist):
        use_entry(head, entry.pk, strange.pk)


def test_deal_shows_what_its_stage_says_and_notes_what_was_used(head, pipeline):
    entry = write(head, pipeline, text="Say **hello**")
    write(head, pipeline, "Later", stage="b")
    deal = deal_in(pipeline, head)
    client = client_for(head)
    part = client.get(reverse("deal_script", args=[deal.pk]), headers=HTMX).content.decode()
    assert "<strong>hello</strong>" in part
    assert "Later" not in part
    url = reverse("use_book_entry", args=[deal.pk, entry.pk])
    assert "Take back" in client.post(url, headers=HTMX).content.decode()
    assert client.post(url, {"undo": "1"}).url == reverse("deal_script", args=[deal.pk])
    move(deal, "b", head)
    deal = Deal.objects.select_related("stage").get(pk=deal.pk)
    assert [line.entry.current.title for line in read_deal_chapter(head, deal)] == ["Later"]


def test_book_goes_by_stages_and_keeps_those_that_are_gone(head, pipeline):
    write(head, pipeline, stage="b")
    gone = write(head, pipeline, "Of old")
    Entry.objects.filter(pk=gone.pk).update(stage_key="gone")
    chapters = read_book(head, pipeline)
    assert [chapter.key for chapter in chapters if chapter.lines] == ["b", "gone"]
    archive_entry(head, gone.pk)
    assert [chapter.key for chapter in read_book(head, pipeline) if chapter.lines] == ["b"]


def test_book_asks_the_database_as_often_for_fifty_entries(
    head, pipeline, django_assert_max_num_queries
):
    for n in range(50):
        write(head, pipeline, f"Entry {n}", stage="abc"[n % 3])
    client = client_for(head)
    with django_assert_max_num_queries(9):
        client.get(reverse("sales_book"))


@pytest.mark.parametrize("template", ["typical_sale", "b2b"])
def test_book_begins_with_words_for_every_stage(head, template):
    pipeline = make_pipeline(None, "Trade", template)
    client = client_for(head)
    assert "Begin with examples" in client.get(reverse("sales_book")).content.decode()
    client.post(reverse("start_book", args=[pipeline.pk]))
    chapters = read_book(head, pipeline)
    written = {chapter.key for chapter in chapters if chapter.lines}
    assert written == {
        chapter.key for chapter in chapters if chapter.stage and chapter.stage.is_open
    }
    with pytest.raises(ValidationError):
        add_starters(head, pipeline.pk)


def test_template_without_words_says_so(head, pipeline):
    with pytest.raises(ValidationError):
        add_starters(head, pipeline.pk)


def test_entry_is_written_and_changed_on_pages(head, pipeline):
    client = client_for(head)
    form = {
        "stage": "a", "kind": "objection", "title": "Too dear", "text": "",
        "answers": "Compared with what?\n---\nWhich part\nbrings least?",
    }  # fmt: skip
    url = reverse("new_book_entry", args=[pipeline.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, form).status_code == 302
    entry = Entry.objects.get()
    assert entry.current.answers == ["Compared with what?", "Which part\nbrings least?"]
    change = reverse("change_book_entry", args=[entry.pk])
    assert "Compared with what?" in client.get(change).content.decode()
    assert client.post(change, {"title": ""}).status_code == 422
    assert client.post(change, {"title": "Dear"}).status_code == 302
    assert EntryVersion.objects.count() == 2
    client.post(reverse("archive_book_entry", args=[entry.pk]))
    entry.refresh_from_db()
    assert entry.is_archived
