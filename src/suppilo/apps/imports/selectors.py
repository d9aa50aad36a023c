"""Imports as pages show them: one's own, or all for those who manage sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.imports.models import Import, ImportState
from suppilo.apps.jobs.models import Job

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from suppilo.apps.accounts.models import User


def list_imports(user: User) -> QuerySet[Import]:
    """Return the imports that a user may see, the newest first."""
    if not allows(user, Permission.IMPORT_FILES):
        return Import.objects.none()
    found = Import.objects.select_related("owner")
    return found if allows(user, Permission.MANAGE_SOURCES) else found.filter(owner=user)


def get_import(user: User, import_id: int) -> Import:
    """Return one import.

    Raises
    ------
    Import.DoesNotExist
        If there is none, or it is not the user's to see.
    """
    return list_imports(user).get(pk=import_id)


def get_job_of(found: Import) -> Job | None:
    """Return the job that is at work on an import."""
    return Job.objects.filter(pk=found.job_id or 0).first() if found.is_busy else None


def find_earlier(found: Import) -> Import | None:
    """Return another import of the same bytes whose events are in the lake."""
    same = Import.objects.filter(digest=found.digest, state=ImportState.DONE).exclude(pk=found.pk)
    return same.first()
