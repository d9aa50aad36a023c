"""What may be watched: figures asked for by people, and those that are likely worth it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.events.selectors import open_events
from suppilo.apps.funnels.selectors import list_funnels
from suppilo.apps.insights.attribution.ask import is_deal_event
from suppilo.apps.insights.guess import LEADS, PURCHASES, guess_names
from suppilo.apps.pipelines.models import Pipeline, Stage, StageKind
from suppilo.apps.watch.models import Figure, FigureKind

Value = str | int | float | bool

MAIN_EVENTS, MAIN_FUNNELS, MAIN_STAGES = 6, 6, 12


@dataclass(frozen=True, slots=True)
class NewFigure:
    """A figure to be watched; see :class:`Figure` for what each kind takes."""

    kind: str
    event: str = ""
    amount: str = ""
    funnel_id: int | None = None
    within_days: int | None = None
    pipeline_id: int | None = None
    stage_key: str = ""
    by: str = ""
    value: Value | None = None
    segment_id: int | None = None

    @property
    def key(self) -> str:
        """What tells the figure from others; how long one may convert does not."""
        told = [
            self.kind, self.event, self.amount, self.funnel_id, self.pipeline_id, self.stage_key,
            self.by, self.value, self.segment_id,
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    @property
    def needs_deals(self) -> bool:
        """Whether it takes all deals to be seen."""
        is_money = self.kind == FigureKind.SUM and is_deal_event(self.event)
        return self.kind in (FigureKind.STAGE, FigureKind.ADVANCE) or is_money


def guess_figures(user: User) -> list[NewFigure]:
    """Return what is likely worth watching, of what a user may see and nobody watches yet.

    The main events (leads, purchases and the most frequent ones), the conversions of the newest
    saved funnels, the entries of the stages of all pipelines, and whether deals go on from them.
    """
    found = [*_main_events(), *_main_funnels(user)]
    if allows(user, Permission.SEE_ALL_DEALS):
        found += _main_stages()
    known = set(Figure.objects.values_list("key", flat=True))
    return [one for one in found if one.key not in known]


def _main_events() -> Iterator[NewFigure]:
    from suppilo.analytics.watch import LEAST_SUM, count_events

    source = open_events()
    counts = count_events(source, [n for n in source.event_names() if not is_deal_event(n)])
    names = [name for name, count in counts.items() if count >= LEAST_SUM]
    likely = [*guess_names(names, PURCHASES)[:2], *guess_names(names, LEADS)[:2]]
    for name in list(dict.fromkeys([*likely, *names]))[:MAIN_EVENTS]:
        yield NewFigure(FigureKind.EVENTS, event=name)


def _main_funnels(user: User) -> Iterator[NewFigure]:
    for funnel in list_funnels(user)[:MAIN_FUNNELS]:
        yield NewFigure(FigureKind.FUNNEL, funnel_id=funnel.pk)


def _main_stages() -> list[NewFigure]:
    pipelines = Pipeline.objects.filter(is_archived=False).exclude(current=None)
    stages = Stage.objects.filter(
        version__in=pipelines.values("current"), kind__in=(StageKind.OPEN, StageKind.WON)
    )
    rows = stages.order_by("version__pipeline__position", "version__pipeline", "position")
    keys = list(rows.values_list("version__pipeline", "key", "kind")[:MAIN_STAGES])
    entries = [
        NewFigure(FigureKind.STAGE, pipeline_id=pipeline, stage_key=key)
        for pipeline, key, _kind in keys
    ]
    # From the won stage there is nowhere to go on to.
    return entries + [
        NewFigure(FigureKind.ADVANCE, pipeline_id=pipeline, stage_key=key)
        for pipeline, key, kind in keys
        if kind == StageKind.OPEN
    ]
