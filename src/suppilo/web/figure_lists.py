"""Who or what is behind a figure, as programs are told: a list that is taken part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from suppilo.apps.deals.models import Deal
from suppilo.apps.people.models import Person
from suppilo.apps.people.values import as_datetime

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from suppilo.web.views.funnels.units import UnitName


@dataclass(frozen=True, slots=True)
class Listed:
    """A person, company or deal behind a figure.

    Attributes
    ----------
    unit
        ``person``, ``company`` or ``deal``.
    id
        Its number in the API; None where it is known by its events alone.
    path
        The identifier that its events came with; empty where no event was asked.
    at
        When it did what the figure counts; None where that is no one moment.
    figures
        What the list says of it beside, by name.
    """

    unit: str
    id: int | None
    path: str
    name: str
    at: datetime | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FigureList:
    """A figure's list: in words what it counts, how many, and a way to take a part.

    ``hidden`` are those that are others' to see, and are not among the ``total``.
    """

    title: str
    total: int
    take: Callable[[int, int], Sequence[Listed]]
    hidden: int = 0


class NoListError(Exception):
    """A figure has no list: the question is wrong (``is_question``), or it takes too long."""

    def __init__(self, text: str, *, is_question: bool) -> None:
        super().__init__(text)
        self.is_question = is_question


def require_answer(answer: Any, state: Mapping[str, Any], errors: Mapping[str, str]) -> None:
    """Say why there is no list, where a question has no answer.

    Raises
    ------
    NoListError
        If there is none.
    """
    if errors:
        raise NoListError(" ".join(errors.values()), is_question=True)
    if answer is None:
        text = str(state.get("failure") or "The calculation takes too long; ask for less.")
        raise NoListError(text, is_question="fault" in state)


def list_deals(deals: Iterable[Deal]) -> list[Listed]:
    """Return deals, read with their stage and owner, as programs are told them."""
    return [
        Listed(
            "deal", deal.pk, "", deal.name, deal.closed_at or deal.opened_at,
            {
                "amount": deal.amount, "currency": deal.currency, "state": deal.state,
                "stage": deal.stage.key, "owner_id": deal.owner_id,
            },
        )
        for deal in deals
    ]  # fmt: skip


def list_persons(people: Iterable[Person]) -> list[Listed]:
    """Return people, with when they were first seen."""
    return [
        Listed("person", one.pk, one.identifier, str(one), as_datetime(one.first_seen_us))
        for one in people
    ]


def list_unit(
    unit: str,
    path: str,
    named: UnitName | None,
    at_us: int | None = None,
    figures: Mapping[str, Any] | None = None,
) -> Listed:
    """Return somebody known by events: under the name and number that they have, if any."""
    at = None if at_us is None else as_datetime(at_us)
    if named is None:
        return Listed(unit, None, path, path, at, figures or {})
    return Listed(named.unit, named.id, path, named.name, at, figures or {})
