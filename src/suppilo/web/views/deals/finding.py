"""Which deal and which pipeline an address means; another's deal is a 404."""

from __future__ import annotations

from django.http import Http404

from suppilo.apps.accounts.models import User
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.selectors import get_deal
from suppilo.apps.pipelines.models import Pipeline
from suppilo.web.access import UserRequest

LARGEST_ID = 2**63 - 1
_KEPT = "pipeline"


def find_deal(user: User, deal_id: int) -> Deal:
    """Return a deal that the user may see; for any other one the page is not there."""
    try:
        return get_deal(user, deal_id)
    except (Deal.DoesNotExist, OverflowError) as error:
        raise Http404 from error


def list_pipelines() -> list[Pipeline]:
    """Return the pipelines that are in use, in their order."""
    return list(
        Pipeline.objects.filter(is_archived=False, current__isnull=False).select_related("current")
    )


def choose_pipeline(request: UserRequest, pipelines: list[Pipeline]) -> Pipeline | None:
    """Return the pipeline of the address, else the one looked at last, else the first."""
    asked = read_id(request.GET.get("p", "")) or request.session.get(_KEPT)
    by_id = {pipeline.pk: pipeline for pipeline in pipelines}
    found = by_id.get(asked or 0) or next(iter(pipelines), None)
    if found is not None and request.session.get(_KEPT) != found.pk and "p" in request.GET:
        request.session[_KEPT] = found.pk
    return found


def read_id(text: str) -> int | None:
    """Return a row's id; None for what is none."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    return number if 0 < number <= LARGEST_ID else None
