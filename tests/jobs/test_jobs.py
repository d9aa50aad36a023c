"""Jobs in one process: the queue, progress, failure, cancelling, who may see what."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

import ops_support.job_kinds  # noqa: F401 (registers the kinds)
from ops_support.server_homes import ON_POSTGRES
from suppilo.apps.accounts.models import AuditEntry, Role, User
from suppilo.apps.jobs import claims
from suppilo.apps.jobs.models import Job
from suppilo.apps.jobs.runner import JobRunner
from suppilo.apps.jobs.running import LONG_WRITE_S, LeaseLost, RunningJob
from suppilo.apps.jobs.selectors import get_job, list_jobs
from suppilo.apps.jobs.services import UnknownJobKindError, cancel_job, start_job

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)


class Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def marketer() -> User:
    return User.objects.create(email="m@example.com", name="M", role=Role.MARKETER)


def make_runner(now=timezone.now, name: str = "one") -> JobRunner:
    return JobRunner(name, threading.Event(), now)


def test_job_is_run_and_keeps_its_result(marketer: User) -> None:
    job = start_job(marketer, "test_add", {"numbers": [1, 2, 3]})
    assert make_runner().run_next()
    job.refresh_from_db()
    assert (job.state, job.result, job.title) == ("done", 6, "Add numbers")
    assert (job.done, job.total, job.text) == (3, 3, "adding")
    assert job.finished_at
    assert not make_runner().run_next()


def test_start_and_cancel_are_written_into_the_audit(marketer: User) -> None:
    cancel_job(marketer, start_job(marketer, "test_add", {"numbers": []}).pk)
    assert set(AuditEntry.objects.values_list("verb", flat=True)) == {"start_job", "cancel_job"}


def test_jobs_are_run_in_the_order_they_were_started(marketer: User) -> None:
    jobs = [start_job(marketer, "test_add", {"numbers": [n]}) for n in range(3)]
    runner = make_runner()
    for _ in jobs:
        runner.run_next()
    finished = list(Job.objects.order_by("finished_at").values_list("id", flat=True))
    assert finished == [job.pk for job in jobs]


def test_a_long_job_holds_up_no_other(marketer: User) -> None:
    long = start_job(marketer, "test_learn", {})
    short = start_job(marketer, "test_add", {"numbers": []})
    others, longs = (
        JobRunner("one", threading.Event(), is_long=is_long) for is_long in (False, True)
    )
    assert others.run_next()
    assert [Job.objects.get(pk=job.pk).state for job in (long, short)] == ["queued", "done"]
    assert not others.run_next()
    assert longs.run_next()
    assert Job.objects.get(pk=long.pk).state == "done"


def test_unknown_kind_is_refused(marketer: User) -> None:
    with pytest.raises(UnknownJobKindError, match="no_such_thing"):
        start_job(marketer, "no_such_thing", {})


def test_kind_asks_for_its_permission() -> None:
    viewer = User.objects.create(email="v@example.com", name="V", role=Role.VIEWER)
    with pytest.raises(PermissionDenied):
        start_job(viewer, "test_import", {})
    assert not Job.objects.exists()


def test_job_of_a_kind_from_another_version_fails_with_a_reason() -> None:
    job = Job.objects.create(kind="from_the_future")
    make_runner().run_next()
    job.refresh_from_db()
    assert job.state == "failed"
    assert "from_the_future" in job.error


def test_error_of_the_job_is_shown_and_not_tried_again(marketer: User) -> None:
    job = start_job(marketer, "test_refuse", {})
    make_runner().run_next()
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "The file has no column with a time.")
    assert job.attempts == 1


def test_crash_is_tried_again_after_a_pause_and_given_up_after_three(marketer: User) -> None:
    clock = Clock(timezone.now() + timedelta(seconds=1))
    job = start_job(marketer, "test_crash", {})
    runner = make_runner(clock)
    assert runner.run_next()
    assert not runner.run_next(), "the pause is not over"
    for _ in range(2):
        clock.at += timedelta(minutes=5)
        assert runner.run_next()
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("failed", 3)
    assert "canary" not in job.error


@pytest.mark.django_db(transaction=True)
def test_result_that_is_no_json_fails_the_job_and_not_the_worker(marketer: User) -> None:
    job = start_job(marketer, "test_strange_result", {})
    make_runner().run_next()
    job.refresh_from_db()
    assert job.state == "failed"


def test_waiting_job_is_cancelled_at_once(marketer: User) -> None:
    job = cancel_job(marketer, start_job(marketer, "test_add", {"numbers": []}).pk)
    assert job.state == "cancelled"
    assert not make_runner().run_next()


@pytest.mark.django_db(transaction=True)
def test_running_job_is_cancelled_when_it_reports(marketer: User) -> None:
    job = start_job(marketer, "test_work_on", {})
    runner = make_runner()
    working = threading.Thread(target=run_and_close, args=(runner,))
    working.start()
    while Job.objects.get(pk=job.pk).state != "running":
        working.join(0.02)
    cancel_job(marketer, job.pk)
    working.join(20)
    job.refresh_from_db()
    assert job.state == "cancelled"


@pytest.mark.django_db(transaction=True)
def test_job_goes_back_into_the_queue_when_the_worker_is_told_to_stop(marketer: User) -> None:
    job = start_job(marketer, "test_work_on", {})
    stopping = threading.Event()
    runner = JobRunner("one", stopping)
    working = threading.Thread(target=run_and_close, args=(runner,))
    working.start()
    while Job.objects.get(pk=job.pk).state != "running":
        working.join(0.02)
    stopping.set()
    working.join(20)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("queued", 0)


def run_and_close(runner: JobRunner) -> None:
    from django.db import connection

    runner.run_next()
    connection.close()


def test_two_workers_that_read_the_same_job_have_it_once(marketer: User) -> None:
    start_job(marketer, "test_add", {"numbers": []})
    now = timezone.now()
    first, second = claims.find_claimable(now), claims.find_claimable(now)
    assert claims.take(first, "one", now)
    assert not claims.take(second, "two", now)


def test_worker_not_heard_of_for_its_lease_loses_the_job_and_its_late_writes(
    marketer: User,
) -> None:
    start_job(marketer, "test_add", {"numbers": []})
    now = timezone.now()
    late = claims.find_claimable(now)
    assert claims.take(late, "one", now)
    assert claims.find_claimable(now + claims.LEASE / 2) is None
    after = now + claims.LEASE + timedelta(seconds=1)
    taken = claims.find_claimable(after)
    assert claims.take(taken, "two", after)
    running = RunningJob(late, threading.Event())
    with pytest.raises(LeaseLost), running.fenced():
        pytest.fail("must not get here")
    with pytest.raises(LeaseLost):
        running.report(1)
    assert not claims.renew(late, after)
    assert not claims.settle(late, "done", result="late")
    assert claims.settle(taken, "done", result="in time")
    assert Job.objects.get().result == "in time"


@pytest.mark.skipif(ON_POSTGRES, reason="PostgreSQL locks rows, not the database")
@pytest.mark.django_db(transaction=True)
def test_job_of_long_writes_lets_others_write_between_them(marketer: User) -> None:
    job = start_job(marketer, "test_add", {"numbers": []})
    now = timezone.now()
    assert claims.take(job, "one", now)
    running = RunningJob(job, threading.Event())
    written, writes = threading.Event(), 0

    def write() -> None:
        other = sqlite3.connect(connection.settings_dict["NAME"], 30, isolation_level=None)
        with closing(other):
            other.execute("UPDATE jobs_job SET text = 'other'")
        written.set()

    thread = threading.Thread(target=write)
    while not written.is_set() and writes < 20:
        with running.fenced():
            if not writes:
                thread.start()
            threading.Event().wait(LONG_WRITE_S * 3)
        writes += 1
    thread.join()
    assert writes < 5


def test_job_whose_worker_dies_each_time_is_given_up(marketer: User) -> None:
    job = start_job(marketer, "test_kill_me", {})
    now = timezone.now()
    for _ in range(3):
        now += claims.LEASE * 2
        assert claims.take(claims.find_claimable(now), "dies", now)
    make_runner(Clock(now + claims.LEASE * 2)).run_next()
    job.refresh_from_db()
    assert job.state == "failed"
    assert "given up" in job.error


@pytest.mark.parametrize(
    "jump",
    [
        timedelta(hours=1), timedelta(hours=-1), timedelta(seconds=1), timedelta(days=-20_000),
        datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC) - NOON,
        datetime(2100, 1, 1, tzinfo=UTC) - NOON,
    ],
)  # fmt: skip
def test_clock_jump_neither_stalls_a_job_nor_runs_it_twice(marketer: User, jump: timedelta) -> None:
    clock = Clock(NOON)
    runner = make_runner(clock)
    waiting = Job.objects.create(kind="test_add", arguments={"numbers": [1]}, due_at=NOON)
    abandoned = Job.objects.create(kind="test_add", arguments={"numbers": [2]}, due_at=NOON)
    Job.objects.filter(pk=abandoned.pk).update(state="running", lease_until=NOON + claims.LEASE)
    clock.at = NOON + jump
    for _ in range(2):
        runner.run_next()
        clock.at += claims.LEASE * 2
    runner.run_next()
    for job in (waiting, abandoned):
        job.refresh_from_db()
        assert (job.state, job.attempts) == ("done", 1)
    assert not runner.run_next()


def test_day_of_the_clock_change_is_a_day_like_any_other(settings, marketer: User) -> None:
    settings.TIME_ZONE = "Europe/Riga"
    clock = Clock(datetime(2026, 3, 29, 0, 59, 50, tzinfo=UTC))
    with timezone.override("Europe/Riga"):
        job = Job.objects.create(kind="test_crash", due_at=clock.at)
        runner = make_runner(clock)
        runner.run_next()
        job.refresh_from_db()
        assert job.due_at - clock.at == timedelta(seconds=5)
        clock.at += timedelta(seconds=4)
        assert not runner.run_next()
        clock.at += timedelta(seconds=2)
        assert runner.run_next()


def test_jobs_of_others_are_seen_by_admins_only(marketer: User) -> None:
    job = start_job(marketer, "test_add", {"numbers": []})
    other = User.objects.create(email="o@example.com", name="O", role=Role.MARKETER)
    admin = User.objects.create(email="a@example.com", name="A", role=Role.ADMIN)
    assert list_jobs(other) == []
    with pytest.raises(Job.DoesNotExist):
        get_job(other, job.pk)
    with pytest.raises(Job.DoesNotExist):
        cancel_job(other, job.pk)
    assert list_jobs(admin) == [job]


def test_report_writes_at_most_twice_a_second(marketer: User, django_assert_max_num_queries):
    start_job(marketer, "test_add", {"numbers": []})
    now = timezone.now()
    job = claims.find_claimable(now)
    claims.take(job, "one", now)
    at_s = [0.0]
    running = RunningJob(job, threading.Event(), lambda: at_s[0])
    with django_assert_max_num_queries(4):
        for number in range(100):
            at_s[0] = number / 100
            running.report(number, 100)
