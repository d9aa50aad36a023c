"""What a draft is made of, and the draft of a finished definition."""

from __future__ import annotations

from dataclasses import dataclass

from suppilo.analytics.funnel.definition import Exclusion, FunnelDefinition, Step
from suppilo.analytics.periods import format_duration, format_moment, parse_moment
from suppilo.apps.funnels.draft.names import write_names


@dataclass(frozen=True, slots=True)
class DraftStep:
    """A step as written; ``events`` is a line of names such as ``purchase | pay`` or ``*``."""

    events: str = ""
    name: str = ""
    where: str = ""
    optional: bool = False
    within: str = ""
    first_ever: bool = False

    @property
    def is_blank(self) -> bool:
        """Whether nothing has been written yet."""
        return self == DraftStep()


@dataclass(frozen=True, slots=True)
class DraftExclusion:
    """An exclusion as written; ``after`` and ``before`` are numbers of steps."""

    events: str = ""
    where: str = ""
    after: str = ""
    before: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing has been written yet."""
        return not self.events.strip() and not self.where.strip()


@dataclass(frozen=True, slots=True)
class Draft:
    """A funnel as written. Every field is the text of a form's field; empty is the default.

    ``dates`` names dates that move with the calendar (``30d``, ``last_month``); with it ``start``
    and ``end`` say nothing.
    """

    steps: tuple[DraftStep, ...] = ()
    exclude: tuple[DraftExclusion, ...] = ()
    window: str = ""
    order: str = ""
    ties: str = ""
    entry: str = ""
    count: str = ""
    on_exclusion: str = ""
    hold: str = ""
    by: str = ""
    by_value: str = ""
    dates: str = ""
    start: str = ""
    end: str = ""
    as_of: str = ""
    every: str = ""
    timezone: str = ""
    unit: str = ""
    segment: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether no step says anything yet."""
        return all(step.is_blank for step in self.steps)


def draft_of(definition: FunnelDefinition, timezone: str = "UTC", dates: str = "") -> Draft:
    """Return the draft that says what a definition says, defaults left out.

    ``timezone`` is the zone that a draft without one has; ``dates`` the name of moving dates.
    """

    def unless(value: str | None, default: str) -> str:
        return "" if value is None or value == default else value

    def moment(at_us: int | None) -> str:
        return "" if at_us is None or dates else _moment_text(at_us, definition.timezone)

    as_of = definition.as_of_us
    return Draft(
        steps=tuple(_draft_step(step) for step in definition.steps),
        exclude=tuple(_draft_exclusion(item) for item in definition.exclude),
        window=_duration_text(definition.window_us),
        order=unless(definition.order, "sequential"),
        ties=unless(definition.ties, "any"),
        entry=unless(definition.entry, "longest"),
        count=unless(definition.count, "paths"),
        on_exclusion=unless(definition.on_exclusion, "remove"),
        hold=write_names(definition.hold),
        by=definition.by or "",
        by_value=unless(definition.by_value, "first"),
        dates=dates,
        start=moment(definition.from_us),
        end=moment(definition.to_us),
        as_of="" if as_of is None else _moment_text(as_of, definition.timezone),
        every=definition.every or "",
        timezone=unless(definition.timezone, timezone),
        unit=unless(definition.unit, "person"),
        segment="" if definition.segment is None else str(definition.segment),
    )


def _draft_step(step: Step) -> DraftStep:
    fallback = "any event" if step.events is None else " or ".join(step.events)
    return DraftStep(
        events=write_names(step.events),
        name="" if step.name == fallback else step.name,
        where=step.where or "",
        optional=step.optional,
        within=_duration_text(step.within_us),
        first_ever=step.first_ever,
    )


def _draft_exclusion(item: Exclusion) -> DraftExclusion:
    return DraftExclusion(
        write_names(item.events), item.where or "", str(item.after), str(item.before)
    )


def _duration_text(length_us: int | None) -> str:
    return "" if length_us is None else format_duration(length_us)


def _moment_text(at_us: int, timezone: str) -> str:
    """Return a moment as a date where it is a day's first moment, else with time and offset."""
    text = format_moment(at_us, timezone)
    try:
        is_date = parse_moment(text[:10], timezone) == at_us
    except ValueError:
        is_date = False
    return text[:10] if is_date else text
