"""The list's rows, written without a template for each cell: a page draws hundreds of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from suppilo.apps.deals.models import Deal, DealState
from suppilo.web.templatetags.money import money
from suppilo.web.views.deals.cards import StepWords, step_words

register = template.Library()

_ROW = """<tr>
  {tick}
  <th scope="row" class="deal-name"><a href="{url}">{name}</a><small>{company}{tags}</small></th>
  <td class="stage-cell">{stage}</td>
  {cells}
  <td class="nowrap wide-only"><time datetime="{at}">{day}</time></td>
</tr>
"""
_TICK = """<td class="tick-cell"><input type="checkbox" name="deals" form="bulk" value="{}" \
aria-label="{}"></td>"""
_TAG = ' <span class="badge">{}</span>'
_ENDED = '<span class="badge {}">{}</span>'
_CELL = '<td class="cell {}">{}{}</td>'
_EDIT = """<a class="edit" href="{url}fields/{name}/" hx-get="{url}fields/{name}/?cell=1" \
hx-target="closest td" hx-swap="outerHTML" aria-label="{label}">\
<span aria-hidden="true">✎</span></a>"""
_STEP = '<span class="deal-step"><i class="dot {}"></i>{} {}</span>'
_LATE = '<span class="deal-step"><i class="dot late"></i>{} · <b class="bad">{}</b></span>'
_NONE = SafeString("")
_DASH = "–"


@register.simple_tag(takes_context=True)
def deal_rows(context: Mapping[str, Any], rows: Iterable[Any]) -> SafeString:
    """Write rows (:class:`suppilo.web.views.deals.listing.DealRow`), as far as one may edit."""
    may_edit = bool(context.get("may_edit"))
    return format_html_join(
        "", "{}", ((_write(row.deal, row.step, may_edit=may_edit),) for row in rows)
    )


@register.simple_tag
def deal_cell(deal: Deal, name: str, now: datetime) -> SafeString:
    """Write one cell that was edited, or was not after all; empty for what the list has not."""
    step = step_words(deal, now) if deal.is_open else None
    cell = _CELLS.get(name)
    return _NONE if cell is None else _write_cell(name, deal, step, deal.get_absolute_url())


def _write(deal: Deal, step: StepWords | None, *, may_edit: bool) -> SafeString:
    url = deal.get_absolute_url()
    edited = url if may_edit else ""
    updated = timezone.localtime(deal.updated_at)
    ended = "good" if deal.state == DealState.WON else "bad"
    return format_html(
        _ROW,
        tick=format_html(_TICK, str(deal.pk), deal.name) if may_edit else _NONE,
        url=url,
        name=deal.name,
        company=deal.company.name if deal.company is not None else "",
        tags=format_html_join("", _TAG, ((tag,) for tag in deal.tags)) if deal.tags else _NONE,
        stage=deal.stage.name if deal.is_open else format_html(_ENDED, ended, deal.stage.name),
        cells=SafeString("".join(_write_cell(name, deal, step, edited) for name in _CELLS)),
        at=updated.isoformat(),
        day=date_format(updated, "SHORT_DATE_FORMAT"),
    )


def _write_cell(name: str, deal: Deal, step: StepWords | None, url: str) -> SafeString:
    """Write a cell, with a way to edit it where there is the deal's address."""
    classes, label, say = _CELLS[name]
    said = str(label) % {"name": deal.name}
    edit = format_html(_EDIT, url=url, name=name, label=said) if url else _NONE
    return format_html(_CELL, classes, say(deal, step), edit)


def _say_step(deal: Deal, step: StepWords | None) -> str:
    if step is None:
        return _DASH
    if step.kind == "late":
        return format_html(_LATE, deal.next_step, step.text)
    return format_html(_STEP, step.kind, step.text, step.when)


def _say_close(deal: Deal, _step: StepWords | None) -> str:
    day = deal.expected_close
    return _DASH if day is None else date_format(day, "SHORT_DATE_FORMAT")


_CELLS: dict[str, tuple[str, Any, Callable[[Deal, StepWords | None], str]]] = {
    "amount": (
        "num", gettext_lazy("Change the amount of %(name)s"),
        lambda deal, _step: money(deal.amount, deal.currency),
    ),
    "next_step": ("step", gettext_lazy("Change the next step of %(name)s"), _say_step),
    "owner": (
        "wide-only", gettext_lazy("Change the owner of %(name)s"),
        lambda deal, _step: _DASH if deal.owner is None else str(deal.owner),
    ),
    "expected_close": (
        "nowrap wide-only", gettext_lazy("Change the expected close of %(name)s"), _say_close,
    ),
}  # fmt: skip
"""The cells that are edited where they stand, in their order: classes, label, what they say."""
