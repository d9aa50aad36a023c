"""One migrated database for a whole run: every test process copies it.

Migrating from nothing costs a process ten seconds, a copy next to none. What the processes of a run
share lies in a folder that the first of them makes, and that goes when it ends.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

_RUN = "SUPPILO_TEST_RUN"
_POSTGRES = os.environ.get("DATABASE_URL", "")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ[_RUN] = tempfile.mkdtemp(prefix="suppilo-run-")


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    folder = Path(os.environ.pop(_RUN))
    made = folder / "databases"
    for name in made.read_text().split() if made.exists() else []:
        drop_database(name)
    shutil.rmtree(folder, ignore_errors=True)


def make_once(name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder that the first process of the run to ask for it makes; others wait."""
    folder = Path(os.environ[_RUN]) / name
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder.with_suffix(".done")
        if not done.exists():
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


def name_database(what: str) -> str:
    """Return the name of a PostgreSQL database that goes when the run ends."""
    run = Path(os.environ[_RUN])
    name = f"suppilo_{what}_{run.name.rpartition('-')[2]}"
    with (run / "databases").open("a") as made:
        made.write(f"{name}\n")
    return name


def create_database(name: str, like: str = "") -> None:
    """Make a PostgreSQL database, empty or like another."""
    _administer(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{like}"' if like else ""))


def drop_database(name: str) -> None:
    _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _administer(statement: str) -> None:
    import psycopg

    with psycopg.connect(f"{_POSTGRES.rsplit('/', 1)[0]}/postgres", autocommit=True) as admin:
        admin.execute(statement)


@dataclass(frozen=True)
class Migrated:
    """A database as the migrations make it: the file, or the name on PostgreSQL."""

    name: str

    def copy_to(self, name: str) -> None:
        """Make the database of that name a copy."""
        if connection.vendor == "postgresql":
            drop_database(name)
            create_database(name, like=self.name)
        else:
            shutil.copyfile(self.name, name)

    def copy_into(self, home: Path) -> None:
        """Copy it into a server's folder, if it is a file."""
        if connection.vendor == "sqlite":
            self.copy_to(str(home / "suppilo.sqlite3"))


@pytest.fixture(scope="session")
def migrated(django_test_environment, django_db_blocker) -> Migrated:
    """Return the run's migrated database, to be copied only."""

    def make(folder: Path) -> None:
        on_postgres = connection.vendor == "postgresql"
        made = name_database("migrated") if on_postgres else str(folder / "migrated.sqlite3")
        before, own = connection.settings_dict["NAME"], connection.settings_dict["TEST"]["NAME"]
        connection.settings_dict["TEST"]["NAME"] = made
        try:
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        finally:
            connection.close()
            _use(before)
            connection.settings_dict["TEST"]["NAME"] = own
        (folder / "name").write_text(made)

    with django_db_blocker.unblock():
        return Migrated((make_once("migrated", make) / "name").read_text())


@pytest.fixture(scope="session")
def django_db_setup(migrated, django_db_modify_db_settings, django_db_blocker) -> Iterator[None]:
    """Give the process a database of its own: a copy."""
    name = connection.creation._get_test_db_name()
    with django_db_blocker.unblock():
        migrated.copy_to(name)
        before = connection.settings_dict["NAME"]
        _use(name)
    yield
    with django_db_blocker.unblock():
        connection.close()
        _use(before)
        if connection.vendor == "postgresql":
            drop_database(name)


def _use(name: str) -> None:
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
