"""The API of what-ifs: the CLI's JSON, and scenarios by program."""

import json
from urllib.parse import urlencode

import pytest
from django.test import Client

from cli.cli_calls import call
from web_support.accounts import bearer, make_user

pytestmark = pytest.mark.django_db

DEFINITION = {
    "of": "own",
    "levels": [{"name": "Visits", "count": 200, "times": 10}, {"name": "Calls", "count": 4},
               {"name": "Sales", "count": 1}],
    "value": 1000,
}  # fmt: skip


@pytest.fixture
def headers():
    return bearer(make_user("analyst"))


def get(path, headers, **query):
    return Client().get(f"/api/insights/{path}?{urlencode(query, doseq=True)}", headers=headers)


def keep(headers, **more):
    body = {"name": "Ten times", "definition": DEFINITION} | more
    return Client().post(
        "/api/insights/scenarios", body, content_type="application/json", headers=headers
    )


def test_answer_is_that_of_the_command_line(headers, capsys):
    query = {"level": ["Visits", "Calls", "Sales"], "count": [200, 4, 1], "times": [10],
             "value": 1000}  # fmt: skip
    found = get("what-if", headers, **query).json()
    printed = call(
        capsys, "what-if", "--stage", "Visits=200", "--stage", "Calls=4", "--stage", "Sales=1",
        "--expand", "Visits:x10", "--value", 1000, "--json",
    )  # fmt: skip
    told = json.loads(printed.out)
    assert {name: found[name] for name in told} == told
    assert [one["after"] for one in found["levels"]] == pytest.approx([2000, 40, 10])


def test_question_without_an_answer_is_refused(headers):
    refused = get("what-if", headers, level=["a", "b"], count=[10, 5], rate=["150"])
    assert refused.status_code == 422
    assert "must stay between 0 and 100 %" in refused.json()["message"]
    assert get("what-if", headers, of="funnel-999").status_code == 404
    viewer = bearer(make_user("viewer"))
    assert get("what-if", viewer, of="full").status_code == 403


def test_scenario_lives_through_the_api(headers):
    made = keep(headers, visibility="everyone").json()
    assert made["prediction"]["money_after"] == pytest.approx(10_000)
    assert made["definition"]["levels"][0]["times"] == 10
    stranger = bearer(make_user("viewer"))
    assert [one["id"] for one in get("scenarios", stranger).json()["scenarios"]] == [made["id"]]
    assert get(f"scenarios/{made['id']}", stranger).json()["name"] == "Ten times"
    address = f"/api/insights/scenarios/{made['id']}"
    assert Client().delete(address, headers=stranger).status_code == 403
    assert Client().delete(address, headers=headers).status_code == 204
    assert get(f"scenarios/{made['id']}", headers).status_code == 404


def test_private_scenario_is_not_there_for_others(headers):
    made = keep(headers).json()
    stranger = bearer(make_user("analyst"))
    for path in (f"scenarios/{made['id']}", f"scenarios/{made['id']}/check"):
        assert get(path, stranger).status_code == 404
    address = f"/api/insights/scenarios/{made['id']}"
    assert Client().delete(address, headers=stranger).status_code == 404


def test_check_puts_facts_beside_the_prediction(headers):
    made = keep(headers).json()
    found = get(f"scenarios/{made['id']}/check", headers, count=[1900, 40, 11]).json()
    assert [one["fact"] for one in found["levels"]] == [1900, 40, 11]
    assert [one["verdict"] for one in found["levels"]] == ["below", "within", "within"]
    assert get(f"scenarios/{made['id']}/check", headers, **{"from": "soon"}).status_code == 422


@pytest.mark.parametrize(
    "definition",
    [
        {"of": "own"},
        {"of": "own", "more": 1},
        {"of": 5},
        {"of": "own", "levels": {}},
        {"of": "own", "levels": [{"name": "a", "count": 10**400}, {"name": "b", "count": 1}]},
        {"of": "own", "levels": [{"name": "a", "count": True}, {"name": "b", "count": 1}]},
        {"of": "levels", "from": "2026-02-01", "to": "2026-01-01"},
        {"of": "levels", "from": "soon"},
    ],
)
def test_definition_that_says_nothing_sensible_is_refused(headers, definition):
    assert keep(headers, definition=definition).status_code == 422
