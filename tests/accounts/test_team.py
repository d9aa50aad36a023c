"""The team: who may change whom, and what ends at once."""

import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from suppilo.apps.accounts.models import AuditEntry, Role, Team, User
from suppilo.apps.accounts.services.team import (
    change_role,
    deactivate_member,
    reactivate_member,
)
from suppilo.apps.accounts.services.tokens import find_token_user, make_token
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return make_user("owner", "owner@example.com", "Olga")


def test_changed_role_ends_the_members_sessions_and_is_logged(owner):
    member = make_user("viewer")
    theirs = client_for(member)
    client_for(owner).post(f"/team/members/{member.pk}/role/", {"role": "analyst"})
    member.refresh_from_db()
    assert member.role == Role.ANALYST
    assert theirs.get("/account/").status_code == 302
    entry = AuditEntry.objects.get(verb="change_role")
    assert (entry.actor, entry.target_id) == (owner, str(member.pk))
    assert entry.detail == {"before": "viewer", "after": "analyst"}


def test_changed_role_holds_at_once_for_tokens(owner, client):
    member = make_user("admin")
    headers = bearer(member)
    assert client.get("/api/members", headers=headers).status_code == 200
    change_role(owner, member.pk, Role.VIEWER)
    assert client.get("/api/members", headers=headers).status_code == 403


def test_deactivation_ends_sessions_and_tokens_for_good(owner):
    member = make_user("admin")
    theirs = client_for(member)
    _, text = make_token(member, "Export")
    deactivate_member(owner, member.pk)
    assert theirs.get("/account/").status_code == 302
    assert find_token_user(text) is None
    reactivate_member(owner, member.pk)
    assert theirs.get("/account/").status_code == 302
    assert find_token_user(text) is None


def test_admin_can_neither_make_nor_touch_an_owner(owner):
    make_user("owner")
    admin, viewer = make_user("admin"), make_user("viewer")
    with pytest.raises(PermissionDenied):
        change_role(admin, viewer.pk, Role.OWNER)
    with pytest.raises(PermissionDenied):
        change_role(admin, owner.pk, Role.VIEWER)
    with pytest.raises(PermissionDenied):
        deactivate_member(admin, owner.pk)
    with pytest.raises(PermissionDenied):
        change_role(admin, admin.pk, Role.OWNER)


def test_last_active_owner_stays(owner):
    deactivate_member(owner, make_user("owner").pk)
    with pytest.raises(ValidationError, match="last owner"):
        deactivate_member(owner, owner.pk)
    answer = client_for(owner).post(
        f"/team/members/{owner.pk}/role/", {"role": "viewer"}, follow=True
    )
    assert "last owner" in answer.content.decode()
    owner.refresh_from_db()
    assert owner.role == Role.OWNER


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_remove_each_other_at_once_leave_one():
    first, second = make_user("owner"), make_user("owner")
    together = threading.Barrier(2)

    def remove(actor, other):
        together.wait(timeout=20)
        try:
            deactivate_member(actor, other.pk)
        except ValidationError:
            pass
        finally:
            connection.close()

    pairs = ((first, second), (second, first))
    threads = [threading.Thread(target=remove, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert User.objects.filter(role="owner", is_active=True).count() == 1


def test_a_member_who_does_not_exist_is_not_found(owner):
    assert client_for(owner).post("/team/members/999/deactivate/").status_code == 404


def test_a_role_that_does_not_exist_is_refused(owner):
    member = make_user("viewer")
    answer = client_for(owner).post(f"/team/members/{member.pk}/role/", {"role": "root"})
    assert answer.status_code == 400
    member.refresh_from_db()
    assert member.role == Role.VIEWER


def test_profile_form_takes_no_role(owner):
    member = make_user("viewer")
    client_for(member).post("/account/", {"name": "Vera", "role": "owner", "is_active": "0"})
    member.refresh_from_db()
    assert (member.name, member.role, member.is_active) == ("Vera", Role.VIEWER, True)


def test_teams_are_made_changed_and_deleted(owner):
    client, member = client_for(owner), make_user("viewer")
    client.post("/team/teams/", {"name": "North", "members": [member.pk]})
    team = Team.objects.get(name="North")
    assert list(team.members.all()) == [member]
    client.post(f"/team/teams/{team.pk}/", {"name": "South", "members": [owner.pk]})
    team.refresh_from_db()
    assert (team.name, list(team.members.all())) == ("South", [owner])
    client.post(f"/team/teams/{team.pk}/delete/")
    assert not Team.objects.exists()
    assert User.objects.count() == 2


def test_second_team_of_a_name_is_refused_at_the_field(owner):
    client = client_for(owner)
    client.post("/team/teams/", {"name": "North"})
    answer = client.post("/team/teams/", {"name": "North"})
    assert answer.status_code == 422
    assert "There is a team named North already" in answer.content.decode()


def test_member_that_there_is_none_of_is_refused_at_the_field(owner):
    client = client_for(owner)
    for number in ("x", "0", "9" * 20, "9" * 400):
        answer = client.post("/team/teams/", {"name": "North", "members": [number]})
        assert answer.status_code == 422, number
        assert 'value="North"' in answer.content.decode()
    assert not Team.objects.exists()


@pytest.mark.parametrize("path", ["/team/", "/team/teams/", "/team/log/", "/team/invitations/"])
def test_lists_ask_the_database_as_often_for_many_as_for_few(
    owner, path, django_assert_max_num_queries
):
    for number in range(60):
        team = Team.objects.create(name=f"Team {number}")
        team.members.add(make_user("viewer", name=f"Member {number}"))
        AuditEntry.objects.create(actor=owner, verb="test", target_id=str(number))
    client = client_for(owner)
    with django_assert_max_num_queries(8):
        assert client.get(path).status_code == 200


def test_members_are_paged(owner):
    for number in range(60):
        make_user("viewer", name=f"Member {number:02}")
    client = client_for(owner)
    first, second = client.get("/team/"), client.get("/team/?page=2")
    assert "Member 10" in first.content.decode()
    assert "Member 59" not in first.content.decode()
    assert "Member 59" in second.content.decode()


def test_a_name_is_text_wherever_it_stands(owner):
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    member = make_user("owner", name=evil)
    client = client_for(member)
    client.post("/team/teams/", {"name": evil, "members": [member.pk]})
    client.post("/account/tokens/", {"name": evil})
    for path in ("/account/", "/account/tokens/", "/team/", "/team/teams/", "/team/log/"):
        page = client.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
