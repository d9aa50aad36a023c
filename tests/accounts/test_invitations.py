"""Invitations: a link that works once."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from suppilo.apps.accounts.models import Invitation, Role, User
from suppilo.apps.accounts.services.invitations import invite
from suppilo.apps.accounts.services.team import deactivate_member
from web_support.accounts import PASSWORD, client_for, make_user

pytestmark = pytest.mark.django_db
JOIN = {"name": "Nina", "password": PASSWORD}


@pytest.fixture
def owner():
    return make_user("owner", name="Olga")


def test_invited_person_joins_with_the_role_they_were_given(owner):
    answer = client_for(owner).post(
        "/team/invitations/", {"email": "Nina@Example.com", "role": "analyst"}
    )
    (message,) = mail.outbox
    link = next(line for line in message.body.splitlines() if line.startswith("http"))
    assert link in answer.content.decode()
    client = Client()
    path = link.removeprefix("http://localhost:8000")
    assert client.post(path, JOIN).headers["Location"] == "/"
    member = User.objects.get(email="nina@example.com")
    assert (member.name, member.role) == ("Nina", Role.ANALYST)
    assert client.get("/account/").status_code == 200
    assert Client().get(path).status_code == 404
    assert Client().post(path, JOIN).status_code == 404


def test_secret_is_kept_as_a_hash_only(owner):
    invitation, secret = invite(owner, "nina@example.com", Role.VIEWER)
    kept = str(Invitation.objects.filter(pk=invitation.pk).values_list().get())
    assert secret not in kept
    assert len(secret) == 43


def test_joining_takes_no_role_or_address_from_the_form(owner):
    _, secret = invite(owner, "nina@example.com", Role.VIEWER)
    Client().post(f"/join/{secret}/", JOIN | {"role": "owner", "email": "evil@example.com"})
    assert User.objects.get(name="Nina").role == Role.VIEWER
    assert User.objects.get(name="Nina").email == "nina@example.com"


def test_invitation_ends_after_seven_days(owner):
    _, secret = invite(owner, "nina@example.com", Role.VIEWER)
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        assert Client().get(f"/join/{secret}/").status_code == 404


def test_invitation_taken_back_does_not_work(owner):
    invitation, secret = invite(owner, "nina@example.com", Role.VIEWER)
    client_for(owner).post(f"/team/invitations/{invitation.pk}/revoke/")
    assert Client().post(f"/join/{secret}/", JOIN).status_code == 404


def test_new_invitation_replaces_the_one_before(owner):
    _, before = invite(owner, "nina@example.com", Role.VIEWER)
    _, after = invite(owner, "NINA@example.com", Role.VIEWER)
    assert Client().get(f"/join/{before}/").status_code == 404
    assert Client().get(f"/join/{after}/").status_code == 200


def test_invitations_of_somebody_who_was_deactivated_end(owner):
    admin = make_user("admin")
    _, secret = invite(admin, "nina@example.com", Role.VIEWER)
    deactivate_member(owner, admin.pk)
    assert Client().get(f"/join/{secret}/").status_code == 404


def test_admin_can_not_invite_an_owner():
    with pytest.raises(PermissionDenied):
        invite(make_user("admin"), "nina@example.com", Role.OWNER)


def test_a_member_is_not_invited_again(owner):
    answer = client_for(owner).post(
        "/team/invitations/", {"email": owner.email.upper(), "role": "viewer"}
    )
    assert "is a member already" in answer.content.decode()
    assert mail.outbox == []


def test_link_is_shown_even_if_the_mail_server_does_not_answer(owner, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    answer = client_for(owner).post(
        "/team/invitations/", {"email": "nina@example.com", "role": "viewer"}
    )
    assert "could not be sent" in answer.content.decode()
    assert "http://localhost:8000/join/" in answer.content.decode()
