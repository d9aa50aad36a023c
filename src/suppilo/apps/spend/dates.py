"""Days as advertising platforms write them, with errors for people."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from suppilo.io import days


def read_day(text: str, dayfirst: bool | None) -> date:
    """Return a day.

    Raises
    ------
    ValidationError
        If the text is no day, or could be two and nothing says which.
    """
    try:
        return days.read_day(text, dayfirst)
    except days.TwoReadingsError as error:
        raise ValidationError(
            _("“%s” may be read in two ways; say below which comes first, day or month.")
            % text.strip()
        ) from error
    except ValueError as error:
        raise ValidationError(_("“%s” is no day; write 2026-01-31.") % text.strip()[:40]) from error
