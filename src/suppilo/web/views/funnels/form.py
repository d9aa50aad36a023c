"""The builder's fields: what stands in each, what it may hold, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from suppilo.apps.funnels.draft import Draft, DraftExclusion, DraftStep
from suppilo.apps.funnels.draft.conditions import ConditionRow, read_rows
from suppilo.apps.funnels.draft.dates import PRESETS
from suppilo.apps.funnels.draft.names import read_names
from suppilo.web.views.funnels.asked import Asked

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Choices = Sequence[tuple[str, "StrOrPromise"]]

FEWEST_STEPS = 2
BETWEEN = "between"
"""The choice of dates that opens the fields for them; it is no preset."""
OPERATORS: Choices = (
    ("is", _("is")), ("is_not", _("is not")), ("one_of", _("is one of")),
    ("contains", _("contains")), ("starts_with", _("starts with")), ("more", _("more than")),
    ("at_least", _("at least")), ("less", _("less than")), ("at_most", _("at most")),
    ("is_set", _("has a value")), ("is_not_set", _("has no value")),
)  # fmt: skip
CHOICES: dict[str, Choices] = {
    "order": (
        ("", _("In this order")), ("strict", _("In this order, nothing in between")),
        ("any", _("In any order")),
    ),
    "ties": (("", _("In either order")), ("given", _("In the order of the rows"))),
    "entry": (("", _("The try that got furthest")), ("first", _("Only the first try"))),
    "count": (("", _("Each once")), ("attempts", _("Each attempt"))),
    "unit": (("", _("People")), ("company", _("Companies")), ("deal", _("Deals"))),
    "on_exclusion": (("", _("Leaves the funnel")), ("stop", _("Counts as far as it was clean"))),
    "every": (
        ("", _("As suits the dates")), ("day", _("Day")), ("week", _("Week")),
        ("month", _("Month")),
    ),
    "dates": (
        ("", _("Any dates")), ("7d", _("Last 7 days")), ("30d", _("Last 30 days")),
        ("90d", _("Last 90 days")), ("12m", _("Last 12 months")), ("this_month", _("This month")),
        ("last_month", _("Last month")), ("this_year", _("This year")),
        ("between", _("Between dates")),
    ),
}  # fmt: skip

if {key for key, _name in CHOICES["dates"]} - {"", BETWEEN} != set(PRESETS):
    raise RuntimeError("every preset of dates needs its words")


@dataclass(frozen=True, slots=True)
class SelectorFields:
    """The fields of a step or an exclusion; ``key`` begins their names (``s1``).

    ``rows`` are its conditions with one blank row to write in; ``text`` is the condition as text
    where rows can't say it, or where text was asked for.
    """

    key: str
    number: int
    item: DraftStep | DraftExclusion
    rows: Sequence[tuple[int, ConditionRow]]
    text: str | None
    conditions: int
    is_open: bool
    focus_row: int

    @property
    def up_id(self) -> str:
        """The id of the button that moves it up."""
        return f"up-{self.number}"

    @property
    def down_id(self) -> str:
        """The id of the button that moves it down."""
        return f"down-{self.number}"


@dataclass(frozen=True, slots=True)
class BuilderForm:
    """All fields of the builder."""

    steps: Sequence[SelectorFields]
    exclusions: Sequence[SelectorFields]
    by_values: Choices
    choices: dict[str, Choices]
    operators: Choices
    more_is_open: bool
    dates: str
    focus: str


def make_form(asked: Asked, command: str) -> BuilderForm:
    """Return the builder's fields; ``command`` is the button that was pressed, if any."""
    draft = asked.draft
    missing = max(0, FEWEST_STEPS - len(draft.steps))
    steps = (*draft.steps, *[DraftStep()] * missing)
    errors = asked.checked.errors
    fields = [
        _fields(f"s{number}", number, step, command, set(errors))
        for number, step in enumerate(steps, 1)
    ]
    exclusions = [
        _fields(f"x{number}", number, item, command, set(errors))
        for number, item in enumerate(draft.exclude, 1)
    ]
    return BuilderForm(
        fields, exclusions, list(_by_values(draft)), CHOICES, OPERATORS,
        _says_more(draft) or command.startswith(("exclude", "include")),
        BETWEEN if command == BETWEEN or draft.start or draft.end else draft.dates,
        _focus(command, len(steps)),
    )  # fmt: skip


def _fields(
    key: str, number: int, item: DraftStep | DraftExclusion, command: str, errors: set[str]
) -> SelectorFields:
    rows = read_rows(item.where) if item.where else ()
    as_text = rows is None or command == f"text:{key}"
    shown = () if as_text else rows or ()
    blank = (len(shown) + 1, ConditionRow())
    touched = command in (f"rows:{key}", f"text:{key}") or any(
        error.startswith(f"{key}.") for error in errors
    )
    return SelectorFields(
        key, number, item, [*enumerate(shown, 1), blank], item.where if as_text else None,
        len(shown) or (1 if item.where else 0), touched or _says_more_than_events(item),
        blank[0] if command == f"rows:{key}" else 0,
    )  # fmt: skip


def _says_more_than_events(item: DraftStep | DraftExclusion) -> bool:
    if isinstance(item, DraftExclusion):
        return bool(item.where)
    return bool(item.where or item.optional or item.within or item.first_ever)


def _says_more(draft: Draft) -> bool:
    """Return whether a draft uses options that are folded away."""
    used: tuple[Any, ...] = (
        draft.order, draft.ties, draft.entry, draft.count, draft.exclude, draft.hold, draft.as_of,
        draft.on_exclusion, draft.timezone,
    )  # fmt: skip
    return any(used)


def _focus(command: str, steps: int) -> str:
    """Return the id of the field or button at which to go on after a button was pressed."""
    verb, _, number = command.partition(":")
    if verb == BETWEEN:
        return "from"
    if verb == "add":
        return f"s{steps}"
    if verb == "up" and number.isdecimal():
        return f"up-{int(number) - 1}" if int(number) > 2 else "down-1"
    if verb == "down" and number.isdecimal():
        return f"down-{int(number) + 1}" if int(number) + 1 < steps else f"up-{steps}"
    if verb == "remove" and number.isdecimal():
        return f"s{min(int(number), steps)}"
    return ""


def _by_values(draft: Draft) -> Iterator[tuple[str, StrOrPromise]]:
    yield "", _("the first value seen")
    yield "last", _("the last value by then")
    yield "all", _("every value, each on its own")
    for number, step in enumerate(draft.steps, 1):
        names = read_names(step.events)
        name = step.name or (" / ".join(names) if names else "*")
        yield f"step:{number}", _("the value at {name}").format(name=f"{number} {name[:40]}")


def error_fields(form: BuilderForm) -> list[str]:
    """Return the names of all fields that may show a mistake."""
    names = ["", "window", "order", "entry", "count", "hold", "by", "by_value", "dates", "from",
             "to", "as_of", "every", "tz", "unit", "segment"]  # fmt: skip
    for fields in form.steps:
        parts = ("where", "within", "optional") if fields.number > 1 else ("where", "optional")
        names += [fields.key, *(f"{fields.key}.{part}" for part in parts)]
    for fields in form.exclusions:
        names += [fields.key, *(f"{fields.key}.{part}" for part in ("where", "after", "before"))]
    return names
