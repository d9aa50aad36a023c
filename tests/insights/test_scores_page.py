"""The pages and the API of scores, and where else scores are seen: leads and people."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils.html import escape

from insights_support.busy_threads import busy_threads
from insights_support.learned_model import PARAMETERS, keep_cases, keep_lesson
from insights_support.scored_company import (
    ANNA,
    BEN,
    CARL,
    NOW,
    RULES,
    write_company,
    write_events,
)
from segments_support.known_segments import make_segment
from suppilo.analytics.scores import ScoreRules
from suppilo.apps.funnels.running import MOST_WAITING
from suppilo.apps.jobs.models import Job
from suppilo.apps.leads.services import NewLead, add_lead
from suppilo.apps.people.evidence import Evidence, Trait
from suppilo.apps.people.models import Identifier
from suppilo.apps.people.services import record_evidence
from suppilo.apps.people.values import as_us
from suppilo.apps.scores.models import LearnedModel, Score, ScoreRound, ScoreSheet
from suppilo.apps.scores.preview import start_preview
from suppilo.apps.scores.suggesting import start_guess
from suppilo.apps.scores.worker import run_round
from suppilo.apps.segments.models import Segment
from suppilo.lake import Lake
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(settings, tmp_path):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    lake = Lake.create(settings.SUPPILO.lake)
    write_company(lake)
    sheet = ScoreSheet.objects.create(rules=RULES, goal="Lead Submitted", lesson_at=NOW)
    run_round(NOW)
    head = make_user("head_of_sales")
    return SimpleNamespace(head=head, client=client_for(head), sheet=sheet, lake=lake)


def text_of(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def number_of(name: str) -> int:
    return Identifier.objects.get(value=name).person_id


def form_of(page: str) -> dict[str, str]:
    """Return the fields that the page of rules would send."""
    reader = FormReader()
    reader.feed(page[page.index('class="score-sheet"') :])
    return reader.fields


class FormReader(HTMLParser):
    """Reads the fields of a form, without its check boxes."""

    def __init__(self):
        super().__init__()
        self.fields: dict[str, str] = {}
        self.select = ""

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        if tag == "select":
            self.select = said["name"]
        elif tag == "option" and "selected" in said:
            self.fields[self.select] = said["value"]
        elif tag == "input" and "name" in said and said.get("type") != "checkbox":
            self.fields[said["name"]] = said.get("value", "")


def test_the_page_says_who_is_hot_and_why(company, django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        page = text_of(company.client.get("/insights/scores/"))
    assert "1 of 3 known people is hot now: call first; 0 are warm." in page
    assert "Asked for a call" in page
    assert page.index(ANNA) < page.index(CARL)
    assert "chart-bars" in page


def test_each_bar_of_points_lists_its_people(company):
    page = company.client.get("/insights/scores/?sort=chance")
    rows = page.context["points_rows"]
    assert sum(number for _label, number, _url in rows) > 0
    drawn = dict(page.context["pictures"])["wide"]
    for label, number, url in rows:
        assert escape(url) in drawn
        listed = company.client.get(url)
        assert len(listed.context["page"].items) == number, label
        assert f"Only people with {label} points." in text_of(listed)
        assert listed.context["asked"].by_chance
    viewer = client_for(make_user("viewer")).get("/insights/scores/")
    assert "points=" not in text_of(viewer)


def test_the_list_shows_one_temperature_and_its_file_has_the_reasons(company):
    hot = text_of(company.client.get("/insights/scores/", {"temperature": "hot"}))
    assert ANNA in hot
    assert BEN not in hot
    file = company.client.get("/insights/scores/export/", {"temperature": "hot"})
    _header, row = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()
    assert row.startswith(ANNA)
    assert "Asked for a call" in row


def test_who_does_not_see_people_sees_how_many_there_are_and_no_names(company):
    page = text_of(client_for("viewer").get("/insights/scores/"))
    assert "1 of 3 known people is hot now" in page
    assert ANNA not in page
    assert 'href="/insights/scores/rules/"' not in page


def test_without_scores_the_page_advises(settings, tmp_path):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    client = client_for("owner")
    assert "Nobody is scored yet" in text_of(client.get("/insights/scores/"))
    assert "Nothing was learnt yet" in text_of(client.get("/insights/scores/model/"))
    assert "Write a rule" in text_of(client.get("/insights/scores/rules/"))
    ScoreSheet.objects.create(rules=RULES)
    assert "People are being scored" in text_of(client.get("/insights/scores/"))


def test_rules_are_shown_as_they_are_sent_looked_at_and_saved(company):
    fields = form_of(text_of(company.client.get("/insights/scores/rules/")))
    assert fields["e-1-where"] == "url_path = '/pricing'"
    assert (fields["e-0-points"], fields["p-0-value"], fields["hot"]) == ("40", "Owner", "50")
    asked = {**fields, "do": "preview", "wait": "2"}
    looked = text_of(company.client.post("/insights/scores/rules/", asked))
    assert "Whom each rule reaches" in looked
    assert not ScoreSheet.objects.filter(made_by=company.head).exists()
    changed = {**fields, "e-0-points": "10", "e-1-DELETE": "on", "do": "save"}
    assert company.client.post("/insights/scores/rules/", changed).url == "/insights/scores/"
    sheet = ScoreSheet.objects.get(made_by=company.head)
    assert [rule["name"] for rule in sheet.rules["rules"]] == ["Decides", "Asked for a call"]
    assert sheet.rules["rules"][1]["points"] == 10
    assert Job.objects.filter(kind="score_people").count() == 1


def test_rules_that_can_not_be_counted_are_refused_where_they_stand(company):
    fields = form_of(text_of(company.client.get("/insights/scores/rules/")))
    wrong = {**fields, "e-1-where": "nowhere =", "do": "save"}
    answer = company.client.post("/insights/scores/rules/", wrong)
    assert answer.status_code == 422
    assert "Looked at prices" in answer.content.decode()
    looked = company.client.post(
        "/insights/scores/rules/", {**fields, "e-1-where": "nowhere =", "wait": "2"}
    )
    assert "The rule &quot;Looked at prices&quot;" in text_of(looked)
    missing = company.client.post("/insights/scores/rules/", {**fields, "e-0-points": "many"})
    assert "Some fields can&#x27;t be read" in text_of(missing)
    assert ScoreSheet.objects.count() == 1


def test_an_earlier_version_can_be_opened_and_a_guess_looked_at(company):
    ScoreSheet.objects.create(rules=RULES | {"hot": 99})
    page = text_of(company.client.get("/insights/scores/rules/", {"version": company.sheet.pk}))
    assert form_of(page)["hot"] == "50"
    guess = text_of(company.client.get("/insights/scores/rules/guess/", {"wait": "2"}))
    assert "Lead submitted" in guess
    assert ScoreSheet.objects.count() == 2


def test_rules_are_there_at_once_and_whom_they_reach_once_it_is_counted(company):
    with busy_threads():
        page = text_of(company.client.get("/insights/scores/rules/"))
        fields = form_of(page)
        assert "Counting whom these rules reach" in page
        assert fields["e-0-points"] == "40"
    counted = text_of(company.client.post("/insights/scores/rules/", {**fields, "wait": "2"}))
    assert "Counting whom these rules reach" not in counted
    assert "Whom each rule reaches" in counted


def test_a_guess_is_waited_for(company):
    with busy_threads():
        page = text_of(company.client.get("/insights/scores/rules/guess/"))
        assert "Guessing rules from your events" in page
    page = text_of(company.client.get("/insights/scores/rules/guess/", {"wait": "2"}))
    assert form_of(page)["e-0-event"] == "Lead Submitted"


def test_a_guess_asks_no_more_questions_where_people_have_more_properties(
    company, django_assert_max_num_queries
):
    more = [Trait(ANNA, f"property {number}", number, as_us(NOW)) for number in range(40)]
    record_evidence("source:1", Evidence((), (), tuple(more), ()))
    with django_assert_max_num_queries(24):
        text_of(company.client.get("/insights/scores/rules/guess/", {"wait": "2"}))


def test_where_nothing_is_worth_points_a_guess_says_so(settings, tmp_path):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    page = client_for("owner").get("/insights/scores/rules/guess/", {"wait": "2"})
    assert "No event is there yet whose worth could be guessed" in text_of(page)


def test_where_too_much_is_calculated_rules_and_guesses_say_so(company):
    with busy_threads(MOST_WAITING):
        rules = text_of(company.client.get("/insights/scores/rules/"))
        assert "Many reports are being calculated" in rules
        assert form_of(rules)["e-0-points"] == "40"
        guess = text_of(company.client.get("/insights/scores/rules/guess/"))
        assert "Many reports are being calculated" in guess
        assert "Try again" in guess


def test_who_asks_again_waits_for_what_is_counted_already_though_events_have_come(company):
    rules = ScoreRules.from_dict(RULES)
    with busy_threads():
        begun = start_preview(company.head, rules, NOW), start_guess(company.head, NOW)
        write_events(company.lake, [(BEN, 1, "page", "/")], "meanwhile")
        again = start_preview(company.head, rules, NOW), start_guess(company.head, NOW)
        assert [one is other for one, other in zip(begun, again, strict=True)] == [True, True]
        other = start_preview(company.head, replace(rules, hot=99), NOW)
        assert other is not begun[0]


def test_only_who_manages_leads_may_have_rules_counted_or_guessed(company):
    analyst = make_user("analyst")
    with pytest.raises(PermissionDenied):
        start_preview(analyst, ScoreRules.from_dict(RULES), NOW)
    with pytest.raises(PermissionDenied):
        start_guess(analyst, NOW)


def test_leads_and_people_show_their_temperature_and_leads_are_sorted_by_it(company):
    leads = {name: add_lead(company.head, NewLead(name)) for name in (ANNA, BEN, CARL)}
    page = text_of(company.client.get("/leads/", {"tray": "all", "sort": "score"}))
    assert page.index(ANNA) < min(page.index(BEN), page.index(CARL))
    assert "Hot</span>" in page
    lead = text_of(company.client.get(leads[ANNA].get_absolute_url()))
    assert "Looked at prices" in lead
    person = text_of(company.client.get(f"/people/{number_of(BEN)}/"))
    assert "Looked at prices: 2 times" in person


def test_the_card_shows_how_good_the_chances_are_and_whether_they_hold(company):
    drift = {"kind": "probability", "subject": "probability", "detail": "", "psi": 0.4,
             "level": "other"}  # fmt: skip
    LearnedModel.objects.create(
        goal="Lead Submitted", horizon_days=30, parameters=PARAMETERS, drift=[drift],
        drift_at=NOW,
    )  # fmt: skip
    page = text_of(company.client.get("/insights/scores/model/"))
    assert "Of the 10.0 % likeliest to do Lead Submitted within 30 days, 80.0 % did" in page
    assert "chart-calibration" in page
    assert "not like those it was learnt from" in page
    assert "Event page" in page
    assert "<td>2 Feb 2026</td>" in page


def test_the_card_opens_whom_each_of_its_groups_counts(company, django_assert_max_num_queries):
    model = LearnedModel.objects.create(
        goal="Lead Submitted", horizon_days=30, parameters=PARAMETERS, drift_at=NOW
    )
    assert "model/cases" not in text_of(company.client.get("/insights/scores/model/"))
    people = [number_of(name) for name in (ANNA, BEN, CARL)] + [987_654]
    keep_cases(model, people)
    card = text_of(company.client.get("/insights/scores/model/"))
    address = f"/insights/scores/model/cases/?model={model.pk}&band="
    assert escape(f"{address}1&reached=1") in card
    with django_assert_max_num_queries(14):
        first = text_of(company.client.get(f"{address}1"))
    assert first.index(f"/people/{people[0]}/") < first.index(f"/people/{people[1]}/")
    assert f"/people/{people[2]}/" not in first
    assert "2 cases" in first
    assert "28 more cases are of people who are not there" in first
    reached = text_of(company.client.get(f"{address}1&reached=1"))
    assert f"/people/{people[0]}/" not in reached
    assert f"/people/{people[1]}/" in reached
    whole = company.client.get(f"/insights/scores/model/cases/?model={model.pk}")
    listed = [row.person.pk for row in whole.context["page"].items]
    assert sorted(listed) == sorted(people[:3])
    assert escape(f"/insights/scores/model/cases/?model={model.pk}&reached=1") in card
    for wrong in (f"{address}3", f"{address}0", f"{address}x", "/insights/scores/model/cases/"):
        assert company.client.get(wrong).status_code == 404
    viewer = client_for(make_user("viewer"))
    assert viewer.get(f"{address}1").status_code == 403
    assert "model/cases" not in text_of(viewer.get("/insights/scores/model/"))


def test_the_card_opens_whom_it_was_learnt_from(company):
    model = LearnedModel.objects.create(
        goal="Lead Submitted", horizon_days=30, parameters=PARAMETERS, drift_at=NOW
    )
    people = [number_of(name) for name in (ANNA, BEN, CARL)]
    keep_cases(model, people[2:])
    address = f"/insights/scores/model/cases/?model={model.pk}&part=learned"
    assert escape(address) not in text_of(company.client.get("/insights/scores/model/"))
    keep_lesson(model, people[:2])
    card = text_of(company.client.get("/insights/scores/model/"))
    assert escape(address) in card
    assert escape(f"{address}&reached=1") in card
    listed = company.client.get(address)
    assert {row.person.pk for row in listed.context["page"].items} == set(people[:2])
    assert "all whom it was learnt from" in text_of(listed)
    reached = company.client.get(f"{address}&reached=1").context["page"].items
    assert [row.person.pk for row in reached] == people[:1]
    tested = company.client.get(f"/insights/scores/model/cases/?model={model.pk}")
    assert [row.person.pk for row in tested.context["page"].items] == people[2:]


def test_a_refusal_says_what_it_takes(company):
    refusal = {"lack": "outcomes", "part": "learned", "have": 10, "need": 50, "horizon_days": 30}
    LearnedModel.objects.create(goal="Lead Submitted", horizon_days=30, refusal=refusal)
    page = text_of(company.client.get("/insights/scores/model/"))
    assert "The goal came 10 times within 30 days" in page
    assert "it takes 50" in page
    assert company.client.post("/insights/scores/model/learn/").status_code == 302
    assert Job.objects.filter(kind="learn_score").count() == 1


def test_the_api_pages_through_scores_and_tells_one(company):
    first = company.client.get("/api/insights/scores", {"limit": 2}).json()
    second = company.client.get("/api/insights/scores", {"limit": 2, "page": first["next"]}).json()
    found = [one["person_id"] for one in first["scores"] + second["scores"]]
    assert found[0] == number_of(ANNA)
    assert sorted(found) == sorted(map(number_of, (ANNA, BEN, CARL)))
    assert second["next"] == ""
    one = company.client.get(f"/api/insights/scores/people/{number_of(ANNA)}").json()
    assert (one["temperature"], one["points"], len(one["reasons"])) == ("hot", 100, 3)
    assert company.client.get("/api/insights/scores/people/999").status_code == 404


def test_the_api_looks_at_rules_and_saves_them(company):
    def send(method, path, data):
        return getattr(company.client, method)(
            f"/api/insights/scores/{path}", json.dumps(data), content_type="application/json"
        )

    rules = company.client.get("/api/insights/scores/rules").json()["rules"]
    looked = send("post", "rules/preview", {"rules": rules}).json()
    assert looked["hot"] + looked["warm"] + looked["cold"] == 3
    assert {one["name"]: one["people"] for one in looked["rules"]}["Looked at prices"] == 2
    assert send("put", "rules", {"rules": {"rules": []}}).status_code == 422
    saved = send("put", "rules", {"rules": rules, "goal": "Lead Submitted"}).json()
    assert (saved["made_by_id"], saved["goal"]) == (company.head.pk, "Lead Submitted")
    assert Score.objects.count() == 3


def test_the_likeliest_stand_first_with_what_moves_their_chance(company):
    model = LearnedModel.objects.create(goal="Lead Submitted", horizon_days=30)
    ScoreRound.objects.update(model=model)
    reason = {"kind": "event", "subject": "page", "effect": 0.9,
              "facts": {"7d": 4.0, "ever": 4.0}, "usual": {"7d": 1.0, "ever": 1.0}}  # fmt: skip
    ben = Score.objects.filter(person=number_of(BEN))
    ben.update(probability=0.31, chance_reasons=[reason])
    asked = {"sort": "chance", "temperature": "cold"}
    page = text_of(company.client.get("/insights/scores/", asked))
    assert page.index(BEN) < page.index(CARL)
    assert "+ page 4× in 7 days (usually 1×)" in page
    assert 'href="?temperature=cold"' in page
    file = company.client.get("/insights/scores/export/", asked)
    assert "page 4× in 7 days" in b"".join(file.streaming_content).decode("utf-8-sig")


def test_a_goal_that_never_came_is_named_where_its_card_would_be(company):
    ScoreSheet.objects.update(goal="Order Compleeted")
    page = text_of(company.client.get("/insights/scores/model/"))
    assert "Order Compleeted has never come" in page
    assert "Learn anew" not in page
    answer = company.client.post("/insights/scores/model/learn/", follow=True)
    assert "Order Compleeted has never come" in text_of(answer)


@pytest.fixture
def two(company):
    """Ben and Carl as a segment."""
    return make_segment(company.head, "person", [number_of(BEN), number_of(CARL)], "B & C")


def test_the_list_its_counts_and_its_file_are_a_segments(company, two):
    inside = Score.objects.filter(pk__in=[number_of(BEN), number_of(CARL)])
    page = company.client.get(f"/insights/scores/?segment={two.pk}")
    assert {row.score.person for row in page.context["page"].items} == {one.pk for one in inside}
    counts = {str(tab.url).split("temperature=")[-1]: tab.count for tab in page.context["tabs"]}
    assert page.context["tabs"][0].count == len(inside) == 2
    assert counts["hot&segment=" + str(two.pk)] == inside.filter(temperature="hot").count()
    assert all(f"segment={two.pk}" in tab.url for tab in page.context["tabs"])
    rows = page.context["standings"]
    own, everybody = (row.standing for row in rows)
    for row in rows:
        asked = [(row.url, row.standing.scored), *((one.url, one.count) for one in row.shares)]
        for url, number in asked:
            assert len(company.client.get(url).context["page"].items) == number, url
            assert not number or url.replace("&", "&amp;") in page.content.decode()
    assert own.points == pytest.approx(sum(one.points for one in inside) / 2)
    assert everybody.scored == Score.objects.count() > 2
    assert "B &amp; C" in text_of(page)
    answer = company.client.get(f"/insights/scores/export/?{page.context['query']}")
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert len(lines) == 3


def test_a_segment_of_nobody_known_says_so(company):
    empty = make_segment(company.head, "person", [])
    page = company.client.get(f"/insights/scores/?segment={empty.pk}")
    assert "nobody has a score" in text_of(page)
    assert page.context["standings"][0].standing.points is None


def test_scores_of_a_segment_one_may_not_see_are_not_there(company, two):
    Segment.objects.update(visibility="private")
    other = make_user("owner")
    for address in ("/insights/scores/", "/insights/scores/export/"):
        assert client_for(other).get(f"{address}?segment={two.pk}").status_code == 404
    asked = {"segment": two.pk}
    assert Client().get("/api/insights/scores", asked, headers=bearer(other)).status_code == 404
    answer = Client().get("/api/insights/scores", asked, headers=bearer(company.head)).json()
    assert {one["person_id"] for one in answer["scores"]} == {number_of(BEN), number_of(CARL)}


def test_a_segment_costs_the_page_a_few_queries(company, two, django_assert_max_num_queries):
    company.client.get("/insights/scores/")
    with django_assert_max_num_queries(20):
        company.client.get(f"/insights/scores/?segment={two.pk}")
