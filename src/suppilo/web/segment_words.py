"""Segments' rules in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from suppilo.apps.pipelines.models import Stage
from suppilo.apps.segments.models import Segment
from suppilo.apps.segments.rules import Condition, RuleError, Rules
from suppilo.web.channels import channel_label

KINDS = {
    "event": gettext_lazy("Did an event"),
    "person": gettext_lazy("Person’s property"),
    "company": gettext_lazy("Company’s property"),
    "deal": gettext_lazy("Deal’s field"),
    "seen": gettext_lazy("First or last seen"),
    "channel": gettext_lazy("Came by channel"),
    "stage": gettext_lazy("Deal’s stage"),
    "deal_state": gettext_lazy("Has a deal"),
    "tag": gettext_lazy("Deal’s tag"),
    "segment": gettext_lazy("In another segment"),
}
OPERATORS = {
    "is": gettext_lazy("is"),
    "one_of": gettext_lazy("is one of"),
    "contains": gettext_lazy("contains"),
    "starts_with": gettext_lazy("begins with"),
    "more": gettext_lazy("is more than"),
    "at_least": gettext_lazy("is at least"),
    "less": gettext_lazy("is less than"),
    "at_most": gettext_lazy("is at most"),
    "is_set": gettext_lazy("is known"),
}
CHOICES = {
    "seen": {"last": gettext_lazy("last seen"), "first": gettext_lazy("first seen")},
    "channel": {
        "first": gettext_lazy("first touch"),
        "last": gettext_lazy("last touch"),
        "deal": gettext_lazy("the deal’s own"),
    },
    "stage": {
        "in": gettext_lazy("is in it"),
        "longer": gettext_lazy("stuck in it, days"),
        "expected": gettext_lazy("stuck longer than expected"),
    },
    "deal_state": {
        "open": gettext_lazy("open, opened"),
        "won": gettext_lazy("won"),
        "lost": gettext_lazy("lost"),
    },
}


@dataclass(frozen=True, slots=True)
class Names:
    """What stages and segments that rules name are called."""

    stages: Mapping[str, str] = field(default_factory=dict)
    segments: Mapping[str, str] = field(default_factory=dict)


def read_names(rules: Iterable[Rules]) -> Names:
    """Read what the stages and segments in rules are called, all at once."""
    asked = list(rules)
    conditions = [one for each in asked for _place, one in each.each()]
    numbers = {one for each in asked for one in each.segments()}
    segments = Segment.objects.filter(pk__in=numbers).values_list("pk", "name") if numbers else []
    stages = {one.name for one in conditions if one.kind == "stage" and one.name}
    return Names(
        dict(list_stages(stages)) if stages else {}, {str(pk): name for pk, name in segments}
    )


def list_stages(named: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Return the open stages of pipelines in use, as rules name them and as they are called.

    Parameters
    ----------
    named
        Stages that rules name already: they are listed also where they are not in use any more.
    """
    known = set(named)
    numbers = {text for text, colon, _key in (one.partition(":") for one in known) if colon}
    wanted = Q(version__pipeline__is_archived=False, kind="open")
    wanted |= Q(version__pipeline__in=[int(one) for one in numbers if one.isdecimal()])
    ordered = Stage.objects.filter(wanted).order_by(
        "version__pipeline__position", "version__pipeline", "position", "pk"
    )
    found: dict[str, str] = {}
    columns = ("version__pipeline", "version__pipeline__name", "key", "name", "kind")
    archived = "version__pipeline__is_archived"
    for pipeline, title, key, name, kind, is_archived in ordered.values_list(*columns, archived):
        text = f"{pipeline}:{key}"
        if text in known or (kind == "open" and not is_archived):
            found[text] = f"{title}: {name}"
    gone = _("{stage}, not there any more")
    return [*found.items(), *((one, gone.format(stage=one)) for one in sorted(known - set(found)))]


def rule_lines(rules: Rules, names: Names) -> list[str]:
    """Return rules in words: one line for each group."""
    join = {"all": _(" and "), "any": _(" or ")}
    return [
        join[group.match].join(condition_words(one, names) for one in group.conditions)
        for group in rules.groups
    ]


def told_details(details: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what was noted of changes, segments' rules among it in words."""
    read = {
        (place, name): rules
        for place, detail in enumerate(details)
        for name, value in detail.items()
        if (rules := _read_noted(value)) is not None
    }
    names = read_names(read.values())
    words = {place: "; ".join(rule_lines(rules, names)) for place, rules in read.items()}
    return [
        {name: words.get((place, name), value) for name, value in detail.items()}
        for place, detail in enumerate(details)
    ]


def _read_noted(value: Any) -> Rules | None:
    """Return the rules that a note is of; None where it is of something else."""
    if not isinstance(value, dict) or "groups" not in value:
        return None
    try:
        return Rules.from_dict(value)
    except RuleError:
        return None


def condition_words(one: Condition, names: Names) -> str:
    """Return a condition in words."""
    words = _WORDS[one.kind](one, names)
    return _("not: %(words)s") % {"words": words} if one.negated else words


def _event(one: Condition, _names: Names) -> str:
    words = _("did “%(event)s”") % {"event": one.name}
    if one.times > 1:
        words += " " + _("at least %(n)d times") % {"n": one.times}
    if one.where:
        words += " " + _("where %(where)s") % {"where": one.where}
    return f"{words} {_within(one)}" if one.days else words


def _within(one: Condition) -> str:
    words = ngettext("within %(n)d day", "within %(n)d days", one.days or 0)
    return words % {"n": one.days or 0}


def _property(one: Condition, _names: Names) -> str:
    said = {"name": one.name, "operator": OPERATORS[one.operator], "value": one.value}
    words = {
        "person": _("person’s “%(name)s” %(operator)s %(value)s"),
        "company": _("company’s “%(name)s” %(operator)s %(value)s"),
        "deal": _("deal’s “%(name)s” %(operator)s %(value)s"),
    }
    return (words[one.kind] % said).strip()


def _seen(one: Condition, _names: Names) -> str:
    first = one.choice == "first"
    return f"{_('first seen') if first else _('last seen')} {_within(one)}"


def _channel(one: Condition, _names: Names) -> str:
    words = {
        "first": _("first came by %(channel)s"),
        "last": _("last came by %(channel)s"),
        "deal": _("deal came by %(channel)s"),
    }
    return words[one.choice] % {"channel": channel_label(one.value)}


def _stage(one: Condition, names: Names) -> str:
    stage = names.stages.get(one.name, one.name) if one.name else _("any stage")
    words = {
        "in": _("deal is in %(stage)s"),
        "longer": ngettext(
            "deal is stuck in %(stage)s for more than %(n)d day",
            "deal is stuck in %(stage)s for more than %(n)d days", one.days or 0,
        ),
        "expected": _("deal is stuck in %(stage)s for longer than expected"),
    }  # fmt: skip
    return words[one.choice] % {"stage": stage, "n": one.days or 0}


def _deal_state(one: Condition, _names: Names) -> str:
    words = {
        "open": _("has an open deal") if not one.days else _("has an open deal, opened"),
        "won": _("has a won deal") if not one.days else _("has a deal won"),
        "lost": _("has a lost deal") if not one.days else _("has a deal lost"),
    }[one.choice]
    return f"{words} {_within(one)}" if one.days else words


def _tag(one: Condition, _names: Names) -> str:
    return _("deal has the tag “%(tag)s”") % {"tag": one.value}


def _segment(one: Condition, names: Names) -> str:
    name = names.segments.get(one.value, one.value)
    return _("is in the segment “%(name)s”") % {"name": name}


_WORDS = {
    "event": _event, "person": _property, "company": _property, "deal": _property, "seen": _seen,
    "channel": _channel, "stage": _stage, "deal_state": _deal_state, "tag": _tag,
    "segment": _segment,
}  # fmt: skip
