"""What an edit of a pipeline would do to the deals that are open in it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone

from suppilo.apps.deals.gates import judge_asked
from suppilo.apps.deals.models import Deal, DealState
from suppilo.apps.deals.route import Asked
from suppilo.apps.deals.selectors.visible import PARTS
from suppilo.apps.pipelines.checking import check_draft
from suppilo.apps.pipelines.drafts import PipelineDraft, StageDraft
from suppilo.apps.pipelines.models import Criterion, Moment, Pipeline, Stage
from suppilo.apps.pipelines.services.editing import changes_version, is_used

MOST_JUDGED = 200
"""So many deals of a stage are judged by what it would ask for, the latest first."""


@dataclass(frozen=True, slots=True)
class StagePreview:
    """A stage that deals are in now.

    Attributes
    ----------
    open_deals
        How many are in it, in whichever version.
    is_gone
        The draft has no open stage of this key: they must be brought to another, or end in
        their version.
    judged, unmet
        How many of them were judged by what the stage would ask for, and how many of these do
        not meet it. Nothing happens to them: they have entered.
    """

    key: str
    name: str
    open_deals: int
    is_gone: bool
    judged: int = 0
    unmet: int = 0


@dataclass(frozen=True, slots=True)
class EditPreview:
    """What becomes of a pipeline's open deals.

    ``makes_version``: the draft makes a new version, and deals stay in theirs until they are
    brought over.
    """

    makes_version: bool
    stages: tuple[StagePreview, ...]
    added: tuple[str, ...]

    @property
    def open_deals(self) -> int:
        """How many deals are open."""
        return sum(stage.open_deals for stage in self.stages)

    @property
    def gone(self) -> tuple[StagePreview, ...]:
        """The stages that the draft leaves out, and that deals are in."""
        return tuple(stage for stage in self.stages if stage.is_gone)


def preview_edit(pipeline: Pipeline, draft: PipelineDraft) -> EditPreview:
    """Return what an edit would do; nothing is written.

    Raises
    ------
    ValidationError
        By field: what of the draft can't be used.
    """
    check_draft(draft)
    current = pipeline.current
    changed = current is None or changes_version(current, draft)
    wanted = {stage.key: stage for stage in draft.stages if stage.kind == "open"}
    rows = Deal.objects.filter(pipeline=pipeline, state=DealState.OPEN).order_by()
    counted = rows.values_list("stage__key").annotate(deals=Count("pk"))
    counts = dict(counted.values_list("stage__key", "deals"))
    names = dict(Stage.objects.filter(version__pipeline=pipeline).order_by("version__number")
                 .values_list("key", "name"))  # fmt: skip
    previews = [
        _preview(pipeline, key, names.get(key, key), counts[key], wanted.get(key))
        for key in names if key in counts
    ]  # fmt: skip
    return EditPreview(
        makes_version=changed and current is not None and is_used(current),
        stages=tuple(previews),
        added=tuple(key for key in wanted if key not in names),
    )


def _preview(
    pipeline: Pipeline, key: str, name: str, count: int, drafted: StageDraft | None
) -> StagePreview:
    if drafted is None:
        return StagePreview(key, name, count, is_gone=True)
    asked = _asked(drafted)
    if not asked:
        return StagePreview(key, name, count, is_gone=False)
    rows = Deal.objects.filter(pipeline=pipeline, state=DealState.OPEN, stage__key=key)
    deals = list(rows.select_related(*PARTS).order_by("-id")[:MOST_JUDGED])
    now = timezone.now()
    unmet = sum(
        any(not one.is_met for one in judge_asked(deal, asked, now)) for deal in deals
    )  # fmt: skip
    return StagePreview(key, name, count, is_gone=False, judged=len(deals), unmet=unmet)


def _asked(drafted: StageDraft) -> tuple[Asked, ...]:
    stage = Stage(key=drafted.key, name=str(drafted.name))
    return tuple(
        Asked(
            stage, Criterion(key=one.key, kind=one.kind, moment=one.moment,
                             settings=dict(one.settings)),
        )
        for one in drafted.criteria
        if one.moment == Moment.ENTER
    )  # fmt: skip
