"""Values as pages, programs and files give them, made right; or the reason why they can't be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from suppilo.apps.people.values import clean_text
from suppilo.apps.pipelines.models import CustomField, FieldKind

Cleaner = Callable[[Any], Any]
MOST_TAGS = 30
LONGEST_TAG = 60
_HIGHEST = Decimal(10) ** 15
_CURRENCY = re.compile(r"^[A-Z]{3}$")
_YES = {"true", "yes", "1", "on"}
_NO = {"false", "no", "0", "off"}


def text(longest: int, *, needed: str = "") -> Cleaner:
    """Return a cleaner of texts; ``needed`` is what to say where there is none."""

    def clean(value: Any) -> str:
        found = clean_text("" if value is None else str(value)).strip()
        if needed and not found:
            raise ValidationError(needed)
        if len(found) > longest:
            raise ValidationError(_("Write at most %d characters.") % longest)
        return found

    return clean


def number(value: Any) -> Decimal | None:
    """Return an exact number; None for nothing."""
    if value is None or value == "":
        return None
    try:
        found = Decimal(str(value).strip()) if not isinstance(value, Decimal) else value
    except InvalidOperation:
        raise ValidationError(_("“%s” is no number.") % value) from None
    if not found.is_finite() or abs(found) >= _HIGHEST:
        raise ValidationError(_("“%s” is no number that can be kept.") % value)
    return found


def money(value: Any) -> Decimal | None:
    """Return an amount of money with at most four decimals; None for nothing."""
    found = number(value)
    if found is None:
        return None
    if found < 0:
        raise ValidationError(_("An amount can't be negative."))
    return _with_places(found, 4)


def amount(value: Any) -> Decimal:
    """Return an amount of money; 0 for nothing."""
    return money(value) or Decimal(0)


def quantity(value: Any) -> Decimal:
    """Return how much of something: more than 0, with at most three decimals."""
    found = number(value)
    if found is None or found <= 0 or found >= Decimal(10) ** 11:
        raise ValidationError(_("The quantity must be more than 0."))
    return _with_places(found, 3)


def rate(value: Any) -> Decimal | None:
    """Return a share from 0 to 1 with at most four decimals; None for nothing."""
    found = number(value)
    if found is None:
        return None
    if not 0 <= found <= 1:
        raise ValidationError(_("Write a share from 0 to 1: 0.15 is 15 %."))
    return _with_places(found, 4)


def _with_places(found: Decimal, places: int) -> Decimal:
    exact = found.quantize(Decimal(1).scaleb(-places))
    if exact != found:
        raise ValidationError(_("Write at most %d decimals.") % places)
    return exact


def grade(value: Any) -> int | None:
    """Return a grade from 1 to 5; None for nothing."""
    found = number(value)
    if found is None:
        return None
    if found not in (1, 2, 3, 4, 5):
        raise ValidationError(_("Give a grade from 1 to 5."))
    return int(found)


def currency(value: Any) -> str:
    """Return a currency's code."""
    found = str(value or "").strip().upper()
    if not _CURRENCY.match(found):
        raise ValidationError(_("Write a currency with three letters, such as EUR."))
    return found


def day(value: Any) -> date | None:
    """Return a date; None for nothing."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        found = parse_date(str(value).strip())
    except ValueError:
        found = None
    if found is None:
        raise ValidationError(_("Write a date as 2027-03-31."))
    return found


def moment(value: Any) -> datetime | None:
    """Return a time with its zone; None for nothing."""
    if value is None or value == "":
        return None
    try:
        found = value if isinstance(value, datetime) else parse_datetime(str(value).strip())
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ValidationError(_("Write a time with its zone, as 2027-03-31T15:00:00Z."))
    return found


def yes_no(value: Any) -> bool:
    """Return true or false."""
    if isinstance(value, bool):
        return value
    word = str(value if value is not None else "").strip().lower()
    if word in _YES:
        return True
    if word in _NO or not word:
        return False
    raise ValidationError(_("Write yes or no."))


def words(value: Any) -> list[str]:
    """Return a list of words, each once; one text is split at its commas."""
    if value is None:
        return []
    given: Iterable[Any] = value.split(",") if isinstance(value, str) else value
    found = list(dict.fromkeys(filter(None, (clean_text(str(one)).strip() for one in given))))
    if len(found) > MOST_TAGS or any(len(one) > LONGEST_TAG for one in found):
        raise ValidationError(
            _("Write at most %(n)d, with at most %(m)d characters each.")
            % {"n": MOST_TAGS, "m": LONGEST_TAG}
        )
    return found


def custom(field: CustomField, value: Any) -> Any:
    """Return a custom field's value, as its kind has it and as JSON keeps it; None for nothing."""
    if value is None or value == "":
        return None
    if field.kind == FieldKind.CHOICE:
        return _choice(field.choices, value)
    cleaned = _CUSTOM[FieldKind(field.kind)](value)
    if isinstance(cleaned, Decimal):
        return format(cleaned.normalize(), "f")
    return cleaned.isoformat() if isinstance(cleaned, date) else cleaned


def _choice(choices: Sequence[Any], value: Any) -> str:
    found = next((str(one) for one in choices if str(one) == str(value).strip()), None)
    if found is None:
        raise ValidationError(_("Choose one of: %s.") % ", ".join(map(str, choices)))
    return found


_CUSTOM: dict[FieldKind, Cleaner] = {
    FieldKind.TEXT: text(2_000),
    FieldKind.NUMBER: number,
    FieldKind.MONEY: money,
    FieldKind.DATE: day,
    FieldKind.YES_NO: yes_no,
}
