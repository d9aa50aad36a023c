"""Pages for companies."""

from __future__ import annotations

import pytest
from django.urls import reverse

from people_support.people_pages import make_people, person_of
from suppilo.apps.people.models import Company
from web_support.accounts import client_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    make_people(9)
    return client_for("salesperson")


def test_companies_are_listed_with_their_people(seller, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        response = seller.get(reverse("companies"))
    assert [(one.name, one.members) for one in response.context["page"].items] == [
        ("Acme 0", 3), ("Acme 1", 3), ("Acme 2", 3),
    ]  # fmt: skip
    assert len(seller.get(reverse("companies"), {"q": "ACME 1"}).context["page"].items) == 1


def test_a_company_is_made_renamed_and_filled_by_hand(seller):
    seller.post(reverse("company_new"), {"name": "North"})
    company = Company.objects.get(key="North")
    seller.post(reverse("company_rename", args=[company.pk]), {"name": "North & Co"})
    chosen = [person_of("visitor-1").pk, person_of("visitor-2").pk]
    seller.post(reverse("company_add", args=[company.pk]), {"people": chosen})
    response = seller.get(reverse("company", args=[company.pk]), {"q": "anna"})
    assert response.context["count"] == 2
    assert "North &amp; Co" in response.content.decode()
    seller.post(reverse("company_remove", args=[company.pk]), {"people": chosen[:1]})
    assert seller.get(reverse("company", args=[company.pk])).context["count"] == 1


def test_mistakes_are_said_and_what_is_not_there_is_404(seller):
    response = seller.post(reverse("company_new"), {"name": " "}, follow=True)
    assert "Give the company a name" in response.content.decode()
    assert seller.get(reverse("company", args=[999_999])).status_code == 404
    for name in ("company_rename", "company_add", "company_remove"):
        assert seller.post(reverse(name, args=[999_999]), {"name": "x"}).status_code == 404


def test_who_may_only_look_can_not_change_a_company(seller):
    analyst = client_for("analyst")
    company = Company.objects.get(key="acme-1")
    assert analyst.get(reverse("company", args=[company.pk])).status_code == 200
    assert analyst.post(reverse("company_rename", args=[company.pk])).status_code == 403
    assert analyst.post(reverse("company_new"), {"name": "x"}).status_code == 403
    assert client_for("viewer").get(reverse("companies")).status_code == 403
