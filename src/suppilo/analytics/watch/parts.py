"""What changed underneath: which values of a property a change of a figure comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from suppilo.analytics.watch.scan import signed_root
from suppilo.analytics.watch.series import Float64

_MOST = 12


@dataclass(frozen=True, slots=True)
class Part:
    """One value's part of a change: figures of a mean day, and how sure it is that it changed.

    ``value`` is None for what has no value or is not among the largest.
    """

    value: Any
    before: float
    after: float
    score: float

    @property
    def difference(self) -> float:
        """What the value adds to the change; those of all parts add up to it."""
        return self.after - self.before

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"value": self.value, "before": self.before, "after": self.after,
                "difference": self.difference, "score": self.score}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shift:
    """A change split by a property's values, the largest part first.

    ``uneven`` says, in standard deviations, how much more the values moved apart than chance has
    it: the property with the largest one tells most of what happened.
    """

    by: str
    parts: tuple[Part, ...]
    uneven: float

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"by": self.by, "uneven": self.uneven,
                "parts": [part.to_dict() for part in self.parts]}  # fmt: skip


def split_shift(
    by: str,
    total: Float64,
    parts: Sequence[tuple[Any, Float64]],
    shape: Float64,
    before: slice,
    after: slice,
    phi: float = 1.0,
) -> Shift | None:
    """Split the change of a mean day's figure between two stretches of days.

    Parameters
    ----------
    total, parts
        Figures by day, of all and of values; what the values leave is a part of its own.
    shape
        Each day's share of what is usual: its weekday's factor, 0 where it is not known.
    phi
        How much figures scatter more than Poisson counts.

    Returns
    -------
    Shift or None
        None where one of the stretches has no known day, or there is one part only.

    Notes
    -----
    ``uneven`` is the likelihood ratio of "each part changed by itself" to "all changed alike",
    which is chi-squared with one degree of freedom less than parts (G test: S. S. Wilks 1938,
    Annals of Mathematical Statistics 9, 60-62), less its mean, in its standard deviations.
    """
    known = shape > 0
    eb, ea = (float(shape[days].sum()) for days in (before, after))
    rest = total - sum((days for _, days in parts), np.zeros(len(total)))
    rows = [*parts, (None, rest)] if rest.sum() > 0 else list(parts)
    if not eb or not ea or len(rows) < 2:
        return None
    xb, xa = (
        np.array([float((days * known)[stretch].sum()) for _, days in rows])
        for stretch in (before, after)
    )
    flat = np.ones(len(rows))
    score = signed_root(xb, eb * flat, xa, ea * flat, phi * flat)
    whole = float(signed_root(xb.sum(), flat[0] * eb, xa.sum(), flat[0] * ea, phi * flat[0]))
    freedom = len(rows) - 1
    uneven = (float((score**2).sum()) - whole**2 - freedom) / float(np.sqrt(2 * freedom))
    made = [
        Part(row[0], float(b) / eb, float(a) / ea, float(s))
        for row, b, a, s in zip(rows, xb, xa, score, strict=True)
    ]
    made.sort(key=lambda part: (-abs(part.difference), str(part.value)))
    return Shift(by, tuple(_fold(made)), uneven)


def _fold(parts: list[Part]) -> list[Part]:
    """Put the smallest parts together, so that a list stays one."""
    named = [part for part in parts if part.value is not None][:_MOST]
    rest = [part for part in parts if part not in named]
    if not rest:
        return named
    sums = (sum(part.before for part in rest), sum(part.after for part in rest))
    return [*named, Part(None, *sums, 0.0)]
