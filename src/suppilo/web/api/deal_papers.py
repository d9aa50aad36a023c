"""The API of deals' checklists, documents, corrections, history, and of deals alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from django.http import FileResponse
from ninja import Field, File, Query, Schema, Status
from ninja.files import UploadedFile
from pydantic import StringConstraints

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.deals import services
from suppilo.apps.deals.models import Deal, Document, FieldChange, MoveSource, StageChange
from suppilo.apps.deals.route import read_ladder
from suppilo.apps.deals.selectors import get_deal
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.deal_schemas import DealOut, Id, MoveOut
from suppilo.web.api.deals import FOUND, SEEN, WRITTEN
from suppilo.web.api.files import BYTES, described_as, give_file, take_only
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.lists import PageAsked, answer_page
from suppilo.web.api.parsing import Given, When, within
from suppilo.web.views.deals.page import CheckItem, read_checklist

router = KeyedRouter()

Key = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Identifiers = Annotated[
    list[Annotated[str, StringConstraints(max_length=500)]], Field(max_length=100)
]


class CheckItemOut(Schema):
    """Something that a stage wants ticked, and who did."""

    stage: str
    key: str
    label: str
    is_ticked: bool
    ticked_by: str
    ticked_at: datetime | None

    @staticmethod
    def resolve_stage(item: CheckItem) -> str:
        """Return the stage's key."""
        return item.stage.key

    @staticmethod
    def resolve_is_ticked(item: CheckItem) -> bool:
        """Return whether it is ticked."""
        return item.tick is not None

    @staticmethod
    def resolve_ticked_by(item: CheckItem) -> str:
        """Return who ticked it; empty for the server itself."""
        return str(item.tick.by or "") if item.tick is not None else ""

    @staticmethod
    def resolve_ticked_at(item: CheckItem) -> datetime | None:
        """Return since when it is ticked."""
        return item.tick.at if item.tick is not None else None


class TickIn(Given):
    """Whether an item is ticked; ``revision`` is that of the deal as it was seen."""

    stage: Key
    key: Key
    is_ticked: bool
    revision: Id | None = None


class DocumentOut(Schema):
    """A document of a deal: a link (``url``), or a file that can be downloaded (``is_file``)."""

    id: int
    kind: str
    name: str
    url: str
    is_file: bool
    size_bytes: int | None
    added_by_id: int | None
    added_at: datetime

    @staticmethod
    def resolve_is_file(document: Document) -> bool:
        """Return whether it is a file."""
        return bool(document.stored_name)


class LinkIn(Given):
    """A document that lies elsewhere; gates ask for its ``kind``."""

    url: str = Field(min_length=1, max_length=1_000)
    kind: str = Field("", max_length=60)
    name: str = Field("", max_length=255)
    revision: Id | None = None


class FileAsked(Schema):
    """What a file is, and what it is called: its own name unless given."""

    kind: str = Field("", max_length=60)
    name: str = Field("", max_length=255)
    revision: Id | None = None


class CorrectionIn(Given):
    """Where a deal went in truth, and when; ``lost_reason_id`` if it was lost there."""

    stage: Key
    at: When
    reason: str = Field(min_length=1, max_length=2_000)
    waiver: str = Field("", max_length=2_000)
    lost_reason_id: Id | None = None
    lost_note: str = Field("", max_length=2_000)
    revision: Id | None = None


class FieldChangeOut(Schema):
    """That a field got another value."""

    id: int
    field: str
    old: Any
    new: Any
    by_id: int | None
    source: str
    at: datetime


class HistoryOut(Schema):
    """One page of a deal's changes, the latest first."""

    changes: list[FieldChangeOut]
    next: str


class HistoryAsked(PageAsked):
    """Of which field; of all unless given."""

    field: str = Field("", max_length=140)


class NewDealAsked(Given):
    """A deal that is about to be opened; ``identifiers`` are those of its people."""

    name: str = Field("", max_length=200)
    company_name: str = Field("", max_length=200)
    company_id: Id | None = None
    identifiers: Identifiers = Field(default_factory=list)


class SimilarOut(Schema):
    """An open deal that may be the same; ``score`` is 0..100."""

    deal: DealOut
    why: str
    score: float


@router.post(
    "/deals/duplicates", once=False, response={200: list[SimilarOut], **SEEN},
    url_name="deal_duplicates",
)  # fmt: skip
def find_duplicates(
    request: ApiRequest, given: NewDealAsked
) -> Sequence[services.SimilarDeal]:  # fmt: skip
    """List open deals that may be the one that is about to be opened, the likeliest first."""
    return services.find_similar(request.auth, **given.dict())


@router.get(
    "/deals/{int:deal_id}/checklist", response={200: list[CheckItemOut], **FOUND},
    url_name="deal_checklist",
)  # fmt: skip
def show_checklist(request: ApiRequest, deal_id: int) -> list[CheckItem]:
    """List everything that the pipeline wants ticked for a deal."""
    return _checklist(get_deal(request.auth, within(deal_id)))


@router.put(
    "/deals/{int:deal_id}/checklist", response={200: list[CheckItemOut], **WRITTEN},
    url_name="deal_checklist",
)  # fmt: skip
def tick(request: ApiRequest, deal_id: int, given: TickIn) -> list[CheckItem]:
    """Tick an item for a deal, or take the tick away."""
    services.tick(
        request.auth, within(deal_id), given.stage, given.key, given.is_ticked,
        source=MoveSource.API, revision=given.revision,
    )  # fmt: skip
    return _checklist(get_deal(request.auth, deal_id))


def _checklist(deal: Deal) -> list[CheckItem]:
    return read_checklist(deal, read_ladder(deal.version))


@router.get(
    "/deals/{int:deal_id}/documents", response={200: list[DocumentOut], **FOUND},
    url_name="documents",
)  # fmt: skip
def show_documents(request: ApiRequest, deal_id: int) -> list[Document]:
    """List a deal's documents, the latest first."""
    return list(get_deal(request.auth, within(deal_id)).documents.all())


@router.post(
    "/deals/{int:deal_id}/documents", response={201: DocumentOut, **WRITTEN},
    url_name="documents",
)  # fmt: skip
def add_link(request: ApiRequest, deal_id: int, given: LinkIn) -> Status[Document]:
    """Attach a link to a deal."""
    said = given.dict()
    return Status(
        201, services.add_document(request.auth, within(deal_id), source=MoveSource.API, **said)
    )


@router.post(
    "/deals/{int:deal_id}/documents/files", response={201: DocumentOut, **WRITTEN},
    url_name="document_files",
)  # fmt: skip
def add_file(
    request: ApiRequest, deal_id: int, asked: Query[FileAsked], file: File[UploadedFile]
) -> Status[Document]:
    """Attach a file to a deal: ``multipart/form-data`` with the field ``file``."""
    take_only(request, "file")
    made = services.add_document(
        request.auth, within(deal_id), asked.kind, asked.name or file.name or "",
        file=file.file, source=MoveSource.API, revision=asked.revision,
    )  # fmt: skip
    return Status(201, made)


@router.get(
    "/deals/{int:deal_id}/documents/{int:document_id}/file", response={200: None, **FOUND},
    url_name="document_file", openapi_extra=described_as(BYTES),
)  # fmt: skip
def give_document(request: ApiRequest, deal_id: int, document_id: int) -> FileResponse:
    """Download a deal's file."""
    document = _find_document(request, deal_id, document_id)
    found = services.open_document(request.auth, document.pk)
    return give_file(found.path, document.name)


@router.delete(
    "/deals/{int:deal_id}/documents/{int:document_id}", response={204: None, **WRITTEN},
    url_name="document",
)  # fmt: skip
def remove_document(request: ApiRequest, deal_id: int, document_id: int) -> Status[None]:
    """Take a document away."""
    require(request.auth, Permission.EDIT_DEALS)
    document = _find_document(request, deal_id, document_id)
    services.remove_document(request.auth, document.pk, source=MoveSource.API)
    return Status(204, None)


def _find_document(request: ApiRequest, deal_id: int, document_id: int) -> Document:
    deal = get_deal(request.auth, within(deal_id))
    return deal.documents.get(pk=within(document_id))


@router.post(
    "/deals/{int:deal_id}/moves/{int:number}/correction", response={201: MoveOut, **WRITTEN},
    url_name="move_correction",
)  # fmt: skip
def correct_move(
    request: ApiRequest, deal_id: int, number: int, given: CorrectionIn
) -> Status[StageChange]:
    """Correct an entry of the ledger by another one; the wrong one stays to be seen."""
    said = given.dict(exclude={"stage"})
    change = services.correct_move(
        request.auth, within(deal_id), number, given.stage, source=MoveSource.API, **said
    )
    return Status(201, change)


@router.get(
    "/deals/{int:deal_id}/history", response={200: HistoryOut, **FOUND}, url_name="deal_history"
)
def show_history(
    request: ApiRequest, deal_id: int, asked: Query[HistoryAsked]
) -> dict[str, Any]:  # fmt: skip
    """List what a deal's fields were and became, by whom and when."""
    deal = get_deal(request.auth, within(deal_id))
    found = FieldChange.objects.filter(deal=deal)
    found = found.filter(field=asked.field) if asked.field else found
    return answer_page("changes", found, asked)
