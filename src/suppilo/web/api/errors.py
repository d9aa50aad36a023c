"""Errors of the API: always ``{"code": …, "message": …}``, with the HTTP status that fits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.core.exceptions import ValidationError as ModelError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError

from suppilo.apps.deals.errors import DealChangedError, DealError, GateClosedError
from suppilo.apps.deals.gates import Finding
from suppilo.lake.errors import LakeError

_CODES = {
    400: "malformed",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    422: "invalid",
    429: "too_many_requests",
}


class Problem(Schema):
    """What was wrong: a code for programs, a message for people."""

    code: str
    message: str


def problems(*more: int) -> dict[int, type[Problem]]:
    """Return what an operation may refuse with: what every one may, and these statuses."""
    return dict.fromkeys((400, 401, 422, 429, *more), Problem)


def add_handlers(api: NinjaAPI) -> None:
    """Have an API say each error in the one form."""

    def say(request: HttpRequest, status: int, message: str) -> HttpResponse:
        problem = {"code": _CODES.get(status, "error"), "message": message}
        return api.create_response(request, problem, status=status)

    @api.exception_handler(PermissionDenied)
    def say_forbidden(request: HttpRequest, error: Any) -> HttpResponse:
        del error
        return say(request, 403, "Your role doesn't allow this.")

    @api.exception_handler(Http404)
    def say_missing(request: HttpRequest, error: Any) -> HttpResponse:
        del error
        return say(request, 404, "There is nothing here, or it isn't yours to see.")

    @api.exception_handler(ObjectDoesNotExist)
    def say_gone(request: HttpRequest, error: Any) -> HttpResponse:
        return say_missing(request, error)

    @api.exception_handler(DealError)
    def say_conflict(request: HttpRequest, error: Any) -> HttpResponse:
        return api.create_response(request, describe_conflict(error), status=409)

    @api.exception_handler(ValidationError)
    def say_invalid(request: HttpRequest, error: Any) -> HttpResponse:
        return say(request, 422, _describe(error.errors))

    @api.exception_handler(ModelError)
    def say_refused(request: HttpRequest, error: Any) -> HttpResponse:
        return say(request, 422, " ".join(error.messages))

    @api.exception_handler(AuthenticationError)
    def say_unauthorized(request: HttpRequest, error: Any) -> HttpResponse:
        del error
        return say(request, 401, "Send a token that works: Authorization: Bearer sup_…")

    @api.exception_handler(LakeError)
    def say_unreadable(request: HttpRequest, error: Any) -> HttpResponse:
        return say(request, 503, str(error))

    @api.exception_handler(HttpError)
    def say_error(request: HttpRequest, error: Any) -> HttpResponse:
        return say(request, error.status_code, str(error))


def describe_conflict(error: DealError) -> dict[str, Any]:
    """Return why a deal was left as it is, for programs: what its gate lacks, or what changed."""
    said: dict[str, Any] = {"code": "move_refused", "message": error.message}
    if isinstance(error, GateClosedError):
        said |= {"code": "gate_closed", "findings": list(map(_finding, error.findings))}
    elif isinstance(error, DealChangedError):
        said |= {"code": "changed", "revision": error.deal.revision}
    return {"findings": [], "revision": None} | said


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "key": finding.key,
        "kind": finding.kind,
        "moment": finding.moment,
        "stage": finding.stage_key,
        "text": finding.text,
        "is_met": finding.is_met,
        "proof": finding.proof,
        "fix": finding.fix.anchor if finding.fix is not None else "",
    }


def _describe(errors: Iterable[dict[str, Any]]) -> str:
    return "; ".join(
        f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}" for error in errors
    )
