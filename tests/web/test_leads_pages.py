"""The inbox, one lead, the rules, the hours, and the report of hand-offs, as pages."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from deals_support.deal_world import pipeline_of
from leads_support.leads_world import (
    hand_over,
    make_hours,
    make_lead,
    make_person,
    make_reason,
    make_rule,
    make_team,
    make_visitor,
)
from suppilo.apps.accounts.models import Role
from suppilo.apps.leads.models import (
    Absence,
    HandOver,
    IntakeRule,
    Lead,
    ReturnReason,
    RoutingRule,
    WorkingHours,
)
from suppilo.apps.leads.services import accept_lead, return_lead
from suppilo.apps.leads.services.hours import add_absence, remove_absence
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
ALWAYS = {str(day): [["00:00", "24:00"]] for day in range(7)}


@pytest.fixture
def marketer():
    return make_user(Role.MARKETER, name="Mara")


@pytest.fixture
def seller():
    return make_team()[1][0]


def given_to(marketer, seller, name="anna"):
    now = timezone.now()
    return hand_over(marketer, make_lead(marketer, name, now=now), seller, now=now)


def test_marketing_sees_what_came_and_sales_what_it_has_to_answer(marketer, seller):
    make_lead(marketer, "new-one")
    given_to(marketer, seller, "for-sales")
    page = client_for(marketer).get(reverse("leads"))
    assert b"new-one@example.com" in page.content
    assert b"for-sales@example.com" not in page.content
    page = client_for(seller).get(reverse("leads"))
    assert b"for-sales@example.com" in page.content
    assert b"new-one@example.com" not in page.content


def test_the_inbox_takes_the_same_queries_for_one_lead_and_for_many(
    marketer, django_assert_max_num_queries
):
    make_hours(week=ALWAYS)
    _, (one, _) = make_team()
    client = client_for(marketer)
    for n in range(8):
        given_to(marketer, one, f"p{n}")
    with django_assert_max_num_queries(22):
        assert client.get(reverse("leads"), {"tray": "sales"}).status_code == 200


def test_a_late_lead_is_marked_and_counted(marketer, seller):
    make_hours(week=ALWAYS, answer_min=30)
    now = timezone.now()
    hand_over(marketer, make_lead(marketer), seller, now=now - timedelta(minutes=50))
    page = client_for(seller).get(reverse("leads")).content.decode()
    assert "late by 20 min" in page
    assert "1 lead waits longer than agreed" in page


def test_filters_narrow_the_inbox(marketer, seller):
    make_person("u1", name="Anna Kalniņa")
    client = client_for(marketer)
    client.post(reverse("lead_new"), {"identifier": "u1", "interest": "Pumps"})
    make_lead(marketer, "bert")
    for query in ({"q": "kaln"}, {"interest": "pumps"}, {"channel": "paid_search"}):
        page = client.get(reverse("leads"), {"tray": "all", **query}).content.decode()
        assert "Anna Kalniņa" in page, query
        assert "bert@" not in page, query


def test_a_lead_is_added_by_hand(marketer):
    client = client_for(marketer)
    answer = client.post(
        reverse("lead_new"), {"identifier": "anna@example.com", "name": "Anna", "interest": "x"}
    )
    lead = Lead.objects.get()
    assert answer["Location"] == lead.get_absolute_url()
    assert b"Anna" in client.get(answer["Location"]).content
    again = client.post(reverse("lead_new"), {"identifier": "anna@example.com"})
    assert (again.status_code, Lead.objects.count()) == (422, 1)


def test_people_become_leads_from_their_list(marketer):
    people = [make_visitor(f"v{n}").pk for n in range(3)]
    client = client_for(marketer)
    assert b"Make leads" in client.get(reverse("people")).content
    answer = client.post(reverse("leads_from_people"), {"people": people}, follow=True)
    assert "3 people are leads now." in answer.content.decode()
    assert Lead.objects.filter(origin="bulk").count() == 3


def test_a_row_is_qualified_in_place(marketer):
    lead = make_lead(marketer)
    client = client_for(marketer)
    answer = client.post(reverse("lead_qualify", args=[lead.pk]), headers=HTMX).content.decode()
    assert f'id="lead-{lead.pk}"' in answer
    assert "Qualified" in answer
    assert 'hx-swap-oob="true"' in answer
    again = client.post(reverse("lead_qualify", args=[lead.pk]), headers=HTMX).content.decode()
    assert "the lead is qualified (by Mara)" in again


def test_everything_works_without_scripts(marketer, seller):
    pipeline = pipeline_of()
    lead = make_lead(marketer)
    mine, theirs = client_for(marketer), client_for(seller)
    back = {"next": "/leads/?tray=all"}
    for name, client, data in (
        ("lead_qualify", mine, {}),
        ("lead_hand_over", mine, {"owner": seller.pk}),
        ("lead_return", theirs, {"reason": make_reason().pk, "note": "no answer"}),
        ("lead_hand_over", mine, {"owner": seller.pk}),
        ("lead_accept", theirs, {"pipeline": pipeline.pk, "amount": "1 200,50"}),
    ):
        answer = client.post(reverse(name, args=[lead.pk]), {**back, **data})
        assert answer["Location"] == "/leads/?tray=all", name
    lead.refresh_from_db()
    assert (lead.state, int(lead.deal.amount)) == ("converted", 1200)
    page = theirs.get(lead.get_absolute_url()).content.decode()
    assert "no answer" in page


def test_a_wrong_amount_or_reason_is_told_and_changes_nothing(marketer, seller):
    pipeline = pipeline_of()
    lead = given_to(marketer, seller)
    client = client_for(seller)
    for name, data in (
        ("lead_accept", {"pipeline": pipeline.pk, "amount": "much"}),
        ("lead_accept", {"pipeline": pipeline.pk, "amount": "-3"}),
        ("lead_return", {"reason": "999"}),
        ("lead_return", {}),
        ("lead_disqualify", {"reason": " "}),
        ("lead_hand_over", {"owner": "999999"}),
    ):
        answer = client.post(reverse(name, args=[lead.pk]), data, headers=HTMX)
        assert 'role="alert"' in answer.content.decode(), (name, data)
    lead.refresh_from_db()
    assert lead.state == "handed_over"


def test_anothers_lead_is_a_404_at_every_address(marketer, seller):
    lead = given_to(marketer, seller)
    client = client_for(make_team("South")[1][0])
    assert client.get(lead.get_absolute_url()).status_code == 404
    for name in ("qualify", "hand_over", "accept", "convert", "return", "disqualify"):
        data = {"reason": "1", "pipeline": "1"}
        pipeline_of(name=name)
        answer = client.post(reverse(f"lead_{name}", args=[lead.pk]), data)
        assert answer.status_code == 404, name


def test_a_lead_shows_on_its_persons_page(marketer, seller):
    lead = given_to(marketer, seller)
    page = client_for(seller).get(lead.contact.person.get_absolute_url()).content.decode()
    assert lead.get_absolute_url() in page
    other = client_for(make_team("South")[1][0]).get(lead.contact.person.get_absolute_url())
    assert lead.get_absolute_url() not in other.content.decode()


def test_an_intake_rule_is_made_changed_switched_and_removed(marketer):
    client = client_for(marketer)
    url = reverse("lead_intake_new")
    assert client.post(url, {"name": "Forms"}).status_code == 422
    given = {"name": "Forms", "events": "form_submitted\n\nidentify", "again_after_days": "30"}
    client.post(url, given)
    rule = IntakeRule.objects.get()
    assert (rule.events, rule.needs_email) == (["form_submitted", "identify"], False)
    change = reverse("lead_intake", args=[rule.pk])
    assert b"form_submitted\nidentify" in client.get(change).content
    wrong = client.post(change, {**given, "is_handed_over": "on"})
    assert wrong.status_code == 422
    client.post(change, {**given, "is_handed_over": "on", "is_qualified": "on"})
    client.post(reverse("lead_intake_switch", args=[rule.pk]))
    rule.refresh_from_db()
    assert (rule.is_handed_over, rule.is_enabled) == (True, False)
    client.post(reverse("lead_intake_remove", args=[rule.pk]))
    assert not IntakeRule.objects.exists()


def test_routing_rules_are_made_and_put_in_order(marketer, seller):
    client = client_for(marketer)
    nobody = {"name": "A", "property_of": "person", "method": "load"}
    assert client.post(reverse("lead_routing_new"), nobody).status_code == 422
    for name in ("A", "B"):
        client.post(
            reverse("lead_routing_new"),
            {**nobody, "name": name, "users": [seller.pk], "property": "country", "values": "LV"},
        )
    first, second = RoutingRule.objects.all()
    client.post(reverse("lead_routing_move", args=[second.pk]), {"place": "1"})
    assert [rule.name for rule in RoutingRule.objects.all()] == ["B", "A"]
    page = client.get(reverse("lead_rules")).content.decode()
    assert "country: LV" in page
    page = client.get(reverse("lead_routing", args=[first.pk])).content.decode()
    assert "checked" in page


def test_reasons_are_added_retired_and_taken_up_again(marketer):
    client = client_for(marketer)
    for _ in range(2):
        client.post(reverse("lead_reason_new"), {"name": "On holiday"})
    reason = ReturnReason.objects.get(name="On holiday")
    client.post(reverse("lead_reason_retire", args=[reason.pk]))
    assert not ReturnReason.objects.get(pk=reason.pk).is_active
    client.post(reverse("lead_reason_new"), {"name": "On holiday"})
    assert ReturnReason.objects.get(pk=reason.pk).is_active


def test_hours_days_off_and_absences_are_set(marketer, seller):
    client = client_for(marketer)
    given = {"time_zone": "Europe/Riga", "country": "LV", "answer_min": "45", "on_overdue": "head",
             "day0": "09:00-12:30, 13:00–17:30"}  # fmt: skip
    client.post(reverse("lead_hours_new"), given)
    hours = WorkingHours.objects.get()
    assert hours.week["0"] == [["09:00", "12:30"], ["13:00", "17:30"]]
    edit = reverse("lead_hours_edit", args=[hours.pk])
    for wrong in (
        {"day0": "9-17"}, {"day0": "09:00-12:00, 11:00-13:00"}, {"time_zone": "Mars/Base"},
        {"country": "ZZ"}, {"subdivision": "NOWHERE"}, {"answer_min": "0"},
    ):  # fmt: skip
        assert client.post(edit, {**given, **wrong}).status_code == 422, wrong
    client.post(reverse("lead_day_off_new", args=[hours.pk]), {"day": "2026-12-28", "name": "Q"})
    assert b"2026" in client.get(edit).content
    client.post(reverse("lead_day_off_remove", args=[hours.days_off.get().pk]))
    assert not hours.days_off.exists()
    days = {"user": seller.pk, "first_day": "2099-12-24", "last_day": "2099-12-20"}
    assert client.post(reverse("lead_absence_new"), days).status_code == 422
    client.post(reverse("lead_absence_new"), {**days, "last_day": "2099-12-31"})
    assert seller.name in client.get(reverse("lead_hours")).content.decode()
    client.post(reverse("lead_absence_remove", args=[Absence.objects.get().pk]))
    client.post(reverse("lead_hours_remove", args=[hours.pk]))
    assert not WorkingHours.objects.exists()


def test_interest_and_note_are_changed_and_the_page_shows_what_was_before(marketer):
    lead = make_lead(marketer)
    client, url = client_for(marketer), lead.get_absolute_url()
    assert 'name="interest"' in client.get(url).content.decode()
    data = {"interest": "Pumps", "note": "Has a <cellar>", "revision": lead.revision, "next": url}
    client.post(reverse("lead_edit", args=[lead.pk]), data)
    text = client.get(url).content.decode()
    assert "<ins>Pumps</ins>" in text
    assert "<ins>Has a &lt;cellar&gt;</ins>" in text
    again = client.post(reverse("lead_edit", args=[lead.pk]), {**data, "note": "x"}, follow=True)
    assert "in the meantime" in again.content.decode()
    call = {"content_type": "application/json", "headers": bearer(marketer)}
    answer = Client().patch(f"/api/leads/{lead.pk}", {"interest": "Heat pumps"}, **call).json()
    assert (answer["interest"], answer["note"]) == ("Heat pumps", "Has a <cellar>")
    assert "<del>Pumps</del> <ins>Heat pumps</ins>" in client.get(url).content.decode()


def test_who_works_on_leads_enters_their_own_absence_and_nobody_elses(marketer, seller):
    client, url = client_for(seller), reverse("account_absences")
    assert url in client.get("/account/").content.decode()
    days = {"first_day": "2099-12-24", "last_day": "2099-12-20", "user": marketer.pk}
    assert client.post(url, days).status_code == 422
    client.post(url, {**days, "last_day": "2099-12-31", "note": "Skiing"})
    mine = Absence.objects.get()
    assert (mine.user, mine.note) == (seller, "Skiing")
    assert "Skiing" in client.get(url).content.decode()
    theirs = add_absence(marketer, marketer.pk, mine.first_day, mine.last_day)
    assert client.post(reverse("account_absence_remove", args=[theirs.pk])).status_code == 404
    with pytest.raises(Absence.DoesNotExist):
        remove_absence(seller, theirs.pk)
    with pytest.raises(PermissionDenied):
        add_absence(seller, marketer.pk, mine.first_day, mine.last_day)
    client.post(reverse("account_absence_remove", args=[mine.pk]))
    assert Absence.objects.get() == theirs
    assert url not in client_for("viewer").get("/account/").content.decode()


@pytest.fixture
def handed(marketer):
    """Make hand-overs of every kind in always-open hours, an answer within an hour."""
    make_hours(week=ALWAYS)
    _, (one, two) = make_team()
    make_rule(users=[one, two])
    now, ago = timezone.now(), lambda hours: timezone.now() - timedelta(hours=hours)
    for n, answered in enumerate((0.5, 0.75, 3)):
        lead = hand_over(marketer, make_lead(marketer, f"a{n}", now=ago(30)), one, now=ago(29))
        accept_lead(one, lead.pk, source="page", now=ago(29 - answered))
    lead = hand_over(marketer, make_lead(marketer, "r", now=ago(30)), two, now=ago(29))
    return_lead(two, lead.pk, make_reason().pk, now=ago(27))
    lead = hand_over(marketer, make_lead(marketer, "q", now=ago(30)), two, now=ago(29))
    return_lead(two, lead.pk, make_reason("Wrong details").pk, now=ago(28.9))
    hand_over(marketer, make_lead(marketer, "w", now=ago(2)), two, now=ago(2))
    hand_over(marketer, make_lead(marketer, "d", now=now), two, now=now)
    return one, two


def test_each_figure_of_the_report_opens_its_hand_overs(marketer, handed):
    from suppilo.web.views.leads.handoffs import Line

    client = client_for(marketer)
    for by in ("owner", "team", "channel", "source", "rule", "week", "month"):
        page = client.get(reverse("handoffs"), {"by": by})
        lines = [*page.context["lines"], page.context["total"]]
        names = [name for name in Line.__dataclass_fields__ if name not in {"label", "sums"}]
        for line in lines:
            for name in names:
                figure = getattr(line, name)
                shown = client.get(figure.url).context["page"].items
                assert len(shown) == figure.count, (by, line.label, name)
            assert line.sums.handed == sum(
                getattr(line, part).count
                for part in ("accepted", "returned", "passed_on", "disqualified", "waiting")
            )
    for _name, figure in page.context["returns"]:
        assert len(client.get(figure.url).context["page"].items) == figure.count


def test_the_report_counts_what_can_be_checked_on_paper(marketer, handed):
    total = client_for(marketer).get(reverse("handoffs")).context["total"]
    sums = total.sums
    assert (sums.handed, sums.accepted, sums.returned, sums.waiting) == (7, 3, 2, 2)
    # In time: two; late: one accepted after 3 h, one returned after 2 h, one waiting for 2 h.
    # Not decided: one that was returned after 6 min, one that was just handed over.
    assert (sums.in_time.answered, sums.in_time.judged) == (2, 5)
    assert total.sums.answer_median.time == pytest.approx(3 * 3600, abs=5)
    assert total.missed.count == 3


def test_salespeople_see_their_own_teams_hand_offs_only(marketer, handed):
    south = make_team("South")[1][0]
    assert client_for(south).get(reverse("handoffs")).context["total"].handed.count == 0
    total = client_for(handed[0]).get(reverse("handoffs")).context["total"]
    assert 0 < total.handed.count < HandOver.objects.count()


def test_the_report_comes_as_csv(marketer, handed):
    answer = client_for(marketer).get(reverse("handoffs_csv"), {"by": "owner"})
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("owner,handed_over,accepted,returned")
    assert lines[0].endswith("returned: Not reached,returned: Wrong details")
    assert lines[-1].startswith("total,7,3,2,0,0,2,3,2,5,0.4")


@pytest.mark.parametrize("query", [
    {"since": "x"}, {"until": "9999-12-31"}, {"by": "x"}, {"by": "week", "key": "2026-W99"},
    {"by": "month", "key": "0000-13"}, {"key": "x"}, {"outcome": "x"}, {"reason": "²"},
    {"reason": "9" * 30}, {"owner": "9" * 30}, {"since": "2026-12-01", "until": "2020-01-01"},
    {"by": "month", "key": "9999-12"},
])  # fmt: skip
def test_nonsense_in_the_address_is_left_out(marketer, query):
    client = client_for(marketer)
    for name in ("handoffs", "handoffs_leads", "handoffs_csv"):
        assert client.get(reverse(name), query).status_code == 200


@pytest.mark.parametrize("query", [{"tray": "x"}, {"owner": "x"}, {"q": "\ud800"[:0]},
                                   {"page": "99999999"}, {"team": "9" * 25}])  # fmt: skip
def test_nonsense_in_the_inboxs_address_is_left_out(marketer, query):
    assert client_for(marketer).get(reverse("leads"), query).status_code == 200
