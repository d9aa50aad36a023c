"""Moves, waivers, edits, hand-overs, corrections and imports in any order, against plain rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from deals_support.deal_world import SOON, ago, asks, draft, pipeline_of, stage
from oracle.strategies import fixed_profile
from suppilo.apps.deals.errors import DealError
from suppilo.apps.deals.models import ChecklistTick, Deal, StageChange
from suppilo.apps.deals.selectors import effective_moves, find_unsound
from suppilo.apps.deals.services import (
    NewDeal,
    PastMove,
    advance_deal,
    change_deal,
    correct_move,
    hand_over_deal,
    import_history,
    move_deal,
    move_deals,
    open_deal,
    open_deals,
    renew_version,
    tick,
)
from suppilo.apps.pipelines.drafts import PipelineDraft
from suppilo.apps.pipelines.services import edit_pipeline
from web_support.accounts import make_user

GATES: dict[str, Callable[[Deal], bool]] = {
    "amount": lambda deal: deal.amount > 0,
    "expected_close": lambda deal: deal.expected_close is not None,
    "campaign": lambda deal: deal.campaign == "yes",
    "checked": lambda deal: ChecklistTick.objects.filter(deal=deal, key="checked").exists(),
}
"""What each criterion asks for, told once more and without the judges."""


def gate(key: str, moment: str = "enter"):
    if key == "checked":
        return asks("checklist", key, moment, label="Checked")
    if key == "campaign":
        return asks("field", key, moment, field="campaign", op="is", value="yes")
    return asks("field", key, moment, field=key, op="filled")


def version(order: tuple[str, ...], skipping: str, moves: bool) -> PipelineDraft:
    advance = "move" if moves else "off"
    stages = {
        "a": stage("a"),
        "b": stage("b", gate("amount"), advance=advance),
        "c": stage("c", gate("checked"), gate("campaign", "leave")),
        "d": stage("d", gate("expected_close"), advance=advance),
    }
    return draft(*(stages[key] for key in order), won=(gate("campaign"),), skipping=skipping)


VERSIONS = st.builds(
    version,
    st.sampled_from([("a", "b", "c", "d"), ("a", "c", "d"), ("b", "c"), ("d", "c", "b", "a")]),
    st.sampled_from(["refused", "allowed"]),
    st.booleans(),
)
KEYS = st.sampled_from(["a", "b", "c", "d", "won", "lost", "disqualified"])
STEPS = st.sampled_from(["on", "on", "on", "on", "back", "a", "d", "won", "won", "lost"])
WAIVERS = st.sampled_from(["", "", "so it is"])
PICK = st.integers(0, 5)
REFUSALS = (DealError, ValidationError, PermissionDenied)


class DealMachine(RuleBasedStateMachine):
    """Deals in two pipelines; whatever is refused leaves everything as it was."""

    @initialize(first=VERSIONS)
    def begin(self, first: PipelineDraft) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.people = [make_user(role) for role in ("owner", "head_of_sales", "admin")]
        self.pipelines = [pipeline_of(), pipeline_of(name="Other")]
        edit_pipeline(None, self.pipelines[0].pk, first)
        for _ in range(2):
            self.bring_in([first.stages[0].key], 0, "so it is", False)

    def teardown(self) -> None:
        if hasattr(self, "atomic"):
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def attempt(self, do: Callable[[], Any], *, waiver: str = "") -> None:
        before = list(StageChange.objects.values_list("pk", "kind", "at"))
        try:
            with transaction.atomic():
                do()
        except REFUSALS:
            assert list(StageChange.objects.values_list("pk", "kind", "at")) == before
        else:
            self.check_news({row[0] for row in before}, waiver)

    def check_news(self, old: set[int], waiver: str) -> None:
        """Hold each new entry against the gates on its way, as they stand in the draft."""
        news = StageChange.objects.exclude(pk__in=old).select_related("deal", "from_stage")
        for change in news.order_by("deal", "number"):
            if is_past(change):
                others = news.filter(deal=change.deal).order_by("number")
                batch = [one for one in others if is_past(one)]
                asked = asked_of_past(batch) if change == batch[-1] else []
            else:
                asked = asked_on(change)
                if change.kind == "reopen":
                    assert change.to_stage.position <= furthest(change)
            unmet = {one.key for one in asked if not GATES[one.key](change.deal)}
            waived = {one.criterion_key for one in change.waivers.select_related("by")}
            assert unmet == waived, (change.kind, unmet, waived)
            if waived:
                assert waiver
                roles = {one.by.role for one in change.waivers.all()}
                assert roles <= set(change.version.waiver_roles)

    def deal(self, pick: int) -> Deal:
        deals = list(Deal.objects.order_by("id"))
        return deals[pick % len(deals)]

    @rule(pick=PICK, key=st.sampled_from("abcd"), waiver=st.sampled_from(["", "so it is"]),
          who=PICK)  # fmt: skip
    def open(self, pick: int, key: str, waiver: str, who: int) -> None:
        new = NewDeal("x", self.pipelines[pick % 2].pk, stage_key=key, next_step="y",
                      next_step_at=SOON)  # fmt: skip
        actor = self.people[who % 3]
        self.attempt(lambda: open_deal(actor, new, source="page", waiver=waiver), waiver=waiver)

    @precondition(lambda self: Deal.objects.exists())
    @rule(
        pick=PICK,
        moves=st.lists(st.tuples(PICK, STEPS, WAIVERS), min_size=1, max_size=6),
        source=st.sampled_from(["page", "api", "import", "automation"]),
    )
    def move(self, pick: int, moves: list[tuple[int, str, str]], source: str) -> None:
        for who, step, waiver in moves:
            deal, actor = self.deal(pick), [*self.people, None][who % 4]
            reason = deal.pipeline.lost_reasons.first()
            said = {"reason": "because", "waiver": waiver, "lost_reason_id": reason.pk}
            do = partial(move_deal, actor, deal.pk, self.key_of(deal, step), source=source, **said)
            self.attempt(do, waiver=waiver)

    def key_of(self, deal: Deal, step: str) -> str:
        """Return the stage after the deal's, or before it; or the one named."""
        keys = [one.key for one in deal.version.stages.order_by("position")]
        if step in ("on", "back"):
            place = keys.index(deal.stage.key) + (1 if step == "on" else -1)
            return keys[max(0, min(place, len(keys) - 1))]
        return step

    @precondition(lambda self: Deal.objects.exists())
    @rule(key=KEYS)
    def move_all(self, key: str) -> None:
        numbers = list(Deal.objects.values_list("pk", flat=True))
        self.attempt(lambda: move_deals(self.people[0], numbers, key, reason="because"))

    @precondition(lambda self: Deal.objects.exists())
    @rule(pick=PICK, filled=st.sets(st.sampled_from(["amount", "expected_close", "campaign"])))
    def change(self, pick: int, filled: set[str]) -> None:
        values = {"amount": "5", "expected_close": "2030-01-01", "campaign": "yes"}
        wanted = {name: value if name in filled else "" for name, value in values.items()}
        deal = self.deal(pick)
        self.attempt(lambda: change_deal(None, deal.pk, wanted, source="page"))

    @precondition(lambda self: Deal.objects.exists())
    @rule(pick=PICK, is_set=st.sampled_from([True, True, False]))
    def check(self, pick: int, is_set: bool) -> None:
        deal = self.deal(pick)
        self.attempt(lambda: tick(self.people[0], deal.pk, "c", "checked", is_set))

    @precondition(lambda self: Deal.objects.exists())
    @rule(pick=PICK)
    def advance(self, pick: int) -> None:
        deal = self.deal(pick)
        self.attempt(lambda: advance_deal(deal.pk, by="something"))

    @precondition(lambda self: Deal.objects.exists())
    @rule(pick=PICK, step=STEPS, back=st.sampled_from([0, 0, 0, 1, 2]),
          days=st.sampled_from([0, 0, 1]), waiver=WAIVERS)  # fmt: skip
    def correct(self, pick: int, step: str, back: int, days: int, waiver: str) -> None:
        deal = self.deal(pick)
        number, key = deal.changes.count() - back, self.key_of(deal, step)
        reason = deal.pipeline.lost_reasons.first()
        at = deal.entered_at - timedelta(days=days)
        self.attempt(
            lambda: correct_move(
                self.people[0], deal.pk, number, key, at=at, reason="wrong", source="page",
                waiver=waiver, lost_reason_id=reason.pk,
            ),
            waiver=waiver,
        )  # fmt: skip

    @rule(pick=PICK, wanted=VERSIONS)
    def edit(self, pick: int, wanted: PipelineDraft) -> None:
        self.attempt(lambda: edit_pipeline(self.people[0], self.pipelines[0].pk, wanted))

    @rule(to=st.sampled_from("abcd"), waiver=st.sampled_from(["", "so it is"]))
    def renew(self, to: str, waiver: str) -> None:
        stages = dict.fromkeys("abcd", to)
        keys = self.pipelines[0].versions.order_by("-number").first().stages
        kept = {one.key: one.key for one in keys.filter(kind="open")}
        self.attempt(
            lambda: renew_version(self.people[0], self.pipelines[0].pk, "all", stages | kept,
                                  source="page", waiver=waiver),
            waiver=waiver,
        )  # fmt: skip

    @precondition(lambda self: Deal.objects.exists())
    @rule(pick=PICK, to=st.booleans(), key=st.sampled_from(["", "b", "c"]), waiver=WAIVERS)
    def hand_over(self, pick: int, to: bool, key: str, waiver: str) -> None:
        deal, pipeline = self.deal(pick), self.pipelines[to]
        self.attempt(
            lambda: hand_over_deal(
                self.people[1], deal.pk, pipeline.pk, key, source="page", waiver=waiver
            ),
            waiver=waiver,
        )  # fmt: skip

    @rule(keys=st.lists(KEYS, min_size=1, max_size=4), pick=PICK,
          waiver=st.sampled_from(["", "so it is"]), is_filled=st.booleans())  # fmt: skip
    def bring_in(self, keys: list[str], pick: int, waiver: str, is_filled: bool) -> None:
        moves = tuple(PastMove(key, ago(20 - n)) for n, key in enumerate(keys))
        fields = {"amount": 5, "campaign": "yes"} if is_filled else {}
        new = NewDeal("old", self.pipelines[pick % 2].pk, history=moves, **fields)
        who = self.people[pick % 3]
        self.attempt(
            lambda: open_deals(who, [new], source="import", waiver=waiver), waiver=waiver
        )  # fmt: skip

    @precondition(lambda self: Deal.objects.exists())
    @rule(pick=PICK, keys=st.lists(KEYS, min_size=1, max_size=2), waiver=WAIVERS, who=PICK,
          is_past=st.booleans())  # fmt: skip
    def bring_history(
        self, pick: int, keys: list[str], waiver: str, who: int, is_past: bool
    ) -> None:
        deal, actor = self.deal(pick), self.people[who % 3]
        moves = [PastMove(key, deal.entered_at if is_past else timezone.now()) for key in keys]
        self.attempt(
            lambda: import_history(actor, deal.pk, moves, "import:1", waiver=waiver),
            waiver=waiver,
        )

    @invariant()
    def each_deal_is_where_its_ledger_says(self) -> None:
        assert find_unsound() == []

    @invariant()
    def what_entered_a_stage_left_it_or_is_there(self) -> None:
        entered, left = Counter(), Counter()
        for deal in Deal.objects.all():
            rows = deal.changes.select_related("from_stage", "to_stage__version").order_by("number")
            for one in effective_moves(list(rows)):
                if one.stays:
                    continue
                entered[place(one.to_stage)] += 1
                if one.from_stage is not None:
                    left[place(one.from_stage), one.kind] += 1
        there = Counter(place(deal.stage) for deal in Deal.objects.select_related("stage__version"))
        out = Counter(dict.fromkeys(entered, 0))
        for (key, _kind), number in left.items():
            out[key] += number
        assert entered == Counter({key: out[key] + there[key] for key in entered})


def place(found: Any) -> tuple[int, str]:
    return found.version.pipeline_id, found.key


def furthest(change: StageChange) -> int:
    """Return the position of the stage that a deal was in when it was closed; won: the last."""
    before = change.deal.changes.filter(number__lt=change.number).order_by("number")
    moves = effective_moves(list(before.select_related("from_stage", "to_stage__version")))
    stages = change.version.stages.filter(kind="open").order_by("position")
    if moves[-1].to_stage.kind == "won":
        return stages.last().position
    visited = [one.to_stage.key for one in moves if one.to_stage.kind == "open"]
    return stages.get(key=visited[-1]).position if visited else stages.first().position


def is_past(change: StageChange) -> bool:
    """Whether a file says that a deal moved so before it came here."""
    return change.source == "import" and change.at <= change.deal.created_at


def asked_of_past(batch: list[StageChange]) -> list[Any]:
    """Return what is asked for where a file's past leaves a deal, and was not where it was."""
    start = batch[0].from_stage
    come = [start] if start is not None else []
    before = asked_up_to(batch[0], come) if come else []
    asked = asked_up_to(batch[-1], [*come, *(one.to_stage for one in batch)])
    return [one for one in asked if one not in before]


def asked_up_to(change: StageChange, come: list[Any]) -> list[Any]:
    """Return all that stages ask for up to the last of some; lost: up to the last open one."""
    stages = list(change.version.stages.order_by("position").prefetch_related("criteria"))
    last, found = come[-1], []
    if last.kind in ("lost", "disqualified"):
        found += last.criteria.filter(moment="enter")
        last = next((one for one in reversed(come) if one.kind == "open"), stages[0])
    for one in stages:
        is_passed = one.kind == "open" and (last.kind == "won" or one.position < last.position)
        found += one.criteria.all() if is_passed else []
        found += one.criteria.filter(moment="enter") if one == last else []
    return found


def asked_on(change: StageChange) -> list[Any]:
    """Return what is asked for on a move's way, worked out from the stages in their order."""
    to, start = change.to_stage, change.from_stage
    stages = list(change.version.stages.order_by("position").prefetch_related("criteria"))
    if change.kind == "correct":
        wrong = change.corrects
        if to == wrong.to_stage or to == start:
            return []
    if change.kind in ("back", "reopen"):
        return []
    if change.kind == "renew_version" and to.key == start.key:
        return []
    outside = change.kind in ("open", "hand_over", "renew_version") or start is None
    if to.kind in ("lost", "disqualified"):
        return []
    if not outside and (not start.is_open or (to.is_open and to.position < start.position)):
        return []
    first = -1 if outside else start.position
    asked = []
    if change.kind == "hand_over":
        asked += start.criteria.filter(moment="leave")
    for one in stages:
        is_between = one.kind == "open" and first < one.position and one.position < to.position
        for criterion in one.criteria.all():
            enters = criterion.moment == "enter" and (is_between or one == to)
            leaves = criterion.moment == "leave" and (is_between or one == start)
            if enters or (leaves and one != to):
                asked.append(criterion)
    return asked


@pytest.mark.django_db
def test_no_gate_is_passed_unmet_and_every_ledger_adds_up_whatever_happens():
    run_state_machine_as_test(
        DealMachine,
        settings=settings(fixed_profile(8), stateful_step_count=20),
    )


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2])
def test_a_long_life_of_a_few_deals_holds_the_same(seed):
    """Play many steps in one world, so that deals have long histories; the dice are fixed."""
    dice = Random(seed)
    machine = DealMachine()
    machine.begin(version(("a", "b", "c", "d"), dice.choice(["refused", "allowed"]), moves=True))
    try:
        for _ in range(25):
            _play(machine, dice)
            machine.each_deal_is_where_its_ledger_says()
            machine.what_entered_a_stage_left_it_or_is_there()
        kinds = set(StageChange.objects.values_list("kind", flat=True))
        assert {"open", "advance", "back", "win", "lose", "reopen", "correct"} <= kinds
    finally:
        machine.teardown()


def _play(machine: DealMachine, dice: Random) -> None:
    pick, who = dice.randrange(3), dice.randrange(4)
    waiver = dice.choice(["", "", "so it is"])
    machine.change(pick, set(dice.sample(["amount", "expected_close", "campaign"], 2)))
    machine.check(pick, dice.random() < 0.7)
    steps = ["on", "on", "on", "back", "won", "lost", "disqualified", "a", "d"]
    machine.move(pick, [(who, dice.choice(steps), waiver) for _ in range(3)], "page")
    kind = dice.randrange(6)
    if kind == 0:
        machine.correct(pick, dice.choice(steps), dice.choice([0, 0, 1]), 0, waiver)
    elif kind == 1:
        orders = [("a", "b", "c", "d"), ("a", "c", "d"), ("d", "c", "b", "a")]
        machine.edit(0, version(dice.choice(orders), "refused", moves=False))
        machine.renew(dice.choice("acd"), waiver)
    elif kind == 2:
        machine.hand_over(pick, dice.random() < 0.5, "", waiver)
    elif kind == 3 and Deal.objects.count() < 6:
        machine.bring_in(
            [dice.choice("abcd"), dice.choice(["b", "won", "lost"])],
            dice.randrange(2),
            dice.choice(["", "so it is"]),
            dice.random() < 0.5,
        )
