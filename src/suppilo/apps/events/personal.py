"""Properties whose values say who somebody is: whoever may not see people doesn't see them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from suppilo.apps.accounts.permissions import Permission, allows

if TYPE_CHECKING:
    from suppilo.apps.accounts.models import User

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_WHO = "user|customer|client|person|contact|visitor|member|subscriber|lead|profile"
_IDENTIFYING = re.compile(
    r"(?:^|_)(?:"
    r"(?:e_?mail|tele?phone|phone|ip)(?:_(?:address|number))?|mobile_number"
    rf"|(?:{_WHO}|anonymous|distinct|device)_?(?:id|uuid|guid|number)"
    rf"|(?:{_WHO}|first|last|full|given|family|middle|display|nick)_?name|surname"
    r"|(?:street|postal|home|billing|shipping|delivery)_address"
    r"|birth_?(?:day|date)|date_of_birth|iban|passport|passport_number"
    r")$"
)
_ALONE = frozenset(["id", "uid", "uuid", "name", "address", "login", "sub"])


def tells_who(prop: str) -> bool:
    """Return whether a property's values say who somebody is, by its name.

    Examples
    --------
    >>> [tells_who(name) for name in ("email", "traits.userId", "First Name", "name", "IPAddress")]
    [True, True, True, True, True]
    >>> [tells_who(name) for name in ("plan", "product_id", "product_name", "email_subject")]
    [False, False, False, False]
    """
    words = "_".join(_WORDS.findall(prop)).lower()
    return words in _ALONE or bool(_IDENTIFYING.search(words))


def may_see_values(user: User, prop: str) -> bool:
    """Return whether a user may see the values of a property."""
    return allows(user, Permission.SEE_PEOPLE) or not tells_who(prop)
