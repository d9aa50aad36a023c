"""The API of imports: upload a file, say what is what, check it, bring it in, undo it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from django.http import FileResponse
from ninja import File, Query, Schema, Status
from ninja.errors import HttpError
from ninja.files import UploadedFile
from pydantic import AfterValidator, StringConstraints

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.imports import services
from suppilo.apps.imports.models import Import, ImportKind, ImportState
from suppilo.apps.imports.records.fields import find_field
from suppilo.apps.imports.records.suggest import list_fields, list_mappings, suggest_options
from suppilo.apps.imports.records.table import read_sample_rows
from suppilo.apps.imports.selectors import get_import, list_imports
from suppilo.apps.imports.services import ImportRefusedError
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.deal_schemas import Id
from suppilo.web.api.errors import problems
from suppilo.web.api.files import CSV, described_as, give_file, take_only
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.lists import PageAsked, answer_page
from suppilo.web.api.parsing import Given, within

router = KeyedRouter()

_SEEN, _FOUND = problems(403), problems(403, 404)
_DONE = problems(403, 404, 409)


def _check_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("There is no time zone of this name.")
    return name


Word = Annotated[str, StringConstraints(max_length=500)]
Zone = Annotated[str, StringConstraints(max_length=100), AfterValidator(_check_zone)]


class ImportOut(Schema):
    """A file; ``counts`` is what its check or its import found, ``job_id`` what is at work on it.

    ``options`` is what was said of it. Rows left out, and rows to look at, can be downloaded.
    """

    id: int
    name: str
    kind: ImportKind
    state: ImportState
    size_bytes: int
    options: dict[str, Any]
    counts: dict[str, Any]
    error: str
    job_id: int | None
    has_rejected: bool
    has_noted: bool
    created_at: datetime
    finished_at: datetime | None

    @staticmethod
    def resolve_has_rejected(found: Import) -> bool:
        """Return whether rows were left out."""
        return bool(found.counts.get("rejected")) and found.rejects.is_file()

    @staticmethod
    def resolve_has_noted(found: Import) -> bool:
        """Return whether rows should be looked at."""
        return bool(found.counts.get("notes")) and found.notes.is_file()


class ImportsOut(Schema):
    """One page of imports, the newest first."""

    imports: list[ImportOut]
    next: str


class UploadAsked(Schema):
    """What the rows of a file are; found out from its columns unless given."""

    kind: ImportKind | None = None


class KindIn(Given):
    """What the rows of a file are."""

    kind: ImportKind


class ImportOptionsIn(Given):
    """How a file is read; what is left out is found out.

    Of records: ``columns`` says what each column is, ``values`` by field what a text of the file
    stands for, ``new`` of which fields unknown texts are made new, ``constants`` what all rows
    have, ``waiver`` why deals may stand where they do without what is asked for up to there. Of
    events: the columns of ``path``, ``event`` and so on.
    """

    columns: dict[Word, Word] | None = None
    values: dict[Word, dict[Word, Word]] | None = None
    new: list[Word] | None = None
    constants: dict[Word, Word] | None = None
    preset: Word | None = None
    pipeline: Id | None = None
    owner: Id | None = None
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")] | None = None
    shares: Literal["percent", "fraction"] | None = None
    existing: Literal["update", "leave"] | None = None
    waiver: Annotated[str, StringConstraints(max_length=2_000)] | None = None
    sheet: Word | None = None
    timezone: Zone | None = None
    dayfirst: Literal["yes", "no"] | None = None
    decimal: Literal[".", ","] | None = None
    path: Word | None = None
    event: Word | None = None
    at: Word | None = None
    event_id: Word | None = None
    session: Word | None = None
    event_name: Word | None = None
    wide: Word | None = None
    known: Literal["yes", "no"] | None = None


class ImportFieldOut(Schema):
    """Something that a column can be."""

    name: str
    label: str


class ImportColumnOut(Schema):
    """A column of the file: some of its values, and what it is taken for."""

    name: str
    field: str
    values: list[str]


class ImportTextOut(Schema):
    """A text of the file, and what it stands for; offered (``is_said`` false) or said."""

    text: str
    rows: int
    value: str
    score: float
    is_said: bool


class ImportMappingOut(Schema):
    """The texts of a field that a check did not know, or that were mapped."""

    field: str
    label: str
    may_make: bool
    makes_rest: bool
    texts: list[ImportTextOut]


class MappingOut(Schema):
    """How a file of records is read as of now; ``problem`` says why it can't be."""

    problem: str
    columns: list[ImportColumnOut]
    fields: list[ImportFieldOut]
    texts: list[ImportMappingOut]


@router.get("/imports", response={200: ImportsOut, **_SEEN}, url_name="imports")
def show_imports(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List one's own imports; everybody's for who manages the sources."""
    require(request.auth, Permission.IMPORT_FILES)
    return answer_page("imports", list_imports(request.auth), asked)


@router.post("/imports", response={201: ImportOut, **_SEEN}, url_name="imports")
def upload(
    request: ApiRequest, asked: Query[UploadAsked], file: File[UploadedFile]
) -> Status[Import]:
    """Upload a file, ``multipart/form-data`` with the field ``file``; nothing is imported yet."""
    take_only(request, "file")
    try:
        made = services.upload_file(request.auth, file.name or "", file.chunks(), asked.kind or "")
    except ImportRefusedError as error:
        raise HttpError(422, str(error)) from error
    return Status(201, made)


@router.get("/imports/{int:import_id}", response={200: ImportOut, **_FOUND}, url_name="import")
def show_import(request: ApiRequest, import_id: int) -> Import:
    """Show a file: where it stands, and what it brought."""
    return _find(request, import_id)


@router.get(
    "/imports/{int:import_id}/mapping", response={200: MappingOut, **_FOUND},
    url_name="import_mapping",
)  # fmt: skip
def show_mapping(request: ApiRequest, import_id: int) -> dict[str, Any]:
    """Show what the columns of a file of records are taken for, and what its texts stand for."""
    found = _find(request, import_id)
    nothing: dict[str, Any] = {"problem": "", "columns": [], "fields": [], "texts": []}
    if not found.has_records:
        return nothing
    if not found.path.is_file():
        return nothing | {"problem": "The uploaded file is gone; upload it again."}
    sample = read_sample_rows(found.path, str(found.options.get("sheet", "")))
    if sample.problem:
        return nothing | {"problem": sample.problem}
    options = suggest_options(found, sample)
    named = dict(options.get("columns", {}))
    columns = [
        {"name": name, "field": named.get(name, ""),
         "values": list(dict.fromkeys(row[place] for row in sample.rows if row[place]))[:3]}
        for place, name in enumerate(sample.columns)
    ]  # fmt: skip
    fields = [{"name": name, "label": label} for name, label in list_fields(found, options)]
    texts = list_mappings(found, options, request.auth)
    return {"problem": "", "columns": columns, "fields": fields, "texts": texts}


@router.put(
    "/imports/{int:import_id}/kind", response={200: ImportOut, **_DONE}, url_name="import_kind"
)
def set_kind(request: ApiRequest, import_id: int, given: KindIn) -> Import:
    """Say what the rows of a file are; what was said of its columns is void then."""
    _find(request, import_id)
    return _do(lambda: services.set_kind(request.auth, import_id, given.kind))


@router.put(
    "/imports/{int:import_id}/options", response={200: ImportOut, **_DONE},
    url_name="import_options",
)  # fmt: skip
def set_options(request: ApiRequest, import_id: int, given: ImportOptionsIn) -> Import:
    """Say how a file is read; a check made before is void then."""
    found = _find(request, import_id)
    options = {name: value for name, value in given.dict().items() if value is not None}
    if found.has_records and "columns" in options:
        _check_columns(found, options)
        # So that nothing is guessed over what was said.
        options.setdefault("pipeline", suggest_options(found).get("pipeline"))
        options["guessed_for"] = [options.get("preset", ""), str(options["pipeline"] or "")]
    return _do(lambda: services.set_options(request.auth, import_id, options))


def _check_columns(found: Import, options: dict[str, Any]) -> None:
    sample = read_sample_rows(found.path, options.get("sheet", ""))
    for column, name in options["columns"].items():
        if column not in sample.columns:
            known = ", ".join(sample.columns) or sample.problem
            raise HttpError(422, f"columns: The file has no column “{column}”; it has {known}.")
        if name and find_field(found.kind, name) is None:
            known = ", ".join(field for field, _label in list_fields(found, options))
            raise HttpError(
                422, f"columns.{column}: There is no field “{name}”; there are {known}."
            )


@router.post(
    "/imports/{int:import_id}/check", response={200: ImportOut, **_DONE}, url_name="import_check"
)
def check(request: ApiRequest, import_id: int) -> Import:
    """Have the whole file read without recording anything; ``counts`` says what would happen."""
    _find(request, import_id)
    return _do(lambda: services.start_check(request.auth, import_id))


@router.post(
    "/imports/{int:import_id}/run", response={200: ImportOut, **_DONE}, url_name="import_run"
)
def run(request: ApiRequest, import_id: int) -> Import:
    """Bring the file in, in the background; ``state`` says when it is done."""
    _find(request, import_id)
    return _do(lambda: services.start_import(request.auth, import_id))


@router.post(
    "/imports/{int:import_id}/cancel", response={200: ImportOut, **_DONE},
    url_name="import_cancel",
)  # fmt: skip
def cancel(request: ApiRequest, import_id: int) -> Import:
    """Cancel what is being done; an import that has begun is taken back."""
    _find(request, import_id)
    return _do(lambda: services.cancel_import(request.auth, import_id))


@router.post(
    "/imports/{int:import_id}/undo", response={200: ImportOut, **_DONE}, url_name="import_undo"
)
def undo(request: ApiRequest, import_id: int) -> Import:
    """Take out what the file brought; records that people changed since are kept."""
    _find(request, import_id)
    return _do(lambda: services.undo_import(request.auth, import_id))


@router.delete("/imports/{int:import_id}", response={204: None, **_DONE}, url_name="import")
def delete(request: ApiRequest, import_id: int) -> Status[None]:
    """Remove a file that brought nothing, or nothing any more."""
    _find(request, import_id)
    try:
        services.delete_import(request.auth, import_id)
    except ImportRefusedError as error:
        raise HttpError(409, str(error)) from error
    return Status(204, None)


@router.get(
    "/imports/{int:import_id}/rejected", response={200: None, **_FOUND},
    url_name="import_rejected", openapi_extra=described_as(CSV),
)  # fmt: skip
def give_rejected(request: ApiRequest, import_id: int) -> FileResponse:
    """Download the rows that could not be used, with their reasons, as CSV."""
    found = _find(request, import_id)
    return give_file(found.rejects, f"rejected-{found.pk}.csv", CSV)


@router.get(
    "/imports/{int:import_id}/noted", response={200: None, **_FOUND},
    url_name="import_noted", openapi_extra=described_as(CSV),
)  # fmt: skip
def give_noted(request: ApiRequest, import_id: int) -> FileResponse:
    """Download the rows that were used, and should be looked at, as CSV."""
    found = _find(request, import_id)
    return give_file(found.notes, f"to-look-at-{found.pk}.csv", CSV)


def _find(request: ApiRequest, import_id: int) -> Import:
    require(request.auth, Permission.IMPORT_FILES)
    return services.close_ended(get_import(request.auth, within(import_id)))


def _do(verb: Callable[[], Import]) -> Import:
    try:
        return verb()
    except ImportRefusedError as error:
        raise HttpError(409, str(error)) from error
