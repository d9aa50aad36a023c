"""The board's cards, written without a template for each: a board draws hundreds of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
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
_OOB = SafeString(' hx-swap-oob="true"')
_NONE = SafeString("")
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
    words, may_move = context["words"], context.get("may_move", False)
    token = context.get("csrf_token", "")
    return format_html_join(
        "", "{}", ((_write(card, words, token, may_move=may_move, oob=oob),) for card in cards)
    )


def _write(
    card: Any, words: Mapping[str, str], token: object, *, may_move: bool, oob: bool
) -> SafeString:
    name, step, badge = card.deal.name, card.step, card.badge
    is_partial = badge is not None and badge.kind == "partial"
    return format_html(
        _CARD,
        old=" old" if step.is_bad else "",
        id=card.id,
        url=card.url,
        revision=card.revision,
        oob=_OOB if oob else _NONE,
        name=name,
        who=card.who,
        partial=format_html(_PARTIAL, words["gate"], badge.text) if is_partial else _NONE,
        amount=card.amount,
        dot=step.kind,
        step=step.text,
        when=format_html(_WHEN, step.when) if step.when else _NONE,
        badge=_write_badge(card, words, token, may_move=may_move)
        if badge and not is_partial
        else _NONE,
        move=format_html(_MOVE, card.url, words["move"], name, words["move"])
        if may_move
        else _NONE,
    )


def _write_badge(
    card: Any, words: Mapping[str, str], token: object, *, may_move: bool
) -> SafeString:
    """Write a badge on a line of its own: where the deal may go on, it leads there."""
    badge = card.badge
    if not may_move or not badge.stage:
        return format_html(_BADGE, badge.kind, badge.text)
    on = badge.kind, card.url, badge.stage, badge.stage, badge.text
    if badge.kind != "suggested":
        return format_html(_READY, *on)
    aside = words["aside"]
    return format_html(_SUGGESTED, card.url, token, badge.stage, *on, aside, card.deal.name, aside)
