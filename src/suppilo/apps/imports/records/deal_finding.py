"""Which deals a file speaks of: by their number elsewhere, else by name and company."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from suppilo.apps.accounts.models import User
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.selectors.visible import PARTS, visible_deals
from suppilo.apps.imports.records.companies import scoped
from suppilo.apps.people.services.named import fold_name
from suppilo.apps.people.values import search_key

AT_ONCE = 400


@dataclass(frozen=True, slots=True)
class DealKey:
    """What a file knows a deal by."""

    number: str
    name: str
    company: str

    @property
    def folded(self) -> tuple[str, str]:
        """The name and the company, as they are compared."""
        return fold_name(self.name), fold_name(self.company)

    @property
    def own(self) -> tuple[str, ...]:
        """What no two rows of a file share."""
        return (self.number,) if self.number else self.folded


def key_of(preset: str, number: str, name: str, company: str) -> DealKey:
    """Return what a row's deal is known by."""
    return DealKey(scoped(preset, number) if number else "", name, company)


def find_deals(keys: Sequence[DealKey]) -> dict[DealKey, Deal]:
    """Return the deals there are, whoever may see them."""
    by_number = _by_number([key.number for key in keys if key.number])
    rest = [key for key in keys if key.number not in by_number]
    by_name = _by_name(rest)
    found = {}
    for key in keys:
        deal = by_number.get(key.number) or by_name.get(key.folded)
        if deal is not None and not (key.number and deal.external_id not in ("", key.number)):
            found[key] = deal
    return found


def _by_number(numbers: Sequence[str]) -> dict[str, Deal]:
    rows = Deal.objects.select_related(*PARTS).order_by("-id")
    return {deal.external_id: deal for deal in rows.filter(external_id__in=numbers)}


def _by_name(keys: Sequence[DealKey]) -> dict[tuple[str, str], Deal]:
    names = {search_key(key.name) for key in keys if key.name}
    # One that has a number there is another deal, whatever it is called.
    rows = Deal.objects.select_related(*PARTS).filter(external_id="").order_by("-id")
    rows = rows.filter(name_key__in=list(names))
    wanted = {key.folded for key in keys}
    found = {}
    for deal in rows:
        folded = (fold_name(deal.name), fold_name(deal.company.name if deal.company else ""))
        if folded in wanted:
            found[folded] = deal
    return found


def list_visible(actor: User, deals: Iterable[Deal]) -> set[int]:
    """Return the ids of those deals that somebody may see."""
    numbers = [deal.pk for deal in deals]
    return set(visible_deals(actor).filter(pk__in=numbers).values_list("pk", flat=True))


def find_by_reference(preset: str, texts: Iterable[str], actor: User) -> dict[str, Deal]:
    """Return the deals that texts name, by number elsewhere, by own number or by name.

    A name that several deals have names none of them.
    """
    wanted = sorted(set(texts))
    numbers = {scoped(preset, text): text for text in wanted} | {text: text for text in wanted}
    rows = visible_deals(actor).select_related(*PARTS)
    found: dict[str, Deal] = {}
    names: dict[str, list[Deal]] = {}
    for deal in rows.filter(name_key__in=[search_key(text) for text in wanted]):
        names.setdefault(fold_name(deal.name), []).append(deal)
    for text in wanted:
        same = names.get(fold_name(text), [])
        if len(same) == 1:
            found[text] = same[0]
    for deal in rows.filter(external_id__in=list(numbers)).order_by("-id"):
        found[numbers[deal.external_id]] = deal
    return found
