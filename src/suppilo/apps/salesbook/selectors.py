"""What the sales book says, by pipeline and stage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.deals.models import Deal
from suppilo.apps.pipelines.models import Pipeline, Stage
from suppilo.apps.salesbook.models import Entry, EntryKind, Usage
from suppilo.apps.salesbook.rates import NEVER_USED, EntryUse, read_uses

_ORDER = {kind: place for place, kind in enumerate(EntryKind.values)}


@dataclass(frozen=True, slots=True)
class BookLine:
    """An entry with its use; ``usage`` is that on the deal that is looked at, if there is one."""

    entry: Entry
    use: EntryUse
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stage's entries; a stage that the pipeline no longer has has a key and no more."""

    key: str
    stage: Stage | None
    lines: list[BookLine]

    @property
    def name(self) -> str:
        """The stage's name."""
        return self.stage.name if self.stage else self.key


def list_entries(user: User) -> QuerySet[Entry]:
    """Return all entries that are in use, with what they say now.

    Raises
    ------
    PermissionDenied
        If the user's role may not see deals.
    """
    require(user, Permission.SEE_DEALS)
    return Entry.objects.select_related("current", "pipeline").filter(current__isnull=False)


def read_book(user: User, pipeline: Pipeline, *, with_archived: bool = False) -> list[Chapter]:
    """Return a pipeline's chapters in the order of its stages; those without entries too."""
    found = list_entries(user).filter(pipeline=pipeline)
    if not with_archived:
        found = found.filter(is_archived=False)
    stages = list(Stage.objects.filter(version=pipeline.current_id).order_by("position"))
    by_key = _group(found)
    chapters = [Chapter(stage.key, stage, by_key.pop(stage.key, [])) for stage in stages]
    return chapters + [Chapter(key, None, lines) for key, lines in sorted(by_key.items())]


def read_deal_chapter(user: User, deal: Deal) -> list[BookLine]:
    """Return what the sales book says about the stage that a deal is in."""
    found = list_entries(user).filter(
        pipeline=deal.pipeline_id, stage_key=deal.stage.key, is_archived=False
    )
    usages = {usage.entry_id: usage for usage in Usage.objects.filter(deal=deal)
              .select_related("by")}  # fmt: skip
    lines = _group(found).get(deal.stage.key, [])
    return [BookLine(line.entry, line.use, usages.get(line.entry.pk)) for line in lines]


def _group(found: Iterable[Entry]) -> dict[str, list[BookLine]]:
    entries = sorted(found, key=lambda one: (_ORDER[one.kind], one.position, one.pk))
    uses = read_uses(entries)
    by_key: dict[str, list[BookLine]] = defaultdict(list)
    for entry in entries:
        by_key[entry.stage_key].append(BookLine(entry, uses.get(entry.pk, NEVER_USED)))
    return dict(by_key)


def list_pipelines(user: User) -> QuerySet[Pipeline]:
    """Return the pipelines that have, or may have, a sales book."""
    require(user, Permission.SEE_DEALS)
    in_use = Q(is_archived=False) | Q(book_entries__isnull=False)
    return Pipeline.objects.filter(in_use, current__isnull=False).distinct()
