"""Change what is said of a lead: its interest and its note."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.leads.models import OPEN_STATES, ChangeKind, Lead, LeadState
from suppilo.apps.leads.services.ledger import require_state, take_lead, write_change

_LONGEST = {"interest": 200, "note": 5_000}


@transaction.atomic
def edit_lead(
    actor: User,
    lead_id: int,
    *,
    interest: str | None = None,
    note: str | None = None,
    revision: int | None = None,
    now: datetime | None = None,
) -> Lead:
    """Change a lead's interest or note; the ledger keeps what stood there before.

    Parameters
    ----------
    interest, note
        The new text; None leaves the field as it is.
    revision
        Which revision of the lead the actor saw; None doesn't ask.

    Raises
    ------
    PermissionDenied, Lead.DoesNotExist
        If it is not the actor's to do.
    ValidationError
        If the lead is closed, a text is too long, or somebody changed the lead since ``revision``.
    """
    lead = take_lead(actor, lead_id)
    require_state(lead, *OPEN_STATES)
    if revision is not None and revision != lead.revision:
        raise ValidationError(_("Somebody changed this lead in the meantime; look at it again."))
    changed = {}
    for name, text in (("interest", interest), ("note", note)):
        if text is None or text.strip() == getattr(lead, name):
            continue
        if len(text.strip()) > _LONGEST[name]:
            raise ValidationError({name: _("Write at most %d characters.") % _LONGEST[name]})
        changed[name] = [getattr(lead, name), text.strip()]
        setattr(lead, name, text.strip())
    if changed:
        write_change(
            lead, ChangeKind.EDIT, LeadState(lead.state), actor=actor, at=now or timezone.now(),
            evidence={"changed": changed},
        )  # fmt: skip
    return lead
