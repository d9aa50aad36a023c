"""Which watched figures and alerts somebody may see."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.funnels.selectors import list_funnels
from suppilo.apps.segments.selectors import list_segments
from suppilo.apps.watch.models import Alert, Figure, FigureKind, Follow


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts: ``open`` ones that nobody has acknowledged, or all; of one figure."""

    is_open: bool = False
    figure_id: int | None = None


def list_figures(user: User) -> QuerySet[Figure]:
    """Return the figures that somebody may see, those with open alerts first.

    A conversion is seen by those who see its funnel, what is of a stage by those who see all deals,
    and what is of a segment by those who see that one.
    """
    if not allows(user, Permission.SEE_REPORTS):
        return Figure.objects.none()
    found = Figure.objects.filter(
        ~Q(kind=FigureKind.FUNNEL) | Q(funnel__in=list_funnels(user).order_by().values("pk"))
    )
    segments = list_segments(user).order_by().values("pk")
    found = found.filter(Q(segment=None) | Q(segment__in=segments))
    if not allows(user, Permission.SEE_ALL_DEALS):
        found = found.filter(needs_deals=False)
    is_open = Q(alerts__ended_day=None, alerts__acknowledged_at=None, alerts__isnull=False)
    return (
        found.select_related("funnel", "pipeline", "segment", "reading")
        .annotate(
            open_count=Count("alerts", filter=is_open),
            is_followed=Exists(Follow.objects.filter(figure=OuterRef("pk"), user=user)),
        )
        .order_by("-open_count", "pk")
    )


def with_open_alerts(figures: QuerySet[Figure]) -> QuerySet[Figure]:
    """Return figures whose ``alerts`` are the open ones, read at once."""
    found = Alert.objects.filter(ended_day=None)
    return figures.prefetch_related(Prefetch("alerts", queryset=found))


def list_alerts(user: User, asked: AlertFilter) -> QuerySet[Alert]:
    """Return alerts of the figures that somebody may see, those found last first."""
    found = Alert.objects.filter(figure__in=list_figures(user).order_by().values("pk"))
    if asked.is_open:
        found = found.filter(ended_day=None, acknowledged_at=None)
    if asked.figure_id is not None:
        found = found.filter(figure=asked.figure_id)
    return found.select_related(
        "figure", "figure__funnel", "figure__pipeline", "figure__segment", "acknowledged_by"
    )


def count_open(user: User) -> int:
    """Return how many alerts nobody has acknowledged yet and are not over."""
    return list_alerts(user, AlertFilter(is_open=True)).count()


def find_endings(user: User, alerts: Collection[Alert]) -> dict[str, int]:
    """Return the newest funnel that somebody sees and that ends with each event of the alerts.

    Of how often an event happens such a funnel's conversion may be the reason. Figures of a
    segment, of one value, or of amounts are left out: their conversion is another.
    """
    wanted = {
        alert.figure.event for alert in alerts
        if alert.figure.kind == FigureKind.EVENTS and not alert.figure.by
        and alert.figure.segment_id is None
    }  # fmt: skip
    if not wanted:
        return {}
    found: dict[str, int] = {}
    for funnel in list_funnels(user):
        definition = funnel.read_definition()
        last = definition.required[-1]
        if last:
            for event in wanted.intersection(definition.steps[last].events or ()):
                found.setdefault(event, funnel.pk)
    return found
