"""Finding what a URL names, or 404."""

from __future__ import annotations

from django.shortcuts import get_object_or_404

from suppilo.apps.accounts.permissions import Permission, allows, require
from suppilo.apps.capture.models import Source
from suppilo.apps.capture.services import require_changeable
from suppilo.web.access import UserRequest


def find_source(request: UserRequest, source_id: int) -> Source:
    """Return a source that the user may see."""
    require(request.user, Permission.SEE_SOURCES)
    return get_object_or_404(Source.objects.prefetch_related("keys"), pk=source_id)


def may_manage(request: UserRequest) -> bool:
    """Return whether the user may change sources, for what a page offers."""
    return allows(request.user, Permission.MANAGE_SOURCES)


def find_changeable(request: UserRequest, source_id: int) -> Source:
    """Return a source that the user may change.

    Raises
    ------
    PermissionDenied
        If it is the server's own, or the role may not.
    """
    source = find_source(request, source_id)
    require_changeable(request.user, source)
    return source
