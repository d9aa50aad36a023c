"""The kinds of jobs: each a function in an app's ``tasks`` module."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.module_loading import autodiscover_modules

from suppilo.apps.accounts.permissions import Permission

Run = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class JobKind:
    """What is run for a kind of job, and who may start one.

    Attributes
    ----------
    run
        Called with a :class:`~suppilo.apps.jobs.running.RunningJob` and the job's arguments; what
        it returns (JSON) is the job's result.
    permission
        What the one who starts it must be allowed to do; None where the caller has checked.
    attempts
        How often it is begun before it counts as failed.
    is_long
        It may take minutes and nobody waits for it: what people asked for runs beside it.
    """

    name: str
    run: Run
    title: str | Promise
    permission: Permission | None
    attempts: int
    is_long: bool


_kinds: dict[str, JobKind] = {}


def job_kind(
    name: str,
    *,
    title: str | Promise = "",
    permission: Permission | None = None,
    attempts: int = 3,
    is_long: bool = False,
) -> Callable[[Run], Run]:
    """Register a function as what is run for jobs of this kind.

    It may be begun again after a crash, so what it writes must be safe to write twice, or be
    written within :meth:`~suppilo.apps.jobs.running.RunningJob.fenced`.

    Examples
    --------
    ::

        @job_kind("count_rows", title=_("Count rows"))
        def count_rows(job: RunningJob, path: str) -> dict[str, int]:
            for done, row in enumerate(open_rows(path)):
                job.report(done, 0, _("Counting"))
            return {"rows": done}
    """

    def register(run: Run) -> Run:
        _kinds[name] = JobKind(name, run, title or name, permission, attempts, is_long)
        return run

    return register


def find_kind(name: str) -> JobKind | None:
    """Return a kind by name; the apps' ``tasks`` modules are loaded when it is not known yet."""
    if name not in _kinds:
        autodiscover_modules("tasks")
    return _kinds.get(name)
