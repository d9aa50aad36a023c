"""Companies by hand: make, name, say who belongs."""

from __future__ import annotations

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.people.blocked import MAX_IDENTIFIER, is_usable
from suppilo.apps.people.bulk import write_rows
from suppilo.apps.people.models import Company, Membership, Person
from suppilo.apps.people.models.identity import MANUAL
from suppilo.apps.people.services.persons import refresh_persons
from suppilo.apps.people.services.state import writing_identities
from suppilo.apps.people.values import as_us, clean_text, search_key

MOST_AT_ONCE = 10_000


def make_company(actor: User, name: str, key: str = "") -> Company:
    """Make a company.

    Parameters
    ----------
    key
        What events call it; its name where left out.

    Raises
    ------
    ValidationError
        If it has no name, or there is one with this key.
    """
    require(actor, Permission.EDIT_PEOPLE)
    name, key = _checked(name), clean_text(key).strip() or _checked(name)
    if not is_usable(key):
        raise ValidationError(_("The key may have at most %d characters.") % MAX_IDENTIFIER)
    with transaction.atomic():
        company, made = Company.objects.get_or_create(
            key=key,
            defaults={"name": name, "name_key": search_key(name), "is_manual": True,
                      "created_at": timezone.now()},
        )  # fmt: skip
        if not made:
            raise ValidationError(_("There is a company “%s” already.") % company.name)
        record_audit(actor, "make_company", company)
    return company


def rename_company(actor: User, company_id: int, name: str) -> Company:
    """Give a company a name that events don't change.

    Raises
    ------
    Company.DoesNotExist
        If there is no such company.
    ValidationError
        If the name is empty or too long.
    """
    require(actor, Permission.EDIT_PEOPLE)
    with transaction.atomic():
        company = Company.objects.select_for_update().get(pk=company_id)
        before, company.name = company.name, _checked(name)
        company.name_key, company.is_manual = search_key(company.name), True
        company.save()
        record_audit(actor, "rename_company", company, before=before)
    return company


def _checked(name: str) -> str:
    name = clean_text(name).strip()
    if not 1 <= len(name) <= 200:
        raise ValidationError(_("Give the company a name, with at most 200 characters."))
    return name


def add_members(actor: User, company_id: int, persons: Collection[int]) -> int:
    """Say that people belong to a company; return how many there were to add.

    Raises
    ------
    Company.DoesNotExist
        If there is no such company.
    """
    return _say(actor, "add_members", company_id, persons, is_removed=False)


def remove_members(actor: User, company_id: int, persons: Collection[int]) -> int:
    """Say that people no longer belong to a company, whatever events said before.

    Raises
    ------
    Company.DoesNotExist
        If there is no such company.
    """
    return _say(actor, "remove_members", company_id, persons, is_removed=True)


def _say(
    actor: User, verb: str, company_id: int, persons: Collection[int], *, is_removed: bool
) -> int:
    require(actor, Permission.EDIT_PEOPLE)
    now_us = as_us(timezone.now())
    with writing_identities():
        company = Company.objects.get(pk=company_id)
        chosen = Person.objects.filter(pk__in=list(persons)[:MOST_AT_ONCE], is_visible=True)
        found = sorted(chosen.values_list("id", flat=True))
        write_rows(
            Membership,
            ("identifier_id", "company_id", "origin", "at_us", "is_removed", "is_current"),
            [(person, company_id, MANUAL, now_us, is_removed, False) for person in found],
            unique=("identifier_id", "company_id", "origin"),
            on_conflict={"at_us": "replace", "is_removed": "replace"},
        )
        refresh_persons(found)
        record_audit(actor, verb, company, people=len(found))
    return len(found)
