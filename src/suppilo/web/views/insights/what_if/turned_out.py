"""Scenarios in words: what each foretells, several beside each other, and how one turned out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from suppilo.analytics.whatif import Range
from suppilo.apps.scenarios.models import Scenario
from suppilo.apps.scenarios.selectors import LevelFact, ScenarioCheck
from suppilo.web.templatetags.funnel_words import rate
from suppilo.web.views.insights.what_if import words


@dataclass(frozen=True, slots=True)
class Summary:
    """What a scenario foretells, as texts."""

    last: str
    now: str
    then: str
    range: str
    gain: str
    profit: str
    profit_range: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of scenarios beside each other: its name, and a text with a note for each of them."""

    name: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FactRow:
    """A level beside what happened, as texts; ``verdict`` is ``within``, ``above``, ``below``."""

    fact: LevelFact
    before: str
    predicted: str
    range: str
    counted: str
    verdict: str
    verdict_words: str
    url: str


def scenario_summary(saved: Scenario) -> Summary:
    """Return what a scenario foretells."""
    found, currency = saved.prediction, saved.prediction["currency"]
    last, has_money = found["levels"][-1], found["has_money"]
    return Summary(
        last["name"],
        words.figure(last["before"]),
        words.figure(last["after"]),
        words.span_of(Range(**found["won_range"])),
        words.more_money(found["gain"], currency) if has_money else "",
        words.more_money(found["profit"], currency) if has_money else "",
        words.span_of(Range(**found["profit_range"]), "money", currency) if has_money else "",
    )


@dataclass(frozen=True, slots=True)
class ForetoldRow:
    """A level as it was counted and foretold, as texts."""

    name: str
    now: str
    then: str
    range: str
    rates: str


def foretold_rows(saved: Scenario) -> Iterator[ForetoldRow]:
    """Yield a scenario's levels as they were foretold."""
    for level in saved.levels:
        span = {key: words.figure(level["after_range"][key]) for key in ("lower", "upper")}
        now, then = rate(level["rate_before"]), rate(level["rate_after"])
        yield ForetoldRow(
            level["name"],
            words.figure(level["before"]),
            words.figure(level["after"]),
            _("%(lower)s to %(upper)s") % span,
            "" if level["rate_before"] is None else now if now == then else f"{now} → {then}",
        )


def scenario_columns(chosen: Sequence[Scenario]) -> list[Row]:
    """Return scenarios beside each other: their levels by name, what is won, revenue, profit."""
    names = list(dict.fromkeys(level["name"] for one in chosen for level in one.levels))
    rows = [Row(name, tuple(_level_cell(one, name) for one in chosen)) for name in names]
    summaries = [scenario_summary(one) for one in chosen]
    return [
        *rows,
        Row(_("Change in the last level"), tuple(_more_cell(one) for one in chosen)),
        Row(_("Change in revenue"), tuple((one.gain or "—", "") for one in summaries)),
        Row(
            _("Change in profit"),
            tuple((one.profit or "—", one.profit_range) for one in summaries),
        ),
        Row(_("Cost of one more"), tuple(_cost_cell(one) for one in chosen)),
        Row(_("Key level"), tuple(_key_cell(one) for one in chosen)),
    ]


def _level_cell(saved: Scenario, name: str) -> tuple[str, str]:
    level = next((level for level in saved.levels if level["name"] == name), None)
    if level is None:
        return "—", ""
    text = f"{words.figure(level['before'])} → {words.figure(level['after'])}"
    if level["rate_after"] is None:
        return text, ""
    return text, _("%(rate)s go on") % {"rate": rate(level["rate_after"])}


def _more_cell(saved: Scenario) -> tuple[str, str]:
    last = saved.levels[-1]
    note = words.span_of(Range(**saved.prediction["won_range"]))
    return words.more(last["after"] - last["before"]), note


def _cost_cell(saved: Scenario) -> tuple[str, str]:
    cost = saved.prediction["cost_per_extra"]
    return ("—" if cost is None else words.amount(cost, saved.prediction["currency"])), ""


def _key_cell(saved: Scenario) -> tuple[str, str]:
    ranked = saved.prediction["key_levels"]
    return (ranked[0]["stage"] if ranked else "—"), ""


def fact_rows(check: ScenarioCheck, urls: tuple[str, ...]) -> list[FactRow]:
    """Return a scenario's levels beside what happened."""
    padded = urls + ("",) * len(check.levels)
    return [_fact_row(one, url) for one, url in zip(check.levels, padded, strict=False)]


def _fact_row(one: LevelFact, url: str) -> FactRow:
    said = {
        "within": _("within the range"), "above": _("above the range"),
        "below": _("below the range"), "": "",
    }  # fmt: skip
    span = {"lower": words.figure(one.lower), "upper": words.figure(one.upper)}
    return FactRow(
        one,
        words.figure(one.before),
        words.figure(one.predicted),
        _("%(lower)s to %(upper)s") % span,
        "—" if one.fact is None else words.figure(one.fact),
        one.verdict,
        said[one.verdict],
        url,
    )


def read_typed(
    texts: Sequence[str], levels: int, errors: dict[str, str]
) -> tuple[float | None, ...]:
    """Return the counts that were written beside one's own figures; None where there is none."""
    found: list[float | None] = []
    for text in texts[:levels]:
        try:
            number = float(text.replace(",", ".")) if text.strip() else None
        except ValueError:
            number = -1.0
        if number is not None and not 0 <= number <= 1e15:
            errors["count"] = _("“%(text)s” is no count.") % {"text": text[:40]}
            number = None
        found.append(number)
    return tuple(found)
