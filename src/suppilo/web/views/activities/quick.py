"""Quick entry: one line, what was understood of it, and the activity it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.activities.days import moment_of, start_of_day, zone_of
from suppilo.apps.activities.models import Activity, ActivityKind, Outcome
from suppilo.apps.activities.quick import QuickEntry, parse_entry
from suppilo.apps.activities.quick.entry import LONGEST
from suppilo.apps.activities.selectors import Match, find_assignee, find_matches
from suppilo.apps.activities.services import NewActivity, add_activity
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.selectors import visible_deals
from suppilo.web.access import UserRequest, page
from suppilo.web.views.activities.forms import StepForm

NOBODY = "none"


@dataclass(frozen=True, slots=True)
class Understood:
    """A line, and what the server made of it for a user.

    Attributes
    ----------
    matches
        What it may be about.
    about
        Which of them was chosen, or is plain; empty where the user has to choose.
    owner
        Whom it is for; None where ``@name`` is nobody that is known.
    """

    text: str
    entry: QuickEntry
    matches: list[Match]
    about: str
    owner: User | None
    at: datetime | None
    has_time: bool

    @property
    def chosen(self) -> Match | None:
        """What it is about, if that is known."""
        return next((match for match in self.matches if match.value == self.about), None)

    @property
    def is_ambiguous(self) -> bool:
        """Whether the user has to say what it is about."""
        return bool(self.matches) and not self.about

    @property
    def is_step_wanted(self) -> bool:
        """Whether it is about a deal that has no next step, or one that has passed."""
        about = self.chosen
        if about is None or about.kind != "deal":
            return False
        planned = Deal.objects.filter(pk=about.id, next_step_at__gt=timezone.now())
        return not planned.exists()

    @property
    def kind_label(self) -> Any:
        """The kind in words."""
        return ActivityKind(self.entry.kind).label


def understand(user: User, values: QueryDict) -> Understood:
    """Return what a line says, with the deal of the page it was typed on where there is one."""
    text = values.get("q", "")[:LONGEST]
    zone, now = zone_of(user), timezone.now()
    entry = parse_entry(text, now.astimezone(zone))
    matches = _matches(user, entry, values.get("deal", ""))
    at, has_time = moment_of(entry.due_on, entry.at_time, zone)
    if at is None and not entry.is_done:
        at = start_of_day(now.astimezone(zone).date(), zone)
    owner = find_assignee(entry.owner) if entry.owner else user
    return Understood(
        text, entry, matches, _about(matches, values.get("about", "")), owner, at, has_time
    )


def _matches(user: User, entry: QuickEntry, deal_id: str) -> list[Match]:
    found = find_matches(user, entry.names)
    if not (deal_id.isdecimal() and len(deal_id) < 19):
        return found
    here = visible_deals(user).filter(pk=deal_id).select_related("company").first()
    if here is None:
        return found
    company = here.company.name if here.company else ""
    of_page = Match("deal", here.pk, here.name, company, 0)
    return [of_page, *(match for match in found if match.value != of_page.value)]


def _about(matches: list[Match], chosen: str) -> str:
    if chosen == NOBODY or chosen in {match.value for match in matches}:
        return chosen
    deals = [match for match in matches if match.kind == "deal"]
    plain = deals if len(deals) == 1 else matches
    return plain[0].value if len(plain) == 1 or (plain and not plain[0].score) else ""


@page(Permission.EDIT_DEALS, methods=("GET",))
def quick_preview(request: UserRequest) -> HttpResponse:
    """Answer with what was understood so far."""
    return render(
        request,
        "activities/quick_preview.html",
        {"understood": understand(request.user, request.GET), "outcomes": Outcome.choices[:-1]},
    )


@page(Permission.EDIT_DEALS)
def quick_entry(request: UserRequest) -> HttpResponse:
    """Take a line; show what was understood, and save it once that was seen or is plain."""
    values = request.POST if request.method == "POST" else request.GET
    understood = understand(request.user, values)
    error = ""
    if request.method == "POST" and _is_ready(request, understood):
        try:
            made = add_activity(request.user, _new(understood, request.POST))
        except ValidationError as refused:
            error = " ".join(refused.messages)
        else:
            return _made(request, made)
    context = {
        "understood": understood, "error": error, "deal": values.get("deal", ""),
        "outcomes": Outcome.choices[:-1],
    }  # fmt: skip
    template = "activities/quick_form.html" if request.htmx else "activities/quick.html"
    return render(request, template, context, status=422 if error else 200)


def _is_ready(request: UserRequest, understood: Understood) -> bool:
    """Return whether the user has seen what will be saved, or nothing of it is in doubt."""
    if not understood.text.strip() or understood.is_ambiguous or understood.owner is None:
        return False
    return bool(request.htmx) or request.POST.get("seen") == understood.text


def _new(understood: Understood, values: QueryDict) -> NewActivity:
    entry, about = understood.entry, understood.chosen
    ids = {f"{about.kind}_id": about.id} if about else {}
    done_at = _done_at(understood) if entry.is_done else None
    return NewActivity(
        kind=entry.kind,
        subject=entry.subject or str(understood.kind_label),
        note=entry.note,
        deal_id=ids.get("deal_id"),
        company_id=ids.get("company_id"),
        contact_id=ids.get("person_id"),
        owner_id=understood.owner.pk if understood.owner else None,
        due_at=None if entry.is_done else understood.at,
        has_time=understood.has_time,
        duration_min=entry.duration_min,
        is_high=entry.is_high,
        tags=entry.tags,
        outcome=values.get("outcome", "") or Outcome.DONE if entry.is_done else "",
        done_at=done_at,
        is_next_step="is_next_step" in values if "seen" in values else understood.is_step_wanted,
    )


def _done_at(understood: Understood) -> datetime:
    """Return when something was done: at noon, or now, where only the day was said."""
    if understood.at is None:
        return timezone.now()
    at = understood.at if understood.has_time else understood.at + timedelta(hours=12)
    return min(at, timezone.now())


def _made(request: UserRequest, made: Activity) -> HttpResponse:
    """Say what was added; of something done, ask for the deal's next step right away."""
    asks = made.done_at is not None and made.deal is not None and made.deal.is_open
    if request.htmx:
        form = StepForm(auto_id="quick-step-%s") if asks else None
        answer = render(
            request, "activities/quick_made.html", {"made": made, "deal": made.deal, "form": form}
        )
        answer["HX-Trigger-After-Swap"] = "activitiesChanged"
        return answer
    messages.success(request, _("Added: %s") % made.subject)
    return redirect("deal_next_step", made.deal_id) if asks else redirect("my_day")
