"""A score sheet as a form: one row for each rule, events and properties apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from suppilo.analytics.scores import Comparison
from suppilo.apps.scores.services import NewSheet

MOST_ROWS = 100
SPARE = 2
"""Empty rows at the end, for rules to come."""
_LONGEST = 200
_KINDS = (("engagement", _("engagement")), ("fit", _("fit")))
_TESTS = (
    (Comparison.KNOWN, _("is known")), (Comparison.IS, _("is")), (Comparison.IS_NOT, _("is not")),
    (Comparison.ONE_OF, _("is one of")), (Comparison.CONTAINS, _("contains")),
    (Comparison.AT_LEAST, _("is at least")), (Comparison.AT_MOST, _("is at most")),
    (Comparison.MISSING, _("is missing")),
)  # fmt: skip


def _text(label: Any, most: int = _LONGEST, **attributes: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"aria-label": label, "autocomplete": "off", **attributes})
    return forms.CharField(label=label, max_length=most, required=False, widget=widget)


def _number(label: Any, **limits: Any) -> forms.FloatField:
    widget = forms.NumberInput(attrs={"aria-label": label, "step": "any"})
    return forms.FloatField(label=label, required=False, widget=widget, **limits)


def _choice(label: Any, choices: Any) -> forms.ChoiceField:
    widget = forms.Select(attrs={"aria-label": label})
    return forms.ChoiceField(label=label, choices=choices, required=False, widget=widget)


class EventRuleForm(forms.Form):
    """Points for what somebody does; a row without an event is none."""

    name = _text(_("Name"))
    event = _text(_("Event"), list="event-names")
    where = _text(_("Only where"), 1000, placeholder=_("for example url_path LIKE '/pricing%'"))
    points = _number(_("Points"), min_value=-1e6, max_value=1e6)
    half_life_days = _number(_("Halved after, in days"), min_value=0.01, max_value=3660)
    repeat = _choice(_("Counts"), (("once", _("the last one")), ("each", _("each one"))))
    cap = _number(_("At most"), min_value=0.01, max_value=1e6)
    kind = _choice(_("Part of"), _KINDS)

    def to_rule(self) -> dict[str, Any] | None:
        """Return the rule in its JSON form; None for an empty row."""
        given = self.cleaned_data
        if not given.get("event", "").strip():
            return None
        return {
            "name": given["name"] or given["event"], "event": given["event"],
            "where": given["where"] or None, "points": given["points"],
            "half_life_days": given["half_life_days"], "repeat": given["repeat"] or "once",
            "cap": given["cap"], "kind": given["kind"] or "engagement",
        }  # fmt: skip


class PropertyRuleForm(forms.Form):
    """Points for what somebody is; a row without a property is none."""

    name = _text(_("Name"))
    property = _text(_("Property"), list="person-properties")
    test = _choice(_("Compared how"), _TESTS)
    value = _text(_("Value"), 5000)
    points = _number(_("Points"), min_value=-1e6, max_value=1e6)
    kind = _choice(_("Part of"), tuple(reversed(_KINDS)))

    def to_rule(self) -> dict[str, Any] | None:
        """Return the rule in its JSON form; None for an empty row."""
        given = self.cleaned_data
        if not given.get("property", "").strip():
            return None
        test, value = given["test"] or Comparison.KNOWN, given["value"]
        if test == Comparison.ONE_OF:
            value = [part.strip() for part in value.split(",") if part.strip()]
        elif test in (Comparison.KNOWN, Comparison.MISSING):
            value = None
        return {
            "name": given["name"] or given["property"], "property": given["property"],
            "test": test, "value": value, "points": given["points"], "kind": given["kind"] or "fit",
        }  # fmt: skip


class SheetForm(forms.Form):
    """What the points come to, and what is to be learnt."""

    hot = forms.FloatField(label=_("Hot from"), min_value=0.01, max_value=100)
    warm = forms.FloatField(label=_("Warm from"), min_value=0.01, max_value=100)
    full_engagement = forms.FloatField(
        label=_("Full engagement"), min_value=0.01, max_value=1e6,
        help_text=_("So many points of engagement count as 100 %."),
    )  # fmt: skip
    full_fit = forms.FloatField(
        label=_("Full fit"), min_value=0.01, max_value=1e6, required=False,
        help_text=_("Empty: what all rules of fit give together."),
    )  # fmt: skip
    goal = forms.CharField(
        label=_("Learn the chance of"), max_length=_LONGEST, required=False,
        help_text=_("An event, such as a purchase. Empty: nothing is learnt."),
        widget=forms.TextInput(attrs={"list": "event-names", "autocomplete": "off"}),
    )  # fmt: skip
    horizon_days = forms.IntegerField(label=_("within, in days"), min_value=1, max_value=365)
    again = forms.BooleanField(label=_("also of those who have reached it before"), required=False)


EventRules = forms.formset_factory(EventRuleForm, extra=SPARE, max_num=MOST_ROWS, can_delete=True)
PropertyRules = forms.formset_factory(
    PropertyRuleForm, extra=SPARE, max_num=MOST_ROWS, can_delete=True
)


@dataclass(frozen=True)
class Draft:
    """A sheet being written."""

    sheet: SheetForm
    events: Any
    properties: Any

    def is_valid(self) -> bool:
        """Return whether every field can be read."""
        return all([self.sheet.is_valid(), self.events.is_valid(), self.properties.is_valid()])

    def to_sheet(self) -> NewSheet:
        """Return what the services take, of a draft that is valid."""
        given = self.sheet.cleaned_data
        forms_of = [one for rows in (self.properties, self.events) for one in rows.forms]
        kept = [one for one in forms_of if not one.cleaned_data.get("DELETE")]
        rules = [rule for one in kept if (rule := one.to_rule()) is not None]
        figures = ("hot", "warm", "full_engagement", "full_fit")
        spec = {"rules": rules} | {name: given[name] for name in figures}
        return NewSheet(spec, given["goal"], given["horizon_days"], given["again"])


def read_draft(given: QueryDict) -> Draft:
    """Return the draft that was sent."""
    return Draft(
        SheetForm(given), EventRules(given, prefix="e"), PropertyRules(given, prefix="p")
    )  # fmt: skip


def write_draft(sheet: NewSheet) -> Draft:
    """Return the draft of a sheet as it stands."""
    spec = sheet.rules
    first = {name: spec.get(name) for name in ("hot", "warm", "full_engagement", "full_fit")}
    first |= {"goal": sheet.goal, "horizon_days": sheet.horizon_days, "again": sheet.again}
    first = _plain(first)
    events = [_plain(rule) for rule in spec["rules"] if "event" in rule]
    properties = [_property_row(rule) for rule in spec["rules"] if "property" in rule]
    return Draft(
        SheetForm(initial=first),
        EventRules(initial=events, prefix="e"),
        PropertyRules(initial=properties, prefix="p"),
    )


def _property_row(rule: Mapping[str, Any]) -> dict[str, Any]:
    value = rule.get("value")
    shown = ", ".join(map(str, value)) if isinstance(value, list) else value
    return _plain({**rule, "value": "" if shown is None else shown})


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields whose whole numbers are written without a point."""
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in fields.items()
    }
