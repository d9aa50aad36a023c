"""Rows about people of whom nothing is kept stay out, whatever kind of file they come in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.test import Client

from import_support.bringing import bring_in, check, run, undo
from ops_support.senders import in_home
from ops_support.server_homes import server_home
from suppilo.analytics.events import ALL_PATHS
from suppilo.apps.accounts.models import Role, User
from suppilo.apps.activities.models import Activity
from suppilo.apps.capture.services import allow_identifier, suppress_identifiers
from suppilo.apps.deals.models import Deal
from suppilo.apps.imports import services
from suppilo.apps.imports.models import Import
from suppilo.apps.people.models import Identifier
from suppilo.apps.pipelines.services import make_pipeline
from suppilo.lake import Lake, LakeSource

pytestmark = pytest.mark.django_db(transaction=True)

EVENTS = b"""user_id,event,timestamp,email
u1,view,2026-03-01T10:00:00Z,ada@example.com
u2,view,2026-03-01T11:00:00Z,
u1,buy,2026-03-02T10:00:00Z,ada@example.com
u3,view,yesterday,
"""
PEOPLE = b"""First Name,Last Name,Email,Record ID
Ada,Lovelace,ADA@example.com,1
Grace,Hopper,grace@example.com,2
Joan,Clarke,joan@example.com,3
"""
DEALS = b"""deal_id,deal_name,stage,amount,created,email
17,Pumps,New,100,2026-01-05T10:00:00Z,ada@example.com
18,Filters,New,200,2026-01-06T10:00:00Z,grace@example.com
"""
ACTIVITIES = b"""activity_id,type,subject,due_date,email
1,call,First call,2026-01-06,ada@example.com
2,task,Send the list,2026-01-08,grace@example.com
"""
_SUPPRESS = """
import django; django.setup()
from suppilo.apps.accounts.models import Role, User
from suppilo.apps.capture.services import suppress_identifiers
suppress_identifiers(User.objects.create(email="a@example.com", role=Role.ADMIN), ["u1"])
"""


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path) -> Path:
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    return tmp_path


@pytest.fixture
def head() -> User:
    return User.objects.create(email="head@example.com", name="Hedda", role=Role.HEAD_OF_SALES)


def read_rows(lake: Path) -> dict[str, list[str]]:
    """Return whose each event's rows are."""
    source = LakeSource(Lake.create(lake))
    tables = {name: source.read(name, ALL_PATHS) for name in source.event_names()}
    return {
        name: sorted(source.describe_rows(table.first_row + np.arange(len(table.path)))["path"])
        for name, table in tables.items()
    }


def check_events(actor: User) -> Import:
    made = services.upload_file(actor, "events.csv", [EVENTS])
    return check(actor, made)


def bring_events(actor: User) -> Import:
    return run(actor, services.upload_file(actor, "events.csv", [EVENTS]))


def test_events_of_a_suppressed_person_are_left_out_and_counted(
    head: User, folder: Path, client: Client
) -> None:
    suppress_identifiers(head, ["u1"])
    checked = check_events(head)
    assert (checked.counts["events"], checked.counts["suppressed"]) == (1, 2)
    made = bring_events(head)
    assert (made.counts["events"], made.counts["written"]) == (1, 1)
    assert (made.counts["suppressed"], made.counts["rejected"]) == (2, 1)
    assert read_rows(folder / "lake") == {"view": ["u2"]}
    assert list(Identifier.objects.values_list("value", flat=True)) == ["u2"]
    assert b"u1" not in made.rejects.read_bytes()
    client.force_login(head)
    assert "Suppressed rows" in client.get(f"/imports/{made.pk}/").content.decode()


@pytest.mark.parametrize("column", [b"email", b"Email", b"$email", b"E-Mail"])
@pytest.mark.parametrize("known_by", ["ada@example.com", "Ada@Example.com"])
def test_events_are_left_out_by_an_address_that_they_say(
    head: User, folder: Path, column: bytes, known_by: str
) -> None:
    suppress_identifiers(head, [known_by])
    rows = EVENTS.replace(b"email", column).replace(b"ada@", b" Ada@").replace(b"@ex", b"@Ex")
    made = run(head, services.upload_file(head, "events.csv", [rows]))
    assert (made.counts["written"], made.counts["suppressed"]) == (1, 2)
    assert read_rows(folder / "lake") == {"view": ["u2"]}
    assert list(Identifier.objects.values_list("value", flat=True)) == ["u2"]


def test_file_with_nobody_else_brings_nothing(head: User, folder: Path) -> None:
    suppress_identifiers(head, ["u1", "u2"])
    made = bring_events(head)
    assert (made.state, made.counts["written"], made.counts["suppressed"]) == ("done", 0, 3)
    assert read_rows(folder / "lake") == {}


def test_file_comes_in_whole_where_its_people_are_allowed_again(head: User, folder: Path) -> None:
    from suppilo.apps.capture.models import Suppression

    suppress_identifiers(head, ["u1"])
    made = bring_events(head)
    allow_identifier(head, Suppression.objects.get().pk)
    undo(head, made)
    assert bring_events(head).counts["suppressed"] == 0
    assert read_rows(folder / "lake") == {"buy": ["u1"], "view": ["u1", "u2"]}


@pytest.mark.parametrize("known_by", ["ada@example.com", "ADA@example.com", "1", "file:1"])
def test_people_are_known_by_their_address_as_written_and_by_their_number(
    head: User, known_by: str
) -> None:
    suppress_identifiers(head, [known_by])
    made = bring_in(head, PEOPLE, kind="people")
    assert made.counts["done"] == {"made": 2, "suppressed": 1}
    assert not Identifier.objects.filter(value__contains="ada").exists()


def test_deal_is_kept_without_its_contact_and_an_activity_is_not(
    head: User, client: Client
) -> None:
    pipeline = make_pipeline(head, "Business", "b2b")
    suppress_identifiers(head, ["ada@example.com"])
    made = bring_in(head, DEALS, kind="deals", pipeline=pipeline.pk)
    assert made.counts["done"] == {"made": 2, "contacts_suppressed": 1}
    contacts = dict(Deal.objects.values_list("name", "participants__contact__value"))
    assert contacts == {"Pumps": None, "Filters": "grace@example.com"}
    tasks = bring_in(head, ACTIVITIES, kind="activities")
    assert tasks.counts["done"] == {"made": 1, "suppressed": 1}
    assert Activity.objects.get().subject == "Send the list"
    client.force_login(head)
    pages = [client.get(f"/imports/{one.pk}/").content.decode() for one in Import.objects.all()]
    assert sum("of whom nothing is kept" in page for page in pages) == 2


def test_command_leaves_them_out_of_a_servers_own_lake_and_of_no_other(tmp_path: Path) -> None:
    with server_home(tmp_path / "home") as home:
        in_home(home, _SUPPRESS)
        file = tmp_path / "events.csv"
        file.write_bytes(EVENTS)
        rejects = ("--rejects", str(tmp_path / "rejected.csv"))
        done = home.run("import", str(file), "--lake", str(home.folder / "lake"), *rejects)
        assert "1 event recorded" in done.stdout
        assert "2 rows left out, about people of whom nothing is kept" in done.stdout
        assert read_rows(home.folder / "lake") == {"view": ["u2"]}
        home.run("import", str(file), "--lake", str(tmp_path / "own"), *rejects)
        assert read_rows(tmp_path / "own") == {"buy": ["u1"], "view": ["u1", "u2"]}
