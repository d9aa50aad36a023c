"""What the address of a process map asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.analytics.process_map import FIGURES, MapQuestion, Spot
from suppilo.analytics.process_map.question import MOST_EVENTS
from suppilo.analytics.stages import StageQuestion
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.insights.guess import PURCHASES, guess_name
from suppilo.apps.insights.process_map.events import MINUTE_US, EventMapQuestion
from suppilo.apps.pipeline_reports.ask import ReportQuestion, list_pipelines
from suppilo.apps.pipelines.models import Pipeline
from suppilo.apps.segments.models import Segment
from suppilo.web.paging import clamp
from suppilo.web.reporting import Period, now_us, read_period
from suppilo.web.segment_choice import SegmentChoice, choose_segment

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

USUAL_DATES = "12m"
USUAL_DETAIL = 80
UNITS: Mapping[str, StrOrPromise] = {
    "person": gettext_lazy("Events of people"),
    "company": gettext_lazy("Events of companies"),
    "deal": gettext_lazy("Events of deals"),
}
EVENT_VIEWS: Mapping[str, StrOrPromise] = {
    "map": gettext_lazy("The map"), "compare": gettext_lazy("With and without a goal"),
}  # fmt: skip
STAGE_VIEWS: Mapping[str, StrOrPromise] = {
    "map": gettext_lazy("The map"),
    "compare": gettext_lazy("Won and lost"),
    "sides": gettext_lazy("Buyer and seller"),
    "conformance": gettext_lazy("As planned?"),
}
_PIPELINE = "pipeline-"
_LONGEST = 200
_FIELDS = ("of", "view", "goal", "dates", "from", "to", "detail", "segment")


@dataclass(frozen=True, slots=True)
class Asked:
    """A page's question: the form's fields as they stand in the address, and what they say.

    Attributes
    ----------
    events
        The events that the address names; ``shown`` are those of the map.
    pipeline
        Of whose stages the map is; None for a map of events.
    detail
        In per cent of all steps.
    segments
        The segment that alone is on the map, and those to choose from.
    """

    fields: Mapping[str, str]
    events: tuple[str, ...]
    shown: tuple[str, ...]
    pipelines: Sequence[Pipeline]
    pipeline: Pipeline | None
    period: Period
    detail: int
    view: str
    segments: SegmentChoice
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def segment(self) -> Segment | None:
        """Who alone is on the map; None for everybody."""
        return self.segments.chosen

    @property
    def unit(self) -> Any:
        """What a map of events groups them by."""
        return self.fields["of"]

    @property
    def views(self) -> Mapping[str, StrOrPromise]:
        """The ways to look at it."""
        return STAGE_VIEWS if self.pipeline else EVENT_VIEWS

    def of_events(self) -> EventMapQuestion:
        """Return the question of a map of events."""
        goal = self.fields["goal"] if self.view == "compare" else ""
        # That those with the goal go to it, and the others do not, is no news.
        events = tuple(name for name in self.shown if name != goal) or self.shown
        asked = MapQuestion(events, from_us=self.period.start_us, to_us=self.period.end_us)
        return EventMapQuestion(self.unit, asked, goal)

    def of_deals(self, pipeline: Pipeline) -> ReportQuestion:
        """Return the question of a map of a pipeline's stages, at the end of this minute."""
        stages = StageQuestion(start_us=self.period.start_us, end_us=self.period.end_us)
        return ReportQuestion(pipeline, -(-now_us() // MINUTE_US) * MINUTE_US, stages)

    def query(self, **changes: str) -> str:
        """Return the address's query with some fields changed; empty ones are left out."""
        fields = dict(self.fields) | changes
        pairs = [(name, value) for name, value in fields.items() if value]
        return urlencode([*pairs, *(("event", name) for name in self.events)])

    def behind(self, figure: str, *events: str, **more: str) -> str:
        """Return the address of those behind a figure."""
        name = "process_map_deals" if self.pipeline else "process_map_people"
        spot = urlencode([("figure", figure), *(("e", event) for event in events)])
        return f"{reverse(name)}?{self.query(detail='', **more)}&{spot}"


def read_asked(
    query: QueryDict, user: User, names: Sequence[str], choose: Callable[[], tuple[str, ...]]
) -> Asked:
    """Return what an address asks; what makes no sense is left out or noted as an error.

    Parameters
    ----------
    names
        The events that there are.
    choose
        Returns the events of a map of which the address names none.

    Raises
    ------
    Http404
        If it names a segment that is not there, or not the user's to see.
    """
    fields = {name: query.get(name, "").strip()[:_LONGEST] for name in _FIELDS}
    pipelines = list(list_pipelines(user)) if allows(user, Permission.SEE_DEALS) else []
    pipeline = next((one for one in pipelines if pipeline_key(one) == fields["of"]), None)
    if pipeline is None and fields["of"] not in UNITS:
        fields["of"] = "person"
    errors: dict[str, str] = {}
    period = read_period(fields, USUAL_DATES, now_us(), errors)
    events = _read_events(query, names, errors) if pipeline is None else ()
    shown = events or (choose() if pipeline is None else ())
    views = STAGE_VIEWS if pipeline else EVENT_VIEWS
    view = fields["view"] if fields["view"] in views else "map"
    if pipeline is None and view == "compare":
        _read_goal(fields, names, errors)
    detail = clamp(fields["detail"], 0, 100, USUAL_DETAIL) if fields["detail"] else USUAL_DETAIL
    segments = choose_segment(user, fields["segment"])
    return Asked(fields, events, shown, pipelines, pipeline, period, detail, view, segments, errors)


def pipeline_key(pipeline: Pipeline) -> str:
    """Return what an address calls a pipeline."""
    return f"{_PIPELINE}{pipeline.pk}"


def read_spot(query: QueryDict) -> Spot:
    """Return the figure that an address names.

    Raises
    ------
    ValueError
        If there is none such.
    """
    figure = query.get("figure", "all")
    if figure not in FIGURES:
        raise ValueError(figure)
    chosen: Any = figure
    return Spot(chosen, tuple(query.getlist("e")))


def _read_events(query: QueryDict, names: Sequence[str], errors: dict[str, str]) -> tuple[str, ...]:
    asked = [text.strip()[:_LONGEST] for text in query.getlist("event")]
    events = tuple(dict.fromkeys(text for text in asked if text))
    unknown = [name for name in events if name not in names]
    if unknown:
        errors["event"] = _no_event(unknown[0])
    if len(events) > MOST_EVENTS:
        errors["event"] = _("A map has at most %(n)s events; choose some.") % {"n": MOST_EVENTS}
    return tuple(name for name in events if name in names)[:MOST_EVENTS]


def _read_goal(fields: dict[str, str], names: Sequence[str], errors: dict[str, str]) -> None:
    fields["goal"] = fields["goal"] or guess_name(names, PURCHASES)
    if not fields["goal"]:
        errors["goal"] = _("Choose the event that is the goal.")
    elif fields["goal"] not in names:
        errors["goal"] = _no_event(fields["goal"])


def _no_event(name: str) -> str:
    return _("There is no event “%(name)s”; choose one of those that there are.") % {
        "name": name[:80]
    }
