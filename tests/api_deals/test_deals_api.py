"""Deals through the API: read, opened, changed, moved; what is refused, and how it is said."""

import json
from decimal import Decimal

import pytest

from suppilo.apps.accounts.models import Role, Team, User
from suppilo.apps.accounts.services.tokens import make_token
from suppilo.apps.calls.models import KeyedCall
from suppilo.apps.deals.models import Deal, StageChange, Waiver
from suppilo.apps.deals.services import NewDeal, NewParticipant, open_deal
from suppilo.apps.pipelines.models import Pipeline
from suppilo.apps.pipelines.services import make_pipeline

pytestmark = pytest.mark.django_db
NEXT = {"next_step": "Call", "next_step_at": "2026-12-24T10:00:00Z"}


class Program:
    """Calls the API as somebody's program does."""

    def __init__(self, client, user):
        self._client, self.user = client, user
        self._token = make_token(user, "Test")[1]

    def call(self, method, path, body=None, key=""):
        headers = {"Authorization": f"Bearer {self._token}"}
        headers |= {"Idempotency-Key": key} if key else {}
        data = "" if body is None else json.dumps(body)
        return self._client.generic(
            method, f"/api{path}", data, content_type="application/json", headers=headers
        )

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, body, key=""):
        return self.call("POST", path, body, key)


@pytest.fixture
def head(client):
    user = User.objects.create(email="head@example.com", name="Hedda", role=Role.HEAD_OF_SALES)
    return Program(client, user)


@pytest.fixture
def seller(client):
    user = User.objects.create(email="s@example.com", name="Selma", role=Role.SALESPERSON)
    user.teams.add(Team.objects.create(name="North"))
    return Program(client, user)


@pytest.fixture
def pipeline(head) -> Pipeline:
    return make_pipeline(head.user, "Business", "b2b")


def a_deal(user, pipeline, name="Pumps", **fields) -> Deal:
    return open_deal(user, NewDeal(name, pipeline.pk, **fields), source="bulk")


def test_deal_is_opened_read_and_changed(head, pipeline):
    body = {"name": "Pumps", "pipeline_id": pipeline.pk, "amount": "1200.50", **NEXT,
            "contacts": [{"identifier": "ada@example.com", "name": "Ada", "is_main": True}],
            "items": [{"description": "Pump", "quantity": "2", "unit_price": "100",
                       "discount": "0.1"}]}  # fmt: skip
    answer = head.post("/deals", body)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["stage"], Decimal(made["amount"]), made["owner"]["name"]) == ("new", 180, "Hedda")
    answer = head.call("PATCH", f"/deals/{made['id']}", {"tags": ["fair"], "revision": 99})
    assert (answer.status_code, answer.json()["code"]) == (409, "changed")
    revision = answer.json()["revision"]
    answer = head.call("PATCH", f"/deals/{made['id']}", {"tags": ["fair"], "revision": revision})
    assert answer.json()["tags"] == ["fair"]
    people = head.get(f"/deals/{made['id']}/participants").json()
    assert [(one["identifier"], one["name"]) for one in people] == [("ada@example.com", "Ada")]
    assert len(head.get(f"/deals/{made['id']}/items").json()) == 1


def test_open_deal_needs_a_next_step_and_no_field_that_there_isnt(head, pipeline):
    body = {"name": "Pumps", "pipeline_id": pipeline.pk}
    answer = head.post("/deals", body)
    assert answer.status_code == 422
    assert "to be done next" in answer.json()["message"]
    answer = head.post("/deals", {**body, **NEXT, "colour": "red"})
    assert answer.status_code == 422
    assert "colour" in answer.json()["message"]


def test_closed_gate_answers_409_with_what_is_missing(head, pipeline):
    deal = a_deal(head.user, pipeline)
    answer = head.post(f"/deals/{deal.pk}/moves", {"stage": "qualified"})
    assert answer.status_code == 409
    said = answer.json()
    assert said["code"] == "gate_closed"
    (finding,) = said["findings"]
    assert (finding["kind"], finding["is_met"], finding["fix"]) == (
        "participant", False, "participants",
    )  # fmt: skip
    assert StageChange.objects.filter(deal=deal).count() == 1
    gates = head.get(f"/deals/{deal.pk}/gates?stage=qualified").json()
    assert [one["is_met"] for one in gates] == [False]


def test_bulk_move_leaves_deals_whose_gate_is_closed(head, pipeline):
    closed = a_deal(head.user, pipeline)
    ready = a_deal(head.user, pipeline, "Valves", contacts=(NewParticipant("ada@example.com"),))
    body = {"deals": [closed.pk, ready.pk, 10**9], "stage": "qualified"}
    found = head.post("/deals/moves", body).json()
    assert [one["is_done"] for one in found] == [False, True, False]
    assert Deal.objects.get(pk=closed.pk).stage.key == "new"
    assert StageChange.objects.get(deal=ready, number=2).source == "api"


def test_reason_of_a_waiver_is_given_in_bulk_and_at_a_hand_over(head, pipeline):
    deal = a_deal(head.user, pipeline)
    body = {"deals": [deal.pk], "stage": "qualified", "waiver": "Known for years"}
    assert head.post("/deals/moves", body).json()[0]["is_done"]
    other = make_pipeline(head.user, "Other", "b2b", currency="EUR")
    over = {"pipeline_id": other.pk, "stage": "qualified", "waiver": "They ordered before"}
    answer = head.post(f"/deals/{deal.pk}/hand-over", {**over, "waiver": ""})
    assert answer.status_code == 409
    other.current.skipping = "allowed"
    other.current.save()
    answer = head.post(f"/deals/{deal.pk}/hand-over", over)
    assert (answer.status_code, answer.json()["kind"]) == (201, "hand_over")
    reasons = Waiver.objects.values_list("reason", flat=True).distinct()
    assert set(reasons) == {"Known for years", "They ordered before"}


def test_deal_is_opened_with_a_probability_and_its_reason(head, pipeline):
    body = {"name": "Pumps", "pipeline_id": pipeline.pk, "probability": "0.6", **NEXT}
    answer = head.post("/deals", body)
    assert answer.status_code == 422
    assert "Say why the probability" in answer.content.decode()
    made = head.post("/deals", {**body, "probability_reason": "An old client"}).json()
    assert Decimal(made["probability"]) == Decimal("0.6")
    assert Deal.objects.get().probability_reason == "An old client"


def test_administrator_passes_no_gate_without_a_waiver(head, client, pipeline):
    admin = User.objects.create(email="a@example.com", name="Adam", role=Role.ADMIN)
    program, deal = Program(client, admin), a_deal(head.user, pipeline)
    move = {"stage": "qualified"}
    assert program.post(f"/deals/{deal.pk}/moves", move).status_code == 409
    waived = {**move, "waiver": "They signed on paper"}
    assert program.post(f"/deals/{deal.pk}/moves", waived).status_code == 403
    assert head.post(f"/deals/{deal.pk}/moves", waived).status_code == 201
    moves = head.get(f"/deals/{deal.pk}/moves").json()
    assert [one["to_stage"] for one in moves] == ["new", "qualified"]
    assert moves[1]["evidence"][0]["waived"] is True


def test_deal_of_others_is_not_there(head, seller, pipeline):
    deal = a_deal(head.user, pipeline)
    for method, path, body in [
        ("GET", "", None), ("PATCH", "", {"tags": []}), ("GET", "/moves", None),
        ("POST", "/moves", {"stage": "lost"}), ("GET", "/items", None),
        ("PUT", "/items", {"items": []}), ("POST", "/participants", {"identifier": "x@y.ee"}),
    ]:  # fmt: skip
        assert seller.call(method, f"/deals/{deal.pk}{path}", body).status_code == 404
    assert seller.get("/deals").json()["deals"] == []


def test_salesperson_gives_only_own_deals_away(head, seller, pipeline):
    mate = User.objects.create(email="m@example.com", name="Mate", role=Role.SALESPERSON)
    mate.teams.add(Team.objects.get())
    of_mate, own = a_deal(mate, pipeline), a_deal(seller.user, pipeline, "Own")
    answer = seller.call("PATCH", f"/deals/{of_mate.pk}", {"owner_id": seller.user.pk})
    assert answer.status_code == 403
    answer = seller.call("PATCH", f"/deals/{own.pk}", {"owner_id": mate.pk})
    assert answer.json()["owner"]["name"] == "Mate"
    answer = head.call("PATCH", f"/deals/{of_mate.pk}", {"owner_id": seller.user.pk})
    assert answer.json()["owner"]["name"] == "Selma"


def test_pages_go_on_where_the_one_before_ended(head, pipeline, django_assert_max_num_queries):
    for number in range(5):
        a_deal(head.user, pipeline, f"Deal {number}")
    with django_assert_max_num_queries(8):
        first = head.get("/deals?order=name&limit=2").json()
    second = head.get(f"/deals?order=name&limit=2&page={first['next']}").json()
    third = head.get(f"/deals?order=name&limit=2&page={second['next']}").json()
    names = [deal["name"] for page in (first, second, third) for deal in page["deals"]]
    assert names == [f"Deal {number}" for number in range(5)]
    assert third["next"] == ""
    forged = head.get("/deals?order=name&limit=2&page=forged").json()
    assert forged["deals"][0]["name"] == "Deal 0"


def test_same_call_under_the_same_key_is_done_once(head, pipeline):
    body = {"name": "Pumps", "pipeline_id": pipeline.pk, **NEXT}
    first = head.post("/deals", body, key="k1")
    again = head.post("/deals", body, key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Deal.objects.count() == 1
    other = head.post("/deals", {**body, "name": "Valves"}, key="k1")
    assert other.status_code == 422
    assert "another call" in other.json()["message"]
    assert Deal.objects.count() == 1


def test_refused_call_may_be_sent_again_under_its_key(head, pipeline):
    body = {"name": "Pumps", "pipeline_id": pipeline.pk}
    assert head.post("/deals", body, key="k2").status_code == 422
    assert not KeyedCall.objects.exists()
    assert head.post("/deals", {**body, **NEXT}, key="k2").status_code == 201


def test_key_of_one_user_is_nothing_to_another(head, seller, pipeline):
    body = {"name": "Pumps", "pipeline_id": pipeline.pk, **NEXT}
    assert head.post("/deals", body, key="k").status_code == 201
    assert seller.post("/deals", {**body, "name": "Own"}, key="k").status_code == 201
    assert head.post("/deals", body, key="x" * 201).status_code == 422


def test_pipeline_is_edited_as_json_and_the_preview_writes_nothing(head, seller, pipeline):
    a_deal(head.user, pipeline)
    whole = head.get(f"/pipelines/{pipeline.pk}").json()
    draft = whole["draft"]
    draft["stages"] = [one for one in draft["stages"] if one["key"] != "new"]
    preview = head.post(f"/pipelines/{pipeline.pk}/preview", {"draft": draft}).json()
    assert preview["makes_version"] is True
    assert [(one["key"], one["open_deals"], one["is_gone"]) for one in preview["stages"]] == [
        ("new", 1, True)
    ]
    body = {"draft": draft, "version": 1}
    assert seller.call("PUT", f"/pipelines/{pipeline.pk}", body).status_code == 403
    answer = head.call("PUT", f"/pipelines/{pipeline.pk}", body)
    assert answer.json()["pipeline"]["version"] == 2
    assert head.call("PUT", f"/pipelines/{pipeline.pk}", body).status_code == 422
    bad = head.post("/pipelines", {"draft": {"name": "X", "stages": "none"}})
    assert bad.status_code == 422


def test_activity_is_added_finished_and_listed(head, seller, pipeline):
    deal = a_deal(seller.user, pipeline)
    body = {"kind": "call", "subject": "Call Ada", "deal_id": deal.pk,
            "due_at": "2026-12-01T10:00:00Z"}  # fmt: skip
    made = seller.post("/activities", body, key="a").json()
    assert seller.post("/activities", body, key="a").json()["id"] == made["id"]
    done = seller.post(f"/activities/{made['id']}/finish", {"outcome": "reached"}).json()
    assert (done["outcome"], done["done_at"] is not None) == ("reached", True)
    found = head.get(f"/activities?deal={deal.pk}&state=done").json()["activities"]
    assert [one["id"] for one in found] == [made["id"]]
    assert seller.post("/activities", {**body, "deal_id": 10**9}).status_code == 404


def test_viewer_may_read_no_deals(client, head, pipeline):
    viewer = User.objects.create(email="v@example.com", name="V", role=Role.VIEWER)
    assert Program(client, viewer).get("/deals").status_code == 403
    assert Program(client, viewer).get("/pipelines").status_code == 403
