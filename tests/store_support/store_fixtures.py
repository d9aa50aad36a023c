"""A running store on a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from suppilo.apps.capture.models import Source
from suppilo.apps.capture.store import Store


@pytest.fixture
def source(transactional_db: None) -> Source:
    return Source.objects.create(name="Shop", kind="website")


@pytest.fixture
def store(source: Source, tmp_path: Path) -> Iterator[Store]:
    running = Store(tmp_path, reserve_bytes=1 << 16)
    running.start()
    yield running
    assert running.drain()
