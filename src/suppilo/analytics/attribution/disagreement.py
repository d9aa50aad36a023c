"""Where models disagree most about a channel.

Own definition: ``docs/explanation/algorithms/attribution.md``, "On the page".
"""

from __future__ import annotations

from dataclasses import dataclass

from suppilo.analytics.attribution.report import AttributionReport

FEWEST = 30
"""Of fewer conversions that a channel had a part in, models differ by chance."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A channel that one model credits with much less, or more, than another does.

    Attributes
    ----------
    base, other
        The models.
    given, rightful
        The conversions that ``base`` and ``other`` credit the channel with.
    """

    channel: str
    base: str
    other: str
    given: float
    rightful: float

    @property
    def difference(self) -> float:
        """How many conversions ``base`` leaves out; less than 0 where it gives too many."""
        return self.rightful - self.given


def find_disagreement(report: AttributionReport, base: str, other: str) -> Disagreement | None:
    """Return the channel that ``base`` undervalues most beside ``other``.

    None where either model was not asked for, or no channel had a part in 30 conversions and is
    undervalued.
    """
    given_by = {one.model: one.conversions for one in report.models}
    if base not in given_by or other not in given_by:
        return None
    found = [
        Disagreement(name, base, other, given, rightful)
        for name, touched, given, rightful in zip(
            report.channels, report.touched, given_by[base], given_by[other], strict=True
        )
        if touched >= FEWEST and rightful > given
    ]
    return max(found, key=lambda one: one.difference, default=None)
