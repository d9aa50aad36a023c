"""Probabilities from files: overrides with a reason, in the history, and taken back."""

from decimal import Decimal

import pytest

from import_support.bringing import bring_in, check, undo, upload
from suppilo.apps.accounts.models import User
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.services import change_deal
from suppilo.apps.imports.models import Import
from suppilo.apps.pipelines.models import Pipeline
from suppilo.apps.pipelines.services import make_pipeline

pytestmark = pytest.mark.django_db(transaction=True)

HEADERS = {
    "hubspot": "Record ID,Deal Name,Deal Stage,Deal owner,Deal probability",
    "pipedrive": "Deal - ID,Deal - Title,Deal - Stage,Deal - Owner,Deal - Probability",
    "odoo": "External ID,Opportunity,Stage,Salesperson,Probability,Expected Revenue",
    "salesforce": "Opportunity ID,Opportunity Name,Stage,Opportunity Owner,Probability (%),Type",
}


@pytest.fixture
def pipeline(head: User) -> Pipeline:
    return make_pipeline(head, "Business", "b2b")


def odds_of(name: str) -> tuple[Decimal | None, str]:
    deal = Deal.objects.get(name=name)
    return deal.probability, deal.probability_reason


def bring(head: User, *rows: str, name: str = "deals.csv", **options: str) -> Import:
    lines = ["Deal ID,Deal name,Stage,Owner,Probability", *rows]
    return bring_in(head, "\n".join(lines).encode(), name, waiver="As it was.", **options)


@pytest.mark.parametrize(("preset", "cell"), [
    ("hubspot", "0.35"), ("pipedrive", "35"), ("odoo", "35.00"), ("salesforce", "35"),
])  # fmt: skip
def test_export_of_a_known_system_brings_its_probabilities(head, pipeline, preset, cell):
    header = HEADERS[preset]
    row = f"7,Pumps,Quote,Hedda,{cell}" + ",5" * (header.count(",") - 4)
    made = bring_in(head, f"{header}\n{row}\n".encode(), "deals.csv", waiver="As it was.")
    assert (made.options["preset"], made.state) == (preset, "done")
    assert odds_of("Pumps") == (Decimal("0.35"), "From the file “deals.csv”")


def test_probability_of_the_stage_itself_is_no_override(head, pipeline):
    own = pipeline.current.stages.get(key="quote").probability
    bring(head, f"1,Pumps,Quote,Hedda,{own}", f"2,Hoses,Quote,Hedda,{own / 2}")
    assert odds_of("Pumps") == (None, "")
    assert odds_of("Hoses") == (own / 2, "From the file “deals.csv”")


def test_override_stands_in_the_history_of_the_deal(head, pipeline):
    bring(head, "1,Pumps,Quote,Hedda,0.12")
    changes = Deal.objects.get().field_changes.filter(field__startswith="probability")
    found = [(one.field, one.old, one.new, one.by, one.source) for one in changes.order_by("id")]
    assert found == [
        ("probability", None, "0.12", head, "import"),
        ("probability_reason", "", "From the file “deals.csv”", head, "import"),
    ]  # fmt: skip


def test_percent_and_fractions_are_told_apart_by_the_whole_column(head, pipeline):
    bring(head, "1,Pumps,Quote,Hedda,1", "2,Hoses,Quote,Hedda,35")
    assert [odds_of(name)[0] for name in ("Pumps", "Hoses")] == [Decimal("0.01"), Decimal("0.35")]
    bring(head, "3,Nuts,Quote,Hedda,1", '4,Bolts,Quote,Hedda,"0,35"', name="other.csv")
    assert [odds_of(name)[0] for name in ("Nuts", "Bolts")] == [Decimal(1), Decimal("0.35")]


def test_how_probabilities_are_written_can_be_said(head, pipeline):
    bring(head, "1,Pumps,Quote,Hedda,1", shares="percent")
    assert odds_of("Pumps")[0] == Decimal("0.01")


def test_sign_of_percent_is_read_beside_fractions(head, pipeline):
    bring(head, "1,Pumps,Quote,Hedda,35 %", "2,Hoses,Quote,Hedda,0.2")
    assert [odds_of(name)[0] for name in ("Pumps", "Hoses")] == [Decimal("0.35"), Decimal("0.2")]


def test_rows_out_of_bounds_or_unreadable_are_rejected_with_the_reason(head, pipeline):
    made = bring(
        head, "1,Pumps,Quote,Hedda,101", "2,Hoses,Quote,Hedda,-5", "3,Nuts,Quote,Hedda,high",
        "4,Bolts,Quote,Hedda,100", "5,Caps,Quote,Hedda,",
    )  # fmt: skip
    assert made.counts["reasons"] == {
        "not between 0 and 100 %: Probability": 2, "can't be read: Probability": 1,
    }  # fmt: skip
    first = made.counts["rejected_rows"][0]
    assert (first["row"], first["column"], first["value"]) == (2, "Probability", "101")
    assert "between 0 and 100 %" in first["remedy"]
    assert (odds_of("Bolts")[0], odds_of("Caps")[0]) == (Decimal(1), None)


def test_probability_of_a_closed_deal_follows_from_its_end(head, pipeline):
    made = bring(head, "1,Pumps,Lost,Hedda,40", "2,Hoses,Won,Hedda,100")
    assert (odds_of("Pumps"), odds_of("Hoses")) == ((None, ""), (None, ""))
    assert made.counts["notes"]["probability of a deal that is closed"] == 1


def test_later_file_changes_the_probability_and_undo_puts_it_back(head, pipeline):
    bring(head, "1,Pumps,Quote,Hedda,0.12")
    news = bring(head, "1,Pumps,Quote,Hedda,0.34", name="later.csv")
    assert news.counts["done"]["changed"] == 1
    assert odds_of("Pumps") == (Decimal("0.34"), "From the file “later.csv”")
    undo(head, news)
    assert odds_of("Pumps") == (Decimal("0.12"), "From the file “deals.csv”")


def test_file_that_says_the_stages_own_takes_the_override_away_until_undone(head, pipeline):
    own = pipeline.current.stages.get(key="quote").probability
    bring(head, "1,Pumps,Quote,Hedda,0.12")
    news = bring(head, f"1,Pumps,Quote,Hedda,{own}", name="later.csv")
    assert odds_of("Pumps") == (None, "")
    undo(head, news)
    assert odds_of("Pumps") == (Decimal("0.12"), "From the file “deals.csv”")


def test_same_file_again_leaves_what_somebody_typed_in_since(head, pipeline):
    bring(head, "1,Pumps,Quote,Hedda,0.12")
    typed = {"probability": "0.9", "probability_reason": "Budget is there"}
    change_deal(head, Deal.objects.get().pk, typed, source="page")
    again = bring(head, "1,Pumps,Quote,Hedda,0.12", name="copy.csv")
    assert again.counts["done"] == {"same": 1}
    assert odds_of("Pumps") == (Decimal("0.9"), "Budget is there")


def test_undo_leaves_a_probability_that_somebody_typed_in_since_with_its_reason(head, pipeline):
    bring(head, "1,Pumps,Quote,Hedda,0.12")
    news = bring(head, "1,Pumps,Quote,Hedda,0.34", name="later.csv")
    change_deal(head, Deal.objects.get().pk, {"probability": "0.5"}, source="page")
    undone = undo(head, news)
    assert odds_of("Pumps") == (Decimal("0.5"), "From the file “later.csv”")
    (kept,) = undone.counts["undone"]["kept_rows"]
    assert "probability" in kept["why"]


def test_undo_of_the_import_that_made_a_deal_removes_it_with_its_history(head, pipeline):
    undo(head, bring(head, "1,Pumps,Quote,Hedda,0.12"))
    assert not Deal.objects.exists()


def test_check_counts_and_writes_nothing(head, pipeline):
    made = check(
        head, upload(head, b"Deal ID,Deal name,Stage,Owner,Probability\n1,A,New,Hedda,2\n")
    )
    assert (made.options["columns"]["Probability"], made.counts["done"]) == (
        "probability",
        {"made": 1},
    )
    assert not Deal.objects.exists()
