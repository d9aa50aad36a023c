"""Who meets a segment's rules, beside a plain program; and what is written of it."""

import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from deals_support.deal_world import PAGE, deal_in, lose, move, pipeline_of, rewrite, stage
from people_support.people_world import SOURCE, evidence
from segments_support.segment_world import (
    add_people,
    at_us,
    did,
    made,
    names_in,
    rules,
    write_events,
)
from suppilo.apps.accounts.models import Role
from suppilo.apps.deals.models import Deal, StageChange
from suppilo.apps.deals.services import NewParticipant, add_participant
from suppilo.apps.events.selectors import open_events
from suppilo.apps.events.units import regroup
from suppilo.apps.people.evidence import Grouping, Link
from suppilo.apps.people.models import Company, Identifier, Person
from suppilo.apps.people.services import record_evidence
from suppilo.apps.segments import refreshing
from suppilo.apps.segments.finding import find_members
from suppilo.apps.segments.models import Leaver, Member, Segment, Size
from suppilo.apps.segments.refreshing import refresh_segment
from suppilo.apps.segments.rules import RuleError, Rules
from suppilo.apps.segments.selectors import member_keys, member_numbers
from suppilo.apps.segments.worker import SegmentWorker, find_old, in_order
from suppilo.lake.keys import path_key
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture
def owner():
    return make_user(Role.OWNER)


@pytest.fixture
def shop(settings, tmp_path):
    """Anna bought twice, lately; Ben once, long ago; Carla only looked; Dora was just seen."""
    add_people(
        {"anna": NOW - DAY, "ben": NOW - 40 * DAY, "carla": NOW - 3 * DAY, "dora": NOW - 9 * DAY},
        {
            "anna": {"plan": "Pro", "seats": 12, "trial": True},
            "ben": {"plan": "team", "seats": 3.5, "trial": False},
            "carla": {"plan": "12", "seats": "12"},
        },
        {"anna": "email", "ben": "email", "carla": "partner"},
    )
    events = [
        ("anna", "buy", NOW - 2 * DAY, 30.0), ("anna", "buy", NOW - 5 * DAY, 5.0),
        ("ben", "buy", NOW - 40 * DAY, 80.0), ("carla", "visit", NOW - 3 * DAY, None),
        ("nobody", "buy", NOW - DAY, 9.0), ("carla", "buy", NOW + DAY, 9.0),
    ]  # fmt: skip
    write_events(settings, tmp_path, events)


def found(*conditions, match="all"):
    return names_in(rules(*conditions, match=match), NOW)


# --- Events


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, {"anna", "ben"}),
        ({"days": 30}, {"anna"}),
        ({"days": 41}, {"anna", "ben"}),
        ({"times": 2}, {"anna"}),
        ({"times": 2, "days": 4}, set()),
        ({"where": "price > 10"}, {"anna", "ben"}),
        ({"where": "price > 10", "times": 2}, set()),
        ({"days": 30, "not": True}, {"ben", "carla", "dora"}),
    ],
)
def test_who_did_it_so_often_within_so_many_days_is_found(shop, asked, expected):
    assert found(did("buy", **asked)) == expected


def test_an_event_that_nobody_did_finds_nobody(shop):
    assert found(did("gone")) == set()
    assert found(did("gone", **{"not": True})) == {"anna", "ben", "carla", "dora"}


def test_a_condition_on_an_event_that_cannot_be_read_names_its_place(shop):
    asked = rules(did("buy"), did("buy", where="price >"))
    with pytest.raises(RuleError, match="Group 1, condition 2: "):
        find_members(asked, "person", NOW)


def test_events_of_merged_people_count_together(shop):
    record_evidence(SOURCE, evidence(Link("nobody", "anna", at_us(NOW), "m1", "identify")))
    anna = Person.objects.get(identifiers__value="anna")
    assert find_members(rules(did("buy", times=3)), "person", NOW).tolist() == [anna.pk]


def test_random_rules_find_whom_a_plain_program_finds(settings, tmp_path):
    chance = random.Random(7)
    people = [f"p{n}" for n in range(40)]
    seen = {one: NOW - chance.randrange(60) * DAY - DAY / 2 for one in people}
    add_people(seen, {one: {"seats": chance.randrange(5)} for one in people})
    seats = dict(
        Person.objects.filter(identifiers__traits__name="seats").values_list(
            "identifier", "identifiers__traits__value"
        )
    )
    events = [
        (
            chance.choice(people),
            chance.choice("ab"),
            NOW - chance.randrange(60) * DAY - DAY / 2,
            0.0,
        )
        for _ in range(200)
    ]
    write_events(settings, tmp_path, events)

    def draw():
        negated = chance.random() < 0.4
        if chance.random() < 0.6:
            event, days, times = (
                chance.choice("ab"),
                chance.choice([None, 20]),
                chance.choice([1, 3]),
            )
            said = did(event, days=days, times=times)

            def holds(who):
                counts = [
                    one for one in events
                    if one[:2] == (who, event) and (days is None or NOW - one[2] <= days * DAY)
                ]  # fmt: skip
                return len(counts) >= times
        elif chance.random() < 0.5:
            said = {"kind": "seen", "which": "last", "days": 30}
            holds = lambda who: NOW - seen[who] <= 30 * DAY  # noqa: E731
        else:
            said = {"kind": "person", "name": "seats", "operator": "at_least", "value": 2}
            holds = lambda who: seats[who] >= 2  # noqa: E731
        return said | {"not": negated}, lambda who: holds(who) != negated

    for _ in range(25):
        drawn = [[draw() for _ in range(chance.randint(1, 3))] for _ in range(chance.randint(1, 2))]
        matches, outer = (
            [chance.choice(["all", "any"]) for _ in drawn],
            chance.choice(["all", "any"]),
        )
        asked = Rules.from_dict({
            "match": outer,
            "groups": [
                {"match": match, "conditions": [said for said, _holds in group]}
                for match, group in zip(matches, drawn, strict=True)
            ],
        })  # fmt: skip
        every = {"all": all, "any": any}
        expected = {
            who for who in people
            if every[outer](
                every[match](holds(who) for _said, holds in group)
                for match, group in zip(matches, drawn, strict=True)
            )
        }  # fmt: skip
        assert names_in(asked, NOW) == expected


# --- Properties, channels, times


@pytest.mark.parametrize(
    ("operator", "name", "value", "expected"),
    [
        ("is", "plan", "Pro", {"anna"}),
        ("is", "seats", "12", {"anna", "carla"}),
        ("is", "trial", "false", {"ben"}),
        ("one_of", "plan", "Pro | team", {"anna", "ben"}),
        ("contains", "plan", "E", {"ben"}),
        ("starts_with", "plan", "p", {"anna"}),
        ("more", "seats", "3.5", {"anna"}),
        ("at_most", "seats", 12, {"anna", "ben"}),
        ("is_set", "plan", "", {"anna", "ben", "carla"}),
    ],
)
def test_people_are_found_by_their_properties(shop, operator, name, value, expected):
    assert found({"kind": "person", "name": name, "operator": operator, "value": value}) == expected


def test_people_are_found_by_when_they_were_seen_and_by_their_channel(shop):
    assert found({"kind": "seen", "which": "last", "days": 5}) == {"anna", "carla"}
    assert found({"kind": "channel", "which": "first", "value": "email"}) == {"anna", "ben"}
    either = ({"kind": "seen", "days": 5}, {"kind": "channel", "value": "email"})
    assert found(*either, match="any") == {"anna", "ben", "carla"}


def test_companies_are_found_by_their_latest_property_and_by_their_people(shop):
    record_evidence(SOURCE, evidence(
        Grouping("anna", "acme", at_us(NOW - DAY), {"seats": 5, "size": "small"}),
        Grouping("ben", "borg", at_us(NOW - DAY), {"seats": 50}),
    ))  # fmt: skip
    record_evidence("source:2", evidence(Grouping("anna", "acme", at_us(NOW), {"seats": 70})))
    many = {"kind": "company", "name": "seats", "operator": "more", "value": 20}
    by_key = dict(Company.objects.values_list("key", "pk"))
    assert find_members(rules(many), "company", NOW).tolist() == sorted(by_key.values())
    assert found(many) == {"anna", "ben"}
    lately = find_members(rules(did("buy", days=30)), "company", NOW)
    assert lately.tolist() == [by_key["acme"]]


# --- Deals


@pytest.fixture
def deals(shop, owner):
    """Slow: 30 days in a, of 10 expected. Quick: just moved to b. Lost: closed today."""
    pipeline = pipeline_of(stage("a", expected_days=10), stage("b"))
    slow = deal_in(pipeline, owner, "Slow", tags=["vip"], amount=900)
    quick, lost = deal_in(pipeline, owner, "Quick", amount=100), deal_in(pipeline, owner, "Lost")
    for deal in (slow, quick):
        Deal.objects.filter(pk=deal.pk).update(entered_at=NOW - 30 * DAY)
        rewrite(StageChange.objects.filter(deal=deal), at=NOW - 30 * DAY)
    move(quick, "b", owner)
    lose(lost, owner)
    for deal, who in ((slow, "anna"), (quick, "ben")):
        person = Identifier.objects.get(value=who).person_id
        add_participant(owner, deal.pk, NewParticipant(person_id=person), source=PAGE)
    return pipeline


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"kind": "stage", "name": "{}:a"}, {"Slow"}),
        ({"kind": "stage", "name": "{}:a", "which": "longer", "days": 29}, {"Slow"}),
        ({"kind": "stage", "name": "{}:a", "which": "longer", "days": 31}, set()),
        ({"kind": "stage", "which": "expected"}, {"Slow"}),
        ({"kind": "stage", "name": "{}:b", "which": "expected"}, set()),
        ({"kind": "deal_state", "which": "open"}, {"Slow", "Quick"}),
        ({"kind": "deal_state", "which": "lost", "days": 1}, {"Lost"}),
        ({"kind": "tag", "value": "vip"}, {"Slow"}),
        ({"kind": "deal", "name": "amount", "operator": "more", "value": 500}, {"Slow"}),
        ({"kind": "deal", "name": "name", "operator": "contains", "value": "ic"}, {"Quick"}),
        ({"kind": "person", "name": "plan", "operator": "is", "value": "team"}, {"Quick"}),
        (did("buy", days=30), {"Slow"}),
    ],
)
def test_deals_are_found_by_stage_state_field_and_their_people(deals, condition, expected):
    said = condition | {"name": condition.get("name", "").format(deals.pk)}
    if condition["kind"] in ("deal_state", "tag"):
        del said["name"]
    numbers = find_members(rules(said), "deal", datetime.now(UTC))
    names = Deal.objects.filter(pk__in=numbers.tolist()).values_list("name", flat=True)
    assert set(names) == expected


def test_people_are_found_by_the_deals_that_they_take_part_in(deals):
    assert found({"kind": "stage", "which": "expected"}) == {"anna"}
    assert found({"kind": "deal_state", "which": "open", "not": True}) == {"carla", "dora"}


# --- What is written


def keys_of(*identifiers):
    return sorted(path_key(one) for one in identifiers)


def test_a_segment_knows_its_members_and_the_keys_of_their_events(shop, owner, deals):
    people = made(owner, did("buy"))
    assert people.size == len(member_numbers(people)) == 2
    assert member_keys(people).tolist() == keys_of("anna", "ben")
    of_deals = made(owner, {"kind": "deal_state", "which": "open"}, unit="deal")
    events = regroup(open_events(), "deal")
    paths = [events.read("buy", one).path for one in events.path_ranges()]
    assert set(np.concatenate(paths).tolist()) <= set(member_keys(of_deals).tolist())


def test_only_the_differences_are_written(shop, owner):
    segment = made(owner, did("buy", days=30))
    first = Member.objects.get(segment=segment)
    later = refresh_segment(segment, NOW + 2 * DAY)  # Carla has bought by then
    assert Member.objects.get(segment=segment, number=first.number).since_at == first.since_at
    assert (later.size, later.version) == (2, segment.version + 1)
    end = refresh_segment(segment, NOW + 29 * DAY)
    assert (end.size, Leaver.objects.get().number) == (1, first.number)
    came_left = list(Size.objects.values_list("size", "came", "left"))
    assert came_left == [(1, 0, 0), (2, 1, 0), (1, 0, 1)]
    assert refresh_segment(segment, NOW + 29 * DAY).version == end.version


def test_who_goes_on_after_a_stop_counts_nobody_twice(shop, owner, monkeypatch):
    segment = made(owner, did("buy", days=30))
    with monkeypatch.context() as stopping:
        # The worker ends after it wrote who came, before it settled.
        stopping.setattr(refreshing, "_settle", lambda *_: None)
        refresh_segment(segment, NOW + 2 * DAY)
    half = Segment.objects.get()
    assert (half.size, half.version, len(member_numbers(half))) == (1, segment.version + 1, 2)
    end = refresh_segment(half, NOW + 2 * DAY)
    assert (end.size, end.version) == (2, half.version)
    assert list(Size.objects.values_list("size", "came", "left")) == [(1, 0, 0), (2, 1, 0)]


def test_who_is_in_a_segment_stays_where_it_cannot_be_asked(shop, owner):
    segment = made(owner, did("buy"))
    segment.rules["groups"][0]["conditions"][0]["where"] = "price >"
    segment.save()
    failed = refresh_segment(segment, NOW)
    assert failed.error.startswith("Group 1, condition 1: ")
    assert (failed.size, len(member_numbers(failed))) == (2, 2)


def test_what_rules_changed_meanwhile_is_not_written(shop, owner):
    segment = made(owner, did("buy"))
    Segment.objects.update(revision=2)
    assert refresh_segment(segment, NOW + 2 * DAY).size == 2


def test_the_worker_asks_segments_after_those_that_they_ask(shop, owner):
    inner = made(owner, did("buy"), name="Inner")
    outer = made(owner, {"kind": "segment", "value": inner.pk, "not": True}, name="Outer")
    assert [one.pk for one in in_order([outer, inner])] == [inner.pk, outer.pk]
    clock = [NOW + DAY + timedelta(hours=1)]
    worker = SegmentWorker(lambda: clock[0])
    assert [worker.step() for _ in range(3)] == [True, False, False]
    assert list(Segment.objects.order_by("pk").values_list("size", flat=True)) == [3, 1]
    clock[0] += timedelta(minutes=5)
    assert worker.step()


def test_the_worker_does_not_wait_for_a_clock_that_was_put_back(shop, owner):
    segment = made(owner, did("buy"))
    Segment.objects.update(refreshed_at=NOW)
    assert find_old(NOW + timedelta(minutes=1)) == []
    assert find_old(NOW - timedelta(days=20_000)) == [segment]
