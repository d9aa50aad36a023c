"""What the places of a deal are called."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.utils.translation import gettext as _

from suppilo.apps.insights.process_map.deals import EndNames, name_place
from suppilo.apps.pipeline_reports.ask import PipelineAnswer


def end_names() -> EndNames:
    """Return what the ways out of a pipeline are called."""
    return EndNames(_("Lost"), _("Disqualified"), _("Another pipeline"), _("Closed"))


def place_namer(deals: PipelineAnswer) -> Callable[[int], str]:
    """Return what names a place of the pipeline's deals."""
    return partial(name_place, deals, ends=end_names(), start=_("Start"))
