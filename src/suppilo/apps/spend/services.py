"""Bringing daily figures in: upload, look, bring in, undo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.spend.models import AdSpend, FileState, SpendFile
from suppilo.apps.spend.reading import Figures, Key, SpendTable, decode, read_spend

_AT_ONCE = 1_000


class SpendRefusedError(ValueError):
    """A step can't be taken; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a file's figures do: how many are new, there already, or other than those there."""

    new: int
    same: int
    replaced: int


def upload_spend(actor: User, name: str, content: bytes) -> SpendFile:
    """Keep a file to be looked at; nothing of it counts yet.

    Raises
    ------
    PermissionDenied
        If the actor may not bring spend in.
    ValidationError
        If it is no table.
    """
    require(actor, Permission.MANAGE_SPEND)
    text = decode(content)
    with transaction.atomic():
        made = SpendFile.objects.create(
            owner=actor, name=name.replace("\\", "/").rsplit("/", 1)[-1][-255:], content=text
        )
        record_audit(actor, "upload_spend", made, bytes=len(content))
    return made


def set_reading(actor: User, file_id: int, options: Mapping[str, str]) -> SpendFile:
    """Say how a file is to be read, while it is only looked at."""
    with transaction.atomic():
        found = _take(actor, file_id, FileState.DRAFT)
        found.options = {name: value for name, value in options.items() if value}
        found.save(update_fields=["options"])
    return found


def foresee(table: SpendTable) -> Effect:
    """Return what bringing a file in would do now."""
    return _Plan(table).effect


def bring_in(actor: User, file_id: int, *, replace: bool = False) -> SpendFile:
    """Let a file's figures count.

    Parameters
    ----------
    replace
        Whether they take the place of other figures for the same day, channel, campaign and
        currency.

    Raises
    ------
    SpendRefusedError
        If something in it is wrong, or it would replace figures and was not told to.
    """
    with transaction.atomic():
        found = _take(actor, file_id, FileState.DRAFT)
        table = read_spend(found.content, found.options)
        if not table.may_come_in:
            raise SpendRefusedError(_("Mend the rows that are wrong first."))
        plan = _Plan(table)
        if plan.effect.replaced and not replace:
            raise SpendRefusedError(_said_of_replacing(plan.effect.replaced))
        plan.write(found)
        effect = plan.effect
        found.counts = {"new": effect.new, "same": effect.same, "replaced": effect.replaced}
        found.state, found.content = FileState.IN, ""
        found.save()
        record_audit(actor, "bring_in_spend", found, **found.counts)
    return found


def _said_of_replacing(count: int) -> str:
    text = ngettext(
        "%(n)d figure is there already with another value. Say that it is to be replaced.",
        "%(n)d figures are there already with other values. Say that they are to be replaced.",
        count,
    )
    return text % {"n": count}


def undo_spend(actor: User, file_id: int) -> SpendFile:
    """Take a file's figures out again; those that it replaced count again.

    Raises
    ------
    SpendRefusedError
        If a later file has replaced some of them.
    """
    with transaction.atomic():
        found = _take(actor, file_id, FileState.IN)
        later = found.rows.exclude(replaced_by=None).select_related("replaced_by").first()
        if later is not None:
            raise SpendRefusedError(
                _("“%(file)s” has replaced figures of this file. Undo that one first.")
                % {"file": later.replaced_by}
            )
        found.rows.all().delete()
        found.replaced_rows.update(replaced_by=None)
        found.state = FileState.UNDONE
        found.save(update_fields=["state"])
        record_audit(actor, "undo_spend", found)
    return found


def remove_file(actor: User, file_id: int) -> None:
    """Remove a file that brought nothing, or nothing any more."""
    with transaction.atomic():
        found = _take(actor, file_id, FileState.DRAFT, FileState.UNDONE)
        record_audit(actor, "remove_spend", found)
        found.delete()


def _take(actor: User, file_id: int, *states: FileState) -> SpendFile:
    require(actor, Permission.MANAGE_SPEND)
    found = SpendFile.objects.select_for_update().get(pk=file_id)
    if found.state not in states:
        raise SpendRefusedError(
            _("This can't be done now: the file's state is “%(state)s”.")
            % {"state": found.get_state_display()}
        )
    return found


class _Plan:
    """What a table's figures do to those that are there."""

    def __init__(self, table: SpendTable) -> None:
        self._figures = table.figures
        there = _read_there(table)
        self._same = {key for key, (_row, one) in there.items() if one == self._figures[key]}
        self._replaced = [row for key, (row, _one) in there.items() if key not in self._same]
        new = len(self._figures) - len(there)
        self.effect = Effect(new, len(self._same), len(self._replaced))

    def write(self, file: SpendFile) -> None:
        """Write the figures that are new or other than before."""
        for start in range(0, len(self._replaced), _AT_ONCE):
            some = self._replaced[start : start + _AT_ONCE]
            AdSpend.objects.filter(pk__in=some).update(replaced_by=file)
        rows = (
            AdSpend(
                day=key[0], channel=key[1], campaign=key[2], currency=key[3],
                impressions=one.impressions, clicks=one.clicks, cost=one.cost, file=file,
            )
            for key, one in self._figures.items()
            if key not in self._same
        )  # fmt: skip
        AdSpend.objects.bulk_create(rows, batch_size=_AT_ONCE)


def _read_there(table: SpendTable) -> dict[Key, tuple[int, Figures]]:
    """Return the figures that count now for the keys of a table, with their rows' ids."""
    if not table.figures:
        return {}
    days = [key[0] for key in table.figures]
    rows = AdSpend.objects.filter(replaced_by=None, day__range=(min(days), max(days)))
    found = {}
    for row in rows.iterator(_AT_ONCE):
        key = (row.day, row.channel, row.campaign, row.currency)
        if key in table.figures:
            found[key] = (row.pk, Figures(row.impressions, row.clicks, row.cost))
    return found
