"""Watching figures: breaks of level and trend and odd days, with few false alarms."""

from suppilo.analytics.watch.daily import (
    HISTORY_DAYS,
    SHOWN_DAYS,
    Days,
    DayTally,
    conversion_days,
    count_events,
    tally_days,
)
from suppilo.analytics.watch.findings import USUAL_AFTER, watch_series
from suppilo.analytics.watch.parts import Part, Shift, split_shift
from suppilo.analytics.watch.report import (
    Change,
    Ending,
    Finding,
    Side,
    Verdict,
    Watched,
    too_little,
)
from suppilo.analytics.watch.scan import LEAST_DAYS, LEAST_SUM, LEVEL_LIMIT, SPIKE_LIMIT
from suppilo.analytics.watch.series import DailySeries, Kind

__all__ = [
    "HISTORY_DAYS",
    "LEAST_DAYS",
    "LEAST_SUM",
    "LEVEL_LIMIT",
    "SHOWN_DAYS",
    "SPIKE_LIMIT",
    "USUAL_AFTER",
    "Change",
    "DailySeries",
    "DayTally",
    "Days",
    "Ending",
    "Finding",
    "Kind",
    "Part",
    "Shift",
    "Side",
    "Verdict",
    "Watched",
    "conversion_days",
    "count_events",
    "split_shift",
    "tally_days",
    "too_little",
    "watch_series",
]
