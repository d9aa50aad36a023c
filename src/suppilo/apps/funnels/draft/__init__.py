"""A funnel as somebody is writing it: texts, perhaps with mistakes, in a form and in a URL."""

from suppilo.apps.funnels.draft.check import CheckedDraft, check_draft
from suppilo.apps.funnels.draft.edit import edit_draft
from suppilo.apps.funnels.draft.model import Draft, DraftExclusion, DraftStep, draft_of
from suppilo.apps.funnels.draft.query import read_draft, write_draft

__all__ = [
    "CheckedDraft",
    "Draft",
    "DraftExclusion",
    "DraftStep",
    "check_draft",
    "draft_of",
    "edit_draft",
    "read_draft",
    "write_draft",
]
