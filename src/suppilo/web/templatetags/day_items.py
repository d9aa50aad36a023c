"""A day's items, written without a template for each: a day has more than a hundred of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import template
from django.template.context import Context
from django.template.defaulttags import CsrfTokenNode
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from suppilo.apps.activities.models import Activity
from suppilo.apps.activities.selectors import DayItem
from suppilo.apps.deals.models import Deal
from suppilo.apps.next_action.advice import Option
from suppilo.web.templatetags.next_words import action_words, advice_for, points_words

register = template.Library()

_ITEM = """<li class="todo{late_class}" id="{key}">
  <div class="todo-when"><time datetime="{moment}">{clock}{day}</time>{minutes}</div>
  <div class="todo-what">
    <p class="todo-subject"><a href="{url}">{subject}</a></p>
    <p class="todo-about"><span class="badge">{kind}</span> {marks}{about}{tags}</p>
    {advice}{error}
  </div>
  {acts}
</li>
"""
_CLOCK = "<b>{}</b> "
_DAY = "<span>{}</span>"
_MINUTES = ' <small class="muted">{}</small>'
_MARK = '<span class="badge {}">{}</span> '
_LINK = '<a href="{}">{}</a>'
_MUTED = ' <span class="muted">{}</span>'
_TAG = ' <span class="muted">#{}</span>'
_ADVICE = """<p class="todo-about"><span class="muted">{}</span> <a href="{}">{}\
<span class="visually-hidden"> {}</span></a> <span class="muted">{}</span></p>"""
_ERROR = '<p class="errorlist" role="alert">{}</p>'
_ACTS = """<div class="todo-acts">
    <details class="menu">
      <summary class="button small">{done}<span class="visually-hidden">: {subject}</span></summary>
      <form class="menu-box" method="post" action="{finish}" hx-post="{finish}" \
hx-target="closest li" hx-swap="outerHTML">
        {csrf}
        <div class="field"><label for="{key}-outcome">{how}</label>
          <select id="{key}-outcome" name="outcome">{outcomes}</select></div>
        <div class="field"><label for="{key}-note">{note}</label>\
<textarea id="{key}-note" name="note" maxlength="10000" rows="3"></textarea></div>
        <button class="button primary">{done}</button>
      </form>
    </details>
    <details class="menu">
      <summary class="button small">{later}<span class="visually-hidden">: {subject}</span>\
</summary>
      <form class="menu-box" method="post" action="{put_off}" hx-post="{put_off}" \
hx-target="closest li" hx-swap="outerHTML">
        {csrf}
        <div class="row soon">{today}{soon}</div>
        <div class="field"><label for="{key}-day">{day}</label>\
<input id="{key}-day" type="date" name="day"></div>
        <div class="field"><label for="{key}-clock">{time} \
<span class="optional">({optional})</span></label>\
<input id="{key}-clock" type="time" name="clock"></div>
        <button class="button">{move}</button>
      </form>
    </details>
  </div>"""
_SOON = '<button class="button small" name="soon" value="{}">{}</button>'
_OPTION = '<option value="{}">{}</option>'
_NONE = SafeString("")


@dataclass(frozen=True, slots=True)
class _Page:
    """What all items of a page have in common; ``words`` are looked up once for all of them."""

    today: date
    advice: Mapping[int, Any]
    words: dict[str, str]
    may_edit: bool


@register.simple_tag(takes_context=True)
def day_items(context: Context, items: Iterable[DayItem], error: str = "") -> SafeString:
    """Write items of a day; ``error`` says what was wrong with the one that was sent."""
    may_edit = bool(context.get("may_edit"))
    words = _read_words() | (_read_form(context) if may_edit else {})
    page = _Page(context["today"], context["advice"], words, may_edit)
    return format_html_join("", "{}", ((_write(item, page, error),) for item in items))


def _read_words() -> dict[str, str]:
    return {
        "any_time": _("any time"),
        "next_step": _("Next step"),
        "high": _("High"),
        "late": _("Late"),
        "worked": _("Worked at deals like this:"),
    }


def _read_form(context: Context) -> dict[str, str]:
    """Return what the forms of all items say alike."""
    outcomes = [("", _("Done")), *context["outcomes"]]
    soon = [("tomorrow", _("Tomorrow")), ("next_week", _("Next week"))]
    return {
        "csrf": CsrfTokenNode().render(context),
        "done": _("Done"),
        "how": _("How did it go?"),
        "outcomes": format_html_join("", _OPTION, outcomes),
        "note": _("Note"),
        "later": _("Later"),
        "today": format_html(_SOON, "today", _("Today")),
        "soon": format_html_join("", _SOON, soon),
        "day": _("Day"),
        "time": _("Time"),
        "optional": _("optional"),
        "move": _("Move"),
    }


def _write(item: DayItem, page: _Page, error: str) -> SafeString:
    activity, deal = item.activity, item.deal
    at, words = timezone.localtime(item.at), page.words
    return format_html(
        _ITEM,
        late_class=" late" if item.is_late else "",
        key=item.key,
        moment=at.isoformat(),
        clock=format_html(_CLOCK, date_format(at, "H:i")) if item.has_time else _NONE,
        day=_say_day(item, at.date(), page),
        minutes=_say_minutes(activity),
        url=_find_url(item),
        subject=_cut(item.subject or _("Next step without a text"), 160),
        kind=activity.get_kind_display() if activity is not None else words["next_step"],
        marks=_write_marks(item, words),
        about=_write_about(deal, activity),
        tags=format_html_join("", _TAG, ((tag,) for tag in activity.tags)) if activity else _NONE,
        advice=_write_advice(item, advice_for(page.advice, deal), words),
        error=format_html(_ERROR, error) if error else _NONE,
        acts=_write_acts(item, words) if page.may_edit else _NONE,
    )


def _find_url(item: DayItem) -> str:
    if item.activity is not None:
        return reverse("activity", args=[item.activity.pk])
    return item.deal.get_absolute_url() if item.deal is not None else ""


def _say_day(item: DayItem, day: date, page: _Page) -> SafeString:
    if day > page.today or (item.is_late and day != page.today):
        return format_html(_DAY, date_format(day, "D j M"))
    return _NONE if item.has_time else format_html(_DAY, page.words["any_time"])


def _say_minutes(activity: Activity | None) -> SafeString:
    if activity is None or not activity.duration_min:
        return _NONE
    return format_html(_MINUTES, _("%(n)s min") % {"n": localize(activity.duration_min)})


def _write_marks(item: DayItem, words: Mapping[str, str]) -> SafeString:
    high = format_html(_MARK, "warn", words["high"]) if item.is_high else _NONE
    late = format_html(_MARK, "bad", words["late"]) if item.is_late else _NONE
    return high + late


def _write_about(deal: Deal | None, activity: Activity | None) -> SafeString:
    """Write whom or what an item is about: its deal, else its company, else its person."""
    if deal is not None:
        name = format_html(_LINK, deal.get_absolute_url(), _cut(deal.name, 60))
        company = deal.company
        return name + format_html(_MUTED, _cut(company.name, 40)) if company is not None else name
    if activity is None:
        return _NONE
    if activity.company is not None:
        company = activity.company
        return format_html(_LINK, company.get_absolute_url(), _cut(company.name, 60))
    if activity.contact is not None:
        person = activity.contact.person
        return format_html(_LINK, person.get_absolute_url(), _cut(str(person), 60))
    return _NONE


def _write_advice(item: DayItem, option: Option | None, words: Mapping[str, str]) -> SafeString:
    if item.deal is None or option is None or option.is_planned:
        return _NONE
    if item.activity is not None and option.name == item.activity.kind:
        return _NONE
    points = _("%(points)s points") % {"points": points_words(option.group.moved)}
    url = reverse("deal_next_action", args=[item.deal.pk])
    return format_html(_ADVICE, words["worked"], url, action_words(option), item.deal.name, points)


def _write_acts(item: DayItem, words: dict[str, str]) -> SafeString:
    return format_html(
        _ACTS,
        **(words | {"today": words["today"] if item.is_late else _NONE}),
        key=item.key,
        subject=item.subject,
        finish=reverse("finish_item", args=[item.key]),
        put_off=reverse("reschedule_item", args=[item.key]),
    )


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else Truncator(text).chars(length)
