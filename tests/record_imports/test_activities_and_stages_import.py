"""Activities and stage histories from files, for deals that are here: added, recognised, undone."""

from datetime import UTC, datetime

import pytest

from deals_support.deal_world import move
from import_support.bringing import bring_in, check, undo, upload
from suppilo.apps.activities.models import Activity
from suppilo.apps.deals.models import Deal, StageChange
from suppilo.apps.deals.selectors import find_unsound
from suppilo.apps.deals.selectors.ledger import read_moves
from suppilo.apps.pipelines.services import make_pipeline

pytestmark = pytest.mark.django_db(transaction=True)

DEALS = b"""deal_id,deal_name,stage,amount,created
17,Pumps,New,100,2026-01-05T10:00:00Z
18,Filters,New,200,2026-01-06T10:00:00Z
"""
ACTIVITIES = b"""activity_id,type,subject,deal_id,due_date,done,done_at,call_result,email
1,call,First call,17,2026-01-06,yes,2026-01-06T09:30:00Z,reached,
2,task,Send the list,18,2026-01-08,no,,,
3,meeting,On site,404,2026-01-09,no,,,
4,call,When?,17,,no,,,
1,call,First call,17,2026-01-06,yes,2026-01-06T09:30:00Z,reached,
"""
STAGES = b"""opportunity_id,from_stage,to_stage,changed_at
17,New,Qualified,2026-01-10T12:00:00Z
18,Demo,Quote,2026-02-01T12:00:00Z
18,New,Qualified,2026-01-11T12:00:00Z
18,Qualified,Demo,2026-01-20T12:00:00Z
404,New,Demo,2026-01-20T12:00:00Z
17,Qualified,,2026-01-20T12:00:00Z
"""
WHY = "Taken over as it was."


@pytest.fixture
def deals(head):
    pipeline = make_pipeline(head, "Business", "b2b")
    made = bring_in(head, DEALS, kind="deals", pipeline=pipeline.pk)
    assert made.counts["done"] == {"made": 2}, made.counts
    return {deal.name: deal for deal in Deal.objects.all()}


def ladder_of(deal):
    return [
        (change.to_stage.key, change.at.date().isoformat())
        for change in deal.changes.select_related("to_stage").order_by("number")
    ]


def counting_of(deal):
    return [(one.to_stage.key, one.at.date().isoformat()) for one in read_moves(deal)]


def place_of(name):
    deal = Deal.objects.get(name=name)
    return deal.stage.key, deal.state, deal.entered_at, deal.closed_at


def test_activities_come_to_their_deals_and_say_what_is_wrong(head, deals):
    made = bring_in(head, ACTIVITIES, kind="activities")
    assert made.kind == "activities"
    assert made.counts["done"] == {"made": 3, "rejected": 2}, made.counts
    assert set(made.counts["reasons"]) == {"no day", "the same activity stands in row 2"}
    assert made.counts["notes"] == {"no such deal": 1}
    call = Activity.objects.get(subject="First call")
    assert (call.deal, call.kind, call.outcome) == (deals["Pumps"], "call", "reached")
    assert call.done_at == datetime(2026, 1, 6, 9, 30, tzinfo=UTC)
    assert Activity.objects.get(subject="Send the list").done_at is None
    assert Activity.objects.get(subject="On site").deal is None


def test_a_check_of_activities_writes_none(head, deals):
    made = check(head, upload(head, ACTIVITIES, kind="activities"))
    assert made.counts["done"] == {"made": 3, "rejected": 2}
    assert not Activity.objects.filter(subject="First call").exists()


def test_the_same_activities_again_change_nothing_and_an_undo_takes_them_out(head, deals):
    first = bring_in(head, ACTIVITIES, kind="activities")
    before = Activity.objects.count()
    again = bring_in(head, ACTIVITIES, name="again.csv", kind="activities")
    assert again.counts["done"] == {"same": 3, "rejected": 2}
    assert Activity.objects.count() == before
    undone = undo(head, first)
    assert undone.counts["undone"]["removed"] == 3
    assert not Activity.objects.filter(subject__in=["First call", "Send the list"]).exists()


def test_a_file_of_stages_becomes_the_ledgers_of_the_deals(head, deals):
    made = bring_in(head, STAGES, kind="stages", waiver=WHY)
    assert made.counts["done"] == {"moved": 2, "rejected": 2}, made.counts
    assert set(made.counts["reasons"]) == {"no such deal", "no stage, or no time"}
    assert ladder_of(deals["Pumps"]) == [("new", "2026-01-05"), ("qualified", "2026-01-10")]
    assert ladder_of(deals["Filters"]) == [
        ("new", "2026-01-06"), ("qualified", "2026-01-11"), ("demo", "2026-01-20"),
        ("quote", "2026-02-01"),
    ]  # fmt: skip
    filters = Deal.objects.get(name="Filters")
    assert (filters.stage.key, filters.entered_at.date().isoformat()) == ("quote", "2026-02-01")
    assert list(find_unsound()) == []


def test_past_leaves_no_deal_where_it_lacks_something_unless_that_is_waived(head, deals):
    checked = check(head, upload(head, STAGES, kind="stages"))
    made = bring_in(head, STAGES, kind="stages")
    assert checked.counts["done"] == made.counts["done"] == {"rejected": 4, "closed": 2}
    assert checked.counts["lacking"] == made.counts["lacking"]
    assert {name: place_of(name)[0] for name in deals} == {"Pumps": "new", "Filters": "new"}
    bring_in(head, STAGES, name="again.csv", kind="stages", waiver=WHY)
    for deal in deals.values():
        last = deal.changes.latest("number")
        lacks = {one["key"] for one in last.evidence if not one["met"]}
        assert {one.criterion_key for one in last.waivers.filter(reason=WHY)} == lacks != set()


def test_the_same_file_of_stages_again_moves_nothing(head, deals):
    bring_in(head, STAGES, kind="stages", waiver=WHY)
    before = {name: ladder_of(deal) for name, deal in deals.items()}
    again = bring_in(head, STAGES, name="again.csv", kind="stages", waiver=WHY)
    assert again.counts["done"] == {"same": 4, "rejected": 2}
    assert {name: ladder_of(deal) for name, deal in deals.items()} == before


def test_what_a_file_tells_of_the_time_since_the_deal_came_here_meets_the_gates(head, deals):
    rows = b"opportunity_id,from_stage,to_stage,changed_at\n17,New,Qualified,%s\n"
    rows %= datetime.now(UTC).isoformat().encode()
    checked = check(head, upload(head, rows, kind="stages"))
    made = bring_in(head, rows, kind="stages")
    assert checked.counts["done"] == made.counts["done"] == {"rejected": 1, "closed": 1}
    (row,) = made.counts["rejected_rows"]
    assert "participant" in row["reason"]
    assert "Fill in what is missing" in row["remedy"]
    made = bring_in(head, rows, name="again.csv", kind="stages", waiver="So it is.")
    assert made.counts["done"] == {"moved": 1}
    assert place_of("Pumps")[0] == "qualified"
    undo(head, made)
    assert place_of("Pumps")[0] == "new"


def test_an_undo_of_stages_puts_deals_where_they_were_and_keeps_the_ledger(head, deals):
    before = {name: counting_of(deal) for name, deal in deals.items()}
    placed = {name: place_of(name) for name in deals}
    made = bring_in(head, STAGES, kind="stages", waiver=WHY)
    written = StageChange.objects.count()
    undone = undo(head, made)
    assert undone.counts["undone"]["kept_rows"] == []
    assert undone.counts["undone"]["restored"] == 2
    assert {name: counting_of(deal) for name, deal in deals.items()} == before
    assert {name: place_of(name) for name in deals} == placed
    assert StageChange.objects.count() == written + 4, "a ledger is only ever added to"
    assert list(find_unsound()) == []
    again = bring_in(head, STAGES, name="again.csv", kind="stages", waiver=WHY)
    assert again.counts["done"] == {"moved": 2, "rejected": 2}
    assert counting_of(deals["Filters"])[-1] == ("quote", "2026-02-01")


def test_an_undo_of_stages_leaves_a_deal_that_was_moved_since(head, deals):
    made = bring_in(head, STAGES, kind="stages", waiver=WHY)
    move(deals["Filters"], "demo", head, reason="Too early")
    undone = undo(head, made)
    assert [row["name"] for row in undone.counts["undone"]["kept_rows"]] == ["Filters"]
    assert place_of("Filters")[0] == "demo"
    assert place_of("Pumps")[0] == "new"
    assert list(find_unsound()) == []
