"""Count the levels of a saved funnel, of the eight levels, and of the full funnel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile

from django.utils.translation import gettext as _

from suppilo.analytics.funnel import DefinitionError, FunnelDefinition
from suppilo.analytics.stages import StageQuestion
from suppilo.apps.accounts.models import User
from suppilo.apps.funnels.ask import Question, group_events, start_question
from suppilo.apps.funnels.draft import check_draft
from suppilo.apps.funnels.events import open_source
from suppilo.apps.funnels.running import CalculationEndedError, TooManyCalculationsError
from suppilo.apps.funnels.templates import fill_template, find_template
from suppilo.apps.insights.what_if.worth import find_average_amount
from suppilo.apps.pipeline_reports.ask import ReportQuestion
from suppilo.apps.pipeline_reports.full_funnel import FullFunnel, FullStep, ask_full_funnel
from suppilo.apps.pipelines.models import Pipeline, StageKind
from suppilo.apps.segments.models import Segment
from suppilo.lake import LakeError, WhereError

_TROUBLE = (
    DefinitionError, WhereError, LakeError, CalculationEndedError, TooManyCalculationsError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CountedLevel:
    """A level as counted; ``key`` is its stage's or step's, ``unit_cost`` what one more costs."""

    name: str
    count: int
    unit_cost: float | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted of those who entered in ``[start, end)``, as far as it was known then.

    Attributes
    ----------
    value, amount
        Money per unit of the last level, and the property that it is the average of.
    missing
        Levels for which no event is known.
    definition, full
        What was asked: a funnel, or the full one.
    failure
        Why nothing was counted.
    """

    levels: tuple[CountedLevel, ...]
    start_us: int | None
    end_us: int | None
    as_of_us: int
    value: float | None = None
    amount: str = ""
    currency: str = ""
    missing: tuple[str, ...] = ()
    definition: FunnelDefinition | None = None
    full: FullFunnel | None = None
    failure: str = ""


def count_saved_funnel(
    definition: FunnelDefinition, start_us: int | None, end_us: int | None, as_of_us: int,
    wait_s: float,
) -> Counts | None:  # fmt: skip
    """Count a funnel's steps in other dates than its own; optional steps are left out."""
    asked = replace(
        definition, by=None, by_value="first", every=None, from_us=start_us, to_us=end_us,
        as_of_us=as_of_us,
    )  # fmt: skip
    nothing = Counts((), start_us, end_us, as_of_us, definition=asked)
    try:
        source = open_source()
        started = start_question(source, Question(asked, "table"))
        if not started.wait(wait_s):
            return None
        steps = started.answer().report.steps
        value = find_average_amount(group_events(source, asked), asked)
    except _TROUBLE as error:
        return replace(nothing, failure=str(error) or type(error).__name__)
    levels = tuple(CountedLevel(step.name, step.count) for step in steps if not step.optional)
    if value is None:
        return replace(nothing, levels=levels)
    return replace(nothing, levels=levels, value=value.amount, amount=value.name)


def count_eight_levels(
    start_us: int | None, end_us: int | None, as_of_us: int, wait_s: float,
    segment_id: int | None = None,
) -> Counts | None:  # fmt: skip
    """Count the eight levels, with the likeliest event for each; those without one are left out."""
    template = find_template("levels")
    assert template is not None
    nothing = Counts((), start_us, end_us, as_of_us)
    try:
        draft = fill_template(template, open_source().event_names())
    except LakeError as error:
        return replace(nothing, failure=str(error))
    missing = tuple(step.name for step in draft.steps if not step.events)
    known = replace(draft, steps=tuple(step for step in draft.steps if step.events))
    definition = check_draft(known, as_of_us).definition
    if definition is None:
        return replace(
            nothing,
            failure=_("No events of the eight levels are known yet; connect a source first."),
        )
    definition = replace(definition, segment=segment_id)
    counts = count_saved_funnel(definition, start_us, end_us, as_of_us, wait_s)
    return counts and replace(counts, missing=missing)


def count_full_funnel(
    user: User, pipeline: Pipeline, start_us: int | None, end_us: int | None, as_of_us: int,
    wait_s: float, segment: Segment | None = None,
) -> Counts | None:  # fmt: skip
    """Count the full funnel as far as the deals that are won; one of those is worth the average.

    What the advertising cost is taken as the cost of its impressions; of a segment it isn't known,
    and levels before the first that somebody of it is in are left out.
    """
    stages = StageQuestion(start_us=start_us, end_us=end_us)
    question = ReportQuestion(pipeline, as_of_us, stages, segment=segment)
    found = ask_full_funnel(user, question, "UTC", wait_s)
    if found.is_waiting:
        return None
    return levels_of_full_funnel(found, question)


def levels_of_full_funnel(found: FullFunnel, question: ReportQuestion) -> Counts:
    """Return the levels of a full funnel that is counted; see :func:`count_full_funnel`."""
    steps = _until_won(found)
    if question.segment is not None:
        # Deals of a segment need have no people that are known: what nobody is in comes first then.
        steps = list(dropwhile(lambda step: step.count <= 0, steps))
    won = steps[-1].count if steps else 0
    value = float(found.won_value) / won if won else None
    return Counts(
        tuple(map(_full_level, steps)), question.stages.start_us, question.stages.end_us,
        question.as_of_us, value, currency=question.pipeline.currency, full=found,
    )  # fmt: skip


def _until_won(found: FullFunnel) -> Sequence[FullStep]:
    places = found.answer.world.stages.places
    won = {place.key for place in places if place.kind == StageKind.WON}
    last = next((place for place, step in enumerate(found.steps) if step.key in won), -1)
    return found.steps[: last + 1]


def _full_level(step: FullStep) -> CountedLevel:
    names = {
        "impressions": _("Impression"), "clicks": _("Click"), "visitors": _("Visitor"),
        "leads": _("Lead"),
    }  # fmt: skip
    is_bought = step.key == "impressions" and step.cost_each is not None
    cost = float(step.cost_each) if is_bought and step.cost_each is not None else None
    return CountedLevel(step.name or names[step.key], step.count, cost, step.key)
