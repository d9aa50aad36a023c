"""A report as a part of a page: ready, still being calculated, or with what is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from suppilo.analytics.events import EventSource
from suppilo.analytics.funnel import DefinitionError
from suppilo.apps.funnels.ask import (
    Answer,
    ComparisonError,
    Question,
    hide_values,
    start_question,
)
from suppilo.apps.funnels.draft import CheckedDraft
from suppilo.apps.funnels.draft.check import WHOLE, field_of
from suppilo.apps.funnels.running import CalculationEndedError, TooManyCalculationsError
from suppilo.charts.explain import explain_report, explain_steps, window_words
from suppilo.charts.figures import entered_words, last_step, rejected_words
from suppilo.lake import LakeError, WhereError
from suppilo.web.segment_choice import name_report_segments, segment_name
from suppilo.web.templatetags.funnel_words import unit_count
from suppilo.web.views.funnels.asked import Asked
from suppilo.web.views.funnels.links import Links
from suppilo.web.views.funnels.parts import PARTS

if TYPE_CHECKING:
    from suppilo.apps.accounts.models import User

WAIT_S = 1.0
"""How long a page waits for an answer before it shows a skeleton and asks again."""
LONG_WAIT_S = 5.0
WITHOUT_SCRIPT_S = 55.0


def find_answer(
    user: User, source: EventSource, asked: Asked, wait_s: float
) -> tuple[Asked, Answer | None, dict[str, Any]]:
    """Ask a page's question.

    Raises
    ------
    Http404
        If it names a segment that is not there, or not the user's to see.

    Returns
    -------
    tuple
        What was asked, with mistakes that only the events could tell; the answer, if there is
        one; and what to show instead: ``state`` is ``blank``, ``errors``, ``waiting``, ``failed``
        or ``ready``.
    """
    question = asked.question
    if question is None:
        state = "blank" if asked.draft.is_blank else "errors"
        return asked, None, {"state": state}
    try:
        started = start_question(source, question, user)
        if not started.wait(wait_s):
            return asked, None, {"state": "waiting"}
        return asked, hide_values(user, started.answer()), {"state": "ready"}
    except (DefinitionError, WhereError) as error:
        found = CheckedDraft(asked.checked.definition, place_error(error, question))
        return (
            replace(asked, checked=found),
            None,
            {
                "state": "errors",
                "date_links": _date_links(asked) if isinstance(error, ComparisonError) else [],
            },
        )
    except TooManyCalculationsError:
        text = _("Many reports are being calculated at the moment. Try again in a few seconds.")
        return asked, None, {"state": "failed", "failure": text}
    except (CalculationEndedError, LakeError) as error:
        return asked, None, {"state": "failed", "failure": str(error)}


def _date_links(asked: Asked) -> list[tuple[str, str]]:
    """Return dates that have a period before them, where that is compared and there are none."""
    if asked.look.compare.kind == "segments":
        return []
    names = (("30d", _("Last 30 days")), ("90d", _("Last 90 days")), ("12m", _("Last 12 months")))
    return [
        (name, asked.query(**{"dates": key, "from": "", "to": ""})) for key, name in names
    ]  # fmt: skip


def place_error(error: DefinitionError | WhereError, question: Question) -> dict[str, str]:
    """Return a mistake by the field at which it stands."""
    if isinstance(error, ComparisonError):
        return {"compare": str(error)}
    if isinstance(error, DefinitionError):
        return {field_of(str(error)): str(error)}
    selectors = [(f"s{n}", step.where) for n, step in enumerate(question.definition.steps, 1)]
    selectors += [(f"x{n}", item.where) for n, item in enumerate(question.definition.exclude, 1)]
    for key, where in selectors:
        if where == error.text:
            return {f"{key}.where": str(error)}
    for key in ("a", "b"):
        text = getattr(question.compare, key)
        if text and error.text in (text, _joined(question, text)):
            return {key: str(error)}
    return {WHOLE: str(error)}


def _joined(question: Question, text: str) -> str:
    return f"({question.definition.steps[0].where}) and ({text})"


def report_context(answer: Answer | None, links: Links) -> dict[str, Any]:
    """Return what a report's template needs; little where there is no answer."""
    if answer is None:
        return {}
    answer = replace(answer, report=name_report_segments(answer.report))
    report = answer.report
    return {
        "report": report,
        "steps": report.steps,
        "sentences": explain_report(report),
        "step_lines": explain_steps(report.definition),
        "ends": (report.steps[0].name, last_step(report.steps).name),
        "entered_words": entered_words(report),
        "rejected": rejected_words(report.rejected.rows) if report.rejected.rows else "",
        "segment_name": segment_name(report.definition.segment),
        "outside": list(_outside(answer)),
        "window": window_words(report.definition),
        "view_template": f"funnels/views/{answer.question.view}.html",
        **PARTS[answer.question.view](answer, links),
    }


def _outside(answer: Answer) -> list[str]:
    lines, before = [], ""
    for step in answer.report.steps:
        if step.outside and before:
            text = _("{units} did “{step}”, but not after “{before}” in time: they don't count "
                     "there.")  # fmt: skip
            units = unit_count(step.outside, answer.report.definition.unit)
            lines.append(text.format(units=units, step=step.name, before=before))
        if not step.optional:
            before = step.name
    return lines
