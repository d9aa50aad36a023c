"""Segments' rules as they are checked, and their pages and API."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from segments_support.segment_world import add_people, did, made, rules, write_events
from suppilo.analytics.funnel import FunnelDefinition
from suppilo.apps.accounts.models import AuditEntry, Role
from suppilo.apps.funnels.services import save_funnel
from suppilo.apps.people.models import Person
from suppilo.apps.segments.models import Leaver, Member, Segment, Size
from suppilo.apps.segments.people import list_leavers, list_newcomers
from suppilo.apps.segments.refreshing import refresh_segment
from suppilo.apps.segments.rules import RuleError, Rules
from suppilo.apps.segments.selectors import list_segments
from suppilo.apps.segments.services import SegmentDraft, change_segment, delete_segment
from suppilo.web.views.segments.uses import list_looks
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
DAY = timedelta(days=1)
LATELY = {"kind": "seen", "which": "last", "days": 30}
OPEN_DEAL = {"kind": "deal_state", "which": "open"}
HOSTILE = "<b>x</b>"


@pytest.fixture
def analyst():
    return make_user(Role.ANALYST, name="Ada")


@pytest.fixture
def shop(settings, tmp_path):
    """Two bought lately, a third only looked."""
    add_people({HOSTILE: NOW - DAY, "ben": NOW - 2 * DAY, "carla": NOW - 50 * DAY})
    events = [(HOSTILE, "buy", NOW - DAY, 5.0), ("ben", "buy", NOW - 2 * DAY, 50.0)]
    write_events(settings, tmp_path, events)


def form(*rows, **more):
    """Return one group's rows as the builder sends them."""
    fields = {
        f"g1.c{number}.{name}": value
        for number, row in enumerate(rows, 1)
        for name, value in row.items()
    }
    return {"unit": "person", "name": "Buyers", "visibility": "everyone"} | fields | more


def call(user, method, path, body=None):
    given = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    answer = getattr(client_for(user), method)(
        f"/api/segments{path}", headers=bearer(user), **given
    )
    return answer.status_code, json.loads(answer.content or "null")


# --- Rules


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ({"kind": "luck"}, "Choose what the condition is about"),
        ({"kind": ["event"]}, "Choose what the condition is about"),
        ({"kind": "event"}, "Choose an event"),
        ({"kind": "event", "name": "buy", "days": 0}, "“days” is a whole number from 1 to 3650"),
        ({"kind": "event", "name": "buy", "times": True}, "“times” is a whole number"),
        ({"kind": "event", "name": "buy", "value": "x"}, "It has no “value”"),
        ({"kind": "person", "name": "plan"}, "Write a value"),
        ({"kind": "person", "name": "a", "operator": "more", "value": "x"}, "“x” is no number"),
        ({"kind": "person", "name": "a", "operator": "more", "value": "inf"}, "no number"),
        ({"kind": "person", "name": "a", "operator": "like", "value": "x"}, "Choose one of: is"),
        ({"kind": "person", "name": ["a"], "value": "x"}, "“name” is a text"),
        ({"kind": "seen", "which": "last"}, "Write the number of days"),
        ({"kind": "stage", "which": "longer"}, "Write the number of days"),
        ({"kind": "deal_state", "which": "gone"}, "Choose one of: open, won, lost"),
        ({"kind": "segment", "value": "x"}, "Choose a segment"),
    ],
)
def test_a_condition_that_lacks_something_is_refused_with_its_place(condition, reason):
    with pytest.raises(RuleError, match=f"^Group 1, condition 2: .*{reason}"):
        rules(LATELY, condition)


@pytest.mark.parametrize(
    "said",
    [
        None, [], {}, {"groups": []}, {"groups": [{}]}, {"match": "some", "groups": []},
        {"groups": [{"conditions": [LATELY]}] * 6},
    ],
)  # fmt: skip
def test_what_are_no_rules_is_refused(said):
    with pytest.raises(RuleError):
        Rules.from_dict(said)


def test_rules_are_written_as_they_were_read():
    asked = rules(did("buy", days=7, times=2, where="price > 3", **{"not": True}), LATELY)
    assert Rules.from_dict(json.loads(json.dumps(asked.to_dict()))) == asked


# --- Services


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ({"kind": "stage", "name": "9:a"}, "There is no stage “9:a”"),
        ({"kind": "deal", "name": "luck", "value": "x"}, "Deals have no field “luck”"),
        ({"kind": "segment", "value": 99}, "There is no such segment"),
        (did("buy", where="price >"), "price"),
    ],
)
def test_what_rules_name_must_be_there(shop, analyst, condition, reason):
    with pytest.raises(ValidationError, match=f"Group 1, condition 1: .*{reason}"):
        made(analyst, condition)
    assert not Segment.objects.exists()


def test_segments_cannot_ask_each_other_in_a_circle(shop, analyst):
    first = made(analyst, LATELY, name="First")
    second = made(analyst, {"kind": "segment", "value": first.pk}, name="Second")
    assert second.size == 2
    circle = SegmentDraft("First", rules({"kind": "segment", "value": second.pk}))
    with pytest.raises(ValidationError, match="can't be asked for itself"):
        change_segment(analyst, first, circle)
    with pytest.raises(ValidationError, match="It is a condition of “Second”"):
        delete_segment(analyst, first)


def test_what_tells_of_deals_is_for_those_who_see_all_deals(shop, analyst):
    seller = make_user(Role.SALESPERSON)
    of_deals = made(analyst, OPEN_DEAL)
    asks_it = made(analyst, {"kind": "segment", "value": of_deals.pk}, name="Asks")
    people = made(analyst, LATELY, name="People")
    assert list(list_segments(seller)) == [people]
    assert set(list_segments(analyst)) == {of_deals, asks_it, people}
    marketer_without = make_user(Role.VIEWER)
    with pytest.raises(PermissionDenied):
        made(marketer_without, LATELY)


def test_other_rules_bring_and_put_out_without_anybody_coming_or_leaving(shop, analyst):
    segment = made(analyst, did("buy"))
    other = SegmentDraft("Others", rules(did("buy", **{"not": True})))
    changed = change_segment(analyst, segment, other)
    assert (changed.size, changed.revision, changed.visibility) == (1, 2, "private")
    assert not list_newcomers(changed, timezone.now()).exists()
    assert not list_leavers(changed, timezone.now()).exists()
    assert list(Size.objects.values_list("size", "came", "left")) == [(1, 0, 0)]
    verbs = AuditEntry.objects.values_list("verb", flat=True)
    assert {"save_segment", "change_segment"} <= set(verbs)


# --- Pages


def test_the_builder_works_without_a_script(shop, analyst):
    client = client_for(analyst)
    row = {"kind": "event", "name": "buy", "days": "30"}
    url = reverse("new_segment")
    more = client.post(url, form(row, do="add:1"))
    assert more.status_code == 200
    assert b'name="g1.c2.kind"' in more.content
    assert not Segment.objects.exists()
    other = client.post(url, form(row, {"kind": "deal_state"}, do="draw"))
    assert b"won" in other.content
    fewer = client.post(url, form(row, {"kind": "tag"}, do="remove:1.2"))
    assert b"g1.c2.kind" not in fewer.content
    groups = client.post(url, form(row, do="group"))
    assert b'name="g2.c1.kind"' in groups.content
    saved = client.post(url, form(row, {"kind": "seen", "which": "last", "days": "9"}))
    segment = Segment.objects.get()
    assert saved.url == segment.get_absolute_url()
    assert (segment.size, segment.needs_deals) == (2, False)
    assert Rules.from_dict(segment.rules) == rules(did("buy", days=30), LATELY | {"days": 9})


def test_what_is_wrong_is_said_and_what_was_written_stays(shop, analyst):
    row = {"kind": "event", "name": "buy", "days": "soon", "where": "price > 1"}
    refused = client_for(analyst).post(reverse("new_segment"), form(row, name="Mine"))
    said = refused.content.decode()
    assert refused.status_code == 422
    assert "Group 1, condition 1: “days” is a whole number" in said
    assert 'value="soon"' in said
    assert 'value="Mine"' in said


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"kind": "event", "name": "buy", "where": "price > 10"}, "1 person"),
        ({"kind": "event", "name": "buy", "not": "1"}, "1 person"),
        ({"kind": "event", "name": "buy"}, "2 people"),
        ({"kind": "event", "name": "buy", "where": "price >"}, "Group 1, condition 1"),
        ({"kind": "event"}, "Choose an event"),
    ],
)
def test_the_builder_counts_as_one_builds(shop, analyst, row, words):
    answer = client_for(analyst).post(reverse("preview_segment"), form(row))
    assert words in answer.content.decode()
    assert not Segment.objects.exists()


def test_a_segment_is_changed_in_the_builder(shop, analyst):
    segment = made(analyst, did("buy", times=2), {"kind": "tag", "value": "vip", "not": True})
    client, url = client_for(analyst), reverse("edit_segment", args=[segment.pk])
    said = client.get(url).content.decode()
    assert 'value="vip"' in said
    assert 'value="buy"' in said
    client.post(url, form({"kind": "event", "name": "buy"}, name="Anew"))
    segment.refresh_from_db()
    assert (segment.name, segment.size, segment.revision) == ("Anew", 2, 2)
    client.post(reverse("delete_segment", args=[segment.pk]))
    assert not Segment.objects.exists()


def test_a_segments_page_tells_who_is_in_it_who_came_and_who_left(shop, analyst):
    segment = made(analyst, did("buy", days=30))
    Member.objects.filter(segment=segment).update(since_at=NOW - 9 * DAY, has_come=True)
    gone = Person.objects.get(identifier="carla").pk
    Leaver.objects.create(segment=segment, number=gone, since_at=NOW - 40 * DAY, left_at=NOW - DAY)
    Size.objects.create(segment=segment, day=timezone.localdate() - DAY, size=3, came=2, left=1)
    client, url = client_for(analyst), segment.get_absolute_url()
    said = client.get(url).content.decode()
    assert "2 people are in it. In 30 days 2 came and 1 left." in said
    assert "did “buy” within 30 days" in said
    assert "&lt;b&gt;x&lt;/b&gt;" in said
    assert HOSTILE not in said
    assert "<svg" in said
    assert f"/people/?segment={segment.pk}" in said
    assert "ben" in client.get(url + "?show=came").content.decode()
    left = client.get(url + "?show=left").content.decode()
    assert "carla" in left
    assert ">ben<" not in left
    table = client.get(reverse("segment_csv", args=[segment.pk])).getvalue().decode()
    assert table.splitlines()[1].endswith(",3,2,1")


def test_a_segments_page_tells_where_it_is_used_and_where_it_can_be(shop, analyst):
    segment = made(analyst, did("buy"))
    made(analyst, {"kind": "segment", "value": segment.pk}, name="Outer")
    spec = FunnelDefinition.from_dict({"steps": ["buy"], "window": "7d", "segment": segment.pk})
    save_funnel(analyst, "Their orders", spec)
    said = client_for(analyst).get(segment.get_absolute_url()).content.decode()
    assert "Outer" in said
    assert "Their orders" in said
    urls = [look.url for look in list_looks(analyst, segment)]
    assert [client_for(analyst).get(url).status_code for url in urls] == [200] * 7


def test_figures_are_for_all_and_people_for_those_who_may_see_them(shop, analyst):
    segment = made(analyst, did("buy"))
    said = client_for(make_user(Role.VIEWER)).get(segment.get_absolute_url()).content.decode()
    assert "2 people are in it." in said
    assert "ben" not in said
    own = made(analyst, did("buy"), name="Own", visibility="private")
    assert client_for(make_user(Role.ADMIN)).get(own.get_absolute_url()).status_code == 404


def test_an_error_is_told_and_a_refresh_mends_it(shop, analyst):
    segment = made(analyst, did("buy"))
    Segment.objects.update(error="It broke.", size=0)
    client = client_for(analyst)
    assert "It broke." in client.get(segment.get_absolute_url()).content.decode()
    assert client.post(reverse("refresh_segment", args=[segment.pk])).status_code == 302
    assert list(Segment.objects.values_list("error", "size")) == [("", 2)]


def test_the_list_tells_sizes_and_their_change_in_few_queries(
    shop, analyst, django_assert_max_num_queries
):
    client = client_for(analyst)
    assert "No segments yet" in client.get("/segments/").content.decode()
    for number in range(12):
        segment = made(analyst, did("buy"), name=f"Buyers {number}")
        Size.objects.create(segment=segment, day=timezone.localdate() - 40 * DAY, size=7)
    made(analyst, {"kind": "segment", "value": segment.pk}, name="Outer")
    with django_assert_max_num_queries(14):
        said = client.get("/segments/").content.decode()
    assert said.count(">-5<") == 12
    assert "is in the segment “Buyers 11”" in said
    full = Segment.objects.exclude(size=0)
    assert full.count() >= 12
    assert all(f'href="/people/?segment={one.pk}">{one.size}</a>' in said for one in full)
    assert "/people/?segment=" not in client_for("viewer").get("/segments/").content.decode()
    assert "Buyers" not in client.get("/segments/?unit=deal").content.decode()


def test_names_are_offered_while_one_types(shop, analyst):
    add_people({"dora": NOW}, {"dora": {"plan": "pro"}})
    client, url = client_for(analyst), reverse("segment_names")
    assert client.get(url, {"what": "events", "q": "bu"}).json() == {"names": ["buy"]}
    assert client.get(url, {"what": "person", "q": "pl"}).json() == {"names": ["plan"]}


# --- API


def test_programs_make_change_read_and_remove_segments(shop, analyst):
    asked = rules(did("buy", days=30)).to_dict()
    assert call(analyst, "post", "/count", {"rules": asked}) == (200, {"count": 2})
    status, one = call(analyst, "post", "", {"name": "Buyers", "rules": asked})
    assert (status, one["size"], one["rules"], one["visibility"]) == (201, 2, asked, "private")
    path = f"/{one['id']}"
    status, first = call(analyst, "get", f"{path}/members?limit=1")
    _status, second = call(analyst, "get", f"{path}/members?limit=1&page={first['next']}")
    numbers = {first["members"][0]["id"], second["members"][0]["id"]}
    assert numbers == set(Member.objects.values_list("number", flat=True))
    assert second["next"] == ""
    changed = {"name": "All", "rules": rules(LATELY | {"days": 90}).to_dict()}
    assert call(analyst, "put", path, changed)[1]["size"] == 3
    assert call(analyst, "post", f"{path}/refresh")[0] == 200
    assert call(analyst, "get", f"{path}/sizes")[1][0]["size"] == 3
    listed = call(analyst, "get", "?unit=person")[1]["segments"]
    assert [found["name"] for found in listed] == ["All"]
    assert call(make_user(Role.ADMIN), "get", path)[0] == 404
    assert call(analyst, "delete", path)[0] == 204


def test_programs_are_told_which_condition_is_wrong(shop, analyst):
    said = {"groups": [{"conditions": [LATELY, {"kind": "event"}]}]}
    status, answer = call(analyst, "post", "", {"name": "X", "rules": said})
    assert status == 422
    assert "Group 1, condition 2: Choose an event." in json.dumps(answer)


def test_a_segment_that_nobody_meets_says_what_to_do(shop, analyst):
    segment = refresh_segment(made(analyst, did("nothing")), NOW)
    assert "Loosen one" in client_for(analyst).get(segment.get_absolute_url()).content.decode()


def test_the_log_says_a_segments_rules_in_words(shop, analyst):
    one = made(analyst, did("purchase", days=30), name="Recent")
    made(analyst, {"kind": "segment", "value": str(one.pk)}, name="Same")
    AuditEntry.objects.create(verb="save_segment", detail={"rules": {"groups": "none"}})
    text = client_for("owner").get("/team/log/").content.decode()
    assert "did “purchase” within 30 days" in text
    assert "is in the segment “Recent”" in text
    assert "conditions" not in text


@pytest.mark.parametrize("page", ["/people/", "/deals/"])
def test_a_saved_list_outlives_its_segment_and_says_so(shop, page):
    owner = make_user("owner")
    client, segment = client_for(owner), made(owner, did("purchase"))
    asked = f"q=a+b&segment={segment.pk}"
    client.post(f"{page}views/", {"name": "Mine", "query": asked})
    segment.delete()
    answer = client.get(f"{page}?{asked}", follow=True)
    assert answer.redirect_chain == [(f"{page}?q=a+b", 302)]
    assert "The segment of this saved list is gone" in answer.content.decode()
    # An address that nobody has kept names what is not there.
    assert client.get(f"{page}?segment={segment.pk}").status_code == 404


def test_a_saved_list_of_a_segment_that_is_there_keeps_it(shop):
    owner = make_user("owner")
    client, segment = client_for(owner), made(owner, did("purchase"))
    client.post("/people/views/", {"name": "Mine", "query": f"segment={segment.pk}"})
    assert client.get(f"/people/?segment={segment.pk}").status_code == 200
