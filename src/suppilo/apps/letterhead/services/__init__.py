"""The verbs on the letterhead, and the numbers of papers."""

from suppilo.apps.letterhead.services.details import (
    change_letterhead,
    get_letterhead,
    remove_logo,
    set_logo,
)
from suppilo.apps.letterhead.services.numbers import take_number

__all__ = ["change_letterhead", "get_letterhead", "remove_logo", "set_logo", "take_number"]
