"""What an origin said is taken back, as if it had never come."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext

from django.db.models import Q
from django.utils import timezone

from suppilo.apps.people.bulk import delete_rows, read_rows, update_rows, write_rows
from suppilo.apps.people.models import (
    Company,
    CompanyTrait,
    Identifier,
    IdentityState,
    LinkRow,
    Membership,
    MergeEntry,
    Person,
    Sighting,
    TraitValue,
)
from suppilo.apps.people.models.identity import MANUAL
from suppilo.apps.people.services import seen as accounts
from suppilo.apps.people.services.companies import name_companies
from suppilo.apps.people.services.partition import divide_again
from suppilo.apps.people.services.persons import refresh_persons
from suppilo.apps.people.services.referred import find_referred
from suppilo.apps.people.services.seen import Seen
from suppilo.apps.people.services.state import writing_identities

AT_ONCE = 500
"""Identifiers of one transaction: SQLite has one writer, and arriving events wait for it."""
_BY_IDENTIFIER = (Sighting, TraitValue, Membership)


def forget_origin(
    origin: str, *, guard: Callable[[], AbstractContextManager[None]] = nullcontext
) -> None:
    """Take back everything that an origin said: an import, say.

    Identifiers that nobody else named vanish, and so do their persons and companies. Those that
    deals, activities or the like speak of are kept, as named by hand. It is done part by part, each
    in a transaction of its own; one that broke off goes on where it was when it is called again.

    Parameters
    ----------
    guard
        Entered around each part: a job's ``fenced``, say.
    """
    touched = sorted(_touched_by(origin))
    for first in range(0, len(touched), AT_ONCE):
        with guard(), writing_identities() as state:
            _forget_part(state, origin, set(touched[first : first + AT_ONCE]))
    with guard(), writing_identities():
        said = CompanyTrait.objects.filter(origin=origin)
        companies = set(said.values_list("company_id", flat=True).distinct())
        said.delete()
        _remove_companies(companies)


def _forget_part(state: IdentityState, origin: str, touched: set[int]) -> None:
    members = Membership.objects.filter(origin=origin, identifier_id__in=touched)
    companies = set(members.values_list("company_id", flat=True).distinct())
    for model in _BY_IDENTIFIER:
        model._default_manager.filter(origin=origin, identifier_id__in=touched).delete()
    ends = Q(source_id__in=touched) | Q(target_id__in=touched)
    LinkRow.objects.filter(ends, origin=origin).delete()
    left = _account_again(touched)
    persons = {row[0] for row in read_rows(Identifier, "id", sorted(touched), ["person_id"])}
    changed = divide_again(state, touched, timezone.now())
    _remove(touched - left.keys() - _keep_referred(touched - left.keys()))
    refresh_persons(_existing(persons | changed))
    _remove_companies(companies)


def _touched_by(origin: str) -> set[int]:
    """Return the identifiers that an origin names."""
    touched: set[int] = set()
    for model in _BY_IDENTIFIER:
        rows = model._default_manager.filter(origin=origin)
        touched.update(rows.values_list("identifier_id", flat=True).distinct())
    pairs = LinkRow.objects.filter(origin=origin).values_list("source_id", "target_id")
    return touched.union(*pairs)


def _account_again(touched: Collection[int]) -> dict[int, Seen]:
    """Sum up again what is still said of these identifiers; return those still named."""
    left = _linked_by_hand(touched)
    columns = ("identifier_id", *accounts.COLUMNS)
    for number, *rest in read_rows(Sighting, "identifier_id", sorted(touched), columns):
        seen = accounts.from_row(tuple(rest))
        left[number] = accounts.combine(left[number], seen) if number in left else seen
    rows = [(number, *accounts.to_row(seen)) for number, seen in left.items()]
    update_rows(Identifier, "id", accounts.COLUMNS, rows)
    return left


def _linked_by_hand(touched: Collection[int]) -> dict[int, Seen]:
    found: dict[int, Seen] = {}
    for end in ("source_id", "target_id"):
        for number, origin, at_us in read_rows(
            LinkRow, end, sorted(touched), (end, "origin", "at_us")
        ):
            if origin == MANUAL:
                found[number] = accounts.mentioned_at(at_us)
    return found


def _keep_referred(numbers: Collection[int]) -> set[int]:
    """Say by hand of the identifiers that other apps' rows refer to that they are; return them."""
    found = find_referred(Identifier, numbers) | find_referred(Person, numbers)
    kept = {row[0] for row in read_rows(Identifier, "id", sorted(found), ["id"])}
    columns = ("identifier_id", "origin", *accounts.COLUMNS)
    rows = read_rows(Identifier, "id", sorted(kept), ("id", "first_seen_us"))
    write_rows(
        Sighting,
        columns,
        [(number, MANUAL, *accounts.to_row(accounts.mentioned_at(at))) for number, at in rows],
        unique=("identifier_id", "origin"),
    )
    return kept


def _remove(numbers: Collection[int]) -> None:
    gone = sorted(numbers)
    for end in ("source_id", "target_id"):
        delete_rows(MergeEntry, end, gone)
    delete_rows(Identifier, "id", gone)
    delete_rows(Person, "id", gone)


def _existing(persons: Collection[int]) -> set[int]:
    return {row[0] for row in read_rows(Person, "id", sorted(persons), ["id"])}


def _remove_companies(numbers: set[int]) -> None:
    wanted = sorted(numbers)
    named = {row[0] for model in (Membership, CompanyTrait)
             for row in read_rows(model, "company_id", wanted, ["company_id"])}  # fmt: skip
    made = {row[0] for row in read_rows(Company, "id", wanted, ("id", "is_manual")) if row[1]}
    kept = named | made | find_referred(Company, numbers)
    delete_rows(Company, "id", sorted(numbers - kept))
    name_companies(kept)
