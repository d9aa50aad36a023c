"""Who sees and changes which deals; another's deal is as if it were not there."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from deals_support.deal_world import PAGE, ago, asks, deal_in, pipeline_of, stage
from suppilo.apps.accounts.models import Role, Team
from suppilo.apps.deals.models import Deal, Document
from suppilo.apps.deals.selectors import get_deal, visible_deals
from suppilo.apps.deals.selectors.visible import visible_in
from suppilo.apps.deals.services import (
    NewDeal,
    NewParticipant,
    add_document,
    add_participant,
    answer_approval,
    ask_approval,
    change_deal,
    change_participant,
    correct_move,
    hand_over_deal,
    import_history,
    move_deal,
    open_deal,
    open_deals,
    remove_document,
    remove_participant,
    set_items,
    tick,
)
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db

SEES_ALL = {"owner", "admin", "head_of_sales", "marketer", "analyst"}
EDITS = {"owner", "admin", "head_of_sales", "salesperson"}
VERBS = {
    "move": lambda who, deal: move_deal(who, deal.pk, "b", source=PAGE),
    "change": lambda who, deal: change_deal(who, deal.pk, {"campaign": "x"}, source=PAGE),
    "items": lambda who, deal: set_items(who, deal.pk, [], source=PAGE),
    "tick": lambda who, deal: tick(who, deal.pk, "c", "done", True),
    "add person": lambda who, deal: add_participant(
        who, deal.pk, NewParticipant("x@x.example"), source=PAGE
    ),
    "change person": lambda who, deal: change_participant(
        who, deal.pk, deal.participants.get().pk, role="user", source=PAGE
    ),
    "remove person": lambda who, deal: remove_participant(
        who, deal.pk, deal.participants.get().pk, source=PAGE
    ),
    "add document": lambda who, deal: add_document(
        who, deal.pk, "", "x", url="https://x.example/"
    ),
    "remove document": lambda who, deal: remove_document(who, deal.documents.get().pk),
    "ask": lambda who, deal: ask_approval(who, deal.pk, "stage", "boss"),
    "hand over": lambda who, deal: hand_over_deal(
        who, deal.pk, pipeline_of(name="Other").pk, source=PAGE
    ),
    "correct": lambda who, deal: correct_move(
        who, deal.pk, 1, "a", at=ago(1), reason="x", source=PAGE
    ),
    "history": lambda who, deal: import_history(who, deal.pk, [], "import:1"),
}  # fmt: skip


@pytest.fixture
def deal():
    pipeline = pipeline_of(
        stage("a"), stage("b"),
        stage("c", asks("checklist", "done", label="x"), asks("approval", "boss", roles=["owner"])),
    )  # fmt: skip
    (made,) = open_deals(
        None, [NewDeal("Nordvik", pipeline.pk, contacts=(NewParticipant("a@x.example"),))]
    )
    add_document(None, made.pk, "", "y", url="https://y.example/")
    return made


@pytest.mark.parametrize("role", Role.values)
def test_each_verb_asks_for_the_role_and_for_sight(deal, role):
    who = make_user(role)
    for verb in VERBS.values():
        if role not in EDITS:
            with pytest.raises(PermissionDenied):
                verb(who, deal)
        elif role not in SEES_ALL:
            with pytest.raises((Deal.DoesNotExist, Document.DoesNotExist)):
                verb(who, deal)
        else:
            with transaction.atomic():
                verb(who, deal)
                transaction.set_rollback(True)


@pytest.mark.parametrize("role", Role.values)
def test_who_may_not_change_deals_opens_none(role):
    pipeline = pipeline_of()
    who = make_user(role)
    if role in EDITS:
        assert deal_in(pipeline, who).owner == who
        assert get_deal(who, Deal.objects.get().pk)
        return
    with pytest.raises(PermissionDenied):
        deal_in(pipeline, who)
    with pytest.raises(PermissionDenied):
        open_deals(who, [NewDeal("x", pipeline.pk)])
    with pytest.raises(PermissionDenied):
        open_deal(who, NewDeal("x", pipeline.pk), source="api")


@pytest.mark.parametrize("role", Role.values)
def test_a_pipelines_own_deals_are_those_that_are_seen_anyway(role):
    who, team = make_user(role), Team.objects.create(name="North")
    mate = make_user("salesperson")
    team.members.add(who, mate)
    pipelines = [pipeline_of(name=shown, visibility=shown) for shown in ("own", "team", "all")]
    for pipeline in pipelines:
        for owner in (who if role in EDITS else None, mate, None):
            deal_in(pipeline, None, "x", owner_id=owner and owner.pk)
    for pipeline in pipelines:
        if role == "viewer":
            with pytest.raises(PermissionDenied):
                visible_in(who, pipeline)
        else:
            seen = visible_deals(who).filter(pipeline=pipeline)
            assert set(visible_in(who, pipeline)) == set(seen)


@pytest.mark.parametrize(
    ("visibility", "seen"),
    [("own", {"mine"}), ("team", {"mine", "mate", "team"}),
     ("all", {"mine", "mate", "team", "foreign", "nobody"})],
)  # fmt: skip
def test_a_salesperson_sees_as_the_pipeline_says(visibility, seen):
    pipeline = pipeline_of(visibility=visibility)
    me, mate, other = (make_user("salesperson") for _ in range(3))
    team, foreign = Team.objects.create(name="North"), Team.objects.create(name="South")
    me.teams.add(team)
    mate.teams.add(team, foreign)
    other.teams.add(foreign)
    for name, owner, of in (
        ("mine", me, None), ("mate", mate, foreign), ("team", other, team),
        ("foreign", other, foreign), ("nobody", None, None),
    ):  # fmt: skip
        deal_in(pipeline, None, name, owner_id=owner and owner.pk, team_id=of and of.pk)
    assert set(visible_deals(me).values_list("name", flat=True)) == seen
    assert set(visible_in(me, pipeline).values_list("name", flat=True)) == seen
    assert visible_deals(make_user("analyst")).count() == visible_deals(None).count() == 5
    for role in ("viewer",):
        with pytest.raises(PermissionDenied):
            visible_deals(make_user(role))
    hidden = Deal.objects.exclude(name__in=seen).first()
    if hidden is not None:
        with pytest.raises(Deal.DoesNotExist):
            get_deal(me, hidden.pk)


def test_an_approval_of_a_deal_that_one_does_not_see_is_not_there():
    pipeline = pipeline_of(
        stage("a"), stage("b", asks("approval", roles=["salesperson"])), visibility="own"
    )
    owner = make_user("salesperson")
    asked = ask_approval(owner, deal_in(pipeline, owner).pk, "stage", "approval")
    with pytest.raises(type(asked).DoesNotExist):
        answer_approval(make_user("salesperson"), asked.pk, True)
    assert answer_approval(owner, asked.pk, True).state == "approved"


def test_a_deal_goes_only_to_somebody_who_works_on_deals(deal):
    for role in ("viewer", "analyst", "marketer"):
        with pytest.raises(Exception, match="may not work on deals"):
            change_deal(None, deal.pk, {"owner": make_user(role).pk}, source=PAGE)
