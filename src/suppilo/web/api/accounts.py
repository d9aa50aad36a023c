"""The API of accounts: oneself, one's tokens, the members and teams."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404
from ninja import Field, Query, Schema, Status

from suppilo.apps.accounts.models import ApiToken, Role
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.accounts.selectors import list_members, list_teams, list_tokens
from suppilo.apps.accounts.services.tokens import make_token, revoke_token
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.lists import PageAsked, answer_page
from suppilo.web.api.parsing import Given

router = KeyedRouter()


class Me(Schema):
    """Whom the token or session stands for."""

    id: int
    email: str
    name: str
    role: Role
    permissions: list[str]


class Member(Schema):
    """Somebody who can log in."""

    id: int
    email: str
    name: str
    role: Role
    is_active: bool


class TeamMember(Schema):
    """A member as their team sees them."""

    id: int
    name: str


class TeamOut(Schema):
    """A team and who is in it."""

    id: int
    name: str
    members: list[TeamMember]


class TokenIn(Given):
    """A token to make."""

    name: str = Field(min_length=1, max_length=100)


class TokenOut(Schema):
    """A token, without its secret."""

    id: int
    name: str
    prefix: str
    created_at: datetime
    last_used_at: datetime | None


class NewToken(TokenOut):
    """A token just made, with its text: the only time that it is shown."""

    token: str


class AccountsOut(Schema):
    """One page of those who can log in."""

    members: list[Member]
    next: str


class TeamsOut(Schema):
    """One page of teams."""

    teams: list[TeamOut]
    next: str


class TokensOut(Schema):
    """One page of tokens."""

    tokens: list[TokenOut]
    next: str


@router.get("/me", response={200: Me, **problems()}, url_name="me")
def show_me(request: ApiRequest) -> Me:
    """Say whom the token or session stands for, and what they may do."""
    user = request.auth
    allowed = [permission.value for permission in Permission if allows(user, permission)]
    return Me(
        id=user.pk, email=user.email, name=user.name, role=Role(user.role), permissions=allowed
    )


@router.get("/members", response={200: AccountsOut, **problems(403)}, url_name="members")
def show_members(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List who can log in."""
    return answer_page("members", list_members(request.auth), asked)


@router.get("/teams", response={200: TeamsOut, **problems()}, url_name="teams")
def show_teams(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List the teams: all for who manages them, one's own for others."""
    return answer_page("teams", list_teams(request.auth), asked)


@router.get("/tokens", response={200: TokensOut, **problems()}, url_name="tokens")
def show_tokens(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List one's own tokens."""
    return answer_page("tokens", list_tokens(request.auth), asked)


@router.post("/tokens", once=False, response={201: NewToken, **problems()}, url_name="tokens")
def add_token(request: ApiRequest, given: TokenIn) -> Status[NewToken]:
    """Make a token that acts as oneself; its text is shown this once."""
    token, text = make_token(request.auth, given.name)
    shown = TokenOut.from_orm(token).dict()
    return Status(201, NewToken(**shown, token=text))


@router.delete(
    "/tokens/{int:token_id}",
    response={204: None, **problems(404)},
    url_name="token",
)
def remove_token(request: ApiRequest, token_id: int) -> Status[None]:
    """Let one of one's own tokens work no longer."""
    try:
        revoke_token(request.auth, token_id)
    except ApiToken.DoesNotExist as error:
        raise Http404 from error
    return Status(204, None)
