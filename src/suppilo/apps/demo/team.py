"""The demonstration's people at work: a head of sales, four salespeople, a marketer."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext as _

from suppilo.analytics.simulate.catalogue import MANAGERS
from suppilo.apps.accounts.models import Role, Team, User

_TEAMS = (0, 0, 1, 1)
"""Which team each of ``MANAGERS`` is in."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Who sells; ``sellers`` are in the order of the simulated company's managers."""

    head: User
    sellers: tuple[User, ...]
    teams: tuple[Team, ...]


def make_staff(password: str | None = None) -> Staff:
    """Make the people at work, once; without a password they can't log in until it is reset."""
    hashed = make_password(password)  # one for all: it takes its time on purpose
    head = _user("head@example.com", "Helena Raud", Role.HEAD_OF_SALES, hashed)
    _user("marketing@example.com", "Marta Liepa", Role.MARKETER, hashed)
    teams = tuple(Team.objects.get_or_create(name=name)[0] for name in (_("North"), _("South")))
    sellers = []
    for name, place in zip(MANAGERS, _TEAMS, strict=True):
        address = f"{_plain(name.split()[0])}@example.com"
        sellers.append(_user(address, name, Role.SALESPERSON, hashed))
        sellers[-1].teams.add(teams[place])
    head.teams.add(*teams)
    return Staff(head, tuple(sellers), teams)


def list_logins() -> list[str]:
    """Return the addresses that one can look around with, beside the owner's."""
    found = User.objects.filter(email__endswith="@example.com").exclude(role=Role.OWNER)
    return list(found.order_by("role", "email").values_list("email", flat=True))


def _user(email: str, name: str, role: str, hashed: str) -> User:
    defaults = {"name": name, "role": role, "password": hashed}
    return User.objects.get_or_create(email=email, defaults=defaults)[0]


def _plain(name: str) -> str:
    import unicodedata

    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
