"""Pipelines to start from.

The B2B probabilities and the "typical sale" are the field's common ones; every number can be
changed. Names are translated when a pipeline is made, keys never are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from suppilo.apps.pipelines.drafts import CriterionDraft, PipelineDraft, StageDraft
from suppilo.apps.pipelines.models import Advance, StageGroup, StageKind, Visibility

_TOP, _MIDDLE, _BOTTOM, _AFTER = StageGroup.values


@dataclass(frozen=True, slots=True)
class Template:
    """A pipeline to start from: what it is called and what it is for."""

    key: str
    name: str | Promise
    summary: str | Promise
    stages: Callable[[], tuple[StageDraft, ...]]
    visibility: str = Visibility.TEAM


def draft_from(template: str, name: str, currency: str = "EUR") -> PipelineDraft:
    """Return a pipeline made of a template; KeyError if there is none of this key."""
    chosen = TEMPLATES[template]
    return PipelineDraft(
        name=name,
        stages=(*chosen.stages(), *_endings()),
        currency=currency,
        visibility=chosen.visibility,
    )


def lost_reasons() -> list[str]:
    """Return the reasons that every new pipeline's list begins with."""
    return [
        _("Price"), _("A competitor"), _("No budget"), _("No decision"), _("Bad time"),
        _("Something they need is missing"), _("No answer any more"),
        pgettext("a lost deal", "Not our kind of client"), _("Entered twice"),
    ]  # fmt: skip


def _endings() -> tuple[StageDraft, ...]:
    won = Decimal(1)
    return (
        StageDraft("won", pgettext("a stage", "Won"), won, _AFTER, StageKind.WON),
        StageDraft("lost", pgettext("a stage", "Lost"), group=_AFTER, kind=StageKind.LOST),
        StageDraft(
            "disqualified", _("Disqualified"), group=_AFTER, kind=StageKind.DISQUALIFIED
        ),
    )  # fmt: skip


def _stage(
    key: str,
    name: str,
    percent: int,
    group: str,
    days: int,
    *criteria: CriterionDraft,
    advance: str = Advance.OFF,
) -> StageDraft:
    odds = Decimal(percent) / 100
    return StageDraft(
        key, name, odds, group, expected_days=days, advance=advance, criteria=criteria
    )


def _filled(field: str, text: str = "") -> CriterionDraft:
    settings = {"field": field, "op": "filled"} | ({"text": text} if text else {})
    return CriterionDraft(field.replace(".", "-"), "field", settings)


def _with(role: str, text: str = "") -> CriterionDraft:
    settings = {"role": role, "count": 1} | ({"text": text} if text else {})
    return CriterionDraft(role or "contact", "participant", settings)


def _done(activity: str) -> CriterionDraft:
    return CriterionDraft(f"{activity}-done", "activity", {"activity": activity, "outcome": ""})


def _seen(event: str, scope: str = "person", *, websites: bool = False) -> CriterionDraft:
    settings: dict[str, Any] = {"event": event, "scope": scope, "since": "opened"}
    settings |= {"websites": True} if websites else {}
    return CriterionDraft(event.replace("_", "-"), "event", settings)


def _ticked(key: str, label: str) -> CriterionDraft:
    return CriterionDraft(key, "checklist", {"label": label})


def _within_discount() -> CriterionDraft:
    return CriterionDraft("discount", "discount", {})


def _attached(kind: str) -> CriterionDraft:
    return CriterionDraft(f"{kind}-attached", "document", {"kind": kind})


def _b2b() -> tuple[StageDraft, ...]:
    return (
        _stage("new", pgettext("a stage", "New"), 5, _TOP, 5),
        _stage("qualified", _("Qualified"), 20, _TOP, 10, _with("")),
        _stage("demo", _("Demo"), 40, _MIDDLE, 14, _filled("company")),
        _stage("quote", _("Quote"), 50, _MIDDLE, 14, _done("demo"), _filled("amount")),
        _stage(
            "negotiation", _("Negotiation"), 75, _BOTTOM, 21,
            _filled("expected_close"), _within_discount(),
        ),
        _stage("contract", _("Contract"), 90, _BOTTOM, 14, _with("decision_maker")),
    )  # fmt: skip


def _typical_sale() -> tuple[StageDraft, ...]:
    return (
        _stage("first_contact", _("First contact"), 5, _TOP, 5),
        _stage("qualification", _("Qualification"), 15, _TOP, 7, _with("")),
        _stage("offer", _("Offer"), 30, _MIDDLE, 10, _filled("amount")),
        _stage("presentation", _("Presentation"), 45, _MIDDLE, 14),
        _stage(
            "terms_agreed", _("Terms agreed"), 65, _BOTTOM, 14,
            _with("decision_maker"), _within_discount(),
        ),
        _stage("preparation", _("Preparation"), 85, _BOTTOM, 14, _filled("expected_close")),
        _stage(
            "obligation_fulfilled", _("Obligation fulfilled"), 95, _BOTTOM, 10,
            _ticked("handed-over", _("Everything promised was handed over")),
        ),
    )  # fmt: skip


def _retail() -> tuple[StageDraft, ...]:
    return (
        _stage("visit", _("Visit"), 10, _TOP, 2),
        _stage("advice", _("Advice"), 30, _MIDDLE, 3),
        _stage("fitting", _("Choice made"), 60, _BOTTOM, 5, _filled("amount")),
        _stage("checkout", _("At the till"), 90, _BOTTOM, 1, _within_discount()),
    )


def _ecommerce() -> tuple[StageDraft, ...]:
    moves = Advance.MOVE
    return (
        _stage("cart", _("Cart"), 10, _TOP, 2),
        _stage("checkout", _("Checkout"), 40, _MIDDLE, 1,
               _seen("checkout_started", websites=True), advance=moves),
        _stage("ordered", _("Ordered"), 80, _BOTTOM, 3,
               _seen("order_completed"), advance=moves),
        _stage("paid", _("Paid"), 95, _BOTTOM, 3, _seen("payment_received"), advance=moves),
        _stage("shipped", _("Shipped"), 98, _AFTER, 5,
               _ticked("sent", _("The parcel left the house"))),
    )  # fmt: skip


def _saas_trial() -> tuple[StageDraft, ...]:
    return (
        _stage("signed_up", _("Signed up"), 5, _TOP, 3),
        _stage("activated", _("Activated"), 20, _TOP, 7,
               _seen("activated", websites=True), advance=Advance.MOVE),
        _stage("in_use", _("In use"), 40, _MIDDLE, 14, _with("user")),
        _stage("offer", _("Offer"), 60, _BOTTOM, 10, _with("buyer"), _filled("amount")),
        _stage("agreed", _("Agreed"), 85, _BOTTOM, 7, _within_discount()),
    )  # fmt: skip


def _renewal() -> tuple[StageDraft, ...]:
    return (
        _stage("upcoming", _("Coming up"), 70, _TOP, 60),
        _stage("reviewed", _("Use reviewed"), 75, _MIDDLE, 20, _filled("satisfaction")),
        _stage("offered", _("Offer sent"), 80, _BOTTOM, 20, _filled("amount")),
        _stage("agreed", _("Agreed"), 95, _BOTTOM, 10, _within_discount()),
    )


def _expansion() -> tuple[StageDraft, ...]:
    return (
        _stage("signal", _("Need seen"), 15, _TOP, 14, _filled("company")),
        _stage("confirmed", _("Need confirmed"), 35, _MIDDLE, 20, _filled("demand")),
        _stage("offered", _("Offer sent"), 60, _BOTTOM, 20, _filled("amount")),
        _stage("agreed", _("Agreed"), 90, _BOTTOM, 10,
               _with("decision_maker"), _within_discount()),
    )  # fmt: skip


def _plain() -> tuple[StageDraft, ...]:
    return (
        _stage("new", pgettext("a stage", "New"), 10, _TOP, 7),
        _stage("talking", _("Talking"), 40, _MIDDLE, 14),
        _stage("agreed", _("Agreed"), 80, _BOTTOM, 14),
    )


TEMPLATES: dict[str, Template] = {
    one.key: one
    for one in (
        Template(
            "b2b", gettext_lazy("Business clients"),
            gettext_lazy("From a new lead to a signed contract, with a demo and a quote."), _b2b,
        ),
        Template(
            "typical_sale", gettext_lazy("Typical sale"),
            gettext_lazy("The seven steps of the sales book, up to what was promised."),
            _typical_sale,
        ),
        Template(
            "retail", gettext_lazy("Shop"),
            gettext_lazy("Advice, choice, till: short, with hardly a gate."), _retail,
            Visibility.ALL,
        ),
        Template(
            "ecommerce", gettext_lazy("Online order"),
            gettext_lazy("Orders move by themselves, as the shop's events come in."), _ecommerce,
            Visibility.ALL,
        ),
        Template(
            "saas_trial", gettext_lazy("Software on trial"),
            gettext_lazy("From signing up to a paid plan."), _saas_trial,
        ),
        Template(
            "renewal", gettext_lazy("Renewal"),
            gettext_lazy("Contracts that end, and are to go on."), _renewal,
        ),
        Template(
            "expansion", gettext_lazy("Expansion"),
            gettext_lazy("More for clients that there are already."), _expansion,
        ),
        Template(
            "plain", gettext_lazy("Plain"),
            gettext_lazy("Three stages without gates, to build on."), _plain,
        ),
    )
}  # fmt: skip
