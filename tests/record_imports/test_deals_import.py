"""Deals from files: opened with their past, recognised, changed, moved through gates, undone."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from import_support.bringing import bring_in, check, map_texts, run, undo, upload
from suppilo.apps.accounts import permissions
from suppilo.apps.accounts.models import AuditEntry, Role, User
from suppilo.apps.attention.selectors import AttentionFilter, list_attention
from suppilo.apps.catalogue.models import Product
from suppilo.apps.deals.models import BroughtUnmet, Deal, StageChange, Waiver
from suppilo.apps.deals.services import NewParticipant, add_participant, change_deal, move_deal
from suppilo.apps.deals.worker import DealWorker
from suppilo.apps.imports.models import ImportedRecord
from suppilo.apps.outbox.models import DomainEvent
from suppilo.apps.people.models import Company, Person
from suppilo.apps.pipelines.models import Pipeline
from suppilo.apps.pipelines.services import make_pipeline
from suppilo.lake import Lake
from web_support.accounts import client_for

pytestmark = pytest.mark.django_db(transaction=True)

DEALS = (
    b"Id;Name;Account Name;StageName;Amount;CloseDate;CreatedDate;LeadSource;Owner.Name;Email\n"
    b"006A;Pumps;Nordvik;Quote;1.234,56;2026-12-24;2026-03-01T10:00:00Z;Web;Hedda;ada@nordvik.eu\n"
    b"006B;Filters;Acme;Closed Won;10.000,00;2026-05-01;2026-02-01T10:00:00Z;Fair;Hedda;\n"
    b"006C;Valves;;Closed Lost;500;2026-04-01;2026-03-01T10:00:00Z;;Nobody;\n"
    b"006D;Hoses;Acme;Proposed;5;2026-04-01;2026-03-01T10:00:00Z;;;\n"
)

WHY = "Taken over as it was."
UNMET = "stands in its stage without what is asked for up to there"


@pytest.fixture
def pipeline(head) -> Pipeline:
    return make_pipeline(head, "Business", "b2b")


def stages_of(deal: Deal) -> list[str]:
    return [change.to_stage.key for change in deal.changes.select_related("to_stage")]


def test_check_says_what_would_become_of_the_rows(head, pipeline):
    made = check(head, upload(head, DEALS, waiver=WHY))
    assert (made.kind, made.options["preset"]) == ("deals", "salesforce")
    assert made.counts["done"] == {"made": 3, "rejected": 1, "waived": 2}
    assert made.counts["reasons"] == {"unknown: Stage": 1}
    assert made.counts["notes"] == {"unknown: Owner": 1, "without company": 1, UNMET: 2}
    assert [one["text"] for one in made.counts["unmatched"]["stage"]] == ["Proposed"]
    assert not Deal.objects.exists()


def test_deals_come_in_with_their_past(head, pipeline):
    made = bring_in(head, DEALS, waiver=WHY)
    assert made.state == "done"
    assert made.counts["done"]["made"] == 3
    pumps = Deal.objects.get(external_id="salesforce:006A")
    assert (pumps.stage.key, pumps.amount, pumps.owner) == ("quote", Decimal("1234.56"), head)
    assert str(pumps.expected_close) == "2026-12-24"
    assert pumps.participants.get().contact.value == "ada@nordvik.eu"
    won = Deal.objects.get(name="Filters")
    assert (won.state, stages_of(won)) == ("won", ["new", "won"])
    assert won.closed_at == datetime(2026, 5, 1, tzinfo=UTC)
    assert Deal.objects.get(name="Valves").company is None


def test_past_stands_in_the_event_tables_and_nobody_is_told_of_it(head, pipeline, folder):
    made = bring_in(head, DEALS, waiver=WHY)
    rows = {event.name: event.rows for event in Lake.create(folder / "lake").events()}
    assert rows.pop("gate_waived") == Waiver.objects.count() > 3
    assert rows == {"deal_created": 3, "deal_stage_entered": 5, "deal_won": 1, "deal_lost": 1}
    assert not DomainEvent.objects.exists()
    undo(head, made)
    rows = [event.rows for event in Lake.create(folder / "lake").events()]
    assert sum(rows) == 0


def test_same_file_again_changes_nothing(head, pipeline):
    bring_in(head, DEALS, waiver=WHY)
    before = list(Deal.objects.values("pk", "revision"))
    again = bring_in(head, DEALS, name="copy.csv", waiver=WHY)
    assert again.counts["done"] == {"same": 3, "rejected": 1}
    assert list(Deal.objects.values("pk", "revision")) == before


def test_what_people_changed_since_stays_when_the_file_says_the_same_again(head, pipeline):
    bring_in(head, DEALS, waiver=WHY)
    pumps = Deal.objects.get(name="Pumps")
    change_deal(head, pumps.pk, {"amount": "99"}, source="page")
    bring_in(head, DEALS, name="copy.csv", waiver=WHY)
    pumps.refresh_from_db()
    assert pumps.amount == 99


def test_what_the_file_has_new_is_taken_over(head, pipeline):
    bring_in(head, DEALS, waiver=WHY)
    news = bring_in(head, DEALS.replace(b"1.234,56", b"2.000,00"), name="later.csv", waiver=WHY)
    assert news.counts["done"]["changed"] == 1
    assert Deal.objects.get(name="Pumps").amount == 2000


def test_text_is_mapped_to_the_stage_that_it_stands_for(head, pipeline):
    made = check(head, upload(head, DEALS, waiver=WHY))
    made = run(head, map_texts(head, made, "stage", {"Proposed": "quote"}))
    assert made.counts["done"]["made"] == 4
    assert Deal.objects.get(name="Hoses").stage.key == "quote"


def test_import_does_not_move_a_deal_past_a_closed_gate(head, pipeline):
    rows = b"Deal name,Stage,Owner,Amount\nPumps,New,Hedda,5\n"
    bring_in(head, rows)
    deal = Deal.objects.get()
    made = bring_in(head, rows.replace(b"New", b"Negotiation"), name="later.csv")
    deal.refresh_from_db()
    assert deal.stage.key == "new"
    assert made.counts["done"]["left"] == 1
    (note,) = [row for row in made.counts["noted_rows"] if row["reason"].startswith("left")]
    assert "Pumps" in note["name"]
    assert "Fill in" in note["remedy"]


ROWS = (
    b"Deal name,Stage,Owner,Amount,Email,Account Name,Lost reason\n"
    b"Pumps,Qualified,Hedda,5,,Nordvik,\nHoses,Qualified,Hedda,5,ada@example.com,Nordvik,\n"
    b"Valves,Closed Won,Hedda,5,,Nordvik,\nPipes,New,Hedda,5,,Nordvik,\n"
    b"Taps,Closed Lost,Hedda,5,,Nordvik,Price\n"
)


def test_row_that_stands_where_it_lacks_something_is_left_out_and_says_what(head, pipeline):
    checked = check(head, upload(head, ROWS))
    assert checked.counts["done"] == {"made": 3, "closed": 2, "rejected": 2}
    assert not Deal.objects.exists()
    assert not Company.objects.exists()
    made = bring_in(head, ROWS)
    assert made.counts["done"] == checked.counts["done"]
    assert made.counts["lacking"] == checked.counts["lacking"]
    assert made.counts["lacking"]["Add a participant."] == 2
    assert {deal.name for deal in Deal.objects.all()} == {"Hoses", "Pipes", "Taps"}
    rejected = {row["name"]: row for row in made.counts["rejected_rows"]}
    assert {row["reason"] for row in rejected.values()} == {UNMET}
    assert rejected["Pumps"]["value"] == "Qualified"
    assert "Add a participant." in rejected["Pumps"]["remedy"]
    assert "Add a participant." in made.rejects.read_text("utf-8-sig")
    assert not Waiver.objects.exists()


def test_role_that_may_not_waive_brings_in_no_more_with_a_reason(head, pipeline):
    admin = User.objects.create(email="a@example.com", name="Ada", role=Role.ADMIN)
    checked = check(admin, upload(admin, ROWS, waiver=WHY))
    others = check(head, upload(head, ROWS))
    page, own = (client_for(who).get(reverse("import", args=[made.pk])).content.decode()
                 for who, made in ((admin, checked), (head, others)))  # fmt: skip
    assert "2 deals lack what is asked for where the file has them. They are left out." in page
    assert "Only these roles may waive what is missing" in page
    assert "id_waiver" not in page
    assert 'href="#id_waiver"' in own
    assert 'name="waiver"' in own
    made = run(admin, checked)
    assert made.counts["done"] == {"made": 3, "closed": 2, "rejected": 2}
    assert "Only these roles may waive" in made.counts["rejected_rows"][0]["remedy"]
    assert not Waiver.objects.exists()


def test_what_the_reason_for_a_file_lets_in_is_told_until_it_is_there(head, pipeline):
    made = bring_in(head, ROWS, waiver=WHY)
    assert made.counts["done"] == {"made": 5, "waived": 2}
    assert [row["name"] for row in made.counts["noted_rows"]] == ["Pumps", "Valves"]
    pumps, hoses, valves = (Deal.objects.get(name=one) for one in ("Pumps", "Hoses", "Valves"))
    assert all(one["met"] for one in hoses.changes.get().evidence)
    for deal in (pumps, valves):
        (change,) = deal.changes.all()
        lacks = {one["key"] for one in change.evidence if one.get("waived")}
        assert {one.criterion_key for one in change.waivers.all()} == lacks != set()
        assert {(one.reason, one.by) for one in change.waivers.all()} == {(WHY, head)}
        logged = AuditEntry.objects.filter(verb="waive_gate", target_id=str(deal.pk))
        assert {one.detail["criterion"] for one in logged} == lacks
    assert [one.deal for one in BroughtUnmet.objects.all()] == [pumps]

    def told():
        found = list_attention(head, AttentionFilter(reason="brought_unmet"), timezone.now())
        return [item.deal.name for item in found.items]

    page, report = (client_for(head).get(url).content.decode() for url in (
        reverse("deal", args=[pumps.pk]), reverse("pipeline_report_figures"),
    ))  # fmt: skip
    assert told() == ["Pumps"]
    assert "A file brought this deal into Qualified." in page
    assert "Brought in by files with gates not met" in report
    assert "Waivers given" in report
    assert WHY in report
    add_participant(head, pumps.pk, NewParticipant("bo@example.com"), source="page")
    worker = DealWorker()
    while worker.step():
        pass
    assert told() == []
    assert BroughtUnmet.objects.get().met_at is not None
    undo(head, made)
    assert {one.change.deal for one in Waiver.objects.all()} == {pumps}


def test_dated_row_of_a_later_file_moves_no_deal_past_a_gate_without_a_reason(head, pipeline):
    rows = b"Deal name,Stage,Owner,Amount,Stage since\nPumps,New,Hedda,5,2026-01-05\n"
    bring_in(head, rows)
    later = rows.replace(b"New", b"Qualified").replace(b"-01-05", b"-02-05")
    checked = check(head, upload(head, later, name="later.csv"))
    made = bring_in(head, later, name="later.csv")
    assert checked.counts["done"]["left"] == made.counts["done"]["left"] == 1
    assert checked.counts["notes"] == made.counts["notes"]
    assert Deal.objects.get().stage.key == "new"
    made = bring_in(head, later, name="reason.csv", waiver="It is so over there.")
    assert made.counts["done"] == {"moved": 1}
    change = StageChange.objects.get(number=2)
    assert (change.source, change.at.date().isoformat()) == ("import", "2026-02-05")
    assert {one.reason for one in Waiver.objects.all()} == {"It is so over there."}
    undo(head, made)
    assert Deal.objects.get().stage.key == "new"


def test_import_moves_a_deal_whose_gate_is_open(head, pipeline):
    rows = b"Deal name,Stage,Owner,Amount,Email\nPumps,New,Hedda,5,ada@example.com\n"
    bring_in(head, rows)
    made = bring_in(head, rows.replace(b"New", b"Qualified"), name="later.csv")
    assert made.counts["done"]["moved"] == 1
    change = StageChange.objects.get(number=2)
    assert (change.to_stage.key, change.source) == ("qualified", "import")


def test_deal_that_was_moved_here_is_not_moved_back_by_the_same_file(head, pipeline):
    rows = b"Deal name,Stage,Owner,Amount,Email\nPumps,New,Hedda,5,ada@example.com\n"
    bring_in(head, rows)
    move_deal(head, Deal.objects.get().pk, "qualified", source="page")
    made = bring_in(head, rows, name="copy.csv")
    assert made.counts["done"] == {"same": 1}
    assert Deal.objects.get().stage.key == "qualified"


def test_columns_of_stage_dates_become_the_ledger(head, pipeline):
    rows = (
        b'Record ID,Deal Name,Deal Stage,Deal owner,Create Date,'
        b'"Date entered ""Qualified (Sales)""","Date entered ""Demo (Sales)"""\n'
        b"1,Pumps,Demo,Hedda,2026-01-01 10:00,2026-01-05 10:00,2026-01-20 09:00\n"
    )  # fmt: skip
    made = bring_in(head, rows, waiver=WHY)
    assert made.options["preset"] == "hubspot"
    deal = Deal.objects.get()
    assert stages_of(deal) == ["new", "qualified", "demo"]
    assert deal.entered_at == datetime(2026, 1, 20, 9, tzinfo=UTC)


def test_undo_removes_deals_companies_and_people(head, pipeline):
    made = undo(head, bring_in(head, DEALS, waiver=WHY))
    assert made.state == "undone"
    assert not Deal.objects.exists()
    assert not Company.objects.exists()
    assert not Person.objects.exists()
    assert not ImportedRecord.objects.exists()
    assert made.counts["undone"]["removed"] == 3


def test_undo_keeps_and_lists_what_people_changed_since(head, pipeline, folder):
    made = bring_in(head, DEALS, waiver=WHY)
    pumps = Deal.objects.get(name="Pumps")
    change_deal(
        head, pumps.pk, {"next_step": "Call", "next_step_at": "2026-12-01T09:00:00Z"}, source="page"
    )
    made = undo(head, made)
    assert [deal.name for deal in Deal.objects.all()] == ["Pumps"]
    (kept,) = made.counts["undone"]["kept_rows"]
    assert (kept["name"], "Hedda" in kept["why"]) == ("Pumps", True)
    assert Company.objects.get().name == "Nordvik"
    rows = {event.name: event.rows for event in Lake.create(folder / "lake").events() if event.rows}
    assert rows.pop("gate_waived") == Waiver.objects.count() > 0
    assert rows == {"deal_created": 1, "deal_stage_entered": 1}


def test_undo_puts_changed_fields_back(head, pipeline):
    bring_in(head, DEALS, waiver=WHY)
    news = bring_in(head, DEALS.replace(b"1.234,56", b"2.000,00"), name="later.csv", waiver=WHY)
    undo(head, news)
    assert Deal.objects.get(name="Pumps").amount == Decimal("1234.56")


def test_product_is_offered_for_a_name_that_is_almost_its(head, pipeline):
    product = Product.objects.create(name="GTX Pro", sku="GTX-P")
    rows = b"Deal name,Stage,Owner,Amount,Product\nPumps,New,Hedda,4514,GTXPro\n"
    made = check(head, upload(head, rows))
    (offered,) = made.counts["unmatched"]["product"]
    assert (offered["text"], offered["offered"]) == ("GTXPro", str(product.pk))
    run(head, map_texts(head, made, "product", {"GTXPro": str(product.pk)}))
    item = Deal.objects.get().items.get()
    assert (item.product, item.unit_price) == (product, 4514)


def test_deals_of_others_are_neither_changed_nor_made_twice(head, pipeline):
    bring_in(head, DEALS, waiver=WHY)
    Deal.objects.update(owner=None, team=None)
    Pipeline.objects.update(visibility="own")
    other = User.objects.create(email="s@example.com", name="S", role=Role.SALESPERSON)
    granted = permissions.GRANTS[Role.SALESPERSON]
    permissions.GRANTS[Role.SALESPERSON] = granted | {permissions.Permission.IMPORT_FILES}
    try:
        made = bring_in(other, DEALS, name="mine.csv", waiver=WHY)
    finally:
        permissions.GRANTS[Role.SALESPERSON] = granted
    assert made.counts["reasons"]["the deal is here already, and not yours to change"] == 3
    assert Deal.objects.count() == 3
