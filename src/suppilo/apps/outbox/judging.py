"""Deals that move by themselves when an event is seen that a gate looks for."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from django.db import InterfaceError, OperationalError, transaction

from suppilo.apps.deals.models import Deal, DealState, Participant
from suppilo.apps.outbox.models import FreshFact
from suppilo.apps.outbox.paths import read_deal_path
from suppilo.apps.people.models import Identifier, Membership
from suppilo.apps.pipelines.models import Criterion, CriterionKind

log = logging.getLogger(__name__)

AT_ONCE = 200

Versions = Mapping[int, frozenset[str]]
"""The names of events that each version of a pipeline asks for."""


def judge_fresh_facts() -> int:
    """Let the deals move that new facts concern, and return how many facts were looked at.

    A crash between the moves and the removal of the facts has them looked at again, which moves
    nothing twice.

    Raises
    ------
    OperationalError
        If the database can't be used at present.
    """
    facts = list(FreshFact.objects.order_by("id")[:AT_ONCE])
    for deal_id, name in find_concerned(facts).items():
        _advance(deal_id, name)
    FreshFact.objects.filter(pk__in=[fact.pk for fact in facts]).delete()
    return len(facts)


def find_concerned(facts: Sequence[FreshFact]) -> dict[int, str]:
    """Return the open deals whose gates look for these facts, each with an event's name.

    A fact concerns the deal that its path is, the deals that its person takes part in, and those
    of the person's companies.
    """
    versions = _read_versions({fact.name for fact in facts})
    if not versions:
        return {}
    names: defaultdict[str, set[str]] = defaultdict(set)
    for fact in facts:
        names[fact.path].add(fact.name)
    found: dict[int, str] = {}
    for path, deal_id, version in _pair(list(names), versions):
        if common := names[path] & versions[version]:
            found.setdefault(deal_id, min(common))
    return found


def _advance(deal_id: int, name: str) -> None:
    from suppilo.apps.deals.services import advance_deal

    try:
        with transaction.atomic():
            advance_deal(deal_id, by=f"event {name}")
    except (OperationalError, InterfaceError):
        raise
    except Deal.DoesNotExist:
        log.info("deal %d is gone before it could move", deal_id)
    except Exception:
        log.exception("deal %d could not move by the event %s", deal_id, name)


def _read_versions(names: Collection[str]) -> Versions:
    asking = Criterion.objects.filter(kind=CriterionKind.EVENT).order_by()
    found: defaultdict[int, set[str]] = defaultdict(set)
    for version, settings in asking.values_list("stage__version_id", "settings"):
        if settings.get("event") in names:
            found[version].add(settings["event"])
    return {version: frozenset(asked) for version, asked in found.items()}


def _pair(paths: Sequence[str], versions: Versions) -> Iterator[tuple[str, int, int]]:
    """Yield each path with the number and the version of each deal that it concerns."""
    opened = Deal.objects.filter(state=DealState.OPEN, version__in=versions).order_by()
    own = {number: path for path in paths if (number := read_deal_path(path)) is not None}
    for deal_id, version in opened.filter(pk__in=own).values_list("pk", "version_id"):
        yield own[deal_id], deal_id, version
    people = Identifier.objects.filter(value__in=list(set(paths) - set(own.values())))
    whose = _group((person, path) for path, person in people.values_list("value", "person_id"))
    taking_part = Participant.objects.filter(contact__person__in=whose, deal__in=opened)
    rows = taking_part.order_by().values_list("contact__person_id", "deal_id", "deal__version_id")
    yield from _spread(whose, rows)
    members = Membership.objects.filter(identifier__person__in=whose, is_current=True)
    companies = _group(
        (company, path)
        for person, company in members.values_list("identifier__person_id", "company_id")
        for path in whose[person]
    )
    theirs = opened.filter(company__in=companies)
    yield from _spread(companies, theirs.values_list("company_id", "pk", "version_id"))


def _group(pairs: Iterable[tuple[int, str]]) -> dict[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for key, path in pairs:
        found[key].append(path)
    return dict(found)


def _spread(
    paths: Mapping[int, Sequence[str]], rows: Iterable[tuple[int, int, int]]
) -> Iterator[tuple[str, int, int]]:
    for key, deal_id, version in rows:
        for path in paths[key]:
            yield path, deal_id, version
