"""Targets are set in a grid: people and teams down, a year's periods across."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.quotas.models import Quota
from suppilo.apps.quotas.periods import Period, periods_of_year
from suppilo.apps.quotas.selectors import QuotaQuestion
from suppilo.apps.quotas.services import NewTarget, copy_targets, set_targets
from suppilo.web.access import UserRequest, page
from suppilo.web.views.leads.choices import teams, workers
from suppilo.web.views.quotas.asking import (
    QuotaForm,
    board_url,
    period_name,
    query_of,
    read_question,
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One target's field: its name in the form, and what stands in it."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody's, or a team's, targets of the year."""

    name: str
    is_team: bool
    cells: list[Cell]


@page(Permission.MANAGE_QUOTAS)
def edit_grid(request: UserRequest) -> HttpResponse:
    """Show the grid, and set what was typed into it."""
    form = QuotaForm(request.GET)
    asked = read_question(request.GET, form)
    error = ""
    if request.method == "POST":
        try:
            changed = set_targets(request.user, _read_cells(request.POST, asked))
        except ValidationError as refusal:
            error = " ".join(refusal.messages)
        else:
            text = ngettext("%d target is set.", "%d targets are set.", changed) % changed
            messages.success(request, text)
            return redirect(board_url(asked))
    periods = periods_of_year(asked.period.span, asked.period.starts_on.year)
    context = {
        "asked": asked,
        "form": form,
        "periods": [(one, period_name(one)) for one in periods],
        "lines": _lines(asked, periods, request.POST),
        "query": query_of(asked),
        "board": board_url(asked),
        "year": asked.period.starts_on.year,
        "error": error,
    }
    return render(request, "quotas/grid.html", context, status=422 if error else 200)


@page(Permission.MANAGE_QUOTAS, methods=("POST",))
def copy(request: UserRequest) -> HttpResponse:
    """Take over the targets of the period before."""
    asked = read_question(request.POST, QuotaForm(request.POST))
    try:
        count = copy_targets(
            request.user, asked.period, asked.measure,
            currency=asked.currency, pipeline_id=asked.pipeline,
        )  # fmt: skip
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        text = ngettext("%d target is taken over.", "%d targets are taken over.", count) % count
        messages.success(request, text)
    return redirect(board_url(asked))


def _lines(asked: QuotaQuestion, periods: list[Period], sent: QueryDict) -> list[Line]:
    quotas = Quota.objects.filter(
        span=asked.period.span, starts_on__in=[one.starts_on for one in periods],
        measure=asked.measure, currency=asked.currency, pipeline=asked.pipeline,
    )  # fmt: skip
    there = {(one.user_id, one.team_id, one.starts_on): one.target for one in quotas}

    def line(name: str, user: int | None, team: int | None) -> Line:
        cells = []
        for one in periods:
            key = _cell_name(user, team, one)
            target = there.get((user, team, one.starts_on))
            value = sent.get(key, "" if target is None else f"{target.normalize():f}")
            cells.append(Cell(key, f"{name}, {period_name(one)}", value))
        return Line(name, team is not None, cells)

    return [
        *(line(str(user), user.pk, None) for user in workers()),
        *(line(team.name, None, team.pk) for team in teams()),
    ]


def _cell_name(user: int | None, team: int | None, period: Period) -> str:
    whose = f"u{user}" if user is not None else f"t{team}"
    return f"{whose}.{period.key}"


def _read_cells(sent: QueryDict, asked: QuotaQuestion) -> list[NewTarget]:
    """Return the targets of the grid's fields; other fields are left alone."""
    periods = periods_of_year(asked.period.span, asked.period.starts_on.year)
    people = [(user.pk, None) for user in workers()]
    found = []
    for user, team in [*people, *((None, one.pk) for one in teams())]:
        for period in periods:
            text = sent.get(_cell_name(user, team, period))
            if text is not None:
                target = _read_target(text)
                found.append(NewTarget(period, asked.measure, target, user, team, asked.pipeline,
                                       asked.currency))  # fmt: skip
    return found


def _read_target(text: str) -> Decimal | None:
    plain = text.replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace(",", ".")
    if not plain:
        return None
    try:
        found = Decimal(plain)
    except InvalidOperation:
        raise ValidationError(_("“%s” is no number.") % text[:40]) from None
    if not found.is_finite() or found.copy_abs() >= 10**15:
        raise ValidationError(_("“%s” is no number.") % text[:40])
    return found.quantize(Decimal("0.0001")) or None
