"""How long a funnel takes, as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from suppilo.charts import words
from suppilo.charts.i18n import _

CLEAR = 0.05
"""A p-value below this is called more than chance."""


def render_times(times: Mapping[str, Any], apart: Mapping[str, Any] | None) -> str:
    """Return the times of all, and those of each value with the test between them.

    Parameters
    ----------
    times, apart
        The JSON forms of a time to convert, and of the times by value.
    """
    return "\n".join([*_all_lines(times), *(_value_lines(apart) if apart else ())]) + "\n"


def _all_lines(times: Mapping[str, Any]) -> Iterator[str]:
    yield "\n" + _("Time from “{start}” to “{end}”").format(
        start=words.clean(times["from_step"]), end=words.clean(times["to_step"])
    )
    parts = [f"{share} % ≤ {words.duration(seconds)}" for share, seconds in times["percentiles"]]
    yield _("of those who did: {parts}").format(parts=", ".join(parts) or words.MISSING)


def _value_lines(apart: Mapping[str, Any]) -> Iterator[str]:
    rows = [[words.clean(apart["by"]), _("did it"), _("not yet"), "25 %", "50 %", "75 %", "90 %"]]
    for value in apart["values"]:
        counts = (words.number(value[key]) for key in ("converted", "censored"))
        marks = (words.duration(quantile["time"]) for quantile in value["quantiles"])
        rows.append([words.shorten(words.name_of(value["value"]), 24), *counts, *marks])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    yield ""
    for name, *figures in rows:
        cells = (f"{text:>{width}}" for text, width in zip(figures, widths[1:], strict=True))
        yield f"{name:<{widths[0]}}  {'  '.join(cells)}".rstrip()
    if apart["left_out"]:
        yield _("{n} smaller values are left out").format(n=words.number(apart["left_out"]))
    yield _test_line(apart["test"])


def _test_line(test: Mapping[str, Any]) -> str:
    if not test["degrees"]:
        return _("There is nothing to compare.")
    text = _("The values take no more differently long than chance would explain")
    if test["p_value"] < CLEAR:
        text = _("The values take differently long: more than chance would explain")
    return _("{text} (log-rank: χ² {chi} on {degrees}, p {p}).").format(
        text=text, chi=words.number(round(test["statistic"], 2)), degrees=test["degrees"],
        p=words.p_value(test["p_value"]),
    )  # fmt: skip
