"""What the address of a pipeline's report asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from suppilo.analytics.stages import StageQuestion
from suppilo.analytics.stages.balance import Backward, Selection, Skipped
from suppilo.apps.accounts.models import User
from suppilo.apps.pipeline_reports.ask import ReportQuestion, list_pipelines
from suppilo.apps.pipeline_reports.groups import GroupBy
from suppilo.apps.pipelines.models import Pipeline
from suppilo.web.reporting import Period, moment_text, now_us, read_moment, read_period
from suppilo.web.segment_choice import SegmentChoice, choose_segment

USUAL_DATES = "12m"
_FIELDS = (
    "p", "dates", "from", "to", "as_of", "select", "skipped", "backward", "owner", "team",
    "channel", "segment", "by",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """A page's question: the form's fields as they stand in the address, and what they say.

    ``question`` is None where there is no pipeline, or a field can't be read: ``errors`` says
    which. ``live_us`` is the present moment where the address names no other. ``segments`` are
    those to choose from.
    """

    fields: Mapping[str, str]
    pipelines: Sequence[Pipeline]
    pipeline: Pipeline | None
    period: Period
    question: ReportQuestion | None
    by: GroupBy
    live_us: int
    segments: SegmentChoice
    errors: dict[str, str] = field(default_factory=dict)

    def query(self, **changes: Any) -> str:
        """Return the address's query with some fields changed; empty ones are left out."""
        fields = dict(self.fields) | {name: str(value) for name, value in changes.items()}
        return urlencode({name: value for name, value in fields.items() if value != ""})

    def part_query(self) -> str:
        """Return the query of a part: at the same moment as the page itself."""
        return self.query(as_of=self.fields["as_of"] or moment_text(self.live_us))


def read_asked(query: QueryDict, user: User, usual_dates: str = USUAL_DATES) -> Asked:
    """Return what an address asks; what makes no sense is left out or noted as an error.

    Parameters
    ----------
    usual_dates
        The dates where the address names none.

    Raises
    ------
    Http404
        If it names a segment that is not there, or not the user's to see.
    """
    fields = {name: query.get(name, "").strip()[:100] for name in _FIELDS}
    errors: dict[str, str] = {}
    pipelines = list(list_pipelines(user))
    pipeline = _choose(pipelines, fields["p"])
    live = now_us()
    fields["dates"] = fields["dates"] or ("" if usual_dates == USUAL_DATES else usual_dates)
    period = read_period(fields, usual_dates, live, errors)
    as_of = read_moment(fields["as_of"], "as_of", errors, last=True)
    segments = choose_segment(user, fields["segment"])
    question = None
    if pipeline is not None and not errors:
        stages = StageQuestion(
            start_us=period.start_us,
            end_us=period.end_us,
            select=_one_of(fields["select"], get_args(Selection)),
            skipped=_one_of(fields["skipped"], get_args(Skipped)),
            backward=_one_of(fields["backward"], get_args(Backward)),
        )
        question = ReportQuestion(
            pipeline,
            live if as_of is None else as_of,
            stages,
            owner=_number(fields["owner"]),
            team=_number(fields["team"]),
            channel=_channel(fields["channel"]),
            segment=segments.chosen,
        )
    by = _one_of(fields["by"], get_args(GroupBy))
    return Asked(fields, pipelines, pipeline, period, question, by, live, segments, errors)


def _choose(pipelines: Sequence[Pipeline], key: str) -> Pipeline | None:
    found = [one for one in pipelines if str(one.pk) == key]
    return next(iter(found or pipelines), None)


def _one_of(text: str, choices: Sequence[Any]) -> Any:
    return text if text in choices else choices[0]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None


def _channel(text: str) -> str | None:
    """Return the channel asked for; ``-`` asks for deals of which it isn't known."""
    return "" if text == "-" else text or None


def describe_question(asked: Asked) -> list[str]:
    """Return, in sentences, what the figures mean."""
    assert asked.question is not None
    stages, names = asked.question.stages, {"dates": asked.period.words()}
    select = {
        "created": _("Deals that came into the pipeline in this time: %(dates)s."),
        "active": _("Deals that were open at some moment of this time: %(dates)s."),
    }
    skipped = {
        "implied": _("A deal that passed over a stage counts as having entered it."),
        "own_only": _("A deal counts only at stages that it was in itself."),
        "breaks": _("A deal counts up to the first stage that it left out, not from there on."),
    }
    backward = {
        "furthest": _("What became of a deal is told at the furthest stage that it reached."),
        "withdraw": _(
            "What became of a deal is told at the stage that it was in last; at stages beyond "
            "it was moved back."
        ),
    }
    said = [
        select[stages.select] % names,
        skipped[stages.skipped],
        backward[stages.backward],
        _("Entered = advanced + lost + moved back + handed over + still there. Disqualified "
          "deals are among the lost."),
        _("Win rate = won / (won + lost); beside it won / created. Ranges are Wilson's, 95 %."),
        _("Time in a stage adds up all visits; who is there still counts as not finished "
          "(Kaplan–Meier). Ways to end compete (Aalen–Johansen)."),
        _("Velocity = open deals × win rate × average value of won deals / mean time to win."),
        _("Owner, team, channel and amount are those that a deal has today."),
    ]  # fmt: skip
    if asked.segments.chosen is not None:
        said.append(_("Only deals of who is in the segment “%(name)s” now.") % {
            "name": asked.segments.chosen.name,
        })  # fmt: skip
    if asked.by == "segment":
        said.append(overlap_words())
    return said


def overlap_words() -> str:
    """Return what is to be known of segments side by side."""
    return _(
        "Side by side is who is in a segment now. A deal can be in several, and in none, so the "
        "rows do not add up."
    )
