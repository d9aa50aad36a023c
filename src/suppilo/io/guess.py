"""Which column is the path, the event and the time: from names, then from values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from suppilo.io.errors import InputError
from suppilo.io.mapping import GuessedMapping, Mapping
from suppilo.io.roles import list_columns
from suppilo.io.times import looks_like_time

_PATH_NAMES = (
    "path", "case_concept_name", "case_id", "user_id", "userid", "customer_id", "customerid",
    "person_id", "distinct_id", "lead_id", "mql_id", "contact_id", "client_id", "visitor_id",
    "account_id", "company_id", "deal_id", "opportunity_id", "subscriber_id", "member_id",
    "profile_id", "user_pseudo_id", "domain_userid", "network_userid", "anonymous_id", "user",
    "customer", "person", "lead", "contact", "visitor", "email", "e_mail", "uid", "case",
    "account", "company", "deal", "id",
)  # fmt: skip
_EVENT_NAMES = (
    "event_name", "eventname", "event", "concept_name", "action", "activity", "event_type",
    "eventtype", "event_action", "stage", "deal_stage", "step", "page_name", "page", "screen",
    "status", "type",
)  # fmt: skip
_AT_NAMES = (
    "derived_tstamp", "time_timestamp", "timestamp", "event_time", "event_timestamp", "event_at",
    "occurred_at", "at", "time", "ts", "datetime", "date_time", "happened_at", "client_time",
    "original_timestamp", "sent_at", "received_at", "created_at", "created", "date", "event_date",
    "collector_tstamp",
)  # fmt: skip
_EVENT_ID_NAMES = (
    "event_id", "eventid", "message_id", "messageid", "insert_id", "event_uuid",
)  # fmt: skip
_SESSION_NAMES = (
    "session_id", "sessionid", "domain_sessionid", "session", "sid", "visit_id",
)  # fmt: skip
_NOT_PATHS = re.compile(r"event|session|product|order|item|message|insert|page|campaign|ad_id")
_TIME_NAME = re.compile(r"time|tstamp|date|_at$|_on$|^when")
_MOST_EVENT_NAMES = 1000


@dataclass(frozen=True, slots=True)
class SampleColumn:
    """The first values of a column, as text; ``is_time`` says that the file calls them times."""

    name: str
    values: tuple[str, ...]
    is_time: bool = False

    @property
    def key(self) -> str:
        """The name in small letters and underscores, for comparison."""
        spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", self.name)
        return re.sub(r"[^0-9a-z]+", "_", spaced.lower()).strip("_")

    def share_of_times(self) -> float:
        """Return the share of the values that look like times, 0..1."""
        if self.is_time:
            return 1.0
        return sum(map(looks_like_time, self.values)) / max(1, len(self.values))

    def distinct(self) -> int:
        """Return how many different values there are."""
        return len(set(self.values))


def guess_roles(columns: Sequence[SampleColumn], given: Mapping, file: str) -> GuessedMapping:
    """Fill the roles that were not given.

    Raises
    ------
    InputError
        If the path, the event or the time can't be told; the message lists the columns.
    """
    return _Guesser(columns, given, file).guess()


class _Guesser:
    def __init__(self, columns: Sequence[SampleColumn], given: Mapping, file: str) -> None:
        self._all = columns
        self._given, self._file = given, file
        self._sentences: list[str] = []
        taken = {given.path, given.event, given.at, given.event_id, given.session}
        taken |= {column for column, _ in given.stages}
        self._free = [c for c in columns if c.values and c.name not in taken]

    def guess(self) -> GuessedMapping:
        given = self._given
        at = given.at or (self._guess_at() if not given.stages else self._guess_flag_time())
        path = given.path or self._guess_path()
        event = given.event
        if event is None and given.event_name is None and not given.stages:
            event = self._guess_event()
        mapping = replace(given, path=path, at=at, event=event)
        if not given.stages:
            mapping = replace(
                mapping,
                event_id=given.event_id or self._guess_event_id(),
                session=given.session or self._guess_session(),
            )
        return GuessedMapping(mapping, tuple(self._sentences))

    def _take(self, role: str, column: SampleColumn, why: str) -> str:
        self._free.remove(column)
        self._sentences.append(f"{role} = {column.name} ({why})")
        return column.name

    def _by_name(self, names: Sequence[str]) -> list[SampleColumn]:
        found = {column.key: column for column in reversed(self._free)}
        return [found[name] for name in names if name in found]

    def _guess_at(self) -> str:
        times = [column for column in self._free if column.share_of_times() >= 0.8]
        for column in self._by_name(_AT_NAMES):
            if column in times:
                return self._take("at", column, "name, and its values are times")
        times.sort(key=lambda column: not _TIME_NAME.search(column.key))
        if times:
            return self._take("at", times[0], "its values are times")
        for column in self._by_name(_AT_NAMES):
            # Its values are odd, and the reader will say row by row how.
            return self._take("at", column, "name")
        raise self._unknown("the time", "--at")

    def _guess_flag_time(self) -> str | None:
        dates = [column for column in self._by_name(_AT_NAMES) if column.share_of_times() >= 0.8]
        return self._take("at", dates[0], "name, and its values are times") if dates else None

    def _guess_path(self) -> str:
        if named := self._by_name(_PATH_NAMES):
            return self._take("path", named[0], "name")
        ids = [c for c in self._free if c.key.endswith("id") and not _NOT_PATHS.search(c.key)]
        if ids:
            # The key of a path comes back with each of its events.
            ids.sort(key=lambda column: column.distinct() == len(column.values))
            return self._take("path", ids[0], "its name ends in id")
        if sessions := self._by_name(_SESSION_NAMES):
            return self._take("path", sessions[0], "name")
        raise self._unknown("the path (who or what moves)", "--path")

    def _guess_event(self) -> str:
        named = self._by_name(_EVENT_NAMES)
        # A column with a single value tells no events apart: another may.
        named.sort(key=lambda column: column.distinct() < 2)
        if named and named[0].distinct() <= _MOST_EVENT_NAMES:
            return self._take("event", named[0], "name")
        raise self._unknown("the event's name", "--event", " or --event-name NAME for all rows")

    def _guess_event_id(self) -> str | None:
        named = self._by_name(_EVENT_ID_NAMES)
        unique = [column for column in named if column.distinct() == len(column.values)]
        return self._take("event_id", unique[0], "name") if unique else None

    def _guess_session(self) -> str | None:
        named = self._by_name(_SESSION_NAMES)
        return self._take("session", named[0], "name") if named else None

    def _unknown(self, role: str, option: str, more: str = "") -> InputError:
        names = [column.name for column in self._all]
        headless = any(looks_like_time(name) or _is_number(name) for name in names)
        hint = "; if the file has no header, name its columns with --columns" if headless else ""
        return InputError(
            f"{self._file}: can't tell which column is {role}; name it with {option} COLUMN{more}. "
            f"The columns are: {list_columns(names)}{hint}"
        )


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\s*-?\d+([.,]\d+)?\s*", text) is not None
