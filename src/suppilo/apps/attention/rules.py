"""From when on what counts: thresholds, and each stage's own days, as bounds in time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from suppilo.apps.attention.models import Reason, StageNorm, Thresholds
from suppilo.apps.pipelines.models import Stage, StageKind


@dataclass(frozen=True, slots=True)
class Rules:
    """What attention goes by at one moment, for one user's day.

    Attributes
    ----------
    today, start
        The user's day, and when it began.
    silent_before
        For stages (by id): who has shown no sign of life since then is silent.
    long_before
        For stages where enough is known: who has been there since before then is stuck.
    norms
        What is known of stages, by pipeline and key.
    """

    now: datetime
    today: date
    start: datetime
    thresholds: Thresholds
    silent_before: dict[datetime, list[int]]
    long_before: dict[datetime, list[int]]
    norms: dict[tuple[int, str], StageNorm]

    @property
    def gate_before(self) -> datetime:
        """Gates that have been open since before then are told."""
        return self.now - timedelta(days=self.thresholds.gate_days)

    @property
    def changes_since(self) -> datetime:
        """Amounts changed since then are told."""
        return self.now - timedelta(days=self.thresholds.change_days)

    def is_on(self, reason: str) -> bool:
        """Whether anybody wants to hear of it."""
        return reason not in self.thresholds.switched_off

    @property
    def reasons(self) -> list[Reason]:
        """The reasons that are looked for, those to be mended first before others."""
        return [reason for reason in Reason if self.is_on(reason)]


def read_thresholds() -> Thresholds:
    """Return the thresholds; what they begin as where nobody has changed them."""
    return Thresholds.objects.first() or Thresholds()


def read_rules(now: datetime, start: datetime) -> Rules:
    """Return what attention goes by.

    Parameters
    ----------
    start
        When the user's day began.
    """
    thresholds = read_thresholds()
    norms = {(norm.pipeline_id, norm.stage_key): norm for norm in StageNorm.objects.all()}
    silent: dict[datetime, list[int]] = defaultdict(list)
    long: dict[datetime, list[int]] = defaultdict(list)
    stages = Stage.objects.filter(kind=StageKind.OPEN, version__pipeline__is_archived=False)
    rows = stages.values_list("pk", "key", "expected_days", "version__pipeline")
    for pk, key, days, pipeline in rows.order_by("pk"):
        patience = thresholds.stale_days if days is None else days
        silent[now - timedelta(days=patience)].append(pk)
        norm = norms.get((pipeline, key))
        if norm is not None and norm.long_s is not None:
            long[now - timedelta(seconds=norm.long_s)].append(pk)
    return Rules(now, start.date(), start, thresholds, dict(silent), dict(long), norms)
