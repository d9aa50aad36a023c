"""The verbs on saved funnels and dashboards: each asks first, writes, and leaves an audit entry."""

from suppilo.apps.funnels.services.dashboards import (
    MAX_PINS,
    create_dashboard,
    delete_dashboard,
    move_pin,
    pin_funnel,
    rename_dashboard,
    share_dashboard,
    unpin_funnel,
)
from suppilo.apps.funnels.services.funnels import (
    change_funnel,
    delete_funnel,
    duplicate_funnel,
    rename_funnel,
    replace_funnel,
    save_funnel,
    share_funnel,
)
from suppilo.apps.funnels.services.sharing import require_change

__all__ = [
    "MAX_PINS",
    "change_funnel",
    "create_dashboard",
    "delete_dashboard",
    "delete_funnel",
    "duplicate_funnel",
    "move_pin",
    "pin_funnel",
    "rename_dashboard",
    "rename_funnel",
    "replace_funnel",
    "require_change",
    "save_funnel",
    "share_dashboard",
    "share_funnel",
    "unpin_funnel",
]
