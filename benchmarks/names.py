"""The names of events, steps and channels. It imports nothing: cold starts are timed."""

from __future__ import annotations

BY_SHARE = (
    "product_viewed", "page_viewed", "list_viewed", "cart_added",
    "search_used", "email_opened", "app_opened", "checkout_started",
    "filter_set", "review_read", "email_clicked", "wish_added",
    "coupon_seen", "login", "cart_viewed", "order_paid",
    "shipping_chosen", "payment_entered", "order_shipped", "order_received",
    "review_asked", "review_written", "refund_asked", "support_opened",
    "support_answered", "points_earned", "points_spent", "friend_invited",
    "friend_joined", "plan_viewed", "plan_started", "plan_renewed",
    "plan_paused", "address_set", "phone_set", "photo_set",
    "survey_shown", "survey_answered", "alert_set", "logout",
)  # fmt: skip
"""All event names, the most frequent first."""

FIRST_STEPS = ("product_viewed", "cart_added", "checkout_started", "order_paid")
NEVER_STEPS = frozenset(
    {"page_viewed", "list_viewed", "phone_set", "photo_set", "survey_shown"}
    | {"survey_answered", "alert_set", "logout", "address_set", "plan_paused"}
)
STEPS = (
    *FIRST_STEPS,
    *(name for name in BY_SHARE if name not in NEVER_STEPS | set(FIRST_STEPS)),
)
"""Thirty steps; a funnel of k steps takes the first k."""

CHANNELS = ("search", "direct", "email", "social", "partner", "display", "video", "print")
PRICED = frozenset({*FIRST_STEPS, "cart_viewed", "wish_added", "order_shipped", "order_received"})
