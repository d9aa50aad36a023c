"""Who takes part in a deal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.deals import cleaning
from suppilo.apps.deals.drafts import NewParticipant
from suppilo.apps.deals.models import Deal, Participant, ParticipantRole
from suppilo.apps.deals.selectors.visible import get_deal
from suppilo.apps.deals.services.first_touch import learn_first_touch
from suppilo.apps.deals.services.items import follow_up
from suppilo.apps.deals.services.writing import (
    Deed,
    may_edit,
    note_changes,
    save_deal,
    take_deal,
)
from suppilo.apps.people.blocked import is_blocked, is_usable
from suppilo.apps.people.evidence import Evidence, Grouping, Sighting, Trait
from suppilo.apps.people.models import Company, Identifier, Person
from suppilo.apps.people.models.identity import MANUAL
from suppilo.apps.people.services import record_evidence
from suppilo.apps.people.values import as_us, clean_text

MOST_PARTICIPANTS = 100
Shown = dict[str, Any]


def add_participant(
    actor: User | None,
    deal_id: int,
    new: NewParticipant,
    *,
    source: str,
    revision: int | None = None,
) -> Participant:
    """Add somebody to a deal; an address that nobody has makes a person.

    The first one is the main one, and so is whoever is added as such.

    Raises
    ------
    ValidationError
        If it can't be said who that is, they take part already, or the role is none.
        Others as :func:`move_deal` does.
    """
    with transaction.atomic():
        # Whoever changes people holds a lock of their own: it is taken before the deal's.
        may_edit(actor)
        deal = get_deal(actor, deal_id)
        deed = Deed.begin(actor, source)
        contact = find_contact(new, deal.company, deed.now)
        deal = take_deal(actor, deal_id, revision)
        if deal.participants.count() >= MOST_PARTICIPANTS:
            raise ValidationError(_("A deal has at most %d participants.") % MOST_PARTICIPANTS)
        _refuse_twice(deal, contact)
        row = write_participants(deal, [(new, contact)], deed.now)[0]
        _note(deed, deal, None, _shown(row))
        record_audit(actor, "add_participant", deal, role=row.role)
        follow_up(deed, deal)
    return row


def _refuse_twice(deal: Deal, contact: Identifier) -> None:
    if deal.participants.filter(contact__person_id=contact.person_id).exists():
        raise ValidationError(_("%s takes part already.") % contact.person)


def change_participant(
    actor: User | None,
    deal_id: int,
    participant_id: int,
    *,
    source: str,
    role: str | None = None,
    influence: int | None = None,
    is_main: bool | None = None,
    revision: int | None = None,
) -> Participant:
    """Change what is given of a participant; an influence of 0 takes it away.

    Raises
    ------
    Participant.DoesNotExist
        If the deal has no such participant. Others as :func:`add_participant`.
    """
    with transaction.atomic():
        deed = Deed.begin(actor, source)
        deal = take_deal(actor, deal_id, revision)
        row = deal.participants.select_related("contact__person").get(pk=participant_id)
        before = _shown(row)
        row.role = _checked_role(role) if role is not None else row.role
        if influence is not None:
            row.influence = cleaning.grade(influence or None)
        if is_main:
            deal.participants.filter(is_main=True).update(is_main=False)
            row.is_main = True
        row.save(update_fields=["role", "influence", "is_main"])
        _note(deed, deal, before, _shown(row))
        record_audit(actor, "change_participant", deal, participant=row.pk)
        follow_up(deed, deal)
    return row


def remove_participant(
    actor: User | None,
    deal_id: int,
    participant_id: int,
    *,
    source: str,
    revision: int | None = None,
) -> None:
    """Take somebody out of a deal; of those left, the first is the main one then.

    Raises
    ------
    Participant.DoesNotExist
        If the deal has no such participant. Others as :func:`move_deal` does.
    """
    with transaction.atomic():
        deed = Deed.begin(actor, source)
        deal = take_deal(actor, deal_id, revision)
        row = deal.participants.select_related("contact__person").get(pk=participant_id)
        shown = _shown(row)
        row.delete()
        first = deal.participants.order_by("-is_main", "id").first()
        if first is not None and not first.is_main:
            first.is_main = True
            first.save(update_fields=["is_main"])
        _note(deed, deal, shown, None)
        record_audit(actor, "remove_participant", deal, participant=participant_id)


def write_participants(
    deal: Deal, given: Sequence[tuple[NewParticipant, Identifier]], now: datetime
) -> list[Participant]:
    """Write participants whose identifiers are known; exactly one is the main one afterwards."""
    mains = [place for place, (new, _contact) in enumerate(given) if new.is_main]
    has_main = deal.participants.filter(is_main=True).exists()
    main = mains[0] if mains else (None if has_main else 0)
    if mains and has_main:
        deal.participants.filter(is_main=True).update(is_main=False)
    return Participant.objects.bulk_create(
        Participant(
            deal=deal,
            contact=contact,
            role=_checked_role(new.role),
            influence=cleaning.grade(new.influence),
            is_main=place == main,
            added_at=now,
        )
        for place, (new, contact) in enumerate(given)
    )


def find_contact(new: NewParticipant, company: Company | None, now: datetime) -> Identifier:
    """Return the identifier of somebody who is to take part, made where there was none.

    Raises
    ------
    ValidationError
        If there is no such person, or the identifier can't be used.
    """
    if new.person_id is not None:
        rows = Identifier.objects.select_related("person")
        found = rows.filter(pk=new.person_id).first()
        if found is None or not Person.objects.filter(pk=new.person_id).exists():
            raise ValidationError({"contacts": _("There is no such person.")})
        return found
    value = clean_identifier(new.identifier)
    known = _known_identifier(value)
    if known is not None:
        return known
    record_evidence(MANUAL, _evidence_of(replace(new, identifier=value), company, now))
    return Identifier.objects.select_related("person").get(value=value)


def clean_identifier(text: str) -> str:
    """Return an identifier as it is kept: addresses in lower case; else ValidationError."""
    value = clean_text(text).strip()
    value = value.lower() if "@" in value else value
    if not is_usable(value) or is_blocked(value):
        raise ValidationError(
            {"contacts": _("“%s” names nobody: write an e-mail address or a user's id.") % value}
        )
    return value


def _known_identifier(value: str) -> Identifier | None:
    return Identifier.objects.select_related("person").filter(value=value).first()


def _evidence_of(new: NewParticipant, company: Company | None, now: datetime) -> Evidence:
    at_us = as_us(now)
    name = clean_text(new.name).strip()[:200]
    return Evidence(
        sightings=[Sighting(new.identifier, True, at_us, at_us, 0)],
        traits=[Trait(new.identifier, "name", name, at_us)] if name else [],
        groupings=[Grouping(new.identifier, company.key, at_us)] if company is not None else [],
    )


def _checked_role(role: str) -> str:
    if role not in ParticipantRole.values:
        raise ValidationError(
            {"contacts": _("“%(role)s” is no role; there are %(all)s.")
             % {"role": role, "all": ", ".join(ParticipantRole.values)}}
        )  # fmt: skip
    return role


def _shown(row: Participant) -> Shown:
    # No names: history outlives people who ask to be forgotten.
    return {"contact": row.contact_id, "role": row.role, "influence": row.influence,
            "is_main": row.is_main}  # fmt: skip


def _note(deed: Deed, deal: Deal, before: Shown | None, after: Shown | None) -> None:
    note_changes(deed, deal, {"participants": (before, after)})
    save_deal(deed, deal, *learn_first_touch(deed, deal))
