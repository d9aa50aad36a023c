"""What a page's address asks: a funnel, and the way to look at it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.conf import settings
from django.http import QueryDict

from suppilo.analytics.funnel import FunnelDefinition
from suppilo.apps.funnels.ask import CompareChoice, Question
from suppilo.apps.funnels.draft import CheckedDraft, Draft, check_draft, draft_of, read_draft
from suppilo.apps.funnels.draft.query import write_draft
from suppilo.apps.funnels.models import ReportView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from suppilo.apps.funnels.models import SavedFunnel

_LONGEST_WORTH = 200
Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Look:
    """The way to look at a funnel: the tab, and what it asks beside the funnel."""

    view: str = ReportView.STEPS
    times: tuple[int, int] | None = None
    compare: CompareChoice = field(default_factory=CompareChoice)
    worth: str = ""

    def pairs(self) -> Pairs:
        """Return this as keys and values of a URL, defaults left out."""
        pairs = [("view", "" if self.view == ReportView.STEPS else self.view)]
        if self.view == ReportView.TIMES and self.times:
            pairs.append(("t", f"{self.times[0]}-{self.times[1]}"))
        if self.view == ReportView.COMPARE:
            kind = "" if self.compare.kind == "before" else self.compare.kind
            pairs += [("vs", kind), ("a", self.compare.a), ("b", self.compare.b),
                      ("mix", self.compare.mix)]  # fmt: skip
        pairs.append(("worth", self.worth))
        return [pair for pair in pairs if pair[1]]


def read_look(query: QueryDict) -> Look:
    """Return the way to look that an address asks for; what makes no sense is left out."""
    view = query.get("view", "")
    kind = query.get("vs", "")
    return Look(
        view if view in ReportView.values else ReportView.STEPS,
        _read_times(query),
        CompareChoice(
            kind if kind in ("before", "segments") else "before",
            query.get("a", "").strip(), query.get("b", "").strip(), query.get("mix", "").strip(),
        ),
        query.get("worth", "").strip()[:_LONGEST_WORTH],
    )  # fmt: skip


def _read_times(query: QueryDict) -> tuple[int, int] | None:
    texts = query.get("t", "").split("-")
    if "t1" in query and "t2" in query:
        texts = [query.get("t1", ""), query.get("t2", "")]
    if len(texts) == 2 and all(text.isdecimal() and len(text) < 4 for text in texts):
        return int(texts[0]), int(texts[1])
    return None


@dataclass(frozen=True, slots=True)
class Asked:
    """A page's question: the draft, what it says, and the way to look at it."""

    draft: Draft
    checked: CheckedDraft
    look: Look

    @property
    def question(self) -> Question | None:
        """The question to calculate; None where the draft has mistakes."""
        if self.checked.definition is None:
            return None
        look = self.look
        return Question(self.checked.definition, look.view, look.times, look.compare, look.worth)

    def pairs(self, **changes: str) -> Pairs:
        """Return the keys and values of this page's URL, with some replaced (empty: left out)."""
        pairs = [*write_draft(self.draft), *self.look.pairs()]
        kept = [pair for pair in pairs if pair[0] not in changes]
        return kept + [(key, text) for key, text in changes.items() if text]

    def query(self, **changes: str) -> str:
        """Return the same as the text of a query."""
        return encode(self.pairs(**changes))


def encode(pairs: Iterable[tuple[str, str]]) -> str:
    """Return keys and values as a query that stays readable."""
    return "&".join(f"{quote(key, safe='')}={_quote(text)}" for key, text in pairs)


def _quote(text: str) -> str:
    # What may stand in a query as it is, and blanks as "+".
    return quote(text, safe=" ,:/()*|'!~$;@<>=").replace(" ", "+").replace("|", "%7C").replace(
        "<", "%3C").replace(">", "%3E")  # fmt: skip


def read_asked(
    query: QueryDict, types: Mapping[str, str], now_us: int, saved: SavedFunnel | None = None
) -> Asked:
    """Return what an address asks.

    Parameters
    ----------
    query
        The address's keys and values.
    types
        The type of each property.
    now_us
        The clock, for dates that move with it.
    saved
        The funnel that is meant where the address itself has none.
    """
    draft = read_draft(dict(query.lists()), types)
    if query.get("dates") == "between":
        draft = replace(draft, dates="")
    elif "dates" in query:  # a name, or any dates: what stood in the fields for them goes
        draft = replace(draft, start="", end="")
    if saved is not None and not draft.steps:
        draft = _laid_over(saved_draft(saved), draft)
    return check_asked(draft, read_look(query), now_us)


def _laid_over(saved: Draft, given: Draft) -> Draft:
    """Return a saved funnel with what an address says beside its steps."""
    return replace(
        saved,
        window=given.window or saved.window,
        by=given.by or saved.by,
        by_value=given.by_value or saved.by_value,
        dates=given.dates or ("" if given.start or given.end else saved.dates),
        start=given.start or saved.start,
        end=given.end or saved.end,
        every=given.every or saved.every,
        unit=given.unit or saved.unit,
        segment=given.segment or saved.segment,
    )


def check_asked(draft: Draft, look: Look, now_us: int) -> Asked:
    """Return a draft with what it says, under the installation's own time zone."""
    return Asked(draft, check_draft(draft, now_us, settings.TIME_ZONE), look)


def saved_draft(saved: SavedFunnel) -> Draft:
    """Return the draft of a saved funnel."""
    return draft_of(saved.read_definition(), settings.TIME_ZONE, saved.dates)


def definition_query(definition: FunnelDefinition, **more: str) -> str:
    """Return the query of a finished definition, for a link to it."""
    pairs = write_draft(draft_of(definition, settings.TIME_ZONE))
    return encode([*pairs, *((key, text) for key, text in more.items() if text)])
