"""What the builder's buttons do to a draft: add, remove, move. Words such as ``up:2``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from suppilo.analytics.funnel.definition import MAX_STEPS
from suppilo.apps.funnels.draft.model import Draft, DraftExclusion, DraftStep
from suppilo.apps.funnels.draft.query import MAX_EXCLUSIONS

Item = TypeVar("Item")


def edit_draft(draft: Draft, command: str) -> Draft:
    """Return the draft after a button: what can't be done changes nothing.

    ``add``, ``remove:2``, ``up:2``, ``down:2`` and ``move:3:1`` (to the place of step 1) are
    about steps, ``exclude`` and ``include:1`` about exclusions.

    Examples
    --------
    >>> edit_draft(Draft((DraftStep("a"), DraftStep("b"))), "up:2").steps[0].events
    'b'
    """
    verb, *rest = command.split(":")
    if not all(part.isdecimal() and len(part) < 4 for part in rest):
        return draft
    edit = _EDITS.get((verb, len(rest)))
    return draft if edit is None else edit(draft, [int(part) for part in rest])


def _add(draft: Draft, _numbers: Sequence[int]) -> Draft:
    return replace(draft, steps=(*draft.steps, DraftStep())[:MAX_STEPS])


def _remove(draft: Draft, numbers: Sequence[int]) -> Draft:
    return replace(draft, steps=_without(draft.steps, numbers[0]))


def _up(draft: Draft, numbers: Sequence[int]) -> Draft:
    return _move(draft, [numbers[0], numbers[0] - 1])


def _down(draft: Draft, numbers: Sequence[int]) -> Draft:
    return _move(draft, [numbers[0], numbers[0] + 1])


def _move(draft: Draft, numbers: Sequence[int]) -> Draft:
    start, end = numbers
    if not (1 <= start <= len(draft.steps) and 1 <= end <= len(draft.steps)):
        return draft
    steps = list(_without(draft.steps, start))
    steps.insert(end - 1, draft.steps[start - 1])
    # The entry can be neither optional nor late: what became it keeps all else.
    steps[0] = replace(steps[0], optional=False, within="")
    return replace(draft, steps=tuple(steps))


def _exclude(draft: Draft, _numbers: Sequence[int]) -> Draft:
    last = str(max(2, len([step for step in draft.steps if not step.is_blank])))
    added = DraftExclusion(after="1", before=last)
    return replace(draft, exclude=(*draft.exclude, added)[:MAX_EXCLUSIONS])


def _include(draft: Draft, numbers: Sequence[int]) -> Draft:
    return replace(draft, exclude=_without(draft.exclude, numbers[0]))


def _without(items: tuple[Item, ...], number: int) -> tuple[Item, ...]:
    return tuple(item for place, item in enumerate(items, 1) if place != number)


_EDITS: dict[tuple[str, int], Callable[[Draft, Sequence[int]], Draft]] = {
    ("add", 0): _add, ("remove", 1): _remove, ("up", 1): _up, ("down", 1): _down,
    ("move", 2): _move, ("exclude", 0): _exclude, ("include", 1): _include,
}  # fmt: skip
