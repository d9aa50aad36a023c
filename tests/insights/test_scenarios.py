"""Scenarios: kept with their levels as they were, shared, compared, checked, removed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pyarrow as pa
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404

from segments_support.known_segments import make_segment
from segments_support.segment_world import add_people
from suppilo.analytics.funnel import FunnelDefinition
from suppilo.analytics.periods import to_microseconds
from suppilo.analytics.whatif import WhatIfError
from suppilo.apps.accounts.models import AuditEntry, Team
from suppilo.apps.funnels.models import SavedFunnel
from suppilo.apps.funnels.services import delete_funnel, save_funnel
from suppilo.apps.insights.what_if import (
    BaselineError,
    LevelAsked,
    LevelSource,
    WhatIfQuestion,
    answer_what_if,
    make_baseline,
    read_question,
)
from suppilo.apps.insights.what_if.kept import KEPT
from suppilo.apps.people.models import Identifier
from suppilo.apps.scenarios.models import Scenario
from suppilo.apps.scenarios.selectors import check_scenario, list_scenarios
from suppilo.apps.scenarios.services import change_scenario, delete_scenario, save_scenario
from suppilo.apps.segments.models import Segment
from suppilo.lake import Lake
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def moment(days: float) -> int:
    """Return a moment so many days after the beginning."""
    return to_microseconds(START + days * DAY)


def write(lake, batch: str, first_day: int, visits: int, orders: int) -> None:
    """Record visitors of ten days, some of whom order at 50 each."""
    rows = [(f"{batch}-{n}", START + (first_day + n % 10) * DAY, "visit", None)
            for n in range(visits)]  # fmt: skip
    hour = timedelta(hours=1)
    rows += [(f"{batch}-{n}", START + (first_day + n % 10) * DAY + hour, "order", 50.0)
             for n in range(orders)]  # fmt: skip
    lake.write(
        pa.table({
            "path": [row[0] for row in rows],
            "at": pa.array([row[1] for row in rows], pa.timestamp("us", "UTC")),
            "event": [row[2] for row in rows],
        }),
        batch,
        pa.table({"amount": pa.array([row[3] for row in rows], pa.float64())}),
    )  # fmt: skip


@pytest.fixture
def shop(settings, tmp_path):
    """Return a shop of 100 visitors, 20 of whom order, and a funnel of its owner's."""
    KEPT.forget()
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    lake = Lake.create(settings.SUPPILO.lake)
    write(lake, "before", 0, 100, 20)
    owner = make_user("owner")
    definition = FunnelDefinition.from_dict({"steps": ["visit", "order"], "window": "1d"})
    return SimpleNamespace(lake=lake, owner=owner, funnel=save_funnel(owner, "Shop", definition))


def ask(shop, actor=None, **more):
    question = WhatIfQuestion(
        LevelSource("funnel", shop.funnel.pk), (LevelAsked(times=2, rate=0.3),),
        moment(-1), moment(10), **more,
    )  # fmt: skip
    actor = actor or shop.owner
    return answer_what_if(question, make_baseline(actor, question, moment(11), 30.0))


def save(shop, name="Twice as many", **more):
    saved = save_scenario(shop.owner, name, ask(shop), **more)
    Scenario.objects.filter(pk=saved.pk).update(created_at=START + 11 * DAY)
    saved.refresh_from_db()
    return saved


def own_question(*levels, **more):
    return WhatIfQuestion(levels=tuple(LevelAsked(*level) for level in levels), **more)


def save_own(actor, name="By hand", **more):
    question = own_question(("Calls", 30, None, 2.0), ("Sales", 6))
    answer = answer_what_if(question, make_baseline(actor, question, 0, 1.0))
    return save_scenario(actor, name, answer, **more)


def test_levels_are_kept_as_they_were(shop):
    saved = save(shop)
    write(shop.lake, "late", 1, 50, 50)
    kept = Scenario.objects.get(pk=saved.pk)
    assert [(one["name"], one["before"], round(one["after"])) for one in kept.levels] == [
        ("visit", 100, 200), ("order", 20, 60),
    ]  # fmt: skip
    assert kept.prediction["value"] == 50
    assert kept.prediction["gain"] == pytest.approx(40 * 50)
    assert kept.read_definition() == ask(shop).question
    entry = AuditEntry.objects.latest("id")
    assert (entry.verb, entry.detail["source"]) == ("save_scenario", f"funnel-{shop.funnel.pk}")


def test_scenario_is_checked_against_what_happened(shop):
    saved = save(shop)
    write(shop.lake, "after", 12, 200, 66)
    found = check_scenario(shop.owner, saved, moment(12), moment(23), moment(40), 30.0)
    assert found.scale == pytest.approx(1)
    visits, orders = found.levels
    assert (visits.before, visits.predicted, visits.fact, visits.verdict) == (
        100, 200, 200, "within",
    )  # fmt: skip
    assert (orders.fact, orders.verdict) == (66, "within")
    assert not found.is_early


def test_prediction_is_taken_for_the_length_of_the_time(shop):
    saved = save(shop)
    write(shop.lake, "after", 12, 200, 200)
    found = check_scenario(shop.owner, saved, moment(12), moment(34), moment(40), 30.0)
    assert found.scale == pytest.approx(2)
    assert [one.predicted for one in found.levels] == pytest.approx([400, 120])
    assert [one.verdict for one in found.levels] == ["below", "above"]


def test_levels_lead_to_those_who_were_counted_before(shop):
    saved = save(shop)
    write(shop.lake, "after", 12, 200, 66)
    client = client_for(shop.owner)
    page = client.get(f"/insights/what-if/scenarios/{saved.pk}/").content.decode()
    for place, people in enumerate((100, 20)):
        url = f"/insights/what-if/scenarios/{saved.pk}/before/{place}/"
        assert f'href="{url}"' in page
        listed = client.get(url, follow=True).content.decode()
        assert f"{people} people" in " ".join(listed.split())


def test_a_level_of_own_figures_leads_back_to_the_what_if(shop):
    client, saved = client_for(shop.owner), save_own(shop.owner)
    answer = client.get(f"/insights/what-if/scenarios/{saved.pk}/before/0/")
    assert answer.url.startswith("/insights/what-if/?")


def test_time_from_before_the_saving_is_said(shop):
    found = check_scenario(shop.owner, save(shop), moment(5), moment(23), moment(40), 30.0)
    assert found.is_early


def test_levels_that_nobody_reached_are_facts_too(shop):
    found = check_scenario(shop.owner, save(shop), moment(20), moment(30), moment(40), 30.0)
    assert [(one.fact, one.verdict) for one in found.levels] == [(0, "below"), (0, "below")]


def test_check_without_the_funnel_says_so(shop):
    saved = save(shop, visibility="everyone")
    reader = make_user("analyst")
    assert check_scenario(reader, saved, moment(12), moment(23), moment(40), 1.0).is_hidden
    delete_funnel(shop.owner, shop.funnel)
    found = check_scenario(shop.owner, saved, moment(12), moment(23), moment(40), 1.0)
    assert found.is_hidden
    assert client_for(shop.owner).get(
        f"/insights/what-if/scenarios/{saved.pk}/?from=2026-03-20"
    ).context["check"].is_hidden  # fmt: skip


def test_own_figures_are_checked_by_hand():
    owner = make_user("owner")
    saved = save_own(owner)
    found = check_scenario(owner, saved, moment(0), moment(9), moment(9), 1.0, (61.0, None))
    assert found.scale is None
    assert [(one.predicted, one.fact, one.verdict) for one in found.levels] == [
        (60, 61, "within"), (12, None, ""),
    ]  # fmt: skip


def test_somebody_else_finds_only_what_is_shared():
    owner, friend, stranger = make_user("owner"), make_user("viewer"), make_user("viewer")
    team = Team.objects.create(name="North")
    team.members.set([owner, friend])
    private = save_own(owner)
    shared = save_own(owner, visibility="team", team=team)
    public = save_own(owner, visibility="everyone")
    assert set(list_scenarios(friend)) == {shared, public}
    assert set(list_scenarios(stranger)) == {public}
    with pytest.raises(Http404):
        check_scenario(stranger, private, moment(0), moment(1), moment(2), 1.0)
    client = client_for(stranger)
    assert client.get(f"/insights/what-if/scenarios/{shared.pk}/").status_code == 404
    assert client.get(f"/insights/what-if/scenarios/{public.pk}/").status_code == 200
    pair = f"s={private.pk}&s={public.pk}"
    assert client.get(f"/insights/what-if/scenarios/compare/?{pair}").status_code == 302


def test_scenario_of_the_full_funnel_is_for_those_who_see_all_deals():
    owner = make_user("owner")
    saved = save_own(owner, visibility="everyone")
    Scenario.objects.filter(pk=saved.pk).update(source="full-3")
    assert list(list_scenarios(make_user("salesperson"))) == []
    assert list(list_scenarios(make_user("analyst"))) == [saved]


def test_only_owner_and_administrators_change_and_delete():
    analyst = make_user("analyst")
    saved = save_own(analyst, visibility="everyone")
    other = make_user("marketer")
    with pytest.raises(PermissionDenied):
        delete_scenario(other, saved)
    with pytest.raises(PermissionDenied):
        change_scenario(other, saved, name="Mine", description="", visibility="private")
    change_scenario(analyst, saved, name="Better", description="why", visibility="everyone")
    assert Scenario.objects.get().name == "Better"
    delete_scenario(make_user("admin"), saved)
    assert not Scenario.objects.exists()
    assert AuditEntry.objects.latest("id").verb == "delete_scenario"


def test_viewer_keeps_no_scenario():
    with pytest.raises(PermissionDenied):
        save_own(make_user("viewer"))
    assert client_for("viewer").post("/insights/what-if/save/").status_code == 403


def test_scenario_needs_a_name():
    with pytest.raises(ValidationError):
        save_own(make_user("owner"), name=" ")


def test_page_saves_what_it_shows_and_opens_it_again():
    client = client_for("owner")
    query = "of=own&level=Calls&level=Sales&count=30&count=6&times=2&times=&value=10&currency=EUR"
    answer = client.post("/insights/what-if/save/", {"name": "More calls", "query": query})
    page = client.get(answer["Location"])
    assert "More calls" in page.content.decode()
    again = client.get(page.context["open_url"])
    assert [one.after for one in again.context["found"].projection.levels] == [60, 12]


def test_what_can_not_be_answered_is_not_saved():
    client = client_for("owner")
    for data in ({"name": "A", "query": "of=own&level=a"}, {"name": "", "query": ""}):
        answer = client.post("/insights/what-if/save/", data)
        assert answer.status_code == 302
        assert not Scenario.objects.exists()


def test_scenarios_stand_beside_each_other():
    owner = make_user("owner")
    first = save_own(owner, "One")
    question = own_question(("Calls", 30), ("Meetings", 10), ("Sales", 3), value=100.0)
    answer = answer_what_if(question, make_baseline(owner, question, 0, 1.0))
    second = save_scenario(owner, "Two", answer)
    page = client_for(owner).get(f"/insights/what-if/scenarios/compare/?s={first.pk}&s={second.pk}")
    cells = {row.name: [text for text, _note in row.cells] for row in page.context["table"]}
    assert cells["Calls"] == ["30 → 60", "30 → 30"]
    assert cells["Meetings"] == ["—", "10 → 10"]
    assert cells["Sales"] == ["6 → 12", "3 → 3"]
    assert cells["Change in revenue"] == ["—", "0"]


def test_list_asks_the_database_a_bounded_number_of_times(django_assert_max_num_queries):
    owner = make_user("owner")
    client = client_for(owner)
    for number in range(8):
        save_own(owner, f"Number {number}")
    with django_assert_max_num_queries(8):
        assert len(client.get("/insights/what-if/scenarios/").context["rows"]) == 8


@pytest.fixture
def half(shop):
    """Half of those who order, and two visitors, as a segment."""
    add_people({f"before-{n}": START for n in range(12)})
    people = Identifier.objects.filter(value__startswith="before-", person__isnull=False)
    return make_segment(shop.owner, "person", people.values_list("person", flat=True))


def test_a_scenario_of_a_segment_is_kept_and_checked_as_such(shop, half):
    answer = ask(shop, segment=half.pk)
    assert [level.count for level in answer.baseline.levels] == [12, 12]
    saved = save_scenario(shop.owner, "Of some", answer, visibility="everyone")
    assert saved.read_definition() == answer.question
    found = check_scenario(shop.owner, saved, moment(-1), moment(10), moment(11), 30.0)
    assert [level.fact for level in found.levels] == [12, 12]


def test_a_scenario_of_a_segment_is_there_for_those_who_see_it(shop, half):
    of_all = save(shop, visibility="everyone")
    saved = save_scenario(shop.owner, "Of some", ask(shop, segment=half.pk), visibility="everyone")
    other = make_user("analyst")
    assert set(list_scenarios(other)) == {of_all, saved}
    Segment.objects.update(visibility="private")
    assert set(list_scenarios(other)) == {of_all}
    assert set(list_scenarios(shop.owner)) == {of_all, saved}
    # Who kept it has it also when its segment is gone; nothing can be counted any more.
    Segment.objects.all().delete()
    assert set(list_scenarios(shop.owner)) == {of_all, saved}
    assert check_scenario(
        shop.owner, saved, moment(-1), moment(10), moment(11), 30.0
    ).is_hidden  # fmt: skip


def test_a_funnel_of_another_segment_is_not_asked_of_one(shop, half):
    definition = replace(shop.funnel.read_definition(), segment=half.pk)
    SavedFunnel.objects.filter(pk=shop.funnel.pk).update(definition=definition.to_dict())
    other = make_segment(shop.owner, "person", [])
    assert ask(shop, segment=half.pk).baseline.levels[0].count == 12
    with pytest.raises(BaselineError, match="another segment"):
        ask(shop, segment=other.pk)


def test_figures_of_ones_own_have_no_segment():
    assert read_question({"of": "own", "segment": 3}).segment is None
    assert read_question({"of": "levels", "segment": 3}).segment == 3
    for wrong in (0, True, "x", 1.5):
        with pytest.raises(WhatIfError, match="segment"):
            read_question({"of": "levels", "segment": wrong})
