"""Users to test with."""

from django.test import Client

from suppilo.apps.accounts.models import Role, User
from suppilo.apps.accounts.services.tokens import make_token

PASSWORD = "korrekt pferd batterie"


def make_user(role: str = Role.VIEWER, email: str = "", name: str = "") -> User:
    """Make an active user of a role, whose password is :data:`PASSWORD`."""
    number = User.objects.count() + 1
    user = User(
        email=email or f"{role}{number}@example.com", name=name or f"{role} {number}", role=role
    )
    user.set_password(PASSWORD)
    user.save()
    return user


def client_for(who: str | User) -> Client:
    """Return a client that has logged in, as a user or as a new one of a role."""
    user = who if isinstance(who, User) else make_user(who)
    client = Client()
    client.force_login(user)
    return client


def bearer(user: User) -> dict[str, str]:
    """Return the headers of a program that acts as a user."""
    return {"authorization": f"Bearer {make_token(user, 'test')[1]}"}
