"""The first owner's account, made from the command line."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from suppilo.apps.accounts.models import Role, User
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.operations.errors import OperationError


def create_owner(email: str, name: str, password: str) -> bool:
    """Make an owner; False where somebody has this address already.

    Raises
    ------
    OperationError
        If the address is none, or the password is too short.
    """
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise OperationError(f"{email!r} is no e-mail address") from error
    if User.objects.filter(email=address).exists():
        return False
    _check_password(password, address)
    with transaction.atomic():
        owner = User(email=address, name=name, role=Role.OWNER)
        owner.set_password(password)
        owner.save()
        record_audit(None, "create_owner", owner, role=Role.OWNER)
    return True


def _check_password(password: str, email: str) -> None:
    from django.contrib.auth.password_validation import validate_password

    try:
        validate_password(password, User(email=email))
    except ValidationError as error:
        raise OperationError(" ".join(error.messages)) from error
