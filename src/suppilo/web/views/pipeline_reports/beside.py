"""Owners, teams, channels or segments side by side, over when their deals came in."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from suppilo.analytics.stages import GroupFigures
from suppilo.apps.pipeline_reports.ask import NOBODY, PipelineAnswer
from suppilo.apps.pipeline_reports.groups import Group, GroupBy, SideBySide
from suppilo.web.channels import channel_label
from suppilo.web.reporting import moment_text, sample_words, show_day
from suppilo.web.templatetags.funnel_words import count, p_said
from suppilo.web.views.pipeline_reports.figures import Sum, sums
from suppilo.web.views.pipeline_reports.links import Links

_CLEAR = 0.05


@dataclass(frozen=True, slots=True)
class PeriodCell:
    """A group's deals that came in one period."""

    figures: GroupFigures | None
    url: str


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group: its name leads to its own report, its figures to its deals."""

    name: str
    url: str
    figures: GroupFigures
    sums: tuple[Sum, ...]
    note: str
    created_url: str
    won_url: str
    lost_url: str
    open_url: str
    cells: tuple[PeriodCell, ...]


def group_rows(answer: PipelineAnswer, found: SideBySide, links: Links) -> list[GroupRow]:
    """Return the rows of the comparison."""
    return [_row(answer, found, group, links) for group in found.groups]


def group_names(found: SideBySide) -> list[str]:
    """Return what the groups are called."""
    return [_name(found.by, group) for group in found.groups]


def cycle_sentence(found: SideBySide) -> str:
    """Return in a sentence whether groups take differently long; empty where it can't be said."""
    if found.test is None or not found.test.degrees:
        return ""
    said = _(
        "They take no more differently long until the end than chance would explain (log-rank "
        "test: χ² %(chi)s on %(degrees)s, %(p)s)."
    )
    if found.test.p_value < _CLEAR:
        said = _(
            "They take differently long until the end: more than chance would explain (log-rank "
            "test: χ² %(chi)s on %(degrees)s, %(p)s)."
        )
    return said % {
        "chi": count(round(found.test.statistic, 2)), "degrees": count(found.test.degrees),
        "p": p_said(found.test.p_value),
    }  # fmt: skip


def period_names(found: SideBySide) -> list[str]:
    """Return what the periods are called."""
    return [show_day(day, found.every) for day in found.periods]


def total_cells(found: SideBySide, links: Links) -> list[PeriodCell]:
    """Return the periods of all groups together."""
    return [
        PeriodCell(figures, links.deals(**_dates(found, place)))
        for place, figures in enumerate(found.total)
    ]


def _row(answer: PipelineAnswer, found: SideBySide, group: Group, links: Links) -> GroupRow:
    mine = {found.by: _key(found.by, group)}
    cells = tuple(
        PeriodCell(figures, links.deals(**mine, **_dates(found, place)))
        for place, figures in enumerate(group.periods)
    )
    return GroupRow(
        _name(found.by, group),
        links.report(**mine),
        group.whole,
        sums(answer, group.whole.won_value),
        sample_words(group.whole.win_rate.decided),
        links.deals(**mine),
        links.deals(**mine, outcome="won"),
        links.deals(**mine, outcome="lost"),
        links.deals(**mine, outcome="open"),
        cells,
    )


def _dates(found: SideBySide, place: int) -> dict[str, str]:
    """Return the dates of a period as the address's; deals are then taken by when they came."""
    start, end = found.edges[place : place + 2]
    return {
        "dates": "between", "from": moment_text(start), "to": moment_text(end),
        "select": "created",
    }  # fmt: skip


def _key(by: GroupBy, group: Group) -> str:
    return group.key or "-" if by == "channel" else group.key


def _name(by: GroupBy, group: Group) -> str:
    if by == "channel":
        return channel_label(group.name) if group.name else _("(not known)")
    if by != "segment" and group.key == str(NOBODY):
        return _("Nobody") if by == "owner" else _("No team")
    return group.name or _("(gone)")
