"""A pipeline as the editor's form has it: texts under numbered names, to and from a draft.

Stages stand in the order of the repeated ``stage`` inputs, a stage's criteria in that of its
``sN-criterion`` inputs; so whatever moves an input moves what it stands for, script or none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.text import slugify
from django.utils.translation import gettext as _

from suppilo.apps.pipelines.drafts import CriterionDraft, PipelineDraft, StageDraft
from suppilo.apps.pipelines.models import Moment, StageGroup, StageKind
from suppilo.web.views.pipelines.criteria import INPUTS, Texts, mean_the_same, to_settings, to_texts

HEAD = ("name", "currency", "visibility", "skipping", "note")
STAGE = ("key", "name", "probability", "group", "kind", "days", "colour", "advance")
_MOST_STAGES, _MOST_CRITERIA = 40, 30


@dataclass(frozen=True, slots=True)
class CriterionTexts:
    """A criterion as texts; ``number`` is its place among its stage's inputs."""

    number: str
    kind: str
    key: str = ""
    moment: str = Moment.ENTER
    texts: Texts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StageTexts:
    """A stage as texts; the probability in per cent."""

    number: str
    texts: Texts
    criteria: tuple[CriterionTexts, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether deals are worked on in it."""
        return self.texts.get("kind") == StageKind.OPEN


@dataclass(frozen=True, slots=True)
class PipelineTexts:
    """All of the form."""

    head: Texts
    waiver_roles: tuple[str, ...]
    stages: tuple[StageTexts, ...]


def from_draft(draft: PipelineDraft) -> PipelineTexts:
    """Return what the form begins with."""
    return PipelineTexts(
        {name: str(getattr(draft, name)) for name in HEAD},
        draft.waiver_roles,
        tuple(_stage_texts(str(number), stage) for number, stage in enumerate(draft.stages)),
    )


def write_form(draft: PipelineDraft) -> dict[str, Any]:
    """Return a draft as the form sends it."""
    texts = from_draft(draft)
    sent: dict[str, Any] = {**texts.head, "waiver_roles": list(texts.waiver_roles)}
    sent["stage"] = [stage.number for stage in texts.stages]
    for stage in texts.stages:
        before = f"s{stage.number}-"
        sent |= {before + name: text for name, text in stage.texts.items()}
        sent[f"{before}criterion"] = [one.number for one in stage.criteria]
        for one in stage.criteria:
            inner = f"c{stage.number}.{one.number}-"
            sent |= {inner + "kind": one.kind, inner + "key": one.key, inner + "moment": one.moment}
            sent |= {f"{inner}set-{name}": text for name, text in one.texts.items()}
    return sent


def read_form(given: QueryDict) -> PipelineTexts:
    """Return what the form sent."""
    return PipelineTexts(
        {name: given.get(name, "") for name in HEAD},
        tuple(given.getlist("waiver_roles")),
        tuple(_read_stage(given, number) for number in _numbers(given, "stage", _MOST_STAGES)),
    )


def to_draft(texts: PipelineTexts) -> PipelineDraft:
    """Return the pipeline that the form means.

    Raises
    ------
    ValidationError
        By field, if a number or a criterion can't be read; ``stages.N`` is the Nth stage's.
    """
    errors: dict[str, list[str]] = {}
    stages, keys = [], {stage.texts.get("key", "") for stage in texts.stages}
    for stage in texts.stages:
        try:
            drafted = _stage_draft(stage, keys)
            keys.add(drafted.key)
            stages.append(drafted)
        except ValidationError as error:
            errors[f"stages.{stage.texts.get('key') or stage.number}"] = error.messages
    if errors:
        raise ValidationError(errors)
    head = texts.head | {"currency": texts.head["currency"].strip().upper()}
    return PipelineDraft(**head, stages=tuple(stages), waiver_roles=texts.waiver_roles)


def keep_unchanged(draft: PipelineDraft, before: PipelineDraft) -> PipelineDraft:
    """Return a draft whose criteria are as they were where the form asks for the same.

    Inputs say what settings may leave out; that alone must not make a new version.
    """
    known = {(stage.key, one.key): one for stage in before.stages for one in stage.criteria}
    stages = tuple(
        replace(stage, criteria=tuple(
            old if (old := known.get((stage.key, one.key))) and _is_same(one, old) else one
            for one in stage.criteria
        ))
        for stage in draft.stages
    )  # fmt: skip
    return replace(draft, stages=stages)


def _is_same(one: CriterionDraft, old: CriterionDraft) -> bool:
    if (str(one.kind), str(one.moment)) != (str(old.kind), str(old.moment)):
        return False
    return mean_the_same(one.kind, one.settings, old.settings)


def edited(texts: PipelineTexts, deed: str) -> PipelineTexts:
    """Return the form after one of its buttons: ``up:2``, ``add-criterion:1:field`` and the like.

    Stages and criteria are named by their numbers; what is not there is left alone.
    """
    what, *about = deed.split(":")
    if what == "add-stage":
        return replace(texts, stages=_with_new_stage(texts.stages))
    if what in {"up", "down"} and about:
        return replace(texts, stages=_moved(texts.stages, about[0], -1 if what == "up" else 1))
    if what == "drop-stage" and about:
        kept = tuple(stage for stage in texts.stages if stage.number != about[0])
        return replace(texts, stages=kept)
    if what in {"add-criterion", "drop-criterion"} and len(about) == 2:
        change = _with_criterion if what == "add-criterion" else _without_criterion
        stages = tuple(
            change(stage, about[1]) if stage.number == about[0] else stage for stage in texts.stages
        )
        return replace(texts, stages=stages)
    return texts


def _stage_texts(number: str, stage: StageDraft) -> StageTexts:
    percent = f"{stage.probability * 100:f}"
    texts = {
        "key": stage.key,
        "name": str(stage.name),
        "probability": percent.rstrip("0").rstrip(".") if "." in percent else percent,
        "group": str(stage.group),
        "kind": str(stage.kind),
        "days": "" if stage.expected_days is None else str(stage.expected_days),
        "colour": stage.colour,
        "advance": str(stage.advance),
    }
    criteria = tuple(
        CriterionTexts(str(place), str(one.kind), one.key, str(one.moment),
                       to_texts(one.kind, one.settings))
        for place, one in enumerate(stage.criteria)
    )  # fmt: skip
    return StageTexts(number, texts, criteria)


def _numbers(given: QueryDict, name: str, most: int) -> list[str]:
    """Return the numbers that stand under a name, each once."""
    found = (text for text in given.getlist(name) if text.isascii() and text.isdigit())
    return list(dict.fromkeys(text for text in found if len(text) < 6))[:most]


def _read_stage(given: QueryDict, number: str) -> StageTexts:
    before = f"s{number}-"
    texts = {name: given.get(before + name, "") for name in STAGE}
    numbers = _numbers(given, f"{before}criterion", _MOST_CRITERIA)
    criteria = (_read_criterion(given, f"c{number}.{one}-", one) for one in numbers)
    return StageTexts(number, texts, tuple(criteria))


def _read_criterion(given: QueryDict, before: str, number: str) -> CriterionTexts:
    kind = given.get(f"{before}kind", "")
    texts = {
        name: ", ".join(given.getlist(f"{before}set-{name}"))
        for name in (*INPUTS.get(kind, ()), "text")
    }
    moment = given.get(f"{before}moment", Moment.ENTER)
    return CriterionTexts(number, kind, given.get(f"{before}key", ""), moment, texts)


def _stage_draft(stage: StageTexts, taken: set[str]) -> StageDraft:
    given = stage.texts
    return StageDraft(
        key=given["key"] or _free_key(given["name"], taken, _("stage")),
        name=given["name"],
        probability=_read_percent(given["probability"]),
        group=given["group"],
        kind=given["kind"],
        expected_days=_read_days(given["days"]),
        colour=given["colour"],
        advance=given["advance"],
        criteria=tuple(_criterion_drafts(stage.criteria)),
    )


def _criterion_drafts(criteria: Sequence[CriterionTexts]) -> Iterable[CriterionDraft]:
    taken = {one.key for one in criteria}
    for one in criteria:
        key = one.key or _free_key(_told_by(one), taken, one.kind)
        taken.add(key)
        yield CriterionDraft(key, one.kind, to_settings(one.kind, one.texts), one.moment)


def _told_by(one: CriterionTexts) -> str:
    """Return what tells a criterion from others of its kind."""
    names = ("field", "label", "event", "activity", "role")
    told = next((one.texts[name] for name in names if one.texts.get(name)), "")
    return f"{one.kind} {told}"


def _free_key(text: str, taken: set[str], usual: str) -> str:
    base = slugify(text)[:50].strip("-") or slugify(usual) or "stage"
    if base not in taken:
        return base
    return next(key for n in range(2, 1_000) if (key := f"{base}-{n}") not in taken)


def _read_percent(text: str) -> Decimal:
    try:
        return Decimal(text.strip().rstrip("%").strip().replace(",", ".") or "0") / 100
    except InvalidOperation:
        raise ValidationError(_("“%s” is no probability: write 0 to 100.") % text) from None


def _read_days(text: str) -> int | None:
    if not text.strip():
        return None
    if not (text.strip().isascii() and text.strip().isdigit()):
        raise ValidationError(_("“%s” is no number of days.") % text)
    return int(text)


def _next_number(numbers: Iterable[str]) -> str:
    return str(max((int(number) for number in numbers), default=-1) + 1)


def _with_new_stage(stages: tuple[StageTexts, ...]) -> tuple[StageTexts, ...]:
    """Return the stages with a new one after the open ones."""
    opens = [stage for stage in stages if stage.is_open]
    last: Mapping[str, str] = opens[-1].texts if opens else {}
    texts = dict.fromkeys(STAGE, "") | {
        "probability": last.get("probability", "10"),
        "group": last.get("group", StageGroup.TOP),
        "kind": StageKind.OPEN,
        "advance": "off",
    }
    new = StageTexts(_next_number(stage.number for stage in stages), texts)
    return (*opens, new, *(stage for stage in stages if not stage.is_open))


def _moved(stages: tuple[StageTexts, ...], number: str, by: int) -> tuple[StageTexts, ...]:
    order = list(stages)
    at = next((place for place, stage in enumerate(order) if stage.number == number), None)
    if at is None or not 0 <= at + by < len(order):
        return stages
    if order[at].is_open != order[at + by].is_open:
        return stages
    order[at], order[at + by] = order[at + by], order[at]
    return tuple(order)


def _with_criterion(stage: StageTexts, kind: str) -> StageTexts:
    if kind not in INPUTS:
        return stage
    number = _next_number(one.number for one in stage.criteria)
    return replace(stage, criteria=(*stage.criteria, CriterionTexts(number, kind)))


def _without_criterion(stage: StageTexts, number: str) -> StageTexts:
    return replace(stage, criteria=tuple(one for one in stage.criteria if one.number != number))
