"""The fields of a deal that people and programs may set, and how each is made clean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.catalogue.models import PriceBook
from suppilo.apps.deals import cleaning
from suppilo.apps.deals.cleaning import Cleaner
from suppilo.apps.people.models import Company
from suppilo.apps.pipelines.models import CustomField, LostReason, Pipeline

CUSTOM = "custom."
_ALIASES = {"company_id": "company", "owner_id": "owner", "team_id": "team",
            "lost_reason_id": "lost_reason", "price_book_id": "price_book"}  # fmt: skip
_NAME_NEEDED = gettext_lazy("Give the deal a name.")

_CLEANERS: Mapping[str, Cleaner] = {
    "name": lambda value: cleaning.text(200, needed=str(_NAME_NEEDED))(value),
    "source": cleaning.text(200),
    "channel": cleaning.text(60),
    "campaign": cleaning.text(200),
    "currency": cleaning.currency,
    "amount": cleaning.amount,
    "probability": cleaning.rate,
    "probability_reason": cleaning.text(300),
    "expected_close": cleaning.day,
    "next_step": cleaning.text(300),
    "next_step_at": cleaning.moment,
    "next_step_has_time": cleaning.yes_no,
    "competitors": cleaning.words,
    "tags": cleaning.words,
    "satisfaction": cleaning.grade,
    "demand": cleaning.grade,
    "lost_note": cleaning.text(2_000),
    "external_id": cleaning.text(100),
}
EDITABLE = (*_CLEANERS, "company", "owner", "team", "lost_reason", "price_book")
"""What may be set, beside ``custom.KEY``."""


class Known:
    """What values name, read once however many deals name it: companies, users, teams, fields."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int], Any] = {}
        self._fields: dict[int, dict[str, CustomField]] = {}

    def read(self, model: type[models.Model], ids: Iterable[int | None]) -> None:
        """Read rows that are going to be asked for, all at once."""
        wanted = {number for number in ids if number is not None}
        found = model._default_manager.in_bulk(wanted)
        for number in wanted:
            self._found[model.__name__, number] = found.get(number)

    def find(self, model: type[models.Model], value: Any, message: str) -> Any:
        """Return a row by its id, or as it is given; None for nothing.

        Raises
        ------
        ValidationError
            With this message, if there is none.
        """
        if value is None or value == "":
            return None
        try:
            number = int(value.pk if isinstance(value, models.Model) else value)
        except (ValueError, TypeError, OverflowError):
            raise ValidationError(message) from None
        place = (model.__name__, number)
        if place not in self._found:
            self._found[place] = model._default_manager.filter(pk=number).first()
        if self._found[place] is None:
            raise ValidationError(message)
        return self._found[place]

    def custom_fields(self, pipeline: Pipeline) -> dict[str, CustomField]:
        """Return a pipeline's own fields by their keys."""
        if pipeline.pk not in self._fields:
            rows = pipeline.fields.filter(is_archived=False)
            self._fields[pipeline.pk] = {field.key: field for field in rows}
        return self._fields[pipeline.pk]


def clean_fields(
    pipeline: Pipeline, given: Mapping[str, Any], known: Known | None = None
) -> dict[str, Any]:
    """Return fields' values as they can be kept; companies, users and the like as objects.

    Parameters
    ----------
    known
        What was read before; for many deals in turn.

    Raises
    ------
    ValidationError
        By field: what can't be used, and what to write instead.
    """
    known = known or Known()
    errors: dict[str, list[str]] = {}
    clean: dict[str, Any] = {}
    for name, value in given.items():
        field = _ALIASES.get(name, name)
        try:
            clean[field] = _clean_one(pipeline, known, field, value)
        except ValidationError as error:
            errors[field] = error.messages
    if errors:
        raise ValidationError(errors)
    return clean


def _clean_one(pipeline: Pipeline, known: Known, field: str, value: Any) -> Any:
    if field.startswith(CUSTOM):
        return _clean_custom(pipeline, known, field.removeprefix(CUSTOM), value)
    if field in _CLEANERS:
        return _CLEANERS[field](value)
    if field == "company":
        return known.find(Company, value, _("There is no such company."))
    if field == "owner":
        return _find_owner(known, value)
    if field == "team":
        return known.find(Team, value, _("There is no such team."))
    if field == "price_book":
        return _find_book(known, value)
    if field == "lost_reason":
        return _find_reason(pipeline, known, value)
    raise ValidationError(
        _("“%(field)s” can't be set; there are %(all)s and custom.KEY.")
        % {"field": field, "all": ", ".join(sorted(EDITABLE))}
    )


def _clean_custom(pipeline: Pipeline, known: Known, key: str, value: Any) -> Any:
    fields = known.custom_fields(pipeline)
    if key not in fields:
        raise ValidationError(_("The pipeline has no field “%s”.") % key)
    return cleaning.custom(fields[key], value)


def _find_owner(known: Known, value: Any) -> User | None:
    owner: User | None = known.find(User, value, _("There is no such user."))
    if owner is not None and not allows(owner, Permission.EDIT_DEALS):
        raise ValidationError(_("%s may not work on deals: choose somebody else.") % owner)
    return owner


def _find_book(known: Known, value: Any) -> PriceBook | None:
    message = _("There is no such price book in use.")
    found: PriceBook | None = known.find(PriceBook, value, message)
    if found is not None and found.is_archived:
        raise ValidationError(message)
    return found


def check_book(actor: User | None, book: PriceBook | None, currency: str) -> None:
    """Make sure that a deal's price book is in its currency, and somebody's to choose.

    Limits of discounts count from its prices: so where the currency has a usual book, another one
    is chosen by who may change prices.
    """
    if book is None:
        return
    if book.currency != currency:
        raise ValidationError(
            {"price_book": _("“%(book)s” has prices in %(its)s: choose one in %(currency)s.")
             % {"book": book, "its": book.currency, "currency": currency}}
        )  # fmt: skip
    if book.is_default or actor is None or allows(actor, Permission.MANAGE_CATALOGUE):
        return
    usual = PriceBook.objects.filter(currency=currency, is_default=True, is_archived=False).first()
    if usual is not None:
        raise PermissionDenied(
            _("Prices in %(currency)s are those of “%(book)s”: who may change prices can choose "
              "another price book.") % {"currency": currency, "book": usual}
        )  # fmt: skip


def _find_reason(pipeline: Pipeline, known: Known, value: Any) -> LostReason | None:
    message = _("Choose why, from the pipeline's list of reasons.")
    found: LostReason | None = known.find(LostReason, value, message)
    if found is not None and (found.pipeline_id != pipeline.pk or found.is_archived):
        raise ValidationError(message)
    return found
