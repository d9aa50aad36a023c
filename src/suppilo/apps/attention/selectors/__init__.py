"""Which deals need attention, and why."""

from suppilo.apps.attention.selectors.listing import (
    AttentionFilter,
    AttentionItem,
    AttentionPage,
    Why,
    count_attention,
    list_attention,
    list_unknown_stages,
)

__all__ = [
    "AttentionFilter",
    "AttentionItem",
    "AttentionPage",
    "Why",
    "count_attention",
    "list_attention",
    "list_unknown_stages",
]
