"""A deal's fields as its page shows and edits them: what each is called, says, and once said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Team
from suppilo.apps.catalogue.models import PriceBook
from suppilo.apps.deals.models import Deal, FieldChange
from suppilo.apps.deals.values import LABELS, value_of
from suppilo.apps.pipelines.models import CustomField, FieldKind
from suppilo.web.channels import CHANNELS, channel_label
from suppilo.web.templatetags.deal_words import share
from suppilo.web.templatetags.money import money
from suppilo.web.views.deals.asking import list_sellers

CUSTOM = "custom."
KINDS = {
    "name": "text", "company": "company", "amount": "amount", "price_book": "price_book",
    "expected_close": "date", "probability": "probability", "owner": "owner", "team": "team",
    "source": "text", "channel": "channel", "campaign": "text", "next_step": "step",
    "tags": "words", "competitors": "words", "satisfaction": "grade", "demand": "grade",
    "lost_note": "long",
}  # fmt: skip
"""What each common field is edited with."""
SHOWN = (
    "company", "amount", "price_book", "expected_close", "probability", "owner", "team", "source",
    "channel", "campaign", "tags", "competitors", "satisfaction", "demand",
)  # fmt: skip
_ALSO = {
    "next_step": ("next_step_at",), "amount": ("currency",), "probability": ("probability_reason",),
}  # fmt: skip
"""What is edited together with a field, and so belongs to its history."""
_CUSTOM_KINDS = {
    FieldKind.TEXT: "text", FieldKind.NUMBER: "number", FieldKind.MONEY: "money",
    FieldKind.DATE: "date", FieldKind.YES_NO: "yes_no", FieldKind.CHOICE: "choice",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of a deal.

    Attributes
    ----------
    name
        What it is called in addresses and in gates: ``expected_close``, ``custom.delivery``.
    kind
        What it is edited with.
    text
        What it says now; empty where it is empty.
    value
        What its input begins with.
    choices
        Values and their names, where one of some is chosen.
    history
        Its changes, the latest first.
    """

    name: str
    label: str
    kind: str
    text: str
    value: str
    choices: tuple[tuple[str, str], ...] = ()
    history: tuple[FieldChange, ...] = field(default=())

    @property
    def anchor(self) -> str:
        """The element's id, which gates lead to."""
        return f"field-{self.name}"


def read_rows(deal: Deal, names: Iterable[str] = SHOWN, changes: int = 200) -> list[FieldRow]:
    """Return fields of a deal, those of its pipeline after the common ones.

    Parameters
    ----------
    changes
        So many of the deal's last changes are looked through for the histories; 0 for none.
    """
    own = list(deal.pipeline.fields.filter(is_archived=False))
    history = _read_history(deal, changes)
    rows = [make_row(deal, name, history=history) for name in names]
    return rows + [_custom_row(deal, one, history) for one in own]


def read_row(deal: Deal, name: str, *, choices: bool = False) -> FieldRow | None:
    """Return one field with its history, and what may be chosen; None if there is none such."""
    if name.startswith(CUSTOM):
        key = name.removeprefix(CUSTOM)
        own = deal.pipeline.fields.filter(is_archived=False, key=key).first()
        return _custom_row(deal, own, _read_history(deal, 200)) if own is not None else None
    if name not in KINDS:
        return None
    return make_row(deal, name, history=_read_history(deal, 200), choices=choices)


def make_row(
    deal: Deal,
    name: str,
    *,
    history: dict[str, list[FieldChange]] | None = None,
    choices: bool = False,
) -> FieldRow:
    """Return a common field of a deal."""
    kind = KINDS[name]
    found = [one for part in (name, *_ALSO.get(name, ())) for one in (history or {}).get(part, ())]
    return FieldRow(
        name,
        capfirst(str(LABELS[name])),
        kind,
        show(deal, name),
        _input(deal, name),
        _choices(kind, deal) if choices else (),
        tuple(sorted(found, key=lambda one: -one.pk)),
    )


def show(deal: Deal, name: str) -> str:
    """Return what a common field says, in words."""
    value = value_of(deal, name)
    if name == "amount":
        return money(deal.amount, deal.currency)
    if name == "probability":
        own = _(" (%s)") % deal.probability_reason if deal.probability is not None else ""
        return share(deal.odds) + own
    if name == "price_book" and value is None:
        return str(_("the usual one in %s") % deal.currency)
    if value in (None, "", []):
        return ""
    if name == "channel":
        return channel_label(str(value))
    if name == "expected_close":
        return str(date_format(value, "SHORT_DATE_FORMAT"))
    if name in ("tags", "competitors"):
        return ", ".join(value)
    if name in ("satisfaction", "demand"):
        return str(_("%d of 5") % value)
    return str(value)


def _input(deal: Deal, name: str) -> str:
    if name == "probability":
        return (
            ""
            if deal.probability is None
            else f"{deal.probability * 100:f}".rstrip("0").rstrip(".")
        )
    if name in ("owner", "team", "company", "price_book"):
        number = getattr(deal, f"{name}_id")
        if name == "company":
            return deal.company.name if deal.company is not None else ""
        return "" if number is None else str(number)
    value = getattr(deal, name)
    if isinstance(value, Decimal):
        return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else str(value)


def _choices(kind: str, deal: Deal) -> tuple[tuple[str, str], ...]:
    if kind == "owner":
        return ("", _("Nobody")), *((str(one.pk), str(one)) for one in list_sellers())
    if kind == "price_book":
        books = PriceBook.objects.filter(currency=deal.currency, is_archived=False)
        found = books.order_by("-is_default", "name").values_list("pk", "name")
        return ("", _("The usual one")), *((str(number), name) for number, name in found)
    if kind == "team":
        teams = Team.objects.values_list("pk", "name")
        return ("", _("None")), *((str(number), name) for number, name in teams)
    if kind == "channel":
        return ("", "–"), *((key, str(name)) for key, name in CHANNELS.items())
    return ()


def _custom_row(deal: Deal, own: CustomField, history: dict[str, list[FieldChange]]) -> FieldRow:
    name = f"{CUSTOM}{own.key}"
    value = deal.custom.get(own.key)
    kind = _CUSTOM_KINDS[FieldKind(own.kind)]
    choices = tuple((str(one), str(one)) for one in own.choices)
    found = tuple(history.get(name, ()))
    text = _custom_text(deal, own, value)
    given = "" if value is None else str(value).lower() if kind == "yes_no" else str(value)
    return FieldRow(name, own.label, kind, text, given, (("", "–"), *choices), found)


def _custom_text(deal: Deal, own: CustomField, value: Any) -> str:
    if value is None:
        return ""
    if own.kind == FieldKind.MONEY:
        return money(Decimal(str(value)), deal.currency)
    if own.kind == FieldKind.NUMBER:
        return number_format(value)
    if own.kind == FieldKind.YES_NO:
        return _("Yes") if value else _("No")
    if own.kind == FieldKind.DATE:
        return date_format(date.fromisoformat(str(value)), "SHORT_DATE_FORMAT")
    return str(value)


def _read_history(deal: Deal, most: int) -> dict[str, list[FieldChange]]:
    found: dict[str, list[FieldChange]] = {}
    if most:
        for one in deal.field_changes.select_related("by").order_by("-id")[:most]:
            found.setdefault(one.field, []).append(one)
    return found
