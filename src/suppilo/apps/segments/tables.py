"""Conditions that the database's tables answer: properties, deals, channels, other segments."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from suppilo.analytics.periods import to_microseconds
from suppilo.apps.deals.lookups import ListHolds
from suppilo.apps.deals.models import Deal, DealState, Participant
from suppilo.apps.people.models import Company, CompanyTrait, Person, TraitValue
from suppilo.apps.pipelines.models import Stage
from suppilo.apps.segments.models import Member, Segment
from suppilo.apps.segments.rules import Condition
from suppilo.apps.segments.values import compare, deal_values, json_values

Ids = QuerySet[Any, Any]


def ids_by_tables(condition: Condition, unit: str, now: datetime) -> Ids:
    """Return the ids of the people, companies or deals that meet a condition, some twice.

    What is asked of another unit is asked of what belongs together: a person meets a condition on
    deals if they take part in a deal that does, a company if a deal of it does.
    """
    subject, found = _ASKED[condition.kind](condition, now)
    return _as_unit(found, subject, unit)


def all_ids(unit: str) -> Ids:
    """Return the ids of everybody, every company or deal there is."""
    if unit == "person":
        return Person.objects.filter(is_visible=True).order_by().values_list("pk", flat=True)
    whole: QuerySet[Any] = Company.objects.all() if unit == "company" else Deal.objects.all()
    return whole.order_by().values_list("pk", flat=True)


def _as_unit(found: Ids, subject: str, unit: str) -> Ids:
    """Return the ids of one unit that ids of another belong to."""
    if subject == unit:
        return found
    people = Person.objects.filter(is_visible=True).order_by()
    parts, deals = Participant.objects.order_by(), Deal.objects.order_by()
    by_way: dict[tuple[str, str], Ids] = {
        ("person", "company"): people.filter(pk__in=found, company__isnull=False).values_list(
            "company_id", flat=True
        ),
        ("person", "deal"): parts.filter(contact__person__in=found).values_list(
            "deal_id", flat=True
        ),
        ("company", "person"): people.filter(company__in=found).values_list("pk", flat=True),
        ("company", "deal"): deals.filter(company__in=found).values_list("pk", flat=True),
        ("deal", "person"): parts.filter(deal__in=found).values_list(
            "contact__person_id", flat=True
        ),
        ("deal", "company"): deals.filter(pk__in=found, company__isnull=False).values_list(
            "company_id", flat=True
        ),
    }
    return by_way[subject, unit]


def _person(condition: Condition, _now: datetime) -> tuple[str, Ids]:
    traits = TraitValue.objects.filter(name=condition.name, is_current=True).order_by()
    found = json_values(traits, "value").filter(compare(condition))
    return "person", found.values_list("identifier__person_id", flat=True)


def _company(condition: Condition, _now: datetime) -> tuple[str, Ids]:
    traits = CompanyTrait.objects.filter(name=condition.name).order_by()
    same = CompanyTrait.objects.filter(company=OuterRef("company"), name=condition.name)
    after = Q(at_us__gt=OuterRef("at_us")) | Q(at_us=OuterRef("at_us"), pk__gt=OuterRef("pk"))
    latest = traits.exclude(Exists(same.filter(after)))
    found = json_values(latest, "value").filter(compare(condition))
    return "company", found.values_list("company_id", flat=True)


def _deal(condition: Condition, _now: datetime) -> tuple[str, Ids]:
    found = deal_values(condition.name).order_by().filter(compare(condition))
    return "deal", found.values_list("pk", flat=True)


def _seen(condition: Condition, now: datetime) -> tuple[str, Ids]:
    column = "first_seen_us" if condition.choice == "first" else "last_seen_us"
    since_us = to_microseconds(_since(condition, now))
    return "person", all_ids("person").filter(**{f"{column}__gte": since_us})


def _channel(condition: Condition, _now: datetime) -> tuple[str, Ids]:
    if condition.choice == "deal":
        return "deal", all_ids("deal").filter(channel=condition.value)
    column = f"{condition.choice}_channel"
    return "person", all_ids("person").filter(**{column: condition.value})


def _stage(condition: Condition, now: datetime) -> tuple[str, Ids]:
    deals = all_ids("deal").filter(state=DealState.OPEN)
    pipeline, _colon, key = condition.name.partition(":")
    stages = Stage.objects.order_by()
    if key:
        stages = stages.filter(version__pipeline=int(pipeline), key=key)
    if condition.choice == "expected":
        return "deal", deals.filter(_longer_than_expected(stages, now))
    if condition.choice == "longer":
        deals = deals.filter(entered_at__lt=_since(condition, now))
    return "deal", deals.filter(stage__in=stages.values("pk")) if key else deals


def _longer_than_expected(stages: QuerySet[Stage], now: datetime) -> Q:
    by_days: dict[int, list[int]] = defaultdict(list)
    for number, days in stages.filter(expected_days__isnull=False).values_list(
        "pk", "expected_days"
    ):
        by_days[days or 0].append(number)
    found = Q(pk__in=())
    for days, numbers in by_days.items():
        found |= Q(stage__in=numbers, entered_at__lt=now - timedelta(days=days))
    return found


def _deal_state(condition: Condition, now: datetime) -> tuple[str, Ids]:
    deals = all_ids("deal").filter(state=condition.choice)
    if condition.days is not None:
        column = "opened_at" if condition.choice == DealState.OPEN else "closed_at"
        deals = deals.filter(**{f"{column}__gte": _since(condition, now)})
    return "deal", deals


def _tag(condition: Condition, _now: datetime) -> tuple[str, Ids]:
    return "deal", all_ids("deal").filter(ListHolds("tags", condition.value))


def _segment(condition: Condition, _now: datetime) -> tuple[str, Ids]:
    number = int(condition.value)
    members = Member.objects.filter(segment=number).order_by().values_list("number", flat=True)
    unit = Segment.objects.filter(pk=number).values_list("unit", flat=True).first()
    return unit or "person", members


def _since(condition: Condition, now: datetime) -> datetime:
    return now - timedelta(days=condition.days or 0)


_ASKED = {
    "person": _person, "company": _company, "deal": _deal, "seen": _seen, "channel": _channel,
    "stage": _stage, "deal_state": _deal_state, "tag": _tag, "segment": _segment,
}  # fmt: skip
