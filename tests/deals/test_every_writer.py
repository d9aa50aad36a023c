"""Whoever moves a deal, and through whatever: a closed gate lets nobody through."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

import suppilo
from deals_support.deal_world import (
    PAGE,
    ago,
    asks,
    deal_in,
    draft,
    field,
    fresh,
    move,
    pipeline_of,
    stage,
    where,
)
from suppilo.apps.accounts.models import Role
from suppilo.apps.catalogue.models import DiscountLimit
from suppilo.apps.deals.errors import GateClosedError, MoveRefusedError
from suppilo.apps.deals.models import MoveSource, StageChange, Waiver
from suppilo.apps.deals.selectors import find_unsound
from suppilo.apps.deals.services import (
    NewDeal,
    NewItem,
    PastMove,
    advance_deal,
    change_deal,
    correct_move,
    hand_over_deal,
    import_history,
    move_deal,
    move_deals,
    open_deals,
    renew_version,
    replay_deals,
)
from suppilo.apps.pipelines.models import CriterionKind
from suppilo.apps.pipelines.services import edit_pipeline
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db

GATES = {
    "field": field("expected_close"),
    "participant": asks("participant", role="decision_maker"),
    "activity": asks("activity", activity="demo", outcome="agreed"),
    "document": asks("document", "contract", kind="contract"),
    "event": asks("event", event="quote_opened", scope="company"),
    "approval": asks("approval", roles=["owner"]),
    "discount": asks("discount"),
    "checklist": asks("checklist", label="Checked"),
}


LOWERED = (NewItem(description="Pump", unit_price=Decimal(9), discount=Decimal("0.2")),)


@pytest.fixture(params=GATES)
def closed(request):
    """Return a deal before a stage whose gate is closed, of each kind of gate."""
    DiscountLimit.objects.create(role=Role.SALESPERSON, rate=Decimal("0.1"))
    pipeline = pipeline_of(
        stage("a"), stage("b", GATES[request.param], advance="move"), stage("c"),
        skipping="allowed",
    )  # fmt: skip
    return deal_in(pipeline, items=LOWERED)


def test_each_kind_of_criterion_is_tried():
    assert set(GATES) == set(CriterionKind.values)


def test_no_source_passes_a_closed_gate_nor_jumps_over_it(closed):
    actors = (None, make_user("owner"), make_user("admin"))
    for source, key, actor in product(MoveSource.values, ("b", "c", "won"), actors):
        with pytest.raises(GateClosedError):
            move_deal(actor, closed.pk, key, source=source)
    assert (where(closed), closed.changes.count()) == ("a", 1)


def test_neither_bulk_nor_automation_passes_a_closed_gate(closed):
    owner = make_user("owner")
    (result,) = move_deals(owner, [closed.pk], "b")
    assert not result.is_done
    assert advance_deal(closed.pk, by="an event") is None
    change_deal(owner, closed.pk, {"campaign": "x"}, source=PAGE)
    assert where(closed) == "a"


def test_a_file_moves_a_deal_that_it_brought_past_no_gate_that_is_closed_now(closed):
    owner = make_user("owner")
    new = NewDeal("Brought", closed.pipeline_id, opened_at=ago(5), items=LOWERED)
    (deal,) = open_deals(owner, [new], source="import")
    for key in ("b", "c", "won"):
        with pytest.raises(GateClosedError):
            import_history(owner, deal.pk, [PastMove(key, timezone.now())], "import:1")
    seller = make_user("salesperson")
    type(deal).objects.filter(pk=deal.pk).update(owner=seller)
    with pytest.raises(PermissionDenied):
        import_history(seller, deal.pk, [PastMove("b", timezone.now())], "import:1", waiver="so")
    (change,) = import_history(
        owner, deal.pk, [PastMove("b", timezone.now())], "import:1", waiver="It is so over there."
    )
    assert (change.source, change.origin) == ("import", "import:1")
    assert Waiver.objects.get().reason == "It is so over there."


def past(*keys):
    return tuple(PastMove(key, ago(9 - place)) for place, key in enumerate(keys))


@pytest.mark.parametrize("keys", [
    ("b",), ("won",), ("a", "b"), ("b", "a", "c"), ("a", "c", "lost"), ("b", "disqualified"),
])  # fmt: skip
def test_no_file_puts_a_deal_past_a_closed_gate_unless_a_role_that_may_waives_it(closed, keys):
    owner, others = make_user("owner"), (None, make_user("admin"))
    new = NewDeal("Brought", closed.pipeline_id, history=past(*keys), items=LOWERED)
    (old,) = open_deals(None, [replace(new, history=past("a"))])
    for actor, waiver in [(owner, ""), *product(others, ("", "So it was."))]:
        with pytest.raises(GateClosedError):
            open_deals(actor, [new], waiver=waiver)
        with pytest.raises((GateClosedError, PermissionDenied)):
            import_history(actor, old.pk, past(*keys), "import:1", waiver=waiver)
    assert (type(closed).objects.count(), old.changes.count()) == (2, 1)
    (deal,) = open_deals(owner, [new], waiver="So it was.")
    import_history(owner, old.pk, past(*keys), "import:1", waiver="So it was.")
    for one in (deal, old):
        waiver = Waiver.objects.get(change__deal=one)
        assert (waiver.reason, waiver.by) == ("So it was.", owner)
        assert waiver.change == one.changes.latest("number")


def test_a_file_says_where_deals_were_that_stand_behind_a_closed_gate_no_more(closed):
    for keys in (("a", "lost"), ("lost",), ("a", "b", "a"), ("a", "won", "a")):
        new = NewDeal("Brought", closed.pipeline_id, history=past(*keys), items=LOWERED)
        (deal,) = open_deals(None, [new])
        assert where(deal) == keys[-1]
    assert not Waiver.objects.exists()


def test_neither_an_import_of_history_nor_a_correction_is_a_way_around(closed):
    owner = make_user("owner")
    with pytest.raises(MoveRefusedError, match="moved here"):
        import_history(owner, closed.pk, [PastMove("b", ago(0))], "import:1")
    with pytest.raises(GateClosedError):
        correct_move(owner, closed.pk, 1, "b", at=ago(1), reason="was there", source=PAGE)
    assert where(closed) == "a"


def test_neither_a_new_version_nor_another_pipeline_is_a_way_around(closed):
    owner = make_user("owner")
    kind = closed.pipeline.current.stages.get(key="b").criteria.get()
    gate = asks(kind.kind, kind.key, **kind.settings)
    edit_pipeline(owner, closed.pipeline_id, draft(stage("x"), stage("b", gate)))
    assert renew_version(owner, closed.pipeline_id, "all", {"a": "b"}, source=PAGE) == 0
    other = pipeline_of(stage("a", gate), name="Other")
    with pytest.raises(GateClosedError):
        hand_over_deal(owner, closed.pk, other.pk, "a", source=PAGE)
    assert (where(closed), fresh(closed).version.number) == ("a", 1)


def test_what_a_stage_asks_for_on_leaving_is_asked_at_a_hand_over(closed):
    owner, other = make_user("owner"), pipeline_of(name="Other")
    kind = closed.pipeline.current.stages.get(key="b").criteria.get()
    gate = asks(kind.kind, kind.key, "leave", **kind.settings)
    deal = deal_in(pipeline_of(stage("a", gate), name="Third"), items=LOWERED)
    with pytest.raises(GateClosedError):
        hand_over_deal(owner, deal.pk, other.pk, source=PAGE)
    change = hand_over_deal(owner, deal.pk, other.pk, source=PAGE, waiver="They know.")
    assert (change.evidence[0]["stage"], Waiver.objects.get().change) == ("a", change)


def test_losing_and_opening_again_is_no_way_around(closed):
    owner = make_user("owner")
    reason = closed.pipeline.lost_reasons.first()
    move(closed, "lost", owner, lost_reason_id=reason.pk)
    for key in ("b", "c"):
        with pytest.raises(MoveRefusedError, match="did not get further"):
            move(closed, key, owner, reason="they called")
    with pytest.raises(MoveRefusedError):
        move(closed, "won", owner, reason="they called")
    move(closed, "a", owner, reason="they called")
    with pytest.raises(GateClosedError):
        move(closed, "b", owner)


def test_only_roles_that_the_version_names_waive(closed):
    for role in set(Role.values) - {"owner", "head_of_sales"}:
        with pytest.raises((PermissionDenied, type(closed).DoesNotExist)):
            move(closed, "b", make_user(role), waiver="agreed by phone")
    assert not Waiver.objects.exists()
    change = move(closed, "b", make_user("head_of_sales"), waiver="agreed by phone")
    assert Waiver.objects.get().change == change


def test_a_waiver_by_nobody_is_none(closed):
    with pytest.raises(PermissionDenied):
        move_deal(None, closed.pk, "b", source="automation", waiver="it is late")


# --- nothing else writes where a deal is

_POSITION = {"stage", "stage_id", "state", "entered_at", "closed_at", "version", "version_id"}
_ALLOWED = {"apps/deals/services/positions.py"}
_BUILDERS = {"apps/deals/services/opening.py"}


def _writes(tree: ast.AST) -> list[int]:
    """Return the lines that set a deal's position: ``deal.stage = …``, ``.update(stage=…)``."""
    found = []
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AugAssign | ast.AnnAssign) else targets
        for target in targets:
            parts = target.elts if isinstance(target, ast.Tuple) else [target]
            found += [node.lineno for part in parts if _is_position(part)]
        if isinstance(node, ast.Call) and _updates_deals(node):
            found.append(node.lineno)
    return found


def _is_position(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr in _POSITION
        and isinstance(node.value, ast.Name)
        and "deal" in node.value.id
    )


def _updates_deals(node: ast.Call) -> bool:
    words = {word.arg for word in node.keywords}
    if not words & _POSITION or not isinstance(node.func, ast.Attribute | ast.Name):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
    text = ast.unparse(node.func)
    on_deals = re.match(r"Deal\.|deals\b", text) is not None
    return name == "Deal" or (name in ("update", "create") and on_deals)


def test_only_the_ledger_s_module_writes_where_a_deal_is():
    root = Path(suppilo.__file__).parent
    found = {}
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if "/migrations/" in name or "/selectors/" in name or name in _ALLOWED:
            continue
        text = path.read_text("utf-8")
        if "deal" not in text.lower():
            continue
        lines = _writes(ast.parse(text))
        if lines and name not in _BUILDERS:
            found[name] = lines
    assert found == {}


def test_only_the_ledger_s_modules_write_entries():
    root = Path(suppilo.__file__).parent
    makers = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("StageChange", "StageChange.objects.create")
    }
    assert makers == {"apps/deals/services/positions.py", "apps/deals/services/importing.py"}


def test_what_something_wrote_past_the_services_is_found_and_put_right():
    deal = deal_in(pipeline_of())
    other = deal_in(pipeline_of(name="Other"), name="Other")
    c = deal.version.stages.get(key="c")
    type(deal).objects.filter(pk=deal.pk).update(stage=c, state="won")
    (found,) = find_unsound()
    assert (found.number, found.says.state, found.has.stage_id) == (deal.number, "open", c.pk)
    assert replay_deals() == 1
    assert find_unsound() == []
    assert (where(deal), where(other)) == ("a", "a")
    StageChange.objects.filter(deal=other)._raw_delete("default")
    assert [one.says for one in find_unsound()] == [None]
    assert replay_deals() == 0
