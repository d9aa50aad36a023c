"""Deals that there may be already, offered before another one is opened."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.deals.models import Deal, DealState
from suppilo.apps.deals.selectors.visible import PARTS, visible_deals
from suppilo.apps.people.models import Identifier

MOST_COMPARED = 20_000
"""So many open deals are compared by name, the latest first."""
_ALIKE = 86.0
_SAME_PERSON, _SAME_COMPANY = 100.0, 95.0
_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class SimilarDeal:
    """A deal like the new one: why it is offered, and how much it is like it, 0..100."""

    deal: Deal
    why: str
    score: float


def find_similar(
    actor: User | None,
    name: str,
    company_name: str = "",
    company_id: int | None = None,
    identifiers: Collection[str] = (),
) -> list[SimilarDeal]:
    """Return open deals that may be the one that is about to be opened, the likeliest first.

    Alike are deals with one of the same people or of the same company, and those whose name or
    company's name is written nearly so: the words' order, case and a slip of the pen don't count.
    Only deals that the actor may see are looked at; at most five are returned.
    """
    found: dict[int, tuple[float, str]] = {}
    deals = visible_deals(actor).filter(state=DealState.OPEN)
    for number in deals.filter(_with_people(identifiers)).values_list("pk", flat=True)[:50]:
        _keep(found, number, _SAME_PERSON, _("One of the same people takes part in it."))
    if company_id is not None:
        for number in deals.filter(company=company_id).values_list("pk", flat=True)[:50]:
            _keep(found, number, _SAME_COMPANY, _("It is with the same company."))
    rows = deals.order_by("-id").values_list("pk", "name", "company__name")[:MOST_COMPARED]
    compared = list(rows)
    for number, score in _alike(name, ((row[0], row[1]) for row in compared)):
        _keep(found, number, score, _("Its name is alike."))
    for number, score in _alike(company_name, ((row[0], row[2]) for row in compared)):
        _keep(found, number, score, _("Its company's name is alike."))
    best = sorted(found, key=lambda number: (-found[number][0], -number))[:_MOST_SHOWN]
    read = visible_deals(actor).select_related(*PARTS).in_bulk(best)
    return [SimilarDeal(read[number], found[number][1], found[number][0]) for number in best]


def _with_people(identifiers: Collection[str]) -> Q:
    values = {text.strip() for text in identifiers} | {text.strip().lower() for text in identifiers}
    persons = Identifier.objects.filter(value__in=sorted(values)).values("person_id")
    return Q(participants__contact__person_id__in=persons)


def _keep(found: dict[int, tuple[float, str]], number: int, score: float, why: str) -> None:
    if number not in found or found[number][0] < score:
        found[number] = (score, why)


def _alike(text: str, rows: Iterable[tuple[int, str | None]]) -> Iterable[tuple[int, float]]:
    """Yield the rows whose text is written nearly like this one, with how nearly."""
    from rapidfuzz import fuzz, process, utils

    given = [(number, other) for number, other in rows if other]
    if not text.strip() or not given:
        return
    matches = process.extract(
        text, [other for _number, other in given], scorer=fuzz.token_sort_ratio,
        processor=utils.default_process, score_cutoff=_ALIKE, limit=50,
    )  # fmt: skip
    for _other, score, place in matches:
        yield given[place][0], score
