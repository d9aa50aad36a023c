"""Reading what programs send: JSON that says that it is, and means one thing."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, NoReturn

from django.http import Http404, HttpRequest
from ninja import Schema
from ninja.parser import Parser
from pydantic import AfterValidator, BeforeValidator, ConfigDict


class Given(Schema):
    """What a program sends: a field that the API doesn't know is refused, not passed over."""

    model_config = ConfigDict(extra="forbid")


def _starts_with_a_day(value: Any) -> Any:
    """Refuse a number, which would be taken for seconds since 1970."""
    if isinstance(value, date) or re.match(r"\d{4}-\d\d-\d\d", str(value), re.ASCII):
        return value
    raise ValueError("Write the day as 2027-03-31.")


def _check_when(at: datetime) -> datetime:
    """Return a time that has a zone, of a year that calendars know."""
    if at.tzinfo is None:
        raise ValueError("Write the time with its zone, as 2027-03-31T15:00:00Z.")
    if not 1900 <= at.year <= 2999:
        raise ValueError("Write a year from 1900 to 2999.")
    return at.astimezone(UTC)


Day = Annotated[date, BeforeValidator(_starts_with_a_day)]
When = Annotated[datetime, BeforeValidator(_starts_with_a_day), AfterValidator(_check_when)]


class StrictParser(Parser):
    """Takes ``application/json`` only: no name twice in one object, no NaN, no broken text."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """Return a request's JSON.

        Raises
        ------
        ValueError
            If it is no such JSON; the API answers 400.
        """
        if request.content_type != "application/json":
            raise ValueError("Send Content-Type: application/json.")
        found: dict[str, Any] = json.loads(
            request.body, object_pairs_hook=_refuse_twice, parse_constant=_refuse_constant
        )
        _refuse_broken_text(found)
        return found


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A name stands twice in one object.")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON.")


def _refuse_broken_text(value: Any) -> None:
    """Refuse what no database keeps as text: NUL, and halves of surrogate pairs."""
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("A text holds NUL.")
        value.encode()
    elif isinstance(value, dict):
        _refuse_broken_text([*value, *value.values()])
    elif isinstance(value, list):
        for inner in value:
            _refuse_broken_text(inner)


_LARGEST_ID = 2**63 - 1


def within(number: int) -> int:
    """Return an id of an address; what no database has as one is found nowhere.

    Raises
    ------
    Http404
        If it is too large.
    """
    if number > _LARGEST_ID:
        raise Http404
    return number
