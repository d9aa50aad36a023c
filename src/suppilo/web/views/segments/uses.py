"""Where a segment is used, and where it can be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.funnels.selectors import list_funnels
from suppilo.apps.goals.selectors import visible_goals
from suppilo.apps.segments.checks import segments_asking
from suppilo.apps.segments.models import Segment
from suppilo.apps.segments.narrow import mark_name
from suppilo.apps.segments.selectors import list_segments
from suppilo.apps.watch.selectors import list_figures

_MOST = 50


@dataclass(frozen=True, slots=True)
class Use:
    """What uses a segment."""

    kind: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Look:
    """A page that can show a segment alone."""

    name: str
    url: str


def list_uses(user: User, segment: Segment) -> list[Use]:
    """Return the segments, funnels, goals and watched figures of a segment that one may see."""
    return [
        *_segments(user, segment), *_funnels(user, segment), *_goals(user, segment),
        *_figures(user, segment),
    ]  # fmt: skip


def list_looks(user: User, segment: Segment) -> list[Look]:
    """Return where a segment can be looked at more closely, as far as somebody may."""
    asked = f"?segment={segment.pk}"
    pages = {
        "new_funnel": (_("Funnel"), Permission.SEE_REPORTS),
        "cohorts": (_("Cohorts"), Permission.SEE_REPORTS),
        "process_map": (_("Process map"), Permission.SEE_REPORTS),
        "full_funnel": (_("Full funnel"), Permission.SEE_ALL_DEALS),
        "pipeline_report": (_("Pipeline report"), Permission.SEE_DEALS),
        "forecast": (_("Forecast"), Permission.SEE_DEALS),
        "leads": (_("Leads"), Permission.SEE_LEADS),
        "scores": (_("Scores"), Permission.SEE_REPORTS),
    }
    looks = [
        Look(title, reverse(name) + asked)
        for name, (title, needs) in pages.items()
        if allows(user, needs)
    ]
    if allows(user, Permission.MANAGE_GOALS):
        looks.append(Look(_("Set a goal"), f"{reverse('new_goal')}{asked}&measure=members"))
    return looks


def _segments(user: User, segment: Segment) -> Iterator[Use]:
    asking = [one.pk for one in segments_asking(segment)]
    for one in list_segments(user).filter(pk__in=asking)[:_MOST]:
        yield Use(_("segment"), one.name, one.get_absolute_url())


def _funnels(user: User, segment: Segment) -> Iterator[Use]:
    of_it = Q(definition__segment=segment.pk) | Q(definition__by=mark_name(segment.pk))
    for one in list_funnels(user).filter(of_it)[:_MOST]:
        yield Use(_("funnel"), one.name, reverse("funnel", args=[one.pk]))


def _goals(user: User, segment: Segment) -> Iterator[Use]:
    for one in visible_goals(user).filter(segment=segment.pk)[:_MOST]:
        yield Use(_("goal"), one.name or one.get_measure_display(), reverse("goal", args=[one.pk]))


def _figures(user: User, segment: Segment) -> Iterator[Use]:
    for one in list_figures(user).filter(segment=segment.pk)[:_MOST]:
        yield Use(_("watched"), str(one), one.get_absolute_url())
