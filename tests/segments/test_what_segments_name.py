"""What segments' rules name, and what becomes of them when it goes or changes."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from deals_support.deal_world import deal_in, pipeline_of, stage
from segments_support.segment_world import made, rules
from suppilo.apps.accounts.models import Role
from suppilo.apps.pipelines.models import Pipeline, Stage
from suppilo.apps.segments.models import Segment
from suppilo.apps.segments.refreshing import refresh_segment
from suppilo.apps.segments.selectors import list_segments
from suppilo.apps.segments.services import SegmentDraft, change_segment
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db
LATELY = {"kind": "seen", "which": "last", "days": 30}
OPEN_DEAL = {"kind": "deal_state", "which": "open"}


@pytest.fixture
def analyst():
    return make_user(Role.ANALYST)


@pytest.fixture
def pipeline(analyst):
    made_one = pipeline_of(stage("a"), stage("b"))
    deal_in(made_one, make_user(Role.OWNER), "Slow")
    return made_one


def in_stage(pipeline, key="a", **more):
    return {"kind": "stage", "name": f"{pipeline.pk}:{key}", **more}


@pytest.mark.parametrize("negated", [False, True])
def test_who_is_in_it_stays_where_a_stage_goes_and_the_page_says_why(analyst, pipeline, negated):
    segment = made(analyst, in_stage(pipeline, **{"not": negated}), unit="deal")
    Stage.objects.filter(key="a").update(key="renamed")
    after = refresh_segment(segment, datetime.now(UTC))
    assert after.error == f"Group 1, condition 1: There is no stage “{pipeline.pk}:a”."
    assert after.size == segment.size == int(not negated)
    said = client_for(analyst).get(segment.get_absolute_url()).content.decode()
    assert "It could not be brought up to date" in said
    assert "not there any more" in said


def test_the_builder_keeps_a_stage_of_a_pipeline_that_is_put_away(analyst, pipeline):
    segment = made(analyst, in_stage(pipeline), unit="deal")
    Pipeline.objects.update(is_archived=True)
    said = client_for(analyst).get(reverse("edit_segment", args=[segment.pk])).content.decode()
    assert f'<option value="{pipeline.pk}:a" selected>' in said
    assert f'value="{pipeline.pk}:b"' not in said
    fresh = client_for(analyst).get(reverse("new_segment"), {"unit": "deal"}).content.decode()
    assert f'value="{pipeline.pk}:a"' not in fresh


def test_what_asks_a_segment_that_comes_to_tell_of_deals_is_hidden_with_it(analyst):
    seller = make_user(Role.SALESPERSON)
    inner = made(analyst, LATELY, name="Inner")
    middle = made(analyst, {"kind": "segment", "value": inner.pk}, name="Middle")
    made(analyst, {"kind": "segment", "value": middle.pk}, name="Outer")
    assert list_segments(seller).count() == 3
    change_segment(analyst, inner, SegmentDraft("Inner", rules(OPEN_DEAL), visibility="everyone"))
    assert not list_segments(seller).exists()
    assert Segment.objects.filter(needs_deals=True).count() == 3
