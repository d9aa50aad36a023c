"""Fixtures that every folder of tests may use, and which files begin."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from suppilo.apps.operations.garbage import spare_loaded

pytest_plugins = ["web_support.fixtures", "database_support.migrated", "database_support.emptying"]

TESTS = Path(__file__).parent
LONGEST = (
    "web/test_openapi.py", "record_imports/test_known_truths_of_imports.py",
    "web/test_route_matrix.py", "web/test_funnels_in_browser.py", "clients/test_real_clients.py",
    "ops/test_serve.py", "faults/test_killed_server.py", "web/test_pages_in_browser.py",
    "web/test_board_in_browser.py", "faults/test_starved_server.py",
    "properties/test_funnel_bruteforce.py", "properties/test_funnel_laws.py",
    "e2e/test_journeys.py", "capture/test_http_wire.py",
    "pipeline_reports/test_reports_in_browser.py", "faults/test_small_disks.py",
    "ops/test_backup_under_load.py", "lake/test_lake_faults.py", "web/test_people_in_browser.py",
    "demo/test_demo_command.py", "web/test_leads_in_browser.py", "demo/test_demo_loading.py",
)  # fmt: skip
"""Files of minutes, the longest first: begun last, one of them would run alone at the end."""

# How long an example takes tells how busy the machine is, not whether the code is right. The same
# code is tried with the same examples on each run; SUPPILO_EXAMPLES=1000 tries so many others.
_asked = os.environ.get("SUPPILO_EXAMPLES")
settings.register_profile(
    "any", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=_asked is None,
    database=None, max_examples=int(_asked or 100),
)  # fmt: skip
settings.load_profile("any")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; the others stay in their order."""
    places = {TESTS / name: place for place, name in enumerate(LONGEST)}
    if gone := [str(path) for path in places if not path.is_file()]:
        raise pytest.UsageError(f"tests/conftest.py names files that are not there: {gone}")
    items.sort(key=lambda item: places.get(item.path, len(places)))


def pytest_collection_finish() -> None:
    """Look for garbage as the server's processes do: a fifteenth of the work, else."""
    spare_loaded()
