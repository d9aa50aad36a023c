"""Funnels to begin with: the usual steps, fitted to the events that there are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from suppilo.apps.funnels.draft.model import Draft, DraftStep
from suppilo.apps.funnels.draft.names import write_names

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class TemplateStep:
    """A step's name, and what its events are usually called, the likeliest first."""

    name: StrOrPromise
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FunnelTemplate:
    """A funnel to begin with; ``window`` as in a draft."""

    key: str
    name: StrOrPromise
    description: StrOrPromise
    window: str
    steps: tuple[TemplateStep, ...]


_BOUGHT = ("order_completed", "purchase", "order_placed", "order", "payment")
_PAID = ("payment", "paid", "invoice_paid", "order_completed", "purchase", "checkout_completed")
_SEEN = ("page", "home", "page_view", "$pageview", "session_start", "visit")

TEMPLATES: tuple[FunnelTemplate, ...] = (
    FunnelTemplate(
        "shop", _("Online shop"), _("From a product seen to an order paid."), "7d",
        (
            TemplateStep(_("Product seen"), (
                "product_viewed", "product_view", "view_item", "view",
            )),
            TemplateStep(_("In the cart"), ("product_added", "add_to_cart", "cart")),
            TemplateStep(_("At the checkout"), (
                "checkout_started", "shipping_details", "begin_checkout", "checkout",
            )),
            TemplateStep(_("Bought"), _BOUGHT),
        ),
    ),
    FunnelTemplate(
        "lead", _("Lead form"), _("From a visit to a request that somebody follows up."), "30d",
        (
            TemplateStep(_("Visit"), _SEEN),
            TemplateStep(_("Form opened"), ("form_viewed", "form_started", "form_view")),
            TemplateStep(_("Form sent"), (
                "form_submitted", "lead_created", "lead", "generate_lead", "contact_requested",
            )),
            TemplateStep(_("Qualified"), (
                "lead_qualified", "qualified", "call_booked", "demo_booked",
            )),
        ),
    ),
    FunnelTemplate(
        "saas", _("SaaS trial"), _("From a sign-up to a first invoice paid."), "30d",
        (
            TemplateStep(_("Visit"), _SEEN),
            TemplateStep(_("Signed up"), ("signed_up", "sign_up", "signup", "account_created")),
            TemplateStep(_("Trial begun"), ("trial_started", "start_trial", "trial")),
            TemplateStep(_("First value"), (
                "activated", "onboarding_completed", "project_created",
            )),
            TemplateStep(_("Paying"), (
                "subscription_started", "subscribed", "invoice_paid", "paid",
            )),
        ),
    ),
    FunnelTemplate(
        "levels", _("The eight levels"),
        _("From an offer known to a customer who buys again and again."), "365d",
        (
            TemplateStep(_("Offer known"), _SEEN),
            TemplateStep(_("Choice made"), (
                "product_viewed", "product_view", "view_item", "quote_requested",
            )),
            TemplateStep(_("Intent"), (
                "product_added", "add_to_cart", "lead_created", "lead", "quote_sent",
            )),
            TemplateStep(_("Contract"), (
                "contract_signed", "deal_won", "checkout_started", "shipping_details",
            )),
            TemplateStep(_("Payment"), _PAID),
            TemplateStep(_("Product received"), (
                "order_delivered", "delivered", "order_fulfilled", "shipped", "order_shipped",
            )),
            TemplateStep(_("Repeat purchase"), _BOUGHT),
            TemplateStep(_("Regular purchase, 3 or more"), _BOUGHT),
        ),
    ),
)  # fmt: skip


def find_template(key: str) -> FunnelTemplate | None:
    """Return the template of this key."""
    return next((template for template in TEMPLATES if template.key == key), None)


def fill_template(template: FunnelTemplate, events: Iterable[str]) -> Draft:
    """Return a template's draft: each step with the likeliest event that there is.

    A step whose event is not found keeps its name, and waits for somebody to choose.
    """
    known = {_plain(event): event for event in sorted(events, reverse=True)}
    return Draft(
        steps=tuple(
            DraftStep(events=_find_event(step.events, known), name=str(step.name))
            for step in template.steps
        ),
        window=template.window,
    )


def _find_event(candidates: Sequence[str], known: dict[str, str]) -> str:
    for candidate in candidates:
        if (event := known.get(_plain(candidate))) is not None:
            return write_names([event])
    return ""


def _plain(event: str) -> str:
    """Return a name as "Order Completed", "order_completed" and "orderCompleted" share it."""
    return re.sub(r"[^a-z0-9]", "", event.lower())
