"""A first score sheet, guessed from which events and properties there are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from suppilo.analytics.scores import RuleScores, ScoreRules
from suppilo.apps.insights.guess import PURCHASES, guess_name, plain_name

if TYPE_CHECKING:
    from suppilo.analytics.events import EventSource

_PATHS = ("url_path", "path", "page_path", "url")
_MOST_LABELS = 20_000
_REPEAT_SHARE = 0.2
"""Where so many of the buyers have bought twice, the next purchase is worth foretelling too."""


@dataclass(frozen=True, slots=True)
class _Likely:
    """Events of these names, and what they are usually worth."""

    names: tuple[str, ...]
    points: int
    half_life_days: int
    repeat: str = "once"
    cap: int | None = None


_EVENTS = (
    _Likely(("demo_requested", "demo_booked", "demo_request", "meeting_booked"), 40, 30),
    _Likely(("lead_submitted", "form_submitted", "generate_lead", "contact_submitted",
             "contact_requested", "quote_requested"), 40, 30),
    _Likely(("quote_opened", "quote_accepted", "proposal_viewed"), 30, 14),
    _Likely(("trial_started", "signed_up", "sign_up", "account_created"), 25, 30),
    _Likely(("checkout_started", "payment_info_entered"), 20, 7),
    _Likely(("product_added", "added_to_cart"), 10, 7, "each", 30),
    _Likely(("webinar_registered", "download", "file_downloaded", "whitepaper_downloaded",
             "newsletter_subscribed", "subscribed"), 10, 30, "each", 20),
    _Likely(("product_viewed", "video_played", "search", "products_searched"), 3, 7, "each", 15),
    _Likely(("page", "page_viewed", "pageview", "page_view"), 1, 7, "each", 10),
    _Likely(("unsubscribed", "email_unsubscribed", "spam_reported"), -30, 90),
)  # fmt: skip
_PAGES = (
    (gettext_noop("Looked at prices"), "pric"),
    (gettext_noop("Looked at how to get in touch"), "contact"),
    (gettext_noop("Looked at a demo"), "demo"),
)
_DECIDERS = re.compile(
    r"\b(owner|founder|chief|c[efito]o|cmo|head|director|president|vp|partner|manager|buyer)\b",
    re.IGNORECASE,
)
_JOBS = ("title", "job_title", "role", "position", "jobtitle")
_MOST_DECIDERS = 50


def guess_rules(source: EventSource, properties: Mapping[str, Sequence[Any]]) -> ScoreRules | None:
    """Return a sheet that makes sense of the data; None where nothing is known to be worth points.

    Parameters
    ----------
    properties
        The names of people's properties; the one of :func:`find_job` with values that it has.
    """
    rules = [*_fit_rules(properties), *_event_rules(source.event_names()), *_page_rules(source)]
    if not any(rule["points"] > 0 and "event" in rule for rule in rules):
        return None
    return ScoreRules.from_dict({"rules": rules, "full_fit": 40})


def fill_engagement(scores: RuleScores) -> float:
    """Return that engagement as a full one which three of a hundred reach.

    Of those who do anything at all, that is; so somebody is hot from the first day on.
    """
    engaged = scores.engagement[scores.engagement >= 1]
    if not len(engaged):
        return scores.rules.full_engagement
    return float(np.clip(5 * round(float(np.quantile(engaged, 0.97)) / 5), 20, 200))


def guess_goal(source: EventSource) -> tuple[str, bool]:
    """Return the event that is likely the goal, and whether people reach it again.

    It is a purchase; an empty name where there is none.
    """
    goal = guess_name(source.event_names(), PURCHASES)
    if not goal:
        return "", False
    ranges = source.path_ranges()
    times = [np.unique(source.read(goal, paths).path, return_counts=True)[1] for paths in ranges]
    found = np.concatenate([np.zeros(0, np.int64), *times])
    return goal, bool(len(found)) and float((found > 1).mean()) >= _REPEAT_SHARE


def _event_rules(names: Iterable[str]) -> list[dict[str, Any]]:
    plain = {plain_name(name): name for name in reversed(list(names))}
    return [
        _rule(_title(one), likely, event=plain[one])
        for likely in _EVENTS for one in likely.names if one in plain
    ]  # fmt: skip


def _page_rules(source: EventSource) -> list[dict[str, Any]]:
    page = guess_name(source.event_names(), ("page", "page_viewed", "pageview", "page_view"))
    path = next((name for name in _PATHS if name in source.property_names()), "")
    if not page or not path:
        return []
    likely = _Likely((), 10, 7, "each", 30)
    return [
        _rule(_(title), likely, event=page, where=f"{path} LIKE '%{word}%'")
        for title, word in _PAGES if _has_word(source, page, path, word)
    ]  # fmt: skip


def _has_word(source: EventSource, event: str, name: str, word: str) -> bool:
    for paths in source.path_ranges():
        values = source.read(event, paths).values(name)
        if values is not None and any(word in str(label) for label in values.labels[:_MOST_LABELS]):
            return True
    return False


def _rule(title: str, likely: _Likely, **condition: str) -> dict[str, Any]:
    return {
        "name": title, **condition, "points": likely.points, "kind": "engagement",
        "half_life_days": likely.half_life_days, "repeat": likely.repeat, "cap": likely.cap,
    }  # fmt: skip


def _fit_rules(properties: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    plain = {plain_name(name): name for name in properties}
    found: list[dict[str, Any]] = []
    for word, points in (("email", 10), ("phone", 10), ("company", 20)):
        if word in plain:
            name = _("%(property)s is known") % {"property": _title(word)}
            found.append({"name": name, "property": plain[word], "test": "known",
                          "points": points})  # fmt: skip
    job = find_job(properties)
    deciders = [str(one) for one in properties.get(job, ()) if _DECIDERS.search(str(one))]
    if deciders:
        found.append({"name": _("Decides or buys"), "property": job, "test": "one_of",
                      "value": sorted(set(deciders))[:_MOST_DECIDERS], "points": 20})  # fmt: skip
    return found


def find_job(properties: Iterable[str]) -> str:
    """Return the property that says what somebody's work is; empty where there is none."""
    plain = {plain_name(name): name for name in properties}
    return next((plain[name] for name in _JOBS if name in plain), "")


def _title(name: str) -> str:
    text = plain_name(name).replace("_", " ")
    return text[:1].upper() + text[1:]
