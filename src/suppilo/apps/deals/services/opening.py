"""Open a deal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.catalogue.costs import refuse_costs
from suppilo.apps.deals.drafts import NewDeal, NewParticipant
from suppilo.apps.deals.fields import Known, check_book, clean_fields
from suppilo.apps.deals.models import Deal, DealCounter, MoveKind, StageChange
from suppilo.apps.deals.route import Ladder, read_ladder
from suppilo.apps.deals.services.first_touch import take_first_touch
from suppilo.apps.deals.services.items import SUMS, follow_up, write_items
from suppilo.apps.deals.services.moving import moment_of, tell_move
from suppilo.apps.deals.services.participants import (
    MOST_PARTICIPANTS,
    find_contact,
    write_participants,
)
from suppilo.apps.deals.services.passing import (
    check_route,
    clean_reason,
    pass_gates,
    tell_waivers,
)
from suppilo.apps.deals.services.positions import Entry, Place, place_deal, write_entry
from suppilo.apps.deals.services.writing import Deed, may_edit, tell
from suppilo.apps.people.models import Identifier
from suppilo.apps.people.selectors.first_touch import find_first_touches
from suppilo.apps.people.values import search_key
from suppilo.apps.pipelines.models import Pipeline, Stage

_PLAIN = (
    "name", "company_id", "owner_id", "team_id", "amount", "currency", "price_book_id",
    "expected_close",
    "next_step", "next_step_at", "next_step_has_time", "source", "channel", "campaign", "tags",
    "competitors", "satisfaction", "demand", "external_id", "probability", "probability_reason",
)  # fmt: skip
Contacts = list[tuple[NewParticipant, Identifier]]


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where a deal begins: its pipeline's stages, and the one of them."""

    pipeline: Pipeline
    ladder: Ladder
    stage: Stage


def open_deal(actor: User | None, new: NewDeal, *, source: str, waiver: str = "") -> Deal:
    """Open a deal in its pipeline's first open stage, or in another that it may enter.

    A later stage is entered as if the deal had moved there: where stages can't be skipped it is
    refused, else every gate on the way is asked.

    Parameters
    ----------
    waiver
        Why the deal may begin where it does without what is asked for; as for :func:`move_deal`.

    Raises
    ------
    PermissionDenied
        If the role may not change deals, or not waive.
    ValidationError
        By field: what is missing or can't be used. An open deal needs a next step and its date.
    GateClosedError, MoveRefusedError
        If the deal may not begin in this stage.
    """
    deed = Deed.begin(actor, source)
    may_edit(actor)
    refuse_costs(actor, (item.unit_cost for item in new.items))
    with transaction.atomic():
        begin = find_beginning(new)
        check_next_step(deed, new.next_step, new.next_step_at, is_open=begin.stage.is_open)
        deal = build_deal(deed, new, begin)
        contacts = find_contacts(new, deal, deed.now)
        complete(deed, deal, contacts)
        deal.number = take_numbers(1)[0]
        deal.save()
        write_participants(deal, contacts, deed.now)
        write_items(deal, new.items)
        deal.save(update_fields=[*SUMS])
        _enter(deed, deal, begin, waiver)
        return follow_up(deed, deal)


def _enter(deed: Deed, deal: Deal, begin: Beginning, waiver: str) -> StageChange:
    route = begin.ladder.route(None, begin.stage)
    check_route(begin.ladder, route)
    waiver = clean_reason(waiver)
    findings = pass_gates(deed, deal, route.asked, begin.ladder, waiver)
    entry = Entry(
        MoveKind.OPEN, begin.stage, deal.opened_at, findings=findings, waiver=waiver,
        origin=deal.origin,
    )  # fmt: skip
    change = write_entry(deed, deal, entry)
    tell(deal, "deal_created", deal.opened_at)
    tell_move(deal, change, None)
    if deal.owner is not None:
        tell(deal, "deal_assigned", deed.now)
    tell_waivers(deed, deal, change, findings, waiver)
    record_audit(deed.actor, "open_deal", deal, source=deed.source)
    return change


def find_beginning(new: NewDeal) -> Beginning:
    """Return where a deal begins.

    Raises
    ------
    ValidationError
        If there is no such pipeline or stage, it is archived, or the deal would begin closed.
    """
    rows = Pipeline.objects.select_related("current__pipeline")
    pipeline = rows.filter(pk=new.pipeline_id, is_archived=False).first()
    if pipeline is None or pipeline.current is None:
        raise ValidationError({"pipeline": _("Choose a pipeline that is in use.")})
    ladder = read_ladder(pipeline.current)
    stage = ladder.open_stages[0] if not new.stage_key else ladder.find(new.stage_key)
    if stage is None or not stage.is_open:
        keys = ", ".join(one.key for one in ladder.open_stages)
        raise ValidationError({"stage": _("A deal begins in an open stage; there are %s.") % keys})
    return Beginning(pipeline, ladder, stage)


def check_next_step(deed: Deed, step: str, at: datetime | None, *, is_open: bool) -> None:
    """Make sure that an open deal says what comes next, where people or programs write it."""
    if not is_open or not deed.asks_for_next_step:
        return
    errors: dict[str, str] = {}
    if not str(step or "").strip():
        errors["next_step"] = _("Say what is to be done next.")
    if not at:
        errors["next_step_at"] = _("Say by when the next step is to be done.")
    if errors:
        raise ValidationError(errors)


def build_deal(deed: Deed, new: NewDeal, begin: Beginning, known: Known | None = None) -> Deal:
    """Return a deal as it is to be opened, not saved; without what its people tell of it."""
    given: dict[str, Any] = {name: getattr(new, name) for name in _PLAIN}
    given["currency"] = new.currency or begin.pipeline.currency
    given |= {f"custom.{key}": value for key, value in new.custom.items()}
    clean = clean_fields(begin.pipeline, given, known)
    check_book(deed.actor, clean["price_book"], clean["currency"])
    if clean["probability"] is not None and not clean["probability_reason"]:
        raise ValidationError(
            {"probability_reason": _("Say why the probability is another than usual.")}
        )
    custom = {
        name.removeprefix("custom."): clean.pop(name) for name in list(clean)
        if name.startswith("custom.")
    }  # fmt: skip
    deal = Deal(
        **clean,
        name_key=search_key(clean["name"]),
        custom={key: value for key, value in custom.items() if value is not None},
        created_by=deed.actor,
        created_at=deed.now,
        updated_at=deed.now,
        origin=new.origin,
        revision=0,
    )
    at = new.opened_at or deed.now
    deal.entered_at = at
    deal.opened_at = moment_of(deed, deal, at)
    place_deal(deal, Place(begin.stage, at))
    return deal


def find_contacts(new: NewDeal, deal: Deal, now: datetime) -> Contacts:
    """Return a new deal's participants with their identifiers, each person once."""
    if len(new.contacts) > MOST_PARTICIPANTS:
        raise ValidationError(
            {"contacts": _("A deal has at most %d participants.") % MOST_PARTICIPANTS}
        )
    found: dict[int, tuple[NewParticipant, Identifier]] = {}
    for one in new.contacts:
        contact = find_contact(one, deal.company, now)
        found.setdefault(contact.person_id, (one, contact))
    return list(found.values())


def complete(deed: Deed, deal: Deal, contacts: Contacts) -> None:
    """Fill in what was left out: owner and team, company, and where the deal came from."""
    actor = deed.actor
    if deal.owner is None and actor is not None and allows(actor, Permission.EDIT_DEALS):
        deal.owner = actor
    if deal.team is None and deal.owner is not None:
        deal.team = first_team(deal.owner)
    people = [one for _new, one in sorted(contacts, key=lambda one: not one[0].is_main)]
    if not people:
        return
    if deal.company is None:
        deal.company = people[0].person.company
    pairs = [(one.pk, one.person_id) for one in people]
    take_first_touch(deal, pairs, find_first_touches([person for _contact, person in pairs]))


def first_team(user: User) -> Team | None:
    """Return the team that a user's deals belong to: the first by name."""
    return user.teams.order_by("name").first()


def take_numbers(count: int) -> range:
    """Return this many numbers that no deal has had; nobody else takes any until the end."""
    rows = DealCounter.objects.select_for_update()
    counter = rows.filter(pk=1).first()
    if counter is None:
        DealCounter.objects.bulk_create([DealCounter(pk=1)], ignore_conflicts=True)
        counter = rows.get(pk=1)
    first = counter.next_number
    counter.next_number += count
    counter.save(update_fields=["next_number"])
    return range(first, first + count)
