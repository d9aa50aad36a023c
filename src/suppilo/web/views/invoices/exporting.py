"""The export for accounting."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.invoices.export import COLUMNS, export_accounting, write_row
from suppilo.web.access import UserRequest, page
from suppilo.web.csv_files import answer_csv


@page(Permission.MANAGE_INVOICES, methods=("GET",))
def export(request: UserRequest) -> HttpResponseBase:
    """Give what was invoiced and paid from a day to a day, both of them included."""
    try:
        start = _read_day(request.GET.get("from", ""))
        last = _read_day(request.GET.get("to", ""))
        rows = export_accounting(request.user, start, last + timedelta(days=1))
    except (ValidationError, ValueError, OverflowError):
        messages.error(request, _("Choose the first and the last day of the export."))
        return redirect("invoices")
    return answer_csv(request, f"accounting-{start}-{last}", COLUMNS, map(write_row, rows))


def _read_day(text: str) -> date:
    return date.fromisoformat(text)
