"""Pages for people: they list, find, show, merge, undo, split and export; and for whom."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from people_support.people_pages import make_people, person_of
from people_support.people_world import SOURCE, evidence, persons, user
from suppilo.apps.accounts.models import AuditEntry
from suppilo.apps.people.evidence import Trait
from suppilo.apps.people.models import Identifier, MergeEntry, Person, SavedView
from suppilo.apps.people.services import record_evidence
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path, settings):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)


@pytest.fixture
def people():
    make_people()


@pytest.fixture
def marketer() -> Client:
    return client_for("marketer")


def names_on(response) -> list[str]:
    return [str(person) for person in response.context["page"].items]


def test_the_list_shows_the_latest_first(marketer, people):
    response = marketer.get(reverse("people"))
    assert response.status_code == 200
    assert response.context["count"] == 40
    assert names_on(response)[0] in {"visitor-0", "Anna Kalniņa 0"}
    assert "device-3" not in response.content.decode()


def test_pages_lead_forward_and_back_without_a_gap(marketer, people):
    make_people(120)
    url, seen = reverse("people") + "?order=name", []
    while True:
        page = marketer.get(url).context["page"]
        seen += [person.pk for person in page.items]
        if not page.next:
            break
        url = f"{reverse('people')}?order=name&page={page.next}"
    assert len(seen) == len(set(seen)) == Person.objects.filter(is_visible=True).count()
    back = marketer.get(f"{reverse('people')}?order=name&page={page.previous}").context["page"]
    assert [person.pk for person in back.items] == seen[-50 - len(page.items) : -len(page.items)]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("q=anna", 4), ("q=KALNI", 0), ("q=dmitri3@", 1), ("q=device-7", 1), ("known=0", 20),
        ("known=1&channel=email", 4), ("email=1", 20), ("since=2025-11-10", 8),
        ("property=plan&value=pro", 10), ("property=plan&value=free", 0),
        ("property='; DROP TABLE people_person --&value=x", 0), ("q=%25", 0),
        ("channel=no_such", 40), ("since=yesterday", 40), ("page=forged", 40),
    ],
)  # fmt: skip
def test_filters_find(marketer, people, query, count):
    response = marketer.get(f"{reverse('people')}?{query}")
    assert response.status_code == 200
    assert response.context["count"] == count


def test_a_last_name_is_found(marketer):
    record_evidence(
        SOURCE, evidence(user("u1", 1), Trait("u1", "firstName", "Anna", 1),
                         Trait("u1", "lastName", "Kalniņa", 1)),
    )  # fmt: skip
    response = marketer.get(reverse("people"), {"q": "kalni"})
    assert names_on(response) == ["Anna Kalniņa"]


def test_list_and_profile_ask_the_database_a_bounded_number_of_times(
    marketer, people, django_assert_max_num_queries
):
    marketer.get(reverse("people"))
    with django_assert_max_num_queries(9):
        marketer.get(reverse("people"))
    with django_assert_max_num_queries(23):
        marketer.get(reverse("person", args=[person_of("user-1").pk]))


def test_a_profile_shows_identifiers_properties_history_and_merges(marketer, people):
    text = marketer.get(reverse("person", args=[person_of("user-1").pk])).content.decode()
    for shown in ("user-1", "device-1", "bert1@example.com", "Acme 1", "team", "free", "logged in"):
        assert shown in text
    assert "Undo" in text


def test_the_address_of_a_merged_person_leads_to_the_one_they_are_now(marketer, people):
    hidden = Person.objects.get(identifier="device-1")
    response = marketer.get(reverse("person", args=[hidden.pk]))
    assert response.url == reverse("person", args=[person_of("user-1").pk])


def test_merge_undo_and_split_by_forms(marketer, people):
    anna, bert = person_of("user-0"), person_of("user-1")
    marketer.post(reverse("person_merge", args=[anna.pk]), {"other": [bert.pk]})
    assert ["device-0", "device-1", "user-0", "user-1"] in persons()

    entry = MergeEntry.objects.get(kind="manual", undone_at=None)
    marketer.post(reverse("people_merge_undo", args=[entry.pk]))
    assert ["device-0", "user-0"] in persons()
    assert marketer.post(reverse("people_merge_undo", args=[entry.pk])).status_code == 404

    device = anna.identifiers.get(value="device-0")
    marketer.post(reverse("person_split", args=[anna.pk]), {"identifiers": [device.pk]})
    assert ["device-0"] in persons()


def test_several_people_get_a_company_at_once(marketer, people):
    chosen = [person_of(f"visitor-{n}").pk for n in range(3)]
    marketer.post(reverse("people_company"), {"people": chosen, "company_name": "New Ltd"})
    assert Person.objects.filter(company__name="New Ltd").count() == 3
    marketer.post(reverse("people_company"), {"people": ["x", "-1"], "company_name": "New Ltd"})
    assert Person.objects.filter(company__name="New Ltd").count() == 3


def test_views_are_kept_shared_and_deleted_by_their_owner_only(people):
    anna, bert = make_user("analyst"), make_user("analyst")
    query = {"query": "known=1&q=", "name": "Known"}
    client_for(anna).post(reverse("people_view_save"), query)
    view = SavedView.objects.get()
    assert view.query == "known=1"
    assert b"?known=1" not in client_for(bert).get(reverse("people")).content
    client_for(anna).post(reverse("people_view_save"), query | {"shared": "on"})
    assert b"?known=1" in client_for(bert).get(reverse("people")).content
    delete = reverse("people_view_delete", args=[view.pk])
    assert client_for(bert).post(delete).status_code == 404
    client_for(anna).post(delete)
    assert not SavedView.objects.exists()


EVIL = ["=1+1", "+1", "-1+1", "@x", "\tx", "\rx", "|x", "＝x", "-12.5", 'a,"b\n=c']


def test_no_formula_leaves_in_a_file(marketer):
    said = [user(f"u{n}", n) for n in range(len(EVIL))]
    said += [Trait(f"u{n}", "name", text, n) for n, text in enumerate(EVIL)]
    record_evidence(SOURCE, evidence(*said))

    body = b"".join(marketer.get(reverse("people_export", args=["csv"])).streaming_content)
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))
    given = {row["name"] for row in rows}
    assert "'=1+1" in given
    assert "-12.5" in given
    assert not any(name[:1] in "=+@\t\r|＝" for name in given if name)
    assert AuditEntry.objects.filter(verb="export_people").exists()

    chosen = person_of("u0").pk
    response = marketer.post(reverse("people_export", args=["xlsx"]), {"people": [chosen]})
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(response.streaming_content)))
    table = sheet.get_sheet_by_index(0).to_python()
    assert len(table) == 2
    assert "u0" in table[1]


def test_an_export_has_everybody_whom_the_filters_let_through(marketer, people):
    url = reverse("people_export", args=["csv"])
    body = b"".join(marketer.get(url, {"known": "1"}).streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(body, newline="")))
    assert len(rows) == 20
    row = next(row for row in rows if row["identifier"] == "user-1")
    assert json.loads(row["properties"])["plan"] == "team"
    assert json.loads(row["identifiers"]) == ["device-1", "user-1"]


@pytest.mark.parametrize(
    ("role", "see", "edit", "export"),
    [("viewer", 403, 403, 403), ("salesperson", 200, 302, 403), ("analyst", 200, 403, 200),
     ("owner", 200, 302, 200)],
)  # fmt: skip
def test_roles_do_what_they_may(people, role, see, edit, export):
    client, person = client_for(role), person_of("user-1")
    assert client.get(reverse("people")).status_code == see
    assert client.get(reverse("person", args=[person.pk])).status_code == see
    edited = client.post(
        reverse("person_property", args=[person.pk]), {"name": "plan", "value": "x"}
    )
    assert edited.status_code == edit
    assert client.get(reverse("people_export", args=["csv"])).status_code == export


def test_nobody_there_is_said_and_a_person_who_is_not_is_404(marketer):
    assert "Nobody has come yet" in marketer.get(reverse("people")).content.decode()
    assert marketer.get(reverse("person", args=[999_999])).status_code == 404
    assert marketer.post(reverse("person_split", args=[999_999])).status_code == 404
    assert marketer.get(reverse("people_export", args=["pdf"])).status_code == 404


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "{{ 7|add:1 }}", "__proto__"])
def test_names_and_properties_are_only_text(marketer, name):
    record_evidence(
        SOURCE, evidence(user(name, 1), Trait(name, name, name, 1), Trait(name, "name", name, 1))
    )
    person = person_of(name)
    for url in (reverse("people"), reverse("person", args=[person.pk])):
        text = marketer.get(url).content.decode()
        assert "<script>alert" not in text
        assert "{{ 7|add:1 }}" in text or name != "{{ 7|add:1 }}"


def test_the_api_lists_shows_merges_and_undoes(people):
    headers = bearer(make_user("marketer"))
    client = Client(headers=headers)
    first = client.get("/api/people?limit=15").json()
    second = client.get("/api/people", {"limit": 200, "page": first["next"]}).json()
    assert len({person["id"] for person in first["people"] + second["people"]}) == 40
    assert second["next"] == ""

    anna, bert = person_of("user-0").pk, person_of("user-1").pk
    merged = client.post(
        f"/api/people/{anna}/merge", {"others": [bert]}, content_type="application/json"
    )
    assert merged.json()["identifier"] == "user-0"
    whole = client.get(f"/api/people/{bert}").json()
    assert whole["person"]["id"] == anna
    entry = next(one for one in whole["merges"] if one["kind"] == "manual")
    assert client.post(f"/api/people/merges/{entry['id']}/undo").status_code == 200
    assert client.get(f"/api/people/{bert}").json()["person"]["id"] == bert
    assert client.get(f"/api/people/{bert}/timeline").json() == {"events": [], "next": ""}
    companies = client.get("/api/companies?q=acme").json()["companies"]
    assert [company["name"] for company in companies] == ["Acme 0", "Acme 1", "Acme 2"]
    assert client.get(f"/api/companies/{companies[0]['id']}").json()["properties"]["seats"]
    assert client.get("/api/people/99999999999999999999").status_code == 404


def test_nothing_more_is_kept_of_the_chosen_identifiers_of_a_person(marketer, people):
    person = person_of("user-1")
    url = reverse("people_suppress", args=[person.pk])
    assert all(value in marketer.get(url).content.decode() for value in ("user-1", "device-1"))
    chosen = Identifier.objects.get(value="device-1").pk
    stranger = Identifier.objects.get(value="user-2").pk
    response = marketer.post(url, {"identifiers": [chosen, stranger]}, follow=True)
    assert response.redirect_chain[-1][0] == person.get_absolute_url()
    assert list(response.context["suppressed"]) == ["device-1"]
    assert "nothing is kept" in response.content.decode()
    entry = AuditEntry.objects.get(verb="suppress_identifiers")
    assert entry.detail == {"identifiers": 1}
    assert marketer.get(reverse("people_suppress", args=[0])).status_code == 404


def test_an_identifier_is_looked_up_put_on_the_list_and_allowed_again(marketer):
    url = reverse("people_suppressed")
    assert "is not on the list" in marketer.get(url, {"q": "u-17"}).content.decode()
    marketer.post(url, {"identifier": "u-17"})
    response = marketer.get(url, {"q": "u-17"})
    found = response.context["found"]
    assert list(response.context["page"].items) == [found]
    assert found.fingerprint in marketer.get(url).content.decode()
    assert "u-17" not in marketer.get(url).content.decode()
    allow = reverse("people_allow", args=[found.pk])
    assert marketer.post(allow).status_code == 302
    assert marketer.get(url, {"q": "u-17"}).context["found"] is None
    assert marketer.post(allow).status_code == 404


@pytest.mark.parametrize("identifier", ["", "null", " Undefined "])
def test_what_names_nobody_is_not_put_on_the_list(marketer, identifier):
    response = marketer.post(reverse("people_suppressed"), {"identifier": identifier}, follow=True)
    assert not response.context["page"].items
    assert "identifier" in response.content.decode()
    assert not AuditEntry.objects.filter(verb="suppress_identifiers").exists()
