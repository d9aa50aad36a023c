"""The editor of pipelines: from a template, in one form, with a preview and versions."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.http import QueryDict
from django.urls import reverse

from deals_support.deal_world import asks, deal_in, field, fresh, move, pipeline_of, stage
from suppilo.apps.pipelines.models import CustomField, LostReason, Pipeline
from suppilo.apps.pipelines.selectors import draft_of
from suppilo.apps.pipelines.templates import TEMPLATES, draft_from
from suppilo.web.views.pipelines.drafting import (
    edited,
    from_draft,
    keep_unchanged,
    read_form,
    to_draft,
    write_form,
)
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def head():
    return make_user("head_of_sales", name="Hanna")


@pytest.fixture
def client(head):
    return client_for(head)


def form_of(pipeline, **more):
    pipeline.refresh_from_db()
    form = write_form(draft_of(pipeline.current))
    return form | {"version": str(pipeline.current.number)} | more


def send(client, pipeline, do, form=None):
    url = reverse("pipeline_edit", args=[pipeline.pk])
    return client.post(url, (form or form_of(pipeline)) | {"do": do})


def stages(pipeline):
    pipeline.refresh_from_db()
    rows = pipeline.current.stages.order_by("position")
    return list(rows.values_list("key", flat=True))


def as_sent(form):
    sent = QueryDict(mutable=True)
    for name, value in form.items():
        sent.setlist(name, value if isinstance(value, list) else [value])
    return sent


def sent_back(draft):
    return keep_unchanged(to_draft(read_form(as_sent(write_form(draft)))), draft)


def exact(draft):
    """Return a draft as values; 0.9 and 0.9000 are one probability."""
    stages = [replace(one, probability=one.probability.normalize()) for one in draft.stages]
    return replace(draft, stages=tuple(stages)).to_dict()


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_form_sent_back_as_it_came_changes_nothing(template):
    draft = draft_from(template, "Sales")
    assert exact(sent_back(draft)) == exact(draft)


def test_every_kind_of_criterion_comes_back_as_it_went():
    pipeline = pipeline_of(
        stage("a", asks("checklist", "left", "leave", label="Done")),
        stage("b", field("amount", "gte", "100"),
              field("channel", "in", ["email", "direct"], key="c"),
              asks("participant", role="buyer", count=2),
              asks("activity", activity="demo", outcome="agreed"),
              asks("document", kind="contract", text="The contract is here"),
              asks("event", event="quote_opened", scope="person", since="stage",
                   where={"plan": "pro"}),
              asks("approval", roles=["owner", "head_of_sales"]), asks("discount")),
    )  # fmt: skip
    draft = draft_of(pipeline.current)
    assert exact(sent_back(draft)) == exact(draft)


def test_what_a_form_fills_in_by_itself_makes_no_new_version(client, head):
    pipeline = pipeline_of(stage("a"), stage("b", asks("participant"), asks("event", event="paid")))
    deal_in(pipeline, head)
    form = form_of(pipeline, **{
        "c1.0-set-count": "1", "c1.1-set-scope": "deal", "c1.1-set-since": "opened",
    })  # fmt: skip
    send(client, pipeline, "save", form)
    pipeline.refresh_from_db()
    assert pipeline.current.number == 1


def test_a_pipeline_is_made_from_a_template_and_listed(client):
    made = client.post(reverse("pipeline_new"), {"name": "Renewals", "template": "renewal"})
    pipeline = Pipeline.objects.get()
    assert made["Location"] == reverse("pipeline_edit", args=[pipeline.pk])
    said = client.get(reverse("pipelines")).content.decode()
    assert "Renewals" in said
    again = client.post(
        reverse("pipeline_new"), {"name": "Renewals", "template": "b2b"}, follow=True
    )
    assert "There is a pipeline “Renewals” already." in again.content.decode()


def test_stages_are_added_moved_and_removed_before_anything_is_kept(client):
    pipeline = pipeline_of()
    texts = from_draft(draft_of(pipeline.current))
    texts = edited(texts, "add-stage")
    texts = edited(texts, "up:6")
    texts = edited(texts, "drop-stage:0")
    assert [one.texts["key"] for one in texts.stages] == [
        "b",
        "",
        "c",
        "won",
        "lost",
        "disqualified",
    ]
    assert edited(texts, "down:2") == texts  # below are those that close a deal
    response = send(client, pipeline, "add-stage")
    assert 'name="s6-name"' in response.content.decode()
    assert stages(pipeline) == ["a", "b", "c", "won", "lost", "disqualified"]


def test_a_change_is_saved_and_new_stages_get_keys_of_their_names(client):
    pipeline = pipeline_of()
    form = form_of(pipeline, **{
        "stage": ["1", "0", "6", "3", "4", "5"], "s6-name": "Terms agreed", "s6-kind": "open",
        "s6-probability": "62,5", "s6-group": "bottom", "s6-days": "10", "s6-advance": "suggest",
        "s6-criterion": ["0"], "c6.0-kind": "field", "c6.0-moment": "enter",
        "c6.0-set-field": "expected_close", "c6.0-set-op": "filled",
    })  # fmt: skip
    assert send(client, pipeline, "save", form).status_code == 302
    assert stages(pipeline) == ["b", "a", "terms-agreed", "won", "lost", "disqualified"]
    made = pipeline.current.stages.get(key="terms-agreed")
    assert (made.probability, made.expected_days, made.advance) == (Decimal("0.625"), 10, "suggest")
    assert made.criteria.get().settings == {"field": "expected_close", "op": "filled"}
    assert pipeline.current.number == 1  # no deal was in it yet


def test_what_can_not_be_is_said_and_kept_in_the_form(client):
    pipeline = pipeline_of()
    form = form_of(pipeline, **{"s0-probability": "many", "s1-days": "x"})
    response = send(client, pipeline, "save", form)
    said = response.content.decode()
    assert response.status_code == 422
    assert "“many” is no probability" in said
    assert "“x” is no number of days" in said
    assert 'value="many"' in said
    without = form_of(pipeline, stage=["0", "1"])
    assert (
        "one stage for deals that were won"
        in send(client, pipeline, "save", without).content.decode()
    )


def test_the_preview_says_what_happens_to_open_deals(client, head):
    pipeline = pipeline_of()
    deal_in(pipeline, head, "Roof")
    gone = form_of(pipeline, stage=["1", "2", "3", "4", "5"])
    said = send(client, pipeline, "preview", gone).content.decode()
    assert "It makes a new version." in said
    assert "the stage is gone: say where they come to" in said
    stricter = form_of(pipeline, **{
        "s0-criterion": ["0"], "c0.0-kind": "document", "c0.0-moment": "enter",
    })  # fmt: skip
    said = send(client, pipeline, "preview", stricter).content.decode()
    assert "1 of 1 would not meet its gate" in said
    assert stages(pipeline)[0] == "a"


def test_deals_come_to_the_newest_version_by_an_explicit_choice(client, head):
    pipeline = pipeline_of()
    deal, other = deal_in(pipeline, head, "Roof"), deal_in(pipeline, head, "Pump")
    move(other, "b", head)
    saved = send(client, pipeline, "save", form_of(pipeline, stage=["1", "2", "3", "4", "5"]))
    versions = reverse("pipeline_versions", args=[pipeline.pk])
    assert saved["Location"] == versions
    assert fresh(deal).version.number == 1
    said = client.post(versions, {"to-b": "b"}, follow=True).content.decode()
    assert "Say to which open stage" in said
    said = client.post(versions, {"to-a": "b", "to-b": "b"}, follow=True).content.decode()
    assert "2 deals are in the newest version now." in said
    assert (fresh(deal).version.number, fresh(deal).stage.key) == (2, "b")


def test_fields_and_reasons_are_changed_in_the_same_form(client, head):
    pipeline = pipeline_of()
    add = {
        "new-field-label": "Delivery",
        "new-field-kind": "choice",
        "new-field-choices": "May, June",
    }
    asked = {"s0-criterion": ["0"], "c0.0-kind": "field", "c0.0-moment": "enter"}
    form = form_of(pipeline, **add, **asked, **{"s0-name": "Renamed, not saved yet"})
    said = send(client, pipeline, "field-add", form).content.decode()
    assert "Renamed, not saved yet" in said
    made = CustomField.objects.get()
    assert made.choices == ["May", "June"]
    assert "custom.delivery" in said
    send(client, pipeline, "reason-add", form_of(pipeline, **{"new-reason": "Too far away"}))
    reason = LostReason.objects.get(name="Too far away")
    form = form_of(
        pipeline, **{f"f{made.pk}-label": "Delivered in", f"r{reason.pk}-name": "Too far"}
    )
    assert send(client, pipeline, "save", form).status_code == 302
    assert CustomField.objects.get().label == "Delivered in"
    send(client, pipeline, f"field-drop:{made.pk}")
    send(client, pipeline, f"reason-drop:{reason.pk}")
    reason.refresh_from_db()
    assert (CustomField.objects.get().is_archived, reason.is_archived, reason.name) == (
        True, True, "Too far",
    )  # fmt: skip
    assert send(client, pipeline, "field-drop:999").status_code == 404


def test_two_editors_do_not_overwrite_each_other(client, head):
    pipeline = pipeline_of()
    deal_in(pipeline, head)
    form = form_of(pipeline)
    send(client, pipeline, "save", form_of(pipeline, **{"s0-name": "Begin"}))
    answer = send(client, pipeline, "save", form | {"s0-name": "Start"})
    assert answer.status_code == 422
    assert "Somebody edited the pipeline in the meantime" in answer.content.decode()


def test_a_pipeline_goes_out_of_use_and_back(client):
    pipeline = pipeline_of()
    url = reverse("pipeline_archive", args=[pipeline.pk])
    client.post(url)
    pipeline.refresh_from_db()
    assert pipeline.is_archived
    client.post(url, {"restore": "1"})
    pipeline.refresh_from_db()
    assert not pipeline.is_archived
    assert client.post(reverse("pipeline_archive", args=[999])).status_code == 404
    assert client.get(reverse("pipeline_edit", args=[999])).status_code == 404


def test_only_who_manages_pipelines_edits_them():
    pipeline = pipeline_of()
    for role in ("salesperson", "marketer", "analyst", "viewer"):
        assert client_for(role).get(reverse("pipeline_edit", args=[pipeline.pk])).status_code == 403
