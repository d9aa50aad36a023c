"""Bringing files of records in, as a worker does."""

import threading
from collections.abc import Mapping
from typing import Any

from suppilo.apps.accounts.models import User
from suppilo.apps.imports import services
from suppilo.apps.imports.models import Import
from suppilo.apps.imports.records.suggest import suggest_options
from suppilo.apps.jobs.runner import JobRunner


def work() -> None:
    """Do what waits to be done."""
    runner = JobRunner("test", threading.Event())
    while runner.run_next():
        pass


def upload(
    actor: User, content: bytes, name: str = "file.csv", kind: str = "", **options: Any
) -> Import:
    """Upload a file, and say of it what is given beside what is guessed."""
    made = services.upload_file(actor, name, [content], kind)
    guessed = suggest_options(made) | options
    if options.get("pipeline"):
        guessed = suggest_options(services.set_options(actor, made.pk, options)) | options
    return services.set_options(actor, made.pk, guessed)


def check(actor: User, made: Import) -> Import:
    """Check a file."""
    services.start_check(actor, made.pk)
    work()
    made.refresh_from_db()
    return made


def run(actor: User, made: Import) -> Import:
    """Import a file."""
    services.start_import(actor, made.pk)
    work()
    made.refresh_from_db()
    return made


def bring_in(
    actor: User, content: bytes, name: str = "file.csv", kind: str = "", **options: Any
) -> Import:
    """Upload and import a file."""
    return run(actor, upload(actor, content, name, kind, **options))


def undo(actor: User, made: Import) -> Import:
    """Take an import back."""
    services.undo_import(actor, made.pk)
    work()
    made.refresh_from_db()
    return made


def map_texts(actor: User, made: Import, field: str, texts: Mapping[str, str]) -> Import:
    """Say what texts of a field stand for."""
    values = {**made.options.get("values", {}), field: dict(texts)}
    return services.set_options(actor, made.pk, {**made.options, "values": values})
