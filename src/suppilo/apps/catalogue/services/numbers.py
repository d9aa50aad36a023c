"""Numbers as people write them."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_SPACES = re.compile(r"[\s\u00a0\u202f'’]+")
_PLAIN = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?")
_GROUPED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+")


def read_number(text: str) -> Decimal:
    """Return a number written with a point or a comma: ``1234.5``, ``1 234,50``, ``1,234.50``.

    The last of two different signs is the decimal one. A single comma before exactly three
    digits could be either, so such a number is refused rather than guessed.

    Raises
    ------
    ValidationError
        If the text is no number, or could be two.

    Examples
    --------
    >>> read_number("1.234,50"), read_number("0,5"), read_number("1 200")
    (Decimal('1234.50'), Decimal('0.5'), Decimal('1200'))
    """
    plain = _SPACES.sub("", text)
    if _GROUPED.fullmatch(plain) and plain.count(",") == 1 and not plain.startswith("0,"):
        raise ValidationError(_("“%s” may be read in two ways; write it without the comma.") % text)
    plain = _unify(plain)
    if not _PLAIN.fullmatch(plain):
        raise ValidationError(_("“%s” is no number.") % text.strip()[:40])
    try:
        return Decimal(plain)
    except InvalidOperation as error:
        raise ValidationError(_("“%s” is no number.") % text.strip()[:40]) from error


def _unify(text: str) -> str:
    """Return the text with a point for the decimal sign and nothing between thousands."""
    comma, point = text.rfind(","), text.rfind(".")
    if comma > point:
        thousands, decimal = ".", ","
    else:
        thousands, decimal = ",", "."
    if text.count(decimal) > 1:
        return text.replace(decimal, "") if thousands not in text else text
    return text.replace(thousands, "").replace(decimal, ".")
