"""Kinds of jobs that the tests start, in the test's process and in workers of their own."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

from suppilo.apps.accounts.models import Team
from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.jobs.kinds import job_kind
from suppilo.apps.jobs.running import JobError, RunningJob


@job_kind("test_add", title="Add numbers")
def add(job: RunningJob, numbers: list[int]) -> int:
    job.report(len(numbers), len(numbers), "adding")
    return sum(numbers)


@job_kind("test_import", permission=Permission.IMPORT_FILES)
def pretend_to_import(job: RunningJob) -> None:
    job.report(1, 1)


@job_kind("test_learn", is_long=True)
def pretend_to_learn(job: RunningJob) -> None:
    job.report(1, 1)


@job_kind("test_refuse")
def refuse(job: RunningJob) -> None:
    raise JobError("The file has no column with a time.")


@job_kind("test_crash")
def crash(job: RunningJob) -> None:
    raise ZeroDivisionError("canary-7f3a@example.com")


@job_kind("test_work_on")
def work_on(job: RunningJob) -> None:
    """Report for ever, until told to end."""
    pause = threading.Event()
    for done in range(10_000):
        job.report(done, 10_000, "working")
        pause.wait(0.02)


@job_kind("test_effect", attempts=10)
def leave_an_effect(job: RunningJob, gate: str) -> str:
    """Say that it began, wait for a file, then have an effect within the fence."""
    folder = Path(gate)
    (folder / f"began-{os.getpid()}").touch()
    pause = threading.Event()
    while not (folder / "go").exists():
        pause.wait(0.02)
    with job.fenced():
        Team.objects.create(name=f"effect {job.id} by {os.getpid()}")
    return f"by {os.getpid()}"


@job_kind("test_strange_result", attempts=1)
def return_what_is_no_json(job: RunningJob) -> Any:
    return {1, 2}


@job_kind("test_kill_me")
def kill_me(job: RunningJob) -> Any:
    os._exit(9)
