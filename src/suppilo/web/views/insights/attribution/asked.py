"""What the address of an attribution asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.events.selectors import PropertyInfo, list_properties
from suppilo.apps.insights.attribution.ask import (
    DAY_US,
    AttributionQuestion,
    Dimension,
    JourneyQuestion,
    Unit,
)
from suppilo.apps.insights.guess import AMOUNTS, LEADS, PURCHASES, guess_name
from suppilo.web.reporting import Period, now_us, read_period

USUAL_DATES = "12m"
USUAL_LOOK_BACK = "90"
USUAL_HALF_LIFE = "7"
LONGEST_DAYS = 3650

GOALS = {
    "event": gettext_lazy("An event"),
    "lead": gettext_lazy("A lead"),
    "won": gettext_lazy("A deal won"),
}
COUNTS = {"each": gettext_lazy("each time"), "first": gettext_lazy("the first time")}
DIMENSIONS_NAMED = {
    "channel": gettext_lazy("Channel"),
    "campaign": gettext_lazy("Campaign"),
    "source": gettext_lazy("Source"),
}
UNITS_NAMED = {"person": gettext_lazy("Person"), "company": gettext_lazy("Company")}
LOOK_BACKS = {
    "7": gettext_lazy("7 days"), "30": gettext_lazy("30 days"), "90": gettext_lazy("90 days"),
    "180": gettext_lazy("180 days"), "365": gettext_lazy("A year"), "all": gettext_lazy("Any time"),
}  # fmt: skip
MODELS = {
    "first": gettext_lazy("First touch"),
    "last": gettext_lazy("Last touch"),
    "last_non_direct": gettext_lazy("Last not direct"),
    "linear": gettext_lazy("Linear"),
    "position": gettext_lazy("Position 40/20/40"),
    "w_shaped": gettext_lazy("W 30/30/30/10"),
    "time_decay": gettext_lazy("Time decay"),
    "markov": gettext_lazy("Markov chain"),
    "shapley": gettext_lazy("Shapley value"),
}
USUAL_MODELS = (
    "first", "last", "last_non_direct", "linear", "position", "time_decay", "markov",
)  # fmt: skip
ORDERS = {
    "": gettext_lazy("found by what foretells best"),
    **{str(order): format_lazy(gettext_lazy("order {}"), order) for order in range(1, 5)},
}
_FIELDS = (
    "goal", "event", "count", "value", "currency", "dim", "unit", "dates", "from", "to",
    "look_back", "half_life", "order", "segment",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """A page's question: the form's fields, and what they say.

    ``question`` is None where there is no goal yet, or a field can't be read: ``errors`` says
    which. ``currencies`` are those that the goal's amounts are in, the most frequent first.
    """

    fields: Mapping[str, str]
    models: tuple[str, ...]
    period: Period
    question: AttributionQuestion | None
    currencies: Sequence[str] = ()
    errors: dict[str, str] = field(default_factory=dict)

    def query(self, **changes: Any) -> str:
        """Return the address's query with some fields changed; empty ones are left out."""
        fields = dict(self.fields) | {name: str(value) for name, value in changes.items()}
        pairs = [(name, value) for name, value in fields.items() if value]
        # No amount is an answer too.
        pairs += [("value", "")] if not fields["value"] else []
        models = [] if self.models == USUAL_MODELS else [("m", name) for name in self.models]
        return urlencode([*pairs, *models])


def read_asked(query: QueryDict, names: Sequence[str]) -> Asked:
    """Return what an address asks; what it leaves open is guessed from the events' names."""
    fields = {name: query.get(name, "").strip()[:200] for name in _FIELDS}
    errors: dict[str, str] = {}
    goal = _choose_goal(fields, names)
    period = read_period(fields, USUAL_DATES, now_us(), errors)
    properties = list_properties(goal) if goal in names else ()
    fields["value"] = _choose_value(query, fields["value"], properties)
    currencies = _list_currencies(properties) if fields["value"] else []
    if fields["currency"] not in currencies:
        fields["currency"] = next(iter(currencies), "")
    fields["count"] = _one_of(fields["count"], ("first", "each") if fields["goal"] == "lead"
                              else ("each", "first"))  # fmt: skip
    fields["dim"] = _one_of(fields["dim"], get_args(Dimension))
    fields["unit"] = _one_of(fields["unit"], get_args(Unit))
    fields["look_back"] = _one_of(fields["look_back"], (USUAL_LOOK_BACK, *LOOK_BACKS))
    fields["order"] = _one_of(fields["order"], tuple(ORDERS))
    half_life = _read_days(fields, errors)
    models = tuple(name for name in MODELS if name in query.getlist("m")) or USUAL_MODELS
    question = None
    if not errors and _check_goal(goal, fields, names, errors):
        journeys = JourneyQuestion(
            goals=(goal,),
            once=fields["count"] == "first",
            value=fields["value"] or None,
            currency=fields["currency"] if currencies else None,
            dimension=_one_of(fields["dim"], get_args(Dimension)),
            unit=_one_of(fields["unit"], get_args(Unit)),
            look_back_us=_look_back(fields["look_back"]),
            start_us=period.start_us,
            end_us=period.end_us,
            lead=guess_name(names, LEADS) or None if "w_shaped" in models else None,
        )
        order = int(fields["order"]) if fields["order"] else None
        question = AttributionQuestion(journeys, models, half_life, order)
    return Asked(fields, models, period, question, currencies, errors)


def _choose_goal(fields: dict[str, str], names: Sequence[str]) -> str:
    """Return the event that is the goal, and write into the fields what was chosen."""
    purchase, lead = guess_name(names, PURCHASES), guess_name(names, LEADS)
    if fields["goal"] not in GOALS:
        kind = "won" if purchase == "deal_won" else "event" if purchase or not lead else "lead"
        fields["goal"] = "event" if fields["event"] else kind
    fields["event"] = fields["event"] or purchase
    return {"lead": lead, "won": "deal_won"}.get(fields["goal"], fields["event"])


def _check_goal(
    goal: str, fields: Mapping[str, str], names: Sequence[str], errors: dict[str, str]
) -> bool:
    if goal in names:
        return True
    said = {
        "lead": _("There is no event of a lead yet. Choose an event that makes one."),
        "won": _("No deal has been won yet."),
        "event": _("There is no event “%(name)s”; choose one of those that there are.")
        % {"name": goal[:80]},
    }
    if goal or fields["goal"] != "event":
        errors["event"] = said[fields["goal"]]
    return False


def _choose_value(query: QueryDict, typed: str, properties: Sequence[PropertyInfo]) -> str:
    """Return the property with the amount: as typed where there is such, else guessed."""
    numbers = [one.name for one in properties if one.type in ("int", "float")]
    if typed in numbers or ("value" in query and not typed):
        return typed
    return guess_name(numbers, AMOUNTS)


def _list_currencies(properties: Sequence[PropertyInfo]) -> list[str]:
    found = next((one for one in properties if one.name == "currency"), None)
    if found is None:
        return []
    named = [str(value) for value, _count in found.top if str(value)]
    return named if found.filled == found.rows else [*named, ""]


def _read_days(fields: dict[str, str], errors: dict[str, str]) -> int:
    text = fields["half_life"] or USUAL_HALF_LIFE
    try:
        days = float(text.replace(",", "."))
    except ValueError:
        days = 0.0
    if not 0.01 <= days <= LONGEST_DAYS:
        errors["half_life"] = _(
            "“%(text)s” is no half-life; write a number of days, such as 7."
        ) % {"text": text[:40]}
        return DAY_US
    fields["half_life"] = "" if text == USUAL_HALF_LIFE else text
    return round(days * DAY_US)


def _look_back(text: str) -> int | None:
    return None if text == "all" else int(text) * DAY_US


def _one_of(text: str, choices: Sequence[Any]) -> Any:
    return text if text in choices else choices[0]


def describe_question(asked: Asked) -> list[str]:
    """Return, in sentences, what the figures mean."""
    assert asked.question is not None
    journeys = asked.question.journeys
    goal = {"name": journeys.goals[0]}
    said = [
        _("A conversion is the first “%(name)s” of each.") % goal
        if journeys.once
        else _("A conversion is every “%(name)s”.") % goal,
        _("Conversions of this time are counted: %(dates)s. Their touches may lie before it.")
        % {"dates": asked.period.words()},
        _("A touch is a visit through a channel; pages of one visit, with pauses of up to half an "
          "hour, are one touch. Moving about on one's own pages is none, nor is what the server "
          "itself records."),
        _("A conversion's touches are those since the conversion before it, no older than: "
          "%(time)s.") % {"time": LOOK_BACKS[asked.fields["look_back"]]},
        _("Every model shares out exactly the conversions that had a touch; those without one are "
          "nobody's and stand apart."),
        _("No model says what a channel causes: who would have bought anyway also has touches."),
    ]  # fmt: skip
    if "shapley" in asked.models:
        said.append(_("A Shapley value below nothing: those whom the channel reaches convert less "
                      "often than others."))  # fmt: skip
    if journeys.unit == "company":
        said.insert(1, _("Touches of all people of a company are the company's."))
    if journeys.dimension != "channel":
        said.append(_("A touch without one goes by its channel, in brackets."))
    return said
