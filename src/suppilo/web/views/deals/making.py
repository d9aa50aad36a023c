"""A new deal; deals that look the same are offered before it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.deals import services
from suppilo.apps.deals.errors import DealError
from suppilo.apps.deals.models import MoveSource
from suppilo.apps.deals.services import NewDeal, NewParticipant
from suppilo.apps.people.models import Company
from suppilo.apps.people.values import after_prefix, search_key
from suppilo.apps.pipelines.models import Pipeline
from suppilo.web.access import UserRequest, page
from suppilo.web.views.deals.asking import list_sellers
from suppilo.web.views.deals.fields import find_or_make_company, read_decimal, read_step
from suppilo.web.views.deals.finding import choose_pipeline, list_pipelines, read_id

_OFFERED = 10
_SHORTEST = 3
_FIELDS = (
    "name", "company", "contact", "contact_name", "amount", "currency", "expected_close",
    "next_step", "date", "time", "owner", "stage", "source", "tags",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """What can't be used of the form: by field, and what belongs to none."""

    fields: Mapping[str, list[str]]
    others: list[str]


@page(Permission.EDIT_DEALS)
def make(request: UserRequest) -> HttpResponse:
    """Show the form of a new deal, or open the deal that it describes."""
    pipelines = list_pipelines()
    pipeline = _pipeline(request, pipelines)
    if pipeline is None:
        return redirect("pipeline")
    if request.method == "GET":
        return _show(request, pipelines, pipeline, request.GET)
    given = request.POST
    similar = [] if "anyway" in given else _similar(request.user, given)
    if similar:
        return _show(request, pipelines, pipeline, given, {"similar": similar, "asks": True}, 422)
    try:
        deal = services.open_deal(
            request.user, _read_new(request.user, given, pipeline), source=MoveSource.PAGE
        )
    except ValidationError as error:
        return _show(request, pipelines, pipeline, given, {"problem": _problem(error)}, 422)
    except DealError as error:
        problem = Problem({}, [error.message])
        return _show(request, pipelines, pipeline, given, {"problem": problem}, 422)
    return redirect(deal)


@page(Permission.EDIT_DEALS, methods=("GET",))
def show_similar(request: UserRequest) -> HttpResponse:
    """Show the deals that look like the one being written."""
    context = {"similar": _similar(request.user, request.GET)}
    return render(request, "deals/similar.html", context)


@page(Permission.EDIT_DEALS, methods=("GET",))
def suggest_companies(request: UserRequest) -> HttpResponse:
    """Return companies whose names begin with what was written."""
    key = search_key(request.GET.get("company", request.GET.get("value", ""))[:200])
    found = Company.objects.filter(name_key__gte=key, name_key__lt=after_prefix(key))
    names = found.order_by("name_key", "id").values_list("name", flat=True)[:_OFFERED]
    return render(request, "deals/companies.html", {"names": list(names) if key else []})


def _pipeline(request: UserRequest, pipelines: list[Pipeline]) -> Pipeline | None:
    chosen = read_id(request.POST.get("pipeline", ""))
    by_id = {one.pk: one for one in pipelines}
    return by_id.get(chosen or 0) or choose_pipeline(request, pipelines)


def _similar(user: User, given: Mapping[str, str]) -> list[Any]:
    name, company = given.get("name", "").strip(), given.get("company", "").strip()
    contact = given.get("contact", "").strip()
    if len(name) < _SHORTEST and len(company) < _SHORTEST and not contact:
        return []
    people = (contact,) if contact else ()
    return services.find_similar(user, name, company_name=company, identifiers=people)


def _read_new(user: User, given: Mapping[str, str], pipeline: Pipeline) -> NewDeal:
    step = read_step(given.get("next_step", ""), given.get("date", ""), given.get("time", ""))
    contact = given.get("contact", "").strip()
    person = NewParticipant(identifier=contact, name=given.get("contact_name", ""), is_main=True)
    company = find_or_make_company(user, given.get("company", ""))
    return NewDeal(
        name=given.get("name", ""),
        pipeline_id=pipeline.pk,
        stage_key=given.get("stage") or None,
        company_id=company.pk if company is not None else None,
        owner_id=read_id(given.get("owner", "")),
        amount=_read_amount(given.get("amount", "")),
        currency=given.get("currency", "").strip().upper() or None,
        expected_close=given.get("expected_close") or None,  # cleaned by the service
        contacts=(person,) if contact else (),
        source=given.get("source", ""),
        tags=tuple(filter(None, (tag.strip() for tag in given.get("tags", "").split(",")))),
        **step,
    )


def _read_amount(text: str) -> Any:
    try:
        return read_decimal(text) or 0
    except ValidationError as error:
        raise ValidationError({"amount": error.messages}) from None


def _problem(error: ValidationError) -> Problem:
    if not hasattr(error, "error_dict"):
        return Problem({}, error.messages)
    names = {"next_step_at": "date", "contacts": "contact"}
    by_field = {names.get(name, name): said for name, said in error.message_dict.items()}
    known = {name: said for name, said in by_field.items() if name in _FIELDS}
    others = [text for name, said in by_field.items() if name not in _FIELDS for text in said]
    return Problem(known, others)


def _show(
    request: UserRequest,
    pipelines: list[Pipeline],
    pipeline: Pipeline,
    given: Mapping[str, str],
    more: Mapping[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    usual = {"currency": pipeline.currency, "owner": str(request.user.pk)}
    context = {
        "pipelines": pipelines,
        "pipeline": pipeline,
        "stages": [stage for stage in pipeline.current.stages.all() if stage.is_open]
        if pipeline.current is not None
        else [],
        "sellers": list_sellers(),
        "values": usual | {name: given[name] for name in _FIELDS if name in given},
        "today": timezone.localdate().isoformat(),
        "heading": _("New deal"),
        **(more or {}),
    }
    return render(request, "deals/new.html", context, status=status)
