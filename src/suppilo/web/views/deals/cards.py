"""A deal in the few words of a card or a row: what is next, what is late, what is wanting."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.selectors.board import count_participants
from suppilo.web.templatetags.money import money

_WEEK = 7
_SEVERAL = 2


@dataclass(frozen=True, slots=True)
class StepWords:
    """What is said of a deal's next step, and when it is planned for.

    ``kind``: ``planned``, ``late``, ``silent`` (nothing planned, and nothing done for long) or
    ``none``.
    """

    kind: str
    text: str
    when: str = ""

    @property
    def is_bad(self) -> bool:
        """Whether somebody should look."""
        return self.kind in {"late", "silent"}


@dataclass(frozen=True, slots=True)
class Badge:
    """What is wanting for a move: ``suggested``, ``ready``, ``partial`` or ``approve``.

    ``stage`` is the key of the stage that the deal may enter now; empty where it may not.
    """

    kind: str
    text: str
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A deal on the board, with its page; ids are texts, which no language puts separators into."""

    deal: Deal
    url: str
    people: int
    step: StepWords
    badge: Badge | None = None

    @property
    def id(self) -> str:
        """The deal's id."""
        return str(self.deal.pk)

    @property
    def amount(self) -> str:
        """What it is worth."""
        return money(self.deal.amount, self.deal.currency)

    @property
    def who(self) -> str:
        """Its company, and how many people are in it where there are several."""
        company = self.deal.company.name if self.deal.company is not None else ""
        if self.people < _SEVERAL:
            return company
        people = ngettext("%(n)d person", "%(n)d people", self.people) % {"n": self.people}
        return f"{company} · {people}" if company else people

    @property
    def revision(self) -> str:
        """What a move says that it saw."""
        return str(self.deal.revision)


def make_cards(deals: Iterable[Deal], badges: dict[int, Badge], now: datetime) -> list[Card]:
    """Return the cards of deals, whose people are counted all at once."""
    deals = list(deals)
    people = count_participants(deals)
    # What each deal's own page is at, asked once for all of them.
    urls = reverse("deal", args=[0]).removesuffix("0/")
    return [
        Card(
            deal, f"{urls}{deal.pk}/", people.get(deal.pk, 0), step_words(deal, now),
            badges.get(deal.pk),
        )
        for deal in deals
    ]  # fmt: skip


def step_words(deal: Deal, now: datetime) -> StepWords:
    """Return what is said of a deal's next step, in the user's own time."""
    if deal.next_step_at is None or not deal.next_step:
        return _without_step(deal, now)
    at, today = timezone.localtime(deal.next_step_at), timezone.localdate(now)
    days = (today - at.date()).days
    if days > 0:
        return StepWords("late", ngettext("%(n)d day late", "%(n)d days late", days) % {"n": days})
    if days == 0 and deal.next_step_has_time and at < now:
        return StepWords("late", _("late, %s") % date_format(at, "TIME_FORMAT"))
    when = day_words(at, now, has_time=deal.next_step_has_time)
    return StepWords("planned", deal.next_step, when)


def day_words(at: datetime, now: datetime, *, has_time: bool) -> str:
    """Return a day as people say it: today 15:00, tomorrow, Tue, 4 Mar."""
    at = timezone.localtime(at)
    days = (at.date() - timezone.localdate(now)).days
    if days in (0, 1):
        day = (_("today"), _("tomorrow"))[days]
    elif 0 < days < _WEEK:
        day = date_format(at, "D")
    elif at.year == timezone.localdate(now).year:
        # Translators: a day of this year, short, in Django's format.
        day = date_format(at, _("j M"))
    else:
        day = date_format(at, "SHORT_DATE_FORMAT")
    return f"{day} {date_format(at, 'TIME_FORMAT')}" if has_time else day


def _without_step(deal: Deal, now: datetime) -> StepWords:
    since = max(filter(None, (deal.last_activity_at, deal.entered_at)))
    days, patience = (now - since).days, deal.stage.expected_days
    if patience is not None and days > patience:
        said = ngettext("%(n)d day silent", "%(n)d days silent", days)
        return StepWords("silent", said % {"n": days})
    return StepWords("none", _("no next step"))


def card_words() -> dict[str, str]:
    """Return what every card says alike: looked up once, not for each of hundreds."""
    return {
        "move": _("Move to…"),
        "gate": _("met of what the next stage asks for"),
        "aside": _("Set the suggestion aside"),
    }
