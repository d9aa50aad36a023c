"""Documents of deals: files in the data folder, or links.

A file lies under a name that is made for it, so that nothing of what somebody calls it reaches
the file system; it is given out as an attachment of no particular kind, never shown.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.deals import cleaning
from suppilo.apps.deals.models import Deal, Document, MoveSource
from suppilo.apps.deals.selectors.visible import get_deal, visible_deals
from suppilo.apps.deals.services.items import follow_up
from suppilo.apps.deals.services.writing import (
    Deed,
    may_edit,
    note_changes,
    save_deal,
    take_deal,
)

FOLDER = "documents"
"""Where files lie in the data folder."""
LARGEST_BYTES = 25 * 1024 * 1024
MOST_DOCUMENTS = 200
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document that may be given out, and where its file lies; None of a link."""

    document: Document
    path: Path | None


def document_path(stored_name: str) -> Path:
    """Return where a file lies."""
    return Path(settings.SUPPILO.home) / FOLDER / stored_name[:2] / stored_name


def add_document(
    actor: User | None,
    deal_id: int,
    kind: str,
    name: str = "",
    *,
    file: IO[bytes] | None = None,
    url: str = "",
    source: str = MoveSource.PAGE,
    revision: int | None = None,
) -> Document:
    """Attach a file or a link to a deal.

    Parameters
    ----------
    kind
        What it is: ``contract``, ``offer``; gates ask for it.
    name
        What people call it; the file's own name, or the address, unless given.
    file
        Its bytes: a file that is open for reading, or an upload.
    url
        Instead of a file: an address with http or https.

    Raises
    ------
    ValidationError
        If there is neither or both, it is too large, or the address can't be used.
        Others as :func:`move_deal` does.
    """
    may_edit(actor)
    get_deal(actor, deal_id)
    if (file is None) == (not url):
        raise ValidationError({"file": _("Choose a file, or write an address.")})
    fields = {
        "kind": cleaning.text(60)(kind),
        "url": _checked_url(url),
        "name": _checked_name(name or getattr(file, "name", "") or url),
    }
    stored, size = _store(file) if file is not None else ("", None)
    try:
        with transaction.atomic():
            deed = Deed.begin(actor, source)
            deal = take_deal(actor, deal_id, revision)
            document = _write(deed, deal, Document(**fields, stored_name=stored, size_bytes=size))
            follow_up(deed, deal)
    except BaseException:
        _discard(stored)
        raise
    return document


def _write(deed: Deed, deal: Deal, document: Document) -> Document:
    if deal.documents.count() >= MOST_DOCUMENTS:
        raise ValidationError({"file": _("A deal has at most %d documents.") % MOST_DOCUMENTS})
    document.deal, document.added_by, document.added_at = deal, deed.actor, deed.now
    document.save()
    note_changes(deed, deal, {"documents": (None, document.name)})
    save_deal(deed, deal)
    record_audit(deed.actor, "add_document", deal, document=document.pk, kind=document.kind)
    return document


def _checked_url(url: str) -> str:
    url = str(cleaning.text(1_000)(url))
    if url:
        try:
            URLValidator(schemes=["http", "https"])(url)
        except ValidationError:
            raise ValidationError(
                {"url": _("Write an address that begins with http:// or https://.")}
            ) from None
    return url


def _checked_name(name: str) -> str:
    needed = _("Give the document a name.")
    short = name.replace("\\", "/").rsplit("/", 1)[-1] if "://" not in name else name
    return str(cleaning.text(255, needed=needed)(short[:255]))


def _store(file: IO[bytes]) -> tuple[str, int]:
    """Write a file's bytes to where only its new name leads; return that and their number."""
    stored = uuid4().hex
    path = document_path(stored)
    path.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    try:
        with path.open("xb") as target:
            for chunk in _bounded(file):
                size += target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
    except BaseException:
        _discard(stored)
        raise
    return stored, size


def _bounded(file: IO[bytes]) -> Iterator[bytes]:
    left = LARGEST_BYTES
    while chunk := file.read(_CHUNK):
        left -= len(chunk)
        if left < 0:
            raise ValidationError(
                {"file": _("A file may have at most %d MB.") % (LARGEST_BYTES // 2**20)}
            )
        yield chunk


def _discard(stored: str) -> None:
    if stored:
        with suppress(FileNotFoundError):
            document_path(stored).unlink()


@transaction.atomic
def remove_document(
    actor: User | None,
    document_id: int,
    *,
    source: str = MoveSource.PAGE,
    revision: int | None = None,
) -> Deal:
    """Remove a document; its file goes once that is certain.

    Raises
    ------
    Document.DoesNotExist
        If there is none, or the actor may not see its deal. Others as :func:`move_deal` does.
    """
    may_edit(actor)
    deed = Deed.begin(actor, source)
    document = _visible(actor, document_id)
    deal = take_deal(actor, document.deal_id, revision)
    stored = document.stored_name
    document.delete()
    note_changes(deed, deal, {"documents": (document.name, None)})
    save_deal(deed, deal)
    record_audit(actor, "remove_document", deal, name=document.name)
    transaction.on_commit(lambda: _discard(stored))
    return deal


def open_document(actor: User | None, document_id: int) -> StoredDocument:
    """Return a document and where its file lies, to be given out as an attachment.

    Raises
    ------
    Document.DoesNotExist
        If there is none, the actor may not see its deal, or the file is gone.
    """
    document = _visible(actor, document_id)
    if not document.stored_name:
        return StoredDocument(document, None)
    path = document_path(document.stored_name)
    if not path.is_file():
        raise Document.DoesNotExist
    return StoredDocument(document, path)


def _visible(actor: User | None, document_id: int) -> Document:
    return Document.objects.filter(deal__in=visible_deals(actor).values("pk")).get(pk=document_id)
