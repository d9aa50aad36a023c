"""The page: what customers are worth, and how good the model is."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.funnels.events import open_source
from suppilo.apps.insights.cohorts import guess_purchase
from suppilo.apps.insights.value import ValueAnswer, ValueQuestion, list_currencies, start_value
from suppilo.web.access import UserRequest, page
from suppilo.web.segment_choice import choose_segment, read_segment
from suppilo.web.views.insights.value import checked, renewals, said, shown, units
from suppilo.web.views.insights.value.asked import Asked, read_asked
from suppilo.web.views.insights.value.rows import best_first, list_customers
from suppilo.web.views.insights.waiting import asked_wait, find_answer

_MOST_LISTED = 300
_TOP = 10


@page(Permission.SEE_REPORTS, methods=("GET",))
def value(request: UserRequest) -> HttpResponse:
    """Show what customers are worth."""
    source: Any = open_source()
    names = source.event_names()
    if not names:
        return render(request, "insights/value/page.html", {"state": "empty"})
    asked = read_question(request)
    answer, state = ask(request, asked, asked_wait(request.GET))
    context = {
        "asked": asked,
        "event_names": names[:_MOST_LISTED],
        "property_names": source.property_names()[:_MOST_LISTED],
        "query": asked.query(),
        "occasions": units.choices(),
        "segment_choice": choose_segment(request.user, asked.fields["in_segment"]),
    }
    context |= state
    if answer is not None and asked.question is not None:
        context |= _figures(request, asked, asked.question, answer)
    return render(request, "insights/value/page.html", context)


def read_question(request: UserRequest) -> Asked:
    """Return what a request asks."""
    source: Any = open_source()
    guess = guess_purchase(request.user, source)
    return read_asked(request.GET, guess, lambda event: list_currencies(source, event))


def ask(
    request: UserRequest, asked: Asked, wait_s: float
) -> tuple[ValueAnswer | None, dict[str, str]]:
    """Return the answer of an address, if there is one by then, and what to show.

    Raises
    ------
    Http404
        If it names a segment that is not there, or not the user's to see.
    """
    if asked.question is None:
        return None, {"state": "failed", "failure": " ".join(asked.errors.values())}
    segment = read_segment(request.user, asked.fields["in_segment"])
    return find_answer(partial(start_value, request.user, asked.question, segment), wait_s)


def _figures(
    request: UserRequest, asked: Asked, question: ValueQuestion, answer: ValueAnswer
) -> dict[str, Any]:
    sees_people = allows(request.user, Permission.SEE_PEOPLE)
    if answer.renewals is not None:
        cards = renewals.renewal_cards(answer.renewals, asked, question, sees_people=sees_people)
        return {
            "renewals": answer.renewals,
            "sentence": renewals.renewal_sentence(answer.renewals),
            "cards": list(cards),
            "renewal_rows": renewals.renewal_rows(answer.renewals, asked, sees_people=sees_people),
            "pictures": renewals.renewal_pictures(answer.renewals),
        }
    report = answer.report
    assert report is not None
    all_url = shown.customers_url(asked) if sees_people else ""
    counts = shown.alive_counts(report, asked, sees_people=sees_people)
    top = best_first(report)[:_TOP] if sees_people else ()
    held = report.hold_out
    return {
        "report": report,
        "cards": list(shown.cards(report, asked, question, all_url)),
        "sentence": shown.sentence(report, question),
        "warning": checked.warning(report),
        "instead": checked.instead(report, asked),
        "units": units.names_of(report),
        "segments": shown.segment_rows(report, asked, question, sees_people=sees_people),
        "model_words": said.model_words(report, question),
        "alive_counts": counts,
        "alive_pictures": shown.alive_pictures(counts),
        "held": held,
        "check_rows": checked.check_rows(held, asked, sees_people=sees_people) if held else (),
        "check_pictures": checked.check_pictures(held) if held else (),
        "check_sentence": checked.check_sentence(held) if held else "",
        "top": list_customers(request.user, answer, question, top),
        "customers_url": all_url,
    }
