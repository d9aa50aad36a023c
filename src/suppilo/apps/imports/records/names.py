"""What texts of a file stand for: stages, owners, products and the like, as we call them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from django.db.models import F, Q

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.accounts.permissions import GRANTS, Permission
from suppilo.apps.activities.models import ActivityKind, Outcome
from suppilo.apps.catalogue.models import Product
from suppilo.apps.imports.records.makable import MAKABLE, NEW, as_new
from suppilo.apps.pipelines.models import LostReason, Pipeline, Stage, StageKind

if TYPE_CHECKING:
    from suppilo.apps.imports.records.options import RecordOptions

OFFERED_FROM = 75.0
"""How much alike two names are, 0..100, before one is offered for the other."""
MOST_CHOICES = 2_000

STATES = {
    StageKind.OPEN: ("open", "in progress", "active"),
    StageKind.WON: ("won", "closed won", "closedwon", "closed - won", "gewonnen", "gagné"),
    StageKind.LOST: ("lost", "closed lost", "closedlost", "closed - lost", "verloren", "perdu"),
    StageKind.DISQUALIFIED: ("disqualified", "unqualified"),
}
_KINDS: dict[str, tuple[str, ...]] = {
    ActivityKind.CALL: ("phone call", "logged call", "anruf"),
    ActivityKind.MEETING: ("lunch", "appointment", "event"),
    ActivityKind.EMAIL: ("e-mail", "mail", "list email"),
    ActivityKind.TASK: ("to-do", "todo", "to do", "deadline", "note", "upload document"),
}
_OUTCOMES: dict[str, tuple[str, ...]] = {
    Outcome.REACHED: ("connected", "left live message", "answered"),
    Outcome.NOT_REACHED: ("no answer", "busy", "left voicemail", "wrong number"),
    Outcome.DONE: ("completed", "held"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that a text may stand for: its id or key, its name, and other names of it."""

    value: str
    name: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A text that stands for nothing that we know, in how many rows, and what it may mean."""

    text: str
    rows: int
    offered: str = ""
    score: float = 0.0


@dataclass(slots=True)
class Matcher:
    """Finds what texts of one field stand for; counts those that stand for nothing.

    ``makes_rest``: a text that stands for nothing here, and is like nothing either, is to be made
    new; ``may_make``: one of which that was said.
    """

    choices: Sequence[Choice]
    given: Mapping[str, str] = field(default_factory=dict)
    may_make: bool = False
    makes_rest: bool = False
    unmatched: Counter[str] = field(default_factory=Counter)
    _known: dict[str, str] = field(init=False)
    _values: frozenset[str] = field(init=False)
    _new: dict[str, str] = field(init=False, default_factory=dict)
    _is_like: dict[str, bool] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._values = frozenset(choice.value for choice in self.choices)
        self._known = {}
        for choice in reversed(self.choices):
            for name in (*choice.also, choice.value, choice.name):
                self._known[_plain(name)] = choice.value

    def find(self, text: str) -> str | None:
        """Return the value that a text stands for; empty where it was said to mean nothing.

        Of one that is to be made it is :func:`~suppilo.apps.imports.records.makable.as_new`.
        """
        said = self.given.get(text)
        if said is not None and (not said or said in self._values):
            return said
        value = self._known.get(_plain(text))
        if value is None and self.may_make and (said == NEW or self._makes(text)):
            return as_new(self._new.setdefault(_plain(text), " ".join(text.split())))
        if value is None:
            self.unmatched[text] += 1
        return value

    def _makes(self, text: str) -> bool:
        """Return whether a text of which nothing was said is like nothing that is here."""
        if not self.makes_rest:
            return False
        if text not in self._is_like:
            self._is_like[text] = bool(offer(text, self.choices)[0])
        return not self._is_like[text]

    def offers(self, limit: int = 200) -> list[Unmatched]:
        """Return the texts that were not found, the most frequent first, with what is offered."""
        return [
            Unmatched(text, rows, *offer(text, self.choices))
            for text, rows in self.unmatched.most_common(limit)
        ]


def offer(text: str, choices: Iterable[Choice]) -> tuple[str, float]:
    """Return the choice whose name is most like a text, and how much, 0..100.

    Spaces and signs between letters don't count, so ``GTXPro`` is ``GTX Pro``.
    """
    from rapidfuzz import fuzz

    wanted, best, top = _letters(text), "", 0.0
    for choice in choices:
        for name in (choice.name, *choice.also):
            score = max(
                fuzz.ratio(wanted, _letters(name)),
                fuzz.token_sort_ratio(_plain(text), _plain(name)),
            )
            if score > top:
                best, top = choice.value, score
    return (best, round(top, 1)) if top >= OFFERED_FROM else ("", 0.0)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def make_matchers(options: RecordOptions) -> dict[str, Matcher]:
    """Return a matcher for each field whose texts are names; stages are those of all pipelines."""
    makers: dict[str, Callable[[], list[Choice]]] = {
        "pipeline": _pipelines,
        "stage": partial(_stages, options),
        "from_stage": partial(_stages, options),
        "state": _states,
        "owner": _users,
        "team": _teams,
        "product": _products,
        "lost_reason": partial(_lost_reasons, options),
        "kind": partial(_listed, ActivityKind.choices, _KINDS),
        "outcome": partial(_listed, Outcome.choices, _OUTCOMES),
    }
    used = {*options.columns.values(), *options.constants}
    return {
        name: Matcher(make(), options.values.get(name, {}), name in MAKABLE, name in options.new)
        for name, make in makers.items()
        if name in used
    }


def _pipelines() -> list[Choice]:
    found = Pipeline.objects.filter(is_archived=False)
    return [Choice(str(pipeline.pk), pipeline.name) for pipeline in found[:MOST_CHOICES]]


def _stages(options: RecordOptions) -> list[Choice]:
    used = Q(version__pipeline__is_archived=False, version=F("version__pipeline__current"))
    if "pipeline" not in options.columns.values() and options.pipeline_id:
        used &= Q(version__pipeline_id=options.pipeline_id)
    choices: dict[str, Choice] = {}
    for stage in Stage.objects.filter(used).order_by("version__pipeline__position", "position"):
        also = STATES[StageKind(stage.kind)] if not stage.is_open else ()
        choices.setdefault(stage.key, Choice(stage.key, stage.name, also))
    return list(choices.values())


def _states() -> list[Choice]:
    return [Choice(kind, str(kind.label), also) for kind, also in STATES.items()]


def _users() -> list[Choice]:
    roles = [role for role, granted in GRANTS.items() if Permission.EDIT_DEALS in granted]
    found = User.objects.filter(is_active=True, role__in=roles).order_by("name", "id")
    return [Choice(str(user.pk), user.name, (user.email,)) for user in found[:MOST_CHOICES]]


def _teams() -> list[Choice]:
    return [Choice(str(team.pk), team.name) for team in Team.objects.all()[:MOST_CHOICES]]


def _products() -> list[Choice]:
    found = Product.objects.order_by("is_archived", "name")[:MOST_CHOICES]
    return [Choice(str(product.pk), product.name, (product.sku,)) for product in found]


def _lost_reasons(options: RecordOptions) -> list[Choice]:
    found = LostReason.objects.all()
    if "pipeline" not in options.columns.values() and options.pipeline_id:
        found = found.filter(pipeline_id=options.pipeline_id)
    names = dict.fromkeys(found.values_list("name", flat=True)[:MOST_CHOICES])
    return [Choice(name, name) for name in names]


def _listed(
    labels: Iterable[tuple[str, object]], also: Mapping[str, tuple[str, ...]]
) -> list[Choice]:
    return [Choice(key, str(label), also.get(key, ())) for key, label in labels]
