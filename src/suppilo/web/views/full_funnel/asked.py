"""What the address of the full funnel asks."""

from __future__ import annotations

from suppilo.web.access import UserRequest
from suppilo.web.views.pipeline_reports.asked import Asked, read_asked

USUAL_DATES = "90d"
WAIT_S = 4.0
"""How long a part of the page waits for what is being counted."""


def read_funnel(request: UserRequest) -> Asked:
    """Return what the address asks."""
    return read_asked(request.GET, request.user, USUAL_DATES)
