"""What people at work write about a person."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.people.evidence import Evidence, Trait
from suppilo.apps.people.models import Person
from suppilo.apps.people.models.identity import MANUAL
from suppilo.apps.people.services.record import record_evidence
from suppilo.apps.people.services.state import writing_identities
from suppilo.apps.people.values import as_us

LONGEST_NAME = 255
LONGEST_VALUE = 8192


def set_property(actor: User, person_id: int, name: str, value: str | None) -> None:
    """Give a person's property a value by hand; None takes it away.

    It counts until events say something later. History keeps what was there before.

    Raises
    ------
    Person.DoesNotExist
        If there is no such person.
    ValidationError
        If the name is empty, or something is too long.
    """
    require(actor, Permission.EDIT_PEOPLE)
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise ValidationError(_("Name the property, with at most %d characters.") % LONGEST_NAME)
    if value is not None and len(value) > LONGEST_VALUE:
        raise ValidationError(_("The value may have at most %d characters.") % LONGEST_VALUE)
    with writing_identities():
        person = Person.objects.get(pk=person_id, is_visible=True)
        said = Trait(person.identifier, name, value, as_us(timezone.now()))
        record_evidence(MANUAL, Evidence(traits=[said]))
        record_audit(actor, "edit_person", person, property=name)
