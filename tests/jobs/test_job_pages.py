"""The pages and the API of jobs: they work, ask for a log-in, and hide what is not yours."""

from __future__ import annotations

import pytest
from django.test import Client

import ops_support.job_kinds  # noqa: F401 (registers the kinds)
from suppilo.apps.accounts.models import Role, User
from suppilo.apps.accounts.services.tokens import make_token
from suppilo.apps.jobs.models import Job
from suppilo.apps.jobs.services import start_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer() -> User:
    return User.objects.create(email="m@example.com", name="Mara", role=Role.MARKETER)


@pytest.fixture
def page(marketer: User) -> Client:
    client = Client()
    client.force_login(marketer)
    return client


def test_list_shows_ones_jobs_with_their_states(page: Client, marketer: User) -> None:
    start_job(marketer, "test_add", {"numbers": []}, title="Import of shop.csv")
    shown = page.get("/jobs/").content.decode()
    assert "Import of shop.csv" in shown
    assert "Waiting" in shown


def test_empty_list_says_what_will_be_there(page: Client) -> None:
    assert "appear here" in page.get("/jobs/").content.decode()


def test_long_list_is_paged_by_a_signed_cursor(page: Client, marketer: User) -> None:
    Job.objects.bulk_create(Job(kind="k", title=f"job-{n}.", owner=marketer) for n in range(60))
    first = page.get("/jobs/")
    assert "job-59." in first.content.decode()
    assert "job-9." not in first.content.decode()
    second = page.get("/jobs/", {"page": first.context["page"].next}).content.decode()
    assert "job-9." in second
    assert "job-59." not in second
    assert page.get("/jobs/", {"page": "forged"}).status_code == 200


def test_list_asks_the_database_a_bounded_number_of_times(
    page: Client, marketer: User, django_assert_max_num_queries
) -> None:
    Job.objects.bulk_create(Job(kind="k", title="t", owner=marketer) for _ in range(50))
    with django_assert_max_num_queries(6):
        page.get("/jobs/")


def test_running_job_asks_for_its_progress_again(page: Client, marketer: User) -> None:
    job = start_job(marketer, "test_add", {"numbers": []})
    Job.objects.filter(pk=job.pk).update(state="running", done=12345, total=20000, text="Reading")
    shown = page.get(f"/jobs/{job.pk}/progress/").content.decode()
    assert f'hx-get="/jobs/{job.pk}/progress/"' in shown
    assert 'value="12345" max="20000"' in shown
    assert "Reading" in shown


def test_page_is_loaded_anew_when_its_job_has_ended(page: Client, marketer: User) -> None:
    job = start_job(marketer, "test_add", {"numbers": []})
    Job.objects.filter(pk=job.pk).update(state="failed", error="No column with a time.")
    assert "HX-Refresh" in page.get(f"/jobs/{job.pk}/progress/", HTTP_HX_REQUEST="true")
    shown = page.get(f"/jobs/{job.pk}/").content.decode()
    assert "No column with a time." in shown
    assert 'hx-get="/jobs/' not in shown


def test_title_from_a_file_name_is_text(page: Client, marketer: User) -> None:
    job = start_job(marketer, "test_add", {"numbers": []}, title="<script>alert(1)</script>")
    for path in ("/jobs/", f"/jobs/{job.pk}/"):
        assert "<script>alert" not in page.get(path).content.decode()


def test_cancel_button_cancels(page: Client, marketer: User) -> None:
    job = start_job(marketer, "test_add", {"numbers": []})
    assert "/cancel/" in page.get(f"/jobs/{job.pk}/").content.decode()
    assert page.get(f"/jobs/{job.pk}/cancel/").status_code == 405
    assert page.post(f"/jobs/{job.pk}/cancel/").status_code == 302
    job.refresh_from_db()
    assert job.state == "cancelled"


def test_others_get_404_and_strangers_the_log_in(page: Client, marketer: User) -> None:
    job = start_job(marketer, "test_add", {"numbers": []})
    other = Client()
    other.force_login(User.objects.create(email="o@example.com", name="O", role=Role.HEAD_OF_SALES))
    assert other.get("/jobs/").status_code == 200
    for path in (f"/jobs/{job.pk}/", f"/jobs/{job.pk}/progress/"):
        assert other.get(path).status_code == 404
        assert Client().get(path).status_code == 302
    assert other.post(f"/jobs/{job.pk}/cancel/").status_code == 404
    assert Client().post(f"/jobs/{job.pk}/cancel/").status_code == 302


def test_api_shows_lists_and_cancels(marketer: User) -> None:
    job = start_job(marketer, "test_add", {"numbers": []})
    _, token = make_token(marketer, "test")
    headers = {"authorization": f"Bearer {token}"}
    found = Client().get(f"/api/jobs/{job.pk}", headers=headers).json()
    assert (found["id"], found["state"]) == (job.pk, "queued")
    assert [row["id"] for row in Client().get("/api/jobs", headers=headers).json()] == [job.pk]
    cancelled = Client().post(f"/api/jobs/{job.pk}/cancel", headers=headers)
    assert cancelled.json()["state"] == "cancelled"
    assert Client().get("/api/jobs/999999", headers=headers).status_code == 404
    assert Client().get(f"/api/jobs/{job.pk}").status_code == 401
