"""Form fields for amounts and shares, written as people write them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import get_format
from django.utils.translation import gettext as _

from suppilo.apps.catalogue.services.numbers import read_number

_HUNDRED = Decimal(100)


def plain_number(value: Decimal | None) -> str:
    """Return a number for a field: the language's decimal sign, no thousands apart."""
    if value is None:
        return ""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace(".", str(get_format("DECIMAL_SEPARATOR")))


class NumberField(forms.CharField):
    """A number, with a point or a comma; None where it is left empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, **kwargs)
        self.widget.attrs["inputmode"] = "decimal"

    def prepare_value(self, value: Any) -> Any:
        """Return what the field shows."""
        return plain_number(value) if isinstance(value, Decimal) else value

    def clean(self, value: Any) -> Decimal | None:
        """Return the number.

        Raises
        ------
        ValidationError
            If it is none.
        """
        text = super().clean(value)
        return read_number(text) if text else None


class PercentField(NumberField):
    """A share, 0..1, written in per cent."""

    def prepare_value(self, value: Any) -> Any:
        """Return what the field shows."""
        return super().prepare_value(value * _HUNDRED if isinstance(value, Decimal) else value)

    def clean(self, value: Any) -> Decimal | None:
        """Return the share.

        Raises
        ------
        ValidationError
            If it is no number, or has more than two decimals.
        """
        found = super().clean(value.replace("%", "") if isinstance(value, str) else value)
        if found is not None and found != round(found, 2):
            raise ValidationError(_("Write at most two decimals."))
        return None if found is None else found / _HUNDRED
