"""What can be done with leads: in place from the inbox, or from a lead's page."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.deals.errors import GateClosedError, MoveRefusedError
from suppilo.apps.deals.models import MoveSource
from suppilo.apps.leads import services
from suppilo.apps.leads.models import Lead, LeadState
from suppilo.apps.leads.selectors import count_trays, visible_leads
from suppilo.apps.leads.selectors.visible import SHOWN_WITH
from suppilo.apps.leads.services import DealWanted
from suppilo.web.access import UserRequest, page, safe_next
from suppilo.web.views.leads.choices import choices_for
from suppilo.web.views.leads.inbox import read_filter, read_form, tray_links
from suppilo.web.views.leads.rows import make_rows
from suppilo.web.views.people.actions import back_to_list, read_ids

_REFUSALS = (ValidationError, GateClosedError, MoveRefusedError)


@page(Permission.WORK_LEADS, methods=("POST",))
def edit(request: UserRequest, lead_id: int) -> HttpResponse:
    """Change a lead's interest and note."""
    interest, note = request.POST.get("interest"), request.POST.get("note")
    if note is not None:
        note = note.replace("\r\n", "\n")

    def act() -> Lead:
        revision = _number(request, "revision")
        return services.edit_lead(
            request.user, lead_id, interest=interest, note=note, revision=revision
        )

    return _act(request, lead_id, act)


@page(Permission.WORK_LEADS, methods=("POST",))
def qualify(request: UserRequest, lead_id: int) -> HttpResponse:
    """Qualify a lead."""
    return _act(request, lead_id, lambda: services.qualify_lead(request.user, lead_id))


@page(Permission.WORK_LEADS, methods=("POST",))
def hand_over(request: UserRequest, lead_id: int) -> HttpResponse:
    """Hand a lead over: to somebody, or to whom the rules choose."""
    owner = _number(request, "owner")
    reason = request.POST.get("reason", "")[:2000]
    return _act(
        request,
        lead_id,
        lambda: services.hand_over_lead(request.user, lead_id, owner_id=owner, reason=reason),
    )


@page(Permission.WORK_LEADS, methods=("POST",))
def accept(request: UserRequest, lead_id: int) -> HttpResponse:
    """Take a lead on, with a deal where a pipeline is chosen."""

    def act() -> Lead:
        deal = _deal_wanted(request)
        return services.accept_lead(request.user, lead_id, deal=deal, source=MoveSource.PAGE)

    return _act(request, lead_id, act)


@page(Permission.EDIT_DEALS, methods=("POST",))
def convert(request: UserRequest, lead_id: int) -> HttpResponse:
    """Make a deal of a lead that was accepted."""

    def act() -> Lead:
        deal = _deal_wanted(request)
        if deal is None:
            raise ValidationError(_("Choose a pipeline."))
        return services.convert_lead(request.user, lead_id, deal, source=MoveSource.PAGE)

    return _act(request, lead_id, act)


@page(Permission.WORK_LEADS, methods=("POST",))
def give_back(request: UserRequest, lead_id: int) -> HttpResponse:
    """Return a lead to marketing."""
    reason, note = _number(request, "reason") or 0, request.POST.get("note", "")[:2000]
    return _act(
        request,
        lead_id,
        lambda: services.return_lead(request.user, lead_id, reason, note=note),
    )


@page(Permission.WORK_LEADS, methods=("POST",))
def disqualify(request: UserRequest, lead_id: int) -> HttpResponse:
    """Close a lead that comes to nothing."""
    reason = request.POST.get("reason", "")
    return _act(request, lead_id, lambda: services.disqualify_lead(request.user, lead_id, reason))


@page(Permission.WORK_LEADS, methods=("POST",))
def add_people(request: UserRequest) -> HttpResponse:
    """Put the people who are ticked in the list of people into the inbox."""
    try:
        added = services.add_leads(request.user, read_ids(request, "people"))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return back_to_list(request)
    made = len(added.leads)
    text = ngettext("%d person is a lead now.", "%d people are leads now.", made) % made
    if added.had_one:
        more = ngettext("%d was one already.", "%d were already.", added.had_one)
        text = f"{text} {more % added.had_one}"
    messages.success(request, text)
    return back_to_list(request)


def _act(request: UserRequest, lead_id: int, act: Callable[[], Lead]) -> HttpResponse:
    """Do it, and show the lead as it is then: its row, or the page one came from."""
    refusal, lead = "", None
    try:
        lead = act()
    except ObjectDoesNotExist as error:
        raise Http404 from error
    except _REFUSALS as error:
        refusal = refusal_words(error)
    if request.htmx:
        return _row(request, lead_id, refusal)
    if refusal:
        messages.error(request, refusal)
    elif lead is not None:
        messages.success(request, done_words(lead))
    return redirect(safe_next(request.POST.get("next", ""), reverse("leads")))


def done_words(lead: Lead) -> str:
    """Return what became of a lead."""
    if lead.state == LeadState.HANDED_OVER:
        return _("Handed over to %s.") % lead.owner
    if lead.route_since is not None:
        return _("Nobody is at work. The lead goes to the first who is.")
    return _("%(name)s: %(state)s.") % {
        "name": lead.contact.person, "state": lead.get_state_display(),
    }  # fmt: skip


def refusal_words(error: Exception) -> str:
    """Return why something was refused, in words."""
    return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)


def _row(request: UserRequest, lead_id: int, refusal: str) -> HttpResponse:
    """Answer htmx: the lead's row, and the counts above the list."""
    now = timezone.now()
    found = visible_leads(request.user).select_related(*SHOWN_WITH).filter(pk=lead_id).first()
    query = QueryDict((request.htmx.current_url or "").partition("?")[2])
    asked = read_filter(request.user, read_form(request.user, query))
    counts = count_trays(request.user, now)
    context = {
        "row": make_rows([found], now)[0] if found else None,
        "lead_id": lead_id,
        "refusal": refusal,
        "choices": choices_for(request.user),
        "trays": tray_links(request.user, counts, asked.tray, query),
        "here": request.htmx.current_url_abs_path or reverse("leads"),
    }
    return render(request, "leads/row_answer.html", context)


def _number(request: UserRequest, name: str) -> int | None:
    found = read_ids(request, name)
    return found[0] if found else None


def _deal_wanted(request: UserRequest) -> DealWanted | None:
    pipeline = _number(request, "pipeline")
    if pipeline is None:
        return None
    name = request.POST.get("deal_name", "")[:200]
    return DealWanted(pipeline, name, _amount(request.POST.get("amount", "")))


def _amount(text: str) -> Decimal:
    plain = text.strip().replace("\u00a0", "").replace(" ", "").replace(",", ".")
    try:
        found = Decimal(plain or "0")
    except InvalidOperation:
        raise ValidationError(_("“%s” is no amount.") % text) from None
    if not found.is_finite() or not 0 <= found < 10**15:
        raise ValidationError(_("“%s” is no amount.") % text)
    return found
