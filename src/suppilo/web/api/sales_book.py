"""The API of the sales book: what it says by stage, its versions, and what of it was used."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404
from django.utils.translation import gettext as _
from ninja import Field, File, Query, Schema, Status
from ninja.files import UploadedFile
from pydantic import StringConstraints

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.deals.selectors import get_deal
from suppilo.apps.pipelines.selectors import get_pipeline
from suppilo.apps.salesbook import services
from suppilo.apps.salesbook.models import Entry, EntryKind, EntryVersion
from suppilo.apps.salesbook.rates import NEVER_USED, EntryUse, read_uses
from suppilo.apps.salesbook.selectors import BookLine, list_entries, read_book, read_deal_chapter
from suppilo.apps.salesbook.services import EntryDraft
from suppilo.apps.salesbook.services.writing import LONGEST_TEXT, LONGEST_TITLE, MOST_ANSWERS
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.deal_schemas import Id
from suppilo.web.api.errors import problems
from suppilo.web.api.files import BYTES, described_as, give_file, take_only
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.parsing import Given, within

router = KeyedRouter()

_FOUND = problems(403, 404)
Answer = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT)]


class EntryUseOut(Schema):
    """On how many deals an entry was used, and how many of those that are closed were won."""

    deals: int
    won: int
    closed: int


class EntryVersionOut(Schema):
    """What an entry says, or said; a file's name and size where it is material that has one."""

    number: int
    title: str
    text: str
    answers: list[str]
    url: str
    file_name: str
    size_bytes: int | None
    created_at: datetime


class BookEntryOut(Schema):
    """An entry with what it says now; ``used_at`` on the deal that was asked for."""

    id: int
    pipeline_id: int
    stage: str
    kind: EntryKind
    position: int
    is_archived: bool
    current: EntryVersionOut
    use: EntryUseOut
    used_at: datetime | None = None


class WholeBookEntryOut(BookEntryOut):
    """An entry with all that it ever said, the latest first."""

    versions: list[EntryVersionOut]


class ChapterOut(Schema):
    """A stage's entries; ``is_gone`` where the pipeline has the stage no longer."""

    stage: str
    name: str
    is_gone: bool
    entries: list[BookEntryOut]


class EntryWords(Given):
    """What an entry is to say; an objection has answers, material an address."""

    title: str = Field(min_length=1, max_length=LONGEST_TITLE)
    text: str = Field("", max_length=LONGEST_TEXT)
    answers: list[Answer] = Field(default_factory=list, max_length=MOST_ANSWERS)
    url: str = Field("", max_length=1_000)

    def to_draft(self) -> EntryDraft:
        """Return what the services take."""
        return EntryDraft(self.title, self.text, tuple(self.answers), self.url)


class BookEntryIn(EntryWords):
    """An entry to write, for a stage by its key."""

    pipeline_id: Id
    stage: str = Field(min_length=1, max_length=60)
    kind: EntryKind


class MaterialAsked(Schema):
    """What a new material is called, and for which stage; its file's name unless given."""

    pipeline_id: Id | None = None
    stage: str = Field("", max_length=60)
    title: str = Field("", max_length=LONGEST_TITLE)
    text: str = Field("", max_length=LONGEST_TEXT)


class BookAsked(Schema):
    """Whether entries that are used no longer are listed too."""

    archived: bool = False


@router.get(
    "/pipelines/{int:pipeline_id}/sales-book", response={200: list[ChapterOut], **_FOUND},
    url_name="sales_book",
)  # fmt: skip
def show_book(
    request: ApiRequest, pipeline_id: int, asked: Query[BookAsked]
) -> list[dict[str, Any]]:  # fmt: skip
    """List what the book says, stage by stage."""
    pipeline = get_pipeline(request.auth, within(pipeline_id))
    return [
        {
            "stage": chapter.key,
            "name": chapter.name,
            "is_gone": chapter.stage is None,
            "entries": _entries(chapter.lines),
        }
        for chapter in read_book(request.auth, pipeline, with_archived=asked.archived)
    ]


@router.post(
    "/sales-book/entries", response={201: WholeBookEntryOut, **_FOUND}, url_name="book_entries"
)
def write_entry(request: ApiRequest, given: BookEntryIn) -> Status[dict[str, Any]]:
    """Write a new entry for a stage."""
    made = services.write_entry(
        request.auth, given.pipeline_id, given.stage, given.kind, given.to_draft()
    )
    return Status(201, _whole(request, made.pk))


@router.get(
    "/sales-book/entries/{int:entry_id}", response={200: WholeBookEntryOut, **_FOUND},
    url_name="book_entry",
)  # fmt: skip
def show_entry(request: ApiRequest, entry_id: int) -> dict[str, Any]:
    """Show an entry with all that it ever said."""
    return _whole(request, entry_id)


@router.put(
    "/sales-book/entries/{int:entry_id}", response={200: WholeBookEntryOut, **_FOUND},
    url_name="book_entry",
)  # fmt: skip
def change_entry(request: ApiRequest, entry_id: int, given: EntryWords) -> dict[str, Any]:
    """Let an entry say something else from now on: a new version."""
    services.change_entry(request.auth, within(entry_id), given.to_draft())
    return _whole(request, entry_id)


@router.post(
    "/sales-book/entries/files", response={201: WholeBookEntryOut, **_FOUND},
    url_name="book_materials",
)  # fmt: skip
def write_material(
    request: ApiRequest, asked: Query[MaterialAsked], file: File[UploadedFile]
) -> Status[dict[str, Any]]:
    """Write new material with its file: ``multipart/form-data`` with the field ``file``."""
    require(request.auth, Permission.MANAGE_SALES_BOOK)
    take_only(request, "file")
    if asked.pipeline_id is None:
        raise ValidationError({"pipeline_id": _("Choose a pipeline that is in use.")})
    name = file.name or ""
    title = asked.title or name[:LONGEST_TITLE]
    draft = EntryDraft(title, asked.text, file=file.file, file_name=name)
    made = services.write_entry(
        request.auth, asked.pipeline_id, asked.stage, EntryKind.MATERIAL, draft
    )
    return Status(201, _whole(request, made.pk))


@router.post(
    "/sales-book/entries/{int:entry_id}/files", response={201: WholeBookEntryOut, **_FOUND},
    url_name="book_entry_files",
)  # fmt: skip
def replace_file(
    request: ApiRequest, entry_id: int, file: File[UploadedFile]
) -> Status[dict[str, Any]]:
    """Give material another file, as a new version that says the same."""
    require(request.auth, Permission.MANAGE_SALES_BOOK)
    take_only(request, "file")
    entry = list_entries(request.auth).get(pk=within(entry_id))
    said = entry.current
    if said is None:
        raise Http404
    draft = EntryDraft(
        said.title, said.text, tuple(said.answers), said.url, file.file, file.name or ""
    )
    services.change_entry(request.auth, entry.pk, draft)
    return Status(201, _whole(request, entry.pk))


@router.post(
    "/sales-book/entries/{int:entry_id}/archive", response={200: WholeBookEntryOut, **_FOUND},
    url_name="archive_book_entry",
)  # fmt: skip
def archive_entry(request: ApiRequest, entry_id: int) -> dict[str, Any]:
    """Take an entry out of use; its history stays."""
    services.archive_entry(request.auth, within(entry_id))
    return _whole(request, entry_id)


@router.post(
    "/sales-book/entries/{int:entry_id}/restore", response={200: WholeBookEntryOut, **_FOUND},
    url_name="restore_book_entry",
)  # fmt: skip
def restore_entry(request: ApiRequest, entry_id: int) -> dict[str, Any]:
    """Take an entry into use again."""
    services.archive_entry(request.auth, within(entry_id), is_archived=False)
    return _whole(request, entry_id)


@router.get(
    "/sales-book/entries/{int:entry_id}/versions/{int:number}/file",
    response={200: None, **_FOUND},
    url_name="book_file",
    openapi_extra=described_as(BYTES),
)
def give_material(request: ApiRequest, entry_id: int, number: int) -> FileResponse:
    """Download a version's file."""
    entry = list_entries(request.auth).get(pk=within(entry_id))
    version = entry.versions.get(number=within(number))
    return give_file(services.open_file(version), version.file_name)


@router.get(
    "/deals/{int:deal_id}/script", response={200: list[BookEntryOut], **_FOUND},
    url_name="deal_script",
)  # fmt: skip
def show_script(request: ApiRequest, deal_id: int) -> list[dict[str, Any]]:
    """List what the book says about the stage that a deal is in."""
    return _entries(read_deal_chapter(request.auth, get_deal(request.auth, within(deal_id))))


@router.put(
    "/deals/{int:deal_id}/script/{int:entry_id}/use", response={204: None, **_FOUND},
    url_name="use_book_entry",
)  # fmt: skip
def use_entry(request: ApiRequest, deal_id: int, entry_id: int) -> Status[None]:
    """Write down that an entry was used on a deal."""
    services.use_entry(request.auth, within(entry_id), within(deal_id))
    return Status(204, None)


@router.delete(
    "/deals/{int:deal_id}/script/{int:entry_id}/use", response={204: None, **_FOUND},
    url_name="use_book_entry",
)  # fmt: skip
def unuse_entry(request: ApiRequest, deal_id: int, entry_id: int) -> Status[None]:
    """Take back that an entry was used on a deal."""
    services.use_entry(request.auth, within(entry_id), within(deal_id), is_used=False)
    return Status(204, None)


def _whole(request: ApiRequest, entry_id: int) -> dict[str, Any]:
    require(request.auth, Permission.SEE_DEALS)
    entry = list_entries(request.auth).get(pk=within(entry_id))
    use = read_uses([entry]).get(entry.pk, NEVER_USED)
    versions: list[EntryVersion] = list(entry.versions.order_by("-number"))
    return _entry(entry, use) | {"versions": versions}


def _entries(lines: Iterable[BookLine]) -> list[dict[str, Any]]:
    return [
        _entry(line.entry, line.use) | {"used_at": line.usage.at if line.usage else None}
        for line in lines
    ]


def _entry(entry: Entry, use: EntryUse) -> dict[str, Any]:
    if entry.current is None:
        raise Http404
    return {
        "id": entry.pk,
        "pipeline_id": entry.pipeline_id,
        "stage": entry.stage_key,
        "kind": entry.kind,
        "position": entry.position,
        "is_archived": entry.is_archived,
        "current": entry.current,
        "use": {"deals": use.deals, "won": use.win_rate.won, "closed": use.win_rate.closed},
    }
