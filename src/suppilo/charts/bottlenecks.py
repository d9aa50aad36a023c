"""Bottlenecks in words: the sentence above a funnel, and what each figure rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import floor, log10

from suppilo.analytics.bottlenecks.report import Bottlenecks, Estimate, ExtraStep, Loss, Worth
from suppilo.charts.figures import Leak
from suppilo.charts.i18n import _, language, ngettext
from suppilo.charts.money import write_money
from suppilo.charts.words import clean, duration, number, rate, shorten

NAME_WIDTH = 60

CountWords = Callable[[int], str]
"""How many paths, people, companies or deals, in words."""


def path_count(count: int) -> str:
    """Return how many paths, in words."""
    return ngettext("{n} path", "{n} paths", count).format(n=number(count))


def bottleneck_sentence(found: Bottlenecks, count_words: CountWords = path_count) -> str:
    """Return where most is lost and what saving some of it would bring; empty without a loss."""
    worst = found.worst
    if worst is None:
        return ""
    after, before = (shorten(clean(name), NAME_WIDTH) for name in (
        worst.after_name, worst.before_name))  # fmt: skip
    text = _("Most is lost between “{after}” and “{before}”: {lost}.")
    if not worst.is_final:
        text = _("Most have not gone on so far from “{after}” to “{before}”: {lost}.")
    if worst.conversions is not None and worst.gain is not None:
        text = text.removesuffix(".") + _(", about {loss}; {saving} would bring {gain}.")
    if found.worth is not None and worst.money is not None and worst.is_final:
        text = text.replace(_("Most is lost"), _("Most money is lost"))
    return text.format(
        after=after, before=before, lost=count_words(worst.lost), loss=loss_words(worst, found),
        saving=saving_words(found.saved), gain=gain_words(worst, found),
    )  # fmt: skip


def weight_sentence(
    found: Bottlenecks, leak: Leak | None, count_words: CountWords = path_count
) -> str:
    """Return what to add to the biggest loss by count: what it weighs, or which loss weighs more.

    Empty where nothing is lost, or it is too early to say what it weighs.
    """
    worst = found.worst
    if worst is None:
        return ""
    if leak is None or (leak.after, leak.before) != (worst.after, worst.before):
        text = bottleneck_sentence(found, count_words)
        return text.replace(_("Most is lost"), _("Most conversions are lost"))
    if worst.conversions is None or worst.gain is None:
        return ""
    return _("That is about {loss}; {saving} would bring {gain}.").format(
        loss=loss_words(worst, found), saving=saving_words(found.saved),
        gain=gain_words(worst, found),
    )  # fmt: skip


def saving_words(saved: float) -> str:
    """Return "saving a tenth of them", or whatever share it is."""
    if saved == 0.1:
        return _("saving a tenth of them")
    return _("saving {share} of them").format(share=percent(saved))


def loss_words(loss: Loss, found: Bottlenecks) -> str:
    """Return what the lost would have brought: money where it is known, or conversions."""
    if loss.money is not None and found.worth is not None:
        return amount_words(about(loss.money), found.worth)
    if loss.conversions is None:
        return _("too early to say")
    count = number(about(loss.conversions))
    return ngettext("{n} conversion", "{n} conversions", 1 if count == "1" else 2).format(n=count)


def gain_words(loss: Loss, found: Bottlenecks) -> str:
    """Return the range of what saving some of the lost would bring."""
    if loss.gain_money is not None and found.worth is not None:
        lower, upper = _rounded(loss.gain_money)
        return amount_words(upper, found.worth, lower)
    if loss.gain is None:
        return _("too early to say")
    return _("{span} more conversions").format(span=range_words(loss.gain))


def amount_words(amount: float, worth: Worth, lower: float | None = None) -> str:
    """Return an amount, or a range of amounts, in its currency or in the property it is of."""
    ends = [amount] if lower is None or lower == amount else [lower, amount]
    if worth.currency:
        currency = clean(worth.currency)
        return "–".join(write_money(end, currency, language()) for end in ends)
    figure = "–".join(map(number, ends))
    if worth.name is not None:
        return _("{figure} of “{name}”").format(figure=figure, name=clean(worth.name))
    return _("{figure} in value").format(figure=figure)


def range_words(found: Estimate) -> str:
    """Return a range, both ends to two digits of the upper one.

    Examples
    --------
    >>> range_words(Estimate(4800, 3912, 5633)), range_words(Estimate(0.5, 0.31, 0.72))
    ('3,900–5,600', '0.31–0.72')
    """
    lower, upper = map(number, _rounded(found))
    return upper if lower == upper else f"{lower}–{upper}"


def _rounded(found: Estimate) -> tuple[float, float]:
    digits = 1 - floor(log10(found.upper)) if found.upper > 0 else 0
    return _whole(round(found.lower, digits)), _whole(round(found.upper, digits))


def percent(share: float) -> str:
    """Return a share that was chosen, not measured, as per cent.

    Examples
    --------
    >>> percent(0.1), percent(0.025)
    ('10 %', '2.5 %')
    """
    return f"{number(round(100 * share, 4))} %"


def about(value: float) -> float:
    """Return a figure to two digits: more would promise too much.

    Examples
    --------
    >>> about(48211.7), about(0.3333), about(7.0)
    (48000, 0.33, 7)
    """
    if not value:
        return 0
    return _whole(round(value, 1 - floor(log10(abs(value)))))


def _whole(value: float) -> float:
    return int(value) if value == int(value) else value


def worth_words(found: Bottlenecks) -> str:
    """Return what a conversion was taken to be worth, and how that is known."""
    worth = found.worth
    if worth is None:
        return _("What a conversion is worth is not known: the losses are counted in conversions.")
    each = amount_words(round(worth.each.value, 2), worth)
    if worth.name is None:
        return _("A conversion is taken to bring {each}.").format(each=each)
    text = _("A conversion brings {each}: the mean of “{name}” over {n}.").format(
        each=each, name=clean(worth.name), n=_conversions(worth.measured)
    )
    if worth.unmeasured:
        text += " " + _("{n} without it are left out of the mean.").format(
            n=number(worth.unmeasured)
        )
    if worth.foreign:
        text += " " + _("{n} in other currencies are left out of the mean.").format(
            n=number(worth.foreign)
        )
    return text


def _conversions(count: int) -> str:
    return ngettext("{n} conversion", "{n} conversions", count).format(n=number(count))


def method_words(found: Bottlenecks) -> Iterator[str]:
    """Yield how the figures are reckoned, in sentences."""
    yield worth_words(found)
    yield _(
        "The lost are expected to convert like those who did reach the next step and whose time is "
        "over. That is a reckoning, not a promise."
    )
    yield _(
        "A range is that for as many people again ({level}): it joins those of the share that is "
        "lost, of the conversion from there on and of the measured value."
    ).format(level=percent(found.level))
    yield _(
        "Waiting too long: still open, and longer than {share} of those took that went on."
    ).format(share=percent(found.usual))


def extra_words(step: ExtraStep) -> str:
    """Return what is to be said of a step that could be left out."""
    name = shorten(clean(step.name), NAME_WIDTH)
    if not step.is_extra:
        return ""
    return _(
        "“{name}” may be one step too many: without it people convert as well ({without} against "
        "{did}), and get to the next step in {quick} rather than {slow}."
    ).format(
        name=name, did=rate(step.did[0] / step.did[1]),
        without=rate(step.did_not[0] / step.did_not[1]), quick=duration(step.without_seconds),
        slow=duration(step.with_seconds),
    )  # fmt: skip
