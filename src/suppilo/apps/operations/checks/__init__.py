"""What ``suppilo check`` looks at: settings and files, the database, the recorded events."""

from __future__ import annotations

from collections.abc import Iterator

from suppilo.apps.config import Config
from suppilo.apps.operations.checks.finding import Finding, Level
from suppilo.apps.operations.checks.folder import (
    check_backup,
    check_clock,
    check_disk,
    check_files,
    check_settings,
    check_wal,
)

__all__ = ["Finding", "Level", "check_all"]


def check_all(config: Config) -> Iterator[Finding]:
    """Look at everything; each finding says what is so, and what to do where it is not right.

    What needs the database is left out where that can't be used. Django must be set up.
    """
    from suppilo.apps.operations.checks.data import (
        check_database_state,
        check_deals,
        check_events,
    )

    yield from check_settings(config)
    yield from check_files(config)
    yield check_disk(config)
    yield check_clock(config)
    usable = True
    for finding in check_database_state(config):
        usable = usable and finding.level != "error"
        yield finding
    if usable:
        yield check_wal(config)
        yield from check_events(config)
        yield from check_deals()
    yield check_backup(config)
