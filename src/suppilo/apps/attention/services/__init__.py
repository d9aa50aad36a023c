"""The verbs on attention: put a deal aside, set thresholds, choose the daily mail."""

from suppilo.apps.attention.services.choices import change_thresholds, choose_digest
from suppilo.apps.attention.services.snoozing import snooze_deal, wake_deal

__all__ = ["change_thresholds", "choose_digest", "snooze_deal", "wake_deal"]
