"""What is guessed of a file of records before anybody has said anything of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from suppilo.apps.imports.models import Import
from suppilo.apps.imports.records.fields import FIELDS
from suppilo.apps.imports.records.guessing import StageName, guess_columns
from suppilo.apps.imports.records.makable import NEW, list_makable
from suppilo.apps.imports.records.names import Choice, Matcher, Unmatched, make_matchers
from suppilo.apps.imports.records.options import RecordOptions
from suppilo.apps.imports.records.presets import PRESETS, guess_preset
from suppilo.apps.imports.records.table import Sample, read_sample_rows
from suppilo.apps.pipelines.models import Pipeline

if TYPE_CHECKING:
    from suppilo.apps.accounts.models import User


@dataclass(frozen=True, slots=True)
class MappedText:
    """A text of a file, what it was said to stand for or what is offered, and whether it was said.

    ``value`` is empty where nothing is offered, or it is to mean nothing.
    """

    text: str
    rows: int
    value: str
    score: float
    is_said: bool


@dataclass(frozen=True, slots=True)
class TextMapping:
    """The texts of one field, and what they may stand for.

    ``may_make``: each may become something new; ``makes_rest``: those of which nothing is said do.
    """

    field: str
    label: str
    choices: tuple[Choice, ...]
    texts: tuple[MappedText, ...]
    may_make: bool = False
    makes_rest: bool = False


def suggest_options(found: Import, sample: Sample | None = None) -> dict[str, Any]:
    """Return an import's options, with what was not said yet guessed from its columns."""
    options = dict(found.options)
    if options.get("columns") is not None and options.get("guessed_for") == _signature(options):
        return options
    sample = sample or read_sample_rows(found.path, str(options.get("sheet", "")))
    if not options.get("preset") and "columns" not in options:
        preset = guess_preset(sample.columns)
        options["preset"] = preset.key if preset else ""
    pipeline = _find_pipeline(options)
    options.setdefault("pipeline", pipeline.pk if pipeline else None)
    options["columns"] = guess_columns(
        sample.columns, found.kind, str(options.get("preset", "")), _stages(pipeline),
        _custom(pipeline),
    )  # fmt: skip
    options["guessed_for"] = _signature(options)
    return options


def _signature(options: Mapping[str, Any]) -> list[str]:
    """Return what a guess was made for: with another preset or pipeline it is made anew."""
    return [str(options.get("preset") or ""), str(options.get("pipeline") or "")]


def _find_pipeline(options: Mapping[str, Any]) -> Pipeline | None:
    rows = Pipeline.objects.filter(is_archived=False).select_related("current")
    wanted = options.get("pipeline")
    return (rows.filter(pk=wanted).first() if wanted else None) or rows.first()


def _stages(pipeline: Pipeline | None) -> list[StageName]:
    if pipeline is None or pipeline.current is None:
        return []
    return [StageName(key, name) for key, name in
            pipeline.current.stages.values_list("key", "name")]  # fmt: skip


def _custom(pipeline: Pipeline | None) -> dict[str, str]:
    if pipeline is None:
        return {}
    return dict(pipeline.fields.filter(is_archived=False).values_list("label", "key"))


def list_fields(found: Import, options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what a column can be, by name and label, for a form."""
    choices = [(field.name, str(field.label)) for field in FIELDS[found.kind]]
    pipeline = _find_pipeline(options)
    if found.kind == "deals":
        choices += [
            (f"stage:{stage.key}", _("Came into “%s” at") % stage.name)
            for stage in _stages(pipeline)
        ]
        choices += [(f"custom.{key}", label) for label, key in _custom(pipeline).items()]
    return choices


def list_presets() -> list[tuple[str, str]]:
    """Return the systems whose exports are known."""
    return [(preset.key, preset.name) for preset in PRESETS.values()]


def list_mappings(
    found: Import, options: Mapping[str, Any], actor: User | None = None
) -> list[TextMapping]:
    """Return the texts that a check did not know, or that were mapped before, field by field.

    Parameters
    ----------
    actor
        Whom the choice to make something new is offered, where they may.
    """
    read = RecordOptions.read(found.kind, options)
    unknown: Mapping[str, Any] = found.counts.get("unmatched", {})
    made: Mapping[str, Any] = found.counts.get("new_named", {})
    may_make = list_makable(actor)
    mappings = []
    for name, matcher in make_matchers(read).items():
        news = [Unmatched(**one, offered=NEW) for one in made.get(name, {}).get("texts", ())]
        texts = _texts([Unmatched(**one) for one in unknown.get(name, ())] + news, matcher)
        if texts:
            mappings.append(
                TextMapping(
                    name,
                    _label(found.kind, name),
                    tuple(matcher.choices),
                    tuple(texts),
                    name in may_make,
                    name in read.new,
                )
            )
    return mappings


def _texts(unknown: list[Unmatched], matcher: Matcher) -> list[MappedText]:
    rows = {one.text: one.rows for one in unknown}
    said = [MappedText(text, rows.get(text, 0), value, 0.0, True)
            for text, value in matcher.given.items()]  # fmt: skip
    known = set(matcher.given)
    return [
        MappedText(one.text, one.rows, one.offered, one.score, False)
        for one in unknown
        if one.text not in known
    ] + said


def _label(kind: str, name: str) -> str:
    return next((str(field.label) for field in FIELDS[kind] if field.name == name), name)
