"""Where the counts of a what-if lead: the people and deals behind each."""

from __future__ import annotations

from itertools import pairwise
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from suppilo.analytics.funnel import FunnelDefinition
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.insights.what_if import Counts
from suppilo.apps.pipeline_reports.full_funnel import FullFunnel, Unit
from suppilo.web.reporting import moment_text
from suppilo.web.views.full_funnel.steps import step_url
from suppilo.web.views.funnels.asked import definition_query
from suppilo.web.views.pipeline_reports.asked import read_asked
from suppilo.web.views.pipeline_reports.links import Links


def level_urls(user: User, counts: Counts | None) -> tuple[str, ...]:
    """Return the address behind each level's count; empty texts where there is none to see."""
    if counts is None:
        return ()
    sees_people = allows(user, Permission.SEE_PEOPLE)
    if counts.full is not None:
        asked = read_asked(QueryDict(_full_query(counts)), user)
        steps = {step.key: step for step in counts.full.steps}
        return tuple(
            step_url(counts.full, steps[level.key], asked, sees_people=sees_people)
            for level in counts.levels
        )
    if counts.definition is None or not sees_people:
        return ("",) * len(counts.levels)
    places = [place + 1 for place in counts.definition.required]
    return tuple(
        f"{reverse('funnel_people')}?{definition_query(counts.definition, step=str(place))}"
        for place in places
    )


def leave_urls(user: User, counts: Counts | None) -> tuple[str, ...]:
    """Return the address behind those who leave at each level but the last one.

    Texts are empty where the reader sees none of them, and where a level counts something else
    than the next: no list has both people and deals.
    """
    if counts is None:
        return ()
    sees_people = allows(user, Permission.SEE_PEOPLE)
    if counts.full is not None:
        return _left_full_funnel(user, counts, counts.full, sees_people=sees_people)
    if counts.definition is None or not sees_people:
        return ("",) * len(counts.levels)
    places = [place + 1 for place in counts.definition.required]
    return tuple(_left_url(counts.definition, *pair) for pair in pairwise(places))


def _left_url(definition: FunnelDefinition, place: int, after: int) -> str:
    query = definition_query(
        definition, step=str(after), since=str(place), outcome="waiting"
    )  # fmt: skip
    return f"{reverse('funnel_people')}?{query}"


def _left_full_funnel(
    user: User, counts: Counts, full: FullFunnel, *, sees_people: bool
) -> tuple[str, ...]:
    links = Links(read_asked(QueryDict(_full_query(counts)), user))
    units = {step.key: step.unit for step in full.steps}
    journey = full.people["visitors"].definition if "visitors" in full.people else None

    def url_of(key: str, after: str) -> str:
        if units[key] == units[after] == Unit.DEALS:
            return links.deals(stage=key, fate="not_advanced")
        if (key, after) == ("visitors", "leads") and journey is not None and sees_people:
            return _left_url(journey, 1, 2)
        return ""

    return tuple(url_of(*pair) for pair in pairwise(level.key for level in counts.levels))


def _full_query(counts: Counts) -> str:
    assert counts.full is not None
    fields = {"p": str(counts.full.answer.question.pipeline.pk), "dates": "between",
              "as_of": moment_text(counts.as_of_us)}  # fmt: skip
    if counts.start_us is not None:
        fields["from"] = moment_text(counts.start_us)
    if counts.end_us is not None:
        fields["to"] = moment_text(counts.end_us)
    if (segment := counts.full.answer.question.segment) is not None:
        fields["segment"] = str(segment.pk)
    return urlencode(fields if "from" in fields or "to" in fields else fields | {"dates": "all"})
