"""A data folder of its own for each test."""

from dataclasses import replace

import pytest

from suppilo.apps.capture.tail import forget_tail


@pytest.fixture
def home(tmp_path, settings):
    """Return the folder that the server's settings name."""
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    forget_tail()
    yield tmp_path
    forget_tail()
