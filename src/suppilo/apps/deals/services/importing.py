"""Many deals at once, with their pasts, as an import brings them: a few statements for all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import AuditEntry, Team, User
from suppilo.apps.deals.drafts import NewDeal
from suppilo.apps.deals.fields import Known
from suppilo.apps.deals.gates import Finding
from suppilo.apps.deals.models import (
    Deal,
    FieldChange,
    LineItem,
    MoveSource,
    Participant,
    ParticipantRole,
    StageChange,
)
from suppilo.apps.deals.route import Ladder, read_ladder
from suppilo.apps.deals.services.brought import Arrival, pass_arrivals, waive_arrivals
from suppilo.apps.deals.services.first_touch import take_first_touch
from suppilo.apps.deals.services.items import Goods, build_items, set_sums
from suppilo.apps.deals.services.moving import move_events
from suppilo.apps.deals.services.opening import Beginning, build_deal, take_numbers
from suppilo.apps.deals.services.participants import clean_identifier
from suppilo.apps.deals.services.passing import clean_reason
from suppilo.apps.deals.services.past import Reasons, Step, past_of
from suppilo.apps.deals.services.positions import Place, evidence_of, place_deal
from suppilo.apps.deals.services.writing import Deed, deal_event, may_edit
from suppilo.apps.deals.values import plain
from suppilo.apps.outbox.services import NewEvent, note_past, record_events
from suppilo.apps.people.bulk import read_rows, write_objects
from suppilo.apps.people.evidence import Evidence, Grouping, Sighting, Trait
from suppilo.apps.people.models import Company, Identifier
from suppilo.apps.people.models.identity import MANUAL
from suppilo.apps.people.selectors.first_touch import find_first_touches
from suppilo.apps.people.services import record_evidence
from suppilo.apps.people.values import as_us
from suppilo.apps.pipelines.models import Pipeline

_AT_ONCE = 500


@dataclass(slots=True)
class Incoming:
    """A deal on its way in, and what is made of it so far."""

    new: NewDeal
    deal: Deal
    ladder: Ladder
    steps: list[Step]
    contacts: list[tuple[str, int]]
    items: list[LineItem]

    @property
    def arrival(self) -> Arrival:
        """The deal with the stages through which it came."""
        return Arrival(self.deal, self.ladder, tuple(step.to for step in self.steps))


def open_deals(
    actor: User | None,
    news: Sequence[NewDeal],
    *,
    source: str = MoveSource.IMPORT,
    waiver: str = "",
    is_told: bool = True,
) -> list[Deal]:
    """Open many deals with their histories, as another system had them; all of them or none.

    Their moves are recorded as they were. What is asked for up to where each stands, they must
    have: :meth:`Ladder.came_by`. They need no next step. Owner and team are those given.

    Parameters
    ----------
    source
        ``import``; nothing else may bring a past in.
    waiver
        Why they may stand where they do without what is asked for up to there, as for
        :func:`move_deal`: recorded with each that lacks something.
    is_told
        Whether the moves are told on as events; not where whoever opens the deals writes their
        past into the event tables. Gates see them all the same.

    Returns
    -------
    list of Deal
        In the order given.

    Raises
    ------
    PermissionDenied
        If the role may not change deals.
    ValidationError
        By number and field (``"12.amount"``): what can't be used. Nothing is opened then.
    GatesClosedError
        By number: those that lack something, where nobody waives it who may.
    """
    if source != MoveSource.IMPORT:
        raise ValueError("only an import may bring the past of deals in")
    may_edit(actor)
    if not news:
        return []
    with transaction.atomic():
        deed = Deed.begin(actor, source)
        rows = _Reader(deed, news).read()
        _write(deed, rows, clean_reason(waiver), is_told=is_told)
    return [row.deal for row in rows]


class _Reader:
    """Makes rows of what is given, and collects what is wrong with it."""

    def __init__(self, deed: Deed, news: Sequence[NewDeal]) -> None:
        self._deed, self._news = deed, news
        self._known, self._goods = Known(), Goods()
        self._ladders = _read_ladders(new.pipeline_id for new in news)
        self._contacts = _Contacts(deed, news)

    def read(self) -> list[Incoming]:
        """Return all of it; ValidationError names each that can't be used."""
        for model, ids in (
            (Company, [new.company_id for new in self._news]),
            (User, [new.owner_id for new in self._news]),
            (Team, [new.team_id for new in self._news]),
        ):
            self._known.read(model, ids)
        rows: list[Incoming] = []
        errors: dict[str, list[str]] = {}
        for place, new in enumerate(self._news):
            try:
                rows.append(self._read_one(new))
            except ValidationError as error:
                errors |= _numbered(place, error)
        if errors:
            raise ValidationError(errors)
        self._contacts.finish(rows)
        return rows

    def _read_one(self, new: NewDeal) -> Incoming:
        ladder = self._ladders.get(new.pipeline_id)
        if ladder is None:
            raise ValidationError({"pipeline": _("Choose a pipeline that is in use.")})
        steps = past_of(new, ladder, self._deed)
        pipeline = ladder.version.pipeline
        begin = Beginning(pipeline, ladder, steps[0].to)
        opened = replace(new, opened_at=steps[0].move.at)
        deal = build_deal(self._deed, opened, begin, self._known)
        if deal.team is None and deal.owner is not None:
            deal.team = self._contacts.team_of(deal.owner)
        items = build_items(deal, new.items, self._goods) if new.items else []
        set_sums(deal, items)
        deal.revision = 1
        return Incoming(new, deal, ladder, steps, self._contacts.of(new), items)


def _numbered(place: int, error: ValidationError) -> dict[str, list[str]]:
    if not hasattr(error, "error_dict"):
        return {f"{place}.": error.messages}
    return {f"{place}.{field}": found for field, found in error.message_dict.items()}


def _read_ladders(pipelines: Iterable[int]) -> dict[int, Ladder]:
    rows = Pipeline.objects.filter(pk__in=set(pipelines), is_archived=False)
    return {
        row.pk: read_ladder(row.current)
        for row in rows.select_related("current__pipeline") if row.current is not None
    }  # fmt: skip


class _Contacts:
    """The participants of all the deals, found or made together."""

    def __init__(self, deed: Deed, news: Sequence[NewDeal]) -> None:
        self._deed = deed
        self._teams = _first_teams({new.owner_id for new in news if new.owner_id is not None})
        self._ids: dict[str, int] = {}
        self._persons: dict[int, int] = {}
        self._make(news)

    def team_of(self, owner: User) -> Team | None:
        """Return the team that an owner's deals belong to."""
        return self._teams.get(owner.pk)

    def of(self, new: NewDeal) -> list[tuple[str, int]]:
        """Return a new deal's participants, each person once, as (role, identifier's id)."""
        found: dict[int, tuple[str, int]] = {}
        for one in sorted(new.contacts, key=lambda one: not one.is_main):
            number = one.person_id or self._ids[clean_identifier(one.identifier)]
            if number not in self._persons:
                raise ValidationError({"contacts": _("There is no such person.")})
            if one.role not in ParticipantRole.values:
                raise ValidationError({"contacts": _("“%s” is no role.") % one.role})
            found.setdefault(self._persons[number], (one.role, number))
        return list(found.values())

    def _make(self, news: Sequence[NewDeal]) -> None:
        given = [(new, one) for new in news for one in new.contacts]
        values: dict[str, tuple[NewDeal, str]] = {}
        for new, one in given:
            if one.person_id is None:
                try:
                    values.setdefault(clean_identifier(one.identifier), (new, one.name))
                except ValidationError:
                    continue  # Said again, with its number, when the deal is read.
        self._ids = _find_identifiers(values)
        missing = {value: who for value, who in values.items() if value not in self._ids}
        if missing:
            self._record(missing)
            self._ids |= _find_identifiers(missing)
        numbers = {one.person_id for _new, one in given if one.person_id} | set(self._ids.values())
        for part in _parts(sorted(numbers)):
            pairs = Identifier.objects.filter(pk__in=part).values_list("pk", "person_id")
            self._persons.update(pairs)

    def _record(self, missing: dict[str, tuple[NewDeal, str]]) -> None:
        """Make people of identifiers that nobody has; who made them is the import."""
        at_us = as_us(self._deed.now)
        companies = Company.objects.in_bulk(
            {new.company_id for new, _name in missing.values() if new.company_id}
        )
        by_origin: dict[str, list[str]] = defaultdict(list)
        for value, (new, _name) in missing.items():
            by_origin[new.origin or MANUAL].append(value)
        for origin, values in by_origin.items():
            sightings = [Sighting(value, True, at_us, at_us, 0) for value in values]
            traits = [Trait(value, "name", missing[value][1][:200], at_us)
                      for value in values if missing[value][1]]  # fmt: skip
            groupings = [
                Grouping(value, company.key, at_us) for value in values
                if (company := companies.get(missing[value][0].company_id or 0)) is not None
            ]  # fmt: skip
            record_evidence(origin, Evidence(sightings, (), traits, groupings))

    def finish(self, rows: Iterable[Incoming]) -> None:
        """Fill in where deals came from by all their people, the company by the main one."""
        peopled = [(row, self._people_of(row)) for row in rows if row.contacts]
        touches = find_first_touches({one for _row, people in peopled for _contact, one in people})
        companies = _companies_of({people[0][1] for _row, people in peopled})
        for row, people in peopled:
            take_first_touch(row.deal, people, touches)
            row.deal.company = row.deal.company or companies.get(people[0][1])

    def _people_of(self, row: Incoming) -> list[tuple[int, int]]:
        return [(number, self._persons[number]) for _role, number in row.contacts]


def _first_teams(owners: set[int]) -> dict[int, Team]:
    """Return the team that each owner's deals belong to, the first by name, by the owner's id."""
    teams = Team.objects.filter(members__in=owners).annotate(owner=F("members"))
    return {team.owner: team for team in teams.order_by("-name")}


def _parts(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[first : first + _AT_ONCE] for first in range(0, len(values), _AT_ONCE))


def _find_identifiers(values: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in _parts(sorted(values)):
        found.update(Identifier.objects.filter(value__in=part).values_list("value", "pk"))
    return found


def _companies_of(persons: set[int]) -> dict[int, Company]:
    found: dict[int, Company] = {}
    for part in _parts(sorted(persons)):
        rows = Identifier.objects.filter(pk__in=part, person__company__isnull=False)
        for row in rows.select_related("person__company"):
            if row.person.company is not None:
                found[row.pk] = row.person.company
    return found


def _write(deed: Deed, rows: Sequence[Incoming], waiver: str, *, is_told: bool) -> None:
    numbers = take_numbers(len(rows))
    for number, row in zip(numbers, rows, strict=True):
        row.deal.number = number
    reasons = Reasons()
    placed = [_place(row, reasons) for row in rows]
    _write_deals([row.deal for row in rows])
    write_objects([one for row in rows for one in _odds_changes(deed, row.deal)])
    write_objects([one for row in rows for one in _participants(deed, row)])
    write_objects([item for row in rows for item in _items(row)])
    found = pass_arrivals(deed, [row.arrival for row in rows], waiver)
    ledgers = [list(_ledger(deed, row, found.get(row.deal.pk, ()))) for row in rows]
    write_objects([change for ledger in ledgers for change in ledger])
    waived = waive_arrivals(deed, [ledger[-1] for ledger in ledgers], found, waiver)
    events = (event for row, lost in zip(rows, placed, strict=True) for event in _events(row, lost))
    if is_told:
        record_events(chain(events, waived))
    else:
        note_past(chain(events, waived))
    _audit(deed, rows)


def _write_deals(deals: Sequence[Deal]) -> None:
    """Write deals, and give each the id that it got: they are known by their numbers."""
    write_objects(deals)
    numbers = [deal.number for deal in deals]
    ids: dict[int, int] = dict(read_rows(Deal, "number", numbers, ("number", "id")))
    for deal in deals:
        deal.pk = ids[deal.number]


def _place(row: Incoming, reasons: Reasons) -> list[str]:
    """Put a deal where its last move left it; return the reason of each move that lost it."""
    names: list[str] = []
    for step in row.steps:
        lost = reasons.find(row.deal.pipeline, step)
        names.append(lost.name if lost is not None else "")
        note = clean_reason(step.move.lost_note) if lost is not None else ""
        place_deal(row.deal, Place(step.to, step.move.at, lost, note))
    return names


def _ledger(deed: Deed, row: Incoming, findings: tuple[Finding, ...]) -> Iterable[StageChange]:
    """Yield a deal's past; the last entry says what was there of what is asked up to it."""
    before = None
    for number, step in enumerate(row.steps, 1):
        yield StageChange(
            deal=row.deal,
            number=number,
            kind=step.kind,
            from_stage=before,
            to_stage=step.to,
            version=step.to.version,
            at=step.move.at,
            recorded_at=deed.now,
            actor=deed.actor,
            source=deed.source,
            reason=clean_reason(step.move.reason),
            origin=row.deal.origin,
            evidence=evidence_of(findings, is_waived=True) if number == len(row.steps) else [],
        )
        before = step.to


def _odds_changes(deed: Deed, deal: Deal) -> Iterable[FieldChange]:
    """Yield the history of a probability that is not the stage's own."""
    if deal.probability is None:
        return
    for field, old in (("probability", None), ("probability_reason", "")):
        yield FieldChange(
            deal=deal, field=field, old=old, new=plain(getattr(deal, field)), by=deed.actor,
            source=deed.source, at=deed.now,
        )  # fmt: skip


def _participants(deed: Deed, row: Incoming) -> Iterable[Participant]:
    for place, (role, number) in enumerate(row.contacts):
        yield Participant(
            deal=row.deal, contact_id=number, role=role, is_main=place == 0, added_at=deed.now
        )


def _items(row: Incoming) -> Iterable[LineItem]:
    for item in row.items:
        item.deal = row.deal
        yield item


def _events(row: Incoming, lost: Sequence[str]) -> Iterable[NewEvent]:
    deal, before = row.deal, ""
    yield deal_event(deal, "deal_created", deal.opened_at, stage=row.steps[0].to.key)
    for step, reason in zip(row.steps, lost, strict=True):
        for name, more in move_events(step.kind, before, reason):
            yield deal_event(deal, name, step.move.at, stage=step.to.key, **more)
        before = step.to.key


def _audit(deed: Deed, rows: Sequence[Incoming]) -> None:
    write_objects(
        [
            AuditEntry(
                actor=deed.actor, verb="open_deal", target_kind="deal",
                target_id=str(row.deal.pk), target_name=row.deal.name[:200],
                detail={"source": str(deed.source), "origin": row.deal.origin},
            )
            for row in rows
        ]
    )  # fmt: skip
