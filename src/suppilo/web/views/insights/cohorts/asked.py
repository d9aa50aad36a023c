"""What the address of the cohorts' page asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args
from urllib.parse import urlencode

from django.http import QueryDict

from suppilo.analytics.cohorts import CohortQuestion, Kind, parse_brackets
from suppilo.analytics.cohorts.question import USUAL_BRACKETS, USUAL_PERIODS, format_brackets
from suppilo.analytics.periods import Every
from suppilo.apps.insights.cohorts import Guess
from suppilo.web.paging import clamp
from suppilo.web.reporting import Period, here, now_us, read_period

USUAL_DATES = "12m"
MEASURES = ("share", "people", "revenue", "per_member", "cumulative")
MONEY = MEASURES[2:]
_EVERY = ("month", "week", "day")
_FIELDS = (
    "start", "back", "every", "kind", "brackets", "periods", "amount", "currency", "show",
    "dates", "from", "to", "segment",
)  # fmt: skip
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """A page's question: the form's fields as they stand in the address, and what they say.

    ``question`` is None where a field can't be read: ``errors`` says which. ``currencies`` are
    those of the money that is shown, the most frequent first; ``currency`` the one that counts.
    """

    fields: Mapping[str, str]
    period: Period
    show: str
    question: CohortQuestion | None
    currencies: Sequence[str] = ()
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def currency(self) -> str:
        """What money is told in; empty where events don't say."""
        return self.fields["currency"] or next(iter(self.currencies), "")

    def query(self, **changes: Any) -> str:
        """Return the address's query with some fields changed."""
        fields = dict(self.fields) | {name: str(value) for name, value in changes.items()}
        always = ("start", "back")  # left out, they would be guessed
        return urlencode({name: text for name, text in fields.items() if text or name in always})


def read_asked(
    query: QueryDict, guess: Guess, currencies_of: Callable[[str, str], Sequence[str]]
) -> Asked:
    """Return what an address asks; what makes no sense is left out or noted as an error.

    Parameters
    ----------
    guess
        The purchase that an address means which names no events.
    currencies_of
        Gives the currencies of an event's amounts (of all events' for an empty name), the most
        frequent first.
    """
    fields = {name: query.get(name, "").strip()[:_LONGEST] for name in _FIELDS}
    if "start" not in query and "back" not in query:
        fields |= {"start": guess.purchase, "back": guess.purchase}
        fields["amount"] = fields["amount"] or guess.amount
    show = fields["show"] if fields["show"] in MEASURES else MEASURES[0]
    if show in MONEY and not fields["amount"]:
        show = MEASURES[0]
    currencies = currencies_of(fields["back"], fields["amount"]) if show in MONEY else ()
    if fields["currency"] not in currencies:
        fields["currency"] = ""
    errors: dict[str, str] = {}
    period = read_period(fields, USUAL_DATES, now_us(), errors)
    question = _read_question(fields, period, show, errors) if not errors else None
    if question is not None and len(currencies) > 1:
        question = replace(question, currency=fields["currency"] or currencies[0])
    return Asked(fields, period, show, question, currencies, errors)


def _read_question(
    fields: Mapping[str, str], period: Period, show: str, errors: dict[str, str]
) -> CohortQuestion | None:
    kind: Kind = _one_of(fields["kind"], get_args(Kind))
    every: Every = _one_of(fields["every"], _EVERY)
    try:
        brackets = parse_brackets(fields["brackets"]) if fields["brackets"] else USUAL_BRACKETS
        return CohortQuestion(
            start=_names(fields["start"]),
            back=_names(fields["back"]),
            every=every,
            kind=kind,
            brackets=brackets,
            periods=clamp(fields["periods"], 1, 60, USUAL_PERIODS),
            timezone=here(),
            from_us=period.start_us,
            to_us=period.end_us,
            amount=fields["amount"] if show in MONEY else None,
        )
    except ValueError as error:
        errors["brackets"] = str(error)
        return None


def usual_brackets() -> str:
    """Return the brackets that are asked for where none are."""
    return format_brackets(USUAL_BRACKETS)


def _names(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _one_of(text: str, choices: Any) -> Any:
    return text if text in choices else choices[0]
