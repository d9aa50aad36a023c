"""Whom and what a typed line names: deals, companies and people that the user may see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Q

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.activities.selectors.listing import list_assignees
from suppilo.apps.deals.models import Deal, DealState
from suppilo.apps.deals.selectors import visible_deals
from suppilo.apps.people.models import Company, Identifier, Person
from suppilo.apps.people.names import find_surname
from suppilo.apps.people.values import after_prefix, search_key

MOST = 6
_LOOKED_AT = 200
_WORDS = 8
_SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Match:
    """Something that a line may be about.

    Attributes
    ----------
    kind
        ``deal``, ``company`` or ``person``.
    id
        Its id; of a person that of an identifier of theirs.
    detail
        What tells it from others of the name.
    score
        How many words of the line its name begins with; a word typed in part counts half.
    """

    kind: str
    id: int
    name: str
    detail: str
    score: float

    @property
    def value(self) -> str:
        """The match as a form's value: ``deal:12``."""
        return f"{self.kind}:{self.id}"


def find_matches(user: User, names: Sequence[str]) -> list[Match]:
    """Return what the words may name, the best first; deals before companies before people.

    A company's open deals are offered with the company.
    """
    words = [word.casefold() for word in names[:_WORDS]]
    starts = [at for at, word in enumerate(words) if len(word) >= _SHORTEST]
    if not starts:
        return []
    companies = list(Company.objects.filter(_ranges("name_key", words, starts))[:_LOOKED_AT])
    found = [
        *_deals(user, companies, words, starts),
        *(_match("company", company, "", _score(company.name, words, starts))
          for company in companies),
        *(_people(words, starts) if allows(user, Permission.SEE_PEOPLE) else ()),
    ]  # fmt: skip
    best = max((match.score for match in found), default=0.0)
    near = [match for match in found if best and match.score == best]
    return sorted(near, key=lambda match: (_ORDER[match.kind], match.name, match.id))[:MOST]


_ORDER = {"deal": 0, "company": 1, "person": 2}


def find_assignee(name: str) -> User | None:
    """Return whom ``@name`` means: one person by address, name, or the beginning of a name."""
    wanted = name.casefold()
    people = list(list_assignees())
    for fits in (_is_called, _begins):
        found = [person for person in people if fits(person, wanted)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _is_called(person: User, wanted: str) -> bool:
    return wanted in {person.email, person.name.casefold(), person.email.partition("@")[0]}


def _begins(person: User, wanted: str) -> bool:
    words = person.name.casefold().split()
    return any(word.startswith(wanted) for word in words)


def _ranges(field: str, words: list[str], starts: Iterable[int]) -> Q:
    """Return the condition that a name begins with one of the words."""
    keys = [search_key(words[at]) for at in starts]
    return reduce(
        or_,
        (Q(**{f"{field}__gte": key, f"{field}__lt": after_prefix(key)}) for key in keys),
    )


def _score(name: str, words: list[str], starts: Iterable[int]) -> float:
    """Return how many words of the line, one after the other, the name begins with."""
    own = [word.strip("\"'(),;:") for word in name.casefold().split()]
    return max((_count(own, words[at:]) for at in starts), default=0.0)


def _count(own: list[str], said: list[str]) -> float:
    score = 0.0
    for mine, theirs in zip(own, said, strict=False):
        if mine != theirs:
            return score + (0.5 if mine.startswith(theirs) and not score else 0.0)
        score += 1
    return score


def _deals(
    user: User, companies: Iterable[Company], words: list[str], starts: list[int]
) -> Iterator[Match]:
    named = _ranges("name_key", words, starts) | Q(company__in=[one.pk for one in companies])
    found = visible_deals(user).filter(named, state=DealState.OPEN).select_related("company")
    for deal in found.order_by("-updated_at")[:_LOOKED_AT]:
        company = deal.company.name if deal.company else ""
        score = max(_score(deal.name, words, starts), _score(company, words, starts))
        yield _match("deal", deal, company, score)


def _match(kind: str, thing: Deal | Company, detail: str, score: float) -> Match:
    return Match(kind, thing.pk, thing.name, detail, score)


def _people(words: list[str], starts: list[int]) -> Iterator[Match]:
    named = _ranges("name_key", words, starts) | _ranges("surname_key", words, starts)
    people = list(
        Person.objects.filter(named, is_visible=True, is_known=True)
        .select_related("company")[:_LOOKED_AT]
    )  # fmt: skip
    names = [person.identifier for person in people]
    contacts = dict(Identifier.objects.filter(value__in=names).values_list("value", "pk"))
    for person in people:
        score = max(
            _score(name, words, starts) for name in (person.name, find_surname(person.name))
        )
        company = person.company.name if person.company else person.email
        if person.identifier in contacts:
            yield Match("person", contacts[person.identifier], str(person), company, score)
