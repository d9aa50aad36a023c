"""What to do next for deals, from what was learned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import partial

from django.db.models import Q

from suppilo.analytics.next_action import ActionLesson, GroupLesson, StageLesson, find_phase
from suppilo.apps.activities.models import Activity
from suppilo.apps.deals.models import Deal
from suppilo.apps.kept import Kept
from suppilo.apps.next_action.content import Learned, read_content
from suppilo.apps.next_action.learning import ENTRY, KINDS
from suppilo.apps.next_action.models import Lesson
from suppilo.apps.salesbook.models import Entry, Usage

_DAY_S = 86_400


class AdviceState(StrEnum):
    """Why there is advice, or none; ``NEW``: nothing was learned of the stage yet."""

    ADVICE = "advice"
    NOTHING = "nothing"
    TOO_FEW = "too_few"
    NEW = "new"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Option:
    """An action that deals like one were held against.

    Attributes
    ----------
    name
        An activity's kind, or ``entry:`` and an id.
    entry
        Of the sales book, where it is one.
    group
        What is known of deals like it; ``lesson`` of all in the stage.
    is_done, is_planned
        In this stay of the deal: what was done need not be done for the first time again.
    """

    name: str
    entry: Entry | None
    lesson: ActionLesson
    group: GroupLesson
    is_worth: bool
    is_done: bool = False
    is_planned: bool = False

    @property
    def is_advised(self) -> bool:
        """Whether to do it now."""
        return self.is_worth and not self.is_done


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do next for a deal: ``options`` that were compared, the surest first.

    ``few`` names what was done at too few deals, with how many; ``lesson`` is that of the stage.
    """

    deal: Deal
    state: AdviceState
    learned_at: datetime | None = None
    lesson: StageLesson | None = None
    learned: Learned | None = None
    options: tuple[Option, ...] = ()
    few: tuple[tuple[str, int], ...] = ()

    @property
    def advised(self) -> tuple[Option, ...]:
        """What to do now."""
        return tuple(option for option in self.options if option.is_advised)

    def find(self, name: str) -> Option | None:
        """Return an action that was compared, by its name; None where it was not."""
        return next((option for option in self.options if option.name == name), None)

    @property
    def phase(self) -> int:
        """For how long the deal is in its stage, as deals like it are."""
        return self.options[0].group.phase if self.options else 0

    @property
    def amounts(self) -> tuple[Decimal | None, Decimal | None]:
        """The least and the largest amount of deals like it; None where there is none."""
        return self.learned.likeness.limits_of(self.deal) if self.learned else (None, None)

    @property
    def best(self) -> Option | None:
        """What to do first; None where nothing stands out."""
        return next(iter(self.advised), None)


_learned: Kept[Learned] = Kept(50)


def advise(deal: Deal, now: datetime) -> Advice:
    """Return what to do next for a deal."""
    return advise_many([deal], now)[deal.pk]


def advise_many(deals: Iterable[Deal], now: datetime) -> dict[int, Advice]:
    """Return what to do next for deals, by their ids, in at most five queries.

    Whoever asks must see the deals already.
    """
    chosen = {deal.pk: deal for deal in deals}
    learned = _read_learned({deal.pipeline_id for deal in chosen.values() if deal.is_open})
    drafts = {pk: _draft(deal, learned.get(deal.pipeline_id), now) for pk, deal in chosen.items()}
    known = [draft for draft in drafts.values() if draft.options]
    done, planned = _read_done(known)
    entries = _read_entries(known)
    return {pk: _finish(draft, entries, done[pk], planned[pk]) for pk, draft in drafts.items()}


def _read_learned(pipelines: set[int]) -> dict[int, tuple[datetime, Learned]]:
    """Return what was learned of pipelines; it is read anew only after it was learned anew."""
    if not pipelines:
        return {}
    rows = Lesson.objects.filter(pipeline__in=pipelines)
    return {
        pipeline: (at, _learned.get((lesson, at), partial(_read, lesson)))
        for lesson, pipeline, at in rows.values_list("pk", "pipeline_id", "learned_at")
    }


def _read(lesson: int) -> Learned:
    return read_content(Lesson.objects.values_list("content", flat=True).get(pk=lesson))


def _draft(deal: Deal, found: tuple[datetime, Learned] | None, now: datetime) -> Advice:
    """Return the advice for a deal before it is known what was done already."""
    if not deal.is_open:
        return Advice(deal, AdviceState.CLOSED)
    lesson = found[1].stages.get(deal.stage_id) if found else None
    if found is None or lesson is None:
        return Advice(deal, AdviceState.NEW, found[0] if found else None)
    at, learned = found
    kind = learned.likeness.kind_of(deal)
    phase = find_phase((now - deal.entered_at).total_seconds() / _DAY_S)
    options = (
        Option(learned.names[one.action], None, one, one.find(kind, phase),
               one.is_worth(kind, phase))
        for one in lesson.actions
    )  # fmt: skip
    ordered = sorted(options, key=lambda one: -one.group.moved.interval.lower)
    few = tuple((learned.names[one.action], one.deals) for one in lesson.too_few)
    state = AdviceState.NOTHING if ordered else AdviceState.TOO_FEW
    return Advice(deal, state, at, lesson, learned, tuple(ordered), few)


_Names = Mapping[int, set[str]]


def _read_done(drafts: list[Advice]) -> tuple[_Names, _Names]:
    """Return what was done, and what is planned, for each deal since it is in its stage."""
    done: dict[int, set[str]] = defaultdict(set)
    planned: dict[int, set[str]] = defaultdict(set)
    since = {draft.deal.pk: draft.deal.entered_at for draft in drafts}
    if not since:
        return done, planned
    rows = Activity.objects.filter(
        Q(done_at=None) | Q(done_at__gte=min(since.values())),
        deal__in=since, kind__in=KINDS, cancelled_at=None,
    )  # fmt: skip
    for deal, kind, at in rows.order_by().values_list("deal_id", "kind", "done_at"):
        if at is None:
            planned[deal].add(kind)
        elif at >= since[deal]:
            done[deal].add(kind)
    if any(_entry_ids([draft]) for draft in drafts):
        for deal, entry in Usage.objects.filter(deal__in=since).values_list("deal_id", "entry_id"):
            done[deal].add(f"{ENTRY}{entry}")
    return done, planned


def _entry_ids(drafts: Iterable[Advice]) -> set[int]:
    names: set[str] = set()
    for draft in drafts:
        names.update(option.name for option in draft.options)
        names.update(name for name, _deals in draft.few)
    return {int(name.removeprefix(ENTRY)) for name in names if name.startswith(ENTRY)}


def _read_entries(drafts: Iterable[Advice]) -> dict[str, Entry]:
    ids = _entry_ids(drafts)
    found = Entry.objects.filter(pk__in=ids, is_archived=False) if ids else Entry.objects.none()
    return {f"{ENTRY}{entry.pk}": entry for entry in found.select_related("current")}


def _finish(
    draft: Advice, entries: Mapping[str, Entry], done: set[str], planned: set[str]
) -> Advice:
    """Return the advice with what was done; entries that the book has no more are left out."""
    options = tuple(
        Option(one.name, entries.get(one.name), one.lesson, one.group, one.is_worth,
               one.name in done, one.name in planned)
        for one in draft.options if not one.name.startswith(ENTRY) or one.name in entries
    )  # fmt: skip
    is_advised = any(option.is_advised for option in options)
    state = AdviceState.ADVICE if is_advised else draft.state
    return Advice(
        draft.deal, state, draft.learned_at, draft.lesson, draft.learned, options, draft.few
    )
