"""Health and metrics: for monitors, and what they say to others."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from suppilo.apps.accounts.models import Role, User
from suppilo.apps.accounts.services.tokens import make_token
from suppilo.apps.jobs.models import Heartbeat
from suppilo.apps.operations.health import Readiness
from suppilo.web.views import health

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _look_anew(monkeypatch) -> None:
    monkeypatch.setattr(health, "_readiness", Readiness())


def beat(age: timedelta = timedelta(0)) -> None:
    at = timezone.now() - age
    Heartbeat.objects.create(name="host:1", role="worker", at=at, started_at=at)


def test_live_says_so_without_the_database(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert client.get("/health/live").json() == {"status": "ok"}


def test_ready_with_a_worker_is_green(client: Client) -> None:
    beat()
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert set(answer.json()["signs"].values()) == {"ok"}


def test_ready_without_a_worker_is_red_with_a_reason(client: Client) -> None:
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert "no worker" in answer.json()["signs"]["worker"]


def test_silent_worker_is_red_and_one_from_before_the_clock_was_put_back_is_not(
    client: Client,
) -> None:
    beat(timedelta(minutes=2))
    assert client.get("/health/ready").status_code == 503
    Heartbeat.objects.update(at=timezone.now() + timedelta(hours=1))
    health._readiness = Readiness()
    assert client.get("/health/ready").status_code == 200


def test_others_hear_no_reasons(client: Client) -> None:
    answer = client.get("/health/ready", REMOTE_ADDR="203.0.113.5")
    assert answer.json()["signs"]["worker"] == "failing"


def test_readiness_is_looked_at_once_a_second_at_most(django_assert_max_num_queries) -> None:
    readiness = Readiness()
    readiness.look()
    with django_assert_max_num_queries(0):
        readiness.look()


def test_metrics_hold_the_figures(client: Client) -> None:
    beat()
    text = client.get("/metrics").content.decode()
    for name in ("inbox_events", "flush_lag_seconds", "jobs_waiting", "wal_bytes",
                 "disk_free_bytes", "worker_silence_seconds"):  # fmt: skip
        assert f"suppilo_{name} " in text


@pytest.mark.parametrize(
    ("extra", "status"),
    [
        ({}, 200),
        ({"REMOTE_ADDR": "203.0.113.5"}, 403),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"}, 403),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=10.0.0.1"}, 403),
        ({"REMOTE_ADDR": "::1"}, 200),
    ],
)
def test_metrics_are_for_this_machine_only(client: Client, extra: dict, status: int) -> None:
    assert client.get("/metrics", **extra).status_code == status


def test_metrics_are_for_admins_tokens_and_no_others(client: Client) -> None:
    for role, status in ((Role.ADMIN, 200), (Role.ANALYST, 403)):
        user = User.objects.create(email=f"{role}@example.com", name=role, role=role)
        _, token = make_token(user, "prometheus")
        headers = {"authorization": f"Bearer {token}"}
        answer = client.get("/metrics", headers=headers, REMOTE_ADDR="203.0.113.5")
        assert answer.status_code == status
