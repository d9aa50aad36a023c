"""A data folder and an empty database for each of many examples within one test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.test import override_settings

from database_support.emptying import empty
from suppilo.apps.capture.store import close_store
from suppilo.apps.capture.tail import forget_tail


@contextmanager
def fresh_home() -> Iterator[Path]:
    """Empty the database, and let the settings name a folder that goes afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="suppilo-faults-"))
    empty(connection)
    forget_tail()
    with override_settings(SUPPILO=replace(settings.SUPPILO, home=folder)):
        try:
            yield folder
        finally:
            close_store()
            forget_tail()
            shutil.rmtree(folder, ignore_errors=True)
