"""The next gate of many deals at once, in a number of queries that doesn't grow with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import prefetch_related_objects

from suppilo.apps.activities.models import Activity
from suppilo.apps.catalogue.models import DiscountLimit
from suppilo.apps.deals.discounts import excess, role_of
from suppilo.apps.deals.gates import Finding, judge_proofs
from suppilo.apps.deals.gates.proofs import Proofs, Tick
from suppilo.apps.deals.models import (
    Approval,
    ApprovalState,
    ChecklistTick,
    Deal,
    Document,
    Fact,
    Participant,
)
from suppilo.apps.deals.route import Asked, Ladder, read_ladders
from suppilo.apps.outbox.paths import deal_path
from suppilo.apps.people.models import Membership
from suppilo.apps.pipelines.models import CriterionKind, CustomField, PipelineVersion, Stage

_Next = tuple[Stage, tuple[Asked, ...]]
_AT_ONCE = 500
"""So many values one statement looks for."""


@dataclass(frozen=True, slots=True)
class NextGate:
    """What a deal's next stage asks for, met or not: each finding is of the criterion ``asked``."""

    stage: Stage
    asked: tuple[Asked, ...]
    findings: tuple[Finding, ...]

    @property
    def missing(self) -> tuple[Finding, ...]:
        """What is not met."""
        return tuple(finding for finding in self.findings if not finding.is_met)


def judge_next(deals: Iterable[Deal], now: datetime) -> dict[int, NextGate]:
    """Return the gate between each open deal and its next stage, where that asks for anything.

    Proofs are read for all deals together, and only of the kinds that their gates ask for.
    """
    return _judge(deals, _find_next, now)


def judge_entered(deals: Iterable[Deal], now: datetime) -> dict[int, NextGate]:
    """Return all that is asked for up to the stage of each open deal, met now or not.

    ``stage`` is the one where the deal stands. Deals of which nothing is asked are left out.
    """
    return _judge(deals, _find_way_in, now)


def judge_each(
    deals: Iterable[Deal], asked: Mapping[int, tuple[Asked, ...]], now: datetime
) -> dict[int, tuple[Finding, ...]]:
    """Return whether deals meet what is asked of each, by their ids; closed deals as well.

    Deals of which nothing is asked are left out.
    """
    asked = {number: wanted for number, wanted in asked.items() if wanted}
    proofs = _read_proofs([deal for deal in deals if deal.pk in asked], asked, now)
    return {number: judge_proofs(proofs[number], wanted) for number, wanted in asked.items()}


def _judge(
    deals: Iterable[Deal], find: Callable[[Ladder, str], _Next | None], now: datetime
) -> dict[int, NextGate]:
    ladders = _read_ladders(deals := [deal for deal in deals if deal.is_open])
    nexts: dict[tuple[int, str], _Next | None] = {}
    asked: dict[int, _Next] = {}
    for deal in deals:
        place = deal.version_id, deal.stage.key
        if place not in nexts:
            nexts[place] = find(ladders[deal.version_id], deal.stage.key)
        if (found := nexts[place]) is not None:
            asked[deal.pk] = found
    judged = judge_each(deals, {number: wanted for number, (_to, wanted) in asked.items()}, now)
    return {
        number: NextGate(stage, wanted, judged[number]) for number, (stage, wanted) in asked.items()
    }


def _find_next(ladder: Ladder, key: str) -> _Next | None:
    """Return the stage after another, and what is asked for on the way; None where nothing is."""
    start = ladder.find(key)
    after = ladder.after(start) if start is not None else None
    if after is None or not (wanted := ladder.route(start, after).asked):
        return None
    return after, wanted


def _find_way_in(ladder: Ladder, key: str) -> _Next | None:
    """Return a stage, and what is asked for up to there; None where nothing is."""
    stage = ladder.find(key)
    if stage is None or not (wanted := ladder.route(None, stage).asked):
        return None
    return stage, wanted


def _read_ladders(deals: Iterable[Deal]) -> dict[int, Ladder]:
    versions = {deal.version_id for deal in deals}
    return read_ladders(PipelineVersion.objects.filter(pk__in=versions).order_by())


def _read_proofs(
    deals: list[Deal], wanted: Mapping[int, tuple[Asked, ...]], now: datetime
) -> dict[int, Proofs]:
    """Return what is known of deals; of each only what its own gate asks for."""
    asked = [one for ones in wanted.values() for one in ones]
    asking: dict[str, list[Deal]] = defaultdict(list)
    for deal in deals:
        for kind in {str(one.criterion.kind) for one in wanted[deal.pk]}:
            asking[kind].append(deal)
    labels = _read_labels(deals, asked)
    # When a field was changed dates a proof; whether it is met doesn't depend on that.
    known: dict[int, dict[str, Any]] = {
        deal.pk: {"changed_at": {}, "labels": labels[deal.pipeline_id]} for deal in deals
    }
    for kind, fill in _FILLERS.items():
        if kind in asking:
            fill(asking[kind], known, asked, now)
    if any(one.criterion.settings.get("field") == "items" for one in asked):
        prefetch_related_objects(deals, "items")
    approving = [*asking[CriterionKind.DISCOUNT], *asking[CriterionKind.APPROVAL]]
    if approving:
        _fill_approvals(approving, known)
    found = {}
    for deal in deals:
        found[deal.pk] = proofs = Proofs(deal, now)
        vars(proofs).update(known[deal.pk])
    return found


def _read_labels(deals: list[Deal], asked: list[Asked]) -> dict[int, dict[str, str]]:
    names = (str(one.criterion.settings.get("field", "")) for one in asked)
    found: dict[int, dict[str, str]] = defaultdict(dict)
    if any(name.startswith("custom.") for name in names):
        fields = CustomField.objects.filter(pipeline__in={deal.pipeline_id for deal in deals})
        for pipeline, key, label in fields.values_list("pipeline", "key", "label"):
            found[pipeline][key] = label
    return found


def _fill(
    known: dict[int, dict[str, Any]], name: str, rows: Iterable[Any], deals: list[Deal]
) -> None:
    by_deal: dict[int, list[Any]] = {deal.pk: [] for deal in deals}
    for row in rows:
        by_deal[row.deal_id].append(row)
    for number, mine in by_deal.items():
        known[number][name] = mine


def _fill_participants(deals: list[Deal], known: Any, _asked: list[Asked], _now: datetime) -> None:
    rows = Participant.objects.filter(deal__in=deals).select_related("contact__person")
    _fill(known, "participants", rows, deals)


def _fill_activities(deals: list[Deal], known: Any, asked: list[Asked], now: datetime) -> None:
    kinds = {
        one.criterion.settings.get("activity", "")
        for one in asked
        if one.criterion.kind == CriterionKind.ACTIVITY
    }
    rows = Activity.objects.filter(deal__in=deals, done_at__lte=now)
    rows = rows if "" in kinds else rows.filter(kind__in=kinds)
    _fill(known, "activities", rows.order_by("-done_at", "-id"), deals)


def _fill_documents(deals: list[Deal], known: Any, _asked: list[Asked], _now: datetime) -> None:
    _fill(known, "documents", Document.objects.filter(deal__in=deals), deals)


def _fill_approvals(deals: list[Deal], known: Any) -> None:
    valid = Approval.objects.filter(deal__in=deals, state=ApprovalState.APPROVED)
    _fill(known, "approvals", valid.select_related("answered_by").order_by("-id"), deals)


def _fill_ticks(deals: list[Deal], known: Any, _asked: list[Asked], _now: datetime) -> None:
    for deal in deals:
        known[deal.pk]["ticks"] = {}
    for row in ChecklistTick.objects.filter(deal__in=deals).select_related("by"):
        known[row.deal_id]["ticks"][row.stage_key, row.key] = Tick(str(row.by or ""), row.at)


def _fill_discounts(deals: list[Deal], known: Any, _asked: list[Asked], _now: datetime) -> None:
    lowered = [deal for deal in deals if deal.discount]
    prefetch_related_objects(lowered, "items__product")
    limits = list(DiscountLimit.objects.all()) if lowered else []
    for deal in deals:
        lines = list(deal.items.all()) if deal.discount else []
        own = [limit for limit in limits if limit.role == role_of(deal)]
        known[deal.pk] |= {
            "limits": limits, "lines": lines, "needed_discount": excess(own, lines),
        }  # fmt: skip


def _fill_facts(deals: list[Deal], known: Any, asked: list[Asked], now: datetime) -> None:
    events = [one.criterion.settings for one in asked if one.criterion.kind == CriterionKind.EVENT]
    wanted = {
        (str(one["event"]), str(one.get("scope", "deal")), bool(one.get("websites")))
        for one in events
    }
    names = {name for name, _scope, _websites in wanted}
    paths = {scope: _PATHS[scope](deals) for scope in _scopes(wanted)}
    every = {path for by_deal in paths.values() for mine in by_deal.values() for path in mine}
    rows = _read_facts(names, every, now)
    for deal in deals:
        known[deal.pk]["_facts"] = {
            (name, scope, websites): _latest_first(
                fact
                for level in _LEVELS[: _LEVELS.index(scope) + 1]
                for path in paths[level][deal.pk]
                for fact in rows[name, path]
                if fact.at >= deal.opened_at and (websites or not fact.is_public)
            )
            for name, scope, websites in wanted
        }


_LEVELS = ("deal", "person", "company")


def _scopes(wanted: set[tuple[str, str, bool]]) -> tuple[str, ...]:
    """Return the scopes that are looked at: a wider one has the narrower ones' events too."""
    return _LEVELS[: max(_LEVELS.index(scope) for _name, scope, _websites in wanted) + 1]


def _read_facts(
    names: set[str], paths: set[str], now: datetime
) -> dict[tuple[str, str], list[Fact]]:
    found: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    every = sorted(paths)
    for start in range(0, len(every), _AT_ONCE):
        part = every[start : start + _AT_ONCE]
        for fact in Fact.objects.filter(path__in=part, name__in=names, at__lte=now):
            found[fact.name, fact.path].append(fact)
    return found


def _latest_first(facts: Iterable[Fact]) -> list[Fact]:
    found = {fact.pk: fact for fact in facts}
    return sorted(found.values(), key=lambda fact: (fact.at, fact.pk), reverse=True)


def _own_paths(deals: list[Deal]) -> dict[int, set[str]]:
    return {deal.pk: {deal_path(deal.pk)} for deal in deals}


def _peoples_paths(deals: list[Deal]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {deal.pk: set() for deal in deals}
    rows = Participant.objects.filter(deal__in=deals).order_by()
    for number, path in rows.values_list("deal", "contact__person__identifiers__value"):
        found[number].add(path)
    return found


def _colleagues_paths(deals: list[Deal]) -> dict[int, set[str]]:
    companies = {deal.company_id for deal in deals if deal.company_id is not None}
    members = Membership.objects.filter(company__in=companies, is_current=True).order_by()
    by_company: dict[int | None, set[str]] = defaultdict(set)
    for number, path in members.values_list(
        "company", "identifier__person__identifiers__value"
    ).distinct():
        by_company[number].add(path)
    return {deal.pk: by_company[deal.company_id] for deal in deals}


_PATHS: dict[str, Callable[[list[Deal]], dict[int, set[str]]]] = {
    "deal": _own_paths,
    "person": _peoples_paths,
    "company": _colleagues_paths,
}
_FILLERS: dict[str, Callable[[list[Deal], Any, list[Asked], datetime], None]] = {
    CriterionKind.PARTICIPANT: _fill_participants,
    CriterionKind.ACTIVITY: _fill_activities,
    CriterionKind.DOCUMENT: _fill_documents,
    CriterionKind.CHECKLIST: _fill_ticks,
    CriterionKind.DISCOUNT: _fill_discounts,
    CriterionKind.EVENT: _fill_facts,
}
