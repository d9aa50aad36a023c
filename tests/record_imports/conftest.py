"""What tests of record imports share: a folder of their own, and somebody who imports."""

from dataclasses import replace

import pytest

from suppilo.apps.accounts.models import Role, User


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    return tmp_path


@pytest.fixture
def head():
    return User.objects.create(email="head@example.com", name="Hedda", role=Role.HEAD_OF_SALES)
