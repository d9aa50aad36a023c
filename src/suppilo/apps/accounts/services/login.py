"""Coming in: the first owner, and everybody after."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth import authenticate
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Role, User
from suppilo.apps.accounts.services.audit import record_audit
from suppilo.apps.accounts.services.throttle import LOGIN, count_attempt, forget_attempts

FIRST_ID = 1


def set_up_owner(email: str, name: str, password: str) -> User:
    """Make the first user, the owner.

    The first user's key is given, not drawn: of two who try at once the database lets one in.

    Raises
    ------
    PermissionDenied
        If there is a user already.
    """
    try:
        with transaction.atomic():
            if User.objects.exists():
                raise PermissionDenied(_("The installation has an owner already."))
            owner = User(id=FIRST_ID, email=email.lower(), name=name, role=Role.OWNER)
            owner.set_password(password)
            owner.save(force_insert=True)
            record_audit(owner, "set_up", owner)
    except IntegrityError as error:
        raise PermissionDenied(_("The installation has an owner already.")) from error
    _skip_first_id()
    return owner


def _skip_first_id() -> None:
    from django.core.management.color import no_style
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [User]):
            cursor.execute(statement)


def check_login(email: str, password: str, address: str, now: datetime) -> User | None:
    """Return the user whom an address and a password belong to; None if they don't.

    An unknown account takes as long as a known one: a hash is made for it too.

    Raises
    ------
    TooManyAttemptsError
        If it was tried too often; said of unknown accounts likewise.
    """
    count_attempt("login", LOGIN, email, address, now)
    user = authenticate(None, username=email, password=password)
    if not isinstance(user, User):
        return None
    forget_attempts("login", email, address)
    return user
