"""The funnels and the dashboard that the demonstration begins with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from suppilo.analytics.funnel import FunnelDefinition
from suppilo.apps.accounts.models import User
from suppilo.apps.funnels.models import ReportView, Visibility
from suppilo.apps.funnels.services import (
    create_dashboard,
    pin_funnel,
    save_funnel,
    share_dashboard,
)


@dataclass(frozen=True, slots=True)
class DemoFunnel:
    """A funnel of the demonstration, and the views of it that stand on the dashboard."""

    name: str
    description: str
    spec: dict[str, Any]
    views: tuple[str, ...] = (ReportView.STEPS,)
    dates: str = ""


FUNNELS = (
    DemoFunnel(
        "Payment by device",
        "From the payment step to the order. On phones it leaks.",
        {"steps": ["Payment Info Entered", "Order Completed"], "window": "1h",
         "count": "attempts", "by": "device", "by_value": "step:1", "every": "week"},
        (ReportView.BREAKDOWN, ReportView.TREND),
        "12m",
    ),
    DemoFunnel(
        "Visits by channel",
        "Who looks at a product and puts it in the cart, by the channel of the first visit.",
        {"steps": ["page", "Product Viewed", "Product Added"], "window": "7d", "by": "channel"},
        (ReportView.BREAKDOWN,),
        "90d",
    ),
    DemoFunnel(
        "Machine sales",
        "From the contact form to the signed contract and its payment.",
        {"steps": ["Lead Submitted", "Lead Qualified", "Demo Booked", "Quote Sent",
                   "Contract Signed", "Invoice Paid"], "window": "180d"},
        (ReportView.STEPS, ReportView.TIMES),
    ),
    DemoFunnel(
        "Eight levels",
        "From an offer known to a customer who buys again and again.",
        {"steps": [
            {"name": "Offer known", "event": "page"},
            {"name": "Choice made", "event": ["Product Added", "Demo Booked"]},
            {"name": "Intent", "event": ["Checkout Started", "Quote Sent"]},
            {"name": "Contract", "event": ["Order Completed", "Contract Signed"]},
            {"name": "Payment", "event": "Invoice Paid"},
            {"name": "Product received", "event": "Order Delivered"},
            {"name": "Repeat purchase", "event": "Order Completed"},
            {"name": "Regular purchase (3 or more)", "event": "Order Completed"},
        ], "window": "120d"},
    ),
    DemoFunnel(
        "Web shop",
        "From the first page to the order.",
        {"steps": ["page", "Product Viewed", "Product Added", "Checkout Started",
                   "Payment Info Entered", "Order Completed"], "window": "30d"},
        (ReportView.STEPS, ReportView.TREND),
        "12m",
    ),
)  # fmt: skip
"""The product opens with the last one: the newest."""


def save_reports(owner: User) -> None:
    """Keep the funnels, and pin them to a dashboard that everyone sees."""
    dashboard = create_dashboard(owner, "Overview")
    share_dashboard(owner, dashboard, Visibility.EVERYONE)
    for funnel in FUNNELS:
        saved = save_funnel(
            owner,
            funnel.name,
            FunnelDefinition.from_dict(funnel.spec),
            description=funnel.description,
            dates=funnel.dates,
            visibility=Visibility.EVERYONE,
        )
        for view in funnel.views:
            pin_funnel(owner, dashboard, saved, view)
