"""What the page shows of the full funnel: bars in four groups, cards, the leak, the definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from math import log1p
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.analytics.periods import to_local
from suppilo.apps.pipeline_reports.full_funnel import DealLeak, FullFunnel, FullStep, Unit
from suppilo.apps.pipeline_reports.journeys import Journey
from suppilo.apps.pipeline_reports.weeks import WeekStep
from suppilo.apps.pipelines.models import StageGroup
from suppilo.web.reporting import here, moment_text, sample_words
from suppilo.web.templatetags.funnel_words import count, duration, one_in, rate, span
from suppilo.web.templatetags.money import money, money_short
from suppilo.web.views.funnels.asked import definition_query
from suppilo.web.views.funnels.parts.steps import KeyFigure
from suppilo.web.views.pipeline_reports.asked import Asked
from suppilo.web.views.pipeline_reports.links import Links

_PLACES = {"visitors": 1, "leads": 2, "customers": 1, "repeat": 2, "regular": 3}


@dataclass(frozen=True, slots=True)
class Bar:
    """A step as a bar; ``top`` and ``height`` are per cent of its ground."""

    step: FullStep
    name: str
    unit: str
    is_new_unit: bool
    top: str
    height: str
    shade: str
    is_leak: bool
    change: float | None
    note: str
    url: str
    before_url: str

    @property
    def over(self) -> str:
        """Why more are here than at the step before; empty where there are not."""
        if self.step.step_rate is None or self.step.step_rate <= 1:
            return ""
        if self.step.key == "visitors":
            return _("more than clicks: many come without an ad")
        return _("more than before: not all came by that step")


@dataclass(frozen=True, slots=True)
class BarGroup:
    """Neighbouring bars of one part of the funnel."""

    name: str
    bars: tuple[Bar, ...]

    @property
    def size(self) -> str:
        """How many bars there are, as a class of the style sheet's."""
        return f"of-{min(len(self.bars), 8)}"


def bar_groups(
    found: FullFunnel, asked: Asked, earlier: FullFunnel | None, *, sees_people: bool
) -> list[BarGroup]:
    """Return the bars, each group of the funnel with its own, beside the ``earlier`` period's."""
    bars = list(_bars(found, asked, earlier, sees_people=sees_people))
    names = dict(StageGroup.choices)
    return [
        BarGroup(str(names[group]), tuple(some))
        for group, some in groupby(bars, key=lambda bar: bar.step.group)
    ]


def _bars(
    found: FullFunnel, asked: Asked, earlier: FullFunnel | None, *, sees_people: bool
) -> Iterator[Bar]:
    most = max((step.count for step in found.steps), default=0) or 1
    leak, before = found.leak.stage if found.leak else None, None
    for step in found.steps:
        # Counts fall by powers of ten on the way: a bar is as high as the logarithm.
        height = 100 * log1p(step.count) / log1p(most)
        change, before_url = None, ""
        if step.before and earlier is not None:
            change = step.count / step.before - 1
            before_url = step_url(
                earlier, step, asked, sees_people=sees_people, dates=_dates_of(earlier)
            )
        yield Bar(
            step,
            step_name(step),
            unit_name(step.unit),
            before is not None and before.unit != step.unit,
            f"{100 - height:.2f}%",
            f"{height:.2f}%",
            step.group,
            before is not None and before.key == leak,
            change,
            sample_words(before.count) if before is not None and before.count < 10 else "",
            step_url(found, step, asked, sees_people=sees_people),
            before_url,
        )
        before = step


def step_name(step: FullStep | WeekStep) -> str:
    """Return what a step is called."""
    names = {
        "impressions": _("Impression"), "clicks": _("Click"), "visitors": _("Visitor"),
        "leads": _("Lead"), "paid": _("Paid"), "customers": _("Bought"),
        "repeat": _("Bought again"), "regular": _("Regular, 3 or more"),
    }  # fmt: skip
    return step.name or names[step.key]


def unit_name(unit: Unit) -> str:
    """Return what a step counts."""
    return {
        Unit.IMPRESSIONS: _("impressions"), Unit.CLICKS: _("clicks"), Unit.PEOPLE: _("people"),
        Unit.DEALS: _("deals"),
    }[unit]  # fmt: skip


def step_url(
    found: FullFunnel,
    step: FullStep,
    asked: Asked,
    *,
    sees_people: bool,
    dates: Mapping[str, str] | None = None,
) -> str:
    """Return the address of what is behind a step; empty where the reader may not see it.

    Parameters
    ----------
    dates
        Those of ``found`` where they are not those that were ``asked``, and as of when.
    """
    if step.unit == Unit.DEALS:
        cell = {"paid": "1"} if step.key == "paid" else {"stage": step.key, "fate": "entered"}
        return Links(asked).deals(**(dates or {}), **cell)
    if step.unit == Unit.PEOPLE:
        return people_url(found.people, step.key) if sees_people else ""
    chosen = asked.fields if dates is None else dates
    return spend_url(asked, {name: chosen[name] for name in ("dates", "from", "to")})


def _dates_of(found: FullFunnel) -> dict[str, str]:
    """Return a funnel's dates as the fields of an address, and as of when they are counted."""
    question = found.answer.question
    start_us, end_us = question.stages.start_us, question.stages.end_us
    assert start_us is not None
    assert end_us is not None
    first, last = (to_local(at_us, here()).date().isoformat() for at_us in (start_us, end_us - 1))
    return {
        "dates": "between", "from": first, "to": last, "as_of": moment_text(question.as_of_us),
    }  # fmt: skip


def spend_url(asked: Asked, dates: Mapping[str, str], currency: str = "") -> str:
    """Return the address of the figures of spend of some dates, in the pipeline's currency."""
    query = {**dates, "channel": asked.fields["channel"]}
    if asked.pipeline is not None:
        query["currency"] = currency or asked.pipeline.currency
    query = {name: text for name, text in query.items() if text}
    return f"{reverse('spend_rows')}?{urlencode(query)}"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that is in no step, in words; ``url`` is where it can be looked at, if anywhere."""

    text: str
    url: str = ""


def left_out(found: FullFunnel, asked: Asked) -> Iterator[LeftOut]:
    """Yield what is in no figure because of its currency, or because it says none."""
    dates = {name: asked.fields[name] for name in ("dates", "from", "to")}
    for one in found.other_spend:
        said = _("Spend in %(currency)s is not in the cost: %(money)s, with %(impressions)s "
                 "impressions and %(clicks)s clicks.") % {
            "currency": one.currency, "money": money(one.cost, one.currency),
            "impressions": count(one.impressions), "clicks": count(one.clicks),
        }  # fmt: skip
        yield LeftOut(said, spend_url(asked, dates, one.currency))
    for currency, amount in found.other_orders.by_currency.items():
        said = _("Orders in %(currency)s are not in the worth: %(money)s.") % {
            "currency": currency, "money": money(amount, currency),
        }  # fmt: skip
        yield LeftOut(said)
    if unpriced := found.other_orders.unpriced:
        said = ngettext(
            "%(shown)s order says no amount or no currency, and is not in the worth.",
            "%(shown)s orders say no amount or no currency, and are not in the worth.", unpriced,
        ) % {"shown": count(unpriced)}  # fmt: skip
        yield LeftOut(said)


def people_url(journeys: Mapping[str, Journey], key: str, bucket: str = "") -> str:
    """Return the address of the people at a step, of one week of entry or all."""
    journey = journeys["visitors" if key in ("visitors", "leads") else "customers"]
    if journey.definition is None:
        return ""
    query = definition_query(journey.definition, step=str(_PLACES[key]), bucket=bucket)
    return f"{reverse('funnel_people')}?{query}"


def cards(found: FullFunnel, before: FullFunnel | None, asked: Asked) -> Iterator[KeyFigure]:
    """Yield the figures that stand above the funnel, each with its change."""
    links, currency = Links(asked), found.answer.world.pipeline.currency
    won = found.answer.report.win_rate.won
    note = _change(found.won_value, before.won_value if before else None)
    if found.other_currencies:
        note += " " + _("and more in %(names)s") % {"names": ", ".join(found.other_currencies)}
    yield KeyFigure(
        _("Revenue won"), money_short(found.won_value, currency), "", note,
        links.deals(outcome="won"),
    )  # fmt: skip
    yield _conversion(found, before)
    median = found.answer.report.ending.median.time
    earlier = before.answer.report.ending.median.time if before else None
    note = _("open deals counted")
    if median is not None and earlier is not None:
        sign = "▲" if median > earlier else "▼"
        note = f"{sign} {duration(abs(median - earlier))} · {note}"
    yield KeyFigure(_("Sales cycle, median"), duration(median), "", note, links.deals())
    if found.cost is not None:
        each = found.cost / won if won else None
        cost_before = _cost_of_won(before)
        yield KeyFigure(
            _("Cost to win a customer"), money(each and each.quantize(Decimal("0.01")), currency),
            "", _change(each, cost_before) or sample_words(won), reverse("spend"),
        )  # fmt: skip


def _cost_of_won(found: FullFunnel | None) -> Decimal | None:
    if found is None or found.cost is None:
        return None
    won = found.answer.report.win_rate.won
    return found.cost / won if won else None


def _change(now: Decimal | float | None, before: Decimal | float | None) -> str:
    if now is None or not before:
        return ""
    share = float(now) / float(before) - 1
    sign = "▲" if share > 0 else "▼" if share < 0 else "="
    return _("%(sign)s %(share)s against the period before") % {
        "sign": sign, "share": rate(abs(share)),
    }  # fmt: skip


def _conversion(found: FullFunnel, before: FullFunnel | None) -> KeyFigure:
    """Return the share of the first step that was won, by the units that both count."""
    first, won = _ends(found)
    if first is None or won is None or not first.count:
        return KeyFigure(_("Overall conversion"), "—", "", "")
    share = won.count / first.count
    names = {"first": step_name(first), "last": step_name(won)}
    note = "{first} → {last}".format(**names)
    if before is not None:
        one, other = _ends(before)
        if one is not None and other is not None and one.key == first.key and one.count:
            change = _change(share, other.count / one.count)
            note = f"{change} · {note}" if change else note
    if found.leak is not None and first.unit == won.unit:
        from suppilo.analytics.intervals import wilson_interval

        bounds = wilson_interval(won.count, first.count)
        note += f" · {span(bounds.lower, bounds.upper)}" if bounds else ""
    figure = one_in(share) if 0 < share < 1 else rate(share)
    return KeyFigure(_("Overall conversion"), figure, rate(share) if share < 1 else "", note)


def _ends(found: FullFunnel) -> tuple[FullStep | None, FullStep | None]:
    won = [place.key for place in found.answer.world.stages.places if place.kind == "won"]
    last = next((step for step in found.steps if step.key in won), None)
    return (found.steps[0] if found.steps else None), last


def leak_words(leak: DealLeak, currency: str) -> tuple[str, str]:
    """Return the biggest leak as a heading and a sentence."""
    title = _("Biggest leak: %(here)s → %(there)s") % {"here": leak.name, "there": leak.next_name}
    said = _("%(share)s of deals there are lost (%(lost)s of %(entered)s).") % {
        "share": rate(leak.share), "lost": count(leak.lost), "entered": count(leak.entered),
    }  # fmt: skip
    if leak.gain:
        said += " " + _("Winning back one in ten is worth %(money)s.") % {
            "money": money(round(leak.gain), currency)
        }
    return title, said
