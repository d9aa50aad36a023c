"""What the page shows of an attribution: the table, the picture and the sentences above them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.analytics.attribution import AttributionReport, ModelCredits, find_disagreement
from suppilo.analytics.rounding import round_to_sum
from suppilo.apps.insights.attribution.ask import REST, AttributionAnswer
from suppilo.charts.page.strips import Mark, Strip, key_picture, strips_picture
from suppilo.web.channels import CHANNELS, channel_label
from suppilo.web.reporting import sample_words
from suppilo.web.templatetags.funnel_words import count, localise, rate
from suppilo.web.templatetags.money import money_short
from suppilo.web.views.funnels.parts.trend import drawn
from suppilo.web.views.insights.attribution.asked import MODELS, Asked

SIZES = (("wide", 1040), ("middle", 700), ("narrow", 330))
FEW_CONVERSIONS = 100
"""Below so many conversions in all the page says that models differ by chance."""
_LOOKS = {name: place for place, name in enumerate(MODELS)}
_RIVALS = ("markov", "shapley", "linear", "position", "time_decay", "w_shaped", "first")


@dataclass(frozen=True, slots=True)
class CreditCell:
    """What a model credits a channel with, and the address of the conversions behind it."""

    conversions: str
    value: str
    url: str
    is_negative: bool


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """A channel's row; ``note`` says how little weight it bears."""

    name: str
    touches: int
    touched: int
    touched_url: str
    note: str
    cells: tuple[CreditCell, ...]


@dataclass(frozen=True, slots=True)
class ModelHead:
    """A model's column: its name, what else there is to know, and its mark in the picture."""

    key: str
    name: str
    note: str
    mark: SafeString
    total: str
    total_value: str


@dataclass(frozen=True, slots=True)
class Links:
    """Where figures lead; nowhere for a reader who may not see people."""

    asked: Asked
    sees_people: bool

    def people(self, **cell: str) -> str:
        """Return the address of the conversions behind a figure."""
        if not self.sees_people:
            return ""
        return f"{reverse('attribution_people')}?{self.asked.query()}&{urlencode(cell)}"


def channel_name(label: str) -> str:
    """Return what a channel, campaign or source is called; what stands in by its channel."""
    if label == REST:
        return _("(others)")
    inner = label[1:-1]
    if label.startswith("(") and inner in CHANNELS:
        return f"({channel_label(inner)})"
    return channel_label(label)


def heads(answer: AttributionAnswer, asked: Asked) -> list[ModelHead]:
    """Return the models' columns."""
    report = answer.report
    has_value = answer.question.journeys.value is not None
    return [
        ModelHead(
            model.model, str(MODELS[model.model]), note_words(model),
            drawn(key_picture(_LOOKS[model.model])), credit(sum(model.conversions)),
            amount(sum(model.value), asked) if has_value else "",
        )
        for model in report.models
    ]  # fmt: skip


def note_words(model: ModelCredits) -> str:
    """Return what a model says of itself."""
    if model.model == "markov":
        return _("order %(n)s") % {"n": model.note.removeprefix("order ")}
    return {"exact": _("exact"), "sampled": _("sampled")}.get(model.note, "")


def lines(answer: AttributionAnswer, asked: Asked, links: Links) -> Iterator[ChannelLine]:
    """Yield the channels' rows; figures of a column add up to its total as they are shown."""
    report = answer.report
    shown = [round_to_sum(model.conversions) for model in report.models]
    values = [round_to_sum(model.value, 0) for model in report.models]
    has_value = answer.question.journeys.value is not None
    for place, label in enumerate(report.channels):
        cells = (
            CreditCell(
                credit(shown[number][place]),
                amount(values[number][place], asked) if has_value else "",
                links.people(part="credit", channel=label, model=model.model)
                if shown[number][place] > 0 else "",
                shown[number][place] < 0,
            )
            for number, model in enumerate(report.models)
        )  # fmt: skip
        yield ChannelLine(
            channel_name(label), report.touches[place], report.touched[place],
            links.people(part="touched", channel=label), sample_words(report.touched[place]),
            tuple(cells),
        )  # fmt: skip


def credit(conversions: float) -> str:
    """Return a credit to a tenth of a conversion."""
    return localise(f"{conversions:,.1f}".replace("-", "−"))


def amount(value: float, asked: Asked) -> str:
    """Return an amount, in its currency where it has one."""
    currency = asked.fields["currency"]
    return money_short(value, currency) if currency else count(float(round(value)))


def pictures(answer: AttributionAnswer, links: Links) -> list[tuple[str, SafeString]]:
    """Return the picture at each width: a line for each channel, a mark for each model."""
    report = answer.report
    strips = [
        Strip(
            channel_name(label),
            [
                Mark(
                    _LOOKS[model.model], model.conversions[place],
                    f"{channel_name(label)}, {MODELS[model.model]}: "
                    f"{credit(model.conversions[place])}",
                    links.people(part="credit", channel=label, model=model.model),
                )
                for model in report.models
            ],
        )
        for place, label in enumerate(report.channels)
    ]  # fmt: skip
    return [(size, drawn(strips_picture(strips, width))) for size, width in SIZES]


def main_sentence(report: AttributionReport) -> str:
    """Return what the models say of each other, in words."""
    asked_for = [one.model for one in report.models]
    base = next((name for name in ("last", "last_non_direct") if name in asked_for), "")
    rival = next((name for name in _RIVALS if name in asked_for), "")
    found = find_disagreement(report, base, rival) if base and rival else None
    if found is None:
        return ""
    names = {
        "channel": channel_name(found.channel), "base": MODELS[base], "other": MODELS[rival],
        "given": credit(found.given), "rightful": credit(found.rightful),
        "share": rate(found.difference / found.rightful),
    }  # fmt: skip
    return (
        _("“%(base)s” undervalues %(channel)s most: it gives it %(given)s conversions, “%(other)s” "
          "%(rightful)s, so %(share)s of what it does is missing.")
        % names
    )  # fmt: skip


def total_sentence(report: AttributionReport, asked: Asked) -> str:
    """Return what was shared out."""
    said = ngettext(
        "%(n)s conversion had a touch before it", "%(n)s conversions had a touch before them",
        report.conversions,
    ) % {"n": count(report.conversions)}  # fmt: skip
    if asked.fields["value"]:
        said += " " + _("and brought %(worth)s") % {"worth": amount(report.value, asked)}
    return said + "."


def small_sentence(report: AttributionReport) -> str:
    """Return the warning that there are few conversions; empty where there are enough."""
    if report.conversions >= FEW_CONVERSIONS:
        return ""
    return _(
        "Only %(n)s conversions: differences of a few between models and channels are chance."
    ) % {"n": count(report.conversions)}


def table(answer: AttributionAnswer) -> Iterator[Sequence[str]]:
    """Yield the table's rows as a file has them: exact figures, one row a channel."""
    report = answer.report
    for place, label in enumerate(report.channels):
        figures = ((model.conversions[place], model.value[place]) for model in report.models)
        yield [
            label, str(report.touches[place]), str(report.touched[place]),
            *(f"{figure:.6f}" for pair in figures for figure in pair),
        ]  # fmt: skip
    totals = ((report.conversions, report.value) for _model in report.models)
    yield [
        "total", str(sum(report.touches)), str(report.conversions),
        *(f"{figure:.6f}" for pair in totals for figure in pair),
    ]  # fmt: skip


def header(report: AttributionReport) -> list[str]:
    """Return the columns of the file."""
    names = (
        f"{model.model} {what}" for model in report.models for what in ("conversions", "value")
    )
    return ["channel", "touches", "conversions touched", *names]
