"""Worked examples that can be opened: what-ifs whose answers are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.insights.what_if.question import LevelAsked, WhatIfQuestion

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Preset:
    """An example: its name, and what comes out."""

    key: str
    name: StrOrPromise
    result: StrOrPromise


PRESETS = (
    Preset("visits", gettext_lazy("Ten times the visits"),
           gettext_lazy("200 visitors, 4 calls, 1 sale become 2,000, 40 and 10.")),
    Preset("calls", gettext_lazy("Reach twice as many"),
           gettext_lazy("20 of 30 decision-makers reached instead of 10: all below doubles.")),
    Preset("invoices", gettext_lazy("More invoices paid"),
           gettext_lazy("60 of 100 invoices of 10,000 paid instead of 50: 100,000 more.")),
    Preset("ratio", gettext_lazy("One in eighty"),
           gettext_lazy("4,000 in, 50 sales out: 1 : 80.")),
    Preset("impressions", gettext_lazy("More impressions"),
           gettext_lazy("60 % more impressions, elasticity 0.5: 26.5 % more revenue.")),
)  # fmt: skip


def preset_question(key: str) -> WhatIfQuestion | None:
    """Return a worked example's question in the language in use; None for no such."""
    questions = {
        "visits": WhatIfQuestion(levels=(
            LevelAsked(_("Visits"), 200, times=10), LevelAsked(_("Calls"), 4),
            LevelAsked(_("Sales"), 1),
        )),
        "calls": WhatIfQuestion(levels=(
            LevelAsked(_("Cold calls"), 30, rate=20 / 30), LevelAsked(_("Decision-makers"), 10),
            LevelAsked(_("Meetings"), 4), LevelAsked(_("Sales"), 2),
        )),
        "invoices": WhatIfQuestion(
            levels=(LevelAsked(_("Invoices"), 100, rate=0.6), LevelAsked(_("Paid"), 50)),
            value=10_000,
        ),
        "ratio": WhatIfQuestion(
            levels=(LevelAsked(_("Came in"), 4_000), LevelAsked(_("Sales"), 50))
        ),
        "impressions": WhatIfQuestion(
            levels=(
                LevelAsked(_("Impressions"), 360_750, times=1.6, elasticity=0.5),
                LevelAsked(_("Revenue"), 280_303),
            ),
            value=1,
        ),
    }  # fmt: skip
    return questions.get(key)
