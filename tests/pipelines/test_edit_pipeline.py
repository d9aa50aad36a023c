"""Pipelines are made of templates, edited in versions, and say beforehand what an edit does."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from deals_support.deal_world import asks, deal_in, draft, field, fresh, move, pipeline_of, stage
from suppilo.apps.accounts.models import AuditEntry
from suppilo.apps.deals.services import renew_version
from suppilo.apps.pipelines.drafts import PipelineDraft
from suppilo.apps.pipelines.models import CustomField, PipelineVersion, Stage
from suppilo.apps.pipelines.selectors import draft_of, get_pipeline, list_pipelines
from suppilo.apps.pipelines.services import (
    add_field,
    add_lost_reason,
    archive_pipeline,
    change_field,
    change_lost_reason,
    edit_pipeline,
    make_pipeline,
    preview_edit,
)
from suppilo.apps.pipelines.templates import TEMPLATES
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def head():
    return make_user("head_of_sales")


@pytest.mark.parametrize("template", TEMPLATES)
def test_each_template_makes_a_pipeline_that_could_be_drafted_so(head, template):
    pipeline = make_pipeline(head, template, template, currency="GBP")
    made = draft_of(pipeline.current)
    assert PipelineDraft.from_dict(json.loads(json.dumps(made.to_dict()))) == made
    assert [one.kind for one in made.stages][-3:] == ["won", "lost", "disqualified"]
    odds = [one.probability for one in made.stages if one.kind == "open"]
    assert odds == sorted(odds)
    assert (pipeline.current.number, pipeline.currency) == (1, "GBP")
    assert pipeline.lost_reasons.count() > 5


def test_the_b2b_template_has_the_fields_usual_probabilities(head):
    made = draft_of(make_pipeline(head, "B2B", "b2b").current)
    assert [(one.key, one.probability) for one in made.stages if one.kind == "open"] == [
        ("new", Decimal("0.05")), ("qualified", Decimal("0.2")), ("demo", Decimal("0.4")),
        ("quote", Decimal("0.5")), ("negotiation", Decimal("0.75")), ("contract", Decimal("0.9")),
    ]  # fmt: skip


def test_only_those_who_manage_pipelines_change_them(head):
    pipeline = make_pipeline(head, "Sales")
    seller = make_user("salesperson")
    for verb in (
        lambda: make_pipeline(seller, "x"),
        lambda: edit_pipeline(seller, pipeline.pk, draft(stage("a"))),
        lambda: archive_pipeline(seller, pipeline.pk),
        lambda: add_field(seller, pipeline.pk, "x", "text"),
        lambda: add_lost_reason(seller, pipeline.pk, "x"),
    ):
        with pytest.raises(PermissionDenied):
            verb()
    assert AuditEntry.objects.filter(verb="make_pipeline", actor=head).count() == 1


def test_a_name_is_taken_once(head):
    make_pipeline(head, "Sales")
    with pytest.raises(ValidationError) as refused:
        make_pipeline(head, " Sales ")
    assert set(refused.value.message_dict) == {"name"}


def test_a_version_that_no_deal_was_in_is_changed_in_place(head):
    pipeline = pipeline_of()
    edit_pipeline(head, pipeline.pk, draft(stage("x"), name="Renamed", currency="SEK"))
    pipeline.refresh_from_db()
    assert (pipeline.name, pipeline.currency, pipeline.current.number) == ("Renamed", "SEK", 1)
    assert pipeline.current.stages.first().key == "x"
    assert PipelineVersion.objects.count() == 1


def test_a_version_that_deals_were_in_is_never_changed(head):
    pipeline = pipeline_of()
    deal = deal_in(pipeline)
    before = list(Stage.objects.values())
    wanted = draft(stage("a", field("amount"), odds="0.3"), stage("c"))
    version = edit_pipeline(head, pipeline.pk, wanted, version=1)
    assert version.number == 2
    assert list(Stage.objects.filter(version__number=1).values()) == before
    assert fresh(deal).version.number == 1
    assert draft_of(version).to_dict() == replace(
        wanted, stages=tuple(replace(one, probability=one.probability.quantize(Decimal("0.0001")))
                             for one in wanted.stages)
    ).to_dict()  # fmt: skip
    with pytest.raises(ValidationError, match="version 2"):
        edit_pipeline(head, pipeline.pk, wanted, version=1)


def test_an_edit_that_changes_no_stage_makes_no_version(head):
    pipeline = pipeline_of()
    deal_in(pipeline)
    same = draft_of(pipeline.current)
    edit_pipeline(head, pipeline.pk, replace(same, name="Other", visibility="own", note="why"))
    pipeline.refresh_from_db()
    assert (pipeline.current.number, pipeline.name, pipeline.visibility) == (1, "Other", "own")
    assert pipeline.current.note == "why"


def test_a_preview_says_whose_stage_is_gone_and_who_would_not_meet_the_gate(head):
    pipeline = pipeline_of(stage("a"), stage("b"), stage("c"))
    for amount in (0, 0, 9):
        deal_in(pipeline, amount=amount)
    move(deal_in(pipeline), "b")
    wanted = draft(stage("a", field("amount")), stage("d"), stage("c"))
    seen = preview_edit(pipeline, wanted)
    assert (seen.makes_version, seen.open_deals, seen.added) == (True, 4, ("d",))
    found = [(one.key, one.open_deals, one.is_gone, one.judged, one.unmet) for one in seen.stages]
    assert found == [("a", 3, False, 3, 2), ("b", 1, True, 0, 0)]
    assert [one.key for one in seen.gone] == ["b"]
    assert PipelineVersion.objects.count() == 1
    assert not preview_edit(pipeline, draft_of(pipeline.current)).makes_version


WRONG = {
    "stages": [
        draft(),
        replace(draft(stage("a")), stages=draft(stage("a")).stages[:1]),
        draft(stage("a"), stage("a")),
        replace(draft(stage("a")), stages=tuple(reversed(draft(stage("a")).stages))),
    ],
    "currency": [draft(stage("a"), currency="euro")],
    "visibility": [draft(stage("a"), visibility="nobody")],
    "skipping": [draft(stage("a"), skipping="maybe")],
    "waiver_roles": [draft(stage("a"), waiver_roles=("boss",))],
    "stages.A b": [draft(stage("A b"))],
    "stages.a": [
        draft(stage("a", odds="1.5")),
        draft(stage("a", expected_days=0)),
        draft(stage("a", colour="red")),
        draft(stage("a", advance="jump")),
        draft(stage("a", field("amount"), field("amount"))),
        draft(stage("a", asks("dance"))),
        draft(stage("a", asks("field", field="nose"))),
        draft(stage("a", asks("field", field="amount", op="over"))),
        draft(stage("a", asks("field", field="amount", op="gte"))),
        draft(stage("a", asks("field", field="amount", op="is", value=[1]))),
        draft(stage("a", asks("participant", count=0))),
        draft(stage("a", asks("event", event=""))),
        draft(stage("a", asks("event", event="x", scope="world"))),
        draft(stage("a", asks("approval", roles=["boss"]))),
        draft(stage("a", asks("approval", roles=[]))),
        draft(stage("a", asks("checklist", label=""))),
        draft(stage("a", asks("discount", most=3))),
        draft(stage("a", asks("discount", text="x" * 301))),
        draft(stage("a", field("custom.none"))),
    ],
}


@pytest.mark.parametrize(
    ("where", "wanted"), [(where, one) for where, many in WRONG.items() for one in many]
)
def test_a_draft_that_can_t_be_used_names_the_place(head, where, wanted):
    pipeline = pipeline_of()
    with pytest.raises(ValidationError) as refused:
        edit_pipeline(head, pipeline.pk, wanted)
    assert set(refused.value.message_dict) == {where}
    assert PipelineVersion.objects.count() == 1


@pytest.mark.parametrize(
    "given",
    [{}, {"name": "x", "stages": "abc"}, {"name": "x", "stages": [1]}, {"name": "x", "colour": 1},
     {"name": "x", "stages": [{"key": "a"}]},
     {"name": "x", "stages": [{"key": "a", "name": "A", "probability": "high"}]}],
)  # fmt: skip
def test_json_that_is_no_pipeline_is_refused(given):
    with pytest.raises(ValidationError):
        PipelineDraft.from_dict(given)


def test_fields_and_reasons_are_kept_in_lists(head):
    pipeline = pipeline_of()
    first = add_field(head, pipeline.pk, "Number of seats", "number")
    second = add_field(head, pipeline.pk, "Number of seats", "text")
    assert (first.key, second.key) == ("number_of_seats", "number_of_seats_2")
    with pytest.raises(ValidationError):
        add_field(head, pipeline.pk, "Plan", "choice")
    with pytest.raises(ValidationError):
        add_field(head, pipeline.pk, "Plan", "colour")
    change_field(head, first.pk, label="Seats", is_archived=True)
    assert CustomField.objects.get(pk=first.pk).label == "Seats"
    edit_pipeline(head, pipeline.pk, draft(stage("a", field("custom.number_of_seats_2"))))

    reason = add_lost_reason(head, pipeline.pk, "They moved")
    with pytest.raises(ValidationError, match="already"):
        add_lost_reason(head, pipeline.pk, "they MOVED")
    assert change_lost_reason(head, reason.pk, name="They  moved").name == "They moved"
    assert change_lost_reason(head, reason.pk, is_archived=True).is_archived


def test_a_field_that_a_gate_asks_for_stays_in_use(head):
    pipeline = pipeline_of()
    seats = add_field(head, pipeline.pk, "Seats", "number")
    edit_pipeline(head, pipeline.pk, draft(stage("a"), stage("b", field("custom.seats"))))
    with pytest.raises(ValidationError, match="“Sales” asks for “Seats” here") as refused:
        change_field(head, seats.pk, is_archived=True)
    assert set(refused.value.message_dict) == {"stages.b"}
    deal = deal_in(pipeline)
    edit_pipeline(head, pipeline.pk, draft(stage("a"), stage("b")))
    with pytest.raises(ValidationError, match="Open deals in version 1"):
        change_field(head, seats.pk, is_archived=True)
    renew_version(head, pipeline.pk, [deal.pk], {}, source="page")
    assert change_field(head, seats.pk, is_archived=True).is_archived
    with pytest.raises(ValidationError, match="no field “seats” in use"):
        edit_pipeline(head, pipeline.pk, draft(stage("a", field("custom.seats"))))


def test_a_new_pipeline_asks_for_no_field_that_it_does_not_have(head):
    with pytest.raises(ValidationError) as refused:
        make_pipeline(head, "New", draft(stage("a", field("custom.seats"))))
    assert set(refused.value.message_dict) == {"stages.a"}


def test_an_archived_pipeline_takes_no_new_deals_and_is_not_listed(head):
    pipeline = pipeline_of()
    archive_pipeline(head, pipeline.pk)
    assert list(list_pipelines(head)) == []
    assert get_pipeline(head, pipeline.pk).is_archived
    with pytest.raises(ValidationError, match="in use"):
        deal_in(pipeline, head)
    archive_pipeline(head, pipeline.pk, is_archived=False)
    deal_in(pipeline, head)
    with pytest.raises(PermissionDenied):
        list_pipelines(make_user("viewer"))
