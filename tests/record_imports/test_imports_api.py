"""A file of deals brought in by a program: said what is what, checked, imported, taken back."""

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile

from import_support.bringing import work
from suppilo.apps.accounts.models import Role, User
from suppilo.apps.deals.models import Deal
from suppilo.apps.imports.models import Import
from suppilo.apps.pipelines.services import make_pipeline
from web_support.program import Program

pytestmark = pytest.mark.django_db(transaction=True)

DEALS = b"What,Where,Sum\nPumps,New,4514\nValves,Nowhere,12\nHoses,new,x\n"


@pytest.fixture
def program(client, head):
    cache.clear()
    make_pipeline(head, "Business", "b2b")
    return Program(client, head)


def send(program, content=DEALS, name="deals.csv", kind="deals", key=""):
    return program.upload(f"/imports?kind={kind}", SimpleUploadedFile(name, content), key)


def test_file_is_mapped_checked_imported_and_undone(program):
    made = send(program).json()
    url = f"/imports/{made['id']}"
    assert (made["kind"], made["state"]) == ("deals", "uploaded")
    mapping = program.get(f"{url}/mapping").json()
    assert [one["name"] for one in mapping["columns"]] == ["What", "Where", "Sum"]
    assert mapping["columns"][0]["values"] == ["Pumps", "Valves", "Hoses"]
    assert "amount" in [one["name"] for one in mapping["fields"]]
    columns = {"What": "name", "Where": "stage", "Sum": "amount"}
    said = program.put(f"{url}/options", {"columns": columns, "currency": "EUR"})
    assert said.json()["options"]["columns"] == columns
    assert program.post(f"{url}/check").json()["state"] == "checking"
    work()
    checked = program.get(url).json()
    assert checked["counts"]["done"] == {"made": 1, "rejected": 2}
    assert not Deal.objects.exists()
    (texts,) = program.get(f"{url}/mapping").json()["texts"]
    assert (texts["field"], [one["text"] for one in texts["texts"]]) == ("stage", ["Nowhere"])
    body = {"columns": columns, "currency": "EUR", "values": {"stage": {"Nowhere": "new"}},
            "waiver": "As it was there."}  # fmt: skip
    assert program.put(f"{url}/options", body).json()["options"]["waiver"] == "As it was there."
    assert program.post(f"{url}/run").json()["state"] == "running"
    work()
    done = program.get(url).json()
    assert (done["state"], done["counts"]["done"]["made"], done["has_rejected"]) == (
        "done", 2, True,
    )  # fmt: skip
    assert sorted(Deal.objects.values_list("name", flat=True)) == ["Pumps", "Valves"]
    rejected = b"".join(program.get(f"{url}/rejected").streaming_content).decode()
    assert "Hoses,new,x" in rejected
    assert program.delete(url).status_code == 409
    assert program.post(f"{url}/undo").json()["state"] == "undoing"
    work()
    assert not Deal.objects.exists()
    assert program.delete(url).status_code == 204
    assert program.get(url).status_code == 404


def test_what_can_not_be_read_is_refused_with_the_place(program):
    assert send(program, name="deals.exe").status_code == 422
    assert send(program, b"").status_code == 422
    assert program.post("/imports", {}).status_code == 422
    more = SimpleUploadedFile("deals.csv", DEALS), SimpleUploadedFile("more.csv", DEALS)
    assert program.upload("/imports", more).status_code == 422
    assert not Import.objects.exists()
    url = f"/imports/{send(program).json()['id']}"
    for columns, told in (
        ({"Whence": "name"}, "it has What, Where, Sum"), ({"What": "colour"}, "columns.What"),
    ):  # fmt: skip
        answer = program.put(f"{url}/options", {"columns": columns})
        assert (answer.status_code, told in answer.json()["message"]) == (422, True)
    assert program.put(f"{url}/options", {"timezone": "Mars/Base"}).status_code == 422
    assert program.put(f"{url}/options", {"colour": "red"}).status_code == 422


def test_same_upload_under_one_key_is_kept_once(program):
    first, again = (send(program, key="k") for _ in range(2))
    assert (first.status_code, again.json()) == (201, first.json())
    assert send(program, b"What\nPumps\n", key="k").status_code == 422
    assert Import.objects.count() == 1


def test_files_of_others_are_not_there(client, program):
    url = f"/imports/{send(program).json()['id']}"
    other = User.objects.create(email="o@example.com", name="Olga", role=Role.HEAD_OF_SALES)
    seller = User.objects.create(email="s@example.com", name="Selma", role=Role.SALESPERSON)
    assert Program(client, seller).get(url).status_code == 403
    stranger = Program(client, other)
    assert stranger.get(url).status_code == stranger.post(f"{url}/run").status_code == 404
    assert stranger.get("/imports").json()["imports"] == []
