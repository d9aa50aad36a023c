"""Bottlenecks under a funnel in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from suppilo.analytics.bottlenecks.report import Bottlenecks, ExtraStep, Loss
from suppilo.analytics.funnel.report import FunnelReport
from suppilo.charts import words
from suppilo.charts.bottlenecks import (
    bottleneck_sentence,
    extra_words,
    gain_words,
    loss_words,
    method_words,
    percent,
)
from suppilo.charts.i18n import _
from suppilo.charts.terminal_tables import plain_table, text_of

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

_NAME_WIDTH = 22


def bottleneck_parts(report: FunnelReport) -> Iterator[RenderableType]:
    """Return what each step loses, steps too many, and how that was reckoned."""
    found = report.bottlenecks
    if found is None or not found.losses:
        return
    yield text_of(("\n" + _("Bottlenecks"), "bold"))
    if sentence := bottleneck_sentence(found):
        yield text_of((f"▲ {sentence}", ""))
    yield _loss_table(found)
    if found.extra:
        yield ""
        yield _extra_table(found.extra)
        yield from (text_of((line, "")) for line in map(extra_words, found.extra) if line)
    yield text_of((" ".join(method_words(found)), "dim"))


def _loss_table(found: Bottlenecks) -> Table:
    table = plain_table(
        (_("After"), "left"), (_("Lost"), "right"), (_("About"), "right"),
        (_("Saving {share}").format(share=percent(found.saved)), "right"),
        (_("Usual wait"), "right"), (_("Too long"), "right"),
    )  # fmt: skip
    table.columns[0].max_width = _NAME_WIDTH
    for loss in found.losses:
        table.add_row(*_loss_cells(loss, found))
    return table


def _loss_cells(loss: Loss, found: Bottlenecks) -> list[Text]:
    style = "bold" if loss is found.worst else ""
    wait = "" if loss.usual_seconds is None else f"≤ {words.duration(loss.usual_seconds)}"
    cells = (
        words.clean(loss.after_name), words.number(loss.lost), loss_words(loss, found),
        gain_words(loss, found), wait, words.number(loss.late),
    )  # fmt: skip
    return [text_of((cell, style)) for cell in cells]


def _extra_table(steps: tuple[ExtraStep, ...]) -> Table:
    table = plain_table(
        (_("Step"), "left"), (_("With it"), "right"), (_("Without it"), "right"),
        (_("Time with"), "right"), (_("Time without"), "right"), ("", "left"),
    )  # fmt: skip
    table.columns[0].max_width = _NAME_WIDTH
    for step in steps:
        table.add_row(
            words.clean(step.name), _share(step.did), _share(step.did_not),
            words.duration(step.with_seconds), words.duration(step.without_seconds),
            _("one too many?") if step.is_extra else "",
        )  # fmt: skip
    return table


def _share(counts: tuple[int, int]) -> str:
    converted, total = counts
    return f"{words.rate(converted / total if total else None)} {_('of')} {words.number(total)}"
