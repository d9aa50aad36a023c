"""What the address of the page of customer value asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from suppilo.analytics.value.occasions import OCCASIONS
from suppilo.apps.insights.cohorts import Guess
from suppilo.apps.insights.value import ValueQuestion, end_of_day
from suppilo.web.paging import clamp
from suppilo.web.reporting import here, now_us

USUAL_DAYS = 365
LONGEST_DAYS = 3_650
USUAL_DISCOUNT = 10.0
CONTRACT = "contract"
_FIELDS = ("purchase", "amount", "currency", "model", "days", "discount", "in_segment")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """A page's question: the form's fields as they stand in the address, and what they say.

    ``question`` is None where there is no purchase, or a field can't be read.
    """

    fields: Mapping[str, str]
    question: ValueQuestion | None
    currencies: Sequence[str] = ()
    errors: dict[str, str] = field(default_factory=dict)

    def query(self, **changes: Any) -> str:
        """Return the address's query with some fields changed."""
        fields = dict(self.fields) | {name: str(value) for name, value in changes.items()}
        always = ("purchase", "amount")  # left out, they would be guessed
        return urlencode({name: text for name, text in fields.items() if text or name in always})


def read_asked(
    query: QueryDict, guess: Guess, currencies_of: Callable[[str], Sequence[str]]
) -> Asked:
    """Return what an address asks.

    Parameters
    ----------
    guess
        The purchase that an address means which names none.
    currencies_of
        Gives an event's currencies, the most frequent first; one alone counts, never their sum.
    """
    fields = {name: query.get(name, "").strip()[:_LONGEST] for name in _FIELDS}
    if "purchase" not in query:
        fields |= {"purchase": guess.purchase, "amount": guess.amount}
    errors: dict[str, str] = {}
    if not fields["purchase"]:
        errors["purchase"] = _("Say which event is a purchase.")
    currencies = list(currencies_of(fields["purchase"])) if fields["amount"] else []
    if fields["currency"] not in currencies:
        fields["currency"] = ""
    discount = _read_discount(fields["discount"], errors)
    question = ValueQuestion(
        purchase=fields["purchase"],
        amount=fields["amount"],
        currency=fields["currency"] or next(iter(currencies), ""),
        horizon_days=float(clamp(fields["days"], 1, LONGEST_DAYS, USUAL_DAYS)),
        discount=discount / 100,
        contract=fields["model"] == CONTRACT,
        occasions=next((every for every in OCCASIONS if every == fields["model"]), None),
        timezone=here(),
        as_of_us=end_of_day(now_us()),
    )
    return Asked(fields, None if errors else question, currencies, errors)


def _read_discount(text: str, errors: dict[str, str]) -> float:
    try:
        rate = float(text.replace(",", ".")) if text else USUAL_DISCOUNT
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1_000:
        errors["discount"] = _("Write the discount as per cent a year, such as 10.")
    return rate
