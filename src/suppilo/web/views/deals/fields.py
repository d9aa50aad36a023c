"""One field of a deal, edited in its place; by a plain form where there is no script."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.deals.errors import DealChangedError
from suppilo.apps.deals.models import Deal, MoveSource
from suppilo.apps.deals.services import change_deal
from suppilo.apps.people.models import Company
from suppilo.apps.people.services import make_company
from suppilo.apps.people.values import search_key
from suppilo.web.access import UserRequest, page
from suppilo.web.views.deals.field_rows import FieldRow, read_row
from suppilo.web.views.deals.finding import find_deal, read_id
from suppilo.web.views.deals.page import head_context

Changes = dict[str, Any]


@page(Permission.EDIT_DEALS)
def edit_field(request: UserRequest, deal_id: int, name: str) -> HttpResponse:
    """Show a field's form, or take what it sends."""
    deal = find_deal(request.user, deal_id)
    row = read_row(deal, name, choices=True)
    if row is None:
        raise Http404
    if request.method == "POST":
        return _change(request, deal, row)
    if "keep" in request.GET:
        return _show_row(request, deal, row)
    return _ask(request, deal, row, {})


def _change(request: UserRequest, deal: Deal, row: FieldRow) -> HttpResponse:
    try:
        changes = read_changes(request.user, row, request.POST)
        revision = read_id(request.POST.get("revision", ""))
        change_deal(request.user, deal.pk, changes, source=MoveSource.PAGE, revision=revision)
    except ValidationError as error:
        return _ask(request, deal, row, {"errors": error.messages, "given": request.POST})
    except DealChangedError as error:
        deal = find_deal(request.user, deal.pk)
        row = read_row(deal, row.name, choices=True) or row
        return _ask(request, deal, row, {"errors": [error.message]})
    except Deal.DoesNotExist as error:
        raise Http404 from error
    deal = find_deal(request.user, deal.pk)
    if not request.htmx:
        return redirect(f"{deal.get_absolute_url()}#{row.anchor}")
    return _show_row(request, deal, read_row(deal, row.name) or row, changed=True)


def _ask(request: UserRequest, deal: Deal, row: FieldRow, more: dict[str, Any]) -> HttpResponse:
    template = "deals/field_form.html" if request.htmx else "deals/field_page.html"
    context = {"deal": deal, "row": row, "as_cell": _as_cell(request), **_step_input(deal), **more}
    return render(request, template, context, status=422 if more.get("errors") else 200)


def _show_row(
    request: UserRequest, deal: Deal, row: FieldRow, *, changed: bool = False
) -> HttpResponse:
    context: dict[str, Any] = {"deal": deal, "row": row, "may_edit": True, "changed": changed}
    if _as_cell(request):
        return render(request, "deals/cell.html", context | {"now": timezone.now()})
    if changed:
        context |= head_context(request.user, deal)
    return render(request, "deals/field_row.html", context)


def read_changes(user: User, row: FieldRow, given: Mapping[str, str]) -> Changes:
    """Return what a field's form changes.

    Raises
    ------
    ValidationError
        If a date, a time or a number can't be read.
    """
    value = given.get("value", "")
    if row.kind == "company":
        return {"company": find_or_make_company(user, value)}
    if row.kind == "amount":
        return {"amount": value, "currency": given.get("currency", "")}
    if row.kind == "probability":
        reason = given.get("reason", "")
        return {"probability": read_percent(value), "probability_reason": reason}
    if row.kind == "step":
        return read_step(value, given.get("date", ""), given.get("time", ""))
    return {row.name: value}


def read_step(step: str, day: str, time: str) -> Changes:
    """Return a next step with its date, and its time of the day where it has one.

    Raises
    ------
    ValidationError
        If the date or the time can't be read.
    """
    if not day:
        return {"next_step": step, "next_step_at": None, "next_step_has_time": False}
    try:
        at = datetime.fromisoformat(f"{day}T{time or '12:00'}")
    except ValueError:
        raise ValidationError({"next_step_at": _("Write a date, and a time as 15:00.")}) from None
    aware = timezone.make_aware(at) if timezone.is_naive(at) else at
    return {"next_step": step, "next_step_at": aware, "next_step_has_time": bool(time)}


def read_percent(text: str) -> Decimal | None:
    """Return a share 0..1 from per cent; None for nothing.

    Raises
    ------
    ValidationError
        If it is no number.
    """
    found = read_decimal(text.strip().rstrip("%"))
    return None if found is None else found / 100


def read_decimal(text: str) -> Decimal | None:
    """Return a number written with a point or a comma; None for nothing.

    Raises
    ------
    ValidationError
        If it is no number.
    """
    if not text.strip():
        return None
    try:
        found = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        raise ValidationError(_("“%s” is no number.") % text) from None
    if not found.is_finite():
        raise ValidationError(_("“%s” is no number.") % text)
    return found


def find_or_make_company(user: User, name: str) -> Company | None:
    """Return the company of a name, made where there is none; None for no name."""
    name = name.strip()
    if not name:
        return None
    found = Company.objects.filter(name_key=search_key(name)).order_by("pk").first()
    return found or make_company(user, name)


def _step_input(deal: Deal) -> dict[str, str]:
    """Return what the inputs for the next step's day and time begin with."""
    if deal.next_step_at is None:
        return {"step_day": "", "step_time": ""}
    at = timezone.localtime(deal.next_step_at)
    return {
        "step_day": at.date().isoformat(),
        "step_time": at.strftime("%H:%M") if deal.next_step_has_time else "",
    }


def _as_cell(request: UserRequest) -> bool:
    return "cell" in request.GET or "cell" in request.POST
