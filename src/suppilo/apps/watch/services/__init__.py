"""The verbs on watched figures and their alerts; each checks permission and leaves an audit."""

from suppilo.apps.watch.services.alerts import acknowledge_alert, reopen_alert
from suppilo.apps.watch.services.days import leave_out_day, take_day_back
from suppilo.apps.watch.services.figures import (
    follow_figure,
    unwatch_figure,
    watch_figure,
    watch_what_matters,
)

__all__ = [
    "acknowledge_alert",
    "follow_figure",
    "leave_out_day",
    "reopen_alert",
    "take_day_back",
    "unwatch_figure",
    "watch_figure",
    "watch_what_matters",
]
