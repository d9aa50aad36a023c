"""Whether what conditions name is there: stages, fields of deals."""

from __future__ import annotations

from django.utils.translation import gettext as _

from suppilo.apps.deals.fields import CUSTOM
from suppilo.apps.pipelines.models import CustomField, Stage
from suppilo.apps.segments.rules import Condition
from suppilo.apps.segments.values import NUMBERS, TEXTS


def missing_name(condition: Condition) -> str:
    """Return which stage or field a condition names that is not there; empty where all is.

    Events and properties may come yet: who names one that nobody has is not mistaken.
    """
    if condition.kind == "stage" and condition.name and not _has_stage(condition.name):
        return _("There is no stage “%(name)s”.") % {"name": condition.name}
    if condition.kind == "deal" and not _has_field(condition.name):
        return _("Deals have no field “%(name)s”; there are %(all)s, and custom.KEY.") % {
            "name": condition.name, "all": ", ".join((*TEXTS, *NUMBERS)),
        }  # fmt: skip
    return ""


def _has_stage(name: str) -> bool:
    pipeline, _colon, key = name.partition(":")
    if not (pipeline.isascii() and pipeline.isdecimal() and len(pipeline) < 19):
        return False
    return Stage.objects.filter(version__pipeline=int(pipeline), key=key).exists()


def _has_field(name: str) -> bool:
    if name in TEXTS or name in NUMBERS:
        return True
    key = name.removeprefix(CUSTOM)
    return key != name and CustomField.objects.filter(key=key).exists()
