"""Files through the browser: uploaded, looked at, checked, brought in, undone."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from suppilo.analytics.events import ALL_PATHS
from suppilo.apps.accounts.models import Role, User
from suppilo.apps.imports import services, tasks
from suppilo.apps.imports.models import Import
from suppilo.apps.imports.people import read_evidence
from suppilo.apps.imports.reading import preview_file
from suppilo.apps.jobs import running
from suppilo.apps.jobs.runner import JobRunner
from suppilo.apps.people.evidence import Evidence
from suppilo.apps.people.models import Identifier, Person
from suppilo.apps.people.services import record_evidence
from suppilo.lake import Lake, LakeSource

pytestmark = pytest.mark.django_db(transaction=True)

SHOP = Path(__file__).parents[2] / "examples" / "shop" / "ecom.csv.gz"
ROWS = b"""user_id,event,timestamp,email,channel
u1,view,2026-03-01T10:00:00Z,ada@example.com,email
u1,buy,2026-03-02T10:00:00Z,ada@example.com,direct
u2,view,2026-03-01T11:00:00Z,,social
u3,view,yesterday,,social
"""


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path) -> Path:
    from dataclasses import replace

    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    return tmp_path


@pytest.fixture
def marketer() -> User:
    return User.objects.create(email="m@example.com", name="M", role=Role.MARKETER)


def work() -> None:
    """Do what waits to be done, as a worker does."""
    runner = JobRunner("test", threading.Event())
    while runner.run_next():
        pass


def bring_in(actor: User, content: bytes = ROWS, name: str = "events.csv") -> Import:
    made = services.upload_file(actor, name, [content])
    services.start_check(actor, made.pk)
    work()
    services.start_import(actor, made.pk)
    work()
    made.refresh_from_db()
    return made


def count_events(folder: Path) -> dict[str, int]:
    if not (folder / "lake").is_dir():
        return {}
    source = LakeSource(Lake.create(folder / "lake"))
    counts = {name: len(source.read(name, ALL_PATHS).path) for name in source.event_names()}
    return {name: count for name, count in counts.items() if count}


def test_check_counts_and_records_nothing(marketer: User, folder: Path) -> None:
    made = services.upload_file(marketer, "events.csv", [ROWS])
    services.start_check(marketer, made.pk)
    work()
    made.refresh_from_db()
    assert made.state == "checked"
    assert made.counts["events"] == 3
    assert made.counts["people"] == 2
    assert made.counts["names"] == {"view": 2, "buy": 1}
    assert made.counts["reasons"] == {"not a time": 1}
    assert count_events(folder) == {}
    assert not Person.objects.exists()


def test_import_records_events_and_people(marketer: User, folder: Path) -> None:
    made = bring_in(marketer)
    assert (made.state, made.counts["written"]) == ("done", 3)
    assert count_events(folder) == {"view": 2, "buy": 1}
    ada = Identifier.objects.get(value="u1").person
    assert ada.email == "ada@example.com"
    assert ada.events == 2
    assert (ada.first_channel, ada.last_channel) == ("email", "direct")


def test_rejected_rows_are_a_file(marketer: User, client: Client) -> None:
    made = bring_in(marketer)
    client.force_login(marketer)
    answer = client.get(f"/imports/{made.pk}/rejected.csv")
    text = b"".join(answer.streaming_content).decode()
    assert "not a time" in text
    assert "yesterday" in text
    assert text.splitlines()[1].startswith("events.csv,")
    assert made.stored_name not in text


def test_same_file_twice_changes_nothing(marketer: User, folder: Path) -> None:
    bring_in(marketer)
    before = list(Identifier.objects.values("value", "person_id"))
    again = bring_in(marketer, name="copy.csv")
    assert again.state == "done"
    assert again.counts["written"] == 0
    assert "nothing was changed" in again.error
    assert count_events(folder) == {"view": 2, "buy": 1}
    assert list(Identifier.objects.values("value", "person_id")) == before


def test_file_of_the_command_line_is_recognised(marketer: User, folder: Path) -> None:
    from suppilo.io.read import guess_mapping
    from suppilo.sources import record_files

    file = folder / "events.csv"
    file.write_bytes(ROWS)
    record_files([file], guess_mapping([file]).mapping, Lake.create(folder / "lake"))
    assert bring_in(marketer).counts["written"] == 0
    assert count_events(folder) == {"view": 2, "buy": 1}


def test_undo_takes_events_and_people_out(marketer: User, folder: Path) -> None:
    other = bring_in(marketer, b"user_id,event,timestamp\nu1,call,2026-03-05T10:00:00Z\n")
    made = bring_in(marketer)
    services.undo_import(marketer, made.pk)
    work()
    made.refresh_from_db()
    assert made.state == "undone"
    assert count_events(folder) == {"call": 1}
    assert [i.value for i in Identifier.objects.all()] == ["u1"]
    assert Identifier.objects.get().person.events == 1
    assert other.state == "done"


def test_undone_file_can_come_in_again(marketer: User, folder: Path) -> None:
    made = bring_in(marketer)
    services.undo_import(marketer, made.pk)
    work()
    assert bring_in(marketer).counts["written"] == 3
    assert count_events(folder) == {"view": 2, "buy": 1}
    assert Identifier.objects.filter(value="u1").exists()


def test_undo_of_a_repeated_import_leaves_the_first(marketer: User, folder: Path) -> None:
    bring_in(marketer)
    again = bring_in(marketer)
    services.undo_import(marketer, again.pk)
    work()
    assert count_events(folder) == {"view": 2, "buy": 1}
    assert Identifier.objects.count() == 2


def test_cancelled_import_is_taken_back(
    marketer: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = services.upload_file(marketer, "events.csv", [ROWS])
    services.start_import(marketer, made.pk)
    made.refresh_from_db()

    def cancel_meanwhile(*arguments: object, **options: object) -> object:
        services.cancel_import(marketer, made.pk)
        assert count_events(folder)
        return record_evidence(*arguments, **options)

    # Somebody presses the button between the events and the people.
    monkeypatch.setattr(tasks, "record_evidence", cancel_meanwhile)
    monkeypatch.setattr(running, "REPORT_EVERY_S", 0)
    monkeypatch.setattr(tasks, "read_evidence", lambda *a, **k: [*read_evidence(*a, **k)] * 2)
    work()
    made.refresh_from_db()
    assert made.state == "cancelled"
    assert count_events(folder) == {}
    assert not Identifier.objects.exists()


def test_import_that_waits_is_cancelled_at_once(marketer: User) -> None:
    made = services.upload_file(marketer, "events.csv", [ROWS])
    services.start_import(marketer, made.pk)
    assert services.cancel_import(marketer, made.pk).state == "cancelled"


def test_job_that_runs_twice_counts_once(marketer: User, folder: Path) -> None:
    from suppilo.apps.jobs.models import Job

    made = bring_in(marketer)
    Job.objects.filter(pk=made.job_id).update(state="queued", attempts=0)
    Import.objects.filter(pk=made.pk).update(state="running")
    work()
    made.refresh_from_db()
    assert made.state == "done"
    assert count_events(folder) == {"view": 2, "buy": 1}
    assert Identifier.objects.get(value="u1").person.events == 2


def test_real_shop_comes_in_as_the_command_counts_it(marketer: User, folder: Path) -> None:
    made = services.upload_file(marketer, "ecom.csv.gz", [SHOP.read_bytes()])
    services.set_options(marketer, made.pk, {"timezone": "UTC"})
    services.start_import(marketer, made.pk)
    work()
    made.refresh_from_db()
    assert (made.state, made.counts["events"]) == ("done", 31_106), made.error
    assert sum(count_events(folder).values()) == 31_106
    assert Person.objects.count() == made.counts["people"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("photo.png", b"\x89PNG", "can't be read"),
        ("empty.csv", b"", "empty"),
        ("..\\..\\evil.exe", b"MZ", "can't be read"),
    ],
)
def test_what_is_no_table_is_refused(
    marketer: User, folder: Path, name: str, content: bytes, said: str
) -> None:
    with pytest.raises(services.ImportRefusedError, match=said):
        services.upload_file(marketer, name, [content])
    assert not list(folder.glob("imports/*"))


def test_name_of_the_file_never_reaches_the_disk(marketer: User, folder: Path) -> None:
    made = services.upload_file(marketer, "../../../etc/passwd.csv", [ROWS])
    assert made.name == "passwd.csv"
    assert made.path.is_relative_to(folder / "imports")
    assert "passwd" not in str(made.path)


def test_problem_is_said_in_the_preview(folder: Path) -> None:
    file = folder / "x.csv"
    file.write_bytes(b"colour,size\nred,1\n")
    found = preview_file(file, {})
    assert found.columns == ("colour", "size")
    assert found.rows == (("red", "1"),)
    assert found.problem
    assert str(folder) not in found.problem


def test_broken_file_fails_with_its_reason(marketer: User) -> None:
    made = services.upload_file(marketer, "book.xlsx", [b"PK\x03\x04 not a workbook"])
    services.start_import(marketer, made.pk)
    work()
    made.refresh_from_db()
    assert made.state == "failed"
    assert "book.xlsx" in made.error
    assert made.stored_name not in made.error


def test_work_that_broke_off_can_be_begun_again(marketer: User) -> None:
    from suppilo.apps.jobs.models import Job

    made = services.upload_file(marketer, "events.csv", [ROWS])
    services.start_import(marketer, made.pk)
    made.refresh_from_db()
    Job.objects.filter(pk=made.job_id).update(state="failed", error="The process was killed.")
    assert services.close_ended(made).state == "failed"
    services.start_import(marketer, made.pk)
    work()
    made.refresh_from_db()
    assert made.state == "done"


def break_off(actor: User, made: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an import's job die each time once the lake has the events and people are known."""

    def record_and_die(*arguments: object, **options: object) -> None:
        record_evidence(*arguments, **options)
        raise RuntimeError("the machine is on fire")

    with monkeypatch.context() as patch:
        patch.setattr(tasks, "record_evidence", record_and_die)
        services.start_import(actor, made.pk)
        later = timezone.now()
        for _ in range(5):
            later += timedelta(minutes=10)
            JobRunner("test", threading.Event(), lambda at=later: at).run_next()
    made.refresh_from_db()
    services.close_ended(made)
    assert made.state == "failed"


def test_import_that_broke_off_for_good_can_be_taken_out(
    marketer: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = services.upload_file(marketer, "events.csv", [ROWS])
    break_off(marketer, made, monkeypatch)
    assert count_events(folder)
    with pytest.raises(services.ImportRefusedError, match="Undo"):
        services.delete_import(marketer, made.pk)
    services.undo_import(marketer, made.pk)
    work()
    assert count_events(folder) == {}
    assert not Identifier.objects.exists()
    services.delete_import(marketer, made.pk)


def test_import_that_broke_off_and_is_read_in_another_way_counts_once(
    marketer: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = services.upload_file(marketer, "events.csv", [ROWS])
    break_off(marketer, made, monkeypatch)
    services.set_options(marketer, made.pk, {"timezone": "Europe/Riga"})
    services.start_import(marketer, made.pk)
    work()
    assert count_events(folder) == {"view": 2, "buy": 1}


def test_same_file_after_an_import_that_broke_off_counts_once(
    marketer: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = services.upload_file(marketer, "events.csv", [ROWS])
    break_off(marketer, broken, monkeypatch)
    bring_in(marketer)
    assert Identifier.objects.get(value="u1").person.events == 2
    services.undo_import(marketer, broken.pk)
    work()
    assert count_events(folder) == {"view": 2, "buy": 1}


def test_undo_of_a_cancelled_file_that_came_in_otherwise_takes_nothing_out(
    marketer: User, folder: Path
) -> None:
    first = bring_in(marketer)
    Import.objects.filter(pk=first.pk).update(state="cancelled")
    again = bring_in(marketer)
    services.start_import(marketer, first.pk)
    work()
    services.undo_import(marketer, first.pk)
    work()
    again.refresh_from_db()
    assert again.state == "done"
    assert count_events(folder) == {"view": 2, "buy": 1}


def test_viewer_may_not_import() -> None:
    viewer = User.objects.create(email="v@example.com", name="V", role=Role.VIEWER)
    with pytest.raises(PermissionDenied):
        services.upload_file(viewer, "events.csv", [ROWS])


def test_imports_of_others_are_not_there(marketer: User, client: Client) -> None:
    head = User.objects.create(email="h@example.com", name="H", role=Role.HEAD_OF_SALES)
    made = services.upload_file(marketer, "events.csv", [ROWS])
    client.force_login(head)
    assert client.get(f"/imports/{made.pk}/").status_code == 404
    assert client.post(f"/imports/{made.pk}/run/").status_code == 404
    assert client.post(f"/imports/{made.pk}/delete/").status_code == 404
    assert "events.csv" not in client.get("/imports/").content.decode()


def test_pages_lead_from_upload_to_undo(marketer: User, client: Client) -> None:
    client.force_login(marketer)
    file = SimpleUploadedFile("=cmd|'<b>.csv", ROWS)
    page = client.post("/imports/new/", {"file": file}, follow=True)
    assert "&lt;b&gt;.csv" in page.content.decode()
    assert "ada@example.com" in page.content.decode()
    made = Import.objects.get()
    page = client.post(f"/imports/{made.pk}/check/", follow=True)
    assert "hx-trigger" in page.content.decode()
    work()
    assert client.get(f"/imports/{made.pk}/progress/").headers["HX-Refresh"] == "true"
    assert "Import 3 events" in client.get(f"/imports/{made.pk}/").content.decode()
    client.post(f"/imports/{made.pk}/run/")
    work()
    assert "Undo this import" in client.get(f"/imports/{made.pk}/").content.decode()
    client.post(f"/imports/{made.pk}/undo/")
    work()
    client.post(f"/imports/{made.pk}/delete/")
    assert "Nothing imported yet" in client.get("/imports/").content.decode()


def test_list_takes_a_fixed_number_of_queries(
    marketer: User, client: Client, django_assert_max_num_queries
) -> None:
    client.force_login(marketer)
    for n in range(12):
        services.upload_file(marketer, f"{n}.csv", [ROWS])
    with django_assert_max_num_queries(8):
        assert client.get("/imports/").status_code == 200


def test_people_of_a_file_are_written_in_short_transactions(
    marketer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite has one writer: an import of a million must not shut arriving events out."""
    told: list[int] = []

    def record(origin: str, evidence: Evidence) -> None:
        told.append(len(evidence.sightings))
        record_evidence(origin, evidence)

    monkeypatch.setattr(tasks, "record_evidence", record)
    rows = b"".join(b"p%d,view,2026-03-01T10:00:00Z\n" % number for number in range(2_500))
    bring_in(marketer, b"user_id,event,timestamp\n" + rows)
    assert told == [1_000, 1_000, 500]
    assert Person.objects.count() == 2_500
