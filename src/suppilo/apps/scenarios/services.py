"""Keep a what-if, name and share it, remove it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.funnels.models import Visibility
from suppilo.apps.funnels.services import require_change
from suppilo.apps.funnels.services.sharing import clean_name, set_sharing
from suppilo.apps.insights.what_if import WhatIfAnswer, describe_answer
from suppilo.apps.scenarios.models import Scenario

_LONGEST_DESCRIPTION = 1000


@transaction.atomic
def save_scenario(
    actor: User,
    name: str,
    answer: WhatIfAnswer,
    *,
    description: str = "",
    visibility: str = Visibility.PRIVATE,
    team: Team | None = None,
) -> Scenario:
    """Keep a what-if with its levels as they are now and what is foretold of them.

    Raises
    ------
    PermissionDenied
        If the role may not save reports, or of the full funnel not see all deals.
    ValidationError
        If the name, description or sharing can't be used.
    """
    require(actor, Permission.SAVE_REPORTS)
    if answer.question.source.kind == "full":
        require(actor, Permission.SEE_ALL_DEALS)
    scenario = Scenario(
        owner=actor,
        source=str(answer.question.source),
        definition=answer.question.to_dict(),
        prediction=describe_answer(answer),
    )
    _set_words(scenario, name, description)
    set_sharing(actor, scenario, visibility, team)
    scenario.save()
    record_audit(actor, "save_scenario", scenario, source=scenario.source)
    return scenario


@transaction.atomic
def change_scenario(
    actor: User,
    scenario: Scenario,
    *,
    name: str,
    description: str,
    visibility: str,
    team: Team | None = None,
) -> None:
    """Give a scenario another name and description, and set who sees it.

    What it foretold is never changed.

    Raises
    ------
    PermissionDenied
        If it is not the actor's to change.
    ValidationError
        If the name, description or sharing can't be used.
    """
    require_change(actor, scenario)
    before = scenario.name
    _set_words(scenario, name, description)
    set_sharing(actor, scenario, visibility, team)
    scenario.updated_at = timezone.now()
    scenario.save(update_fields=["name", "description", "visibility", "team", "updated_at"])
    record_audit(actor, "change_scenario", scenario, before=before, visibility=visibility)


@transaction.atomic
def delete_scenario(actor: User, scenario: Scenario) -> None:
    """Remove a scenario.

    Raises
    ------
    PermissionDenied
        If it is not the actor's to change.
    """
    require_change(actor, scenario)
    record_audit(actor, "delete_scenario", scenario, definition=scenario.definition)
    scenario.delete()


def _set_words(scenario: Scenario, name: str, description: str) -> None:
    if len(description) > _LONGEST_DESCRIPTION:
        raise ValidationError(_("Write a description of at most 1,000 characters."))
    scenario.name, scenario.description = clean_name(name), description.strip()
