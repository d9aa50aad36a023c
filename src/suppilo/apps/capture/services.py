"""Verbs that change sources, their keys and rules, quarantine, and what is suppressed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.capture.counts import Tally
from suppilo.apps.capture.keys import make_key
from suppilo.apps.capture.models import (
    Quarantined,
    QuarantineState,
    Rule,
    RuleAction,
    Source,
    SourceKey,
    SourceKind,
    Suppression,
)
from suppilo.apps.capture.rules import CASTS
from suppilo.apps.capture.store import forget_keys
from suppilo.apps.capture.suppression import identifier_digest
from suppilo.apps.people.blocked import is_blocked

if TYPE_CHECKING:
    from suppilo.apps.accounts.models import User


def require_changeable(actor: User, source: Source) -> None:
    """Make sure that a user may change this source; nobody may change the server's own.

    Raises
    ------
    PermissionDenied
        If the role may not, or the source stands for the server's own events.
    """
    require(actor, Permission.MANAGE_SOURCES)
    if source.is_internal:
        raise PermissionDenied(_("This source stands for the server's own events."))


def make_source(
    actor: User,
    name: str,
    kind: str,
    allowed_origins: Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
) -> Source:
    """Make a source with its first write key.

    Raises
    ------
    ValidationError
        If the name is empty or too long, the kind is none of :class:`SourceKind`, or an origin is
        no ``https://host``.
    """
    require(actor, Permission.MANAGE_SOURCES)
    source = Source(name=name.strip(), kind=kind, created_by=actor)
    _fill(source, allowed_origins, settings)
    with transaction.atomic():
        source.save()
        SourceKey.objects.create(source=source, key=make_key())
        record_audit(actor, "make_source", source, name=source.name, kind=kind)
    return source


def change_source(
    actor: User,
    source: Source,
    *,
    name: str,
    allowed_origins: Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
) -> Source:
    """Change a source's name, origins and settings.

    Raises
    ------
    ValidationError
        As :func:`make_source` does.
    """
    require_changeable(actor, source)
    source.name = name.strip()
    _fill(source, allowed_origins, settings)
    with transaction.atomic():
        source.save()
        record_audit(actor, "change_source", source, name=source.name)
    forget_keys()
    return source


def rotate_key(actor: User, source: Source) -> SourceKey:
    """Make another write key; those before work until they are revoked."""
    require_changeable(actor, source)
    with transaction.atomic():
        made = SourceKey.objects.create(source=source, key=make_key())
        record_audit(actor, "rotate_key", source, key=made.pk)
    return made


def revoke_key(actor: User, key: SourceKey) -> None:
    """Refuse a write key from now on."""
    require(actor, Permission.MANAGE_SOURCES)
    with transaction.atomic():
        SourceKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
        record_audit(actor, "revoke_key", key.source, key=key.pk)
    forget_keys()


def enable_source(actor: User, source: Source) -> None:
    """Accept a source's events again."""
    _set_enabled(actor, source, is_enabled=True)


def disable_source(actor: User, source: Source) -> None:
    """Refuse all events of a source; nothing that it sent before is lost."""
    _set_enabled(actor, source, is_enabled=False)


def make_rule(
    actor: User, source: Source, action: str, *, event: str = "", field: str = "", value: Any = None
) -> Rule:
    """Make a rule that a source's events are put right by, from now on and when replayed.

    Raises
    ------
    ValidationError
        If the action is unknown, or lacks its field or value.
    """
    require_changeable(actor, source)
    check_rule(action, field, value)
    with transaction.atomic():
        rule = Rule.objects.create(
            source=source, action=action, event=event, field=field, value=value, created_by=actor
        )
        record_audit(actor, "make_rule", source, rule=rule.pk, action=action)
    return rule


def remove_rule(actor: User, rule: Rule) -> None:
    """Remove a rule; events that it changed stay as they are."""
    require(actor, Permission.MANAGE_SOURCES)
    with transaction.atomic():
        record_audit(actor, "remove_rule", rule.source, rule=rule.pk, action=rule.action)
        rule.delete()


def check_rule(action: str, field: str, value: Any) -> None:
    """Make sure that a rule can be applied.

    Raises
    ------
    ValidationError
        If it can't; the message says what is missing.
    """
    if action not in RuleAction.values:
        raise ValidationError(_("Choose what the rule does."))
    if action in (RuleAction.RENAME_FIELD, RuleAction.SET_VALUE, RuleAction.CAST) and not field:
        raise ValidationError(_("Say which field, for example properties.total."))
    if action in (RuleAction.RENAME_EVENT, RuleAction.RENAME_FIELD) and not str(value or ""):
        raise ValidationError(_("Say the new name."))
    if action == RuleAction.CAST and value not in CASTS:
        raise ValidationError(_("Choose a type: number, integer, text or boolean."))


def replay_quarantined(actor: User, ids: Iterable[int]) -> int:
    """Have quarantined events stored again, with their source's rules; return how many.

    The process that receives events does it within a second. What is still refused then is open
    again, with its reason.
    """
    require(actor, Permission.MANAGE_SOURCES)
    with transaction.atomic():
        rows = Quarantined.objects.filter(pk__in=list(ids), state=QuarantineState.OPEN)
        count = rows.update(state=QuarantineState.REPLAYING)
        record_audit(actor, "replay_quarantined", None, events=count)
    return count


def discard_quarantined(actor: User, ids: Iterable[int]) -> int:
    """Give up quarantined events; in the accounts they count as filtered. Return how many."""
    require(actor, Permission.MANAGE_SOURCES)
    tally = Tally()
    with transaction.atomic():
        rows = Quarantined.objects.select_for_update().filter(
            pk__in=list(ids), state=QuarantineState.OPEN
        )
        found = list(rows.values_list("pk", "source_id", "received_us"))
        for _pk, source_id, received_us in found:
            tally.move(source_id, received_us, "quarantined", "filtered")
        chosen = Quarantined.objects.filter(pk__in=[pk for pk, *_rest in found])
        chosen.update(state=QuarantineState.DISCARDED)
        with connection.cursor() as cursor:
            tally.save(cursor)
        record_audit(actor, "discard_quarantined", None, events=len(found))
    return len(found)


def suppress_identifiers(actor: User, identifiers: Collection[str]) -> int:
    """Keep nothing of identifiers from now on; only their hashes are remembered.

    Returns
    -------
    How many were not on the list before.

    Raises
    ------
    ValidationError
        If there is none, or one names nobody, such as ``null``: everybody's events come with it.
    """
    require(actor, Permission.EDIT_PEOPLE)
    if not identifiers:
        raise ValidationError(_("Say which identifier."))
    for identifier in identifiers:
        if is_blocked(identifier):
            raise ValidationError(
                _("“%(value)s” names nobody: clients send it when they know no id.")
                % {"value": identifier}
            )
    with transaction.atomic():
        made = [
            Suppression.objects.get_or_create(digest=identifier_digest(identifier))[1]
            for identifier in identifiers
        ]
        record_audit(actor, "suppress_identifiers", None, identifiers=sum(made))
    return sum(made)


def allow_identifier(actor: User, suppression_id: int) -> None:
    """Take an identifier off the suppression list.

    Raises
    ------
    Suppression.DoesNotExist
        If it is not there (any more).
    """
    require(actor, Permission.EDIT_PEOPLE)
    with transaction.atomic():
        found = Suppression.objects.select_for_update().get(pk=suppression_id)
        record_audit(actor, "allow_identifier", found)
        found.delete()


def _set_enabled(actor: User, source: Source, *, is_enabled: bool) -> None:
    require_changeable(actor, source)
    with transaction.atomic():
        Source.objects.filter(pk=source.pk).update(is_enabled=is_enabled)
        record_audit(actor, "enable_source" if is_enabled else "disable_source", source)
    source.is_enabled = is_enabled
    forget_keys()


def _fill(source: Source, origins: Sequence[str], settings: Mapping[str, Any] | None) -> None:
    if source.kind not in SourceKind.values:
        raise ValidationError({"kind": _("Choose what sends the events.")})
    source.allowed_origins = [_check_origin(origin) for origin in origins if origin.strip()]
    source.settings = {**source.settings, **(settings or {})}
    source.full_clean()


def _check_origin(origin: str) -> str:
    parts = urlsplit(origin.strip())
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
        raise ValidationError(
            {"allowed_origins": _("%(origin)s is no address like https://shop.example.")
             % {"origin": origin}}
        )  # fmt: skip
    return f"{parts.scheme}://{parts.netloc.lower()}"
