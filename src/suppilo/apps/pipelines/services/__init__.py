"""Verbs on pipelines: make, edit, archive; each asks first, writes, and leaves an audit entry."""

from suppilo.apps.pipelines.services.editing import edit_pipeline
from suppilo.apps.pipelines.services.lists import (
    add_field,
    add_lost_reason,
    change_field,
    change_lost_reason,
    remove_lost_reason,
)
from suppilo.apps.pipelines.services.making import archive_pipeline, make_pipeline
from suppilo.apps.pipelines.services.preview import EditPreview, StagePreview, preview_edit

__all__ = [
    "EditPreview",
    "StagePreview",
    "add_field",
    "add_lost_reason",
    "archive_pipeline",
    "change_field",
    "change_lost_reason",
    "edit_pipeline",
    "make_pipeline",
    "preview_edit",
    "remove_lost_reason",
]
