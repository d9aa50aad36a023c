"""Verbs that write quotas."""

from suppilo.apps.quotas.services.targets import (
    NewTarget,
    copy_targets,
    set_targets,
)

__all__ = ["NewTarget", "copy_targets", "set_targets"]
