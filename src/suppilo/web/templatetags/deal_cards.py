"""The board's cards, written without a template for each: a board draws hundreds of them.

What people typed is escaped here once; nothing else of a card can hold anything to escape.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()

_CARD = """<li class="deal{old}" id="deal-{id}" data-url="{url}" data-revision="{revision}"{oob}>
  <h3><a class="deal-link" href="{url}">{name}</a></h3>
  <p class="deal-who"><span>{who}</span>{partial}</p>
  <div class="deal-row"><span class="deal-amount">{amount}</span><span class="deal-step">\
<i class="dot {dot}"></i><span class="step-text">{step}</span>{when}</span></div>
  {badge}
  {move}
</li>
"""
_WHEN = '<span class="step-when">{}</span>'
_PARTIAL = '<span class="gate-badge" title="{}">{}</span>'
_BADGE = '<p class="deal-gate"><span class="gate-badge {}">{}</span></p>'
_ON = '<a class="gate-badge move-on {}" href="{}move/?stage={}" data-stage="{}">{}</a>'
_READY = f'<p class="deal-gate">{_ON}</p>'
_SUGGESTED = f"""<form class="deal-gate" method="post" action="{{}}suggestion/dismiss/">\
<input type="hidden" name="csrfmiddlewaretoken" value="{{}}">\
<input type="hidden" name="stage" value="{{}}">{_ON}\
<button class="dismiss" aria-label="{{}}: {{}}" title="{{}}">\
<span aria-hidden="true">×</span></button></form>"""
_MOVE = """<a class="move-to" href="{}move/" aria-label="{}: {}" title="{}">\
<span aria-hidden="true">⇄</span></a>"""


@register.simple_tag(takes_context=True)
def deal_cards(
    context: Mapping[str, Any], cards: Iterable[Any], *, oob: bool = False
) -> SafeString:
    """Write cards (:class:`suppilo.web.views.deals.cards.Card`), with ways to move them on.

    ``words`` and ``may_move`` are the page's; ``oob`` is of a card that comes in place of another.
    """
    words = {name: escape(text) for name, text in context["words"].items()}
    may_move = bool(context.get("may_move", False))
    words |= {"token": escape(str(context.get("csrf_token", ""))) if may_move else "",
              "oob": ' hx-swap-oob="true"' if oob else ""}  # fmt: skip
    return SafeString("".join(_write(card, words, may_move=may_move) for card in cards))


@register.simple_tag
def plain_select(field: BoundField, chosen: str = "") -> SafeString:
    """Write a choice as its widget does, without a template for each that may be chosen.

    Parameters
    ----------
    chosen
        What is chosen; what the address says unless given.
    """
    value = chosen or str(field.value() or "")
    options = "".join(
        f'<option value="{escape(str(key))}"{" selected" if str(key) == value else ""}>'
        f"{escape(str(label))}</option>"
        for key, label in field.field.choices  # type: ignore[attr-defined]
    )
    name, number = escape(field.html_name), escape(field.auto_id)
    return SafeString(f'<select name="{name}" id="{number}">{options}</select>')


def _write(card: Any, words: Mapping[str, str], *, may_move: bool) -> str:
    name, step, badge = escape(card.deal.name), card.step, card.badge
    partial = said = ""
    if badge is not None and badge.kind == "partial":
        partial = _PARTIAL.format(words["gate"], escape(badge.text))
    elif badge is not None:
        said = _write_badge(card, name, words, may_move=may_move)
    return _CARD.format(
        old=" old" if step.is_bad else "",
        id=card.id,
        url=card.url,
        revision=card.revision,
        oob=words["oob"],
        name=name,
        who=escape(card.who),
        partial=partial,
        amount=escape(card.amount),
        dot=step.kind,
        step=escape(step.text),
        when=_WHEN.format(escape(step.when)) if step.when else "",
        badge=said,
        move=_MOVE.format(card.url, words["move"], name, words["move"]) if may_move else "",
    )


def _write_badge(card: Any, name: str, words: Mapping[str, str], *, may_move: bool) -> str:
    """Write a badge on a line of its own: where the deal may go on, it leads there."""
    badge, text, aside = card.badge, escape(card.badge.text), words["aside"]
    if not may_move or not badge.stage:
        return _BADGE.format(badge.kind, text)
    on = badge.kind, card.url, badge.stage, badge.stage, text
    if badge.kind != "suggested":
        return _READY.format(*on)
    return _SUGGESTED.format(card.url, words["token"], badge.stage, *on, aside, name, aside)
