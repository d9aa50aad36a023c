"""What the page of changes is asked: of which conversion, what against what, split by what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.analytics.funnel import FunnelDefinition
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.funnels.ask import CompareChoice
from suppilo.apps.funnels.models import SavedFunnel
from suppilo.apps.funnels.selectors import list_funnels
from suppilo.apps.insights.change import DEAL_FIELDS, DealSide
from suppilo.apps.segments.narrow import find_marks, mark_name, without_name
from suppilo.web.reporting import Period, now_us, read_period
from suppilo.web.segment_choice import SegmentChoice, choose_segment

DEALS = "deals"
MOST_FUNNELS = 100
FIELD_NAMES = {
    "channel": gettext_lazy("Channel"), "owner": gettext_lazy("Owner"),
    "team": gettext_lazy("Team"), "pipeline": gettext_lazy("Pipeline"),
}  # fmt: skip
_LONGEST, _LONGEST_ID = 200, 19

if set(FIELD_NAMES) != set(DEAL_FIELDS):
    raise RuntimeError("everything that deals are told apart by needs its words")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a change.

    ``of`` is ``deals`` or a saved funnel's number; ``vs`` what is set against each other: empty
    for the period before, else a property whose values are ``a`` and ``b``; ``by`` is what splits.
    """

    of: str
    vs: str
    a: str
    b: str
    by: str
    period: Period
    segments: SegmentChoice
    funnel: SavedFunnel | None = None
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_deals(self) -> bool:
        """Whether deals are asked for."""
        return self.of == DEALS

    def pairs(self) -> list[tuple[str, str]]:
        """Return the keys and values of the address."""
        dates = [("dates", self.period.choice), ("from", self.period.start_text),
                 ("to", self.period.end_text)]  # fmt: skip
        keys = [(name, getattr(self, name)) for name in ("of", "vs", "a", "b", "by")]
        keys.append(("segment", self.segments.text))
        return [pair for pair in (*keys, *dates) if pair[1]]

    def query(self) -> str:
        """Return the same as the text of a query."""
        return urlencode(self.pairs())

    def deal_sides(self) -> tuple[DealSide, DealSide]:
        """Return the two sides of deals, the one to compare with first."""
        now = DealSide(self.period.start_us, self.period.end_us)
        if self.vs:
            return replace(now, field=self.vs, value=self.a), replace(
                now, field=self.vs, value=self.b
            )
        before = self.period.before
        assert before is not None  # read_asked has made sure
        return DealSide(before.start_us, before.end_us), now

    def definition(self) -> FunnelDefinition:
        """Return the funnel with the page's dates of entry, split by nothing yet."""
        assert self.funnel is not None
        asked, chosen = self.funnel.read_definition(), self.segments.chosen
        return replace(
            asked, from_us=self.period.start_us, to_us=self.period.end_us, by=None,
            by_value="first", every=None,
            segment=asked.segment if chosen is None else chosen.pk,
        )  # fmt: skip

    def choice(self, types: Mapping[str, str]) -> CompareChoice:
        """Return what the funnel's two sides are; ``types`` are those of the properties."""
        if not self.vs:
            return CompareChoice(mix=self.by)
        one, other = (_condition(self.vs, value, types) for value in (self.a, self.b))
        return CompareChoice("segments", one, other, self.by)


def _condition(name: str, value: str, types: Mapping[str, str]) -> str:
    """Return the condition that a property has a value."""
    quoted = '"' + name.replace('"', '""') + '"'
    if types.get(name) in ("int", "float", "bool") or find_marks([name]):
        return f"{quoted} = {value}"
    return f"{quoted} = " + "'" + value.replace("'", "''") + "'"


def read_asked(query: Mapping[str, str], user: User, types: Mapping[str, str]) -> Asked:
    """Return what an address asks; what can't be answered is noted in ``errors``.

    Parameters
    ----------
    types
        The type of each property of events.

    Raises
    ------
    Http404
        If it names a segment that is not there, or not the user's to see.
    """
    errors: dict[str, str] = {}
    given = {key: query.get(key, "").strip()[:_LONGEST] for key in ("of", "vs", "a", "b", "by")}
    given |= {key: without_name(given[key]) for key in ("vs", "by")}
    funnel = _find_funnel(user, given["of"])
    if funnel is not None:
        given["of"] = str(funnel.pk)
    elif not given["of"] and allows(user, Permission.SEE_DEALS):
        given["of"] = DEALS
    marks = (mark_name(number) for number in find_marks((given["vs"], given["by"])))
    known = FIELD_NAMES if given["of"] == DEALS else {**types, **dict.fromkeys(marks, "bool")}
    given["by"] = given["by"] or _usual(known, given["vs"])
    asked = Asked(
        given["of"], given["vs"], given["a"], given["b"], given["by"],
        read_period(query, "90d", now_us(), errors),
        choose_segment(user, query.get("segment", "")), funnel,
    )  # fmt: skip
    return replace(asked, errors=errors | _mistakes(asked, known))


def _find_funnel(user: User, number: str) -> SavedFunnel | None:
    if number == DEALS:
        return None
    funnels = list_funnels(user)
    if not number:
        return funnels.first()
    return (
        funnels.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    )


def _usual(known: Mapping[str, object], besides: str) -> str:
    names = ["channel", *known]
    return next((name for name in names if name in known and name != besides), "")


def _mistakes(asked: Asked, known: Mapping[str, object]) -> dict[str, str]:
    errors = {}
    if not asked.is_deals and asked.funnel is None:
        errors["of"] = _("There is no such funnel. Choose one that is saved.")
        return errors
    for key in ("vs", "by"):
        name = getattr(asked, key)
        if name and name not in known:
            errors[key] = _("There is no property “%(name)s”.") % {"name": name[:60]}
    if asked.vs and asked.vs == asked.by:
        errors["by"] = _("Split by something else than what is compared.")
    if asked.vs and not _has_values(asked):
        errors["a"] = _("Name both values to compare.")
    if not asked.vs and asked.period.before is None:
        errors["dates"] = _("Choose dates with a beginning and an end: they are compared with the "
                            "period before.")  # fmt: skip
    return errors


def _has_values(asked: Asked) -> bool:
    """Return whether both values are there; those of deals are ids, but for channels."""
    if not asked.is_deals or asked.vs == "channel":
        return bool(asked.a and asked.b)
    return all(text.isdecimal() and len(text) < _LONGEST_ID for text in (asked.a, asked.b))
