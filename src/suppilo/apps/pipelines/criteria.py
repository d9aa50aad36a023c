"""What the settings of each kind of criterion may be, and what each asks for in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Role
from suppilo.apps.pipelines.drafts import CriterionDraft
from suppilo.apps.pipelines.models import CriterionKind, Moment

OPERATORS = ("filled", "is", "not", "gte", "lte", "in")
SCOPES = ("deal", "person", "company")
SINCE = ("opened", "stage")
LONGEST_TEXT = 300
FIELDS = (
    "name", "company", "owner", "team", "source", "channel", "campaign", "currency", "amount",
    "discount", "margin", "probability", "expected_close", "next_step", "competitors", "tags",
    "satisfaction", "demand", "items",
)  # fmt: skip
"""The fields of every deal that a gate may look at; a pipeline's own are ``custom.KEY``."""

_ALLOWED: dict[str, frozenset[str]] = {
    CriterionKind.FIELD: frozenset({"field", "op", "value"}),
    CriterionKind.PARTICIPANT: frozenset({"role", "count"}),
    CriterionKind.ACTIVITY: frozenset({"activity", "outcome"}),
    CriterionKind.DOCUMENT: frozenset({"kind"}),
    CriterionKind.EVENT: frozenset({"event", "scope", "since", "where", "websites"}),
    CriterionKind.APPROVAL: frozenset({"roles"}),
    CriterionKind.DISCOUNT: frozenset(),
    CriterionKind.CHECKLIST: frozenset({"label"}),
}


def check_criterion(draft: CriterionDraft) -> None:
    """Make sure that a criterion can be judged.

    Raises
    ------
    ValidationError
        If its kind, moment or settings can't be used; the message says why.
    """
    if draft.kind not in CriterionKind.values:
        _refuse(_("“%s” is no kind of criterion.") % draft.kind)
    if draft.moment not in Moment.values:
        _refuse(_("“%s” is no moment; there are enter and leave.") % draft.moment)
    unknown = sorted(set(draft.settings) - _ALLOWED[draft.kind] - {"text"})
    if unknown:
        _refuse(_("A criterion of this kind has no setting “%s”.") % unknown[0])
    text = draft.settings.get("text", "")
    if not isinstance(text, str) or len(text) > LONGEST_TEXT:
        _refuse(_("The words of a criterion are a text of at most %d characters.") % LONGEST_TEXT)
    check = _CHECKS.get(draft.kind)
    if check:
        check(draft.settings)


def _refuse(message: str) -> None:
    raise ValidationError(message)


def _check_field(given: Mapping[str, Any]) -> None:
    name, op = str(given.get("field", "")), given.get("op", "filled")
    if name not in FIELDS and not name.startswith("custom."):
        _refuse(
            _("There is no field “%(name)s”; there are %(all)s and custom.KEY.")
            % {"name": name, "all": ", ".join(FIELDS)}
        )
    if op not in OPERATORS:
        _refuse(
            _("“%(op)s” is no comparison; there are %(all)s.")
            % {"op": op, "all": ", ".join(OPERATORS)}
        )
    if op != "filled" and given.get("value") in (None, "", []):
        _refuse(_("Say what the field “%s” is compared with.") % name)
    if (op == "in") != isinstance(given.get("value"), list):
        _refuse(_("A list of values goes with “in”, and with nothing else."))


def _check_participant(given: Mapping[str, Any]) -> None:
    count = given.get("count", 1)
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= 50:
        _refuse(_("Ask for 1 to 50 participants."))
    if not isinstance(given.get("role", ""), str):
        _refuse(_("The role of a participant is a text."))


def _check_activity(given: Mapping[str, Any]) -> None:
    if not isinstance(given.get("activity", ""), str):
        _refuse(_("The kind of an activity is a text."))
    if not isinstance(given.get("outcome", ""), str):
        _refuse(_("The outcome of an activity is a text."))


def _check_document(given: Mapping[str, Any]) -> None:
    if not isinstance(given.get("kind", ""), str):
        _refuse(_("The kind of a document is a text."))


def _check_event(given: Mapping[str, Any]) -> None:
    event = given.get("event")
    if not isinstance(event, str) or not 1 <= len(event) <= 100:
        _refuse(_("Name the event that is looked for, with at most 100 characters."))
    if given.get("scope", "deal") not in SCOPES:
        _refuse(_("An event is looked for with the deal, a person or the company."))
    if given.get("since", "opened") not in SINCE:
        _refuse(_("An event counts since the deal was opened, or since it came to its stage."))
    where = given.get("where", {})
    if not isinstance(where, Mapping) or len(where) > 10:
        _refuse(_("“where” names at most 10 properties and their values."))
    if not isinstance(given.get("websites", False), bool):
        _refuse(_("Whether an event counts from websites too is true or false."))


def _check_approval(given: Mapping[str, Any]) -> None:
    roles = given.get("roles")
    if not isinstance(roles, list) or not roles or not set(roles) <= set(Role.values):
        _refuse(
            _("Name the roles that may approve; there are %s.") % ", ".join(map(str, Role.values))
        )


def _check_checklist(given: Mapping[str, Any]) -> None:
    label = given.get("label")
    if not isinstance(label, str) or not 1 <= len(label.strip()) <= 200:
        _refuse(_("Say what is to be ticked, with at most 200 characters."))


_CHECKS: dict[str, Callable[[Mapping[str, Any]], None]] = {
    CriterionKind.FIELD: _check_field,
    CriterionKind.PARTICIPANT: _check_participant,
    CriterionKind.ACTIVITY: _check_activity,
    CriterionKind.DOCUMENT: _check_document,
    CriterionKind.EVENT: _check_event,
    CriterionKind.APPROVAL: _check_approval,
    CriterionKind.CHECKLIST: _check_checklist,
}
