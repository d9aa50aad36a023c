"""Companies and people from files: made, changed, recognised, taken back."""

import pytest
from django.core.exceptions import PermissionDenied

from import_support.bringing import bring_in, check, undo, upload
from suppilo.apps.accounts.models import Role, User
from suppilo.apps.imports import services
from suppilo.apps.people.models import Company, Identifier, Person
from suppilo.apps.people.services import make_company

pytestmark = pytest.mark.django_db(transaction=True)

COMPANIES = b"""account,sector,employees,revenue,office_location
Acme Corporation,technology,2822,1100.04,United States
Betatech,medical,495,647.18,Kenya
acme corporation,software,1,1,Norway
,retail,3,4,Kenya
"""
PEOPLE = b"""First Name,Last Name,Email,Job Title,Company,Shoe size
Ada,Lovelace,ADA@example.com,Engineer,Betatech,38
Grace,Hopper,grace@example.com,Admiral,Nordvik,41
Nobody,,,,,
"""


def test_companies_are_guessed_checked_and_made(head):
    made = check(head, upload(head, COMPANIES))
    assert made.kind == "companies"
    assert made.counts["done"] == {"made": 2, "rejected": 2}
    assert set(made.counts["reasons"]) == {"no name", "the same company stands in row 2"}
    assert not Company.objects.exists()
    made = bring_in(head, COMPANIES)
    assert made.counts["done"]["made"] == 2
    acme = Company.objects.get(name="Acme Corporation")
    said = dict(acme.traits.values_list("name", "value"))
    assert (said["industry"], said["employees"], said["revenue"]) == ("technology", 2822, 1100.04)


def test_same_companies_again_change_nothing(head):
    bring_in(head, COMPANIES)
    again = bring_in(head, COMPANIES, name="copy.csv")
    assert again.counts["done"] == {"same": 2, "rejected": 2}


def test_changed_row_changes_its_company(head):
    bring_in(head, COMPANIES)
    news = bring_in(head, COMPANIES.replace(b"medical", b"pharma"))
    assert news.counts["done"] == {"same": 1, "changed": 1, "rejected": 2}


def test_company_made_by_hand_is_the_same_and_stays_after_the_undo(head):
    make_company(head, "Betatech")
    made = bring_in(head, COMPANIES)
    assert made.counts["done"]["made"] == 1
    assert made.counts["done"]["changed"] == 1
    made = undo(head, made)
    assert [company.name for company in Company.objects.all()] == ["Betatech"]
    assert made.state == "undone"
    assert [row["name"] for row in made.counts["undone"]["kept_rows"]] == ["Betatech"]


def test_people_are_known_by_their_address_and_belong_to_their_company(head):
    made = bring_in(head, PEOPLE)
    assert made.kind == "people"
    assert made.counts["done"]["made"] == 2
    ada = Identifier.objects.get(value="ada@example.com").person
    assert (ada.name, ada.company.name) == ("Ada Lovelace", "Betatech")
    assert ada.identifiers.get().traits.get(name="shoe_size").value == "38"
    assert bring_in(head, PEOPLE, name="again.csv").counts["done"]["same"] == 2


def test_undo_takes_people_and_their_companies_out(head):
    made = undo(head, bring_in(head, PEOPLE))
    assert not Person.objects.exists()
    assert not Company.objects.exists()
    assert made.counts["undone"]["removed"] == 2


def test_rejected_rows_come_back_as_a_file_that_can_be_mended(head, client):
    made = bring_in(head, PEOPLE)
    client.force_login(head)
    answer = client.get(f"/imports/{made.pk}/rejected.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert text.splitlines()[0].startswith("First Name,Last Name,Email")
    assert "no e-mail address" in text


def test_who_may_not_edit_people_may_not_import_them():
    analyst = User.objects.create(email="m@example.com", name="M", role=Role.MARKETER)
    made = services.upload_file(analyst, "deals.csv", [b"deal_stage,amount,owner\n"], "deals")
    with pytest.raises(PermissionDenied):
        services.start_check(analyst, made.pk)
